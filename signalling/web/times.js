/** Times and lengths as words. Pure; all times of a visit are shown in the jail's time zone. */

/** @typedef {import("./words.js").Translate} Translate */
/** @typedef {import("./messages.js").FacilityView} FacilityView */

const MIN_S = 60;
const HOUR_S = 60 * MIN_S;
const DAY_S = 24 * HOUR_S;

/**
 * The visitor's own format of the language shown.
 *
 * @param {string} language
 * @param {readonly string[]} preferred
 */
export function localeFor(language, preferred) {
  const own = preferred.find((each) => each.toLowerCase().split("-")[0] === language);
  return own ?? (language === "es" ? "es-US" : "en-US");
}

export class JailTimes {
  /**
   * @param {Pick<FacilityView, "time_zone">} facility
   * @param {string} locale
   * @param {Translate} t
   */
  constructor(facility, locale, t) {
    const timeZone = facility.time_zone;
    this.t = t;
    this.hours = new Intl.DateTimeFormat(locale, { timeZone, hour: "numeric", minute: "2-digit" });
    this.dates = new Intl.DateTimeFormat(locale, {
      timeZone,
      weekday: "short",
      month: "short",
      day: "numeric",
    });
    this.days = new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" });
    this.own = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit", timeZoneName: "short" });
    this.ownShort = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" });
    this.ownDay = new Intl.DateTimeFormat(locale, { weekday: "short" });
    this.minutes = new Intl.DateTimeFormat("en-CA", { timeZone, hourCycle: "h23", timeStyle: "short", dateStyle: "short" });
    this.ownMinutes = new Intl.DateTimeFormat("en-CA", { hourCycle: "h23", timeStyle: "short", dateStyle: "short" });
    const utc = /** @type {const} */ ({ timeZone: "UTC" });
    this.weekdays = new Intl.DateTimeFormat(locale, { ...utc, weekday: "short" });
    this.numbers = new Intl.DateTimeFormat(locale, { ...utc, day: "numeric" });
    this.fullDays = new Intl.DateTimeFormat(locale, { ...utc, weekday: "long", day: "numeric", month: "long" });
  }

  /**
   * The same instant on the visitor's own clock; empty where that shows what the jail's shows.
   *
   * @param {number} at
   * @param {boolean} [short]  without the zone's name
   */
  ownClock(at, short = false) {
    const [jail, own] = [this.minutes.format(at * 1000), this.ownMinutes.format(at * 1000)];
    if (jail === own) return "";
    const said = (short ? this.ownShort : this.own).format(at * 1000);
    // en-CA: the day is what stands before the comma.
    const sameDay = jail.split(",")[0] === own.split(",")[0];
    return sameDay ? said : `${this.ownDay.format(at * 1000)} ${said}`;
  }

  /**
   * A day of the calendar, such as 2026-11-23, as its weekday, its number, and in full.
   *
   * @param {string} day
   */
  dayParts(day) {
    const noon_ms = Date.parse(`${day}T12:00:00Z`);
    return {
      weekday: this.weekdays.format(noon_ms),
      date: this.numbers.format(noon_ms),
      full: this.fullDays.format(noon_ms),
    };
  }

  /**
   * "Mon, Nov 23, 6:00 PM", "Today, 6:00 PM".
   *
   * @param {number} at
   * @param {number} now
   */
  moment(at, now) {
    return `${this.day(at, now)}, ${this.clock(at)}`;
  }

  /**
   * The time of day.
   *
   * @param {number} at
   */
  clock(at) {
    return this.hours.format(at * 1000);
  }

  /**
   * Today, Tomorrow, or the date.
   *
   * @param {number} at
   * @param {number} now
   */
  day(at, now) {
    const [day, today] = [this.dayOf(at), this.dayOf(now)];
    if (day === today) return this.t("today");
    // Noon of today plus a day is always tomorrow, whatever daylight saving does.
    const noon_ms = Date.parse(`${today}T12:00:00Z`) + DAY_S * 1000;
    return new Date(noon_ms).toISOString().startsWith(day)
      ? this.t("tomorrow")
      : this.dates.format(at * 1000);
  }

