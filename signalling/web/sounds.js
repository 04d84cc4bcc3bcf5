/** The page's own sounds, made in the browser. */

/** @typedef {{at_s: number, hz: number, for_s: number}} Tone */

/** @type {Record<"bell"|"ready"|"begin"|"held"|"back"|"ended", Tone[]>} */
const TUNES = {
  bell: [
    { at_s: 0, hz: 880, for_s: 1.4 },
    { at_s: 0, hz: 1760, for_s: 0.8 },
  ],
  ready: [
    { at_s: 0, hz: 523, for_s: 0.35 },
    { at_s: 0.2, hz: 784, for_s: 0.6 },
  ],
  begin: [{ at_s: 0, hz: 587, for_s: 0.5 }],
  held: [
    { at_s: 0, hz: 659, for_s: 0.35 },
    { at_s: 0.2, hz: 440, for_s: 0.6 },
  ],
  back: [
    { at_s: 0, hz: 440, for_s: 0.35 },
    { at_s: 0.2, hz: 659, for_s: 0.6 },
  ],
  ended: [
    { at_s: 0, hz: 659, for_s: 0.35 },
    { at_s: 0.2, hz: 523, for_s: 0.35 },
    { at_s: 0.4, hz: 392, for_s: 0.8 },
  ],
};
const LOUDNESS = 0.18;

export class Sounds {
  constructor() {
    /**
     * Made at the first need: before a press the browser keeps it silent.
     *
     * @type {AudioContext|null}
     */
    this.audio = null;
  }

  /** The page's one audio context, also for the microphone meter. */
  context() {
    this.audio ??= new AudioContext();
    return this.audio;
  }

  /** Call in a press, so that sounds later are allowed. */
  async unlock() {
    const audio = this.context();
    if (audio.state === "suspended") await audio.resume();
  }

  /** @param {keyof typeof TUNES} tune */
  play(tune) {
    const audio = this.context();
    if (audio.state !== "running") return;
    for (const tone of TUNES[tune]) this.#strike(audio, tone);
  }

  /**
   * @param {AudioContext} audio
   * @param {Tone} tone
   */
  #strike(audio, { at_s, hz, for_s }) {
    const start = audio.currentTime + at_s;
    const gain = new GainNode(audio, { gain: 0 });
    const oscillator = new OscillatorNode(audio, { type: "sine", frequency: hz });
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(LOUDNESS, start + 0.01);
    gain.gain.exponentialRampToValueAtTime(0.0005, start + for_s);
    oscillator.connect(gain).connect(audio.destination);
    oscillator.start(start);
    oscillator.stop(start + for_s);
  }
}
