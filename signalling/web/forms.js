/** What was typed into a form, and where to type next. */

/**
 * The values of a form that was sent; the page stays.
 *
 * @param {SubmitEvent} event
 * @returns {(name: string) => string}
 */
export function fieldsOf(event) {
  event.preventDefault();
  const data = new FormData(/** @type {HTMLFormElement} */ (event.target));
  return (name) => String(data.get(name) ?? "");
}

/**
 * Let a person type a field again.
 *
 * @param {string} id
 */
export function retype(id) {
  const input = document.getElementById(id);
  if (input instanceof HTMLInputElement) input.select();
}

/**
 * Bring a person to a field.
 *
 * @param {string} id
 */
export function toField(id) {
  document.getElementById(id)?.focus();
}

/**
 * What stands in a field now; empty where there is none.
 *
 * @param {string} id
 */
export function typed(id) {
  const input = document.getElementById(id);
  return input instanceof HTMLInputElement ? input.value.trim() : "";
}
