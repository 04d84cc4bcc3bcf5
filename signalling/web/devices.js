/**
 * Camera and microphone of this device: asking for them, what is wrong, and the meter.
 *
 * A device that is refused or missing is a fault with a name, never an exception: the visit works
 * one way.
 */

import { METER_BLOCKS } from "./state.js";

/** @typedef {import("./model.js").DeviceFault} DeviceFault */
/** @typedef {"camera"|"microphone"} Kind */
/** @typedef {{id: string, label: string}} Named  one of several devices */

/** What the loudest block of the meter stands for, and the quietest, in dB of full scale. */
const LOUD_DB = -10;
const QUIET_DB = -58;
/** Longer than a tick of the screen (341 ms at 48 kHz), so that no word falls between two looks. */
const HEARD_SAMPLES = 16384;
const WINDOW_SAMPLES = 1024;
const KINDS = /** @type {const} */ (["camera", "microphone"]);
/** @type {MediaTrackConstraints} */
const FRONT = Object.freeze({ facingMode: "user" });

/** Names of DOMException by getUserMedia (W3C Media Capture, 10.2.1), and what to tell people. */
/** @type {Record<string, DeviceFault>} */
const FAULTS = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotReadableError: "in-use",
  AbortError: "in-use",
  NotFoundError: "none",
  OverconstrainedError: "none",
};

/**
 * The picture to ask the camera for: `?size=1280x720` in the address, else 640x480.
 *
 * @param {string} search
 */
export function wishedSize(search) {
  const match = /^(\d{3,4})x(\d{3,4})$/.exec(new URLSearchParams(search).get("size") ?? "");
  return match
    ? { width: Number(match[1]), height: Number(match[2]) }
    : { width: 640, height: 480 };
}

/**
 * @param {unknown} error
 * @returns {DeviceFault}
 */
export function faultOf(error) {
  const name = error instanceof Error ? error.name : "";
  // Chromium's "Permission denied by system": then no setting of the site helps.
  if (error instanceof Error && name === "NotAllowedError" && /by system/.test(error.message)) {
    return "denied-system";
  }
  return FAULTS[name] ?? "failed";
}

/**
 * The browser's family, for the words that say where permission is given.
 *
 * @param {string} agent
 * @returns {"ios"|"chrome"|"firefox"|"safari"|"other"}
 */
export function browserOf(agent) {
  // Every browser of an iPhone or iPad asks by the system's settings.
  if (/iPhone|iPad|iPod|CriOS|FxiOS|EdgiOS/.test(agent)) return "ios";
  if (/Firefox/.test(agent)) return "firefox";
  if (/Chrom|Edg/.test(agent)) return "chrome";
  return /Safari/.test(agent) ? "safari" : "other";
}

export class Devices {
  /**
   * `onChange` hears of every track that comes or goes.
   *
   * @param {object} options
   * @param {{width: number, height: number}} options.size
   * @param {() => AudioContext} options.audio
   * @param {() => void} options.onChange
   * @param {MediaDevices|undefined} options.media  undefined on an insecure origin
   * @param {(kind: Kind, id?: string) => string|null} [options.chosen]  remembers which is chosen
   */
  constructor({ size, audio, onChange, media, chosen = () => null }) {
    this.chosen = chosen;
    /**
     * What there is; without names until the person allowed one.
     *
     * @type {Record<Kind, Named[]>}
     */
    this.lists = { camera: [], microphone: [] };
    this.size = size;
    this.audio = audio;
    this.onChange = onChange;
    this.media = media;
    /** @type {Record<Kind, MediaStreamTrack|null>} */
    this.tracks = { camera: null, microphone: null };
    /** @type {Record<Kind, DeviceFault|null>} */
    this.faults = { camera: null, microphone: null };
    this.asked = false;
    /** The camera is being changed for its neighbour, whichever was chosen. */
    this.switching = false;
    /** How many cameras there are; known once the person allowed one. */
    this.cameras = 0;
    /** Which camera to ask for, where none is chosen. @type {MediaTrackConstraints} */
    this.camera = FRONT;
    /** @type {Promise<void>|null} */
    this.asking = null;
    /** @type {AnalyserNode|null} */
    this.analyser = null;
  }

