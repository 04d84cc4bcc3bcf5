"""A real Chromium as the family: one small page on loopback that answers the kiosk's offers."""

from __future__ import annotations

import base64
import io
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from playwright.async_api import Page, async_playwright

PAGE = """<!doctype html><meta charset=utf-8><title>family</title><video id=v autoplay playsinline
 muted></video><script>
'use strict';
const family = {};
const video = document.getElementById('v');
let stream = null, audio = null;
async function devices(width, height) {
  stream = await navigator.mediaDevices.getUserMedia(
    {audio: {echoCancellation: false, noiseSuppression: false, autoGainControl: false},
     video: {width, height, frameRate: 30}});
  audio = new AudioContext();
}
async function answer(number, sdp) {
  const pc = new RTCPeerConnection({iceServers: []});
  const one = family[number] = {pc, candidates: [], tracks: []};
  pc.onicecandidate = e => { if (e.candidate) one.candidates.push(e.candidate.candidate); };
  pc.ontrack = e => one.tracks.push(e.track);
  await pc.setRemoteDescription({type: 'offer', sdp});
  for (const t of pc.getTransceivers()) t.direction = 'sendrecv';
  await pc.setLocalDescription(await pc.createAnswer());
  return pc.localDescription.sdp;
}
async function show(number) {
  const one = family[number];
  const shown = new MediaStream(one.tracks);
  video.srcObject = shown;
  void video.play();  // settles with the first picture
  const source = audio.createMediaStreamSource(shown);
  one.analyser = audio.createAnalyser();
  one.analyser.fftSize = 32768;
  source.connect(one.analyser);
}
async function press(number) {
  const at = performance.now();
  const one = family[number];
  one.pressed = at;
  one.first = null;
  one.frames = [];
  video.requestVideoFrameCallback(function seen(now, m) {
    if (one.first === null) one.first = performance.now() - at;
    one.frames.push(now);
    video.requestVideoFrameCallback(seen);
  });
  for (const t of one.pc.getTransceivers()) {
    const kind = t.receiver.track.kind;
    await t.sender.replaceTrack(stream.getTracks().find(x => x.kind === kind));
  }
  return at;
}
function picture() {
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth; canvas.height = video.videoHeight;
  canvas.getContext('2d').drawImage(video, 0, 0);
  return canvas.toDataURL('image/png');
}
function pitch(number) {
  const a = family[number].analyser, bins = new Float32Array(a.frequencyBinCount);
  a.getFloatFrequencyData(bins);
  let best = 4;
  for (let i = 4; i < bins.length; i++) if (bins[i] > bins[best]) best = i;
  return {hz: best * audio.sampleRate / a.fftSize, db: bins[best]};
}
async function received(number) {
  const out = {};
  (await family[number].pc.getStats()).forEach(s => {
    if (s.type === 'inbound-rtp') out[s.kind] = s.packetsReceived;
    if (s.type === 'outbound-rtp' && s.kind === 'video')
      out.sent = {fps: s.framesPerSecond, w: s.frameWidth, h: s.frameHeight,
                  why: s.qualityLimitationReason, target: s.targetBitrate};
  });
  return out;
}
</script>"""


class Family:
    """The page and what tests do with it."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def call(self, name: str, *arguments: object) -> Any:
        """Call one of the page's functions."""
        return await self.page.evaluate(f"(a) => {name}(...a)", list(arguments))

    async def candidates(self, number: int) -> list[str]:
        """Return and forget the candidates found so far."""
        found: list[str] = await self.page.evaluate(f"family[{number}].candidates.splice(0)")
        return found

    async def picture(self) -> npt.NDArray[np.uint8]:
        """Return what the video element shows."""
        data: str = await self.call("picture")
        image = Image.open(io.BytesIO(base64.b64decode(data.partition(",")[2])))
        return np.asarray(image.convert("RGB"))


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = PAGE.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@asynccontextmanager
async def family(width: int, height: int, *flags: str) -> AsyncIterator[Family]:
    """Run Chromium with its fake camera at 30 frames a second."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, name="family's page")
    thread.start()
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path="/usr/bin/chromium",
                args=[
                    "--no-sandbox",
                    "--use-fake-ui-for-media-stream",
                    "--use-fake-device-for-media-stream=fps=30",
                    "--autoplay-policy=no-user-gesture-required",
                    *flags,
                ],
            )
            try:
                page = await browser.new_page()
                await page.goto(f"http://127.0.0.1:{server.server_port}/")
                one = Family(page)
                await one.call("devices", width, height)
                yield one
            finally:
                await browser.close()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
