/** What is left of a visit: receipts, how it was, and the visits of before. */

import { ask } from "./asking.js";
import { download } from "./browser.js";
import { Newest } from "./newest.js";

/** @typedef {import("./model.js").Model} Model */
/** @typedef {import("./messages.js").Rate["troubles"]} Troubles */
/** @typedef {{visit: string, stars: number, troubles: NonNullable<Troubles>}} Rating */

/** Nothing was asked for. */
export function nothingPast() {
  return {
    past: /** @type {Omit<import("./messages.js").Past, "type">|null} */ (null),
    rating: /** @type {Rating|null} */ (null),
  };
}

export class After {
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
    /** @type {Newest<Rating>} */
    this.ratings = new Newest({ model, about: "rate", ask: (rating) => this.#rate(rating), onChange });
  }

  actions() {
    const { model } = this;
    return {
      listPast: () => void this.#listPast(),
      saveReceipt: (/** @type {string} */ visit) => void this.#save(visit),
      openReceipt: (/** @type {string} */ visit) => void this.#open(visit),
      rate: (/** @type {string} */ visit, /** @type {number} */ stars) => {
        const same = model.rating?.visit === visit ? model.rating.troubles : [];
        // Who says that it was good has no troubles to tell.
        this.#say({ visit, stars, troubles: stars > 3 ? [] : same });
      },
      trouble: (/** @type {NonNullable<Troubles>[number]} */ trouble) => {
        if (model.rating === null) return;
        const { troubles } = model.rating;
        const others = troubles.filter((each) => each !== trouble);
        this.#say({ ...model.rating, troubles: others.length < troubles.length ? others : [...others, trouble] });
      },
    };
  }

  /** @param {Rating} rating */
  #say(rating) {
    Object.assign(this.model, { rating, note: null });
    this.ratings.wish(rating);
    this.onChange();
  }

  /** @param {Rating} rating */
  async #rate({ visit, stars, troubles }) {
    await this.hub.request({ type: "rate", visit, stars, troubles }, "rated");
    return () => {
      for (const own of [this.model.own[visit], this.model.past?.own[visit]]) {
        if (own !== undefined) own.stars = stars;
      }
    };
  }

  async #listPast() {
    const { model } = this;
    const before = model.past?.visits.at(-1)?.ended_at ?? null;
    const told = await ask(this, { type: "list-past", before }, "past");
    if (told === null) return;
    const known = model.past ?? { visits: [], own: {} };
    const visits = [...known.visits, ...told.visits];
    model.past = { visits, own: { ...known.own, ...told.own }, more: told.more };
    this.onChange();
  }

  /** @param {string} visit */
  async #save(visit) {
    const path = await this.#ticket(visit, "receipt");
    if (path !== null) download(path);
  }

  /**
   * A window of its own must be opened in the press: later the browser takes it for an advert.
   *
   * @param {string} visit
   */
  async #open(visit) {
    const shown = window.open("", "_blank");
    const path = await this.#ticket(visit, "receipt-page");
    if (path === null) shown?.close();
    else (shown ?? window).location.assign(path);
  }

  /**
   * @param {string} visit
   * @param {"receipt"|"receipt-page"} what
   */
  async #ticket(visit, what) {
    const language = document.documentElement.lang;
    return (await ask(this, { type: "get-ticket", visit, what, language }, "ticket"))?.path ?? null;
  }
}
