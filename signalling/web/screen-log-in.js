/** Screen a: log in, create account, choose the facility and type the password again. */

import { h, icon } from "./dom.js";
import { button, note, refusal } from "./parts.js";
import { SLOW_S } from "./state.js";

/** @typedef {import("./parts.js").Scene} Scene */

/** @param {Scene} scene */
export function loading({ model, now, t, act }) {
  const slow = now - model.since > SLOW_S;
  return h(
    "div",
    { class: "column", key: "loading" },
    h("p", { class: "stone" }, t("connecting")),
    slow && note("no-wifi", t("slow", { what: t("our-network") }), t("offline-more")),
    slow && button("plain", { onclick: act.retry }, t("try-again")),
  );
}

/** @param {Scene} scene */
export function outdated({ t, act }) {
  return h(
    "div",
    { class: "column", key: "outdated" },
    h("h1", { tabindex: "-1" }, t("outdated")),
    button("main", { onclick: act.reload }, icon("arrow-right"), t("reload")),
  );
}

/** @param {Scene} scene */
export function logIn(scene) {
  const { model, t, act } = scene;
  const creating = model.entry === "create-account";
  const word = creating ? "create-account" : "log-in";
  return h(
    "div",
    { class: "entry", key: word },
    howItWorks(scene),
    h(
      "form",
      { class: "form", onsubmit: creating ? act.createAccount : act.logIn },
      h("h1", { tabindex: "-1" }, t(word)),
      creating && field("name", t("your-name"), { autocomplete: "name", maxlength: "80", pattern: ".*\\S.*" }),
      field("email", t("email"), {
        type: "email",
        autocomplete: "username",
        inputmode: "email",
        maxlength: "254",
        value: creating ? null : model.email,
      }),
      password(scene, "password", creating ? "new-password" : "current-password"),
      creating && h("p", { class: "stone small" }, t("password-rule")),
      refusal(scene, word),
      submit(scene, word, t(word)),
      h(
        "div",
        { class: "links" },
        button("link", { id: "switch-entry", onclick: act.switchEntry }, t(creating ? "have-account" : "new-here")),
      ),
    ),
  );
}

/** @param {Scene} scene */
function howItWorks({ t }) {
  const steps = /** @type {const} */ ([
    ["how-1", "sign-in"],
    ["how-2", "camera"],
    ["how-3", "phone"],
  ]);
  return h(
    "aside",
    { class: "how" },
    h("h2", null, t("how-it-works")),
    h(
      "ol",
      null,
      ...steps.map(([word, symbol], index) =>
        h("li", null, h("span", { class: "gate" }, String(index + 1)), icon(symbol), h("span", null, t(word))),
      ),
    ),
  );
}

/** @param {Scene} scene */
export function facility(scene) {
  const { model } = scene;
  const chosen = model.facilities?.find((each) => each.id === model.choosing);
  return chosen === undefined ? chooseFacility(scene) : facilityLogIn(scene, chosen);
}

/** @param {Scene} scene */
function chooseFacility(scene) {
  const { model, t, act } = scene;
  return h(
    "div",
    { class: "column", key: "choose-facility" },
    h("h1", { tabindex: "-1" }, t("choose-facility")),
    refusal(scene, "facility-log-in", "join", "press"),
    ...(model.facilities ?? []).map((each) =>
      h(
        "div",
        { class: "card place", key: each.id },
        h("span", { class: "gate" }, icon("home")),
        h("h2", null, each.name),
        button(
          "main",
          { "data-facility": each.id, onclick: () => act.chooseFacility(each.id) },
          icon("arrow-right"),
          t("facility-link"),
        ),
      ),
    ),
  );
}

/**
 * @param {Scene} scene
 * @param {import("./messages.js").FacilityView} chosen
 */
function facilityLogIn(scene, chosen) {
  const { model, t, act } = scene;
  return h(
    "form",
    { class: "form alone", key: "facility-log-in", onsubmit: act.facilityLogIn },
    h("h1", { tabindex: "-1" }, chosen.name),
    h("p", null, t("facility-why")),
    h("p", { class: "who" }, icon("account"), t("logged-in-as", { name: model.name ?? "" })),
    password(scene, "facility-password", "current-password"),
    refusal(scene, "facility-log-in"),
    submit(scene, "facility-log-in", t("facility-log-in")),
    h(
      "div",
      { class: "links" },
      button("link", { id: "other-facility", onclick: () => act.chooseFacility(null) }, t("other-facility")),
    ),
  );
}

/**
 * @param {string} id
 * @param {string} label
 * @param {import("./dom.js").Props} props
 */
function field(id, label, props) {
  return h(
    "div",
    { class: "field", key: id },
    h("label", { for: id }, label),
    h("input", { id, name: id, type: "text", required: true, ...props }),
  );
}

/**
 * @param {Scene} scene
 * @param {string} id
 * @param {string} autocomplete
 */
function password({ t, act, model }, id, autocomplete) {
  const shown = model.passwordShown;
  return h(
    "div",
    { class: "field", key: id },
    h("label", { for: id }, t("password")),
    h(
      "div",
      { class: "secret" },
      h("input", { id, name: id, type: shown ? "text" : "password", required: true, autocomplete, maxlength: "256" }),
      button("show", { "data-show": id, "aria-pressed": String(shown), onclick: act.showPassword }, icon("eye"), t(shown ? "hide" : "show")),
    ),
  );
}

/**
 * @param {Scene} scene
 * @param {string} about
 * @param {string} label
 */
function submit({ model, t }, about, label) {
  const busy = model.busy === about;
  const offline = model.link !== "open";
  return h(
    "div",
    null,
    offline && note("no-wifi", t("offline"), t("offline-more")),
    h(
      "button",
      { id: about, type: "submit", class: "button main wide", disabled: busy },
      icon("arrow-right"),
      busy ? t("one-moment") : label,
    ),
  );
}
