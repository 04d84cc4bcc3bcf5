/** Booking, moving, cancelling and sharing visits: asks the hub, keeps what is chosen. */

import { ask, isComplete, toFault } from "./asking.js";
import { download, toMiddle, toView } from "./browser.js";
import { faultsOf } from "./field-rules.js";
import { fieldsOf } from "./forms.js";
import { Newest } from "./newest.js";
import { takesAnswer } from "./state.js";
import { whomToVisit } from "./state-booking.js";

/** What stands below the slots once one is pressed. */
const ANSWER = ".times > .confirm, .times > .note";

/** @typedef {import("./model.js").Model} Model */
/**
 * What is chosen on the way to a visit.
 *
 * @typedef {object} Choice
 * @property {string|null} inmate
 * @property {import("./messages.js").Slots|null} slots  null until the hub has told
 * @property {number|null} at  start of the slot that was pressed
 * @property {number} guests  fields for others' e-mails
 * @property {string|null} moving  visit that the new one is instead of
 * @property {string} request  the wish to book has the same name until it is answered
 */

/** Nothing is chosen. */
export function nothingChosen() {
  return {
    booking: /** @type {Choice} */ ({
      inmate: null,
      slots: null,
      at: null,
      guests: 0,
      moving: null,
      request: crypto.randomUUID(),
    }),
    details: /** @type {string|null} */ (null),
  };
}

export class Booking {
  /**
   * @param {object} options
   * @param {Model} options.model
   * @param {import("./protocol.js").HubConnection} options.hub
   * @param {() => void} options.onChange
   */
  constructor({ model, hub, onChange }) {
    this.model = model;
    this.hub = hub;
    this.onChange = onChange;
    /** @type {Newest<{day: string|null}>} */
    this.lists = new Newest({ model, about: "list-slots", ask: (wish) => this.#slots(wish), onChange });
  }

  actions() {
    return {
      /** Begin anew, for somebody or to move a visit. */
      openSchedule: (/** @type {{inmate?: string, moving?: string}} */ { inmate, moving } = {}) => {
        const { booking } = nothingChosen();
        Object.assign(booking, { inmate: inmate ?? null, moving: moving ?? null });
        this.#show({ booking, tab: "schedule", tabBefore: "appointments", side: null });
        this.follow();
      },
      chooseInmate: (/** @type {string} */ inmate) => {
        this.#choose({ inmate, slots: null, at: null });
        this.#list(null);
      },
      chooseDay: (/** @type {string} */ day) => {
        this.#choose({ at: null });
        this.#list(day);
      },
      chooseSlot: (/** @type {number} */ at) => {
        this.#choose({ at });
        toView(ANSWER);
      },
      /** Take the first free slot that a refusal named. */
      takeNext: (/** @type {number} */ at, /** @type {string} */ day) => {
        this.#choose({ at });
        if (this.model.booking.slots?.day !== day) this.#list(day);
        toView(ANSWER);
      },
      addGuest: () => this.#choose({ guests: this.model.booking.guests + 1 }),
      book: (/** @type {SubmitEvent} */ event) => void this.#book(event),
      stopMoving: () => {
        this.#show({ ...nothingChosen(), tab: "appointments" });
      },
      showDetails: (/** @type {string} */ visit) =>
        this.#show({ details: this.model.details === visit ? null : visit }),
      inviteTo: (/** @type {string} */ visit, /** @type {SubmitEvent} */ event) =>
        void this.#invite(visit, event),
      toCalendar: (/** @type {string} */ visit) => void this.#calendar(visit),
      askCancel: (/** @type {string} */ visit) => {
        this.model.sheet = { kind: "cancel", visit, until: null, since: this.hub.now() };
        this.onChange();
      },
      confirmCancel: () => {
        const { sheet } = this.model;
        if (sheet === null || !takesAnswer(sheet, this.hub.now())) return;
        this.#show({ sheet: null });
        void this.#cancel(sheet.visit);
      },
    };
  }

  /** On Schedule the slots are there, or on their way. */
  follow() {
    const { model } = this;
    if (model.tab !== "schedule" || model.link !== "open" || model.facility === null) return;
    const { booking } = model;
    const all = whomToVisit(model);
    const only = all.length === 1 ? all[0]?.inmate ?? null : null;
    if (booking.inmate === null && only !== null) booking.inmate = only;
    const told = booking.slots?.inmate === booking.inmate;
    if (booking.inmate !== null && !told && !this.lists.running && !this.lists.failed) this.#list(null);
  }

  /** @param {Partial<Model>} what */
  #show(what) {
    Object.assign(this.model, { note: null, faults: {}, ...what });
    this.onChange();
  }

  /** @param {Partial<Choice>} what */
  #choose(what) {
    Object.assign(this.model.booking, what);
    this.#show({});
  }

