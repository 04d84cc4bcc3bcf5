/** Draws the model: which screen, and what stands around it. */

import { patch } from "./dom.js";
import { account } from "./screen-account.js";
import { appointments } from "./screen-appointments.js";
import { check } from "./screen-check.js";
import { ended } from "./screen-ended.js";
import { entry } from "./screen-entry.js";
import { facility, loading, outdated } from "./screen-facility.js";
import { askToVisit, people } from "./screen-people.js";
import { offline } from "./screen-offline.js";
import { rules } from "./screen-rules.js";
import { schedule } from "./screen-schedule.js";
import { bar, held, overPicture } from "./screen-visit.js";
import { header, sheet, tabs } from "./shell.js";
import { ownVisit } from "./state.js";
import { screenOf } from "./state-screen.js";

/** @typedef {import("./parts.js").Scene} Scene */
/** @typedef {{header: HTMLElement, screen: HTMLElement, over: HTMLElement, bar: HTMLElement, tabs: HTMLElement, sheet: HTMLDialogElement, view?: string}} Places */

/**
 * Make the document show the scene; returns the screen shown.
 *
 * @param {Scene} scene
 * @param {Places} places
 */
export function render(scene, places) {
  const screen = screenOf(scene.model);
  document.body.dataset["screen"] = screen;
  const shown = main(scene, screen);
  patch(places.header, header(scene, screen));
  patch(places.tabs, tabs(scene, screen));
  patch(places.screen, [shown]);
  const visit = screen === "in-visit" ? ownVisit(scene.model) : null;
  patch(places.over, visit === null ? [] : overPicture(scene, visit));
  patch(places.bar, visit === null || scene.times === null ? [] : bar(scene, scene.times, visit));
  showSheet(scene, places.sheet);
  const view = `${screen} ${shown?.key}`;
  if (places.view !== view) focusHeading(screen, places);
  places.view = view;
  return screen;
}

/**
 * @param {Scene} scene
 * @param {import("./model.js").Screen} screen
 */
function main(scene, screen) {
  const { model, times } = scene;
  const visit = ownVisit(model);
  switch (screen) {
    case "loading":
      return loading(scene);
    case "offline":
      return offline(scene);
    case "outdated":
      return outdated(scene);
    case "log-in":
    case "create-account":
    case "check-mail":
    case "forgot-password":
    case "new-password":
      return entry(scene);
    case "account":
      return account(scene);
    case "people":
      return people(scene);
    case "ask-to-visit":
      return askToVisit(scene);
    case "rules":
      return rules(scene);
    case "facility":
      return facility(scene);
    case "check":
      return check(scene);
    case "appointments":
      return times && appointments(scene, times);
    case "schedule":
      return times && schedule(scene, times);
    case "in-visit":
      return null;
    case "held":
      return times && visit && held(scene, times, visit);
    case "ended":
      return times && visit && ended(scene, times, visit);
  }
}

/**
 * A real dialog: the browser keeps the focus inside and gives it back.
 *
 * @param {Scene} scene
 * @param {HTMLDialogElement} dialog
 */
function showSheet(scene, dialog) {
  const content = sheet(scene);
  if (content.length === 0 && dialog.open) dialog.close();
  patch(dialog, content);
  if (content.length > 0 && !dialog.open) dialog.showModal();
}

/**
 * A new screen is read from its heading; one to type in, from its first empty field; in the visit,
 * from its first button.
 *
 * @param {import("./model.js").Screen} screen
 * @param {Places} places
 */
function focusHeading(screen, places) {
  if (places.sheet.open) return;
  const shown = [...places.screen.querySelectorAll(".entry input, .form.alone input, h1")].filter(isSeen);
  const empty = shown.find((each) => each instanceof HTMLInputElement && each.value === "");
  const target = screen === "in-visit" ? places.bar.querySelector("button") : empty ?? shown[0];
  if (target instanceof HTMLElement) target.focus({ preventScroll: true });
  window.scrollTo(0, 0);
}

/** @param {Element} element */
function isSeen(element) {
  return /** @type {HTMLElement} */ (element).offsetParent !== null;
}
