/** Screen c: the visits, Ready first, and the telephone that turns green. */

import { h, icon } from "./dom.js";
import { details, unfold } from "./screen-details.js";
import { button, note, notice, offlineNote, pill, refusal } from "./parts.js";
import { pastVisits, remains } from "./screen-past.js";
import { whyWord } from "./screen-ended.js";
import { booksOnline } from "./state-booking.js";
import { SLOW_S, sortedVisits, takenOver, telephoneOf, visitLine } from "./state.js";
import { exactLength, lengthWords, oneStop } from "./times.js";

/** @typedef {import("./parts.js").Scene} Scene */
/** @typedef {import("./messages.js").VisitView} VisitView */
/** @typedef {import("./times.js").JailTimes} JailTimes */

const LOOK = Object.freeze({
  scheduled: ["tint", "clock"],
  pending: ["sun", "pending"],
  ready: ["green", "phone"],
  "in-visit": ["green", "phone"],
  interrupted: ["sun", "pause"],
  ended: ["bare", "check-disc"],
});

/**
 * @param {Scene} scene
 * @param {JailTimes} times
 */
export function appointments(scene, times) {
  const { model, now, t } = scene;
  return h(
    "div",
    { class: "page", key: "appointments" },
    h(
      "div",
      { class: "title" },
      h("h1", { tabindex: "-1" }, t("appointments")),
      h("p", { class: "stone", id: "jail-time" }, t("jail-time", { time: times.clock(now) })),
    ),
    offlineNote(scene, { id: "offline" }),
    refusal(scene, "press", "join", "end"),
    booked(scene),
    model.visits === null ? waiting(scene) : list(scene, times, model.visits),
    model.visits !== null && pastVisits(scene, (visit, own) => ended(scene, times, visit, own)),
  );
}

/**
 * What was just booked.
 *
 * @param {Scene} scene
 */
function booked({ model, t }) {
  const said = model.note;
  if (said?.code === "visit-cancelled") {
    return note("calendar-check", t("visit-cancelled"), "", { key: "booked", role: "status", "data-note": said.code });
  }
  if (said?.about !== "book" || (said.code !== "visit-booked" && said.code !== "visit-moved")) return null;
  return note("calendar-check", t(said.code), t("booked-more"), { key: "booked", role: "status", "data-note": said.code });
}

/** @param {Scene} scene */
function waiting({ model, now, t, act }) {
  const slow = now - model.since > SLOW_S;
  return h(
    "div",
    { class: "visits", key: "waiting" },
    h("p", { class: "stone" }, t("loading")),
    slow && note("warning", t("slow", { what: t("our-network") })),
    slow && button("plain", { onclick: act.retry }, t("try-again")),
  );
}

/**
 * @param {Scene} scene
 * @param {JailTimes} times
 * @param {VisitView[]} visits
 */
function list(scene, times, visits) {
  const { t } = scene;
  if (visits.length === 0) {
    return h(
      "div",
      { class: "card stack", key: "none" },
      note("calendar", t("no-visits"), t(booksOnline(scene.model) ? "no-visits-book" : "no-visits-more")),
      booksOnline(scene.model) &&
        button("main", { id: "to-schedule", onclick: () => scene.act.openSchedule() }, icon("calendar-plus"), t("schedule-title")),
    );
  }
  const cards = sortedVisits(visits).map((visit) => {
    if (visit.status === "ended") return ended(scene, times, visit, scene.model.own[visit.id]);
    return telephoneOf(visit, scene.model.page) === "none"
      ? coming(scene, times, visit)
      : open(scene, times, visit);
  });
  return h("ul", { class: "visits", key: "visits" }, ...cards);
}

/**
 * @param {Scene} scene
 * @param {VisitView} visit
 */
function status({ t }, visit) {
  const [look, symbol] = LOOK[visit.status];
  return pill(look ?? "", symbol ?? "", t(visit.status), { "data-status": visit.status });
}

/**
 * A card whose telephone is green.
 *
 * @param {Scene} scene
 * @param {JailTimes} times
 * @param {VisitView} visit
 */
function open(scene, times, visit) {
  const { now, t } = scene;
  const ready = visit.status === "ready";
  return h(
    "li",
    { class: "card open", key: visit.id, "data-visit": visit.id },
    h(
      "div",
      { class: "card-head" },
      h(
        "div",
        null,
        h("h2", null, t(ready ? "name-ready" : "name-in-visit", { name: visit.inmate })),
        h("p", null, times.span(visit.starts_at, visit.ends_at, now)),
      ),
      status(scene, visit),
    ),
    line(scene, visit),
    elsewhereNote(scene, visit),
    telephone(scene, visit),
    notice(visit, t),
    ...details(scene, times, visit),
  );
}

/**
 * @param {Scene} scene
 * @param {VisitView} visit
 */
function elsewhereNote({ model, t }, visit) {
  const by = model.own[visit.id]?.at_page_of;
  if (takenOver(visit, model)) {
    const more = by ? t("elsewhere-other", { name: by }) : t("taken-over-more");
    return note("warning", t("taken-over"), more, { id: "taken-over" });
  }
  if (telephoneOf(visit, model.page) !== "elsewhere") return null;
  return note("warning", by ? t("elsewhere-other", { name: by }) : t("elsewhere"));
}

