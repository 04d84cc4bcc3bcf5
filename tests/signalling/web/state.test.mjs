import assert from "node:assert/strict";
import { test } from "node:test";

import { newModel } from "../../../signalling/web/model.js";
import * as state from "../../../signalling/web/state.js";
import { screenOf } from "../../../signalling/web/state-screen.js";
import { countdown, exactLength, JailTimes, lengthWords, localeFor, shortLength } from "../../../signalling/web/times.js";
import { words } from "../../../signalling/web/words.js";

const NOW = 1_800_000_000;
const JAIL = { id: "lindell", name: "Lindell", time_zone: "America/Chicago", clock_24h: false };

const visit = (fields = {}) => ({
  id: "v1", status: "ready", inmate: "Daniel", visitors: [], starts_at: NOW - 60,
  ends_at: NOW + 1740, signed_in: true, terminal: "C-4", visitor_here: true, page: "me",
  tracks_open: false, private: false, recorded: false, watched: false, used_s: 0, lost_s: 0,
  lost_by: {}, added_s: 0, owed_s: 0, breaks: [], paused: false, begun_at: null, ended_at: null,
  ended_by: null, end_reason: null, visitor_camera: true, visitor_microphone: true, ...fields,
});
const begun = (fields = {}) =>
  visit({ status: "in-visit", begun_at: NOW - 30, tracks_open: true, ...fields });
const model = (fields = {}) => ({
  ...newModel("me", NOW), link: "open", facilities: [JAIL], name: "Maria", facility: JAIL,
  visits: [], checked: true, ...fields,
});

test("the screen follows from the model, from connecting to the end", () => {
  const steps = [
    [{ facilities: null }, "loading"],
    [{ facilities: null, link: "lost" }, "offline"],
    [{ link: "outdated" }, "outdated"],
    [{ name: null }, "log-in"],
    [{ name: null, entry: "create-account" }, "create-account"],
    [{ facility: null }, "facility"],
    [{ checked: false, visits: null }, "appointments"],
    [{ checked: false }, "check"],
    [{}, "appointments"],
    [{ tab: "check" }, "check"],
    [{ visits: [visit()], mine: "v1" }, "appointments"],
    [{ visits: [begun()] }, "appointments"],
    [{ visits: [begun()], mine: "v1" }, "in-visit"],
    [{ visits: [begun({ page: "another" })], mine: "v1" }, "appointments"],
    [{ visits: [begun()], mine: "v1", link: "lost", receiving: true }, "in-visit"],
    [{ visits: [begun()], mine: "v1", link: "lost" }, "held"],
    [{ visits: [begun({ paused: true })], mine: "v1" }, "held"],
    [{ visits: [begun()], mine: "v1", ending: "v1", receiving: true }, "held"],
    [{ visits: [begun()], mine: "v1", ending: "v0" }, "in-visit"],
    [{ visits: [begun({ status: "ended" })], mine: "v1", ending: "v1" }, "ended"],
    [{ visits: [begun({ status: "ended" })], mine: "v1" }, "ended"],
    [{ visits: [begun({ status: "ended" })], mine: "v1", leftEnd: "v1" }, "appointments"],
    [{ visits: [begun({ status: "ended" })] }, "appointments"],
  ];
  for (const [fields, screen] of steps) {
    assert.equal(screenOf(model(fields)), screen, JSON.stringify(fields));
  }
});

test("held says where the way is broken and whether its time is given back", () => {
  const open = { page: "me", link: "open", linkSince: NOW - 500, receiving: false };
  const held = (...breaks) => state.heldOf(begun({ breaks }), open);
  const cases = [
    [{ side: "terminal", cause: "link" }, "terminal", true],
    [{ side: "visitor", cause: "link" }, "visitor", true],
    [{ side: "visitor", cause: "page" }, "page", false],
    [{ side: "network", cause: "media" }, "network", true],
    [{ side: "hub", cause: "link" }, "network", true],
    [{ side: "terminal", cause: "handset" }, "handset", false],
    [{ side: "terminal", cause: "signed-out" }, "signed-out", false],
  ];
  for (const [broken, where, given] of cases) {
    assert.deepEqual(held({ ...broken, since: NOW - 28 }), { where, since: NOW - 28, given });
  }
  const both = held(
    { side: "network", cause: "media", since: NOW - 5 },
    { side: "terminal", cause: "handset", since: NOW - 9 },
  );
  assert.deepEqual(both, { where: "handset", since: NOW - 9, given: false });
  assert.equal(state.heldOf(begun(), open), null);
  assert.equal(state.heldOf(begun(), { ...open, link: "lost" }).where, "visitor");
  const paused = { paused: true, paused_since: NOW - 40, pause_reason: "Count" };
  const handset = { side: "terminal", cause: "handset", since: NOW - 60 };
  const pause = { where: "paused", since: NOW - 40, given: true };
  assert.deepEqual(state.heldOf(begun({ ...paused, breaks: [handset] }), open), pause);
  const ending = state.heldOf(begun({ paused: true }), { ...open, link: "lost", ending: "v1" });
  assert.deepEqual(ending, { where: "ending", since: NOW - 500, given: false });
});

