/** What happens once when something changes: sounds, spoken status, and the lit screen. */

import { BELL_AT_MIN, heldOf, isGoodbye, isJustPressed, ownVisit, warningMin } from "./state.js";
import { heldWords, warnWord } from "./screen-visit.js";

/** @typedef {import("./parts.js").Scene} Scene */
/** @typedef {import("./model.js").Screen} Screen */
// W3C Screen Wake Lock, which TypeScript 4.8 does not know yet.
/** @typedef {{released: boolean, release(): Promise<void>}} WakeLockSentinel */
/** @typedef {{request(type: "screen"): Promise<WakeLockSentinel>}} WakeLock */

export class Effects {
  /**
   * @param {object} options
   * @param {import("./sounds.js").Sounds} options.sounds
   * @param {HTMLElement} options.status  the live region
   */
  constructor({ sounds, status }) {
    this.sounds = sounds;
    this.status = status;
    /** @type {Screen|null} */
    this.screen = null;
    /** @type {Map<string, string>} */
    this.statuses = new Map();
    /** @type {number|null} */
    this.warned = null;
    /** @type {WakeLockSentinel|null} */
    this.lock = null;
    this.refused = false;
  }

  /**
   * @param {Scene} scene
   * @param {Screen} screen
   */
  follow(scene, screen) {
    const said = this.#spoken(scene, screen);
    // Nothing of a visitor stays on the page once nobody is logged in.
    const gone = scene.model.name === null;
    if ((said !== "" || gone) && this.status.textContent !== said) this.status.textContent = said;
    this.#ring(scene, screen);
    // The second click of a double click would leave the new screen's words marked.
    if (screen !== this.screen) window.getSelection()?.removeAllRanges();
    this.screen = screen;
    void this.#keepLit(screen === "in-visit" || screen === "held");
  }

  /** The page is seen again; the browser let the lock go when it was hidden. */
  visible() {
    if (this.lock?.released) this.lock = null;
    this.refused = false;
  }

  /**
   * @param {Scene} scene
   * @param {Screen} screen
   */
  #spoken(scene, screen) {
    const { model, now, t } = scene;
    const visit = ownVisit(model);
    if (screen === "held" && visit !== null) {
      const why = heldOf(visit, model);
      return why === null ? "" : heldWords(scene, visit, why).slice(0, 2).join(". ");
    }
    if (screen === "ended" && visit !== null) return t("has-ended", { name: visit.inmate });
    if (screen === "in-visit" && visit !== null) {
      const min = warningMin(visit, now);
      if (min !== null) return t(warnWord(min));
      if (isGoodbye(visit, now)) return t("say-goodbye");
      return model.muted ? t("muted") : t("in-visit");
    }
    if (screen !== "appointments") return "";
    if (model.link !== "open") return t(model.link === "pausing" ? "one-moment" : "offline");
    const live = (model.visits ?? []).filter((each) => each.status !== "ended");
    const said = (/** @type {import("./messages.js").VisitView} */ { inmate, status }) =>
      t("status-of", { name: inmate, status: t(status).toLowerCase() });
    return live.map(said).join(". ");
  }

  /**
   * @param {Scene} scene
   * @param {Screen} screen
   */
  #ring({ model, now }, screen) {
    const was = this.screen;
    if (screen !== was) {
      if (screen === "in-visit") this.sounds.play(was === "held" ? "back" : "begin");
      // Who ends the visit or has just pressed waits for their own doing.
      const own = model.ending !== null || isJustPressed(model, now);
      if (screen === "held" && !own) this.sounds.play("held");
      if (screen === "ended") this.sounds.play("ended");
    }
    for (const { id, status } of model.visits ?? []) {
      const before = this.statuses.get(id);
      if (status === "ready" && before !== undefined && before !== "ready") this.sounds.play("ready");
      this.statuses.set(id, status);
    }
    const visit = screen === "in-visit" ? ownVisit(model) : null;
    const min = visit === null ? null : warningMin(visit, now);
    if (min !== null && min !== this.warned && BELL_AT_MIN.includes(min)) this.sounds.play("bell");
    this.warned = min;
  }

  /** @param {boolean} lit */
  async #keepLit(lit) {
    if (!lit) {
      void this.lock?.release();
      this.lock = null;
      this.refused = false;
      return;
    }
    const { wakeLock } = /** @type {{wakeLock?: WakeLock}} */ (navigator);
    if (wakeLock === undefined || this.lock !== null || this.refused) return;
    if (document.visibilityState !== "visible") return;
    // Until the answer, and after a refusal (a low battery), do not ask again at every tick.
    this.refused = true;
    try {
      this.lock = await wakeLock.request("screen");
    } catch (error) {
      console.info("the screen may dim", error);
    }
  }
}
