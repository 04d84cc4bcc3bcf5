/** Screen b: the device check. No picture and no sound leaves the device. */

import { h, icon } from "./dom.js";
import { button, pill } from "./parts.js";
import { internetOf, isOpen, METER_BLOCKS, networkFits, sortedVisits } from "./state.js";

/** @typedef {import("./parts.js").Scene} Scene */
/** @typedef {import("./model.js").DeviceFault} DeviceFault */
/** @typedef {import("./words.js").Word} Word */

/** @param {Scene} scene */
export function check(scene) {
  const { model, t, act, mirror } = scene;
  const { devices } = model;
  const seen = devices.asked && devices.camera === null;
  const passed = seen && devices.microphone === null && model.bell === "yes";
  return h(
    "div",
    { class: "page", key: "check" },
    h("h1", { tabindex: "-1" }, t("check-title")),
    visitBar(scene),
    h(
      "div",
      { class: "check" },
      h(
        "div",
        { class: `mirror ${seen ? "" : "dark"}` },
        mirror,
        seen && h("span", { class: "oval" }),
        seen ? pill("ink", "face-frame", t("face-in-line")) : icon("no-camera", "big"),
      ),
      h(
        "div",
        { class: "rows" },
        cameraRow(scene),
        microphoneRow(scene),
        bellRow(scene),
        internetRow(scene),
        h("p", { class: "notice" }, icon("lock"), t("stays-here")),
        button(
          passed ? "main wide" : "plain wide",
          { id: "check-done", key: "done", onclick: act.checkDone },
          icon("arrow-right"),
          t(passed ? "go-appointments" : "skip-check"),
        ),
      ),
    ),
  );
}

/**
 * A visit that is ready or running does not wait for the check. Its green telephone is on the
 * appointments.
 *
 * @param {Scene} scene
 */
export function visitBar({ model, t, act }) {
  const visit = sortedVisits(model.visits ?? []).find(isOpen);
  if (visit === undefined) return null;
  const word = visit.status === "ready" ? "visit-is-ready" : "visit-is-running";
  return h(
    "div",
    { class: "card visit-bar", id: "visit-bar", key: "visit-bar", role: "status" },
    icon("calendar-check"),
    h("strong", { class: "grow" }, t(word, { name: visit.inmate })),
    button("main", { id: "go-visit", key: "go-visit", onclick: act.checkDone }, icon("arrow-right"), t("go-appointments")),
  );
}

/**
 * @param {string} symbol
 * @param {string} title
 * @param {import("./dom.js").Child[]} more
 * @param {boolean} passed
 * @param {string} name
 */
function row(symbol, title, more, passed, name) {
  return h(
    "div",
    { class: "card row", key: name, "data-check": name, "data-passed": String(passed) },
    icon(symbol),
    h("div", { class: "grow" }, h("strong", null, title), ...more),
    passed && icon("check-disc", "pass"),
  );
}

/** @param {Scene} scene */
function cameraRow(scene) {
  const { model, t } = scene;
  const { camera, asked } = model.devices;
  if (!asked) return row("camera", t("asking-devices"), [], false, "camera");
  if (camera === null) return row("camera", t("camera-works"), [which(scene, "camera")], true, "camera");
  return row("no-camera", t("camera-fault"), fix(scene, camera), false, "camera");
}

/** @param {Scene} scene */
function microphoneRow(scene) {
  const { model, t } = scene;
  const { microphone, asked } = model.devices;
  if (asked && microphone !== null) {
    return row("microphone-off", t("microphone-fault"), fix(scene, microphone), false, "microphone");
  }
  const heard = model.level > 0;
  const title = t(asked && heard ? "microphone-works" : "microphone-ask");
  return row("microphone", title, [meter(model.level), which(scene, "microphone")], false, "microphone");
}

/**
 * Which of several is used.
 *
 * @param {Scene} scene
 * @param {import("./devices.js").Kind} kind
 */
