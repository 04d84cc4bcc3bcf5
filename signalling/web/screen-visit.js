/** Screens e and f: in the visit, and held. */

import { h, icon } from "./dom.js";
import { button, note, pill } from "./parts.js";
import { heldOf, isGoodbye, isJustPressed, LAST_MINUTES_S, leftS, warningMin } from "./state.js";
import { countdown, oneStop, shortLength } from "./times.js";
import { FULL, VOLUME_STEP } from "./visit-controls.js";

/** @typedef {import("./parts.js").Scene} Scene */
/** @typedef {import("./messages.js").VisitView} VisitView */
/** @typedef {import("./times.js").JailTimes} JailTimes */
/** @typedef {import("./state.js").Held} Held */

/**
 * What lies over the picture.
 *
 * @param {Scene} scene
 * @param {VisitView} visit
 */
export function overPicture(scene, visit) {
  const { model, now, t } = scene;
  const { camera, microphone } = model.devices;
  const warning = warningMin(visit, now);
  return [
    h("h1", { class: "heard" }, t("name-in-visit", { name: visit.inmate })),
    h(
      "div",
      { class: "pills left" },
      visit.private && pill("ink", "lock", t("private")),
      !visit.private && visit.recorded && pill("ink", "record", t("recorded")),
      !visit.private && visit.watched && pill("ink", "eye", t("watched")),
    ),
    h(
      "div",
      { class: "pills right" },
      model.link !== "open" && model.link !== "pausing" && pill("sun", "no-wifi", t("connecting")),
      pill("ink", qualityIcon(model.quality), t(`quality-${model.quality}`), {
        id: "quality",
        "data-quality": model.quality,
      }),
    ),
    h(
      "div",
      { class: "pills middle" },
      !model.receiving && now - (visit.begun_at ?? now) > 1 && pill("ink", "camera", t("picture-comes")),
      warning !== null && pill("sun big", "timer", t(warnWord(warning)), { id: "warning" }),
      isGoodbye(visit, now) && pill("sun big", "timer", t("say-goodbye"), { id: "goodbye" }),
      model.muted && pill("muted", "microphone-off", t("muted")),
      model.cameraOff && pill("muted", "no-camera", t("camera-is-off")),
      microphone !== null && pill("muted", "microphone-off", t("no-microphone-here", { name: visit.inmate })),
      camera !== null && !model.cameraOff && pill("muted", "no-camera", t("no-camera-here")),
    ),
    h("span", { class: "name", dir: "auto" }, visit.inmate),
    tools(model, scene),
  ];
}

/**
 * What few need: the other camera, the full screen, the loudness. An iPhone leaves the last to its
 * own keys, and has no full screen for pages.
 *
 * @param {Scene["model"]} model
 * @param {Scene} scene
 */
function tools(model, { t, act, browser }) {
  const tool = (/** @type {string} */ id, /** @type {string} */ symbol, /** @type {string} */ label, /** @type {() => void} */ onclick) =>
    button("tool", { id, key: id, "aria-label": label, title: label, onclick }, icon(symbol));
  const full = t(model.fullscreen ? "fullscreen-leave" : "fullscreen");
  return h(
    "div",
    { class: "tools" },
    browser !== "ios" &&
      h(
        "label",
        { class: "tool loudness" },
        icon("speaker"),
        h("span", { class: "heard" }, t("volume")),
        h("input", { id: "volume", type: "range", min: "0", max: "1", step: VOLUME_STEP, value: FULL, oninput: act.setVolume }),
      ),
    model.cameras > 1 && !model.cameraOff && tool("switch-camera", "switch-camera", t("switch-camera"), act.switchCamera),
    document.fullscreenEnabled && tool("fullscreen", "fullscreen", full, act.toggleFullscreen),
  );
}

/** @param {import("./model.js").Quality} quality */
function qualityIcon(quality) {
  return quality === "sound-only" ? "sound-only" : `signal-${quality}`;
}

/** @param {number} min */
export function warnWord(min) {
  return /** @type {"warn-10"|"warn-5"|"warn-2"|"warn-1"} */ (`warn-${min}`);
}

/**
 * The bar below the picture: time left, mute, camera, red X.
 *
 * @param {Scene} scene
 * @param {JailTimes} times
 * @param {VisitView} visit
 */
export function bar(scene, times, visit) {
  const { model, now, t, act } = scene;
  const left = leftS(visit, now);
  const last = left <= LAST_MINUTES_S;
  const added = visit.added_s >= 1 ? t("added", { length: shortLength(visit.added_s, t) }) : "";
  const clock = last ? t("time-left", { time: countdown(left) }) : t("min-left", { n: Math.ceil(left / 60) });
  return [
    h(
      "div",
      { class: `clock ${last ? "last" : ""}` },
      icon("timer"),
      h(
        "div",
        null,
        h("strong", { id: "time-left", "data-left": String(Math.ceil(left)) }, clock),
        h("span", null, `${oneStop(t("ends-at", { time: times.clock(visit.ends_at) }))} ${added}`.trim()),
      ),
    ),
    toggle("mute", model.muted, model.muted ? "microphone-off" : "microphone", t(model.muted ? "unmute" : "mute"), act.toggleMute),
    toggle("camera-off", model.cameraOff, model.cameraOff ? "no-camera" : "camera", t(model.cameraOff ? "camera-on" : "camera-off"), act.toggleCamera),
    button("end", { id: "end-visit", key: "end", onclick: act.askEnd }, icon("x"), t("end-visit")),
  ];
}

/**
 * @param {string} id
 * @param {boolean} pressed
 * @param {string} symbol
 * @param {string} label
 * @param {() => void} act
 */
