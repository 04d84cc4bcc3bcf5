/** The end: used, lost and added time, and why it ended. */

import { h, icon } from "./dom.js";
import { button } from "./parts.js";
import { mostlyLostBy } from "./state.js";
import { shortLength } from "./times.js";

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
  const from = visit.begun_at ?? visit.starts_at;
  const to = visit.ended_at ?? visit.ends_at;
  const side = mostlyLostBy(visit);
  return h(
    "div",
    { class: "page over", key: "ended", "data-reason": visit.end_reason, "data-by": visit.ended_by },
    h("h1", { tabindex: "-1" }, t("has-ended", { name: visit.inmate })),
    h(
      "p",
      { class: "lead" },
      h("strong", null, t(whyWord(visit), { name: visit.inmate })),
      " ",
      t("from-to", { from: times.clock(from), to: times.clock(to) }),
    ),
    share(visit, to - from),
    h(
      "div",
      { class: "sums" },
      sum("card", "timer", t("used"), visit.used_s, "", scene),
      sum("card lost", "no-wifi", t("lost"), visit.lost_s, side && visit.lost_s >= 1 ? t(`lost-by-${side}`) : "", scene),
      sum("card sun", "plus-disc", t("added-back"), visit.added_s, "", scene),
    ),
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
 * How much of the visit was used and lost, as a bar.
 *
 * @param {VisitView} visit
 * @param {number} length_s
 */
function share(visit, length_s) {
  const part = (/** @type {number} */ seconds) => Math.max(0, Math.min(1, seconds / Math.max(1, length_s)));
  return h(
    "div",
    { class: "share", "aria-hidden": "true" },
    h("span", { class: "used", "--part": String(part(visit.used_s)) }),
    visit.lost_s >= 1 && h("span", { class: "lost", "--part": String(part(visit.lost_s)) }, icon("no-wifi")),
  );
}

/**
 * @param {string} look
 * @param {string} symbol
 * @param {string} title
 * @param {number} seconds
 * @param {string} more
 * @param {Scene} scene
 */
function sum(look, symbol, title, seconds, more, { t }) {
  return h(
    "div",
    { class: `sum ${look}` },
    h("span", null, icon(symbol), title),
    h("p", null, h("strong", null, shortLength(seconds, t)), more && h("span", null, more)),
  );
}