test("a visit that waits for a press on this page has its telephone, whatever else holds it", () => {
  const page = { side: "visitor", cause: "page", since: NOW - 20 };
  const shut = { tracks_open: false, breaks: [page] };
  const held = (fields, more = {}) =>
    state.heldOf(begun({ ...shut, ...fields }), model({ mine: "v1", linkSince: NOW - 3, ...more }));
  assert.deepEqual(held({}), { where: "press", since: NOW - 20, given: false });
  assert.equal(screenOf(model({ mine: "v1", visits: [begun(shut)] })), "held");
  // What came first still says whose time it is.
  const handset = { side: "terminal", cause: "handset", since: NOW - 30 };
  const dropped = { side: "terminal", cause: "link", since: NOW - 30 };
  const where = "press";
  assert.deepEqual(held({ breaks: [page, handset] }), { where, since: NOW - 30, given: false });
  assert.deepEqual(held({ breaks: [page, dropped] }), { where, since: NOW - 30, given: true });
  const paused = { paused: true, paused_since: NOW - 40, pause_reason: "Count" };
  assert.deepEqual(held(paused), { where, since: NOW - 40, given: true });
  assert.equal(held({}, { ending: "v1" }).where, "ending");
  assert.equal(held({}, { link: "lost" }).where, "visitor");
  assert.equal(held({}, { link: "lost", receiving: true }).where, "page", "none could be sent");
  assert.equal(held({ page: null }).where, "page", "the hub waits for no page yet");
  assert.equal(held({ tracks_open: true }).where, "page", "the hub knows of the press");
  assert.equal(held({ breaks: [handset] }).where, "handset");
});

test("after a press the telephone keeps out of the way for two seconds", () => {
  const just = (ago_s, mine = "v1") => state.isJustPressed({ mine, pressedAt: NOW }, NOW + ago_s);
  assert.deepEqual([0, 1.9, 2].map((ago_s) => just(ago_s)), [true, true, false]);
  // The hub's clock is known better with every pong, and may be set.
  assert.deepEqual([-0.1, -60].map((ago_s) => just(ago_s)), [true, false]);
  assert.ok(!just(0, null), "the press was refused");
  assert.ok(!state.isJustPressed(model(), NOW));
});

test("the telephone is hollow until ready, starts, returns, or asks first", () => {
  const does = (fields) => state.telephoneOf(visit(fields), "me");
  assert.equal(does({ status: "scheduled" }), "none");
  assert.equal(does({ status: "pending" }), "none");
  assert.equal(does({ status: "ended" }), "none");
  assert.equal(does({}), "start");
  assert.equal(does({ page: null }), "start");
  assert.equal(does({ page: "another" }), "elsewhere");
  assert.equal(does({ status: "in-visit" }), "return");
  assert.equal(does({ status: "interrupted", page: null }), "return");
  assert.ok(state.takenOver(begun({ page: "another" }), model({ taken: "v1" })));
  assert.ok(!state.takenOver(begun(), model({ taken: "v1" })));
  assert.ok(!state.takenOver(begun({ page: "another" }), model()));
});

test("a page that takes the visit takes it once; a press under way is not undone", () => {
  const takes = (before, after) =>
    state.takesAway(model({ mine: "v1", visits: [begun({ page: before })] }), [begun({ page: after })]);
  assert.ok(takes("me", "another"));
  assert.ok(!takes("me", null), "our own link was lost");
  assert.ok(!takes("another", "another"), "we are taking it back");
  assert.ok(!takes("me", "me"));
  assert.ok(!state.takesAway(model({ visits: [begun()] }), [begun({ page: "another" })]));
});

