/**
 * The longest time between two pictures that were shown: what a person sees as a freeze.
 *
 * Counted here because the browsers' own count of freezes misses long ones: it starts with the
 * next picture.
 */
export class PictureGaps {
  /** @param {() => number} now_ms */
  constructor(now_ms = () => performance.now()) {
    this.now_ms = now_ms;
    /** @type {HTMLVideoElement|null} */
    this.video = null;
    /** When the last picture was shown; null: not known. @type {number|null} */
    this.last_ms = null;
    this.longest_ms = 0;
  }

  /**
   * Count on this video from now on. A gap from one video to the next counts too: so it looks.
   *
   * @param {HTMLVideoElement|null} video
   */
  watch(video) {
    if (video === this.video) return;
    this.video = video;
    if (video === null) this.last_ms = null;
    else this.#next(video);
  }

  /**
   * The longest gap since the last call, with the one that lasts; 0 where nothing is known.
   *
   * @param {boolean} seen  browsers show no pictures in a tab that nobody sees
   */
  take(seen) {
    const now = this.now_ms();
    const open_ms = this.last_ms === null ? 0 : now - this.last_ms;
    const longest_ms = Math.max(this.longest_ms, open_ms);
    this.longest_ms = 0;
    if (!seen) this.last_ms = null;
    return seen ? longest_ms : 0;
  }

  /** @param {HTMLVideoElement} video */
  #next(video) {
    video.requestVideoFrameCallback((at_ms) => {
      if (this.video !== video) return;
      if (this.last_ms !== null) this.longest_ms = Math.max(this.longest_ms, at_ms - this.last_ms);
      this.last_ms = at_ms;
      this.#next(video);
    });
  }
}
