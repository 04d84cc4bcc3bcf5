/** What a card of Appointments opens: who comes, and what may be done with the visit. */

import { h, icon } from "./dom.js";
import { email, form } from "./fields.js";
import { button, note, notice, refusal } from "./parts.js";
import { guestsLeft } from "./state-booking.js";
import { oneStop } from "./times.js";

/** @typedef {import("./parts.js").Scene} Scene */
/** @typedef {import("./messages.js").VisitView} VisitView */
/** @typedef {import("./times.js").JailTimes} JailTimes */

/**
 * The button that opens and shuts a card, and what it opens.
 *
 * @param {Scene} scene
 * @param {JailTimes} times
 * @param {VisitView} visit
 */
export function details(scene, times, visit) {
  const { model, t, act } = scene;
  const open = model.details === visit.id;
  return [
    unfold(visit.id, open, t(open ? "less" : "details"), act),
    open && opened(scene, times, visit),
  ];
}

/**
 * Opens and shuts a card.
 *
 * @param {string} visit
 * @param {boolean} open
 * @param {string} words
 * @param {Scene["act"]} act
 */
export function unfold(visit, open, words, act) {
  const props = { key: "details", "data-details": visit, "aria-expanded": String(open) };
  return button("link", { ...props, onclick: () => act.showDetails(visit) }, icon(open ? "minus" : "plus"), words);
}

/**
 * @param {Scene} scene
 * @param {JailTimes} times
 * @param {VisitView} visit
 */
function opened(scene, times, visit) {
  const { model, now, t, act } = scene;
  const own = model.own[visit.id];
  const until = own?.cancel_until ?? null;
  const can = until !== null && now < until;
  const local = times.ownClock(visit.starts_at);
  return h(
    "div",
    { class: "details", key: "opened" },
    h("p", null, h("strong", null, model.facility?.name ?? "")),
    local !== "" && h("p", { class: "stone" }, t("own-time", { time: local })),
    h("p", null, `${t("on-this-visit")}: `, ...visit.visitors.flatMap(({ name }, n) => [n > 0 && ", ", h("bdi", { key: String(n) }, name)])),
    notice(visit, t),
    refusal(scene, "cancel-visit", "get-ticket", "invite"),
    h(
      "div",
      { class: "actions" },
      button("plain", { "data-calendar": visit.id, key: "calendar", onclick: () => act.toCalendar(visit.id) }, icon("calendar-plus"), t("to-calendar")),
      can && own !== undefined &&
        button("plain", { "data-move": visit.id, key: "move", onclick: () => act.openSchedule({ inmate: own.inmate, moving: visit.id }) }, icon("clock"), t("move")),
      (can || own?.by_me === false) &&
        button("plain", { "data-cancel": visit.id, key: "cancel", onclick: () => act.askCancel(visit.id) }, icon("delete"), t(own?.by_me ? "cancel-visit" : "decline")),
    ),
    own?.by_me && !can && visit.begun_at === null && note("clock", t("too-late-now"), t("too-late-more"), { key: "late" }),
    can && h("p", { class: "stone small" }, oneStop(t("cancel-until", { when: times.moment(until, now) }))),
    own?.by_me && guestsLeft(model, visit.visitors.length) > 0 && invitation(scene, visit),
  );
}

/**
 * @param {Scene} scene
 * @param {VisitView} visit
 */
function invitation(scene, visit) {
  const { model, t, act } = scene;
  return form(
    (event) => act.inviteTo(visit.id, event),
    { class: "invite", key: "invite" },
    email(scene, "invite-email", t("guest-email"), { autocomplete: "off" }),
    h("button", { id: "invite", type: "submit", class: "button plain", disabled: model.busy === "invite" }, icon("plus"), t("invite")),
  );
}

/**
 * The question before a visit is cancelled or declined; the harmless answer is on the right.
 *
 * @param {Scene} scene
 * @param {VisitView} visit
 * @param {import("./dom.js").Props} calm
 */
export function cancelSheet({ model, t, act }, visit, calm) {
  const mine = model.own[visit.id]?.by_me ?? true;
  return [
    h("h2", { id: "sheet-title" }, t(mine ? "cancel-ask" : "decline-ask", { name: visit.inmate })),
    h("p", null, t(mine ? "cancel-more" : "decline-more")),
    h(
      "div",
      { class: "sheet-buttons" },
      button("plain", { ...calm, id: "confirm-cancel", key: "cancel", onclick: act.confirmCancel }, icon("delete"), t(mine ? "cancel-visit" : "decline")),
      button("main", { id: "keep-visit", key: "keep", autofocus: true, onclick: act.dismiss }, icon("calendar"), t("keep-visit")),
    ),
  ];
}
