/** What can be booked, from what the hub said and what was chosen. Pure. */

/** @typedef {import("./model.js").Model} Model */
/** @typedef {import("./messages.js").SlotView} SlotView */
/** @typedef {import("./messages.js").ApprovalView} ApprovalView */

/**
 * Whom this visitor may visit at the open facility.
 *
 * @param {Pick<Model, "people"|"facility">} model
 * @returns {(ApprovalView & {inmate: string})[]}
 */
export function whomToVisit({ people, facility }) {
  return (people ?? []).filter(
    /** @returns {each is ApprovalView & {inmate: string}} */
    (each) => each.status === "approved" && each.facility === facility?.id && each.inmate !== null,
  );
}

/**
 * The slot that was chosen, or was pressed although it is refused; null when it is not among them.
 *
 * @param {Pick<Model, "booking">} model
 * @returns {SlotView|null}
 */
export function chosenSlot({ booking }) {
  return booking.slots?.slots.find(({ starts_at }) => starts_at === booking.at) ?? null;
}

/**
 * Why the chosen day has nothing free; empty when it has, or the hub has not told.
 *
 * @param {Pick<Model, "booking">} model
 */
export function ruleOfDay({ booking: { slots } }) {
  const day = slots?.days.find((each) => each.day === slots.day);
  return day === undefined || day.free > 0 ? "" : day.rule;
}

/**
 * How many others can still be invited to a visit.
 *
 * @param {Pick<Model, "terms"|"facility">} model
 * @param {number} visitors  on it now, who booked it included
 */
export function guestsLeft({ terms, facility }, visitors) {
  const most = facility === null ? undefined : terms[facility.id]?.visitors_per_visit;
  return Math.max(0, (most ?? 1) - visitors);
}

/**
 * Whether families book at the open facility; null until the hub has told.
 *
 * @param {Pick<Model, "terms"|"facility">} model
 */
export function booksOnline({ terms, facility }) {
  const asked = facility === null ? undefined : terms[facility.id];
  return asked === undefined ? null : asked.books_online;
}
