/**
 * Keeps this page joined to the visits that are near, and their calls in step with the hub.
 *
 * Everything is level-triggered: `sync` compares what should be with what is, and may be called
 * at any time.
 */

import { Call } from "./call.js";
import { about, say } from "./console.js";
import { NoReplyError, RefusedError } from "./protocol.js";
import { maySend, ownVisit, telephoneOf, visitsToJoin } from "./state.js";

/** @typedef {import("./model.js").Model} Model */
/** @typedef {import("./messages.js").VisitView} VisitView */
/**
 * This page's place in a visit. `press` is a telephone pressed before the page was joined; `endAt`
 * is from when on a wished end may be said, seconds by the hub's clock.
 *
 * @typedef {{call: Call, joined: boolean, reported: string, press: import("./messages.js").Press|null, endAt: number}} Seat
 */

/** After a refused join or end the page asks again, but not at every tick. */
const AGAIN_S = 5;

export class Visiting {
  /**
   * @param {object} options
   * @param {Model} options.model
   * @param {import("./protocol.js").HubConnection} options.hub
   * @param {import("./devices.js").Devices} options.devices
   * @param {import("./stage.js").Stage} options.stage
   * @param {() => void} options.onChange
   */
  constructor({ model, hub, devices, stage, onChange }) {
    this.model = model;
    this.hub = hub;
    this.devices = devices;
    this.stage = stage;
    this.onChange = onChange;
    /** @type {Map<string, Seat>} */
    this.seats = new Map();
    this.joining = false;
    this.joinAgainAt = 0;
  }

  /** Whether no visit is near. */
  get idle() {
    return this.seats.size === 0 && !this.joining;
  }

  /** Compare and correct. */
  sync() {
    const near = visitsToJoin(this.model, this.hub.now());
    for (const [id, seat] of this.seats) {
      if (!near.some((each) => each.id === id)) this.#leave(id, seat);
    }
    for (const visit of near) this.#follow(visit);
    if (near.length > 0) void this.#joinNext(near);
    const own = ownVisit(this.model);
    const call = own === null ? undefined : this.seats.get(own.id)?.call;
    this.model.receiving = call?.receiving ?? false;
    this.model.quality = call?.quality ?? "good";
  }

  /** The connection to the hub is new: say everything again. Calls go on as they are. */
  reconnected() {
    for (const seat of this.seats.values()) {
      seat.joined = false;
      seat.reported = "";
      seat.endAt = 0; // one that was said may be lost with the old connection
    }
    this.joinAgainAt = 0;
  }

  /** @param {import("./messages.js").Offer} offer */
  async offered(offer) {
    if (offer.page !== this.model.page) return;
    await this.seats.get(offer.visit)?.call.answer(offer);
    this.sync();
  }

  /** @param {import("./messages.js").Ice} ice */
  found(ice) {
    this.seats.get(ice.visit)?.call.found(ice);
  }

  /**
   * The green telephone. Waits for the join when devices are still being asked for.
   *
   * @param {string} visit
   * @param {boolean} takeOver
   */
  press(visit, takeOver) {
    const seat = this.seats.get(visit) ?? this.#seat(visit);
    say("info", visit, "the telephone was pressed");
    seat.press = { type: "press", visit, page: this.model.page, take_over: takeOver };
    this.#sendPress(seat);
  }

  /** A press that waits for its join is not made any more. Returns whether there was one. */
  forgetPresses() {
    let waited = false;
    for (const seat of this.seats.values()) {
      waited ||= seat.press !== null;
      seat.press = null;
    }
    return waited;
  }

  /** The hub could not end a visit now: it is asked again. */
  endLater() {
    for (const seat of this.seats.values()) seat.endAt = this.hub.now() + AGAIN_S;
  }

