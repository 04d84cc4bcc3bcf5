/** What stands around the screens: header, tabs, and the sheets over them. */

import { h, icon } from "./dom.js";
import { button } from "./parts.js";
import { deleteSheet } from "./screen-account.js";
import { cancelSheet } from "./screen-details.js";
import { END_SHEET_S, takesAnswer } from "./state.js";

/** @typedef {import("./parts.js").Scene} Scene */
/** @typedef {import("./model.js").Screen} Screen */

const SIDES = ["account", "people", "ask-to-visit"];
const TABS = /** @type {const} */ ([
  { tab: "appointments", symbol: "calendar", word: "appointments" },
  { tab: "schedule", symbol: "calendar-plus", word: "schedule" },
  { tab: "check", symbol: "camera", word: "check-device" },
]);

/**
 * @param {Scene} scene
 * @param {Screen} screen
 */
export function header(scene, screen) {
  const { model, t, act } = scene;
  const place = model.facility?.name ?? onlyFacility(model);
  const tabbed = isTabbed(model, screen);
  const inside = tabbed || screen === "facility" || screen === "rules" || SIDES.includes(screen);
  const timed = screen === "held" || screen === "ended";
  return [
    h(
      "div",
      { class: "brand" },
      h("span", { class: "logo" }, icon("logo")),
      h("div", null, h("strong", null, t("product")), place && h("span", null, place)),
    ),
    tabbed && h("nav", { class: "desk-tabs" }, ...tabs(scene, screen)),
    h(
      "div",
      { class: "corner" },
      !timed &&
        button(
          "quiet",
          {
            id: "language",
            key: "language",
            "aria-label": t("other-language"),
            onclick: act.switchLanguage,
          },
          icon("globe"),
          h("span", { class: inside ? "tucked" : null }, t("other-language")),
        ),
      inside &&
        button(
          "quiet me",
          { id: "account", key: "account", "aria-current": screen === "account" ? "page" : null, onclick: act.openAccount },
          icon("account"),
          h("bdi", null, model.name ?? ""),
        ),
      inside &&
        button(
          "quiet log-out",
          { id: "log-out", key: "log-out", "aria-label": t("log-out"), onclick: act.logOut },
          icon("sign-out"),
          h("span", { class: "tucked" }, t("log-out")),
        ),
      timed && scene.times && h("time", null, scene.times.clock(scene.now)),
    ),
  ];
}

/** @param {Scene["model"]} model */
function onlyFacility(model) {
  return model.facilities?.length === 1 ? model.facilities[0]?.name : undefined;
}

/**
 * @param {Scene} scene
 * @param {Screen} screen
 */
export function tabs({ model, t, act }, screen) {
  if (!isTabbed(model, screen)) return [];
  return TABS.map(({ tab, symbol, word }) =>
    h(
      "button",
      {
        type: "button",
        class: "tab",
        key: tab,
        "data-tab": tab,
        "aria-current": tab === screen ? "page" : null,
        onclick: () => act.openTab(tab),
      },
      icon(symbol),
      t(word),
    ),
  );
}

/**
 * Whether the tabs stand around the screen.
 *
 * @param {Scene["model"]} model
 * @param {Screen} screen
 */
function isTabbed({ facility }, screen) {
  return TABS.some(({ tab }) => tab === screen) || (facility !== null && SIDES.includes(screen));
}

/** @param {Scene} scene */
export function sheet(scene) {
  const { model, now, t, act } = scene;
  if (model.sheet?.kind === "delete") return deleteSheet(scene);
  const asked = model.sheet;
  const visit = model.visits?.find((each) => each.id === asked?.visit);
  if (asked === null || visit === undefined) return [];
  if (asked.kind === "cancel") {
    return cancelSheet(scene, visit, { "aria-disabled": takesAnswer(asked, now) ? null : "true" });
  }
  const facts = { name: visit.inmate };
  const other = model.own[visit.id]?.at_page_of;
  const left = Math.max(0, Math.ceil((asked.until ?? now) - now));
  const ends = asked.kind === "end";
  const takeOverMore = other ? t("take-over-other", { name: other }) : t("take-over-more");
  const calm = { "aria-disabled": takesAnswer(asked, now) ? null : "true" };
  return [
    h("h2", { id: "sheet-title" }, t(ends ? "end-ask" : "take-over-ask", facts)),
    h("p", null, ends ? t("end-more", { n: Math.min(left, END_SHEET_S) }) : takeOverMore),
    // End left, Go on right: where the red X was, a second press does no harm.
    h(
      "div",
      { class: "sheet-buttons" },
      ends
        ? button("end", { ...calm, id: "confirm-end", key: "end", onclick: act.confirmEnd }, icon("x"), t("end-visit"))
        : button("plain", { ...calm, id: "stay", key: "stay", onclick: act.goOn }, icon("x"), t("take-over-stay")),
      ends
        ? button("main", { id: "go-on", key: "go-on", autofocus: true, onclick: act.goOn }, icon("camera"), t("go-on"))
        : button("main", { ...calm, id: "take-over", key: "take", onclick: act.takeOver }, icon("arrow-right"), t("take-over-go")),
    ),
  ];
}
