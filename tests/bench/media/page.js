/**
 * One side of a call in a browser, as the family's page makes it (signalling/web/call.js) or, as
 * the peer to compare with, in the terminal's place. The bench calls these functions; the page
 * calls `asked`, `found` of the bench.
 */
import { Senders } from "./web/senders.js";

const video = document.getElementById("video");
const audio = document.getElementById("audio");
const calls = new Map();
/** For each connection a promise that its remote description is set: candidates wait for it. */
const described = new Map();
const tracks = { camera: null, microphone: null };
let microphone = null;

function description(number) {
  if (!described.has(number)) {
    let resolve = () => {};
    const promise = new Promise((done) => { resolve = done; });
    described.set(number, { promise, resolve });
  }
  return described.get(number);
}

class Call {
  constructor(number, configuration) {
    this.number = number;
    this.stream = new MediaStream();
    this.pressed = null;
    this.first = null;
    this.frames = [];
    this.resting = false;
    this.pc = new RTCPeerConnection({ bundlePolicy: "max-bundle", ...configuration });
    this.senders = new Senders(this.pc);
    this.pc.onicecandidate = ({ candidate }) => {
      if (candidate?.candidate) void window.found(number, candidate.candidate, candidate.sdpMid);
    };
    this.pc.ontrack = ({ track }) => this.stream.addTrack(track);
    this.up = new Promise((resolve) => {
      this.pc.onconnectionstatechange = () => {
        if (this.pc.connectionState === "connected") resolve(wall_ms());
      };
    });
  }

  /** All stands, nothing leaves: as the family's page waits for the press. */
  async wait() {
    await this.senders.arm();
    await this.senders.fill(false, tracks);
  }

  show() {
    for (const element of [video, audio]) {
      element.srcObject = this.stream;
      void element.play();
    }
  }

  /** Note when the first picture is painted. */
  expect() {
    this.painted = new Promise((resolve) => {
      video.requestVideoFrameCallback(() => resolve(wall_ms()));
    });
  }
}

/** Open camera and microphone; both run from now on. */
async function open(parts, fps, chirp, amplitude) {
  tracks.camera = stampedCamera(parts, fps);
  microphone = await stampedMicrophone(chirp, amplitude);
  tracks.microphone = microphone.track;
}

/** In the terminal's place: offer. `live`: with picture and sound from the start. */
async function offer(number, live, configuration) {
  const call = new Call(number, configuration);
  calls.set(number, call);
  for (const [kind, track] of [["audio", tracks.microphone], ["video", tracks.camera]]) {
    call.pc.addTransceiver(live ? track : kind, { direction: "sendrecv" });
  }
  await call.pc.setLocalDescription(await call.pc.createOffer());
  return call.pc.localDescription.sdp;
}

async function accept(number, sdp, live) {
  const call = calls.get(number);
  await call.pc.setRemoteDescription({ type: "answer", sdp });
  description(number).resolve();
  call.show();
  if (!live) await call.wait();
}

/** In the family's place: answer. */
async function answer(number, sdp, live, configuration) {
  const call = calls.get(number) ?? new Call(number, configuration);
  calls.set(number, call);
  await call.pc.setRemoteDescription({ type: "offer", sdp });
  description(number).resolve();
  for (const transceiver of call.pc.getTransceivers()) transceiver.direction = "sendrecv";
  if (live) await call.senders.fill(true, tracks);
  await call.pc.setLocalDescription(await call.pc.createAnswer());
  call.show();
  if (!live) await call.wait();
  return call.pc.localDescription.sdp;
}

async function candidate(number, line, mid) {
  await description(number).promise;
  const one = line ? { candidate: line, sdpMid: mid ?? "0" } : undefined;
  await calls.get(number)?.pc.addIceCandidate(one);
}

/** The green telephone, the connection standing: asks, then sends. Returns when that was. */
async function press(number) {
  const call = calls.get(number);
  const at = wall_ms();
  call.expect();
  await window.asked(number);
  await call.senders.fill(true, tracks);
  return at;
}

/** The green telephone, connecting in the press: asks, and answers what then comes. */
async function pressCold(number, configuration) {
  const at = wall_ms();
  const call = new Call(number, configuration);
  calls.set(number, call);
  call.expect();
  await window.asked(number);
  return at;
}

/** In the terminal's place: what `begun` does there. */
async function begun(number) {
  const call = calls.get(number);
  call.expect();
  await call.senders.fill(true, tracks);
}

const expect = (number) => calls.get(number).expect();
const painted = (number) => calls.get(number).painted;
const connected = (number) => calls.get(number).up;

/** Whether the microphone hears chirps, or a tone. */
const chirping = (yes) => microphone.say(yes);

/** Stop drawing and read every frame instead, from now on. */
function measure(number) {
  const call = calls.get(number);
  video.srcObject = null;
  for (const track of call.stream.getVideoTracks()) void readFrames(track, call);
}

/** Whether frames are thrown away unread: reading costs what a screen's drawing is not to. */
function rest(number, yes) {
  calls.get(number).resting = yes;
}

/** Keep all sound from now on. */
function listen(number) {
  const call = calls.get(number);
  call.heard = [];
  for (const track of call.stream.getAudioTracks()) void readSound(track, call.heard);
}

/** Take what `measure` has read of the picture so far. */
const taken = (number) => calls.get(number).frames.splice(0);
/** Take what `listen` has kept so far. */
const heard = (number) => takeSound(calls.get(number).heard);

function hangUp(number) {
  video.srcObject = null;
  audio.srcObject = null;
  calls.get(number)?.pc.close();
  calls.delete(number);
  described.delete(number);
}

// The bench calls these by name.
Object.assign(window, { open, offer, accept, answer, candidate, press, pressCold, begun, expect,
  painted, connected, chirping, measure, rest, listen, taken, heard, hangUp });