  /**
   * Says a wished end, once for each connection that the page joined on.
   *
   * @param {string} visit
   * @param {Seat} seat
   */
  #sendEnd(visit, seat) {
    if (this.model.ending !== visit || !seat.joined || this.hub.now() < seat.endAt) return;
    if (this.hub.send({ type: "end", visit })) seat.endAt = Infinity;
  }

  /** @param {Seat} seat */
  #sendPress(seat) {
    if (seat.joined && seat.press !== null && this.hub.send(seat.press)) seat.press = null;
  }

  /** The page goes: say so at once, or the inmate waits for nobody. */
  leaveAll() {
    for (const [id, seat] of this.seats) this.#leave(id, seat);
  }

  /** @param {VisitView[]} near */
  async #joinNext(near) {
    const next = near.find((each) => this.seats.get(each.id)?.joined !== true);
    const now = this.hub.now();
    if (next === undefined || this.joining || now < this.joinAgainAt) return;
    if (this.hub.link !== "open") return;
    this.joining = true;
    try {
      if (!this.devices.asked) await this.devices.ask();
      await this.#join(next.id);
    } catch (error) {
      if (!(error instanceof RefusedError || error instanceof NoReplyError)) throw error;
      say("warn", next.id, "not joined", error);
      this.joinAgainAt = now + AGAIN_S;
    } finally {
      this.joining = false;
    }
    this.onChange();
  }

  /** @param {string} visit */
  async #join(visit) {
    const seat = this.seats.get(visit) ?? this.#seat(visit);
    // A hub that was restarted cannot know which page was pressed; nor can a page that another one
    // overtook while this device slept, but it is not in the call any more. One whose call runs is.
    const hears = this.model.mine === visit && (await seat.call.hears());
    if (this.seats.get(visit) !== seat) return; // left meanwhile
    const { page, mine, ending } = this.model;
    const pressed = hears && mine === visit && ending !== visit;
    const joined = await this.hub.request({ type: "join", visit, page, pressed }, "joined");
    seat.call.configure(joined);
    seat.joined = true;
    console.info(`${about(visit, page)} joined`);
    this.#sendPress(seat);
  }

  /** @param {string} visit */
  #seat(visit) {
    const call = new Call({
      visit,
      stage: this.stage,
      send: (message) => this.hub.send(message),
      tracks: () => this.#tracks(),
      onChange: this.onChange,
    });
    /** @type {Seat} */
    const seat = { call, joined: false, reported: "", press: null, endAt: 0 };
    this.seats.set(visit, seat);
    return seat;
  }

  /** What this page sends: nothing of a device that the person switched off. */
  #tracks() {
    const { camera, microphone } = this.devices.tracks;
    return {
      camera: this.model.cameraOff ? null : camera,
      microphone: this.model.muted ? null : microphone,
    };
  }

  /** @param {VisitView} visit */
  #follow(visit) {
    const seat = this.seats.get(visit.id);
    if (seat === undefined) return;
    const { call } = seat;
    if (telephoneOf(visit, this.model.page) === "elsewhere") call.hangUp();
    call.setOnStage(this.#stageVisit() === visit.id);
    void call.send(maySend(visit, this.model));
    this.#sendEnd(visit.id, seat);
    this.#report(visit.id, seat);
  }

  /**
   * The pressed visit, else the one that can be pressed: its picture then needs no set-up. One
   * that is ending is neither seen nor heard any more.
   */
  #stageVisit() {
    const { visits, mine, page, ending } = this.model;
    if (mine !== null && mine === ending) return null;
    if (mine !== null && this.seats.has(mine)) return mine;
    return visits?.find((each) => telephoneOf(each, page) === "start")?.id ?? null;
  }

  /**
   * @param {string} visit
   * @param {Seat} seat
   */
  #report(visit, seat) {
    if (!seat.joined) return;
    const { camera, microphone } = this.#tracks();
    /** @type {import("./messages.js").PageState} */
    const state = {
      type: "page-state",
      visit,
      connection: seat.call.connection,
      receiving: seat.call.receiving,
      camera: camera !== null,
      microphone: microphone !== null,
    };
    const text = JSON.stringify(state);
    if (text !== seat.reported && this.hub.send(state)) seat.reported = text;
  }

  /**
   * @param {string} visit
   * @param {Seat} seat
   */
  #leave(visit, seat) {
    this.seats.delete(visit);
    seat.call.close();
    if (seat.joined) this.hub.send({ type: "leave", visit, page: this.model.page });
  }
}
