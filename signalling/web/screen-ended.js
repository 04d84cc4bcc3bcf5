/** The end: used, lost and added time, and why it ended. */

import { h, icon } from "./dom.js";
import { button } from "./parts.js";
import { remains } from "./screen-past.js";
import { mostlyLostBy } from "./state.js";
import { exactLength } from "./times.js";

/** @typedef {import("./parts.js").Scene} Scene */
/** @typedef {import("./messages.js").VisitView} VisitView */
/** @typedef {import("./times.js").JailTimes} JailTimes */

/**
 * @param {Scene} scene
 * @param {JailTimes} times
 * @param {VisitView} visit
 */
export function ended(scene, times, visit) {
  const { t, act } = scene;
  const side = mostlyLostBy(visit);
  return h(
    "div",
    { class: "page over", key: "ended", "data-reason": visit.end_reason, "data-by": visit.ended_by },
    h("h1", { tabindex: "-1" }, t("has-ended", { name: visit.inmate })),
    h("p", { class: "lead" }, h("strong", null, t(whyWord(visit), { name: visit.inmate }))),
    span(times, visit),
    // Nothing lost, nothing added: nothing is said of it.
    h(
      "div",
      { class: "sums" },
      sum("card", "timer", t("used"), visit.used_s, "", scene),
      visit.lost_s >= 1 &&
        sum("card lost", "no-wifi", t("lost"), visit.lost_s, side && t(`lost-by-${side}`), scene),
      visit.added_s >= 1 && sum("card sun", "plus-disc", t("added-back"), visit.added_s, "", scene),
    ),
    remains(scene, visit, scene.model.own[visit.id]),
    button("main", { id: "to-appointments", key: "go", onclick: act.leaveEnd }, icon("calendar"), t("go-appointments")),
  );
}

/**
 * Why a visit ended.
 *
 * @param {VisitView} visit
 */
export function whyWord({ end_reason, ended_by }) {
  if (end_reason === "expired") return "ended-expired";
  if (end_reason === "nobody-came") return "ended-nobody-came";
  if (end_reason === "cancelled") return "ended-cancelled";
  if (end_reason === "staff" || ended_by === "staff") return "ended-by-staff";
  return ended_by === "visitor" ? "ended-by-you" : "ended-by-jail";
}

/**
 * From when to when, as a bar with its times under it. It is plain: a VisitView does not say where
 * in the visit the lost time lay.
 *
 * @param {JailTimes} times
 * @param {VisitView} visit
 */
function span(times, visit) {
  const from = visit.begun_at ?? visit.starts_at;
  const to = visit.ended_at ?? visit.ends_at;
  return h(
    "div",
    { class: "span" },
    h("div", { class: visit.begun_at === null ? "bar-of-time unused" : "bar-of-time" }),
    h("time", null, times.clock(from)),
    h("time", null, times.clock(to)),
  );
}

/**
 * @param {string} look
 * @param {string} symbol
 * @param {string} title
 * @param {number} seconds
 * @param {string|null} more
 * @param {Scene} scene
 */
function sum(look, symbol, title, seconds, more, { t }) {
  return h(
    "div",
    { class: `sum ${look}` },
    h("span", null, icon(symbol), title),
    h("p", null, h("strong", null, exactLength(seconds, t)), more && h("span", null, more)),
  );
}