/**
 * The big green telephone.
 *
 * @param {Scene} scene
 * @param {VisitView} visit
 */
function telephone({ model, t, act }, visit) {
  const does = telephoneOf(visit, model.page);
  const busy = model.mine === visit.id && does === "start";
  const elsewhere = takenOver(visit, model) ? "take-it-back" : "open-here";
  const word = does === "elsewhere" ? elsewhere : does === "return" ? "return-to-visit" : "start-visit";
  return button(
    "telephone",
    {
      key: "telephone",
      "data-telephone": does,
      disabled: model.link !== "open",
      onclick: () => act.press(visit.id),
    },
    icon("phone"),
    t(busy ? "one-moment" : word),
  );
}

/**
 * The visit line: Scheduled, Pending, Ready, In visit.
 *
 * @param {Scene} scene
 * @param {VisitView} visit
 */
function line({ t }, visit) {
  return h(
    "ol",
    { class: "line" },
    ...visitLine(visit.status).map(({ status: each, stop }) =>
      h(
        "li",
        { class: `${stop} ${each}`, "aria-current": stop === "now" ? "step" : null },
        h("span", { class: "stop" }, stopIcon(each, stop)),
        h("span", null, t(each)),
      ),
    ),
  );
}

/**
 * @param {string} status
 * @param {import("./state.js").Stop} stop
 */
function stopIcon(status, stop) {
  if (stop === "done") return icon("check");
  const green = status === "ready" || status === "in-visit";
  return stop === "now" && green ? icon("phone") : null;
}

/**
 * A card that waits: scheduled or pending, with a hollow telephone.
 *
 * @param {Scene} scene
 * @param {JailTimes} times
 * @param {VisitView} visit
 */
function coming(scene, times, visit) {
  const { model, now, t, act } = scene;
  const pending = visit.status === "pending";
  return h(
    "li",
    { class: "card coming", key: visit.id, "data-visit": visit.id },
    h(
      "div",
      { class: "card-head" },
      h(
        "div",
        null,
        h("h2", null, h("bdi", null, visit.inmate), " ", status(scene, visit)),
        h("p", null, times.span(visit.starts_at, visit.ends_at, now)),
        !pending && h("p", { class: "soon" }, t("starts-in", { length: lengthWords(visit.starts_at - now, t) })),
      ),
      h(
        "button",
        { type: "button", class: "hollow", "aria-label": t("hollow-telephone"), onclick: () => act.early(visit.id) },
        icon("phone"),
      ),
    ),
    pending && line(scene, visit),
    !pending &&
      model.early === visit.id &&
      note("clock", oneStop(t("early", { time: times.clock(visit.starts_at) })), t("early-more", { name: visit.inmate }), { id: "early", role: "status" }),
    pending && waitsFor(visit, model.own[visit.id]?.why, t),
    ...details(scene, times, visit),
  );
}

/**
 * Why the telephone is not green yet: never a wait without its reason.
 *
 * @param {VisitView} visit
 * @param {import("./messages.js").OwnView["why"]|undefined} why
 * @param {import("./words.js").Translate} t
 */
function waitsFor({ inmate, pause_reason: reason }, why, t) {
  const facts = { name: inmate };
  const props = { "data-why": why ?? "not-signed-in" };
  switch (why) {
    case "lockdown":
      return note("hand", t("why-lockdown"), t("reason", { reason }), props);
    case "in-another-visit":
      return note("person", t("why-in-another-visit", facts), t("why-in-another-visit-more"), props);
    case "terminal-fault":
      return note("wrench", t("why-terminal-fault"), t("why-terminal-fault-more", facts), props);
    case "terminal-away":
      return note("no-wifi", t("why-terminal-away"), t("why-terminal-away-more"), props);
    default:
      return note("person", t("not-signed-in", facts), t("turns-green"), { "data-why": "not-signed-in" });
  }
}

/**
 * @param {Scene} scene
 * @param {JailTimes} times
 * @param {VisitView} visit
 * @param {import("./messages.js").OwnView|undefined} own
 */
function ended(scene, times, visit, own) {
  const { model, now, t, act } = scene;
  const open = model.details === visit.id;
  const facts = {
    lost: exactLength(visit.lost_s, t),
    added: exactLength(visit.added_s, t),
  };
  const used = t("n-used", {
    when: times.span(visit.begun_at ?? visit.starts_at, visit.ended_at ?? visit.ends_at, now),
    used: exactLength(visit.used_s, t),
  });
  const lost = visit.lost_s < 1 ? null : t(visit.added_s >= 1 ? "n-lost-added" : "n-lost", facts);
  return h(
    "li",
    { class: "card ended", key: visit.id, "data-visit": visit.id },
    h("h2", null, h("bdi", null, visit.inmate), " ", status(scene, visit)),
    h("p", null, visit.begun_at === null ? times.span(visit.starts_at, visit.ends_at, now) : used),
    lost && h("p", null, lost),
    visit.begun_at === null && h("p", null, t(whyWord(visit), { name: visit.inmate })),
    unfold(visit.id, open, t(open ? "less" : "receipt-rating"), act),
    open && remains(scene, visit, own),
  );
}
