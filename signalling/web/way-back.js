/**
 * The browser's Back: one screen back within the page, and never out of a visit unasked.
 *
 * The history holds one entry more than the page's own whenever there is a screen to go back to.
 * Back takes that entry off; the page takes the step and, where another one follows, goes forward
 * to the entry again. (To push a new one without a press would let browsers skip it.)
 */

import { ownVisit } from "./state.js";
import { hasWayOut } from "./state-people.js";
import { screenOf } from "./state-screen.js";

/** @typedef {import("./model.js").Model} Model */
/** @typedef {"dismiss"|"ask-end"|"stay"|"leave-end"|"entry"|"side"|"facilities"|"tab"} Step */

const INSIDE = "visitbooth-inside";

/**
 * Where Back goes; null when it leaves the page.
 *
 * @param {Model} model
 * @returns {Step|null}
 */
export function stepBack(model) {
  if (model.sheet !== null) return "dismiss";
  switch (screenOf(model)) {
    case "in-visit":
    case "held":
      return ownVisit(model)?.id === model.ending ? "stay" : "ask-end";
    case "ended":
      return "leave-end";
    case "create-account":
    case "check-mail":
    case "forgot-password":
    case "new-password":
      return "entry";
    case "account":
    case "ask-to-visit":
      return "side";
    case "people":
      return hasWayOut(model) ? "side" : null;
    case "facility":
      return model.choosing === null ? null : "facilities";
    case "appointments":
    case "schedule":
    case "check":
      return model.tabBefore === null ? null : "tab";
    default:
      return null;
  }
}

/**
 * Whether leaving the page leaves a visit.
 *
 * @param {Model} model
 */
export function leavesVisit(model) {
  const screen = screenOf(model);
  return screen === "in-visit" || screen === "held";
}

export class WayBack {
  /**
   * @param {object} options
   * @param {Pick<Window, "history"|"location"|"onbeforeunload"|"onpopstate">} options.page
   * @param {Model} options.model
   * @param {Record<Exclude<Step, "stay">, () => void>} options.steps  what each step does
   */
  constructor({ page, model, steps }) {
    this.page = page;
    this.model = model;
    this.steps = steps;
    /** The step is taken, and the entry is on its way back. */
    this.returning = false;
    page.onpopstate = () => this.#back();
  }

  /** Put the history in step with the model. */
  follow() {
    const { page, model } = this;
    page.onbeforeunload = leavesVisit(model) ? askFirst : null;
    if (this.returning || this.#inside || stepBack(model) === null) return;
    page.history.pushState(INSIDE, "");
  }

  get #inside() {
    return this.page.history.state === INSIDE;
  }

  #back() {
    const { page, model, steps } = this;
    this.returning = false;
    // A mailed link that is opened in this page is no Back, but says itself as one.
    if (this.#inside || page.location.hash !== "") return;
    const step = stepBack(model);
    if (step === null) {
      page.history.back();
      return;
    }
    this.returning = true;
    if (step !== "stay") steps[step]();
    this.returning = stepBack(model) !== null;
    if (this.returning) page.history.forward();
  }
}

/** @param {BeforeUnloadEvent} event */
function askFirst(event) {
  event.preventDefault();
  event.returnValue = ""; // Chromium before 119 asks only for this
}
