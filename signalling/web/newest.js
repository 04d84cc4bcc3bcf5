/** Requests of which only the newest counts: one goes out at a time, and the last wish wins. */

import { NoReplyError, RefusedError } from "./protocol.js";

/**
 * @template W
 */
export class Newest {
  /**
   * @param {object} options
   * @param {import("./model.js").Model} options.model
   * @param {string} options.about  type of the request, for the note of a refusal
   * @param {(wish: W) => Promise<(() => void)|null>} options.ask  returns what takes the answer
   * @param {() => void} options.onChange
   */
  constructor({ model, about, ask, onChange }) {
    this.model = model;
    this.about = about;
    this.ask = ask;
    this.onChange = onChange;
    /** @type {W|null} */
    this.next = null;
    this.running = false;
    /** Whether the last wish was refused or not answered. */
    this.failed = false;
  }

  /** @param {W} next */
  wish(next) {
    this.next = next;
    this.failed = false;
    if (!this.running) void this.#all();
  }

  async #all() {
    this.running = true;
    try {
      while (this.next !== null) {
        const wish = this.next;
        this.next = null;
        const take = await this.ask(wish);
        if (this.next === null) take?.();
      }
    } catch (error) {
      const refused = error instanceof RefusedError;
      if (!refused && !(error instanceof NoReplyError)) throw error;
      this.failed = true;
      const code = refused ? error.code : "no-reply";
      this.model.note = { about: this.about, code, facts: refused ? error.facts : {} };
    } finally {
      this.running = false;
      this.onChange();
    }
  }
}
