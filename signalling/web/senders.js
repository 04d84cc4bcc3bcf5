import { say } from "./console.js";

/**
 * What leaves this page on one connection: nothing before the visit lets it, then the camera at once.
 *
 * Before the press the camera is on its sender already, but the sender's only encoding is not
 * active, so that not one packet of it leaves (W3C WebRTC, RTCRtpEncodingParameters.active). The
 * press makes it active: in Chromium the first picture then left 10 to 20 ms sooner than from a
 * sender that gets its camera only then. Where a browser does not do that, the sender stays empty.
 */
export class Senders {
  /**
   * @param {Pick<RTCPeerConnection, "getTransceivers"|"signalingState">} pc
   * @param {string} [visit]  for the console
   */
  constructor(pc, visit = "-") {
    this.pc = pc;
    this.visit = visit;
    /** What each sender was given last; its own `track` says so only later. @type {Map<RTCRtpSender, MediaStreamTrack|null>} */
    this.given = new Map();
    /** The sender that has its camera and may not send yet. @type {RTCRtpSender|null} */
    this.armed = null;
  }

  /** Shut the camera's sender, so that it may have its camera. Once the answer is set, not later. */
  async arm() {
    const video = this.pc.getTransceivers().find(isVideo)?.sender;
    if (video === undefined) return;
    try {
      await setActive(video, false);
    } catch (error) {
      say("info", this.visit, "the camera waits for the press", error);
      return;
    }
    const { encodings } = video.getParameters();
    const shut = encodings.length > 0 && encodings.every(({ active }) => active === false);
    if (shut) this.armed = video;
  }

  /**
   * Open or shut every sender, the camera's first. Level-triggered.
   *
   * @param {boolean} open
   * @param {{camera: MediaStreamTrack|null, microphone: MediaStreamTrack|null}} tracks
   */
  async fill(open, { camera, microphone }) {
    if (this.pc.signalingState === "closed") return;
    const [videos, sounds] = [true, false].map((video) =>
      this.pc.getTransceivers().filter((each) => isVideo(each) === video),
    );
    await Promise.all([
      ...(videos ?? []).map(({ sender }) => this.#fill(sender, open, camera)),
      ...(sounds ?? []).map(({ sender }) => this.#fill(sender, open, microphone)),
    ]);
  }

  /**
   * @param {RTCRtpSender} sender
   * @param {boolean} open
   * @param {MediaStreamTrack|null} track
   */
  async #fill(sender, open, track) {
    if (sender !== this.armed) return this.#give(sender, open ? track : null);
    if (!open) return this.#give(sender, track);
    this.armed = null;
    await Promise.all([this.#give(sender, track), this.#activate(sender)]);
  }

  /**
   * @param {RTCRtpSender} sender
   * @param {MediaStreamTrack|null} track
   */
  async #give(sender, track) {
    if ((this.given.get(sender) ?? null) === track) return;
    this.given.set(sender, track);
    try {
      await sender.replaceTrack(track);
    } catch (error) {
      this.given.delete(sender);
      if (this.pc.signalingState !== "closed") throw error;
    }
  }

  /** @param {RTCRtpSender} sender */
  async #activate(sender) {
    try {
      await setActive(sender, true);
    } catch (error) {
      if (this.pc.signalingState === "closed") return;
      say("warn", this.visit, "the camera's sender is asked again to send", error);
      this.armed = sender;
    }
  }
}

/** @param {RTCRtpTransceiver} transceiver */
function isVideo({ receiver }) {
  return receiver.track.kind === "video";
}

/**
 * @param {RTCRtpSender} sender
 * @param {boolean} active
 */
async function setActive(sender, active) {
  const parameters = sender.getParameters();
  for (const each of parameters.encodings) each.active = active;
  await sender.setParameters(parameters);
}
