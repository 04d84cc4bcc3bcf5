/**
 * The family's page: composition root. Connection, devices, calls and screens meet here.
 *
 * Hooks that tests and benchmarks hold on to (ids unless marked otherwise):
 *
 * | where | hooks |
 * | --- | --- |
 * | everywhere | body[data-screen=loading, offline, outdated, log-in, create-account, check-mail, forgot-password, new-password, facility, account, people, ask-to-visit, rules, check, schedule, appointments, in-visit, held, ended]; html[lang]; language, account, log-out, status-line; [data-tab=appointments, schedule, check]; [data-note=CODE]; [data-field-error=FIELD][data-code=FAULT] |
 * | offline | offline, [data-next=START], retry, log-out-here |
 * | log-in, create-account | name (sign-up only), email, password, log-in, create-account (submit), switch-entry, forgot, resend (e-mail not verified yet); [data-show=password] |
 * | check-mail, forgot-password, new-password | mail-to, resend, wrong-address; email, forgot-password; new-password, reset-password; to-log-in |
 * | people, ask-to-visit | back, to-ask, [data-person=NUMBER][data-status], [data-withdraw=ID], to-facility; facility, inmate-number, relation, private-note, photo, photo-progress, request-approval |
 * | rules | rules-text, accept-rules |
 * | account | back, people, pending-email, to-change-email, to-change-password; new-email, email-password, change-email; old-password, new-password, change-password; [data-session=ID], [data-end-session=ID], end-others; language-here, log-out-here, to-delete; sheet: delete-password, delete-account, keep-account |
 * | facility | [data-facility=ID] ("Click here for facility login"), facility-password, facility-log-in, other-facility |
 * | check | check-video; [data-check=camera, microphone, speaker, internet][data-passed]; meter[data-level]; choose-camera, choose-microphone; play-bell, bell-yes, bell-no, check-done; visit-bar, go-visit; [data-fault] |
 * | appointments | [data-visit=ID] with [data-status] and .telephone[data-telephone=start, return, elsewhere]; jail-time, offline, taken-over; [data-why] of a pending visit |
 * | schedule | [data-inmate=ID], [data-day=DAY][data-free], [data-slot=START][data-rule], [data-rule-note=RULE], take-next, add-guest, guest-N, own-time, book; stop-moving; by-staff |
 * | a card's details | [data-details=ID], [data-calendar=ID], [data-move=ID], [data-cancel=ID]; invite-email, invite |
 * | sheet | sheet; take-over, stay; confirm-end, go-on; confirm-cancel, keep-visit |
 * | in-visit, held | remote-video, self-video, time-left[data-left seconds], quality[data-quality], warning, goodbye, mute, camera-off, end-visit, volume, fullscreen, switch-camera; [data-held=visitor, network, terminal, handset, signed-out, paused, page, press, ending]; .telephone[data-telephone=return] where held by "press" |
 * | ended, a past card | [data-reason][data-by], to-appointments; [data-stars=1..5], [data-trouble=KIND], [data-rated]; [data-receipt=ID], [data-save-receipt=ID], [data-next=ID]; more-past |
 *
 * performance.mark: `visit-press` in the press, `visit-first-picture` at the first remote picture
 * that is presented after it. `?size=1280x720` in the address asks the camera for that picture.
 */

import { Account, TokenStore } from "./account.js";
import { After } from "./after.js";
import { Booking } from "./booking.js";
import { byId, remembered, showTrack } from "./browser.js";
import { say } from "./console.js";
import { Devices, browserOf, wishedSize } from "./devices.js";
import { Effects } from "./effects.js";
import { newModel } from "./model.js";
import { NextVisits } from "./next-visits.js";
import { PageKeeper } from "./offline.js";
import { People } from "./people.js";
import { checkNetwork } from "./network-check.js";
import { HubConnection, familyUrl } from "./protocol.js";
import { plainReplies } from "./replies.js";
import { render } from "./screens.js";
import { Sounds } from "./sounds.js";
import { Stage } from "./stage.js";
import { END_SHEET_S, endsLater, isMoot, isOpen, isPressed, ownVisit } from "./state.js";
import { stillEnding, takesAnswer, takesAway, telephoneOf } from "./state.js";
import { localeFor, timesOf } from "./times.js";
import { VisitControls } from "./visit-controls.js";
import { Visiting } from "./visiting.js";
import { WayBack } from "./way-back.js";
import { isLanguage, words } from "./words.js";

