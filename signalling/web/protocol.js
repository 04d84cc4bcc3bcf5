/**
 * The page's connection to the hub: transport and messages, no DOM. PROTOCOL.md is the contract.
 *
 * Reconnects by itself, proves that the hub is there (a page cannot see the websocket's own
 * pings), and keeps the hub's clock.
 */

import { decode, MESSAGES_IN, MESSAGES_OUT, ProtocolViolation, VERSION } from "./messages.js";

export { MESSAGES_IN, MESSAGES_OUT, VERSION };

/** @typedef {import("./messages.js").MessageIn} MessageIn */
/** @typedef {import("./messages.js").MessageOut} MessageOut */
/**
 * One typed handler for each message of the hub.
 *
 * @typedef {{[T in MessageIn["type"]]: (message: Extract<MessageIn, {type: T}>) => void}} Handlers
 */
/**
 * "pausing": the hub stopped in good order, and it is not yet late.
 *
 * @typedef {"connecting"|"open"|"pausing"|"lost"|"outdated"} LinkState
 */
/**
 * What the connection needs of the world; tests bring their own.
 *
 * @typedef {object} World
 * @property {(url: string) => WebSocket} openSocket
 * @property {() => number} now_ms  monotonic
 * @property {(run: () => void, delay_ms: number) => number} after
 * @property {(timer: number) => void} cancel
 * @property {() => number} random  0 to 1
 */

export const PING_EVERY_MS = 3000;
export const PONG_WITHIN_MS = 5000;
export const OPEN_WITHIN_MS = 10000;
export const REPLY_WITHIN_MS = 10000;
const BACKOFF_MS = [300, 700, 1500, 3000, 6000, 10000];
const CLOSE_VIOLATION = 4002;
/** How much later than it said a hub may be back before it counts as lost. */
export const PAUSE_GRACE_MS = 4000;
/** More than this waiting to go out makes a ping late. */
const BUFFERED_BYTES = 32 * 1024;
const BUFFERED_MS = 50;

/** A person asked for what cannot be now. `code` picks the words. */
export class RefusedError extends Error {
  /** @param {import("./messages.js").Refused} refused */
  constructor(refused) {
    super(`${refused.about}: ${refused.code}`);
    this.code = refused.code;
    this.facts = refused.facts;
  }
}

/** No reply: the connection was lost or the hub took too long. Asking again is fine. */
export class NoReplyError extends Error {}

/** @returns {World} */
export function browserWorld() {
  return {
    openSocket: (url) => new WebSocket(url),
    now_ms: () => performance.now(),
    after: (run, delay_ms) => window.setTimeout(run, delay_ms),
    cancel: (timer) => window.clearTimeout(timer),
    random: Math.random,
  };
}

/**
 * The family endpoint of the page's own host.
 *
 * @param {{protocol: string, host: string}} location
 */
export function familyUrl(location) {
  return `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}/family`;
}

export class HubConnection {
  /**
   * `token` is asked at each connection; `onLink` hears each change of the link.
   *
   * @param {object} options
   * @param {string} options.url
   * @param {() => string|null} options.token
   * @param {Handlers} options.handlers
   * @param {(link: LinkState) => void} options.onLink
   * @param {World} [options.world]
   */
  constructor({ url, token, handlers, onLink, world = browserWorld() }) {
    this.url = url;
    this.token = token;
    this.handlers = handlers;
    this.onLink = onLink;
    this.world = world;
    /** @type {LinkState} */
    this.link = "connecting";
    /** Round trip of the last ping; null before the first pong. @type {number|null} */
    this.rtt_ms = null;
    /** @type {WebSocket|null} */
    this.socket = null;
    this.tries = 0;
    this.stopped = true;
    /** When the hub said it is back; null: it said nothing. @type {number|null} */
    this.backAt_ms = null;
    this.clockOffset_s = Date.now() / 1000 - world.now_ms() / 1000;
    /** @type {number|null} */
    this.pingSent_ms = null;
    /** @type {number|null} */
    this.timer = null;
    /** @type {Map<string, {reply: string, resolve: (m: MessageIn) => void, reject: (e: Error) => void, timer: number}>} */
    this.waiting = new Map();
  }

  /** The hub's clock, seconds since the epoch. */
  now() {
    return this.world.now_ms() / 1000 + this.clockOffset_s;
  }

  start() {
    this.stopped = false;
    this.#open();
  }

  stop() {
    this.stopped = true;
    this.#drop();
  }

  /** Try at once when waiting to reconnect (the browser is online again, a person asks). */
  retryNow() {
    if (this.stopped || this.socket !== null) return;
    this.tries = 0;
    this.#open();
  }

  /** Find out soon whether the hub is still there (the browser says it is offline). */
  probe() {
    if (this.link !== "open") return;
    this.#cancelTimer();
    this.#tick();
  }

  /**
   * Send a message; false when there is no connection to send it on. The browser knows of a socket
   * that closes before it tells us, and would throw the message away with only a word in the console.
   *
   * @param {MessageOut} message
   */
  send(message) {
    const socket = this.socket;
    if (this.link !== "open" || socket === null || socket.readyState !== socket.OPEN) return false;
    socket.send(JSON.stringify(message));
    return true;
  }

  /** Wait until the network has taken most of what was sent. At once when there is no connection. */
  async sent() {
    while (this.link === "open" && (this.socket?.bufferedAmount ?? 0) > BUFFERED_BYTES) {
      await new Promise((resolve) => this.world.after(() => resolve(undefined), BUFFERED_MS));
    }
  }

