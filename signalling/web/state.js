/**
 * What the page shows: pure functions of the model and the hub's clock. No DOM, no words.
 */

import { rulesDue } from "./state-people.js";

/** @typedef {import("./messages.js").VisitView} VisitView */
/** @typedef {import("./model.js").Model} Model */
/** @typedef {import("./model.js").Quality} Quality */

export const METER_BLOCKS = 16;
/** How long before the start a page joins. The hub's page_early_s has the same default. */
export const PAGE_EARLY_S = 900;
export const END_SHEET_S = 10;
export const SHEET_CALM_S = 0.4;
export const GOODBYE_S = 20;
export const WARN_AT_MIN = Object.freeze([10, 5, 2, 1]);
export const BELL_AT_MIN = Object.freeze([5, 1]);
const WARN_FOR_S = 8;
export const LAST_MINUTES_S = 120;
export const SLOW_S = 10;
/** A press that the hub has not answered for this long may be made again. */
const PRESS_S = 2;

/**
 * The visit that this page is in or just was in; null when none.
 *
 * @param {Model} model
 */
export function ownVisit(model) {
  const visit = model.visits?.find((each) => each.id === model.mine) ?? null;
  if (visit === null || visit.begun_at === null) return null;
  if (visit.status === "ended") return visit.id === model.leftEnd ? null : visit;
  return visit.page === null || visit.page === model.page ? visit : null;
}

/**
 * Whether a visit can be pressed or gone back to: it is ready, or it runs.
 *
 * @param {VisitView} visit
 */
export function isOpen({ status }) {
  return status === "ready" || status === "in-visit" || status === "interrupted";
}

/**
 * Why a visit is held, as drawn and worded; null when it is not.
 *
 * `where` is the broken part of the way, "press" when the telephone has to be pressed here to go on,
 * or "ending" once its end was confirmed here; `given` says whether its time is added to the end.
 *
 * @typedef {object} Held
 * @property {"visitor"|"page"|"press"|"network"|"terminal"|"handset"|"signed-out"|"paused"|"ending"} where
 * @property {number} since
 * @property {boolean} given
 */

/**
 * @param {VisitView} visit
 * @param {Pick<Model, "page"|"link"|"linkSince"|"receiving"|"ending">} model
 * @returns {Held|null}
 */
export function heldOf(visit, model) {
  const { link, linkSince, receiving, ending } = model;
  if (visit.id === ending) return { where: "ending", since: linkSince, given: false };
  const first = [...visit.breaks].sort((a, b) => a.since - b.since)[0];
  if (link !== "open" && !receiving) {
    // What the hub last said is old news: this page's own link is what broke.
    return { where: "visitor", since: linkSince, given: true };
  }
  if (visit.paused) {
    // Before whatever else breaks meanwhile: all its time is given back, as in the hub's own count.
    const where = needsPress(visit, model) ? "press" : "paused";
    return { where, since: visit.paused_since ?? visit.begun_at ?? 0, given: true };
  }
  if (first !== undefined) {
    // The first alone decides, as in the hub's own count. PROTOCOL.md, "Held".
    const given = first.cause === "link" || first.cause === "media";
    const where = needsPress(visit, model) ? "press" : placeOf(first);
    return { where, since: first.since, given };
  }
  return null;
}

/**
 * Whether the hub waits for a press on this page. It does so for one that it has forgotten too (the
 * hub was started again, or another page was in between), and only this page can tell its person.
 * Whatever else holds the visit, nothing goes on before that press.
 *
 * Where tracks are open the press is known, and the break only waits to be taken off the log.
 *
 * @param {VisitView} visit
 * @param {Pick<Model, "page"|"link">} model
 */
function needsPress({ page, tracks_open, breaks }, model) {
  if (model.link !== "open" || page !== model.page || tracks_open) return false;
  return breaks.some(({ side, cause }) => side === "visitor" && cause === "page");
}

/**
 * Whether the telephone was pressed a moment ago: what the hub pushed last may be older.
 *
 * @param {Pick<Model, "mine"|"pressedAt">} model
 * @param {number} now
 */