/** @typedef {import("./messages.js").MessageIn} MessageIn */

const TICK_MS = 250;
const LANGUAGE_KEY = "visitbooth.language";
const CHECKED_KEY = "visitbooth.checked";

class App {
  constructor() {
    const local = () => window.localStorage;
    this.session = () => window.sessionStorage;
    const kept = remembered(local, LANGUAGE_KEY);
    const own = navigator.language.startsWith("es") ? "es" : "en";
    /** @type {import("./words.js").Language} */
    this.language = isLanguage(kept) ? kept : own;
    this.sounds = new Sounds();
    this.stage = new Stage(byId("pictures", HTMLElement), byId("self-video", HTMLVideoElement));
    this.mirror = document.createElement("video");
    Object.assign(this.mirror, { id: "check-video", muted: true, autoplay: true, playsInline: true });
    const tokens = new TokenStore(local);
    this.tokens = tokens;
    // Filled below: the controllers that handle messages need the connection themselves.
    const handlers = /** @type {import("./protocol.js").Handlers} */ ({});
    this.hub = new HubConnection({
      url: familyUrl(window.location),
      token: () => tokens.get(),
      handlers,
      onLink: (link) => this.#linkChanged(link),
    });
    this.model = newModel(crypto.randomUUID(), this.hub.now());
    this.model.checked = remembered(this.session, CHECKED_KEY) === "yes";
    const onChange = () => this.changed();
    this.devices = new Devices({
      media: navigator.mediaDevices,
      size: wishedSize(window.location.search),
      audio: () => this.sounds.context(),
      chosen: (kind, id) => remembered(local, `visitbooth.${kind}`, id),
      onChange,
    });
    const { model, hub, devices, stage } = this;
    this.visiting = new Visiting({ model, hub, devices, stage, onChange });
    this.controls = new VisitControls({ model, devices, stage, onChange });
    this.account = new Account({
      model,
      hub,
      tokens,
      onChange,
      onLoggedOut: () => devices.release(),
      onPressed: () => void this.sounds.unlock(),
    });
    this.booking = new Booking({ model, hub, onChange });
    this.after = new After({ model, hub, onChange });
    this.people = new People({ model, hub, onChange });
    this.keeper = new PageKeeper(window);
    this.next = new NextVisits({ model, token: () => tokens.get(), storage: local });
    /** @type {import("./protocol.js").Handlers} */
    const all = {
      ...this.#handlers(),
      ...this.account.handlers(),
      ...this.people.handlers(),
      ...plainReplies(onChange),
    };
    Object.assign(handlers, all);
    this.effects = new Effects({ sounds: this.sounds, status: byId("status-line", HTMLElement) });
    this.act = this.#actions();
    this.wayBack = new WayBack({ page: window, model, steps: this.#stepsBack() });
    this.browser = browserOf(navigator.userAgent);
    this.phone = window.matchMedia("(pointer: coarse)").matches;
    this.places = {
      header: byId("header", HTMLElement),
      screen: byId("screen", HTMLElement),
      over: byId("over", HTMLElement),
      bar: byId("bar", HTMLElement),
      tabs: byId("tabs", HTMLElement),
      sheet: byId("sheet", HTMLDialogElement),
    };
  }

  start() {
    this.places.sheet.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.act.dismiss();
    });
    this.places.screen.addEventListener("pointerdown", () => void this.sounds.unlock());
    this.stage.element.addEventListener("click", () => this.stage.toggleWhole());
    window.addEventListener("online", () => this.hub.retryNow());
    window.addEventListener("offline", () => this.hub.probe());
    navigator.mediaDevices?.addEventListener("devicechange", () => this.devices.replugged());
    window.addEventListener("pagehide", () => this.visiting.leaveAll());
    window.addEventListener("pageshow", (event) => event.persisted && window.location.reload());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") {
        // A device that slept may hold a dead connection.
        this.hub.retryNow();
        this.hub.probe();
        this.devices.replugged(); // a call that came in may have taken them
      }
      this.effects.visible();
    });
    window.addEventListener("hashchange", () => this.account.readLink());
    this.account.readLink();
    this.hub.start();
    window.setInterval(() => this.changed(), TICK_MS);
    this.changed();
  }

  /** Something is different, or time went on: put everything in step with the model. */
  changed() {
    const { model, hub, devices } = this;
    const now = hub.now();
    if (isMoot(model, now)) model.sheet = null;
    model.rtt_ms = hub.rtt_ms;
    model.devices = devices.state();
    this.visiting.sync();
    this.stage.setSelf(model.cameraOff ? null : devices.tracks.camera);
    showTrack(this.mirror, devices.tracks.camera);
    this.next.follow(now);
    const scene = this.#scene(now);
    const screen = render(scene, this.places);
    if (screen === "check") {
      model.level = devices.level();
      if (!devices.asked && devices.asking === null) void devices.ask();
      if (model.network === "untried") this.act.tryNetwork();
    }
    // No visit is near and nothing is checked: the camera's light goes out.
    if (screen !== "check" && this.visiting.idle && devices.asked) devices.release();
    this.booking.follow();
    this.effects.follow(scene, screen);
    this.controls.follow(screen);
    this.wayBack.follow();
  }

  /** @param {number} now */
  #scene(now) {
    const { model, act, mirror, browser, phone, language } = this;
    const t = words(language);
    document.documentElement.lang = language;
    const locale = localeFor(language, navigator.languages);
    const times = model.facility && timesOf(model.facility, locale, t);
    return { model, now, t, times, locale, act, mirror, browser, phone };
  }

  /** @param {import("./protocol.js").LinkState} link */
  #linkChanged(link) {
    this.model.link = link;
    this.model.linkSince = this.hub.now();
    if (link === "open") {
      void this.keeper.keep();
      this.visiting.reconnected();
      void this.account.connected();
    } else if (this.visiting.forgetPresses() || isPressed(this.model)) {
      // The press may be lost on the way: it is asked for again, and never acts much later.
      this.model.mine = null;
    }
    this.changed();
  }

  #handlers() {
    const changed = () => this.changed();
    return {
      appointments: (/** @type {import("./messages.js").Appointments} */ { visits, own }) => {
        const { model } = this;
        if (takesAway(model, visits)) Object.assign(model, { taken: model.mine, mine: null });
        model.ending = stillEnding(model, visits);
        // Somebody who comes late has no time for the check.
        if (model.visits === null && visits.some(isOpen)) model.checked = true;
        model.visits = visits;
        model.own = own;
        changed();
      },
      offer: (/** @type {import("./messages.js").Offer} */ offer) => {
        this.visiting.offered(offer).catch((error) => say("error", offer.visit, "offer not answered", error));
      },
      ice: (/** @type {import("./messages.js").Ice} */ ice) => this.visiting.found(ice),
      refused: (/** @type {import("./messages.js").Refused} */ refused) => this.#refused(refused),
    };
  }

  /** @param {import("./messages.js").Refused} refused */
  #refused({ about, code, facts }) {
    const { model } = this;
    if (code === "not-logged-in") this.account.ended();
    // In a visit the screen stays: a person is in it, and the hub says what happens to it. An end
    // that was confirmed needs the facility to be heard.
    const inVisit = ownVisit(model) !== null && model.ending === null;
    if (code === "facility-not-open" && !inVisit) model.facility = null;
    if (about === "press") {
      const visit = model.mine;
      model.mine = null;
      if (code === "visit-elsewhere" && visit !== null) {
        this.#ask("take-over", visit, null);
      } else {
        model.note = { about, code, facts };
      }
    } else if (about === "end") {
      if (endsLater(code)) this.visiting.endLater();
      else Object.assign(model, { ending: null, note: { about, code, facts } });
    }
    this.changed();
  }

  /**
   * The green telephone: everything that only a press may do is done here, at once.
   *
   * @param {string} visit
   * @param {boolean} takeOver
   */
  #press(visit, takeOver) {
    const { model } = this;
    if (model.link !== "open") return; // nobody would hear it, and it must not be heard later
    performance.mark("visit-press");
    void this.sounds.unlock();
    const pressedAt = this.hub.now();
    // What was switched off in one visit is on again in the next.
    const fresh = visit !== model.controlsOf && { controlsOf: visit, muted: false, cameraOff: false };
    Object.assign(model, fresh, { mine: visit, pressedAt, taken: null, note: null, sheet: null });
    this.visiting.sync();
    this.stage.onNextPicture(() => performance.mark("visit-first-picture"));
    this.stage.play();
    this.visiting.press(visit, takeOver);
    this.changed();
  }

  /**
   * A question over the screen.
   *
   * @param {import("./model.js").Sheet["kind"]} kind
   * @param {string} visit
   * @param {number|null} until
   */
  #ask(kind, visit, until) {
    this.model.sheet = { kind, visit, until, since: this.hub.now() };
  }

  /** Whether the sheet takes an answer yet. */
  #answers() {
    return takesAnswer(this.model.sheet, this.hub.now());
  }

  /** What the browser's Back does. */
  #stepsBack() {
    const { act, model } = this;
    return {
      dismiss: act.dismiss,
      "ask-end": act.askEnd,
      "leave-end": act.leaveEnd,
      entry: act.entryBack,
      side: act.leaveSide,
      facilities: () => act.chooseFacility(null),
      tab: () => model.tabBefore !== null && act.openTab(model.tabBefore),
    };
  }

  #actions() {
    const { model } = this;
    /** @param {Partial<import("./model.js").Model>} what */
    const change = (what) => {
      Object.assign(model, what);
      this.changed();
    };
    return {
      ...this.controls.actions(),
      ...this.account.actions(),
      ...this.people.actions(),
      ...this.booking.actions(),
      ...this.after.actions(),
      switchLanguage: () => {
        this.language = this.language === "en" ? "es" : "en";
        remembered(() => window.localStorage, LANGUAGE_KEY, this.language);
        this.changed();
        this.account.useLanguage();
      },
      retry: () => {
        model.since = this.hub.now();
        this.hub.retryNow();
        this.changed();
      },
      reload: () => window.location.reload(),
      logOut: () => {
        this.visiting.leaveAll();
        this.devices.release();
        remembered(this.session, CHECKED_KEY, "no");
        void this.account.logOut();
      },
      openTab: (/** @type {import("./model.js").Tab} */ tab) => {
        remembered(this.session, CHECKED_KEY, "yes");
        const from = model.checked ? model.tab : "check";
        // A tab that was left for this one is no step back from here.
        if (from !== tab) model.tabBefore = model.tabBefore === tab ? null : from;
        change({ tab, checked: true, side: null, note: null, faults: {} });
      },
      checkDone: () => this.act.openTab("appointments"),
      /** A telephone that is not green yet. */
      early: (/** @type {string} */ early) => change({ early }),
      tryNetwork: () => {
        if (model.link !== "open" || model.network === "trying") return;
        change({ network: "trying" });
        void checkNetwork(this.hub).then((network) => change({ network }));
      },
      askDevices: () => void this.devices.ask(),
      playBell: () => {
        void this.sounds.unlock().then(() => this.sounds.play("bell"));
        change({ bell: model.bell === "yes" ? "yes" : "asked" });
      },
      answerBell: (/** @type {"yes"|"no"} */ bell) => change({ bell }),
      press: (/** @type {string} */ id) => {
        const visit = model.visits?.find((each) => each.id === id);
        if (visit === undefined) return;
        const does = telephoneOf(visit, model.page);
        if (id === model.mine && does === "start") return; // pressed; the hub has not answered yet
        // From one's own other page it moves at once; another visitor is not cut off by a slip.
        if (does === "elsewhere" && model.own[id]?.at_page_of) {
          this.#ask("take-over", id, null);
          this.changed();
        } else {
          this.#press(id, does === "elsewhere");
        }
      },
      takeOver: () => model.sheet !== null && this.#answers() && this.#press(model.sheet.visit, true),
      dismiss: () => change({ sheet: null }),
      goOn: () => this.#answers() && this.act.dismiss(),
      askEnd: () => {
        const visit = ownVisit(model)?.id;
        if (visit === undefined) return;
        this.#ask("end", visit, this.hub.now() + END_SHEET_S);
        this.changed();
      },
      confirmEnd: () => {
        // `visiting` says it, now or when the page is joined again.
        if (this.#answers()) change({ ending: model.sheet?.visit ?? null, sheet: null });
      },
      leaveEnd: () => change({ leftEnd: model.mine, mine: null, tab: "appointments", tabBefore: null }),
      bookNext: (/** @type {string} */ inmate) => {
        this.act.leaveEnd();
        this.act.openSchedule({ inmate });
      },
      toggleMute: () => change({ muted: !model.muted }),
      toggleCamera: () => change({ cameraOff: !model.cameraOff }),
    };
  }
}

/** @typedef {App["act"]} Actions */

new App().start();
