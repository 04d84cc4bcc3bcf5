/** Back within the page: which step, and how the history is kept in step. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { newModel } from "../../../signalling/web/model.js";
import { leavesVisit, stepBack, WayBack } from "../../../signalling/web/way-back.js";

const NOW = 1_800_000_000;
const VISIT = {
  id: "v1", status: "in-visit", page: "me", begun_at: NOW, breaks: [], paused: false,
};
const model = (fields = {}) => ({
  ...newModel("me", NOW), link: "open", facilities: [], name: "Maria", facility: {}, visits: [],
  checked: true, ...fields,
});
const running = { visits: [VISIT], mine: "v1" };
const ended = { visits: [{ ...VISIT, status: "ended" }], mine: "v1" };

test("every screen has its step back, or leaves the page", () => {
  const steps = [
    [{ name: null }, null],
    [{ name: null, entry: "create-account" }, "entry"],
    [{ name: null, entry: "check-mail" }, "entry"],
    [{ name: null, entry: "forgot-password" }, "entry"],
    [{ entry: "new-password" }, "entry"],
    [{ facility: null }, null],
    [{ facility: null, choosing: "lindell" }, "facilities"],
    [{}, null],
    [{ tabBefore: "check" }, "tab"],
    [running, "ask-end"],
    [{ ...running, sheet: { kind: "end", visit: "v1", until: NOW, since: NOW } }, "dismiss"],
    [{ ...running, ending: "v1" }, "stay"],
    [ended, "leave-end"],
  ];
  for (const [fields, step] of steps) {
    assert.equal(stepBack(model(fields)), step, JSON.stringify(fields));
  }
  assert.ok(leavesVisit(model(running)) && !leavesVisit(model(ended)) && !leavesVisit(model()));
});

/** A window's history: entries by state, and a Back button. */
function browser() {
  const entries = ["elsewhere", null];
  let at = 1;
  const page = { onpopstate: null, onbeforeunload: null, location: { hash: "" } };
  const go = (by) => {
    if (entries[at + by] === undefined) return;
    at += by;
    if (at > 0) page.onpopstate?.();
  };
  page.history = {
    get state() {
      return entries[at];
    },
    pushState: (state) => entries.splice((at += 1), Infinity, state),
    back: () => go(-1),
    forward: () => go(1),
  };
  return { page, press: () => go(-1), gone: () => at === 0, length: () => entries.length };
}

test("Back takes one step, stays while there is another, and then leaves", () => {
  const { page, press, gone, length } = browser();
  const own = model({ ...running, tabBefore: "check" });
  const taken = [];
  const way = new WayBack({
    page,
    model: own,
    steps: {
      "ask-end": () => own.sheet = { kind: "end", visit: "v1", until: NOW },
      dismiss: () => own.sheet = null,
      "leave-end": () => own.mine = null,
      entry: () => taken.push("log-in"),
      facilities: () => taken.push("facilities"),
      tab: () => Object.assign(own, { tabBefore: null, tab: "check" }),
    },
  });
  way.follow();
  assert.notEqual(page.onbeforeunload, null);
  press();
  assert.equal(own.sheet?.kind, "end");
  press();
  assert.equal(own.sheet, null);
  own.visits = ended.visits;
  way.follow();
  assert.equal(page.onbeforeunload, null);
  press();
  assert.equal(own.mine, null);
  press();
  assert.equal(own.tab, "check");
  assert.ok(!gone());
  assert.equal(length(), 3, "one entry more than the page's own, however often");
  way.follow();
  press();
  assert.ok(gone());
  assert.deepEqual(taken, []);
});

test("a mailed link that is opened in the page is no Back", () => {
  const { page, gone } = browser();
  new WayBack({ page, model: model(), steps: {} });
  page.location.hash = "#verify=token";
  page.onpopstate();
  assert.ok(!gone());
});
