import assert from "node:assert/strict";
import { test } from "node:test";

import { countersOf, NOTHING, qualityOf, secondBetween } from "../../../signalling/web/measures.js";
import { PictureGaps } from "../../../signalling/web/picture-gaps.js";

const REPORT = new Map([
  ["a", { type: "inbound-rtp", kind: "audio", packetsReceived: 100, packetsLost: 2, jitter: 0.004,
    concealedSamples: 1440, silentConcealedSamples: 480, totalSamplesReceived: 48_000,
    totalSamplesDuration: 1, jitterBufferDelay: 1440, jitterBufferEmittedCount: 48_000 }],
  ["v", { type: "inbound-rtp", kind: "video", packetsReceived: 60, packetsLost: -1, framesDecoded: 30,
    framesDropped: 4, bytesReceived: 100_000 }],
  ["o", { type: "outbound-rtp", kind: "video", bytesSent: 50_000, framesSent: 15, targetBitrate: 800_000 }],
  ["r", { type: "remote-inbound-rtp", kind: "video", packetsLost: 7 }],
  ["p", { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.025 }],
]);
const START = { at_ms: 1000, counters: { ...NOTHING } };

test("a second is told as rates, and counts as they stand", () => {
  const second = secondBetween(START, { at_ms: 2000, counters: countersOf(REPORT) });
  assert.deepEqual(second, {
    rtt_ms: 25,
    video_kbps_in: 800,
    video_kbps_out: 400,
    fps_in: 30,
    fps_out: 15,
    lost_in: 2,
    lost_out: 7,
    jitter_ms: 4,
    sound_delay_ms: 30,
    concealed_ms: 20,
    dropped: 4,
    target_kbps: 800,
  });
});

test("no number leaves that the hub would close the page for", () => {
  const odd = { ...NOTHING, bytes: -5, bytesOut: Infinity, lostOut: 1e12, jitter_ms: NaN, dropped: 1.4 };
  const second = secondBetween(START, { at_ms: 1000, counters: odd });
  for (const value of Object.values(second)) {
    assert.ok(value === null || (Number.isFinite(value) && value >= 0), JSON.stringify(second));
  }
  assert.equal(second.lost_out, 1_000_000_000);
  assert.equal(second.dropped, 1);
});

test("quality in one word", () => {
  const good = { fps: 30, lossShare: 0, rtt_ms: 40, sound: true };
  assert.equal(qualityOf(good), "good");
  assert.equal(qualityOf({ ...good, rtt_ms: null }), "good");
  assert.equal(qualityOf({ ...good, fps: 10 }), "fair");
  assert.equal(qualityOf({ ...good, lossShare: 0.03 }), "fair");
  assert.equal(qualityOf({ ...good, rtt_ms: 600 }), "weak");
  assert.equal(qualityOf({ ...good, fps: 0 }), "sound-only");
  assert.equal(qualityOf({ ...good, fps: 0, sound: false }), "weak");
});

/** A video whose pictures a test presents. */
class FakeVideo {
  waiting = [];
  requestVideoFrameCallback(run) {
    this.waiting.push(run);
  }
  present(at_ms) {
    for (const run of this.waiting.splice(0)) run(at_ms, {});
  }
}

test("the longest gap is told once, the one that lasts too", () => {
  let now_ms = 0;
  const gaps = new PictureGaps(() => now_ms);
  const video = new FakeVideo();
  assert.equal(gaps.take(true), 0);
  gaps.watch(video);
  for (const at_ms of [100, 133, 400, 433]) video.present(at_ms);
  now_ms = 450;
  assert.equal(gaps.take(true), 267);
  now_ms = 1450;
  assert.equal(gaps.take(true), 1017, "it still lasts");
  now_ms = 2450;
  assert.equal(gaps.take(true), 2017);
  video.present(2460);
  now_ms = 2470;
  assert.equal(gaps.take(true), 2027);
  video.present(2493);
  now_ms = 2500;
  assert.equal(gaps.take(true), 33);
});

test("what nobody can see is no freeze, and another video goes on counting", () => {
  let now_ms = 0;
  const gaps = new PictureGaps(() => now_ms);
  const [first, second] = [new FakeVideo(), new FakeVideo()];
  gaps.watch(first);
  first.present(10);
  now_ms = 9000;
  assert.equal(gaps.take(false), 0);
  first.present(9500);
  now_ms = 9510;
  assert.equal(gaps.take(true), 10);
  gaps.watch(second);
  first.present(9520); // shown no more
  second.present(9900);
  now_ms = 9900;
  assert.equal(gaps.take(true), 400);
  assert.equal(first.waiting.length, 0);
  gaps.watch(null);
  now_ms = 20_000;
  assert.equal(gaps.take(true), 0);
});
