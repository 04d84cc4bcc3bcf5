/** Whom this visitor may visit, and a facility's rules: asks the hub, keeps what it says. */

/** @typedef {import("./messages.js").ApprovalView} ApprovalView */
/** @typedef {import("./messages.js").FacilityTerms} FacilityTerms */
/**
 * @typedef {object} PeopleState
 * @property {ApprovalView[]|null} people  null until the hub has told
 * @property {Record<string, FacilityTerms>} terms  by facility
 */

/** @returns {PeopleState} */
export function newPeople() {
  return { people: null, terms: {} };
}

export class People {
  /**
   * @param {object} options
   * @param {import("./model.js").Model} options.model
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
        model.people.people = people;
        onChange();
      },
      "facility-terms": (/** @type {FacilityTerms} */ terms) => {
        model.people.terms = { ...model.people.terms, [terms.facility]: terms };
        onChange();
      },
      "photo-kept": onChange,
    };
  }

  actions() {
    return {};
  }
}
