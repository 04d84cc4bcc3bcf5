/**
 * The next visits, as the hub last told them: kept in the browser for when there is no network.
 *
 * Only who, when and where, of five visits at most, and only while somebody is logged in here.
 */

/** @typedef {import("./messages.js").VisitView} VisitView */
/** @typedef {import("./messages.js").FacilityView} FacilityView */
/** @typedef {{starts_at: number, ends_at: number, inmate: string, facility: string, time_zone: string}} NextVisit */

const KEY = "visitbooth.next";
export const KEPT_VISITS = 5;
/** The clock of a phone without a network may be wrong by hours. */
const OVER_FOR_S = 12 * 3600;

/**
 * What is next, soonest first: what `facility` has now, and what others had when they last told.
 *
 * @param {readonly NextVisit[]} kept
 * @param {FacilityView} facility
 * @param {readonly VisitView[]} visits
 * @param {number} now
 * @returns {NextVisit[]}
 */
export function nextVisits(kept, { name, time_zone }, visits, now) {
  const others = kept.filter((each) => each.facility !== name);
  const here = visits
    .filter(({ status }) => status !== "ended")
    .map(({ starts_at, ends_at, inmate }) => ({ starts_at, ends_at, inmate, facility: name, time_zone }));
  return stillNext([...others, ...here], now).slice(0, KEPT_VISITS);
}

/**
 * @param {readonly NextVisit[]} visits
 * @param {number} now
 */
export function stillNext(visits, now) {
  return visits.filter(({ ends_at }) => ends_at + OVER_FOR_S > now).sort((a, b) => a.starts_at - b.starts_at);
}

/**
 * What was kept; nothing of it where it is damaged.
 *
 * @param {string|null} text
 * @returns {NextVisit[]}
 */
export function readKept(text) {
  try {
    const found = /** @type {unknown} */ (JSON.parse(text ?? "[]"));
    return Array.isArray(found) && found.every(isNextVisit) ? found.slice(0, KEPT_VISITS) : [];
  } catch {
    return [];
  }
}

/**
 * @param {Partial<Record<keyof NextVisit, unknown>>|null} value
 * @returns {boolean}
 */
function isNextVisit(value) {
  const { starts_at, ends_at, inmate, facility, time_zone } = value ?? {};
  const texts = [inmate, facility, time_zone].every((each) => typeof each === "string");
  return texts && isTime(starts_at) && isTime(ends_at) && isZone(String(time_zone));
}

/** @param {unknown} value */
function isTime(value) {
  return typeof value === "number" && !Number.isNaN(new Date(value * 1000).getTime());
}

/** @param {string} timeZone */
function isZone(timeZone) {
  try {
    return new Intl.DateTimeFormat("en", { timeZone }) !== null;
  } catch {
    return false;
  }
}

export class NextVisits {
  /**
   * What the hub told that is kept already.
   *
   * @type {VisitView[]|null}
   */
  #seen = null;

  /**
   * @param {object} options
   * @param {import("./model.js").Model} options.model
   * @param {() => string|null} options.token  of the session; null where nobody is logged in
   * @param {() => Storage} options.storage  throws where the browser forbids storage
   */
  constructor({ model, token, storage }) {
    this.model = model;
    this.token = token;
    this.storage = storage;
    model.next = readKept(this.#read());
  }

  /**
   * Keep what the hub told; erase it when the session is over, whoever ended it.
   *
   * @param {number} now
   */
  follow(now) {
    const { facilities, name, facility, visits, next } = this.model;
    if (this.token() === null || (facilities !== null && name === null)) {
      if (next.length > 0) this.#keep([]);
    } else if (facility !== null && visits !== null && visits !== this.#seen) {
      this.#keep(nextVisits(next, facility, visits, now));
      this.#seen = visits;
    }
  }

  #read() {
    try {
      return this.storage().getItem(KEY);
    } catch {
      return null;
    }
  }

  /** @param {NextVisit[]} next */
  #keep(next) {
    this.model.next = next;
    try {
      if (next.length === 0) this.storage().removeItem(KEY);
      else this.storage().setItem(KEY, JSON.stringify(next));
    } catch {
      // No storage here: nothing is shown without a network.
    }
  }
}
