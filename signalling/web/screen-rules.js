/** A facility's rules: read before the first visit, once a version. */

import { h, icon } from "./dom.js";
import { button, refusal } from "./parts.js";
import { rulesDue, rulesIn } from "./state-people.js";

/** @typedef {import("./parts.js").Scene} Scene */

/** @param {Scene} scene */
export function rules(scene) {
  const { model, t, act } = scene;
  const due = rulesDue(model);
  return h(
    "div",
    { class: "page narrow", key: "rules" },
    h("h1", { tabindex: "-1" }, t("rules")),
    h("p", { class: "lead" }, t("rules-more", { name: model.facility?.name ?? "" })),
    due !== null && h("div", { class: "card" }, rulesText(due, t, false)),
    refusal(scene, "accept-rules", "join"),
    button(
      "main wide",
      { id: "accept-rules", disabled: model.busy === "accept-rules", onclick: act.acceptRules },
      icon("check"),
      t("accept-rules"),
    ),
  );
}

/**
 * The text of the rules in the page's language, or in any that there is; null where there are none.
 *
 * @param {import("./messages.js").FacilityTerms} terms
 * @param {import("./words.js").Translate} t
 * @param {boolean} folded
 */
export function rulesText(terms, t, folded) {
  const found = rulesIn(terms.rules, document.documentElement.lang);
  if (found === null) return null;
  const text = h("div", { id: "rules-text", class: "rules", lang: found.language, dir: "auto" }, found.text);
  return folded ? h("details", { key: "rules" }, h("summary", null, t("rules")), text) : text;
}
