/** The service worker, with a browser around it that is played. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";

const SOURCE = readFileSync(new URL("../../../signalling/web/sw.js", import.meta.url), "utf8");
const ORIGIN = "https://visits.example";

/** A worker that has kept `kept`, and asks a network that answers by `fetch`. */
function worker({ kept = {}, fetch = async () => new Response("hub"), older = [] } = {}) {
  const heard = {};
  const added = [];
  const names = new Set([...older, "visitbooth-unbundled"]);
  const timers = [];
  const cache = { addAll: async (paths) => void added.push(...paths), match: async (path) => kept[path] };
  const self = {
    location: { origin: ORIGIN },
    addEventListener: (type, listener) => (heard[type] = listener),
    skipWaiting: async () => {},
  };
  const caches = {
    open: async (name) => (assert.equal(name, "visitbooth-unbundled"), cache),
    keys: async () => [...names],
    delete: async (name) => names.delete(name),
  };
  const setTimeout = (run, delay_ms) => timers.push({ run, delay_ms });
  vm.runInNewContext(SOURCE, { self, caches, fetch, setTimeout, URL, Response, Promise });
  const tell = async (type) => {
    const lasting = [];
    heard[type]({ waitUntil: (done) => lasting.push(done) });
    await Promise.all(lasting);
  };
  /** The answer to a request; null where the worker lets it go its way. */
  const ask = (path, { mode = "no-cors", method = "GET" } = {}) => {
    let answer = null;
    const request = { url: new URL(path, ORIGIN).href, mode, method };
    heard.fetch({ request, respondWith: (given) => (answer = given) });
    return answer;
  };
  return { added, names, timers, tell, ask };
}

const open = (path = "/", more = {}) => [path, { mode: "navigate", ...more }];
const text = async (answer) => (await answer).text();
const down = async () => {
  throw new TypeError("Failed to fetch");
};

test("what belongs together is kept at once, and what an older hub had is dropped", async () => {
  const { added, names, tell } = worker({ older: ["visitbooth-older", "of-somebody-else"] });
  await tell("install");
  assert.ok(added.includes("/") && added.includes("/app.js"));
  await tell("activate");
  assert.deepEqual([...names], ["of-somebody-else", "visitbooth-unbundled"]);
});

test("calls, tickets, keys, health and other hosts go their way", () => {
  const { ask } = worker({ kept: { "/": new Response("kept") } });
  for (const path of ["/family", "/t/a-ticket", "/receipt-key", "/healthz", "/sw.js", "/manifest.webmanifest"]) {
    assert.equal(ask(path), null, path);
    assert.equal(ask(...open(path)), null, path);
  }
  assert.equal(ask("https://elsewhere.example/", { mode: "navigate" }), null);
  assert.equal(ask(...open("/", { method: "POST" })), null);
  assert.equal(ask("/"), null, "only a person who opens the page gets it");
});

test("the hub's page comes first, also where an older one is kept", async () => {
  const { ask } = worker({ kept: { "/": new Response("kept") } });
  assert.equal(await text(ask(...open())), "hub");
  assert.equal(await text(ask(...open("/?from=mail"))), "hub");
});

test("without a network, or with a proxy before no hub, the kept page opens", async () => {
  for (const fetch of [down, async () => new Response("Bad Gateway", { status: 502 })]) {
    const { ask } = worker({ fetch, kept: { "/": new Response("kept") } });
    assert.equal(await text(ask(...open("/?from=mail"))), "kept");
  }
});

test("what the hub refuses is no reason for an old page", async () => {
  const { ask } = worker({ fetch: async () => new Response("no", { status: 404 }), kept: { "/": new Response("kept") } });
  assert.equal((await ask(...open())).status, 404);
});

test("a network that says nothing counts as none, after six seconds", async () => {
  const { ask, timers } = worker({ fetch: () => new Promise(() => {}), kept: { "/": new Response("kept") } });
  const answer = ask(...open());
  assert.equal(timers[0].delay_ms, 6000);
  timers[0].run();
  assert.equal(await text(answer), "kept");
});

test("where nothing is kept yet, the browser says itself what is wrong", async () => {
  await assert.rejects(worker({ fetch: down }).ask(...open()), TypeError);
  const { ask } = worker({ fetch: async () => new Response("Bad Gateway", { status: 502 }) });
  assert.equal((await ask(...open())).status, 502);
});

test("the script and the fonts are kept ones first; one that is lost is fetched", async () => {
  const { ask } = worker({ kept: { "/app.js": new Response("kept") } });
  assert.equal(await text(ask("/app.js")), "kept");
  assert.equal(await text(ask("/icons.svg")), "hub");
  assert.equal(ask("/app.js?new"), null);
});