function which({ model, t, act }, kind) {
  const { lists, used } = model.devices;
  if (lists[kind].length < 2) return null;
  return h(
    "select",
    { id: `choose-${kind}`, key: "which", class: "which", "aria-label": t(`which-${kind}`), onchange: (/** @type {Event} */ event) => act.chooseDevice(kind, event) },
    ...lists[kind].map(({ id, label }, n) =>
      h("option", { key: id, value: id, selected: id === used[kind] }, label || `${t(`which-${kind}`)} ${n + 1}`),
    ),
  );
}

/** @param {number} level */
function meter(level) {
  const blocks = Array.from({ length: METER_BLOCKS }, (_, index) =>
    h("span", { class: index < level ? "on" : "off" }),
  );
  return h("div", { class: "meter", id: "meter", "data-level": String(level) }, ...blocks);
}

/** @param {Scene} scene */
function bellRow({ model, t, act, phone }) {
  if (model.bell === "yes") {
    const again = button("link", { key: "again", onclick: act.playBell }, t("play-again"));
    return row("speaker", t("sound-works"), [again], true, "speaker");
  }
  const word = model.bell === "unheard" ? "play-bell" : "play-again";
  const asked = model.bell !== "unheard";
  const buttons = h(
    "div",
    { class: "answers" },
    button(asked ? "plain" : "main", { id: "play-bell", key: "play", onclick: act.playBell }, icon("play"), t(word)),
    asked && button("main", { id: "bell-yes", key: "yes", onclick: () => act.answerBell("yes") }, t("yes")),
    asked && button("plain", { id: "bell-no", key: "no", onclick: () => act.answerBell("no") }, t("no")),
  );
  const advice = t(phone ? "fix-sound-phone" : "fix-sound-desk");
  const more = model.bell === "no" ? h("p", { class: "fix", role: "status" }, advice) : null;
  return h(
    "div",
    { class: "card row bell", key: "speaker", "data-check": "speaker", "data-passed": "false" },
    icon("speaker"),
    h("strong", { class: "grow" }, t("hear-bell")),
    more,
    buttons,
  );
}

/** @param {Scene} scene */
function internetRow({ model, t, act }) {
  const quality = model.link === "open" ? internetOf(model.rtt_ms) : null;
  if (quality === null || quality === "sound-only") {
    return row("no-wifi", t("internet-none"), [], false, "internet");
  }
  const found = model.network;
  if (found === "untried" || found === "trying") {
    const word = h("p", { class: "stone" }, t("trying-network"));
    return row(`signal-${quality}`, t(`internet-${quality}`), [word], false, "internet");
  }
  const again = button("link", { key: "again", onclick: act.tryNetwork }, t("try-again"));
  if (found === "failed") {
    const said = h("p", { class: "fix", "data-network": found }, t("network-untried"));
    return row(`signal-${quality}`, t(`internet-${quality}`), [said, again], false, "internet");
  }
  const fits = networkFits(found);
  return row(
    `signal-${quality}`,
    t(`internet-${quality}`),
    [
      h("p", { class: "stone", id: "carries" }, t("carries", { n: megabits(found.kbps) })),
      !fits && h("p", { class: "fix", "data-network": found.relay }, t(found.relay === "blocked" ? "relay-blocked" : "network-slow")),
      !fits && again,
    ],
    quality === "good" && fits,
    "internet",
  );
}

/** @param {number} kbps */
function megabits(kbps) {
  return kbps >= 9500 ? Math.round(kbps / 1000) : Math.max(0.1, Math.round(kbps / 100) / 10);
}

/**
 * What to do about a device, in this browser.
 *
 * @param {Scene} scene
 * @param {DeviceFault} fault
 */
function fix({ t, act, browser }, fault) {
  /** @type {Word} */
  const word = fault === "denied" ? `fix-denied-${browser}` : `fix-${fault}`;
  return [
    h("p", { class: "fix", "data-fault": fault }, t(word), " ", t("one-way")),
    button("link", { key: "again", onclick: act.askDevices }, t("try-again")),
  ];
}
