import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Senders } from "../../../signalling/web/senders.js";

/** A sender as browsers make it: what is asked happens later, in order. */
class FakeSender {
  track = null;
  active = true;
  log = [];
  refuses = false;
  chain = Promise.resolve();
  replaceTrack(track) {
    this.log.push(track?.id ?? null);
    this.chain = this.chain.then(() => (this.track = track));
    return this.chain;
  }
  getParameters() {
    return { encodings: [{ active: this.active }] };
  }
  setParameters({ encodings: [{ active }] }) {
    if (this.refuses) return Promise.reject(new Error("not now"));
    this.log.push(active);
    this.chain = this.chain.then(() => (this.active = active));
    return this.chain;
  }
  get sends() {
    return this.track !== null && this.active;
  }
}

const CAMERA = { id: "camera" };
const MICROPHONE = { id: "microphone" };
const TRACKS = { camera: CAMERA, microphone: MICROPHONE };
let audio, video, pc, senders;

beforeEach(() => {
  [audio, video] = [new FakeSender(), new FakeSender()];
  const transceiver = (sender, kind) => ({ sender, receiver: { track: { kind } } });
  pc = {
    signalingState: "stable",
    getTransceivers: () => [transceiver(audio, "audio"), transceiver(video, "video")],
  };
  senders = new Senders(pc);
});

test("before the press the camera waits on a sender that is shut, the microphone on none", async () => {
  await senders.arm();
  await senders.fill(false, TRACKS);
  assert.deepEqual(video.log, [false, "camera"]);
  assert.deepEqual(audio.log, []);
  assert.ok(!video.sends && !audio.sends);
});

test("the press opens both in one go, the camera's sender first", async () => {
  await senders.arm();
  await senders.fill(false, TRACKS);
  const order = [];
  audio.replaceTrack = () => order.push("microphone");
  video.setParameters = () => order.push("camera");
  const filled = senders.fill(true, TRACKS);
  assert.deepEqual(order, ["camera", "microphone"], "nothing is waited for");
  await filled;
});

test("what shuts again is taken its track, and opens again with it", async () => {
  await senders.arm();
  for (const open of [false, true, false, true]) await senders.fill(open, TRACKS);
  assert.deepEqual(video.log, [false, "camera", true, null, "camera"]);
  assert.deepEqual(audio.log, ["microphone", null, "microphone"]);
  assert.ok(video.sends && audio.sends);
});

test("shutting wins over an opening that is under way", async () => {
  await senders.arm();
  await senders.fill(false, TRACKS);
  await Promise.all([senders.fill(true, TRACKS), senders.fill(false, TRACKS)]);
  assert.ok(!video.sends && !audio.sends);
  assert.equal(video.track, null);
  const bare = new Senders(pc);
  await Promise.all([bare.fill(true, TRACKS), bare.fill(false, TRACKS)]);
  assert.ok(!video.sends && !audio.sends);
});

test("a camera that is switched off before the press is taken off too", async () => {
  await senders.arm();
  await senders.fill(false, TRACKS);
  await senders.fill(false, { ...TRACKS, camera: null });
  await senders.fill(true, { ...TRACKS, camera: null });
  assert.equal(video.track, null);
  await senders.fill(true, TRACKS);
  assert.ok(video.sends);
});

for (const [why, bend] of [
  ["refuses", () => (video.refuses = true)],
  ["does not know it", () => (video.getParameters = () => ({ encodings: [{}] }))],
  ["has no encodings", () => {
    video.getParameters = () => ({ encodings: [] });
    video.setParameters = async () => {};
  }],
]) {
  test(`where the browser ${why}, the camera waits for the press`, async () => {
    bend();
    await senders.arm();
    await senders.fill(false, TRACKS);
    assert.equal(video.track, null);
    await senders.fill(true, TRACKS);
    assert.equal(video.track, CAMERA);
  });
}

test("a sender that would not open is asked again", async () => {
  await senders.arm();
  await senders.fill(false, TRACKS);
  video.refuses = true;
  await senders.fill(true, TRACKS);
  assert.ok(!video.sends);
  video.refuses = false;
  await senders.fill(true, TRACKS);
  assert.ok(video.sends);
});

test("a closed connection is left alone", async () => {
  pc.signalingState = "closed";
  await senders.fill(true, TRACKS);
  assert.deepEqual([audio.log, video.log], [[], []]);
});