  /**
   * "Today, 2:30 to 3:00 PM".
   *
   * @param {number} from
   * @param {number} to
   * @param {number} now
   */
  span(from, to, now) {
    const [first, last] = [this.clock(from), this.clock(to)];
    // The same half of the day is said once.
    const half = /\s*[ap]\.?\s?m\.?$/i.exec(last)?.[0];
    const short = half && first.endsWith(half) ? first.slice(0, -half.length) : first;
    return this.t("day-from-to", { day: this.day(from, now), from: short, to: last });
  }

  /**
   * The jail's day, as 2026-11-23.
   *
   * @param {number} at
   */
  dayOf(at) {
    const parts = this.days.formatToParts(at * 1000);
    const part = (/** @type {string} */ type) => parts.find((each) => each.type === type)?.value;
    return `${part("year")}-${part("month")}-${part("day")}`;
  }
}

/** @type {{facility: FacilityView, locale: string, times: JailTimes}|null} */
let newest = null;

/**
 * The times of a facility in a locale. The page is drawn four times a second: what formats its
 * times is made once (half a millisecond here, more on a phone), not for each drawing.
 *
 * @param {FacilityView} facility
 * @param {string} locale  the language of `t` is this one's
 * @param {Translate} t
 */
export function timesOf(facility, locale, t) {
  if (newest === null || newest.facility !== facility || newest.locale !== locale) {
    newest = { facility, locale, times: new JailTimes(facility, locale, t) };
  }
  return newest.times;
}

/**
 * "2 days 3 hours", "1 hour 5 min", "12 min", "less than a minute".
 *
 * @param {number} seconds
 * @param {Translate} t
 */
export function lengthWords(seconds, t) {
  const days = Math.floor(seconds / DAY_S);
  const hours = Math.floor((seconds % DAY_S) / HOUR_S);
  const minutes = Math.floor((seconds % HOUR_S) / MIN_S);
  const unit = (/** @type {number} */ n, /** @type {"day"|"hour"} */ name) =>
    n === 0 ? "" : t(n === 1 ? `one-${name}` : `n-${name}s`, { n });
  if (days > 0) return [unit(days, "day"), unit(hours, "hour")].filter(Boolean).join(" ");
  if (hours > 0) {
    const rest = minutes === 0 ? "" : t("n-min", { n: minutes });
    return [unit(hours, "hour"), rest].filter(Boolean).join(" ");
  }
  return minutes > 0 ? t("n-min", { n: minutes }) : t("under-a-minute");
}

/**
 * Whole minutes from a minute on, seconds below: "30 min", "28 s".
 *
 * @param {number} seconds
 * @param {Translate} t
 */
export function shortLength(seconds, t) {
  const whole = Math.round(seconds);
  return whole < MIN_S ? t("n-s", { n: whole }) : t("n-min", { n: Math.round(whole / MIN_S) });
}

/**
 * To the second, so that sums can be checked: "28 s", "1 min 31 s", "30 min".
 *
 * @param {number} seconds
 * @param {Translate} t
 */
export function exactLength(seconds, t) {
  const whole = Math.round(seconds);
  const [m, s] = [Math.floor(whole / MIN_S), whole % MIN_S];
  if (m === 0) return t("n-s", { n: s });
  return s === 0 ? t("n-min", { n: m }) : t("n-min-s", { m, s });
}

/**
 * "16:32", with hours when there are any.
 *
 * @param {number} seconds
 */
export function countdown(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(whole / HOUR_S), Math.floor((whole % HOUR_S) / MIN_S), whole % MIN_S];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/**
 * A time like "3:57 p.m." brings the sentence's full stop with it.
 *
 * @param {string} sentence
 */
export function oneStop(sentence) {
  return sentence.replace(/\.\.$/, ".");
}
