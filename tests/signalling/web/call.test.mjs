import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";

import { PictureGaps } from "../../../signalling/web/picture-gaps.js";

const realNow = performance.now;
let now_ms = 0;
let onWait = () => {};
/** A window in which a test measures itself, and in which waiting takes no time. */
globalThis.window = {
  setInterval: () => 1,
  clearInterval() {},
  setTimeout(run, delay_ms) {
    now_ms += delay_ms;
    onWait();
    run();
  },
};
globalThis.document = { visibilityState: "visible" };
performance.now = () => now_ms;
after(() => (performance.now = realNow));

const { Call, MEASURE_EVERY_MS } = await import("../../../signalling/web/call.js");

/** A connection on which as many pictures come as a test lets come. */
class FakePeer {
  connection = 1;
  history = [];
  told = null;
  heard_ms = -Infinity;
  frames = 0;
  senders = { fill: async () => {} };
  pc = { getStats: async () => new Map([["v", this.#report()]]) };
  #report() {
    const { frames } = this;
    return { type: "inbound-rtp", kind: "video", framesDecoded: frames, packetsReceived: frames };
  }
  receiving(at_ms) {
    return at_ms - this.heard_ms < 1500;
  }
}

let sent, call, peer, presented;

beforeEach(() => {
  [now_ms, sent, peer, presented, onWait] = [0, [], new FakePeer(), [], () => {}];
  const gaps = new PictureGaps(() => now_ms);
  const stage = {
    clear() {},
    longestGapMs: () => gaps.take(true),
    forgetGap: () => gaps.take(false),
  };
  gaps.watch({ requestVideoFrameCallback: (run) => presented.push(run) });
  call = new Call({ visit: "v1", send: (said) => sent.push(said), stage, tracks: () => ({}), onChange() {} });
  Object.assign(call, { onStage: true, shown: peer });
});

/** Let time pass, with 20 pictures a second or none. */
async function pass(seconds, flowing) {
  for (let step = 1; step <= seconds * 20; step += 1) {
    now_ms += 50;
    if (flowing) {
      peer.frames += 1;
      for (const run of presented.splice(0)) run(now_ms);
    }
    if (now_ms % MEASURE_EVERY_MS === 0) await call.measure();
  }
}

test("the first second after a hold is one second of the call", async () => {
  await call.send(true);
  await pass(4, true);
  const before = sent.length;
  await call.send(false);
  await pass(300, false);
  assert.equal(sent.length, before, "nothing is told of a hold");
  await call.send(true);
  await pass(4, true);
  const told = sent.slice(before);
  assert.ok(told.length >= 2);
  for (const { type, fps_in, longest_gap_ms } of told) {
    assert.deepEqual([type, fps_in, longest_gap_ms], ["call-stats", 20, 50]);
  }
});

test("a freeze while the visit goes on is told as long as it is", async () => {
  await call.send(true);
  await pass(3.5, true);
  await pass(3, false);
  assert.equal(sent.at(-1).fps_in, 0);
  assert.equal(sent.at(-1).longest_gap_ms, 3000);
});

test("a call is heard while packets come, and not by what was heard before the device slept", async () => {
  assert.ok(!(await call.hears()), "nothing ever came");
  await pass(1, true);
  peer.heard_ms = now_ms;
  await call.measure();
  assert.ok(call.receiving);
  const asleep_ms = now_ms;
  assert.ok(!(await call.hears()), "it fell silent, and nobody has measured since");
  assert.equal(now_ms - asleep_ms, 500);
  onWait = () => (peer.frames += 1);
  assert.ok(await call.hears());
  assert.equal(now_ms - asleep_ms, 550, "the first packet is enough");
});