test("the wish to end a visit lasts until the hub ended it or another page goes on with it", () => {
  const still = (visits) => state.stillEnding(model({ ending: "v1" }), visits);
  assert.equal(still([visit({ id: "v0" }), begun()]), "v1");
  assert.equal(still([begun({ page: null })]), "v1", "our own link was lost");
  assert.equal(still([begun({ page: "another" })]), null);
  assert.equal(still([begun({ status: "ended" })]), null);
  assert.equal(still([visit({ id: "v0" })]), null);
  assert.equal(state.stillEnding(model(), [begun()]), null);
  const refused = ["busy", "facility-not-open", "ended", "unknown-visit", "not-ready"];
  assert.deepEqual(refused.filter(state.endsLater), ["busy", "facility-not-open"]);
});

test("nothing is sent before the hub opens the tracks and this page's telephone was pressed", () => {
  const pressed = model({ mine: "v1" });
  assert.ok(state.maySend(begun(), pressed));
  assert.ok(!state.maySend(begun({ tracks_open: false }), pressed));
  assert.ok(!state.maySend(begun({ page: "another" }), pressed));
  assert.ok(!state.maySend(begun({ page: null }), pressed));
  assert.ok(!state.maySend(begun(), { ...pressed, ending: "v1" }), "its end was confirmed");
  assert.ok(state.maySend(begun(), { ...pressed, ending: "v0" }));
  assert.ok(!state.maySend(begun(), model()));
});

test("a page joins what is near, and nothing before the device check", () => {
  const near = (fields, more = {}) =>
    state.visitsToJoin(model({ visits: [visit(fields)], ...more }), NOW).length;
  assert.equal(near({}), 1);
  assert.equal(near({ starts_at: NOW + state.PAGE_EARLY_S }), 1);
  assert.equal(near({ starts_at: NOW + state.PAGE_EARLY_S + 1 }), 0);
  assert.equal(near({ ends_at: NOW }), 0);
  assert.equal(near({ status: "ended" }), 0);
  assert.equal(near({}, { checked: false }), 0);
  assert.equal(near({}, { facility: null }), 0);
});

test("ready comes first, ended last with the newest first", () => {
  const visits = [
    visit({ id: "old", status: "ended", starts_at: NOW - 9000 }),
    visit({ id: "late", status: "scheduled", starts_at: NOW + 9000 }),
    visit({ id: "new", status: "ended", starts_at: NOW - 4000 }),
    visit({ id: "soon", status: "scheduled", starts_at: NOW + 900 }),
    visit({ id: "waits", status: "pending" }),
    visit({ id: "ready" }),
  ];
  const ids = state.sortedVisits(visits).map((each) => each.id);
  assert.deepEqual(ids, ["ready", "waits", "soon", "late", "new", "old"]);
});

test("the visit line", () => {
  const stops = (status) => state.visitLine(status).map((each) => each.stop).join(" ");
  assert.equal(stops("scheduled"), "now next next next");
  assert.equal(stops("ready"), "done done now next");
  assert.equal(stops("interrupted"), "done done done now");
  assert.equal(stops("ended"), "done done done done");
});

test("warnings come at 10, 5, 2 and 1 minutes and go again", () => {
  const warned = (left_s) => state.warningMin(begun({ ends_at: NOW + left_s, begun_at: NOW - 900 }), NOW);
  assert.equal(warned(601), null);
  assert.equal(warned(600), 10);
  assert.equal(warned(593), 10);
  assert.equal(warned(592), null);
  assert.equal(warned(300), 5);
  assert.equal(warned(120), 2);
  assert.equal(warned(60), 1);
  assert.equal(warned(0), null);
});

test("a visit is not warned of its own length", () => {
  const short = begun({ begun_at: NOW, ends_at: NOW + 120 });
  assert.equal(state.warningMin(short, NOW), null);
  assert.equal(state.warningMin(short, NOW + 5), null);
  assert.equal(state.warningMin(short, NOW + 60), 1);
  assert.equal(state.warningMin({ ...short, begun_at: NOW - 1 }, NOW), 2);
  // Time that was added later is no time that the visit began with.
  assert.equal(state.warningMin({ ...short, ends_at: NOW + 180, added_s: 60 }, NOW + 60), null);
});

