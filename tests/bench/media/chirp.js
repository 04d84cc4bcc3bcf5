/** Plays the chirp at each whole second of the wall clock; a sample's time is when it is rendered. */
"use strict";

const MS_PER_SAMPLE = 1000 / sampleRate;

class Chirps extends AudioWorkletProcessor {
  constructor({ processorOptions }) {
    super();
    this.chirp = processorOptions.chirp;
    this.began_ms = null;
    this.least_ms = Infinity;
    this.second = 0;
  }

  process(_, [[out]]) {
    // Blocks are rendered in bursts: like a sound card's, a block is complete when its last sample
    // is. Date.now() is up to 1 ms behind; the least over a second is the true one but for that.
    const now_ms = Date.now() + 1;
    this.least_ms = Math.min(this.least_ms, now_ms - (currentFrame + out.length) * MS_PER_SAMPLE);
    const second = Math.floor(now_ms / 1000);
    if (second !== this.second) {
      this.began_ms = this.least_ms;
      this.least_ms = Infinity;
      this.second = second;
    }
    if (this.began_ms === null) return true;
    for (let at = 0; at < out.length; at += 1) {
      const wall = this.began_ms + (currentFrame + at) * MS_PER_SAMPLE;
      const into = Math.round((wall % 1000) / MS_PER_SAMPLE);
      out[at] = into < this.chirp.length ? this.chirp[into] : 0;
    }
    return true;
  }
}

registerProcessor("chirps", Chirps);