  /**
   * Send `message` and return its reply. One of each type at a time.
   *
   * @template {MessageIn["type"]} T
   * @param {MessageOut} message
   * @param {T} reply
   * @returns {Promise<Extract<MessageIn, {type: T}>>}
   * @throws {RefusedError} the hub refused
   * @throws {NoReplyError} not connected, connection lost, or no reply in time
   */
  request(message, reply) {
    return new Promise((resolve, reject) => {
      if (this.waiting.has(message.type)) throw new NoReplyError(`${message.type} is under way`);
      if (!this.send(message)) throw new NoReplyError("not connected");
      const late = () => this.#settle(message.type)?.reject(new NoReplyError("no reply in time"));
      const timer = this.world.after(late, REPLY_WITHIN_MS);
      const accept = /** @type {(m: MessageIn) => void} */ (/** @type {unknown} */ (resolve));
      this.waiting.set(message.type, { reply, resolve: accept, reject, timer });
    });
  }

  #open() {
    this.#cancelTimer();
    const socket = this.world.openSocket(this.url);
    this.socket = socket;
    const mine = () => this.socket === socket;
    socket.onopen = () => mine() && this.#hello(socket);
    socket.onmessage = (event) => mine() && this.#receive(event.data);
    socket.onclose = () => mine() && this.#lost();
    this.timer = this.world.after(() => this.#lost(), OPEN_WITHIN_MS);
  }

  /** @param {WebSocket} socket */
  #hello(socket) {
    const token = this.token();
    /** @type {import("./messages.js").Hello} */
    const hello = { type: "hello", versions: [VERSION], ...(token ? { token } : {}) };
    socket.send(JSON.stringify(hello));
  }

  /** @param {unknown} data */
  #receive(data) {
    try {
      if (typeof data !== "string") throw new ProtocolViolation("not-json", "a binary frame");
      this.#dispatch(decode(data));
    } catch (error) {
      if (!(error instanceof ProtocolViolation)) throw error;
      console.error("The hub broke the protocol.", error);
      this.socket?.close(CLOSE_VIOLATION, error.code);
      this.#lost();
    }
  }

  /** @param {MessageIn} message */
  #dispatch(message) {
    if ("now" in message) this.clockOffset_s = message.now - this.world.now_ms() / 1000;
    if (message.type === "welcome") this.#welcome();
    if (message.type === "pong") this.#pong(message.sent);
    if (message.type === "violation") this.#violated(message);
    if (message.type === "hub-stopping") this.#stopping(message.come_back_s * 1000);
    const handle = /** @type {(m: MessageIn) => void} */ (this.handlers[message.type]);
    handle(message);
    this.#answer(message);
  }

  /** @param {MessageIn} message */
  #answer(message) {
    if (message.type === "refused") {
      this.#settle(message.about)?.reject(new RefusedError(message));
      return;
    }
    for (const [type, each] of this.waiting) {
      if (each.reply === message.type) this.#settle(type)?.resolve(message);
    }
  }

  /** @param {string} type */
  #settle(type) {
    const found = this.waiting.get(type);
    if (found) {
      this.waiting.delete(type);
      this.world.cancel(found.timer);
    }
    return found;
  }

  #welcome() {
    this.tries = 0;
    this.backAt_ms = null;
    this.pingSent_ms = null;
    this.#setLink("open");
    this.#cancelTimer();
    this.#tick();
  }

  /** Sends the next ping, or gives the connection up when the last one is overdue. */
  #tick() {
    const now = this.world.now_ms();
    if (this.pingSent_ms === null) {
      this.pingSent_ms = now;
      this.send({ type: "ping", sent: now });
    } else if (now - this.pingSent_ms >= PONG_WITHIN_MS) {
      this.#lost();
      return;
    }
    this.timer = this.world.after(() => this.#tick(), PING_EVERY_MS);
  }

  /** @param {number} sent_ms */
  #pong(sent_ms) {
    if (sent_ms !== this.pingSent_ms) return;
    this.pingSent_ms = null;
    this.rtt_ms = this.world.now_ms() - sent_ms;
    // The hub read its clock half a round trip ago.
    this.clockOffset_s += this.rtt_ms / 2000;
  }

  /**
   * It closes now, and every page comes back in its own time.
   *
   * @param {number} back_ms
   */
  #stopping(back_ms) {
    this.backAt_ms = this.world.now_ms() + back_ms;
    this.#lost();
  }

  /** @param {import("./messages.js").Violation} violation */
  #violated(violation) {
    console.error("The hub says that this page broke the protocol.", violation);
    if (violation.code !== "unknown-version") return;
    this.stopped = true;
    this.#drop();
    this.#setLink("outdated");
  }

  #lost() {
    this.#drop();
    if (this.stopped) return;
    const now = this.world.now_ms();
    const late_ms = (this.backAt_ms ?? -Infinity) + PAUSE_GRACE_MS - now;
    this.#setLink(late_ms > 0 ? "pausing" : "lost");
    if (this.backAt_ms !== null && this.backAt_ms > now) {
      this.timer = this.world.after(() => this.#open(), this.backAt_ms - now);
      return;
    }
    const base_ms = BACKOFF_MS[Math.min(this.tries, BACKOFF_MS.length - 1)] ?? 0;
    this.tries += 1;
    // Spread out, so that a restarted hub does not meet everybody at once.
    const delay_ms = base_ms * (0.5 + this.world.random());
    this.timer = this.world.after(() => this.#open(), delay_ms);
  }

  #drop() {
    this.#cancelTimer();
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    for (const type of [...this.waiting.keys()]) {
      this.#settle(type)?.reject(new NoReplyError("connection lost"));
    }
  }

  #cancelTimer() {
    if (this.timer !== null) this.world.cancel(this.timer);
    this.timer = null;
  }

  /** @param {LinkState} link */
  #setLink(link) {
    if (link === this.link) return;
    this.link = link;
    this.onLink(link);
  }
}
