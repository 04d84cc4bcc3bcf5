/** The session token: kept where it can be, and never sent when it is damaged. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { TokenStore } from "../../../signalling/web/account.js";

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
