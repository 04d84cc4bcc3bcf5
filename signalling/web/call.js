/**
 * The call of one visit on the page's side: answers the kiosk's offers, sends when it may, and
 * measures what comes. PROTOCOL.md, "A visit".
 *
 * A new offer is answered beside the connection that is shown, and takes its place when it shows
 * a picture. Nothing leaves this device before `send(true)`.
 */

import { say } from "./console.js";
import { countersOf, NOTHING, qualityBetween, secondBetween, within } from "./measures.js";
import { Senders } from "./senders.js";

/** @typedef {import("./messages.js").MessageOut} MessageOut */
/** @typedef {import("./model.js").Quality} Quality */
/** @typedef {{camera: MediaStreamTrack|null, microphone: MediaStreamTrack|null}} Tracks */

/** The hub takes and sends at most this many for one connection, but the word that they end. */
export const MAX_CANDIDATES = 20;
export const MEASURE_EVERY_MS = 500;
/** No packet for this long, and the jail's media does not arrive. */
const SILENT_AFTER_MS = 1500;
/** Media that comes brings a packet every few milliseconds. */
const HEARS_WITHIN_MS = 500;
const HEARS_EVERY_MS = 50;
/** A timer that is a little early must not make it every third half second instead of every second. */
const TELL_EVERY_MS = 2 * MEASURE_EVERY_MS - 50;

/** One answered offer. */
class Peer {
  /**
   * @param {string} visit
   * @param {number} connection
   * @param {RTCConfiguration} configuration
   */
  constructor(visit, connection, configuration) {
    this.visit = visit;
    this.connection = connection;
    this.pc = new RTCPeerConnection(configuration);
    this.senders = new Senders(this.pc, visit);
    this.stream = new MediaStream();
    this.heard_ms = -Infinity;
    /** @type {import("./measures.js").Moment[]} the last seconds, oldest first */
    this.history = [];
    /** @type {import("./measures.js").Moment|null} what the hub was told last */
    this.told = null;
    /** @type {RTCIceCandidateInit[]|null} what came before the offer was taken; null: it is */
    this.waiting = [];
  }

  /** @param {number} now_ms */
  receiving(now_ms) {
    return now_ms - this.heard_ms < SILENT_AFTER_MS;
  }

  /**
   * One of the terminal's candidates. One that is no use is no harm: others may be.
   *
   * @param {RTCIceCandidateInit} candidate
   */
  async add(candidate) {
    try {
      await this.pc.addIceCandidate(candidate);
    } catch (error) {
      say("warn", this.visit, "a candidate of the terminal was not taken", error);
    }
  }

  /** The offer is taken: so may candidates be. */
  addWaiting() {
    for (const candidate of this.waiting ?? []) void this.add(candidate);
    this.waiting = null;
  }

  close() {
    this.pc.onicecandidate = null;
    this.pc.ontrack = null;
    this.pc.close();
  }
}

export class Call {
  /**
   * `stage` shows streams; `onChange` runs when what `state()` returns has changed.
   *
   * @param {object} options
   * @param {string} options.visit
   * @param {(message: MessageOut) => void} options.send
   * @param {import("./stage.js").Stage} options.stage
   * @param {() => Tracks} options.tracks
   * @param {() => void} options.onChange
   */
  constructor({ visit, send, stage, tracks, onChange }) {
    this.visit = visit;
    this.sendMessage = send;
    this.stage = stage;
    this.tracks = tracks;
    this.onChange = onChange;
    /** @type {RTCConfiguration|null} */
    this.configuration = null;
    /** @type {Peer|null} */
    this.shown = null;
    /** @type {Peer|null} */
    this.next = null;
    this.sending = false;
    this.onStage = false;
    this.receiving = false;
    /** @type {Quality} */
    this.quality = "good";
    this.timer = window.setInterval(() => void this.measure(), MEASURE_EVERY_MS);
  }

  /** The connection number to report: the newest that media comes on, else the newest. */
  get connection() {
    const now_ms = performance.now();
    if (this.next?.receiving(now_ms)) return this.next.connection;
    if (this.shown?.receiving(now_ms)) return this.shown.connection;
    return this.next?.connection ?? this.shown?.connection ?? 0;
  }

