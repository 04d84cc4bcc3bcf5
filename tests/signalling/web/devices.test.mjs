import assert from "node:assert/strict";
import { test } from "node:test";

import { browserOf, Devices, faultOf, loudestPower, wishedSize } from "../../../signalling/web/devices.js";

/** Answers getUserMedia by what each kind is: a track, or the name of an error. */
class FakeMedia {
  asked = [];
  constructor(kinds) {
    this.kinds = kinds;
  }
  async getUserMedia({ video, audio }) {
    const wanted = [...(video ? ["video"] : []), ...(audio ? ["audio"] : [])];
    this.asked.push(wanted.join(" and "));
    const failing = wanted.find((each) => this.kinds[each] !== "works");
    if (failing) throw new DOMException("no", this.kinds[failing]);
    this.camera = video;
    const settings = () => this.settings ?? {};
    const tracks = wanted.map((kind) => ({
      kind, readyState: "live", muted: false, stop() {}, getSettings: settings,
    }));
    return { getTracks: () => tracks };
  }
}

FakeMedia.prototype.enumerateDevices = async function () {
  return (this.cameras ?? []).map((deviceId) => ({ kind: "videoinput", deviceId }));
};

const audio = () => {
  throw new Error("no meter without a microphone");
};
const devices = (media) =>
  new Devices({ size: { width: 640, height: 480 }, audio, onChange: () => {}, media });

test("a refused microphone leaves the camera", async () => {
  const media = new FakeMedia({ video: "works", audio: "NotAllowedError" });
  const found = devices(media);
  await found.ask();
  assert.deepEqual(media.asked, ["video and audio", "video", "audio"]);
  assert.deepEqual(found.faults, { camera: null, microphone: "denied" });
  assert.equal(found.tracks.camera.kind, "video");
  assert.ok(found.asked);
});

test("in the place of an unplugged camera another one is taken", async () => {
  const found = devices(new FakeMedia({ video: "works", audio: "NotFoundError" }));
  await found.ask();
  const camera = found.tracks.camera;
  camera.onended();
  await found.asking;
  assert.equal(found.faults.camera, null);
  assert.notEqual(found.tracks.camera, camera);
});

test("an unplugged camera is a fault, and asked for again when one comes", async () => {
  const media = new FakeMedia({ video: "works", audio: "NotFoundError" });
  const found = devices(media);
  await found.ask();
  const [camera] = [found.tracks.camera];
  media.kinds.video = "NotFoundError";
  camera.onended();
  await found.asking;
  assert.equal(found.faults.camera, "none");
  media.kinds.video = "works";
  found.replugged();
  await found.asking;
  assert.equal(found.faults.camera, null);
  assert.notEqual(found.tracks.camera, camera);
});

test("asks once at a time", async () => {
  const media = new FakeMedia({ video: "NotReadableError", audio: "NotReadableError" });
  const found = devices(media);
  assert.equal(found.ask(), found.ask());
  await found.asking;
  assert.equal(media.asked.length, 3);
  assert.deepEqual(found.faults, { camera: "in-use", microphone: "in-use" });
});

test("without a secure origin there are no devices, and it says so", async () => {
  const found = devices(undefined);
  await found.ask();
  assert.deepEqual(found.faults, { camera: "insecure", microphone: "insecure" });
});

test("the meter shows the loudest moment, not the mean", () => {
  const samples = new Float32Array(16384);
  assert.equal(loudestPower(samples), 0);
  samples.fill(0.5, 4096, 5120);
  assert.equal(loudestPower(samples), 0.25);
});

test("faults have names", () => {
  assert.equal(faultOf(new DOMException("", "NotAllowedError")), "denied");
  assert.equal(faultOf(new DOMException("", "OverconstrainedError")), "none");
  assert.equal(faultOf(new Error("?")), "failed");
  const bySystem = new DOMException("Permission denied by system", "NotAllowedError");
  assert.equal(faultOf(bySystem), "denied-system");
  // Firefox's only words for a denial, whoever denied.
  const words = "The request is not allowed by the user agent or the platform in the current context.";
  assert.equal(faultOf(new DOMException(words, "NotAllowedError")), "denied");
});

