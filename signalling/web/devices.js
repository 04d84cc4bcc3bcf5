/**
 * Camera and microphone of this device: asking for them, what is wrong, and the meter.
 *
 * A device that is refused or missing is a fault with a name, never an exception: the visit works
 * one way.
 */

import { METER_BLOCKS } from "./state.js";

/** @typedef {import("./model.js").DeviceFault} DeviceFault */
/** @typedef {"camera"|"microphone"} Kind */

/** What the loudest block of the meter stands for, and the quietest, in dB of full scale. */
const LOUD_DB = -10;
const QUIET_DB = -58;
/** Longer than a tick of the screen (341 ms at 48 kHz), so that no word falls between two looks. */
const HEARD_SAMPLES = 16384;
const WINDOW_SAMPLES = 1024;
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
   */
  constructor({ size, audio, onChange, media }) {
    this.size = size;
    this.audio = audio;
    this.onChange = onChange;
    this.media = media;
    /** @type {Record<Kind, MediaStreamTrack|null>} */
    this.tracks = { camera: null, microphone: null };
    /** @type {Record<Kind, DeviceFault|null>} */
    this.faults = { camera: null, microphone: null };
    this.asked = false;
    /** How many cameras there are; known once the person allowed one. */
    this.cameras = 0;
    /** Which camera to ask for. @type {MediaTrackConstraints} */
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

  /** A device came or went: ask again for what there was none of. */
  replugged() {
    const { camera, microphone } = this.faults;
    if (this.asked && (camera === "none" || microphone === "none")) void this.ask();
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
      const ids = await this.#cameraIds();
      const next = ids[(ids.indexOf(deviceId ?? "") + 1) % ids.length];
      this.camera = next === undefined ? {} : { deviceId: { exact: next } };
    }
    before?.stop();
    this.tracks.camera = null;
    await this.ask();
    if (this.tracks.camera !== null) return;
    this.camera = deviceId === undefined ? FRONT : { deviceId: { exact: deviceId } };
    await this.ask();
  }

  /** Give camera and microphone back; their lights go out. */
  release() {
    for (const kind of /** @type {Kind[]} */ (["camera", "microphone"])) {
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
    const wanted = /** @type {Kind[]} */ (["camera", "microphone"]).filter(
      (kind) => this.tracks[kind]?.readyState !== "live",
    );
    if (wanted.length > 0) await this.#get(wanted);
    this.cameras = (await this.#cameraIds()).length;
    this.asked = true;
    this.onChange();
  }

  async #cameraIds() {
    const all = (await this.media?.enumerateDevices()) ?? [];
    return all.filter(({ kind }) => kind === "videoinput").map(({ deviceId }) => deviceId);
  }

  /** @param {Kind[]} kinds */
  async #get(kinds) {
    if (this.media === undefined) {
      for (const kind of kinds) this.faults[kind] = "insecure";
      return;
    }
    try {
      const stream = await this.media.getUserMedia(this.#constraints(kinds));
      for (const track of stream.getTracks()) this.#take(track);
    } catch (error) {
      // One of two may be at fault: ask for each alone, so that the other still works.
      if (kinds.length > 1) for (const kind of kinds) await this.#get([kind]);
      else for (const kind of kinds) this.faults[kind] = faultOf(error);
    }
  }

  /** @param {Kind[]} kinds */
  #constraints(kinds) {
    const { width, height } = this.size;
    const video = {
      width: { ideal: width },
      height: { ideal: height },
      frameRate: { ideal: 30, max: 30 },
      ...this.camera,
    };
    const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
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