  /** @param {import("./messages.js").Joined} joined */
  configure({ ice_servers, ice_policy }) {
    this.configuration = {
      bundlePolicy: "max-bundle",
      iceTransportPolicy: ice_policy === "relay" ? "relay" : "all",
      iceServers: ice_servers.map(({ urls, username, credential }) => ({
        urls,
        ...(username === null ? {} : { username }),
        ...(credential === null ? {} : { credential }),
      })),
    };
  }

  /**
   * Answer an offer. Older ones than the newest answered are dropped.
   *
   * @param {import("./messages.js").Offer} offer
   */
  async answer({ connection, sdp }) {
    const newest = this.next?.connection ?? this.shown?.connection ?? 0;
    if (this.configuration === null || connection <= newest) return;
    const peer = new Peer(this.visit, connection, this.configuration);
    const { pc } = peer;
    this.next?.close();
    this.next = peer;
    pc.ontrack = ({ track }) => peer.stream.addTrack(track);
    const sendCandidates = this.#holdCandidates(peer);
    await pc.setRemoteDescription({ type: "offer", sdp });
    peer.addWaiting();
    for (const transceiver of pc.getTransceivers()) transceiver.direction = "sendrecv";
    await pc.setLocalDescription(await pc.createAnswer());
    // The terminal cannot connect before it has the answer: until then nothing can leave.
    if (!this.sending) await peer.senders.arm();
    // Another offer, or the end, may have come in between.
    if (this.next !== peer || pc.localDescription === null) return;
    const answer = withoutLocalNames(pc.localDescription.sdp);
    say("info", this.visit, `connection=${connection} answered`);
    this.sendMessage({ type: "answer", visit: this.visit, connection, sdp: answer });
    sendCandidates();
    await this.#fill(peer);
    this.#present(peer);
  }

  /**
   * One of the terminal's candidates, found after its offer. Of other connections: dropped.
   *
   * @param {import("./messages.js").Ice} ice
   */
  found({ connection, candidate, sdp_mid, sdp_m_line_index }) {
    const peer = [this.next, this.shown].find((each) => each?.connection === connection);
    if (!peer) return;
    const init = { candidate, sdpMid: sdp_mid, sdpMLineIndex: sdp_m_line_index };
    if (peer.waiting === null) void peer.add(init);
    else if (peer.waiting.length <= MAX_CANDIDATES) peer.waiting.push(init);
  }

