/** Screen d: who, which day, what time; every time that is refused names its rule. */

import { h, icon } from "./dom.js";
import { email, form } from "./fields.js";
import { button, note, offlineNote, refusal } from "./parts.js";
import { visitBar } from "./screen-check.js";
import { booksOnline, chosenSlot, guestsLeft, ruleOfDay, whomToVisit } from "./state-booking.js";

/** @typedef {import("./parts.js").Scene} Scene */
/** @typedef {import("./messages.js").SlotView} SlotView */
/** @typedef {import("./times.js").JailTimes} JailTimes */

/** The facts of each rule in words; the others have none. PROTOCOL.md, "Rules of booking". */
const RULES = /** @type {const} */ ([
  "past",
  "too-soon",
  "too-far",
  "closed",
  "blackout",
  "not-a-slot",
  "unit-full",
  "inmate-busy",
  "visitor-busy",
  "guest-busy",
  "inmate-week",
  "visitor-week",
  "guest-week",
  "too-many-visitors",
  "by-staff",
]);

/**
 * @param {Scene} scene
 * @param {JailTimes} times
 */
export function schedule(scene, times) {
  const { model, t } = scene;
  const moved = model.visits?.find(({ id }) => id === model.booking.moving);
  return h(
    "div",
    { class: "page", key: "schedule" },
    h("h1", { tabindex: "-1" }, t(moved === undefined ? "schedule-title" : "move-title")),
    visitBar(scene),
    moved !== undefined && movingNote(scene, times, moved),
    offlineNote(scene, { key: "offline" }),
    booksOnline(model) === false
      ? note("calendar", t("by-staff"), t("by-staff-more"), { id: "by-staff", key: "by-staff" })
      : form(scene.act.book, { class: "schedule", key: "form" }, choices(scene, times), slotsOf(scene, times)),
  );
}

/**
 * @param {Scene} scene
 * @param {JailTimes} times
 * @param {import("./messages.js").VisitView} visit
 */
function movingNote({ now, t, act }, times, visit) {
  const span = times.span(visit.starts_at, visit.ends_at, now);
  return h(
    "div",
    { class: "note", key: "moving" },
    icon("calendar"),
    h("div", null, h("strong", null, t("moving-from", { when: span })), h("span", null, t("moving-more"))),
    button("plain", { id: "stop-moving", onclick: act.stopMoving }, t("keep-visit")),
  );
}

/**
 * @param {Scene} scene
 * @param {JailTimes} times
 */
function choices(scene, times) {
  const { model, t, act } = scene;
  const all = whomToVisit(model);
  const chosen = model.booking.inmate;
  const slots = model.booking.slots;
  return h(
    "div",
    { class: "choices" },
    h("h2", { id: "who" }, t("step-who")),
    h(
      "div",
      { class: "who-list", role: "group", "aria-labelledby": "who" },
      ...all.map(({ inmate, name, unit, private: lawyer }) =>
        h(
          "button",
          {
            type: "button",
            key: inmate,
            class: "choice person",
            "data-inmate": inmate,
            "aria-pressed": String(inmate === chosen),
            onclick: () => act.chooseInmate(inmate),
          },
          icon("account"),
          h("span", null, h("bdi", null, name ?? ""), unit !== "" && h("small", null, t("unit-n", { unit }))),
          lawyer && icon("lock"),
          inmate === chosen && icon("check-disc"),
        ),
      ),
    ),
    h("h2", { id: "day" }, t("step-day")),
    slots === null
      ? waiting(scene)
      : h(
          "div",
          { class: "days", role: "group", "aria-labelledby": "day" },
          ...slots.days.map(({ day, free }) => {
            const { weekday, date, full } = times.dayParts(day);
            return h(
              "button",
              {
                type: "button",
                key: day,
                class: free === 0 ? "choice day none" : "choice day",
                "data-day": day,
                "data-free": String(free),
                "aria-pressed": String(day === slots.day),
                onclick: () => act.chooseDay(day),
              },
              h("span", null, weekday),
              h("strong", null, date),
              h("span", { class: "heard" }, `${full}. ${t("n-free", { n: free })}`),
            );
          }),
        ),
  );
}

/** @param {Scene} scene */
function waiting({ model, t }) {
  return model.booking.inmate === null
    ? h("p", { class: "stone" }, t("choose-who"))
    : h("p", { class: "stone" }, t("one-moment"));
}

/**
 * @param {Scene} scene
 * @param {JailTimes} times
 */
function slotsOf(scene, times) {
  const { model, t } = scene;
  const { slots, at } = model.booking;
  const minutes = Math.round((model.terms[model.facility?.id ?? ""]?.visit_s ?? 0) / 60);
  const rule = ruleOfDay(model);
  const chosen = chosenSlot(model);
  return h(
    "div",
    { class: "times" },
    h("h2", { id: "time" }, t("step-time"), h("small", null, ` ${t("time-more", { n: minutes })}`)),
    slots !== null && slots.slots.length > 0 &&
      h(
        "div",
        { class: "slots", role: "group", "aria-labelledby": "time" },
        ...slots.slots.map((slot) => slotButton(slot, slot.starts_at === at, times, scene)),
      ),
    slots === null && waiting(scene),
    slots !== null && slots.slots.length === 0 && rule !== "" && ruleNote(scene, times, "day-refused", { rule, facts: {}, next_at: null }),
    chosen !== null && chosen.rule !== "" && model.note?.code !== "slot-refused" && ruleNote(scene, times, "slot-refused", chosen),
    bookRefusal(scene, times),
    refusal(scene, "list-slots"),
    chosen !== null && chosen.rule === "" && confirm(scene, times, chosen),
  );
}

