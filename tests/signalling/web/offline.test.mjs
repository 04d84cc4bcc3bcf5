/** Registering the service worker, where a browser has that. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { PageKeeper } from "../../../signalling/web/offline.js";

const BUNDLE = "https://visits.example/app.db81109325b6.js";

function browser(register) {
  const asked = [];
  const serviceWorker = { register: (address) => (asked.push(address), register()) };
  return { asked, navigator: { serviceWorker } };
}

test("the worker's address goes through the one policy that the page may make", async () => {
  const { asked, navigator } = browser(async () => {});
  const made = [];
  const trustedTypes = {
    createPolicy: (name, { createScriptURL }) => {
      made.push(name);
      return { createScriptURL: (text) => `trusted ${createScriptURL(text)}` };
    },
  };
  const keeper = new PageKeeper({ navigator, trustedTypes }, BUNDLE);
  await keeper.keep();
  await keeper.keep(); // at every new connection; a policy can be made once
  assert.deepEqual([made, asked], [["page-worker"], ["trusted /sw.js"]]);
});

test("a browser without trusted types takes the address", async () => {
  const { asked, navigator } = browser(async () => {});
  await new PageKeeper({ navigator }, BUNDLE).keep();
  assert.deepEqual(asked, ["/sw.js"]);
});

test("nothing is kept of single modules, nor where there are no workers", async () => {
  const { asked, navigator } = browser(async () => {});
  await new PageKeeper({ navigator }, "http://localhost:8000/app.js").keep();
  await new PageKeeper({ navigator }, "http://localhost:8000/offline.js").keep();
  await new PageKeeper({ navigator: {} }, BUNDLE).keep();
  assert.deepEqual(asked, []);
});

test("a browser that refuses breaks nothing, and says so to who looks", async (context) => {
  const said = context.mock.method(console, "warn", () => {});
  const { navigator } = browser(async () => {
    throw new DOMException("private window", "SecurityError");
  });
  await new PageKeeper({ navigator }, BUNDLE).keep();
  assert.equal(said.mock.callCount(), 1);
});
