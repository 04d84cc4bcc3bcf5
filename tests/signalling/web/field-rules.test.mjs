/** What a field has to hold, and where a refusal is said. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { faultsOf, plain, refusedField } from "../../../signalling/web/field-rules.js";

/** The fault of one field that holds `text`. */
const fault = (kind, text) => faultsOf({ it: kind }, () => text).it ?? null;

test("every kind of field says what is wrong with it", () => {
  const cases = [
    ["any", "", "empty"],
    ["any", " ", null],
    ["any", "x".repeat(257), "long"],
    ["name", " \u202e\u2066 ", "empty"],
    ["name", "مريم", null],
    ["name", "👵".repeat(80), null],
    ["name", "👵".repeat(81), "long"],
    ["email", "  ", "empty"],
    ["email", " maria@mail.example ", null],
    ["email", "maria", "email"],
    ["email", "maria @mail.example", "email"],
    ["email", `${"m".repeat(250)}@m.ex`, "email"],
    ["new-password", "a short one 14", "short"],
    ["new-password", "    the river   ", null],
    ["new-password", "Abababababababab", "weak"],
    ["new-password", "the river runs to the sea ".repeat(10), "long"],
    ["number", " 0482017 ", null],
    ["number", "48-2017", "digits"],
    ["number", "٤٨٢", "digits"],
    ["number", "1".repeat(17), "digits"],
    ["choice", "", "choice"],
    ["choice", "mother", null],
  ];
  for (const [kind, text, expected] of cases) assert.equal(fault(kind, text), expected, `${kind} ${text}`);
});

test("faults come in the order of the form", () => {
  const faults = faultsOf({ name: "name", email: "email", password: "new-password" }, () => "");
  assert.deepEqual(Object.entries(faults), [["name", "empty"], ["email", "empty"], ["password", "empty"]]);
});

test("what nobody sees is taken out of a name, the rest stays", () => {
  assert.equal(plain("\u202e<b>Ana\u0007 O'Neil</b> "), "<b>Ana O'Neil</b>");
});

test("a refusal is said beside the field that it is about, or beside none", () => {
  assert.deepEqual(refusedField("create-account", "bad-email"), { email: "email" });
  assert.deepEqual(refusedField("reset-password", "weak-password"), { "new-password": "weak" });
  assert.deepEqual(refusedField("change-password", "same-password"), { "new-password": "same" });
  assert.deepEqual(refusedField("photo-part", "photo-refused", "too-big"), { photo: "photo-size" });
  assert.deepEqual(refusedField("photo-part", "photo-refused", "of late"), {});
  assert.deepEqual(refusedField("log-in", "wrong-log-in"), {});
  assert.deepEqual(refusedField("toString", "constructor"), {});
});
