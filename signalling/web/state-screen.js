/** Which screen follows from what the page knows. Pure. */

import { heldOf, ownVisit } from "./state.js";
import { sideOf } from "./state-people.js";

/** @typedef {import("./model.js").Model} Model */
/** @typedef {import("./model.js").Screen} Screen */

/**
 * @param {Model} model
 * @returns {Screen}
 */
export function screenOf(model) {
  if (model.link === "outdated") return "outdated";
  if (model.facilities === null) return model.link === "lost" ? "offline" : "loading";
  if (model.name === null) return model.entry;
  const visit = model.facility === null ? null : ownVisit(model);
  if (visit !== null) {
    if (visit.status === "ended") return "ended";
    return heldOf(visit, model) === null ? "in-visit" : "held";
  }
  // The link of a mail was followed, whoever is logged in here.
  if (model.entry === "new-password") return model.entry;
  const side = sideOf(model);
  if (side !== null) return side;
  if (model.facility === null) return "facility";
  // Only the visits tell whether there is time for the check.
  if (!model.checked && model.visits === null) return "appointments";
  return model.checked ? model.tab : "check";
}
