/** The session token: kept where it can be, and never sent when it is damaged. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Account, TokenStore } from "../../../signalling/web/account.js";
import { newModel } from "../../../signalling/web/model.js";

/** A storage that a browser would have, over a map. */
function storage() {
  const kept = new Map();
  return {
    getItem: (/** @type {string} */ key) => kept.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => void kept.set(key, value),
    removeItem: (/** @type {string} */ key) => void kept.delete(key),
    kept,
  };
}

test("a token is kept, found by the next page, and removed", () => {
  const place = storage();
  const tokens = new TokenStore(() => /** @type {any} */ (place));
  tokens.set("a".repeat(43));
  assert.equal(new TokenStore(() => /** @type {any} */ (place)).get(), "a".repeat(43));
  tokens.set(null);
  assert.equal(tokens.get(), null);
  assert.equal(place.kept.size, 0);
});

test("a damaged token is no token", () => {
  const place = storage();
  const tokens = new TokenStore(() => /** @type {any} */ (place));
  for (const damaged of ["", "short", "with spaces in the middle of it", "x".repeat(129), "[object Object]"]) {
    tokens.set(damaged);
    assert.equal(tokens.get(), null, damaged);
  }
});

test("without storage the token lasts as long as the page", () => {
  const tokens = new TokenStore(() => {
    throw new Error("forbidden");
  });
  tokens.set("b".repeat(43));
  assert.equal(tokens.get(), "b".repeat(43));
});

const [ANA, EVA] = ["a".repeat(43), "e".repeat(43)];

/** A tab of a browser that has `place` in common with others, where Ana is logged in. */
function tabOfAna(/** @type {ReturnType<typeof storage>} */ place) {
  const tokens = new TokenStore(() => /** @type {any} */ (place));
  tokens.set(ANA);
  const model = newModel("page-1", 0);
  const nothing = () => {};
  const hub = /** @type {any} */ ({ now: () => 0 });
  const calls = { onChange: nothing, onLoggedOut: nothing, onPressed: nothing };
  const handlers = new Account({ model, hub, tokens, ...calls }).handlers();
  const welcome = (/** @type {string|null} */ name) =>
    handlers.welcome({ type: "welcome", now: 0, name, facilities: [], opened: null });
  welcome("Ana");
  Object.assign(model, { visits: [], people: [], tab: "schedule" });
  return { tokens, model, handlers, welcome };
}

test("a tab that comes back after another one logged somebody else in has nothing of before", () => {
  const place = storage();
  const { tokens, model, welcome } = tabOfAna(place);
  new TokenStore(() => /** @type {any} */ (place)).set(EVA);
  welcome("Eva");
  assert.equal(model.name, "Eva");
  assert.equal(model.visits, null);
  assert.equal(model.people, null);
  assert.equal(tokens.get(), EVA);
});

test("a tab that hears late of its end leaves the log-in of another tab", () => {
  const place = storage();
  const { model, handlers } = tabOfAna(place);
  new TokenStore(() => /** @type {any} */ (place)).set(EVA);
  handlers["logged-out"]();
  assert.equal(model.name, null);
  assert.equal(new TokenStore(() => /** @type {any} */ (place)).get(), EVA);
});

test("whoever is thrown out is told, after a reload and in the middle of something too", () => {
  const first = tabOfAna(storage());
  first.model.name = null; // loaded again
  first.welcome(null);
  assert.equal(first.model.note?.code, "not-logged-in");
  assert.equal(first.tokens.get(), null);
  const second = tabOfAna(storage());
  second.model.busy = "list-slots";
  second.handlers["logged-out"]();
  assert.equal(second.model.note?.code, "not-logged-in");
  const third = tabOfAna(storage());
  third.model.busy = "log-out";
  third.handlers["logged-out"]();
  assert.equal(third.model.note, null);
});
