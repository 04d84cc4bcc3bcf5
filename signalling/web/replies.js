/**
 * Messages that need nothing of their own done: somebody waits for them in `request`, or no screen
 * shows them yet. What they changed is drawn.
 */

const PLAIN = /** @type {const} */ ([
  "account-created",
  "email-verified",
  "invited",
  "joined",
  "mail-sent",
  "network-check",
  "password-changed",
  "past",
  "photo-kept",
  "pong",
  "probed",
  "rated",
  "slots",
  "ticket",
  "violation",
  "hub-stopping",
  "visit-booked",
  "visit-cancelled",
]);

/**
 * @param {() => void} onChange
 * @returns {Pick<import("./protocol.js").Handlers, typeof PLAIN[number]>}
 */
export function plainReplies(onChange) {
  const handlers = Object.fromEntries(PLAIN.map((type) => [type, onChange]));
  return /** @type {Record<typeof PLAIN[number], () => void>} */ (handlers);
}