test("the way to the hub in one word", () => {
  assert.deepEqual([null, 20, 200, 900].map(state.internetOf), [null, "good", "fair", "weak"]);
});

test("lost time has an owner", () => {
  assert.equal(state.mostlyLostBy(visit()), null);
  assert.equal(state.mostlyLostBy(visit({ lost_by: { visitor: 3, terminal: 9 } })), "terminal");
});

test("times are the jail's, in the visitor's format", () => {
  const at = Date.UTC(2026, 10, 22, 20, 30) / 1000;
  const times = new JailTimes(JAIL, "en-US", words("en"));
  const plain = (text) => text.replace(/[\u202f\u00a0]/g, " ");
  assert.equal(plain(times.span(at, at + 1800, at)), "Today, 2:30 to 3:00 PM");
  assert.equal(plain(times.span(at + 86400, at + 88200, at)), "Tomorrow, 2:30 to 3:00 PM");
  assert.equal(plain(times.span(at - 3 * 3600, at, at)), "Today, 11:30 AM to 2:30 PM");
  assert.equal(times.day(at + 2 * 86400, at), "Tue, Nov 24");
  // 2026-11-01 is 25 hours long in Chicago: its last hour is still "today", the next "tomorrow".
  const noon = Date.UTC(2026, 9, 31, 17) / 1000;
  assert.equal(times.day(noon + 36 * 3600, noon), "Tomorrow");
  assert.equal(localeFor("es", ["en-US", "es-MX"]), "es-MX");
  assert.equal(localeFor("es", ["en-US"]), "es-US");
});

test("lengths in words", () => {
  const t = words("en");
  assert.equal(lengthWords(2 * 86400 + 3 * 3600, t), "2 days 3 hours");
  assert.equal(lengthWords(3600 + 5 * 60, t), "1 hour 5 min");
  assert.equal(lengthWords(720, t), "12 min");
  assert.equal(lengthWords(20, t), "less than a minute");
  assert.equal(shortLength(28.4, t), "28 s");
  assert.equal(shortLength(1800, t), "30 min");
  assert.equal(exactLength(28.4, t), "28 s");
  assert.equal(exactLength(91, t), "1 min 31 s");
  assert.equal(exactLength(119.6, t), "2 min");
  assert.equal(countdown(16 * 60 + 31.2), "16:32");
  assert.equal(countdown(3725), "1:02:05");
  assert.equal(countdown(-3), "0:00");
});

test("goodbye is said in the last twenty seconds of a longer visit", () => {
  const at = (left_s, fields = {}) => state.isGoodbye(begun({ ends_at: NOW + left_s, ...fields }), NOW);
  assert.deepEqual([21, 20, 1, 0].map((left_s) => at(left_s)), [false, true, true, false]);
  assert.equal(at(10, { begun_at: NOW - 5 }), false);
  assert.equal(at(10, { status: "ended" }), false);
});

test("a sheet takes no answer from the press that brought it", () => {
  const sheet = { kind: "end", visit: "v1", until: NOW + 10, since: NOW };
  assert.equal(state.takesAnswer(sheet, NOW + 0.39), false);
  assert.equal(state.takesAnswer(sheet, NOW + 0.41), true);
  assert.equal(state.takesAnswer(null, NOW), false);
});

test("a network fits that carries a visit and is not known to block it", () => {
  assert.equal(state.networkFits({ kbps: 600, relay: "none" }), true);
  assert.equal(state.networkFits({ kbps: 599, relay: "works" }), false);
  assert.equal(state.networkFits({ kbps: 9000, relay: "works" }), true);
  assert.equal(state.networkFits({ kbps: 9000, relay: "blocked" }), false);
});

test("a question goes away with its time, or with its visit", () => {
  const sheet = { kind: "cancel", visit: "v1", until: null, since: NOW };
  const moot = (fields) => state.isMoot(model({ sheet, ...fields }), NOW + 5);
  assert.equal(moot({ visits: [visit()] }), false);
  assert.equal(moot({ visits: [visit({ status: "ended" })] }), true);
  assert.equal(moot({ visits: [] }), true);
  assert.equal(moot({ visits: null }), false);
  assert.equal(moot({ sheet: null }), false);
  assert.equal(moot({ visits: [visit()], sheet: { ...sheet, until: NOW } }), true);
  assert.equal(moot({ sheet: { ...sheet, kind: "delete", visit: "" } }), false);
});
