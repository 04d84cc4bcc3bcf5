/** What a field has to hold before the hub is asked, and which field a refusal is about. Pure. */

/** @typedef {"any"|"name"|"email"|"new-password"|"number"|"choice"} Kind */
/** @typedef {"empty"|"email"|"long"|"short"|"weak"|"same"|"wrong"|"digits"|"choice"|"asked"|"guest"|"photo-none"|"photo-type"|"photo-size"} Fault */
/** @typedef {Record<string, Fault>} Faults  by the id of the field */

/** As the hub's passwords.py has it; a test holds the two together. */
export const MIN_PASSWORD = 15;
export const MAX_PASSWORD = 256;
export const MAX_NAME = 80;
const LEAST_DIFFERENT = 5;
const EMAIL = /^[^@\s]+@[^@\s]+$/;
/** Control characters, and marks that turn the direction of what follows: the hub takes none. */
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** By request, code of the refusal and its `why`: the field, and what is wrong with it. */
const REFUSED = new Map(
  /** @type {[string, [string, Fault]][]} */ ([
    ["create-account bad-email", ["email", "email"]],
    ["create-account weak-password", ["password", "weak"]],
    ["change-email wrong-log-in", ["email-password", "wrong"]],
    ["change-email bad-email", ["new-email", "email"]],
    ["change-password wrong-log-in", ["old-password", "wrong"]],
    ["change-password weak-password", ["new-password", "weak"]],
    ["change-password same-password", ["new-password", "same"]],
    ["delete-account wrong-log-in", ["delete-password", "wrong"]],
    ["photo-part photo-refused not-a-picture", ["photo", "photo-type"]],
    ["photo-part photo-refused too-big", ["photo", "photo-size"]],
    ["photo-part photo-refused too-many-pixels", ["photo", "photo-size"]],
    ["request-approval photo-refused missing", ["photo", "photo-none"]],
    ["request-approval unknown-relation", ["relation", "choice"]],
    ["request-approval already-asked", ["inmate-number", "asked"]],
    ["reset-password weak-password", ["new-password", "weak"]],
  ]),
);

/**
 * What is wrong with the fields of a form; empty when nothing is.
 *
 * @param {Record<string, Kind>} kinds  by the id of the field, in the order of the form
 * @param {(id: string) => string} value
 * @returns {Faults}
 */
export function faultsOf(kinds, value) {
  /** @type {Faults} */
  const faults = {};
  for (const [id, kind] of Object.entries(kinds)) {
    const fault = faultOf(kind, value(id));
    if (fault !== null) faults[id] = fault;
  }
  return faults;
}

/**
 * @param {Kind} kind
 * @param {string} text
 * @returns {Fault|null}
 */
function faultOf(kind, text) {
  if (kind === "choice") return text === "" ? "choice" : null;
  const said = kind === "name" ? plain(text) : text.trim();
  // A password may be of spaces; whether it is the right one is the hub's matter.
  if ((kind === "any" ? text : said) === "") return "empty";
  switch (kind) {
    case "name":
      return [...said].length > MAX_NAME ? "long" : null;
    case "email":
      return EMAIL.test(said) && said.length <= 254 ? null : "email";
    case "number":
      return /^[0-9]{1,16}$/.test(said) ? null : "digits";
    case "new-password":
      return passwordFault(text);
    default:
      return [...text].length > MAX_PASSWORD ? "long" : null;
  }
}

/**
 * @param {string} text
 * @returns {Fault|null}
 */
function passwordFault(text) {
  const letters = [...text];
  if (letters.length < MIN_PASSWORD) return "short";
  if (letters.length > MAX_PASSWORD) return "long";
  return new Set(text.toLowerCase()).size < LEAST_DIFFERENT ? "weak" : null;
}

/**
 * A name in any script, without what nobody sees.
 *
 * @param {string} text
 */
export function plain(text) {
  return text.replace(UNSEEN, "").trim();
}

/**
 * The field that a refusal is about; empty when it is about none.
 *
 * @param {string} about
 * @param {string} code
 * @param {unknown} [why]  as the refusal has it
 * @returns {Faults}
 */
export function refusedField(about, code, why = "") {
  const found = REFUSED.get(`${about} ${code} ${why}`.trim());
  return found === undefined ? {} : { [found[0]]: found[1] };
}
