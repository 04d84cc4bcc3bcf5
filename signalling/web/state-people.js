/** What follows from whom a visitor may visit, and from a facility's rules. Pure. */

/** @typedef {import("./model.js").Model} Model */
/** @typedef {import("./messages.js").ApprovalView} ApprovalView */

/**
 * Whether the hub has told and nobody is approved: then there is nothing to open.
 *
 * @param {Pick<Model, "people">} model
 */
export function isNobodyApproved({ people }) {
  return people !== null && !people.some(({ status }) => status === "approved");
}

/**
 * Whether there is a screen behind the one of people.
 *
 * @param {Pick<Model, "people"|"facility">} model
 */
export function hasWayOut(model) {
  return model.facility !== null || !isNobodyApproved(model);
}

/**
 * The facilities that let this visitor visit somebody; all of them until the hub has told.
 *
 * @param {Pick<Model, "people"|"facilities">} model
 */
export function facilitiesToOpen({ people, facilities }) {
  const approved = people?.filter(({ status }) => status === "approved");
  return (facilities ?? []).filter(({ id }) => approved?.some(({ facility }) => facility === id) ?? true);
}

/**
 * What was decided of the requests that were pending before; null when nothing was.
 *
 * A request that was approved has another id then: it is known by its number.
 *
 * @param {ApprovalView[]} before
 * @param {ApprovalView[]} after
 */
export function decided(before, after) {
  const same = (/** @type {ApprovalView} */ a, /** @type {ApprovalView} */ b) =>
    a.facility === b.facility && a.inmate_number === b.inmate_number;
  const waited = before.filter(({ status }) => status === "pending");
  return (
    after.find(
      (each) => (each.status === "approved" || each.status === "denied") && waited.some((was) => same(was, each)),
    ) ?? null
  );
}

/**
 * The open facility's terms where its rules wait to be accepted; null where they do not.
 *
 * A visit that goes on is never interrupted by them.
 *
 * @param {Pick<Model, "terms"|"facility"|"visits">} model
 */
export function rulesDue({ terms, facility, visits }) {
  const asked = facility === null ? undefined : terms[facility.id];
  if (asked === undefined || asked.rules_version === "" || asked.accepted_at !== null) return null;
  if (visits === null || visits.some(({ status }) => status === "in-visit" || status === "interrupted")) return null;
  return asked;
}

/**
 * A facility's rules and their language: the one that is shown, else English, else any.
 *
 * @param {Record<string, string>} rules
 * @param {string} language
 */
export function rulesIn(rules, language) {
  const found = [language, "en", ...Object.keys(rules)].find((each) => Object.hasOwn(rules, each));
  return found === undefined ? null : { language: found, text: rules[found] ?? "" };
}

/**
 * The screen of people, account or rules, where one of them is shown instead of the tabs.
 *
 * @param {Model} model
 * @returns {import("./model.js").Side|"rules"|null}
 */
export function sideOf(model) {
  if (model.side !== null) return model.side;
  if (rulesDue(model) !== null) return "rules";
  return model.facility === null && isNobodyApproved(model) ? "people" : null;
}
