/** The visitor's own account: who they are, where they are logged in, and its end. */

import { h, icon } from "./dom.js";
import { email, form, secret, submit, whose } from "./fields.js";
import { button, note, pill, refusal } from "./parts.js";
import { visitBar } from "./screen-check.js";
import { lengthWords } from "./times.js";

/** @typedef {import("./parts.js").Scene} Scene */

/** @param {Scene} scene */
export function account(scene) {
  const { t, act } = scene;
  return h(
    "div",
    { class: "page narrow", key: "account" },
    button("link back", { id: "back", onclick: act.leaveSide }, icon("arrow-left"), t("back")),
    h("h1", { tabindex: "-1" }, t("account")),
    visitBar(scene),
    refusal(scene, "verify-email", "change-email", "change-password", "end-session"),
    who(scene),
    button("plain wide", { id: "people", key: "people", onclick: act.openPeople }, icon("person"), t("people")),
    sessions(scene),
    h(
      "div",
      { class: "card stack", key: "leave" },
      button("plain wide", { id: "language-here", onclick: act.switchLanguage }, icon("globe"), t("other-language")),
      button("plain wide", { id: "log-out-here", onclick: act.logOut }, icon("sign-out"), t("log-out")),
      button("link", { id: "to-delete", onclick: act.askDelete }, t("delete-account")),
    ),
  );
}

/** @param {Scene} scene */
function who(scene) {
  const { model, t, act } = scene;
  const waiting = model.account?.new_email ?? null;
  /** @param {"email"|"password"} what */
  const change = (what) =>
    button(
      model.changing === what ? "pressed" : "plain",
      {
        id: `to-change-${what}`,
        "aria-expanded": String(model.changing === what),
        onclick: () => act.toChange(what),
      },
      t(`change-${what}`),
    );
  return h(
    "div",
    { class: "card stack", key: "who" },
    h("h2", null, h("bdi", null, model.account?.name ?? model.name ?? "")),
    h("p", { class: "address" }, h("bdi", null, model.account?.email ?? "")),
    waiting !== null && note("pending", t("new-email-waits", { email: waiting }), t("mail-where"), { id: "pending-email" }),
    h("div", { class: "pair" }, change("email"), change("password")),
    model.changing === "email" && emailForm(scene),
    model.changing === "password" && passwordForm(scene),
  );
}

/** @param {Scene} scene */
function emailForm(scene) {
  const { t, act } = scene;
  return form(
    act.changeEmail,
    { class: "form", key: "email" },
    email(scene, "new-email", t("new-email"), { autocomplete: "email" }),
    whose(scene),
    secret(scene, "email-password", t("password"), "current-password"),
    submit(scene, "change-email", t("change-email")),
  );
}

/** @param {Scene} scene */
function passwordForm(scene) {
  const { t, act } = scene;
  return form(
    act.changePassword,
    { class: "form", key: "password" },
    whose(scene),
    secret(scene, "old-password", t("old-password"), "current-password"),
    secret(scene, "new-password", t("new-password"), "new-password"),
    submit(scene, "change-password", t("change-password")),
  );
}

/** @param {Scene} scene */
function sessions(scene) {
  const { model, t, act } = scene;
  const all = model.sessions;
  return h(
    "section",
    { class: "card stack", key: "sessions" },
    h("h2", null, t("sessions")),
    all === null && h("p", { class: "stone" }, t("one-moment")),
    h("ul", { class: "sessions" }, ...(all ?? []).map((each) => session(scene, each))),
    (all?.length ?? 0) > 2 &&
      button("plain", { id: "end-others", onclick: () => act.endSession(null) }, t("end-others")),
  );
}

/**
 * @param {Scene} scene
 * @param {import("./messages.js").SessionView} view
 */
function session({ now, t, act }, view) {
  const browser = view.browser || t("unknown-browser");
  const seen = t("last-seen", { length: lengthWords(Math.max(0, now - view.seen_at), t) });
  return h(
    "li",
    { key: view.id, "data-session": view.id },
    h("div", null, h("strong", null, h("bdi", null, browser)), h("span", { class: "stone" }, seen)),
    view.this
      ? pill("tint", "check", t("this-one"))
      : button(
          "plain",
          {
            "data-end-session": view.id,
            "aria-label": `${t("end-session")}: ${browser}`,
            onclick: () => act.endSession(view.id),
          },
          t("end-session"),
        ),
  );
}

/** @param {Scene} scene */
export function deleteSheet(scene) {
  const { model, t, act } = scene;
  return [
    h("h2", { id: "sheet-title" }, t("delete-ask")),
    h("p", null, t("delete-more")),
    form(
      act.deleteAccount,
      { class: "form", key: "delete" },
      whose(scene),
      secret(scene, "delete-password", t("password"), "current-password"),
      refusal(scene, "delete-account"),
      h(
        "div",
        { class: "pair" },
        h("button", { id: "delete-account", type: "submit", class: "button plain", disabled: model.busy === "delete-account" }, t("delete-account")),
        button("main", { id: "keep-account", onclick: act.dismiss }, t("keep-account")),
      ),
    ),
  ];
}
