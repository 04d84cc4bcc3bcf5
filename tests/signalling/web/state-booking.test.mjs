import assert from "node:assert/strict";
import { test } from "node:test";

import {
  booksOnline, chosenSlot, guestsLeft, ruleOfDay, whomToVisit,
} from "../../../signalling/web/state-booking.js";

const facility = { id: "north" };
const person = { id: "a.1", facility: "north", status: "approved", inmate: "i1", name: "Daniel" };
const slots = {
  day: "2026-12-01",
  days: [
    { day: "2026-12-01", free: 1, rule: "" },
    { day: "2026-12-02", free: 0, rule: "closed" },
  ],
  slots: [{ starts_at: 10, rule: "past" }, { starts_at: 20, rule: "" }],
};

test("who can be visited is approved, at the open facility, and known by name", () => {
  const people = [
    person,
    { ...person, id: "q1", status: "pending", inmate: null },
    { ...person, id: "a.2", status: "expired" },
    { ...person, id: "a.3", facility: "south" },
  ];
  assert.deepEqual(whomToVisit({ people, facility }).map(({ id }) => id), ["a.1"]);
  assert.deepEqual(whomToVisit({ people: null, facility }), []);
  assert.deepEqual(whomToVisit({ people, facility: null }), []);
});

test("the chosen slot is among those of the day that is shown", () => {
  assert.equal(chosenSlot({ booking: { slots, at: 20 } }).rule, "");
  assert.equal(chosenSlot({ booking: { slots, at: 30 } }), null);
  assert.equal(chosenSlot({ booking: { slots: null, at: 20 } }), null);
});

test("a day without free slots says why, others nothing", () => {
  assert.equal(ruleOfDay({ booking: { slots } }), "");
  assert.equal(ruleOfDay({ booking: { slots: { ...slots, day: "2026-12-02" } } }), "closed");
  assert.equal(ruleOfDay({ booking: { slots: null } }), "");
});

test("as many guests as the facility lets in", () => {
  const terms = { north: { visitors_per_visit: 3, books_online: true } };
  assert.equal(guestsLeft({ terms, facility }, 1), 2);
  assert.equal(guestsLeft({ terms, facility }, 4), 0);
  assert.equal(guestsLeft({ terms: {}, facility }, 1), 0);
});

test("whether families book is unknown until the hub has told", () => {
  assert.equal(booksOnline({ terms: {}, facility }), null);
  assert.equal(booksOnline({ terms: { north: { books_online: false } }, facility }), false);
});