export function isJustPressed({ mine, pressedAt }, now) {
  return mine !== null && Math.abs(now - pressedAt) < PRESS_S;
}

/**
 * @param {import("./messages.js").BreakView} broken
 * @returns {Held["where"]}
 */
function placeOf({ side, cause }) {
  if (cause === "handset") return "handset";
  if (cause === "signed-out") return "signed-out";
  if (side === "visitor") return cause === "page" ? "page" : "visitor";
  return side === "terminal" ? "terminal" : "network";
}

/** @typedef {"start"|"return"|"elsewhere"|"none"} Telephone */

/**
 * What the telephone of a card does: hollow, starts, goes back in, or moves the visit here.
 *
 * @param {VisitView} visit
 * @param {string} page
 * @returns {Telephone}
 */
export function telephoneOf(visit, page) {
  if (!isOpen(visit)) return "none";
  if (visit.page !== null && visit.page !== page) return "elsewhere";
  return visit.status === "ready" ? "start" : "return";
}

/**
 * Whether this page had the visit and another page took it over.
 *
 * @param {VisitView} visit
 * @param {Model} model
 */
export function takenOver(visit, model) {
  return visit.id === model.taken && telephoneOf(visit, model.page) === "elsewhere";
}

/**
 * Whether the telephone was pressed here and the visit has not begun yet, as far as is known.
 *
 * @param {Model} model
 */
export function isPressed(model) {
  const visit = model.visits?.find((each) => each.id === model.mine);
  return visit !== undefined && visit.begun_at === null && visit.status !== "ended";
}

/**
 * Whether the new visits take this page's visit away. Then it needs a press to come back: a
 * camera never starts because somebody closed another page.
 *
 * @param {Model} model
 * @param {VisitView[]} visits
 */
export function takesAway(model, visits) {
  const own = (/** @type {VisitView[]|null} */ all) => all?.find((each) => each.id === model.mine);
  const [before, after] = [own(model.visits)?.page, own(visits)?.page ?? null];
  return before === model.page && after !== null && after !== model.page;
}

/**
 * What is left of the wish to end a visit when the hub pushes `visits`: nothing once the visit has
 * ended or is unknown, and nothing once another page has it. To go on there is the later wish.
 *
 * @param {Model} model
 * @param {VisitView[]} visits
 */
export function stillEnding({ ending, page }, visits) {
  const visit = visits.find((each) => each.id === ending);
  if (visit === undefined || visit.status === "ended") return null;
  return visit.page === null || visit.page === page ? visit.id : null;
}

/** After these refusals the same `end` may be said again. */
const END_AGAIN = ["busy", "facility-not-open"];

/**
 * Whether a refused `end` stays wished for.
 *
 * @param {string} code
 */
export function endsLater(code) {
  return END_AGAIN.includes(code);
}

const ORDER = ["in-visit", "interrupted", "ready", "pending", "scheduled", "ended"];

/**
 * Ready first, then by start; ended last, the newest of them first.
 *
 * @param {VisitView[]} visits
 */
export function sortedVisits(visits) {
  return [...visits].sort((a, b) => {
    const rank = ORDER.indexOf(a.status) - ORDER.indexOf(b.status);
    if (rank !== 0) return rank;
    return a.status === "ended" ? b.starts_at - a.starts_at : a.starts_at - b.starts_at;
  });
}

/** @typedef {"done"|"now"|"next"} Stop */

/**
 * The visit line: Scheduled, Pending, Ready, In visit.
 *
 * @param {import("./messages.js").Status} status
 * @returns {{status: "scheduled"|"pending"|"ready"|"in-visit", stop: Stop}[]}
 */
export function visitLine(status) {
  const stops = /** @type {const} */ (["scheduled", "pending", "ready", "in-visit"]);
  const at = stops.findIndex((each) => each === (status === "interrupted" ? "in-visit" : status));
  return stops.map((each, index) => {
    const past = status === "ended" || index < at;
    return { status: each, stop: past ? "done" : index === at ? "now" : "next" };
  });
}

