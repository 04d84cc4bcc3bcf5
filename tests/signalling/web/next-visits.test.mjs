/** What the page keeps for when there is no network. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { KEPT_VISITS, NextVisits, nextVisits, readKept, stillNext } from "../../../signalling/web/next-visits.js";

const NOW = 1_790_000_000;
const HOUR = 3600;
const LINDELL = { id: "lindell", name: "Lindell", time_zone: "America/Chicago", clock_24h: false };
const visit = (at, more = {}) => ({ status: "scheduled", inmate: "Ana", starts_at: at, ends_at: at + 1800, id: "v", ...more });
const kept = (at, more = {}) => ({
  starts_at: at,
  ends_at: at + 1800,
  inmate: "Ana",
  facility: "Lindell",
  time_zone: "America/Chicago",
  ...more,
});

test("only who, when and where is kept, soonest first", () => {
  const visits = [visit(NOW + 2 * HOUR, { inmate: "Ben", private: true }), visit(NOW + HOUR)];
  assert.deepEqual(nextVisits([], LINDELL, visits, NOW), [kept(NOW + HOUR), kept(NOW + 2 * HOUR, { inmate: "Ben" })]);
});

test("at most five are kept, and none that ended", () => {
  const visits = [9, 8, 7, 6, 5, 4].map((n) => visit(NOW + n * HOUR));
  const next = nextVisits([], LINDELL, [...visits, visit(NOW, { status: "ended" })], NOW);
  assert.equal(next.length, KEPT_VISITS);
  assert.equal(next[0].starts_at, NOW + 4 * HOUR);
});

test("what another facility told stays; what this one told before does not", () => {
  const other = kept(NOW + HOUR, { facility: "Oak" });
  const next = nextVisits([other, kept(NOW + 3 * HOUR)], LINDELL, [visit(NOW + 2 * HOUR)], NOW);
  assert.deepEqual(next, [other, kept(NOW + 2 * HOUR)]);
});

test("a clock that is wrong by hours hides no visit; yesterday's is gone", () => {
  const today = kept(NOW);
  assert.deepEqual(stillNext([kept(NOW - 30 * HOUR), today], NOW + 10 * HOUR), [today]);
});

test("nothing is made of what is damaged", () => {
  const good = JSON.stringify([kept(NOW)]);
  assert.deepEqual(readKept(good), [kept(NOW)]);
  const bad = { starts_at: "soon", ends_at: 1e300, inmate: null, facility: 7, time_zone: "Mars/Olympus" };
  for (const [name, value] of Object.entries(bad)) {
    assert.deepEqual(readKept(JSON.stringify([kept(NOW, { [name]: value })])), [], name);
  }
  for (const text of [null, "", "{", "{}", "[null]", "[7]", good.slice(1)]) assert.deepEqual(readKept(text), []);
});

function made(text = null) {
  const stored = new Map(text === null ? [] : [["visitbooth.next", text]]);
  const storage = {
    getItem: (key) => stored.get(key) ?? null,
    setItem: (key, value) => stored.set(key, value),
    removeItem: (key) => stored.delete(key),
  };
  const model = { facilities: null, name: null, facility: null, visits: null, next: [] };
  const session = { token: "of-the-session" };
  const next = new NextVisits({ model, token: () => session.token, storage: () => storage });
  return { stored, model, session, next };
}

test("what was kept is there before the hub has told", () => {
  const { model, next, stored } = made(JSON.stringify([kept(NOW)]));
  next.follow(NOW);
  assert.deepEqual(model.next, [kept(NOW)]);
  assert.equal(stored.size, 1);
});

test("every push is kept, and the last visit that is gone leaves nothing", () => {
  const { model, next, stored } = made();
  const here = { facilities: [LINDELL], name: "Maria", facility: LINDELL };
  Object.assign(model, here, { visits: [visit(NOW)] });
  next.follow(NOW);
  assert.deepEqual(readKept(stored.get("visitbooth.next")), [kept(NOW)]);
  model.visits = [];
  next.follow(NOW);
  assert.equal(stored.size, 0);
});

test("the end of a session erases: logged out here, or the hub knows nobody", () => {
  const text = JSON.stringify([kept(NOW)]);
  const out = made(text);
  out.session.token = null;
  out.next.follow(NOW);
  assert.deepEqual([out.stored.size, out.model.next], [0, []]);
  const unknown = made(text);
  unknown.model.facilities = [LINDELL];
  unknown.next.follow(NOW);
  assert.deepEqual([unknown.stored.size, unknown.model.next], [0, []]);
});

test("a browser that forbids storage breaks nothing", () => {
  const model = { facilities: [LINDELL], name: "Maria", facility: LINDELL, visits: [visit(NOW)], next: [] };
  const storage = () => {
    throw new Error("forbidden");
  };
  const next = new NextVisits({ model, token: () => "in-memory", storage });
  next.follow(NOW);
  assert.deepEqual(model.next, [kept(NOW)]);
});
