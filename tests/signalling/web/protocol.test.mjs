import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { decode, ProtocolViolation } from "../../../signalling/web/messages.js";
import {
  familyUrl, HubConnection, MESSAGES_IN, NoReplyError, OPEN_WITHIN_MS, PAUSE_GRACE_MS, PING_EVERY_MS,
  PONG_WITHIN_MS, RefusedError, REPLY_WITHIN_MS,
} from "../../../signalling/web/protocol.js";

/** A world whose time goes on only when told to. */
class FakeWorld {
  time_ms = 1000;
  timers = new Map();
  sockets = [];
  next = 1;
  openSocket = (url) => {
    const socket = new FakeSocket(url);
    this.sockets.push(socket);
    return socket;
  };
  now_ms = () => this.time_ms;
  after = (run, delay_ms) => {
    this.timers.set(this.next, { run, at: this.time_ms + delay_ms });
    return this.next++;
  };
  cancel = (timer) => this.timers.delete(timer);
  random = () => 0.5;
  get socket() {
    return this.sockets.at(-1);
  }
  pass(ms) {
    const end = this.time_ms + ms;
    for (;;) {
      const due = [...this.timers].filter(([, { at }]) => at <= end).sort((a, b) => a[1].at - b[1].at)[0];
      if (due === undefined) break;
      this.timers.delete(due[0]);
      this.time_ms = due[1].at;
      due[1].run();
    }
    this.time_ms = end;
  }
}

class FakeSocket {
  OPEN = 1;
  readyState = 1;
  sent = [];
  closed = null;
  constructor(url) {
    this.url = url;
  }
  send(text) {
    assert.equal(this.closed, null, "sent on a closed socket");
    assert.equal(this.readyState, this.OPEN, "the browser would throw it away");
    this.sent.push(JSON.parse(text));
  }
  close(...why) {
    this.closed ??= why;
  }
  say(message) {
    this.onmessage({ data: JSON.stringify(message) });
  }
  of(type) {
    return this.sent.filter((each) => each.type === type);
  }
}

const WELCOME = { type: "welcome", now: 1_800_000_000, name: "Maria", facilities: [], opened: null };
let world, links, handled, hub;

beforeEach(() => {
  world = new FakeWorld();
  links = [];
  handled = [];
  const handlers = Object.fromEntries(
    MESSAGES_IN.map((type) => [type, (message) => handled.push(message)]),
  );
  const token = () => "t".repeat(43);
  hub = new HubConnection({ url: "ws://hub/family", token, handlers, onLink: (l) => links.push(l), world });
  hub.start();
});

function welcome() {
  world.socket.onopen();
  world.socket.say(WELCOME);
}

test("the endpoint is on the page's own host", () => {
  assert.equal(familyUrl({ protocol: "https:", host: "a.example" }), "wss://a.example/family");
  assert.equal(familyUrl({ protocol: "http:", host: "localhost:80" }), "ws://localhost:80/family");
});

test("says hello first, with versions and token, and is open after the welcome", () => {
  world.socket.onopen();
  assert.deepEqual(world.socket.sent, [{ type: "hello", versions: ["1"], token: "t".repeat(43) }]);
  assert.equal(hub.send({ type: "log-out" }), false);
  world.socket.say(WELCOME);
  assert.deepEqual(links, ["open"]);
  assert.deepEqual(handled, [WELCOME]);
});

test("keeps the hub's clock", () => {
  welcome();
  assert.equal(hub.now(), WELCOME.now);
  world.pass(2000);
  assert.equal(hub.now(), WELCOME.now + 2);
});

test("reconnects after a loss, later each time, with a new hello", () => {
  welcome();
  world.socket.onclose();
  assert.deepEqual(links, ["open", "lost"]);
  const gaps = [];
  for (let tries = 0; tries < 4; tries += 1) {
    const [before, at] = [world.sockets.length, world.time_ms];
    while (world.sockets.length === before) world.pass(10);
    gaps.push(world.time_ms - at);
    world.socket.onclose();
  }
  assert.deepEqual(gaps, [300, 700, 1500, 3000]);
  hub.retryNow();
  welcome();
  assert.deepEqual(links, ["open", "lost", "open"]);
  assert.equal(world.socket.of("hello").length, 1);
});

test("a hub that stops is come back to when it said, and only then is lost", () => {
  welcome();
  world.socket.say({ type: "hub-stopping", come_back_s: 7 });
  assert.ok(world.sockets[0].closed);
  world.pass(6990);
  assert.equal(world.sockets.length, 1);
  world.pass(10);
  assert.equal(world.sockets.length, 2);
  world.socket.onclose();
  assert.deepEqual(links, ["open", "pausing"]);
  for (let tries = 0; tries < 3; tries += 1) {
    const before = world.sockets.length;
    while (world.sockets.length === before) world.pass(10);
    if (tries < 2) world.socket.onclose();
  }
  assert.deepEqual(links, ["open", "pausing"]);
  world.pass(PAUSE_GRACE_MS);
  world.socket.onclose();
  assert.deepEqual(links, ["open", "pausing", "lost"]);
  hub.retryNow();
  welcome();
  world.socket.onclose();
  assert.deepEqual(links.slice(3), ["open", "lost"]);
});

