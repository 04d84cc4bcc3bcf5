/** What a visit leaves: its receipt, how it was, the next one, and the visits of before. */

import { h, icon } from "./dom.js";
import { button, refusal } from "./parts.js";

/** @typedef {import("./parts.js").Scene} Scene */
/** @typedef {import("./messages.js").VisitView} VisitView */
/** @typedef {import("./messages.js").OwnView} OwnView */

const STARS = /** @type {const} */ ([1, 2, 3, 4, 5]);
const TROUBLES = /** @type {const} */ ([
  "no-sound",
  "bad-sound",
  "no-picture",
  "bad-picture",
  "late",
  "cut-off",
]);

/**
 * The receipt and the question how it was, for a visit that has ended.
 *
 * @param {Scene} scene
 * @param {VisitView} visit
 * @param {OwnView|undefined} own
 */
export function remains(scene, visit, own) {
  const { t, act } = scene;
  return h(
    "div",
    { class: "remains", key: "remains" },
    visit.begun_at !== null && rating(scene, visit, own),
    refusal(scene, "rate", "get-ticket"),
    h(
      "div",
      { class: "actions" },
      button("plain", { "data-receipt": visit.id, key: "open", onclick: () => act.openReceipt(visit.id) }, icon("receipt"), t("see-receipt")),
      button("plain", { "data-save-receipt": visit.id, key: "save", onclick: () => act.saveReceipt(visit.id) }, icon("lock"), t("save-receipt")),
      own !== undefined &&
        button("plain", { "data-next": visit.id, key: "next", onclick: () => act.bookNext(own.inmate) }, icon("calendar-plus"), t("book-next")),
    ),
  );
}

/**
 * @param {Scene} scene
 * @param {VisitView} visit
 * @param {OwnView|undefined} own
 */
function rating({ model, t, act }, visit, own) {
  const said = model.rating?.visit === visit.id ? model.rating : null;
  const stars = said?.stars ?? own?.stars ?? null;
  const name = `stars-${visit.id}`;
  return h(
    "fieldset",
    { class: "rating", key: "rating" },
    h("legend", null, t("how-was-it")),
    h(
      "div",
      { class: "stars" },
      ...STARS.map((n) =>
        h(
          "label",
          { key: String(n), class: n === stars ? "star chosen" : "star" },
          h("input", { type: "radio", name, value: String(n), checked: n === stars, "data-stars": String(n), onchange: () => act.rate(visit.id, n) }),
          h("strong", null, String(n)),
          h("span", null, t(`stars-${n}`)),
        ),
      ),
    ),
    said !== null && said.stars <= 3 &&
      h(
        "div",
        { class: "troubles", key: "troubles", role: "group", "aria-label": t("what-was-it") },
        h("p", null, t("what-was-it")),
        ...TROUBLES.map((each) =>
          h(
            "label",
            { key: each, class: "trouble" },
            h("input", { type: "checkbox", "data-trouble": each, checked: said.troubles.includes(each), onchange: () => act.trouble(each) }),
            h("span", null, t(`trouble-${each}`)),
          ),
        ),
      ),
    stars !== null && h("p", { key: "thanks", class: "stone", role: "status", "data-rated": String(stars) }, t("rated")),
  );
}

/**
 * The visits of before, below those of now.
 *
 * @param {Scene} scene
 * @param {(visit: VisitView, own: OwnView|undefined) => import("./dom.js").VNode} card
 */
export function pastVisits(scene, card) {
  const { model, t, act } = scene;
  const { past } = model;
  const here = new Set(model.visits?.map(({ id }) => id));
  const earlier = (past?.visits ?? []).filter(({ id }) => !here.has(id));
  const busy = model.busy === "list-past";
  return h(
    "section",
    { class: "past", key: "past" },
    h("h2", null, t("past-visits")),
    past !== null && earlier.length === 0 && h("p", { class: "stone" }, t("past-none")),
    h("ul", { class: "visits" }, ...earlier.map((each) => card(each, past?.own[each.id]))),
    refusal(scene, "list-past"),
    (past === null || past.more) &&
      button("plain", { id: "more-past", disabled: busy || model.link !== "open", onclick: act.listPast }, icon("clock"), t(busy ? "one-moment" : past === null ? "show-past" : "more-past")),
  );
}
