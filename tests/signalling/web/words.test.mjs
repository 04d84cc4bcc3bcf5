import assert from "node:assert/strict";
import { test } from "node:test";
import { readdirSync, readFileSync } from "node:fs";

import { isLanguage, LANGUAGES, words } from "../../../signalling/web/words.js";

const WEB = new URL("../../../signalling/web/", import.meta.url);
const { en, es } = LANGUAGES;

test("every key is said in every language", () => {
  assert.deepEqual(Object.keys(es).sort(), Object.keys(en).sort());
  for (const [key, text] of [...Object.entries(en), ...Object.entries(es)]) {
    assert.ok(text.trim().length > 0, `${key} is empty`);
  }
});

test("both languages fill in the same facts", () => {
  const facts = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((each) => each[1]).sort();
  for (const key of Object.keys(en)) assert.deepEqual(facts(es[key]), facts(en[key]), key);
});

test("words are plain: one thought a sentence, no exclamation marks", () => {
  for (const table of [en, es]) {
    for (const [key, text] of Object.entries(table)) {
      assert.ok(!/[!¡]/.test(text), `${key}: ${text}`);
      for (const sentence of text.split(/[.?:]\s/)) {
        assert.ok(sentence.split(/\s+/).length <= 12, `${key} is long: ${sentence}`);
      }
    }
  }
});

test("facts are filled in, and a missing one is a fault", () => {
  const t = words("en");
  assert.equal(t("name-ready", { name: "Daniel" }), "Daniel is ready");
  assert.equal(words("es")("min-left", { n: 18 }), "Quedan 18 min");
  assert.throws(() => t("name-ready"), RangeError);
  assert.throws(() => t(/** @type {never} */ ("no-such-word")), RangeError);
  assert.ok(isLanguage("es") && !isLanguage("fr") && !isLanguage(null));
});

test("a name from the right does not turn the words around it", () => {
  const t = words("en");
  assert.equal(t("name-ready", { name: "דניאל" }), "\u2068דניאל\u2069 is ready");
  assert.equal(t("n-min-s", { m: 1, s: 31 }), "1 min 31 s");
  assert.equal(t("name-ready", { name: "Даниил O'Neil 李" }), "Даниил O'Neil 李 is ready");
});

test("no word is there for nothing", () => {
  const code = readdirSync(WEB)
    .filter((name) => name.endsWith(".js") && !name.startsWith("words"))
    .map((name) => readFileSync(new URL(name, WEB), "utf8"))
    .join("\n");
  // Keys that are put together from a state: prefix and what the code takes it from.
  const made = /^(held|which|refused|rule|stars|trouble|warn|quality|field|relation|internet|fix-denied|fix|lost-by|one|n)-/;
  const unused = Object.keys(en).filter((key) => !made.test(key) && !code.includes(`"${key}"`));
  assert.deepEqual(unused, []);
});

test("every icon that the page names is in the sprite", () => {
  const sprite = readFileSync(new URL("icons.svg", WEB), "utf8");
  const ids = new Set([...sprite.matchAll(/<symbol id="([^"]+)"/g)].map((each) => each[1]));
  for (const name of readdirSync(WEB).filter((each) => each.endsWith(".js"))) {
    const code = readFileSync(new URL(name, WEB), "utf8");
    for (const [, symbol] of code.matchAll(/\b(?:icon|note)\("([a-z-]+)"/g)) {
      assert.ok(ids.has(symbol), `${name} wants ${symbol}`);
    }
  }
});
