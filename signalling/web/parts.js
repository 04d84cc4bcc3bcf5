/** Pieces that several screens are made of. */

import { h, icon } from "./dom.js";
import { lengthWords } from "./times.js";

/** @typedef {import("./dom.js").Child} Child */
/** @typedef {import("./words.js").Translate} Translate */
/** @typedef {import("./model.js").Model} Model */
/**
 * What a screen is drawn from, and what it may ask for.
 *
 * @typedef {object} Scene
 * @property {Model} model
 * @property {number} now  the hub's clock
 * @property {Translate} t
 * @property {import("./times.js").JailTimes|null} times  null before a facility is open
 * @property {string} locale  the visitor's own format of the language shown
 * @property {import("./app.js").Actions} act
 * @property {HTMLVideoElement} mirror  the self-view of the device check
 * @property {ReturnType<typeof import("./devices.js").browserOf>} browser
 * @property {boolean} phone  a touch device: other words for its sound
 */

/**
 * A real button. `look` is a class: main, plain, link, quiet, telephone, end.
 *
 * @param {string} look
 * @param {import("./dom.js").Props} props
 * @param {...Child} children
 */
export function button(look, props, ...children) {
  return h("button", { type: "button", ...props, class: `button ${look}` }, ...children);
}

/**
 * A note on sunpale: an icon, a bold first line, and more words.
 *
 * @param {string} symbol
 * @param {string} title
 * @param {string} [more]
 * @param {import("./dom.js").Props} [props]
 */
export function note(symbol, title, more = "", props = {}) {
  return h(
    "div",
    { ...props, class: "note" },
    icon(symbol),
    h("div", null, h("strong", null, title), more === "" ? null : h("span", null, more)),
  );
}

/**
 * That there is no hub; calm words while it said that it comes back at once.
 *
 * @param {Scene} scene
 * @param {import("./dom.js").Props} [props]
 */
export function offlineNote({ model, t }, props = {}) {
  if (model.link === "open") return false;
  if (model.link === "pausing") return note("clock", t("one-moment"), "", props);
  return note("no-wifi", t("offline"), t("offline-more"), props);
}

/**
 * @param {string} look
 * @param {string} symbol
 * @param {string} text
 * @param {import("./dom.js").Props} [props]
 */
export function pill(look, symbol, text, props = {}) {
  return h("span", { ...props, class: `pill ${look}` }, icon(symbol), text);
}

/** What the hub refuses, in words of its own. */
const REFUSED = /** @type {const} */ ([
  "bad-email",
  "busy",
  "email-not-verified",
  "ended",
  "facility-not-open",
  "in-a-visit",
  "link-not-valid",
  "no-reply",
  "not-logged-in",
  "not-ready",
  "rules-not-accepted",
  "guest-refused",
  "stale-rules",
  "too-late",
  "too-many-requests",
  "unknown-facility",
  "unknown-request",
  "unknown-session",
  "unknown-visit",
  "visit-elsewhere",
  "weak-password",
]);
/** What was done. */
const DONE = /** @type {const} */ (["account-deleted", "email-verified", "invited", "mail-sent", "password-changed"]);

/**
 * The refusal (or good news) about one of these requests, above its button.
 *
 * @param {Scene} scene
 * @param {...string} about
 */
export function refusal({ model, now, t, times }, ...about) {
  const said = model.note;
  if (said === null || !about.includes(said.about)) return null;
  const { code, facts } = said;
  const props = { key: "refusal", role: "alert", "data-note": code };
  const done = DONE.find((each) => each === code);
  if (done !== undefined) return note("check-disc", t(done), "", { ...props, role: "status" });
  const word = REFUSED.find((each) => each === code);
  if (word !== undefined) return note("warning", t(`refused-${word}`), "", props);
  switch (code) {
    case "wrong-log-in":
      return note("warning", t(said.about === "log-in" ? "refused-wrong-log-in" : "refused-wrong-password"), "", props);
    case "not-approved":
      return note("pending", t("refused-not-approved"), t("refused-not-approved-more"), props);
    case "too-many-tries": {
      const unlock = facts["unlock_at"];
      const text =
        typeof unlock !== "number"
          ? t("refused-too-many-tries-wait")
          : times === null
            ? t("refused-too-many-tries-in", { length: lengthWords(Math.max(0, unlock - now), t) })
            : t("refused-too-many-tries", { time: times.clock(unlock) });
      return note("clock", text, "", props);
    }
    case "lockdown":
      return note("hand", t("why-lockdown"), t("reason", { reason: String(facts["reason"]) }), props);
    default:
      return note("warning", t("refused-other", { code }), "", props);
  }
}

/**
 * What is recorded and watched, in words; null when there is nothing to say.
 *
 * @param {import("./messages.js").VisitView} visit
 * @param {Translate} t
 */
export function notice(visit, t) {
  if (visit.private) return h("p", { class: "notice" }, icon("lock"), t("private-more"));
  if (!visit.recorded && !visit.watched) return null;
  const both = visit.recorded && visit.watched;
  const word = both ? "recorded-watched" : visit.recorded ? "recorded-only" : "watched-only";
  return h("p", { class: "notice" }, icon(visit.recorded ? "record" : "eye"), t(word));
}