  /** @param {string|null} day */
  #list(day) {
    this.lists.wish({ day });
  }

  /** @param {{day: string|null}} wish */
  async #slots({ day }) {
    const { booking } = this.model;
    const { inmate, moving } = booking;
    if (inmate === null) return null;
    const slots = await this.hub.request({ type: "list-slots", inmate, day, moving }, "slots");
    return () => {
      if (booking.inmate !== inmate) return;
      booking.slots = slots;
      toMiddle('.day[aria-pressed="true"]');
    };
  }

  /** @param {SubmitEvent} event */
  async #book(event) {
    const value = fieldsOf(event);
    const { model } = this;
    const { inmate, at, moving, request, guests } = model.booking;
    if (model.busy !== null || inmate === null || at === null) return;
    const typed = Array.from({ length: guests }, (_, n) => `guest-${n}`).filter((id) => value(id).trim() !== "");
    if (!isComplete(this, Object.fromEntries(typed.map((id) => [id, "email"])), value)) return;
    const invite = typed.map((id) => value(id).trim());
    const done = await ask(
      this,
      { type: "book", request, inmate, starts_at: at, invite, moving },
      "visit-booked",
    );
    if (done !== null) {
      const note = { about: "book", code: moving === null ? "visit-booked" : "visit-moved", facts: {} };
      this.#show({ ...nothingChosen(), details: done.visit, tab: "appointments", tabBefore: null, note });
      return;
    }
    this.#refused(typed, invite);
  }

  /**
   * Nothing was booked: the choices stay, and what is free is asked for again.
   *
   * @param {string[]} fields
   * @param {string[]} invite
   */
  #refused(fields, invite) {
    const { model } = this;
    const code = model.note?.code ?? "";
    const email = model.note?.facts["email"];
    // The hub answered: the next try is another wish.
    if (code !== "no-reply") model.booking.request = crypto.randomUUID();
    if (code === "guest-refused") {
      const field = fields[invite.findIndex((each) => each === email)];
      if (field !== undefined) {
        Object.assign(model, { note: null, faults: { [field]: "guest" } });
        this.onChange();
        toFault(model);
      }
    }
    if (code === "slot-refused") this.#list(model.booking.slots?.day ?? null);
  }

  /**
   * @param {string} visit
   * @param {SubmitEvent} event
   */
  async #invite(visit, event) {
    const value = fieldsOf(event);
    const { model } = this;
    const faults = faultsOf({ "invite-email": "email" }, value);
    this.#show({ faults });
    if (Object.keys(faults).length > 0) {
      toFault(model);
      return;
    }
    const form = /** @type {HTMLFormElement} */ (event.target);
    const email = value("invite-email").trim();
    if ((await ask(this, { type: "invite", visit, email }, "invited")) !== null) {
      form.reset();
      this.#show({ note: { about: "invite", code: "invited", facts: {} } });
    } else if (model.note?.code === "guest-refused") {
      this.#show({ faults: { "invite-email": "guest" } });
      toFault(model);
    }
  }

  /** @param {string} visit */
  async #cancel(visit) {
    if ((await ask(this, { type: "cancel-visit", visit }, "visit-cancelled")) === null) return;
    this.#show({ details: null, note: { about: "cancel-visit", code: "visit-cancelled", facts: {} } });
  }

  /** @param {string} visit */
  async #calendar(visit) {
    const language = document.documentElement.lang;
    const ticket = await ask(this, { type: "get-ticket", visit, what: "calendar", language }, "ticket");
    if (ticket !== null) download(ticket.path);
  }
}
