/** What a person sets in a visit besides mute and camera: loudness, full screen, the other camera. */

/** The loudness that a visit begins with, and the step of the keys; 1 is as it comes. */
export const FULL = 1;
export const VOLUME_STEP = 0.1;

export class VisitControls {
  /**
   * @param {object} options
   * @param {import("./model.js").Model} options.model
   * @param {import("./devices.js").Devices} options.devices
   * @param {import("./stage.js").Stage} options.stage
   * @param {() => void} options.onChange
   */
  constructor({ model, devices, stage, onChange }) {
    this.model = model;
    this.devices = devices;
    this.stage = stage;
    this.onChange = onChange;
    document.addEventListener("fullscreenchange", () => {
      model.fullscreen = document.fullscreenElement !== null;
      onChange();
    });
  }

  /**
   * A full screen is for the visit alone.
   *
   * @param {import("./model.js").Screen} screen
   */
  follow(screen) {
    this.model.cameras = this.devices.cameras;
    if (screen !== "in-visit" && screen !== "held") this.#leaveFullscreen();
  }

  actions() {
    return {
      setVolume: (/** @type {Event} */ event) => {
        const { target } = event;
        if (!(target instanceof HTMLInputElement)) return;
        this.model.volume = target.valueAsNumber;
        this.stage.setVolume(this.model.volume);
        this.onChange();
      },
      toggleFullscreen: () => {
        if (document.fullscreenElement !== null) this.#leaveFullscreen();
        else {
          document.documentElement
            .requestFullscreen({ navigationUI: "hide" })
            .catch((error) => console.info("no full screen", error));
        }
      },
      switchCamera: () => void this.devices.nextCamera(),
      chooseDevice: (/** @type {import("./devices.js").Kind} */ kind, /** @type {Event} */ event) =>
        void this.devices.choose(kind, /** @type {HTMLSelectElement} */ (event.target).value),
    };
  }

  #leaveFullscreen() {
    if (document.fullscreenElement === null) return;
    document.exitFullscreen().catch((error) => console.info("still a full screen", error));
  }
}