function toggle(id, pressed, symbol, label, act) {
  return button(
    pressed ? "plain pressed" : "plain",
    { id, key: id, "aria-pressed": String(pressed), "aria-label": label, onclick: act },
    icon(symbol),
    h("span", null, label),
  );
}

/**
 * @param {Scene} scene
 * @param {JailTimes} times
 * @param {VisitView} visit
 */
export function held(scene, times, visit) {
  const { model, now, t, act } = scene;
  /** @type {Held} */
  const why = heldOf(visit, model) ?? { where: "network", since: now, given: true };
  if (why.where === "ending") return ending(scene, visit, why);
  const lost = Math.max(0, Math.floor(now - why.since));
  const lostWord = lost < 120 ? t("n-lost-so-far", { n: lost }) : t("min-lost-so-far", { n: Math.floor(lost / 60) });
  const until = oneStop(t("until", { time: times.clock(visit.ends_at) }));
  return h(
    "div",
    { class: "held", key: "held", "data-held": why.where },
    way(scene, visit, why),
    heldText(scene, visit, why),
    h(
      "div",
      { class: "kept" },
      h("span", null, icon(why.given ? "pause" : "timer"), t(why.given ? "time-kept" : "time-left-title")),
      h("strong", { id: "time-left", "data-left": String(Math.ceil(leftS(visit, now))) }, countdown(leftS(visit, now))),
    ),
    why.given
      ? note("pending", lostWord, t("lost-is-added"))
      : note("clock", t("clock-runs"), until),
    button("end hollow-end", { id: "end-visit", key: "end", onclick: act.askEnd }, icon("x"), t("end-visit")),
  );
}

/**
 * The end was confirmed here, and the hub has not said so yet.
 *
 * @param {Scene} scene
 * @param {VisitView} visit
 * @param {Held} why
 */
function ending(scene, visit, why) {
  return h(
    "div",
    { class: "held", key: "ending", "data-held": "ending" },
    handsetPicture("ending"),
    heldText(scene, visit, why),
  );
}

/**
 * The words, and the telephone where only a press helps.
 *
 * @param {Scene} scene
 * @param {VisitView} visit
 * @param {Held} why
 */
function heldText(scene, visit, why) {
  const { model, now, t, act } = scene;
  const [first = "", ...more] = heldWords(scene, visit, why);
  // Between a press and the hub's push it would only flash.
  const asks = why.where === "press" && !isJustPressed(model, now);
  const press = () => act.press(visit.id);
  return h(
    "div",
    { class: "held-words" },
    h("h1", { tabindex: "-1" }, first),
    ...more.map((each) => h("p", null, each)),
    asks &&
      button(
        "telephone",
        { key: "telephone", "data-telephone": "return", onclick: press },
        icon("phone"),
        t("return-to-visit"),
      ),
  );
}

/**
 * Why the visit is held and what comes next, the heading first.
 *
 * @param {Pick<Scene, "model"|"now"|"t">} scene
 * @param {VisitView} visit
 * @param {Held} why
 * @returns {string[]}
 */
export function heldWords({ model, now, t }, visit, { where }) {
  const facts = { name: visit.inmate };
  if (where === "ending") return [t("held-ending"), t(endingWord(model.link)), t("stays-here")];
  if (visit.paused && (where === "press" || where === "paused")) {
    const next = where === "press" && !isJustPressed(model, now) ? "held-press" : "hold-on";
    const reason = visit.pause_reason === "" ? [] : [t("reason", { reason: visit.pause_reason })];
    return [t("held-paused"), ...reason, t(next)];
  }
  if (where !== "press") return [t(`held-${where}`, facts), t("hold-on"), t(`held-${where}-more`, facts)];
  return isJustPressed(model, now) ? [t("one-moment")] : [t("held-press"), t("held-press-more", facts)];
}

/**
 * When an end that was confirmed takes effect.
 *
 * @param {Scene["model"]["link"]} link
 */
function endingWord(link) {
  return link === "open" ? "one-moment" : "held-ending-more";
}

/**
 * The way from you to the jail, broken where it is broken.
 *
 * @param {Scene} scene
 * @param {VisitView} visit
 * @param {{where: string}} why
 */
function way({ t }, visit, { where }) {
  const own = where === "visitor" || where === "page" || where === "press";
  const near = own || where === "network";
  const far = where === "terminal" || where === "network";
  if (!near && !far) return handsetPicture(where);
  return h(
    "div",
    { class: near && far ? "way both" : "way", "aria-hidden": "true" },
    stop("person", t("you"), !own),
    leg(near, where === "press" ? "phone" : "no-wifi"),
    stop("antenna", t("our-network"), where !== "network"),
    leg(far),
    stop("account", visit.inmate, where !== "terminal"),
  );
}

/** @param {string} where */
function handsetPicture(where) {
  const signs = { handset: "wall-phone-lift", paused: "hand", ending: "x" };
  const last = signs[/** @type {keyof typeof signs} */ (where)] ?? "sign-in";
  return h(
    "div",
    { class: "way pictures", "aria-hidden": "true" },
    where === "handset" && icon("wall-phone-on-hook"),
    where === "handset" && icon("arrow-right", "small-arrow"),
    h("span", { class: "sign" }, icon(last)),
  );
}

/**
 * @param {string} symbol
 * @param {string} label
 * @param {boolean} whole
 */
function stop(symbol, label, whole) {
  return h("div", { class: `node ${whole ? "whole" : "cut"}` }, h("span", null, icon(symbol)), h("strong", null, label));
}

/**
 * @param {boolean} broken
 * @param {string} [symbol]
 */
function leg(broken, symbol = "no-wifi") {
  if (!broken) return h("div", { class: "leg" });
  return h("div", { class: "leg broken" }, h("span", { class: "sign" }, icon(symbol)));
}
