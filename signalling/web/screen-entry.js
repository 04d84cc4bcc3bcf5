/** Screen a: log in, create an account, and what goes by mail before that works. */

import { h, icon } from "./dom.js";
import { email, field, form, secret, submit } from "./fields.js";
import { button, offlineNote, refusal } from "./parts.js";

/** @typedef {import("./parts.js").Scene} Scene */
/** @typedef {import("./dom.js").VNode} VNode */

/** @param {Scene} scene */
export function entry(scene) {
  const { entry: at, mailFor } = scene.model;
  const mailed = at === "check-mail";
  const shown = at !== "check-mail" ? at : mailFor === "reset" ? "forgot-password" : "create-account";
  return h(
    "div",
    { class: "entry", key: shown },
    howItWorks(scene),
    mailed && checkMail(scene),
    // What was typed stays below the words on the mail: the address may have been wrong.
    h("div", { class: "typed", key: "typed", hidden: mailed }, FORMS[shown](scene)),
  );
}

/** @type {Record<Exclude<import("./model.js").Entry, "check-mail">, (scene: Scene) => VNode>} */
const FORMS = {
  "log-in": logIn,
  "create-account": createAccount,
  "forgot-password": forgotPassword,
  "new-password": newPassword,
};

/** @param {Scene} scene */
function logIn(scene) {
  const { model, t, act } = scene;
  const unverified = model.note?.about === "log-in" && model.note.code === "email-not-verified";
  return form(
    act.logIn,
    { class: "form" },
    h("h1", { tabindex: "-1" }, t("log-in")),
    email(scene, "email", t("email"), { autocomplete: "username", value: model.email }),
    secret(scene, "password", t("password"), "current-password"),
    refusal(scene, "log-in", "verify-email", "resend-verification"),
    unverified && button("plain wide", { id: "resend", onclick: act.resend }, icon("arrow-right"), t("send-again")),
    submit(scene, "log-in", t("log-in")),
    h(
      "div",
      { class: "links" },
      button("link", { id: "forgot", onclick: act.toForgot }, t("forgot")),
      button("link", { id: "switch-entry", onclick: act.switchEntry }, t("new-here")),
    ),
  );
}

/** @param {Scene} scene */
function createAccount(scene) {
  const { t, act } = scene;
  return form(
    act.createAccount,
    { class: "form" },
    h("h1", { tabindex: "-1" }, t("create-account")),
    field(scene, "name", t("your-name"), { autocomplete: "name", dir: "auto" }),
    email(scene, "email", t("email"), { autocomplete: "username" }),
    secret(scene, "password", t("password"), "new-password"),
    refusal(scene, "create-account"),
    submit(scene, "create-account", t("create-account")),
    h("div", { class: "links" }, button("link", { id: "switch-entry", onclick: act.switchEntry }, t("have-account"))),
  );
}

/** @param {Scene} scene */
function forgotPassword(scene) {
  const { model, t, act } = scene;
  return form(
    act.forgotPassword,
    { class: "form" },
    h("h1", { tabindex: "-1" }, t("forgot-title")),
    h("p", null, t("forgot-more")),
    email(scene, "email", t("email"), { autocomplete: "username", value: model.email }),
    refusal(scene, "forgot-password"),
    submit(scene, "forgot-password", t("send-link")),
    toLogIn(scene),
  );
}

/** @param {Scene} scene */
function newPassword(scene) {
  const { t, act } = scene;
  return form(
    act.resetPassword,
    { class: "form" },
    h("h1", { tabindex: "-1" }, t("new-password-title")),
    secret(scene, "new-password", t("new-password"), "new-password"),
    refusal(scene, "reset-password"),
    submit(scene, "reset-password", t("save-password")),
    toLogIn(scene),
  );
}

/**
 * A mail is on its way, as far as anybody is told.
 *
 * @param {Scene} scene
 */
function checkMail(scene) {
  const { model, t, act } = scene;
  const type = model.mailFor === "reset" ? "forgot-password" : "resend-verification";
  return h(
    "div",
    { class: "form", key: "check-mail" },
    h("h1", { tabindex: "-1" }, t("check-mail")),
    h("p", null, t(model.mailFor === "reset" ? "mail-to-reset" : "mail-to-verify")),
    h("p", { class: "mail-to", id: "mail-to" }, h("bdi", null, model.email)),
    h("p", { class: "stone" }, t("mail-where")),
    refusal(scene, type),
    offlineNote(scene),
    button("plain wide", { id: "to-log-in", onclick: act.toLogIn }, icon("arrow-right"), t("log-in")),
    h(
      "div",
      { class: "links" },
      button("link", { id: "resend", disabled: model.busy === type, onclick: act.resend }, t("send-again")),
      button("link", { id: "wrong-address", onclick: act.entryBack }, t("wrong-address")),
    ),
  );
}

/** @param {Scene} scene */
function toLogIn({ t, act }) {
  return h("div", { class: "links" }, button("link", { id: "to-log-in", onclick: act.toLogIn }, t("back-to-log-in")));
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
