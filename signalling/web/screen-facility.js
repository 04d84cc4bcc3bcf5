/** The screens before a facility is open: connecting, choosing it, the password again. */

import { h, icon } from "./dom.js";
import { form, secret, submit, whose } from "./fields.js";
import { button, refusal } from "./parts.js";
import { facilitiesToOpen } from "./state-people.js";

/** @typedef {import("./parts.js").Scene} Scene */

/** @param {Scene} scene */
export function loading({ t }) {
  return h("div", { class: "column", key: "loading" }, h("h1", { class: "stone" }, t("connecting")));
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
    ...facilitiesToOpen(model).map((each) =>
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
    h("div", { class: "links", key: "links" }, button("link", { id: "people", onclick: act.openPeople }, t("people"))),
  );
}

/**
 * @param {Scene} scene
 * @param {import("./messages.js").FacilityView} chosen
 */
function facilityLogIn(scene, chosen) {
  const { model, t, act } = scene;
  return form(
    act.facilityLogIn,
    { class: "form alone", key: "facility-log-in" },
    h("h1", { tabindex: "-1" }, chosen.name),
    h("p", null, t("facility-why")),
    h("p", { class: "who" }, icon("account"), t("logged-in-as", { name: model.name ?? "" })),
    whose(scene),
    secret(scene, "facility-password", t("password"), "current-password"),
    refusal(scene, "facility-log-in"),
    submit(scene, "facility-log-in", t("facility-log-in")),
    h(
      "div",
      { class: "links" },
      button("link", { id: "other-facility", onclick: () => act.chooseFacility(null) }, t("other-facility")),
    ),
  );
}
