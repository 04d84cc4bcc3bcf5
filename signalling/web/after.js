/** What is left of a visit: earlier ones, receipts, ratings; and the network check. */

import { checkNetwork } from "./network-check.js";

/** @typedef {import("./messages.js").Past} Past */
/**
 * @typedef {object} AfterState
 * @property {Past|null} past  the newest answer
 * @property {"untried"|"trying"|import("./network-check.js").NetworkFound} network
 */

/** @returns {AfterState} */
export function newAfter() {
  return { past: null, network: "untried" };
}

export class After {
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
      past: (/** @type {Past} */ past) => {
        model.after.past = past;
        onChange();
      },
      ticket: onChange,
      rated: onChange,
      "network-check": onChange,
      probed: onChange,
    };
  }

  actions() {
    return { tryNetwork: () => this.tryNetwork() };
  }

  /** Try the network now, unless that is under way. */
  tryNetwork() {
    const { model, hub, onChange } = this;
    if (model.link !== "open" || model.after.network === "trying") return;
    model.after.network = "trying";
    onChange();
    void checkNetwork(hub).then((found) => {
      model.after.network = found;
      onChange();
    });
  }
}
