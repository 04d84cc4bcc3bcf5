/** What the page asks of the browser it runs in. */

/**
 * @template {Element} E
 * @param {string} id
 * @param {new (...args: never[]) => E} type
 * @returns {E}
 */
export function byId(id, type) {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`index.html has no ${type.name} #${id}`);
  return element;
}

/**
 * What the browser remembers of us; null where it does not let us.
 *
 * @param {() => Storage} storage
 * @param {string} key
 * @param {string} [value]  remembered when given
 */
export function remembered(storage, key, value) {
  try {
    if (value !== undefined) storage().setItem(key, value);
    return storage().getItem(key);
  } catch {
    return value ?? null;
  }
}

/**
 * Show this track and no other, or nothing; one that is shown already plays on.
 *
 * @param {HTMLVideoElement} video
 * @param {MediaStreamTrack|null} track
 */
export function showTrack(video, track) {
  const shown = /** @type {MediaStream|null} */ (video.srcObject)?.getVideoTracks()[0] ?? null;
  if (shown !== track) video.srcObject = track === null ? null : new MediaStream([track]);
}

/**
 * Bring what is chosen in a row that scrolls into its middle, once it is drawn.
 *
 * @param {string} selector
 */
export function toMiddle(selector) {
  requestAnimationFrame(() => {
    document.querySelector(selector)?.scrollIntoView({ inline: "center", block: "nearest" });
  });
}

/**
 * Bring what answers a press into view, once it is drawn.
 *
 * @param {string} selector
 */
export function toView(selector) {
  requestAnimationFrame(() => document.querySelector(selector)?.scrollIntoView({ block: "nearest" }));
}

/**
 * Fetch a file under the name that the hub gives it; the page stays.
 *
 * @param {string} path
 */
export function download(path) {
  const link = Object.assign(document.createElement("a"), { href: path, download: "" });
  link.click();
}
