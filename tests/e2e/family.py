"""The family: real Chromium with its fake camera, driven through the real page."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from hardware import mark
from tests.e2e.footage import write_tone, write_video

DESK = (1280, 800)
PHONE = (390, 844)

# Measures from outside: reads the elements that the page shows and plays, changes nothing.
_MEASURE = """
async (seconds) => {
  const video = document.querySelector('#remote-video');
  const stream = video.srcObject;
  const media = stream && stream.getAudioTracks().length ? stream : null;
  let dbfs = null, hz = null;
  const context = new AudioContext({sampleRate: 48000});
  await context.resume();
  const analyser = context.createAnalyser();
  analyser.fftSize = 8192;
  analyser.smoothingTimeConstant = 0;
  if (media) context.createMediaStreamSource(new MediaStream(media.getAudioTracks()))
      .connect(analyser);
  const before = video.getVideoPlaybackQuality().totalVideoFrames;
  const start = performance.now();
  let loudest = -120;
  while (performance.now() - start < seconds * 1000) {
    await new Promise((done) => setTimeout(done, 200));
    const wave = new Float32Array(analyser.fftSize);
    analyser.getFloatTimeDomainData(wave);
    const level = 10 * Math.log10(wave.reduce((sum, x) => sum + x * x, 0) / wave.length + 1e-12);
    if (level > loudest) {
      loudest = level;
      const bins = new Float32Array(analyser.frequencyBinCount);
      analyser.getFloatFrequencyData(bins);
      hz = bins.indexOf(Math.max(...bins)) * context.sampleRate / analyser.fftSize;
    }
  }
  dbfs = media ? loudest : null;
  const frames = video.getVideoPlaybackQuality().totalVideoFrames - before;
  const took = (performance.now() - start) / 1000;
  await context.close();
  return {fps: frames / took, width: video.videoWidth, height: video.videoHeight,
          audio_dbfs: dbfs, audio_hz: hz};
}
"""

_PIXELS = """
() => {
  const video = document.querySelector('#remote-video');
  if (!video || !video.videoWidth) return null;
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext('2d').drawImage(video, 0, 0);
  const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  let text = '';
  for (let i = 0; i < data.length; i += 32768)
    text += String.fromCharCode(...data.subarray(i, i + 32768));
  return [canvas.width, canvas.height, btoa(text)];
}
"""

_WATCH_STATUSES = """
window.statusesSeen = [];
new MutationObserver(() => {
  const status = document.querySelector('[data-visit] [data-status]')?.dataset.status;
  if (status && status !== window.statusesSeen.at(-1)) window.statusesSeen.push(status);
}).observe(document, {subtree: true, childList: true, attributes: true});
"""

_PRESS_TO_PICTURE = """
() => {
  const last = (name) => performance.getEntriesByName(name).at(-1)?.startTime ?? null;
  const press = last('visit-press'), picture = last('visit-first-picture');
  return {press_at: press === null ? null : (performance.timeOrigin + press) / 1000,
          ms: press === null || picture === null ? null : picture - press};
}
"""


@dataclass
class Family:
    """One open page, and what a person does on it."""

    page: Page
    context: BrowserContext
    url: str
    """With the picture's size asked for, as ?size=WIDTHxHEIGHT."""
    console: list[str] = field(default_factory=list)
    """Its lines so far."""

    async def open(self) -> None:
        """Open the hub's page."""
        await self.page.goto(self.url)
        await self.at("log-in", "facility", "appointments", "check", "in-visit", "held")

    async def at(self, *screens: str, deadline_s: float = 20) -> str:
        """Wait until the page shows one of these screens and return which."""
        wanted = ", ".join(f'body[data-screen="{each}"]' for each in screens)
        await self.page.wait_for_selector(wanted, timeout=deadline_s * 1000)
        return await self.screen()

    async def screen(self) -> str:
        """The screen that the page shows."""
        return await self.page.get_attribute("body", "data-screen") or ""

    async def status(self) -> str:
        """The status of the first visit shown, as the page's data says."""
        return await self.page.get_attribute("[data-visit] [data-status]", "data-status") or ""

    async def wait_status(self, status: str, deadline_s: float = 30) -> None:
        """Wait until the first visit on Appointments has this status."""
        await self.page.wait_for_selector(
            f'[data-visit] [data-status="{status}"]', timeout=deadline_s * 1000, state="attached"
        )

    async def log_in(self, email: str, password: str, wait: bool = True) -> None:
        """Type e-mail and password and log in."""
        await self.page.fill("#email", email)
        await self.page.fill("#password", password)
        await self.page.click("#log-in")
        if wait:
            await self.at("facility")

    async def open_facility(self, password: str) -> None:
        """Choose the facility and give the password again."""
        await self.page.click("[data-facility]")
        await self.page.fill("#facility-password", password)
        await self.page.click("#facility-log-in")
        await self.at("check", "appointments")

    async def appointments(self) -> None:
        """Go to Appointments, past the device check."""
        await self.page.click("[data-tab=appointments]:visible")
        await self.at("appointments")
        await self.page.wait_for_selector("[data-visit]")

    async def statuses(self) -> list[str]:
        """Every status that the first visit has shown since the page was loaded."""
        told: list[str] = await self.page.evaluate("() => window.statusesSeen")
        return told

    async def press_telephone(self) -> None:
        """Press the green telephone."""
        await self.page.click(".telephone:not([disabled])", timeout=10_000)

    async def end_visit(self) -> None:
        """The red X, and yes."""
        await self.page.click("#end-visit")
        await self.page.click("#confirm-end")

    async def measure(self, seconds: float = 3) -> dict[str, Any]:
        """Frames per second, size and sound of what the large screen shows."""
        told: dict[str, Any] = await self.page.evaluate(_MEASURE, seconds)
        return told

    async def steady(self, fps: float, width: int, tries: int = 5) -> dict[str, Any]:
        """Measure until the picture is as good as asked for, at most `tries` times.

        A call climbs to its rate, and a busy machine has bad seconds.
        """
        for _ in range(tries - 1):
            told = await self.measure(2)
            if told["fps"] >= fps and told["width"] >= width:
                return told
        return await self.measure(2)

    async def press_to_picture(self) -> dict[str, float | None]:
        """When the telephone was pressed (s since the epoch) and ms to the first picture."""
        told: dict[str, float | None] = await self.page.evaluate(_PRESS_TO_PICTURE)
        return told

    async def pixels(self) -> npt.NDArray[np.uint8] | None:
        """What the large screen shows now, (height, width, 3) RGB; None: no picture yet."""
        told = await self.page.evaluate(_PIXELS)
        if told is None:
            return None
        width, height, text = told
        rgba = np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width, 4)
        return rgba[:, :, :3]

    async def mark(self) -> int | None:
        """The frame mark in the picture that the large screen shows now."""
        pixels = await self.pixels()
        return None if pixels is None else mark.read_rgb(pixels)

    async def picture(self, path: Path) -> None:
        """Screenshot."""
        await self.page.screenshot(path=str(path))


