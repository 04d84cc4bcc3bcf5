/**
 * The service worker: the page opens without a network, and is never an old one where there is one.
 *
 * The hub writes its version and the names that it serves in here when it starts, so that a new hub
 * makes a new worker. All that the worker keeps belongs together: it comes from one hub, at once.
 *
 * No navigation preload: browsers preload every page of the host, then ask anew for what is answered
 * by the hub alone, and a ticket can be asked for only once.
 */

/** @typedef {Event & {waitUntil: (done: Promise<unknown>) => void}} Lasting */
/** @typedef {Lasting & {request: Request, respondWith: (answer: Promise<Response>) => void}} Asked */
/**
 * What the types of a document do not know of a worker.
 *
 * @typedef {object} Scope
 * @property {(type: string, heard: (event: any) => void) => void} addEventListener
 * @property {() => Promise<void>} skipWaiting
 */

const VERSION = "unbundled";
const SHELL = ["/", "/app.js", "/icons.svg", "/favicon.svg", "/fonts/regular.ttf", "/fonts/bold.ttf"];
const CACHES = "visitbooth-";
const CACHE = CACHES + VERSION;
/** A network that says nothing for so long is none. */
const PAGE_WITHIN_MS = 6000;

const worker = /** @type {Scope} */ (/** @type {unknown} */ (self));

worker.addEventListener("install", (/** @type {Lasting} */ event) => {
  void worker.skipWaiting();
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(SHELL)));
});

worker.addEventListener("activate", (/** @type {Lasting} */ event) => {
  event.waitUntil(forgetOthers());
});

worker.addEventListener("fetch", (/** @type {Asked} */ event) => {
  const { request } = event;
  const { origin, pathname, search } = new URL(request.url);
  // Whatever is not named here goes its way as if there were no worker.
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (pathname === "/") {
    if (request.mode === "navigate") event.respondWith(page(request));
  } else if (search === "" && SHELL.includes(pathname)) {
    event.respondWith(kept(pathname).then((file) => file ?? fetch(request)));
  }
});

async function forgetOthers() {
  const names = await caches.keys();
  const others = names.filter((name) => name.startsWith(CACHES) && name !== CACHE);
  return Promise.all(others.map((name) => caches.delete(name)));
}

/** @param {string} path */
async function kept(path) {
  return (await caches.open(CACHE)).match(path, { ignoreVary: true });
}

/**
 * From the hub; what is kept only where no hub answers, or a proxy in its place.
 *
 * @param {Request} request
 */
async function page(request) {
  const asked = fetch(request);
  const late = new Promise((resolve) => setTimeout(() => resolve(null), PAGE_WITHIN_MS));
  const answer = await Promise.race([asked, late]).catch(() => null);
  if (answer instanceof Response && answer.status < 500) return answer;
  asked.catch(() => null); // said below, where nothing is kept
  return (await kept("/")) ?? asked;
}