test("a socket that never opens is given up", () => {
  world.pass(OPEN_WITHIN_MS);
  assert.deepEqual(links, ["lost"]);
  assert.ok(world.sockets[0].closed);
});

test("pings, measures the way, and gives up when no pong comes in time", () => {
  welcome();
  const [ping] = world.socket.of("ping");
  world.pass(80);
  world.socket.say({ type: "pong", sent: ping.sent, now: WELCOME.now + 0.04 });
  assert.equal(hub.rtt_ms, 80);
  assert.ok(Math.abs(hub.now() - (WELCOME.now + 0.08)) < 1e-6);
  world.pass(PING_EVERY_MS);
  assert.equal(world.socket.of("ping").length, 2);
  const socket = world.socket;
  world.pass(PONG_WITHIN_MS + PING_EVERY_MS);
  assert.ok(socket.closed, "closed, and without a code: the hub tells a loss from a leaving");
  assert.deepEqual(socket.closed, []);
  assert.equal(links.at(-1), "lost");
});

test("a late pong of an older ping is not taken for the newest", () => {
  welcome();
  world.socket.say({ type: "pong", sent: -1, now: WELCOME.now });
  assert.equal(hub.rtt_ms, null);
});

test("requests get their reply, their refusal, or no reply", async () => {
  welcome();
  const log = { type: "log-in", email: "a@b", password: "x" };
  const good = hub.request(log, "logged-in");
  world.socket.say({ type: "logged-in", token: "t".repeat(43), name: "Maria" });
  assert.equal((await good).name, "Maria");
  const bad = hub.request(log, "logged-in");
  await assert.rejects(hub.request(log, "logged-in"), NoReplyError, "one at a time");
  world.socket.say({ type: "refused", about: "log-in", code: "wrong-log-in", facts: {} });
  await assert.rejects(bad, (error) => error instanceof RefusedError && error.code === "wrong-log-in");
  const late = hub.request({ type: "log-out" }, "logged-out");
  late.catch(() => {});
  for (let ms = 0; ms < REPLY_WITHIN_MS; ms += 1000) {
    world.pass(1000);
    const ping = world.socket.of("ping").at(-1);
    world.socket.say({ type: "pong", sent: ping.sent, now: WELCOME.now });
  }
  await assert.rejects(late, NoReplyError);
  const lost = hub.request(log, "logged-in");
  world.socket.onclose();
  await assert.rejects(lost, NoReplyError);
  await assert.rejects(hub.request(log, "logged-in"), NoReplyError);
});

test("nothing is said to be sent on a socket that closes and has not told yet", async () => {
  welcome();
  world.socket.readyState = 2;
  assert.equal(hub.send({ type: "end", visit: "v1" }), false);
  await assert.rejects(hub.request({ type: "log-out" }, "logged-out"), NoReplyError);
  world.socket.onclose();
  assert.deepEqual(links, ["open", "lost"]);
});

test("what breaks the protocol closes the connection and is not handled", (t) => {
  const said = t.mock.method(console, "error", () => {});
  welcome();
  handled.length = 0;
  world.socket.say({ type: "logged-out", extra: 1 });
  assert.deepEqual(handled, []);
  assert.deepEqual(world.sockets[0].closed, [4002, "unknown-field"]);
  assert.equal(links.at(-1), "lost");
  assert.equal(said.mock.callCount(), 1);
});

test("a hub that does not speak our version ends the trying", (t) => {
  t.mock.method(console, "error", () => {});
  world.socket.onopen();
  world.socket.say({ type: "violation", code: "unknown-version", detail: "" });
  assert.equal(links.at(-1), "outdated");
  world.pass(60_000);
  assert.equal(world.sockets.length, 1);
});

test("an old socket's words are not heard", () => {
  const old = world.socket;
  world.pass(OPEN_WITHIN_MS + 300);
  assert.equal(world.sockets.length, 2);
  old.onmessage({ data: JSON.stringify(WELCOME) });
  assert.deepEqual(handled, []);
});

test("strict decoding names what is wrong", () => {
  const code = (text) => {
    try {
      decode(text);
    } catch (error) {
      assert.ok(error instanceof ProtocolViolation);
      return error.code;
    }
    return null;
  };
  assert.equal(code("{"), "not-json");
  assert.equal(code("[]"), "not-json");
  assert.equal(code("null"), "not-json");
  assert.equal(code('{"type": "seat"}'), "unknown-message");
  assert.equal(code('{"type": "toString"}'), "unknown-message");
  assert.equal(code('{"sent": 1}'), "unknown-message");
  assert.equal(code('{"type": "pong", "sent": 1}'), "wrong-type");
  assert.equal(code('{"type": "pong", "sent": "1", "now": 2}'), "wrong-type");
  assert.equal(code('{"type": "pong", "sent": 1, "now": 2, "x": 3}'), "unknown-field");
  assert.equal(code('{"type": "appointments", "now": 2, "visits": [{"id": "v"}]}'), "wrong-type");
  assert.equal(code('{"type": "pong", "sent": 1, "now": 2}'), null);
});
