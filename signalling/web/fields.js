/** The fields of a form: a label, what is typed, and beside it what is wrong with it. */

import { h, icon } from "./dom.js";
import { MAX_NAME, MAX_PASSWORD, MIN_PASSWORD } from "./field-rules.js";
import { button, offlineNote } from "./parts.js";

/** @typedef {import("./parts.js").Scene} Scene */

/**
 * A form whose faults are said in our own words.
 *
 * @param {(event: SubmitEvent) => void} onsubmit
 * @param {import("./dom.js").Props} props
 * @param {...import("./dom.js").Child} children
 */
export function form(onsubmit, props, ...children) {
  return h("form", { novalidate: true, ...props, onsubmit }, ...children);
}

/**
 * @param {Scene} scene
 * @param {string} id
 * @param {string} label
 * @param {import("./dom.js").Props} [props]
 * @param {string} [more]  what helps to fill it in
 */
export function field(scene, id, label, props = {}, more = "") {
  const input = h("input", { id, name: id, type: "text", required: true, ...props, ...said(scene, id, more) });
  return around(scene, id, label, input, more);
}

/**
 * An e-mail. `autocomplete` is "username" where a person logs in with it.
 *
 * @param {Scene} scene
 * @param {string} id
 * @param {string} label
 * @param {import("./dom.js").Props} props
 */
export function email(scene, id, label, props) {
  return field(scene, id, label, { type: "email", inputmode: "email", autocapitalize: "none", spellcheck: "false", ...props });
}

/**
 * A password that can be shown.
 *
 * @param {Scene} scene
 * @param {string} id
 * @param {string} label
 * @param {"current-password"|"new-password"} autocomplete
 */
export function secret(scene, id, label, autocomplete) {
  const { t, act, model } = scene;
  const shown = model.passwordShown;
  const more = autocomplete === "new-password" ? t("password-rule", { n: MIN_PASSWORD }) : "";
  const pair = h(
    "div",
    { class: "secret" },
    h("input", {
      id,
      name: id,
      type: shown ? "text" : "password",
      required: true,
      autocomplete,
      autocapitalize: "none",
      spellcheck: "false",
      ...said(scene, id, more),
    }),
    button(
      "show",
      { "data-show": id, "aria-pressed": String(shown), "aria-controls": id, onclick: act.showPassword },
      icon("eye"),
      t(shown ? "hide" : "show"),
    ),
  );
  return around(scene, id, label, pair, more);
}

/**
 * Tells the browser's password store whose password is typed here.
 *
 * @param {Scene} scene
 */
export function whose({ model }) {
  if (model.account === null) return null;
  const value = model.account.email;
  return h("input", { type: "email", name: "username", autocomplete: "username", value, readonly: true, hidden: true });
}

/**
 * @param {Scene} scene
 * @param {string} id
 * @param {string} label
 * @param {[string, string][]} options  values and their words
 * @param {string} chosen
 * @param {(event: Event) => void} onchange
 */
export function choice(scene, id, label, options, chosen, onchange) {
  const select = h(
    "select",
    { id, name: id, required: true, onchange, ...said(scene, id, "") },
    ...[["", scene.t("choose")], ...options].map(([value, text]) =>
      h("option", { value, key: value, selected: value === chosen }, text),
    ),
  );
  return around(scene, id, label, select, "");
}

/**
 * @param {Scene} scene
 * @param {string} id
 * @param {string} label
 * @param {import("./dom.js").VNode} control
 * @param {string} more
 */
export function around({ model, t }, id, label, control, more) {
  const fault = model.faults[id];
  return h(
    "div",
    { class: fault === undefined ? "field" : "field wrong", key: id },
    h("label", { for: id }, label),
    control,
    fault !== undefined &&
      h(
        "p",
        { id: `${id}-fault`, key: "fault", class: "fault", "data-field-error": id, "data-code": fault },
        icon("warning"),
        t(`field-${fault}`, { n: fault === "short" ? MIN_PASSWORD : limitOf(id) }),
      ),
    more !== "" && h("p", { id: `${id}-more`, key: "more", class: "stone small" }, more),
  );
}

/** @param {string} id */
function limitOf(id) {
  return id === "name" ? MAX_NAME : MAX_PASSWORD;
}

/**
 * What a screen reader says of the field.
 *
 * @param {Scene} scene
 * @param {string} id
 * @param {string} more
 */
export function said({ model }, id, more) {
  const wrong = id in model.faults;
  const ids = [wrong && `${id}-fault`, more !== "" && `${id}-more`].filter((each) => each !== false);
  return { "aria-invalid": wrong ? "true" : null, "aria-describedby": ids.join(" ") || null };
}

/**
 * The button that sends a form; its id is the request's name.
 *
 * @param {Scene} scene
 * @param {string} about
 * @param {string} label
 */
export function submit(scene, about, label) {
  const { model, t } = scene;
  const busy = model.busy === about;
  return h(
    "div",
    { key: "submit" },
    offlineNote(scene),
    h(
      "button",
      { id: about, type: "submit", class: "button main wide", disabled: busy },
      icon("arrow-right"),
      busy ? t("one-moment") : label,
    ),
  );
}