test("the browser's family, for the words that say where permission is given", () => {
  const chrome = "Mozilla/5.0 (X11; Linux) AppleWebKit/537.36 Chrome/150.0 Safari/537.36";
  assert.equal(browserOf(chrome), "chrome");
  assert.equal(browserOf("Mozilla/5.0 (X11; rv:140.0) Gecko/20100101 Firefox/140.0"), "firefox");
  const phone = "Mozilla/5.0 (iPhone) AppleWebKit/605 Version/26 Safari/604";
  assert.equal(browserOf(phone), "ios");
  assert.equal(browserOf(phone.replace("Version/26", "CriOS/150.0")), "ios");
  assert.equal(browserOf(phone.replace("iPhone", "Macintosh")), "safari");
  assert.equal(browserOf("curl"), "other");
});

test("the picture asked for may be said in the address", () => {
  assert.deepEqual(wishedSize("?size=1280x720"), { width: 1280, height: 720 });
  assert.deepEqual(wishedSize("?size=huge"), { width: 640, height: 480 });
  assert.deepEqual(wishedSize(""), { width: 640, height: 480 });
});

test("the next camera is the one on a phone's other side, or the next of a desk's", async () => {
  const media = new FakeMedia({ video: "works", audio: "NotFoundError" });
  media.cameras = ["a", "b"];
  const found = devices(media);
  await found.ask();
  assert.equal(found.cameras, 2);
  assert.equal(media.camera.facingMode, "user");
  media.settings = { facingMode: "user", deviceId: "a" };
  await found.nextCamera();
  assert.equal(media.camera.facingMode, "environment");
  media.settings = { deviceId: "b" };
  await found.nextCamera();
  assert.deepEqual(media.camera.deviceId, { exact: "a" });
});

test("a camera that does not start leaves the one before", async () => {
  const media = new FakeMedia({ video: "works", audio: "NotFoundError" });
  media.cameras = ["a", "b"];
  media.settings = { deviceId: "a" };
  const found = devices(media);
  await found.ask();
  const get = media.getUserMedia.bind(media);
  media.getUserMedia = async (wanted) => {
    if (wanted.video?.deviceId?.exact === "b") throw new DOMException("no", "NotReadableError");
    return get(wanted);
  };
  await found.nextCamera();
  assert.deepEqual(media.camera.deviceId, { exact: "a" });
  assert.equal(found.faults.camera, null);
  assert.ok(found.tracks.camera);
});

test("muted at the device is a fault for as long as it lasts", async () => {
  const media = new FakeMedia({ video: "works", audio: "NotFoundError" });
  const found = devices(media);
  await found.ask();
  found.tracks.camera.onmute();
  assert.equal(found.faults.camera, "muted");
  found.tracks.camera.onunmute();
  assert.equal(found.faults.camera, null);
});

test("the chosen camera is asked for, and again when it comes back", async () => {
  const media = new FakeMedia({ video: "works", audio: "NotFoundError" });
  media.cameras = ["front", "desk"];
  media.settings = { deviceId: "front" };
  let kept = null;
  const found = new Devices({
    size: { width: 640, height: 480 }, audio, onChange: () => {}, media,
    chosen: (kind, id) => (kind === "camera" ? (kept = id ?? kept) : null),
  });
  await found.ask();
  assert.deepEqual(found.state().lists.camera.map(({ id }) => id), ["front", "desk"]);
  media.settings = { deviceId: "desk" };
  await found.choose("camera", "desk");
  assert.deepEqual(media.camera.deviceId, { exact: "desk" });
  assert.equal(found.state().used.camera, "desk");
  // Pulled out: another is taken. Back again: it is the one.
  media.settings = { deviceId: "front" };
  media.cameras = ["front"];
  found.tracks.camera.onended();
  await found.asking;
  assert.equal(found.state().used.camera, "front");
  media.cameras = ["front", "desk"];
  media.settings = { deviceId: "desk" };
  const before = media.asked.length;
  found.tracks.camera.getSettings = () => ({ deviceId: "front" });
  await found.replugged();
  assert.equal(found.state().used.camera, "desk");
  assert.ok(media.asked.length > before);
});