/**
 * The visits that the page should be joined to now: begun or about to, and not over.
 *
 * @param {Model} model
 * @param {number} now
 */
export function visitsToJoin(model, now) {
  if (!model.checked || model.facility === null || model.visits === null) return [];
  if (rulesDue(model) !== null) return []; // the hub would refuse
  return model.visits.filter(
    (each) =>
      each.status !== "ended" && now >= each.starts_at - PAGE_EARLY_S && now < each.ends_at,
  );
}

/**
 * Whether this page may send its camera and microphone: the hub says so, the visit is this
 * page's, and its person pressed the telephone here (after a reload they must press again) and
 * not the red X since.
 *
 * @param {VisitView} visit
 * @param {Model} model
 */
export function maySend(visit, model) {
  const pressed = visit.id === model.mine && visit.id !== model.ending;
  return visit.tracks_open && visit.page === model.page && pressed;
}

/**
 * @param {VisitView} visit
 * @param {number} now
 */
export function leftS(visit, now) {
  return visit.status === "ended" ? 0 : Math.max(0, visit.ends_at - now);
}

/**
 * The warning to show now, in minutes; null for none. A visit that began with no more than that
 * left is not warned of it: its length is no news.
 *
 * @param {VisitView} visit
 * @param {number} now
 */
export function warningMin(visit, now) {
  const left_s = leftS(visit, now);
  const whole_s = visit.ends_at - visit.added_s - (visit.begun_at ?? visit.starts_at);
  const due = WARN_AT_MIN.find((min) => left_s <= min * 60 && left_s > min * 60 - WARN_FOR_S);
  return due !== undefined && whole_s > due * 60 ? due : null;
}

/**
 * Whether it is time to say goodbye: the last seconds of a visit that was longer than that.
 *
 * @param {VisitView} visit
 * @param {number} now
 */
export function isGoodbye(visit, now) {
  const left_s = leftS(visit, now);
  const whole_s = visit.ends_at - (visit.begun_at ?? visit.starts_at);
  return left_s > 0 && left_s <= GOODBYE_S && whole_s > GOODBYE_S;
}

/**
 * Whether nobody can answer the open sheet any more: its time is over, or its visit.
 *
 * @param {Pick<Model, "sheet"|"visits">} model
 * @param {number} now
 */
export function isMoot({ sheet, visits }, now) {
  if (sheet === null) return false;
  const visit = visits?.find((each) => each.id === sheet.visit);
  const over = sheet.visit !== "" && visits !== null && (visit === undefined || visit.status === "ended");
  return over || (sheet.until !== null && now >= sheet.until);
}

/**
 * Whether a sheet has been there long enough: a second press must not land where the first was.
 *
 * @param {import("./model.js").Sheet|null} sheet
 * @param {number} now
 */
export function takesAnswer(sheet, now) {
  return sheet !== null && now - sheet.since >= SHEET_CALM_S;
}

/**
 * Whose fault most of the lost time was; null when nothing was lost.
 *
 * @param {VisitView} visit
 * @returns {import("./messages.js").Side|null}
 */
export function mostlyLostBy(visit) {
  const sides = /** @type {[import("./messages.js").Side, number][]} */ (
    Object.entries(visit.lost_by)
  );
  return sides.sort((a, b) => b[1] - a[1])[0]?.[0] ?? null;
}

/**
 * The way to the hub in one word.
 *
 * @param {number|null} rtt_ms
 * @returns {Quality|null}
 */
export function internetOf(rtt_ms) {
  if (rtt_ms === null) return null;
  return rtt_ms < 150 ? "good" : rtt_ms < 400 ? "fair" : "weak";
}

/** What a picture and its sound need, in kb/s; below it the sound comes first. */
export const NEEDED_KBPS = 600;

/**
 * Whether the network carries a visit, as far as it was tried.
 *
 * @param {import("./network-check.js").NetworkFound} found
 */
export function networkFits({ kbps, relay }) {
  return relay !== "blocked" && kbps >= NEEDED_KBPS;
}
