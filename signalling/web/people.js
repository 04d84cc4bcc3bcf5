/** Whom this visitor may visit, and a facility's rules: asks the hub, keeps what it says. */

import { ask, isComplete, toFault } from "./asking.js";
import { fieldsOf } from "./forms.js";
import { PhotoError, partsOf, shrink } from "./photo.js";
import { decided, isNobodyApproved, rulesDue } from "./state-people.js";

/** @typedef {import("./model.js").Model} Model */
/** @typedef {import("./messages.js").ApprovalView} ApprovalView */
/**
 * What is chosen in the form that asks to visit somebody.
 *
 * @typedef {Pick<ApprovalView, "facility"|"inmate_number"|"relation">} Asked
 */

/** Nothing is known of people: before the hub has told, and after log-out. */
export function nobody() {
  return {
    people: /** @type {ApprovalView[]|null} */ (null),
    terms: /** @type {Record<string, import("./messages.js").FacilityTerms>} */ ({}),
    asked: /** @type {Asked} */ ({ facility: "", inmate_number: "", relation: "" }),
    photoSent: /** @type {number|null} */ (null),
  };
}

export class People {
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
  }

  handlers() {
    const { model, onChange } = this;
    return {
      people: (/** @type {import("./messages.js").People} */ { people }) => {
        const news = decided(model.people ?? [], people);
        model.people = people;
        // Whoever waits for an approval stays where it is said that it came.
        if (model.facility === null && model.side === null && isNobodyApproved(model)) model.side = "people";
        const { facility } = model.asked;
        // The connection was away when they were asked for.
        if (model.side === "ask-to-visit" && model.terms[facility] === undefined) this.#terms(facility);
        if (news !== null) {
          const { inmate_number, name, status } = news;
          model.note = { about: "people", code: status, facts: { name: name ?? inmate_number } };
        }
        onChange();
      },
      "facility-terms": (/** @type {import("./messages.js").FacilityTerms} */ terms) => {
        model.terms = { ...model.terms, [terms.facility]: terms };
        onChange();
      },
    };
  }

  actions() {
    return {
      openPeople: () => this.#show({ side: "people" }),
      /** Open the form, empty or as an earlier request was. */
      askToVisit: (/** @type {Asked} */ { facility, inmate_number, relation } = nobody().asked) => {
        const at = facility || (this.model.facility ?? this.#only)?.id || "";
        this.#show({ side: "ask-to-visit", asked: { facility: at, inmate_number, relation } });
        this.#terms(at);
      },
      chooseAt: (/** @type {Event} */ event) => {
        const facility = valueOf(event);
        this.#show({ asked: { ...this.model.asked, facility, relation: "" } });
        this.#terms(facility);
      },
      chooseRelation: (/** @type {Event} */ event) => {
        const { relation: _, ...faults } = this.model.faults;
        Object.assign(this.model, { faults, asked: { ...this.model.asked, relation: valueOf(event) } });
        this.onChange();
      },
      requestApproval: (/** @type {SubmitEvent} */ event) => void this.#request(event),
      withdraw: (/** @type {string} */ request) => void ask(this, { type: "withdraw-request", request }, "people"),
      acceptRules: () => void this.#acceptRules(),
    };
  }

  /** The only facility here; null when there are more. */
  get #only() {
    const all = this.model.facilities ?? [];
    return all.length === 1 ? all[0] ?? null : null;
  }

  /** @param {Partial<Model>} what */
  #show(what) {
    Object.assign(this.model, { note: null, faults: {}, ...what });
    this.onChange();
  }

  /** @param {string} facility */
  #terms(facility) {
    if (facility !== "") this.hub.send({ type: "get-facility", facility });
  }

  async #acceptRules() {
    const due = rulesDue(this.model);
    if (due === null) return;
    const { facility, rules_version: version } = due;
    await ask(this, { type: "accept-rules", facility, version }, "facility-terms");
    if (this.model.note?.code === "stale-rules") this.#terms(facility);
  }

  /** @param {SubmitEvent} event */
  async #request(event) {
    const value = fieldsOf(event);
    const { model } = this;
    if (model.busy !== null) return;
    const kinds = /** @type {const} */ ({ facility: "choice", "inmate-number": "number", relation: "choice" });
    if (!isComplete(this, kinds, value)) return;
    const [facility, inmate_number] = [value("facility"), value("inmate-number").trim()];
    const file = new FormData(/** @type {HTMLFormElement} */ (event.target)).get("photo");
    const chosen = file instanceof File && file.size > 0 ? file : null;
    if (chosen === null && model.terms[facility]?.photo === "required") {
      this.#photoFault("photo-none");
      return;
    }
    const photo = chosen === null ? null : await this.#sendPhoto(chosen);
    if (chosen !== null && photo === null) return;
    const relation = value("relation");
    const done = await ask(this, { type: "request-approval", facility, inmate_number, relation, photo }, "people");
    if (done !== null) this.#show({ side: "people", note: { about: "people", code: "asked", facts: {} } });
  }

  /**
   * The id of the photo that the hub keeps now; null when it does not, and why is said.
   *
   * @param {File} file
   */
  async #sendPhoto(file) {
    const { model, hub, onChange } = this;
    /** @param {number|null} percent */
    const sent = (percent) => {
      Object.assign(model, { photoSent: percent, busy: percent === null ? null : "request-approval" });
      onChange();
    };
    sent(0);
    try {
      const photo = crypto.randomUUID();
      const parts = partsOf(await shrink(file));
      const last = parts.pop() ?? "";
      for (const [index, part] of parts.entries()) {
        hub.send({ type: "photo-part", photo, part });
        await hub.sent();
        sent(Math.round((100 * (index + 1)) / (parts.length + 1)));
      }
      const kept = await ask(this, { type: "photo-part", photo, part: last, last: true }, "photo-kept");
      return kept === null ? null : photo;
    } catch (error) {
      if (!(error instanceof PhotoError)) throw error;
      this.#photoFault(error.fault);
      return null;
    } finally {
      sent(null);
    }
  }

  /** @param {import("./field-rules.js").Fault} fault */
  #photoFault(fault) {
    this.#show({ faults: { photo: fault } });
    toFault(this.model);
  }
}

/** @param {Event} event */
function valueOf(event) {
  return /** @type {HTMLSelectElement} */ (event.target).value;
}
