/** Whom this visitor may visit, and the form that asks to visit somebody. */

import { h, icon } from "./dom.js";
import { around, choice, field, form, said, submit } from "./fields.js";
import { button, note, pill, refusal } from "./parts.js";
import { visitBar } from "./screen-check.js";
import { hasWayOut, isNobodyApproved } from "./state-people.js";
import { rulesText } from "./screen-rules.js";

/** @typedef {import("./parts.js").Scene} Scene */
/** @typedef {import("./words.js").Word} Word */
/** @typedef {import("./messages.js").ApprovalView} ApprovalView */

const LOOK = Object.freeze({
  pending: ["sun", "pending"],
  approved: ["tint", "check-disc"],
  denied: ["bare", "hand"],
  expired: ["bare", "clock"],
});

/** What most facilities call a relation; any other is shown as the facility has it. */
const RELATIONS = /** @type {const} */ ([
  "mother",
  "father",
  "partner",
  "child",
  "sibling",
  "relative",
  "friend",
  "lawyer",
  "other",
]);

/** @param {Scene} scene */
export function people(scene) {
  const { model, t, act } = scene;
  const all = model.people;
  const canOpen = model.facility === null && all !== null && !isNobodyApproved(model);
  return h(
    "div",
    { class: "page narrow", key: "people" },
    hasWayOut(model) && back(scene),
    h("h1", { tabindex: "-1" }, t("people")),
    visitBar(scene),
    news(scene),
    refusal(scene, "withdraw-request"),
    all?.length === 0 && h("p", { class: "lead", key: "lead" }, `${t("people-none")} ${t("pending-more")}`),
    all === null && h("p", { class: "stone", key: "lead" }, t("one-moment")),
    h("ul", { class: "people", key: "list" }, ...(all ?? []).map((each) => card(scene, each))),
    canOpen &&
      button("main wide", { id: "to-facility", key: "open", onclick: act.leaveSide }, icon("arrow-right"), t("facility-log-in")),
    button(
      canOpen || model.facility !== null ? "plain wide" : "main wide",
      { id: "to-ask", key: "ask", onclick: () => act.askToVisit() },
      icon("plus"),
      t("ask-to-visit"),
    ),
  );
}

/** @param {Scene} scene */
function back({ t, act }) {
  return button("link back", { id: "back", key: "back", onclick: act.leaveSide }, icon("arrow-left"), t("back"));
}

/**
 * What was just done or decided.
 *
 * @param {Scene} scene
 */
function news({ model, t }) {
  const told = model.note;
  if (told?.about !== "people") return null;
  const props = { key: "news", role: "status", "data-note": told.code };
  const name = String(told.facts["name"] ?? "");
  if (told.code === "approved") return note("check-disc", t("now-approved", { name }), "", props);
  if (told.code === "denied") return note("hand", t("now-denied", { name }), "", props);
  return note("check-disc", t("asked"), t("pending-more"), props);
}

/**
 * @param {Scene} scene
 * @param {ApprovalView} view
 */
function card({ model, t, act }, view) {
  const [look = "", symbol = ""] = LOOK[view.status];
  const facility = model.facilities?.find(({ id }) => id === view.facility);
  const place = [facility?.name, view.unit].filter(Boolean).join(", ");
  return h(
    "li",
    { class: "card stack", key: view.id, "data-person": view.inmate_number, "data-status": view.status },
    h(
      "div",
      { class: "card-head" },
      h("h2", null, view.name === null ? t("inmate-n", { n: view.inmate_number }) : h("bdi", null, view.name)),
      pill(look, symbol, t(view.status)),
    ),
    h("p", null, `${t("you")}: `, h("bdi", null, relationWord(view.relation, t)), ". ", h("bdi", null, place)),
    view.private && h("p", { class: "notice" }, icon("lock"), t("private-more")),
    ...fate(view, facility?.time_zone, t),
    view.status === "pending" &&
      button("plain", { "data-withdraw": view.id, onclick: () => act.withdraw(view.id) }, t("withdraw")),
    (view.status === "denied" || view.status === "expired") &&
      button("plain", { onclick: () => act.askToVisit(view) }, t("ask-again")),
    view.status === "denied" &&
      button("plain", { "data-withdraw": view.id, onclick: () => act.withdraw(view.id) }, t("put-away")),
  );
}

/**
 * What comes next, or why it does not.
 *
 * @param {ApprovalView} view
 * @param {string|undefined} timeZone
 * @param {import("./words.js").Translate} t
 */
function fate({ status, reason, expires_at }, timeZone, t) {
  const words = (/** @type {string} */ text) => h("p", { class: "stone" }, text);
  switch (status) {
    case "pending":
      return [words(t("pending-more"))];
    case "expired":
      return [words(t("expired-more"))];
    case "denied":
      return [
        words(t(reason === "" ? "denied-more" : "denied-why")),
        reason !== "" && h("blockquote", { dir: "auto" }, reason),
      ];
    case "approved": {
      if (expires_at === null) return [];
      const day = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long", timeZone });
      return [words(t("until-day", { day: day.format(expires_at * 1000) }))];
    }
  }
}

/**
 * @param {string} relation
 * @param {import("./words.js").Translate} t
 */
function relationWord(relation, t) {
  const known = RELATIONS.find((each) => each === relation);
  return known === undefined ? relation : t(`relation-${known}`);
}

/** @param {Scene} scene */
export function askToVisit(scene) {
  const { model, t, act } = scene;
  const { facility, inmate_number, relation } = model.asked;
  const all = model.facilities ?? [];
  const terms = model.terms[facility];
  const isPrivate = terms?.private_relations.includes(relation) ?? false;
  /** @type {[string, string][]} */
  const relations = (terms?.relations ?? []).map((each) => [each, relationWord(each, t)]);
  return h(
    "div",
    { class: "page narrow", key: "ask-to-visit" },
    back(scene),
    h("h1", { tabindex: "-1" }, t("ask-to-visit")),
    form(
      act.requestApproval,
      { class: "card form", key: "form" },
      all.length === 1
        ? h("p", { key: "facility" }, h("input", { type: "hidden", id: "facility", name: "facility", value: facility }), all[0]?.name)
        : choice(scene, "facility", t("facility"), all.map(({ id, name }) => [id, name]), facility, act.chooseAt),
      field(scene, "inmate-number", t("inmate-number"), { inputmode: "numeric", autocomplete: "off", value: inmate_number }, t("inmate-number-more")),
      choice(scene, "relation", t("relation"), relations, relation, act.chooseRelation),
      isPrivate && h("p", { class: "notice", id: "private-note", key: "private" }, icon("lock"), t("private-more")),
      terms !== undefined && terms.photo !== "none" && photo(scene, terms.photo === "required"),
      terms !== undefined && rulesText(terms, t, true),
      refusal(scene, "request-approval", "photo-part"),
      submit(scene, "request-approval", t("send-request")),
    ),
  );
}

/**
 * @param {Scene} scene
 * @param {boolean} required
 */
function photo(scene, required) {
  const { model, t } = scene;
  const more = t("photo-more");
  const percent = model.photoSent;
  const control = h(
    "div",
    null,
    h("input", { id: "photo", name: "photo", type: "file", accept: "image/*", required, ...said(scene, "photo", more) }),
    percent !== null &&
      h("div", { class: "sending" },
        h("progress", { id: "photo-progress", max: "100", value: String(percent), "aria-label": t("photo-sending") }),
        h("span", null, t("photo-sending")),
      ),
  );
  return around(scene, "photo", t(required ? "photo" : "photo-optional"), control, more);
}
