/**
 * Lines in the browser's console, each with the id of the visit that it is about: the hub's log and
 * the terminal's have the same, and the page's own id tells which page it was.
 */

/** @typedef {"error"|"warn"|"info"|"debug"} Level */

/**
 * What a line begins with.
 *
 * @param {string} visit
 * @param {string} [page]
 */
export function about(visit, page = "") {
  return `visit=${visit}${page === "" ? "" : ` page=${page}`}`;
}

/**
 * @param {Level} level
 * @param {string} visit
 * @param {string} words
 * @param {...unknown} more
 */
export function say(level, visit, words, ...more) {
  console[level](`${about(visit)} ${words}`, ...more);
}
