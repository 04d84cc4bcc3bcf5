/** Every visible text, in every language of the page. */

import { EN } from "./words-en.js";
import { ES } from "./words-es.js";

/** @typedef {keyof typeof EN} Word */
/** @typedef {(word: Word, facts?: Record<string, string|number>) => string} Translate */

/** The languages of the page, by tag. */
export const LANGUAGES = Object.freeze({ en: EN, es: ES });

/** @typedef {keyof typeof LANGUAGES} Language */

/**
 * @param {unknown} value
 * @returns {value is Language}
 */
export function isLanguage(value) {
  return typeof value === "string" && Object.hasOwn(LANGUAGES, value);
}

/**
 * The function that says words in `language`, filling `{name}` from facts.
 *
 * @param {Language} language
 * @returns {Translate}
 */
export function words(language) {
  const table = LANGUAGES[language];
  return (word, facts = {}) => {
    const text = table[word];
    if (text === undefined) throw new RangeError(`no word ${word}`);
    return text.replace(/\{(\w+)\}/g, (_, name) => {
      if (!(name in facts)) throw new RangeError(`${word} needs ${name}`);
      return isolated(String(facts[name]));
    });
  };
}

/** Letters that are written from the right. */
const FROM_THE_RIGHT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/**
 * A name from the right within marks that keep it from turning the words around it.
 *
 * @param {string} fact
 */
function isolated(fact) {
  return FROM_THE_RIGHT.test(fact) ? `\u2068${fact}\u2069` : fact;
}