/**
 * @param {SlotView} slot
 * @param {boolean} chosen
 * @param {JailTimes} times
 * @param {Scene} scene
 */
function slotButton({ starts_at, rule }, chosen, times, { act, t }) {
  const own = times.ownClock(starts_at, true);
  return h(
    "button",
    {
      type: "button",
      key: String(starts_at),
      class: rule === "" ? "choice slot" : "choice slot none",
      "data-slot": String(starts_at),
      "data-rule": rule === "" ? null : rule,
      "aria-pressed": String(chosen),
      onclick: () => act.chooseSlot(starts_at),
    },
    rule !== "" ? icon("hand") : chosen && icon("check"),
    h("span", null, times.clock(starts_at), own !== "" && h("small", null, t("yours", { time: own }))),
  );
}

/**
 * Which rule stands in the way, and the first time that is free.
 *
 * @param {Scene} scene
 * @param {JailTimes} times
 * @param {"day-refused"|"slot-refused"} kind
 * @param {Pick<SlotView, "rule"|"facts"|"next_at"> & {starts_at?: number}} refused
 */
function ruleNote({ now, t, act }, times, kind, { rule, facts, next_at, starts_at }) {
  const title = kind === "day-refused" ? t("no-slot-that-day") : t("slot-cannot", { time: times.clock(starts_at ?? 0) });
  return h(
    "div",
    { class: "note", key: "rule", role: "status", "data-rule-note": rule },
    icon("hand"),
    h("div", null, h("strong", null, title), h("span", null, ruleWords(rule, facts, t))),
    next_at !== null &&
      button(
        "plain",
        { id: "take-next", key: "next", onclick: () => act.takeNext(next_at, times.dayOf(next_at)) },
        t("next-free", { when: times.moment(next_at, now) }),
      ),
  );
}

/**
 * @param {string} rule
 * @param {import("./messages.js").SlotView["facts"]} facts
 * @param {import("./words.js").Translate} t
 */
export function ruleWords(rule, facts, t) {
  const known = RULES.find((each) => each === rule);
  if (known === undefined) return t("refused-other", { code: rule });
  if (known === "blackout" && String(facts["reason"] ?? "") !== "") return `${t("rule-blackout")} ${facts["reason"]}`;
  const n = Number(facts["hours"] ?? facts["days"] ?? facts["count"] ?? 0);
  return t(`rule-${known}`, { n });
}

/**
 * What the hub answered to `book`.
 *
 * @param {Scene} scene
 * @param {JailTimes} times
 */
function bookRefusal(scene, times) {
  const { model, now, t, act } = scene;
  const said = model.note;
  if (said?.about !== "book") return null;
  if (said.code !== "slot-refused") return refusal(scene, "book");
  const next = said.facts["next_at"];
  const next_at = typeof next === "number" ? next : null;
  return h(
    "div",
    { class: "note", key: "refusal", role: "alert", "data-note": said.code },
    icon("warning"),
    h("div", null, h("strong", null, t("slot-gone")), h("span", null, ruleWords(String(said.facts["rule"]), said.facts, t))),
    next_at !== null &&
      button("plain", { id: "take-next", onclick: () => act.takeNext(next_at, times.dayOf(next_at)) }, t("next-free", { when: times.moment(next_at, now) })),
  );
}

/**
 * @param {Scene} scene
 * @param {JailTimes} times
 * @param {SlotView} slot
 */
function confirm(scene, times, slot) {
  const { model, now, t, act } = scene;
  const { guests, inmate, moving } = model.booking;
  const whom = whomToVisit(model).find((each) => each.inmate === inmate);
  const busy = model.busy === "book";
  const own = times.ownClock(slot.starts_at);
  return h(
    "div",
    { class: "confirm", key: "confirm" },
    whom?.private && h("p", { class: "notice" }, icon("lock"), t("private-more")),
    own !== "" && h("p", { class: "stone", id: "own-time" }, t("own-time", { time: own })),
    ...Array.from({ length: guests }, (_, n) => email(scene, `guest-${n}`, t("guest-email"), { autocomplete: "off", required: false })),
    guestsLeft(model, guests + 1) > 0 &&
      button("link", { id: "add-guest", onclick: act.addGuest }, icon("plus"), t("add-guest")),
    h(
      "button",
      { id: "book", type: "submit", class: "button main wide", disabled: busy || model.link !== "open" },
      icon("calendar-check"),
      busy ? t("one-moment") : t(moving === null ? "book-it" : "move-it", { when: times.moment(slot.starts_at, now) }),
    ),
  );
}
