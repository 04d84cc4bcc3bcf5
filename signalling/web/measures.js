/** Pure: from what the browser counts of a call to rates, a quality word and `call-stats`. */

/**
 * What one connection has counted since it stands. Packets unless named otherwise.
 *
 * @typedef {object} Counters
 * @property {number} audio
 * @property {number} video
 * @property {number} lost  of the picture
 * @property {number} audioLost
 * @property {number} lostOut  as the terminal reports
 * @property {number} frames  decoded
 * @property {number} framesOut
 * @property {number} dropped  frames that came too late to be shown
 * @property {number} bytes  of the picture
 * @property {number} bytesOut
 * @property {number} concealed  samples made up that are no silence
 * @property {number} samples
 * @property {number} samples_s  how long those last
 * @property {number} waited_s  all samples' time in the sound's buffer together
 * @property {number} played  samples that left that buffer
 * @property {number} jitter_ms
 * @property {number} target_kbps
 * @property {number|null} rtt_ms
 */
/** @typedef {import("./model.js").Quality} Quality */
/** @typedef {{at_ms: number, counters: Counters}} Moment */
/** @typedef {Omit<import("./messages.js").CallStats, "type"|"visit"|"connection"|"longest_gap_ms">} Second */

const MOST_MS = 3_600_000;
const MOST_KBPS = 1_000_000;
const MOST_FPS = 1000;
const MOST_COUNTED = 1_000_000_000;

/** @type {Readonly<Counters>} */
export const NOTHING = Object.freeze({
  audio: 0,
  video: 0,
  lost: 0,
  audioLost: 0,
  lostOut: 0,
  frames: 0,
  framesOut: 0,
  dropped: 0,
  bytes: 0,
  bytesOut: 0,
  concealed: 0,
  samples: 0,
  samples_s: 0,
  waited_s: 0,
  played: 0,
  jitter_ms: 0,
  target_kbps: 0,
  rtt_ms: null,
});

/**
 * @param {Pick<RTCStatsReport, "forEach">} report
 * @returns {Counters}
 */
export function countersOf(report) {
  const counters = { ...NOTHING };
  report.forEach((each) => {
    if (each.type === "inbound-rtp" && each.kind === "audio") sound(each, counters);
    else if (each.type === "inbound-rtp" && each.kind === "video") picture(each, counters);
    else if (each.type === "outbound-rtp" && each.kind === "video") {
      counters.bytesOut += each.bytesSent ?? 0;
      counters.framesOut += each.framesSent ?? each.framesEncoded ?? 0;
      counters.target_kbps = (each.targetBitrate ?? 0) / 1000;
    } else if (each.type === "remote-inbound-rtp") {
      counters.lostOut += Math.max(0, each.packetsLost ?? 0);
    } else if (each.type === "candidate-pair" && each.nominated) {
      counters.rtt_ms = (each.currentRoundTripTime ?? 0) * 1000;
    }
  });
  return counters;
}

/**
 * @param {any} each  an RTCInboundRtpStreamStats, with members that TypeScript does not know
 * @param {Counters} counters
 */
function sound(each, counters) {
  counters.audio += each.packetsReceived ?? 0;
  counters.audioLost += Math.max(0, each.packetsLost ?? 0);
  counters.concealed += (each.concealedSamples ?? 0) - (each.silentConcealedSamples ?? 0);
  counters.samples += each.totalSamplesReceived ?? 0;
  counters.samples_s += each.totalSamplesDuration ?? 0;
  counters.waited_s += each.jitterBufferDelay ?? 0;
  counters.played += each.jitterBufferEmittedCount ?? 0;
  counters.jitter_ms = (each.jitter ?? 0) * 1000;
}

/**
 * @param {any} each
 * @param {Counters} counters
 */
function picture(each, counters) {
  counters.video += each.packetsReceived ?? 0;
  counters.frames += each.framesDecoded ?? 0;
  counters.dropped += each.framesDropped ?? 0;
  counters.bytes += each.bytesReceived ?? 0;
  counters.lost += Math.max(0, each.packetsLost ?? 0);
}

/**
 * How the call is, in one word. Rates over the last seconds; null: not known yet.
 *
 * @typedef {object} Sample
 * @property {number} fps  pictures decoded per second
 * @property {number} lossShare  0 to 1, of packets that should have come
 * @property {number|null} rtt_ms
 * @property {boolean} sound  audio packets came
 */

/**
 * @param {Sample} sample
 * @returns {Quality}
 */
export function qualityOf({ fps, lossShare, rtt_ms, sound }) {
  const delay_ms = rtt_ms ?? 0;
  if (fps < 1) return sound ? "sound-only" : "weak";
  if (fps < 8 || lossShare > 0.05 || delay_ms > 500) return "weak";
  if (fps < 14 || lossShare > 0.02 || delay_ms > 250) return "fair";
  return "good";
}

/**
 * @param {Moment[]} history
 * @returns {Quality}
 */
export function qualityBetween(history) {
  const [first, last] = [history[0], history.at(-1)];
  if (first === undefined || last === undefined || history.length < 4) return "good";
  const seconds = (last.at_ms - first.at_ms) / 1000;
  const came = last.counters.video - first.counters.video;
  const lost = last.counters.lost - first.counters.lost;
  return qualityOf({
    fps: (last.counters.frames - first.counters.frames) / seconds,
    lossShare: lost / Math.max(1, came + lost),
    rtt_ms: last.counters.rtt_ms,
    sound: last.counters.audio > first.counters.audio,
  });
}

/**
 * What the hub is told of the time between two moments. The hub closes a page that sends a number
 * outside the limits: each is brought within.
 *
 * @param {Moment} before
 * @param {Moment} after
 * @returns {Second}
 */
export function secondBetween(before, after) {
  const seconds = (after.at_ms - before.at_ms) / 1000;
  const [was, is] = [before.counters, after.counters];
  const more = (/** @type {Exclude<keyof Counters, "rtt_ms">} */ name) => is[name] - was[name];
  const sampleMs = (more("samples_s") / more("samples")) * 1000;
  return {
    rtt_ms: is.rtt_ms === null ? null : within(is.rtt_ms, MOST_MS),
    video_kbps_in: within((more("bytes") * 8) / 1000 / seconds, MOST_KBPS),
    video_kbps_out: within((more("bytesOut") * 8) / 1000 / seconds, MOST_KBPS),
    fps_in: within(more("frames") / seconds, MOST_FPS),
    fps_out: within(more("framesOut") / seconds, MOST_FPS),
    lost_in: whole(is.lost + is.audioLost),
    lost_out: whole(is.lostOut),
    jitter_ms: within(is.jitter_ms, MOST_MS),
    sound_delay_ms: within((more("waited_s") / more("played")) * 1000, MOST_MS),
    concealed_ms: within(more("concealed") * sampleMs, MOST_MS),
    dropped: whole(is.dropped),
    target_kbps: within(is.target_kbps, MOST_KBPS),
  };
}

/**
 * A number between 0 and `most`; what is none (0 / 0, as when no sound came) is 0.
 *
 * @param {number} value
 * @param {number} most
 */
export function within(value, most = MOST_MS) {
  if (Number.isNaN(value)) return 0;
  return Math.min(Math.max(0, value), most);
}

/** @param {number} value */
function whole(value) {
  return Math.round(within(value, MOST_COUNTED));
}
