import assert from "node:assert/strict";
import { test } from "node:test";

import { Newest } from "../../../signalling/web/newest.js";
import { NoReplyError, RefusedError } from "../../../signalling/web/protocol.js";

/** Requests that are answered when the test says so. */
function desk() {
  const asked = [];
  const taken = [];
  const model = { note: null };
  let changes = 0;
  const newest = new Newest({
    model,
    about: "list-slots",
    ask: (wish) =>
      new Promise((resolve, reject) => {
        asked.push({ wish, answer: () => resolve(() => taken.push(wish)), fail: reject });
      }),
    onChange: () => (changes += 1),
  });
  return { asked, taken, model, newest, changes: () => changes };
}

const turn = () => new Promise((done) => setImmediate(done));

test("of wishes made meanwhile the last alone is asked, and the first answer is not taken", async () => {
  const { asked, taken, newest } = desk();
  for (const wish of [1, 2, 3]) newest.wish(wish);
  assert.deepEqual(asked.map(({ wish }) => wish), [1]);
  asked[0].answer();
  await turn();
  assert.deepEqual(asked.map(({ wish }) => wish), [1, 3]);
  asked[1].answer();
  await turn();
  assert.deepEqual(taken, [3]);
  assert.equal(newest.running, false);
});

test("a refusal is said, and the next wish is asked again", async () => {
  const { asked, taken, model, newest } = desk();
  newest.wish(1);
  asked[0].fail(new RefusedError({ about: "list-slots", code: "busy", facts: { n: 1 } }));
  await turn();
  assert.deepEqual(model.note, { about: "list-slots", code: "busy", facts: { n: 1 } });
  assert.ok(newest.failed);
  newest.wish(2);
  assert.equal(newest.failed, false);
  asked[1].answer();
  await turn();
  assert.deepEqual(taken, [2]);
});

test("no reply is said too", async () => {
  const { asked, model, newest, changes } = desk();
  newest.wish(1);
  asked[0].fail(new NoReplyError());
  await turn();
  assert.equal(model.note.code, "no-reply");
  assert.ok(changes() > 0);
});