  /** Ask for what is missing. Returns when both have answered; asks at most once at a time. */
  ask() {
    this.asking ??= this.#ask().finally(() => {
      this.asking = null;
    });
    return this.asking;
  }

  /** A device came or went: ask again for what there was none of, or for the chosen one. */
  async replugged() {
    if (!this.asked) return;
    const { camera, microphone } = this.faults;
    if (camera === "none" || microphone === "none") await this.ask();
    await this.#list();
    for (const kind of KINDS) {
      const wish = this.chosen(kind);
      const here = this.lists[kind].some(({ id }) => id === wish);
      if (wish !== null && here && this.#used(kind) !== wish) await this.choose(kind, wish);
    }
    this.onChange();
  }

  /**
   * Use one of several devices, now and from now on.
   *
   * @param {Kind} kind
   * @param {string} id
   */
  async choose(kind, id) {
    this.chosen(kind, id);
    await this.asking;
    // Some systems let a program have one camera at a time.
    this.tracks[kind]?.stop();
    this.tracks[kind] = null;
    await this.ask();
  }

  /** As the screens show it. */
  state() {
    const used = { camera: this.#used("camera"), microphone: this.#used("microphone") };
    return { ...this.faults, asked: this.asked, lists: this.lists, used };
  }

  /** @param {Kind} kind */
  #used(kind) {
    return this.tracks[kind]?.getSettings().deviceId ?? null;
  }

  /**
   * Go on with this device's next camera: on a phone the one on its other side. Back at the one
   * before when that does not start. Phones open one camera at a time, so the old one stops first.
   */
  async nextCamera() {
    if (this.media === undefined || this.cameras < 2 || this.asking !== null) return;
    const before = this.tracks.camera;
    const { facingMode, deviceId } = before?.getSettings() ?? {};
    if (facingMode === "user" || facingMode === "environment") {
      this.camera = { facingMode: facingMode === "user" ? "environment" : "user" };
    } else {
      await this.#list();
      const ids = this.lists.camera.map(({ id }) => id);
      const next = ids[(ids.indexOf(deviceId ?? "") + 1) % ids.length];
      this.camera = next === undefined ? {} : { deviceId: { exact: next } };
    }
    this.switching = true;
    before?.stop();
    this.tracks.camera = null;
    await this.ask();
    this.switching = false;
    if (this.tracks.camera !== null) return;
    this.camera = deviceId === undefined ? FRONT : { deviceId: { exact: deviceId } };
    await this.ask();
  }

  /** Give camera and microphone back; their lights go out. */
  release() {
    for (const kind of KINDS) {
      this.tracks[kind]?.stop();
      this.tracks[kind] = null;
    }
    this.analyser = null;
    this.asked = false;
    this.onChange();
  }

  /** The loudest that the microphone heard in the last third of a second, 0 to METER_BLOCKS. */
  level() {
    if (this.analyser === null) return 0;
    const samples = new Float32Array(this.analyser.fftSize);
    this.analyser.getFloatTimeDomainData(samples);
    const db = 10 * Math.log10(loudestPower(samples) + 1e-12);
    const share = (db - QUIET_DB) / (LOUD_DB - QUIET_DB);
    return Math.round(METER_BLOCKS * Math.min(1, Math.max(0, share)));
  }

  async #ask() {
    const wanted = KINDS.filter((kind) => this.tracks[kind]?.readyState !== "live");
    if (wanted.length > 0) await this.#get(wanted);
    await this.#list();
    this.cameras = this.lists.camera.length;
    this.asked = true;
    this.onChange();
  }

  async #list() {
    const all = (await this.media?.enumerateDevices()) ?? [];
    // Windows and Chromium name the one in use twice: as itself and as "default".
    const named = (/** @type {string} */ wanted) =>
      all
        .filter(({ kind, deviceId }) => kind === wanted && deviceId !== "default" && deviceId !== "communications")
        .map(({ deviceId, label }) => ({ id: deviceId, label }));
    this.lists = { camera: named("videoinput"), microphone: named("audioinput") };
  }

  /**
   * @param {Kind[]} kinds
   * @param {boolean} [chosen]  the chosen ones and no others
   */
  async #get(kinds, chosen = true) {
    if (this.media === undefined) {
      for (const kind of kinds) this.faults[kind] = "insecure";
      return;
    }
    try {
      const stream = await this.media.getUserMedia(this.#constraints(kinds, chosen));
      for (const track of stream.getTracks()) this.#take(track);
    } catch (error) {
      // One of two may be at fault: ask for each alone, so that the other still works.
      if (kinds.length > 1) for (const kind of kinds) await this.#get([kind]);
      else for (const kind of kinds) await this.#failed(kind, error, chosen);
    }
  }

  /**
   * Where the chosen device is gone another one will do.
   *
   * @param {Kind} kind
   * @param {unknown} error
   * @param {boolean} chosen
   */
  async #failed(kind, error, chosen) {
    const fault = faultOf(error);
    if (fault === "none" && chosen && this.chosen(kind) !== null) await this.#get([kind], false);
    else this.faults[kind] = fault;
  }

  /**
   * @param {Kind[]} kinds
   * @param {boolean} chosen
   */
  #constraints(kinds, chosen) {
    const wish = (/** @type {Kind} */ kind) => (chosen ? exactly(this.chosen(kind)) : null);
    const { width, height } = this.size;
    const video = {
      width: { ideal: width },
      height: { ideal: height },
      frameRate: { ideal: 30, max: 30 },
      ...(this.switching ? this.camera : wish("camera") ?? this.camera),
    };
    const sound = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
    const audio = { ...sound, ...wish("microphone") };
    return {
      video: kinds.includes("camera") ? video : false,
      audio: kinds.includes("microphone") ? audio : false,
    };
  }

  /** @param {MediaStreamTrack} track */
  #take(track) {
    const kind = track.kind === "video" ? "camera" : "microphone";
    this.tracks[kind] = track;
    this.faults[kind] = track.muted ? "muted" : null;
    // A switch at the device, or a call that came in: the track lives, and goes on by itself.
    track.onmute = () => this.#muted(kind, track, true);
    track.onunmute = () => this.#muted(kind, track, false);
    if (kind === "camera") track.contentHint = "motion";
    else this.#listen(track);
    track.onended = () => {
      if (this.tracks[kind] !== track) return;
      this.tracks[kind] = null;
      this.faults[kind] = "none";
      this.onChange();
      // A headset was pulled out: there may be another one, and no further event tells of it.
      if (this.asked) void this.ask();
    };
  }

  /**
   * @param {Kind} kind
   * @param {MediaStreamTrack} track
   * @param {boolean} muted
   */
  #muted(kind, track, muted) {
    if (this.tracks[kind] !== track) return;
    this.faults[kind] = muted ? "muted" : null;
    this.onChange();
  }

  /** @param {MediaStreamTrack} track */
  #listen(track) {
    const audio = this.audio();
    this.analyser = new AnalyserNode(audio, { fftSize: HEARD_SAMPLES });
    new MediaStreamAudioSourceNode(audio, { mediaStream: new MediaStream([track]) }).connect(
      this.analyser,
    );
  }
}

/** @param {string|null} id */
function exactly(id) {
  return id === null ? null : { deviceId: { exact: id } };
}

/**
 * The power of the loudest window in `samples`, 1 for full scale.
 *
 * @param {Float32Array} samples
 */
export function loudestPower(samples) {
  let loudest = 0;
  for (let start = 0; start < samples.length; start += WINDOW_SAMPLES) {
    const window = samples.subarray(start, start + WINDOW_SAMPLES);
    const power = window.reduce((sum, each) => sum + each * each, 0) / window.length;
    loudest = Math.max(loudest, power);
  }
  return loudest;
}
