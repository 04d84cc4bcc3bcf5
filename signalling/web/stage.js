/**
 * The large picture and the self-view: video elements, and nothing else of the document.
 *
 * The remote picture is swapped without a gap: a new stream plays unseen and silent under the old
 * one until it shows a picture.
 */

import { showTrack } from "./browser.js";
import { PictureGaps } from "./picture-gaps.js";

const MAX_CROP = 0.08;

export class Stage {
  /**
   * @param {HTMLElement} element
   * @param {HTMLVideoElement} self
   */
  constructor(element, self) {
    this.element = element;
    this.self = self;
    /** @type {HTMLVideoElement|null} */
    this.shown = null;
    /** @type {HTMLVideoElement|null} */
    this.next = null;
    /** Runs at the next picture that is shown. @type {(() => void)|null} */
    this.awaited = null;
    this.whole = false;
    this.gaps = new PictureGaps();
    this.volume = 1;
    window.addEventListener("resize", () => this.#fit());
  }

  /** @param {MediaStreamTrack|null} camera */
  setSelf(camera) {
    showTrack(this.self, camera);
    // Only a camera that looks at its person is a mirror.
    const away = camera?.getSettings().facingMode === "environment";
    this.self.classList.toggle("as-it-is", away);
  }

  /**
   * Show `stream` at once; there may be no picture in it yet.
   *
   * @param {MediaStream} stream
   */
  show(stream) {
    this.clear();
    this.shown = this.#add(stream, false);
    this.#present();
  }

  /**
   * Play `stream` beside the one that is shown. `onPicture` runs at its first picture.
   *
   * @param {MediaStream} stream
   * @param {() => void} onPicture
   */
  prepare(stream, onPicture) {
    this.next?.remove();
    const video = this.#add(stream, true);
    this.next = video;
    video.requestVideoFrameCallback(() => this.next === video && onPicture());
  }

  /** Let the prepared stream take the place of the shown one. */
  swap() {
    if (this.next === null) return;
    this.#drop(this.shown);
    this.shown = this.next;
    this.next = null;
    this.shown.muted = false;
    this.#present();
  }

  clear() {
    this.#drop(this.shown);
    this.#drop(this.next);
    this.shown = null;
    this.next = null;
    this.gaps.watch(null);
  }

  /** The longest time without a new picture since this was last asked. */
  longestGapMs() {
    return this.gaps.take(document.visibilityState === "visible");
  }

  /** Nothing is to be shown now: the time until the next picture is no gap. */
  forgetGap() {
    this.gaps.take(false);
  }

  /** Call in the press: only there may a page start to sound. */
  play() {
    for (const video of [this.shown, this.next]) if (video !== null) this.#play(video);
  }

  /**
   * How loud the jail is heard, 0 to 1, in this visit and in every connection of it that follows.
   *
   * @param {number} volume
   */
  setVolume(volume) {
    this.volume = volume;
    for (const video of [this.shown, this.next]) if (video !== null) video.volume = volume;
  }

  /**
   * Run `onPicture` at the next remote picture that is shown.
   *
   * @param {() => void} onPicture
   */
  onNextPicture(onPicture) {
    this.awaited = onPicture;
    this.#watch();
  }

  /** A press on the picture shows it whole, another fills the screen again. */
  toggleWhole() {
    this.whole = !this.whole;
    this.#fit();
  }

  #present() {
    if (this.shown === null) return;
    this.shown.id = "remote-video";
    this.shown.onresize = () => this.#fit();
    this.gaps.watch(this.shown);
    this.#fit();
    this.#watch();
  }

  #watch() {
    const video = this.shown;
    if (video === null || this.awaited === null) return;
    video.requestVideoFrameCallback(() => {
      if (this.shown !== video) return;
      this.awaited?.();
      this.awaited = null;
    });
  }

  /** Fill where that crops 8 % or less, or on an upright phone; else show all on paper. */
  #fit() {
    const [video, box] = [this.shown, this.element.getBoundingClientRect()];
    if (video === null || video.videoWidth === 0 || box.height === 0) return;
    const ratio = video.videoWidth / video.videoHeight / (box.width / box.height);
    const cropped = 1 - Math.min(ratio, 1 / ratio);
    const upright = box.height > box.width;
    const fills = cropped <= MAX_CROP || (upright && !this.whole);
    video.classList.toggle("fills", fills);
  }

  /**
   * @param {MediaStream} stream
   * @param {boolean} muted
   */
  #add(stream, muted) {
    const video = document.createElement("video");
    video.playsInline = true;
    video.autoplay = true;
    video.muted = muted;
    video.volume = this.volume;
    video.srcObject = stream;
    this.element.prepend(video);
    this.#play(video);
    return video;
  }

  /** @param {HTMLVideoElement} video */
  #play(video) {
    // Refused before any press, or cut short by a new stream: `play` in the press follows.
    video.play().catch((error) => console.debug("not playing yet", error));
  }

  /** @param {HTMLVideoElement|null} video */
  #drop(video) {
    if (video === null) return;
    video.srcObject = null;
    video.remove();
  }
}
