/** Whom a visitor may visit, and when rules are shown. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { newModel } from "../../../signalling/web/model.js";
import { fitted, partsOf, PART_BYTES } from "../../../signalling/web/photo.js";
import * as state from "../../../signalling/web/state-people.js";
import { screenOf } from "../../../signalling/web/state-screen.js";
import { visitsToJoin } from "../../../signalling/web/state.js";

const NOW = 1_800_000_000;
const JAIL = { id: "lindell", name: "Lindell", time_zone: "America/Chicago", clock_24h: false };
const OTHER = { ...JAIL, id: "other" };
const TERMS = { facility: "lindell", rules_version: "1", rules: {}, accepted_at: null };

const person = (status, fields = {}) => ({ facility: "lindell", inmate_number: "1", status, ...fields });
const model = (fields = {}) => ({
  ...newModel("me", NOW), link: "open", facilities: [JAIL, OTHER], name: "Maria", facility: JAIL,
  visits: [], checked: true, ...fields,
});
const visit = (status) => ({ id: "v1", status, starts_at: NOW - 60, ends_at: NOW + 600, begun_at: null });

test("whoever may visit nobody yet asks first, everybody else opens a facility", () => {
  const cases = [
    [{ facility: null, people: null }, "facility"],
    [{ facility: null, people: [] }, "people"],
    [{ facility: null, people: [person("pending"), person("denied"), person("expired")] }, "people"],
    [{ facility: null, people: [person("approved")] }, "facility"],
    [{ facility: null, people: [], side: "account" }, "account"],
    [{ people: [] }, "appointments"],
    [{ people: [], side: "ask-to-visit" }, "ask-to-visit"],
    [{ people: [], name: null }, "log-in"],
    [{ people: [], entry: "new-password" }, "new-password"],
  ];
  for (const [fields, screen] of cases) assert.equal(screenOf(model(fields)), screen, JSON.stringify(fields));
  assert.deepEqual(state.facilitiesToOpen(model()), [JAIL, OTHER]);
  assert.deepEqual(state.facilitiesToOpen(model({ people: [person("approved"), person("denied", { facility: "other" })] })), [JAIL]);
  assert.ok(state.hasWayOut(model({ people: [] })) && !state.hasWayOut(model({ people: [], facility: null })));
});

test("rules come before the visit, and never into one that goes on", () => {
  const due = (fields) => state.rulesDue(model({ terms: { lindell: TERMS }, ...fields })) !== null;
  assert.ok(due({}) && due({ visits: [visit("pending")] }) && due({ visits: [visit("ended")] }));
  assert.ok(!due({ visits: [visit("in-visit")] }) && !due({ visits: [visit("interrupted")] }));
  assert.ok(!due({ visits: null }) && !due({ facility: OTHER }) && !due({ facility: null }));
  assert.ok(!due({ terms: { lindell: { ...TERMS, accepted_at: NOW } } }));
  assert.ok(!due({ terms: { lindell: { ...TERMS, rules_version: "" } } }));
  const waiting = model({ terms: { lindell: TERMS }, visits: [visit("pending")] });
  assert.equal(screenOf(waiting), "rules");
  assert.deepEqual(visitsToJoin(waiting, NOW), [], "the hub would refuse");
  assert.equal(visitsToJoin(model({ visits: [visit("pending")] }), NOW).length, 1);
});

test("rules are read in the page's language, else in any that there is", () => {
  const rules = { es: "Sea amable.", ar: "كن لطيفا." };
  assert.deepEqual(state.rulesIn(rules, "es"), { language: "es", text: "Sea amable." });
  assert.equal(state.rulesIn(rules, "en")?.language, "es");
  assert.equal(state.rulesIn({ ...rules, en: "Be kind." }, "fr")?.language, "en");
  assert.equal(state.rulesIn({}, "en"), null);
});

test("only what was decided since is news", () => {
  const [asked, yes] = [person("pending"), person("approved", { name: "Daniel" })];
  assert.equal(state.decided([asked], [yes]), yes);
  assert.equal(state.decided([asked], [person("denied")])?.status, "denied");
  assert.equal(state.decided([], [yes]), null);
  assert.equal(state.decided([yes], [yes]), null);
  assert.equal(state.decided([asked], [{ ...yes, inmate_number: "2" }, asked]), null);
});

test("a photo fits a square, and its parts are whole base64", () => {
  assert.deepEqual(fitted(4000, 3000), { width: 1600, height: 1200 });
  assert.deepEqual(fitted(1, 9000), { width: 1, height: 1600 });
  assert.deepEqual(fitted(30, 20), { width: 30, height: 20 });
  const bytes = Uint8Array.from({ length: 2 * PART_BYTES + 1 }, (_, index) => index % 251);
  const parts = partsOf(bytes);
  assert.deepEqual(parts.map((part) => part.length), [44000, 44000, 4]);
  assert.deepEqual(Buffer.concat(parts.map((part) => Buffer.from(part, "base64"))), Buffer.from(bytes));
});