class Households:
    """One Chromium; each family in it has a browser profile of its own."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser, self.url = browser, url

    async def family(
        self, size: tuple[int, int] = DESK, same_as: Family | None = None, **options: Any
    ) -> Family:
        """A new family; `same_as` opens another page with that family's storage."""
        if same_as is not None:
            context = same_as.context
        else:
            context = await self._browser.new_context(
                viewport={"width": size[0], "height": size[1]},
                permissions=["camera", "microphone"],
                **{"locale": "en-US", **options},
            )
        page = await context.new_page()
        await page.add_init_script(_WATCH_STATUSES)
        page.on("pageerror", lambda error: print(f"page error: {error}"))
        page.on(
            "console", lambda line: print(f"page: {line.text}") if line.type == "error" else None
        )
        family = Family(page, context, self.url)
        page.on("console", lambda line: family.console.append(line.text))
        return family


@contextlib.asynccontextmanager
async def households(
    url: str,
    folder: Path,
    size: tuple[int, int] = (640, 480),
    headless: bool = True,
    fps: int = 30,
) -> AsyncIterator[Households]:
    """Start Chromium, its fake camera showing marked frames and its microphone a tone."""
    video, sound = folder / "family.y4m", folder / "family.wav"
    write_video(video, *size, fps=fps)
    write_tone(sound)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            headless=headless,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--use-fake-ui-for-media-stream",
                f"--use-fake-device-for-media-stream=fps={fps}",
                f"--use-file-for-fake-video-capture={video}",
                f"--use-file-for-fake-audio-capture={sound}",
                "--autoplay-policy=document-user-activation-required",
            ],
        )
        try:
            yield Households(browser, f"{url}/?size={size[0]}x{size[1]}")
        finally:
            await browser.close()