  /**
   * Open or close what this page sends. Level-triggered: say it as often as you like.
   *
   * @param {boolean} open
   */
  async send(open) {
    this.sending = open;
    await Promise.all([this.shown, this.next].map((peer) => peer && this.#fill(peer)));
  }

  /**
   * Whether this call's pictures are on the stage. One visit at a time is.
   *
   * @param {boolean} on
   */
  setOnStage(on) {
    if (on === this.onStage) return;
    this.onStage = on;
    if (!on) this.stage.clear();
    else if (this.shown !== null) this.stage.show(this.shown.stream);
  }

  /** Close every connection, as when another page has the visit now. */
  hangUp() {
    for (const peer of [this.shown, this.next]) peer?.close();
    this.shown = null;
    this.next = null;
    if (this.onStage) this.stage.clear();
    this.#report(false, "good");
  }

  close() {
    window.clearInterval(this.timer);
    // Whoever closes the call knows: told of it, a page that goes would join the visit again.
    this.onChange = () => {};
    this.hangUp();
    this.setOnStage(false);
  }

  /**
   * Whether media of the jail comes at this very moment. `receiving` may be as old as the last
   * measure, and a device that wakes up goes on with what it knew when it fell asleep.
   */
  async hears() {
    if (!this.receiving) return false;
    const before = await this.#packets();
    const until_ms = performance.now() + HEARS_WITHIN_MS;
    while (performance.now() < until_ms) {
      await new Promise((done) => window.setTimeout(done, HEARS_EVERY_MS));
      if ((await this.#packets()) > before) return true;
    }
    return false;
  }

  /** What came on all connections so far. */
  async #packets() {
    let packets = 0;
    for (const peer of [this.shown, this.next]) {
      if (peer === null) continue;
      const { audio, video } = countersOf(await peer.pc.getStats());
      packets += audio + video;
    }
    return packets;
  }

  /** Read the counters of both connections, and say what changed. */
  async measure() {
    const now_ms = performance.now();
    const peers = [this.shown, this.next].filter((each) => each !== null);
    for (const peer of /** @type {Peer[]} */ (peers)) await this.#count(peer, now_ms);
    // A connection that brings sound but no picture takes over when the old one is silent.
    if (this.next?.receiving(now_ms) && !this.shown?.receiving(now_ms)) this.#swap(this.next);
    const quality = this.shown === null ? "good" : qualityBetween(this.shown.history);
    const receiving = [this.shown, this.next].some((each) => each?.receiving(now_ms) ?? false);
    this.#report(receiving, quality);
    if (this.shown === null) return;
    if (this.sending) this.#tell(this.shown);
    else this.#forget(this.shown);
  }

  /**
   * Tell the hub how the last second was, while the visit goes on.
   *
   * @param {Peer} peer
   */
  #tell(peer) {
    const { told, connection } = peer;
    const now = peer.history.at(-1);
    if (now === undefined) return;
    if (told !== null && now.at_ms - told.at_ms < TELL_EVERY_MS) return;
    peer.told = now;
    const longest_gap_ms = within(this.onStage ? this.stage.longestGapMs() : 0);
    if (told === null) return; // there is nothing yet to compare with
    const second = secondBetween(told, now);
    const { visit } = this;
    this.sendMessage({ type: "call-stats", visit, connection, ...second, longest_gap_ms });
  }

  /**
   * A hold is no second of the call: the first one after it begins with it.
   *
   * @param {Peer} peer
   */
  #forget(peer) {
    peer.told = null;
    if (this.onStage) this.stage.forgetGap();
  }

  /**
   * Candidates wait until the answer is sent: the kiosk knows the connection only then.
   *
   * @param {Peer} peer
   */
  #holdCandidates({ pc, connection }) {
    /** @type {(() => void)[]|null} */
    let held = [];
    let sent = 0;
    pc.onicecandidate = ({ candidate }) => {
      const text = candidate?.candidate ?? "";
      // A `.local` name costs the kiosk a second each; the peer-reflexive one does its work.
      if (/ [^ ]+\.local /.test(text)) return;
      if (text !== "" && (sent += 1) > MAX_CANDIDATES) return;
      const send = () =>
        this.sendMessage({
          type: "ice",
          visit: this.visit,
          connection,
          candidate: text,
          sdp_mid: candidate?.sdpMid ?? null,
          sdp_m_line_index: candidate?.sdpMLineIndex ?? null,
        });
      if (held === null) send();
      else held.push(send);
    };
    return () => {
      for (const send of held ?? []) send();
      held = null;
    };
  }

  /** @param {Peer} peer */
  async #fill({ senders }) {
    await senders.fill(this.sending, this.tracks());
  }

  /**
   * The first connection is shown as it is; a later one when it has a picture.
   *
   * @param {Peer} peer
   */
  #present(peer) {
    if (this.shown === null) {
      this.shown = peer;
      this.next = null;
      if (this.onStage) this.stage.show(peer.stream);
    } else if (this.onStage) {
      this.stage.prepare(peer.stream, () => this.next === peer && this.#swap(peer));
    }
  }

  /** @param {Peer} peer */
  #swap(peer) {
    this.shown?.close();
    this.shown = peer;
    this.next = null;
    if (this.onStage) this.stage.swap();
  }

  /**
   * @param {Peer} peer
   * @param {number} now_ms
   */
  async #count(peer, now_ms) {
    const counters = countersOf(await peer.pc.getStats());
    const last = peer.history.at(-1)?.counters ?? NOTHING;
    if (counters.audio > last.audio || counters.video > last.video) peer.heard_ms = now_ms;
    peer.history.push({ at_ms: now_ms, counters });
    if (peer.history.length > 6) peer.history.shift();
  }

  /**
   * @param {boolean} receiving
   * @param {Quality} quality
   */
  #report(receiving, quality) {
    if (receiving === this.receiving && quality === this.quality) return;
    this.receiving = receiving;
    this.quality = quality;
    this.onChange();
  }
}

/** @param {string} sdp */
function withoutLocalNames(sdp) {
  return sdp.replace(/^a=candidate:.* [^ ]+\.local .*\r\n/gm, "");
}
