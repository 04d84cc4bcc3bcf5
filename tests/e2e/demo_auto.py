"""The demonstration that plays both sides: narrates, measures, takes pictures, judges each step."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from collections.abc import AsyncIterator
from importlib import resources
from pathlib import Path
from typing import Any

import click

from kiosk.screens import layout, theme
from tests.e2e.family import Family, Households, households
from tests.e2e.processes import until
from tests.e2e.report import Received, Report, Step, contact_sheet
from tests.e2e.stage import EMAIL, INMATE, PASSWORD, Hub, Kiosk, Stage, stage

STARTS_IN_S = 22
"""From booking to start: time to log in and to see Scheduled."""
MIN_FPS = 15
SILENCE_DBFS = -50


class Demonstration:
    """One whole visit until its scheduled end, then a second one that the red X ends."""

    def __init__(self, folder: Path, size: tuple[int, int], length_s: int) -> None:
        self.folder, self.size, self.length_s = folder, size, length_s
        self.report = Report()
        self._began = time.monotonic()
        self._pairs: list[tuple[str, Path, Path]] = []
        self.hub: Hub
        self.kiosk: Kiosk
        self.family: Family

    @property
    def at_s(self) -> float:
        """Seconds since the demonstration began."""
        return round(time.monotonic() - self._began, 2)

    async def run(self) -> bool:
        """Play, write the report, say the verdict; whether all passed."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        try:
            async with stage(self.size) as house:
                await self._play(house)
        except Exception as error:
            self._failed("the demonstration ran to its end", error)
        finally:
            self._finish()
        return self.report.passed

    # -- narration --------------------------------------------------------------------------

    def _say(self, text: str) -> None:
        click.echo(f"{self.at_s:7.2f} s  {text}")

    def _failed(self, name: str, error: Exception) -> None:
        detail = str(error) or type(error).__name__
        self.report.steps.append(Step(name, False, self.at_s, detail[:2000]))
        self._say(click.style(f"FAIL  {name}: {detail}", fg="red"))

    @contextlib.asynccontextmanager
    async def _step(self, name: str) -> AsyncIterator[list[str]]:
        """Judge one step: it passes when its body ends without an error."""
        details: list[str] = []
        try:
            yield details
        except Exception as error:
            self._failed(name, error)
            raise StepFailedError(name) from error
        self.report.steps.append(Step(name, True, self.at_s, "; ".join(details)))
        self._say(click.style("pass  ", fg="green") + "; ".join([name, *details]))

    async def _pictures(self, name: str) -> None:
        """Screenshots of both sides at this moment."""
        number = len(self._pairs) + 1
        paths = [
            self.folder / f"{number:02}-{name.replace(' ', '-')}-{side}.png"
            for side in ("kiosk", "family")
        ]
        self.kiosk.display.picture().save(paths[0])
        await self.family.picture(paths[1])
        self._pairs.append((name, paths[0], paths[1]))
        self.report.screenshots += [path.name for path in paths]

    def _status(self, status: str) -> None:
        self.report.statuses.append({"status": status, "at_s": self.at_s})
        self._say(f"status: {status}")

    # -- the play ---------------------------------------------------------------------------

    async def _play(self, house: Stage) -> None:
        self._say("starting the hub and the terminal")
        self.hub = await house.start_hub()
        await house.people()
        async with households(self.hub.url, house.folder, self.size) as homes:
            self.kiosk, self.family = await asyncio.gather(house.start_kiosk(), homes.family())
            try:
                await self._first_visit(homes)
                await self._second_visit()
            except StepFailedError:
                with contextlib.suppress(Exception):  # what failed may be the browser itself
                    await self._pictures("failed")
            finally:
                for process in (self.kiosk.process, self.hub.process):
                    text = "\n".join(process.lines) + "\n"
                    (self.folder / f"{process.name}.log").write_text(text, encoding="utf-8")

    async def _first_visit(self, homes: Households) -> None:
        await self._account(homes)
        visit = await self.hub.book(f"+{STARTS_IN_S}", self.length_s)
        self._say(f"a visit of {self.length_s} s starts in {STARTS_IN_S} s")
        await self._log_in()
        await self._device_check()
        await self._appointments()
        await self._ready()
        await self._call()
        await self._measure()
        await self._expiry(visit)

    async def _account(self, homes: Households) -> None:
        async with self._step("An account can be created on the page"):
            other = await homes.family()
            await other.open()
            page = other.page
            await page.click("#switch-entry")
            await other.at("create-account")
            await page.fill("#name", "Rosa")
            await page.fill("#email", "rosa@example.org")
            await page.fill("#password", PASSWORD)
            since = self.hub.process.seen
            await page.click("#create-account")
            await other.at("check-mail")
            # Without an SMTP server the mail with the link is in the hub's log.
            link = await self.hub.process.wait_for(r"(http://\S+/#verify=\S+)", 20, since)
            mailed = Family(await other.context.new_page(), other.context, link[1])
            await mailed.open()
            await mailed.page.fill("#email", "rosa@example.org")
            await mailed.page.fill("#password", PASSWORD)
            await mailed.page.click("#log-in")
            await mailed.at("people")
            await other.context.close()

    async def _log_in(self) -> None:
        family, page = self.family, self.family.page
        async with self._step("Step 1: log in to the account"):
            await family.open()
            await page.fill("#email", EMAIL)
            await page.fill("#password", PASSWORD)
            await self._pictures("log in")
            await page.click("#log-in")
            await family.at("facility")
        async with self._step("Step 2: the facility log-in opens the jail's visitation"):
            await page.click("[data-facility]")
            await page.wait_for_selector("#facility-password")
        async with self._step("Step 3: the password is asked again"):
            await page.fill("#facility-password", PASSWORD)
            await self._pictures("facility log-in")
            await page.click("#facility-log-in")
            await family.at("check", "appointments")

    async def _device_check(self) -> None:
        family, page = self.family, self.family.page
        async with self._step("Step 4: the webcam is recognised, the sound can be checked") as told:
            if await family.screen() != "check":
                await page.click("[data-tab=check]")
            await family.at("check")
            await page.wait_for_function(
                "() => document.querySelector('#check-video')?.videoWidth > 0", timeout=15_000
            )
            width = await page.evaluate("() => document.querySelector('#check-video').videoWidth")
            await page.wait_for_selector("[data-check=microphone][data-passed]", timeout=10_000)
            await page.click("#play-bell")
            await page.click("#bell-yes")
            told.append(f"self-view {width} px wide, microphone heard, bell played")
            await self._pictures("device check")

    async def _appointments(self) -> None:
        family = self.family
        async with self._step("Step 5: Appointments shows the visit"):
            await family.appointments()
        async with self._step("Step 6: before its time the visit is Scheduled"):
            await family.wait_status("scheduled", 5)
            self._status("scheduled")
            await self._no_telephone()
            await self._pictures("scheduled")
        async with self._step("Step 6: at its time the visit becomes Pending"):
            await family.wait_status("pending", STARTS_IN_S + 10)
            self._status("pending")
            await self._no_telephone()
            await self._pictures("pending")

    async def _no_telephone(self) -> None:
        if await self.family.page.locator(".telephone:not([disabled])").count():
            raise AssertionError("the telephone can be pressed before the visit is Ready")

    async def _ready(self) -> None:
        name = "Step 6: the inmate signs in, the visit becomes Ready, the telephone green"
        async with self._step(name):
            await self.kiosk.press(layout.IDLE_TOUCH)
            await self.kiosk.screen("sign-in")
            await self.kiosk.type(INMATE)
            await self._pictures("sign-in")
            await self.kiosk.press(layout.BACK)
            await self.kiosk.screen("idle")
            await self.kiosk.sign_in()
            await self.kiosk.screen("waiting")
            await self.family.wait_status("ready")
            self._status("ready")
            await self.family.page.wait_for_selector(".telephone:not([disabled])")
            await self.kiosk.process.wait_for(r"connection=\d+ state=up", 15)
            await self._pictures("ready")

    async def _call(self) -> None:
        async with self._step("Step 6: a press on the green telephone begins the visit") as told:
            since = self.kiosk.process.seen
            await self.family.press_telephone()
            await self.family.at("in-visit", deadline_s=10)
            await self.kiosk.screen("in-visit", 10)
            self._status("in-visit")
            await self._press_to_picture(since, told)
        async with self._step("Step 7: a large screen shows the loved one, moving, each way"):
            await self._moves(self.family.mark, "the family's large screen")
            await self._moves(self._kiosk_mark, "the terminal's screen")

    async def _kiosk_mark(self) -> int | None:
        return self.kiosk.mark()

    async def _press_to_picture(self, since: int, told: list[str]) -> None:
        painted = await self.kiosk.process.wait_for(
            r"painted stream=remote at=([0-9.]+)", 10, since
        )
        family: dict[str, float | None] = {}
        for _ in range(200):
            family = await self.family.press_to_picture()
            if family["ms"] is not None:
                break
            await asyncio.sleep(0.05)
        if family["ms"] is None or family["press_at"] is None:
            raise AssertionError("the family saw no picture after the press")
        both = self.report.press_to_picture_ms
        both["family"] = round(family["ms"], 1)
        both["kiosk"] = round((float(painted[1]) - family["press_at"]) * 1000, 1)
        told.append(f"press to picture: family {both['family']} ms, terminal {both['kiosk']} ms")

    @staticmethod
    async def _moves(read: Any, where: str) -> None:
        """Three different frame marks are seen within the deadline."""
        seen: set[int] = set()
        end = time.monotonic() + 10
        while len(seen) < 3:
            if time.monotonic() > end:
                raise AssertionError(f"{where} showed only {len(seen)} different frames in 10 s")
            number = await read()
            if number is not None:
                seen.add(number)
            await asyncio.sleep(0.05)

    async def _measure(self) -> None:
        async with self._step("Step 7: picture and sound, each way") as told:
            family = await self.family.steady(MIN_FPS, self.size[0])
            received = self.report.received
            received["family"] = Received(
                round(family["fps"], 1), family["width"], family["height"], family["audio_dbfs"]
            )
            with contextlib.suppress(TimeoutError):  # judged below, in numbers
                await until(lambda: self._lacks("kiosk", self._kiosk_second()) is None, 10, "")
            received["kiosk"] = self._kiosk_second()
            await self._pictures("in visit")
            for side, got in received.items():
                told.append(f"{side} {_shown(got)}")
            for side, got in received.items():
                lack = self._lacks(side, got)
                if lack is not None:
                    raise AssertionError(lack)

    def _lacks(self, side: str, got: Received) -> str | None:
        """What is missing from a good picture with sound, found and expected; None: nothing."""
        width, height = self.size
        if None in (got.fps, got.width, got.height, got.audio_dbfs):
            return f"{side}: nothing was measured"
        assert got.fps is not None and got.width is not None
        assert got.height is not None and got.audio_dbfs is not None
        if got.fps < MIN_FPS or got.width < width or got.height < height:
            return f"{side} sees {_shown(got)}, expected {width}x{height} at {MIN_FPS} fps or more"
        if got.audio_dbfs < SILENCE_DBFS:
            return f"{side} hears {_shown(got)}, expected {SILENCE_DBFS} dBFS or more"
        return None

    def _kiosk_second(self) -> Received:
        """The terminal's own statistics of its last second."""
        lines = self.kiosk.process.all(r"\bmedia connection=\d+ .*")
        if not lines:
            return Received()
        last = dict(part.split("=", 1) for part in lines[-1][0].split() if "=" in part)
        return Received(
            float(last["fps_in"]),
            int(last["width_in"]),
            int(last["height_in"]),
            float(last["heard_dbfs"]),
        )

    async def _expiry(self, visit: str) -> None:
        async with self._step("Step 7: the visit ends when its scheduled time expires") as told:
            await self.kiosk.screen("ended", self.length_s + 20)
            await self.family.at("ended", deadline_s=10)
            self._status("ended")
            await self.kiosk.sees(layout.ENDED_SIGN_OUT, theme.PINE)
            await self._pictures("ended")
            self.report.end = await self._end_of(visit)
            told.append(f"by {self.report.end['by']}, {self.report.end['reason']}")
            if self.report.end != {"by": "clock", "reason": "expired"}:
                raise AssertionError(f"it ended otherwise: {self.report.end}")

    async def _end_of(self, visit: str) -> dict[str, str]:
        told = await self.hub.visit(visit)
        return {"by": told["ended_by"], "reason": told["end_reason"]}

    async def _second_visit(self) -> None:
        async with self._step("Step 7: the red X ends a visit at once") as told:
            visit = await self.hub.book("now", 120)
            await self.family.page.click("#to-appointments")
            await self.family.at("appointments")
            await self.kiosk.press(layout.MY_VISITS)
            await self.kiosk.screen("my-visits")
            await self.kiosk.sees(layout.GET_READY[0], theme.PINE)
            await self._pictures("my visits")
            await self.kiosk.press(layout.GET_READY[0])
            await self.kiosk.screen("waiting")
            await self.family.wait_status("ready")
            await self.family.press_telephone()
            await self.family.at("in-visit")
            await self.kiosk.screen("in-visit")
            await self._moves(self.family.mark, "the family's large screen")
            await self._moves(self._kiosk_mark, "the terminal's screen")
            await self.family.page.click("#end-visit")
            await self._pictures("red X")
            await self.family.page.click("#confirm-end")
            await self.family.at("ended")
            await self.kiosk.screen("ended")
            end = await self._end_of(visit)
            await self.kiosk.sees(layout.ENDED_SIGN_OUT, theme.PINE)
            await self._pictures("ended by the red X")
            told.append(f"by {end['by']}, {end['reason']}")
            if end != {"by": "visitor", "reason": "red-x"}:
                raise AssertionError(f"it ended otherwise: {end}")

    # -- the end ----------------------------------------------------------------------------

    def _finish(self) -> None:
        if self._pairs:
            font = resources.files("fontpkg_atkinson_hyperlegible") / (
                "files/AtkinsonHyperlegible-Bold.ttf"
            )
            with resources.as_file(font) as path:
                contact_sheet(self._pairs, self.folder / "visit.png", path)
            self.report.screenshots.append("visit.png")
        self.report.write(self.folder)
        passed = sum(step.passed for step in self.report.steps)
        verdict = click.style("passed", fg="green") if self.report.passed else "FAILED"
        self._say(f"{verdict}: {passed} of {len(self.report.steps)} steps; see {self.folder}/")


def _shown(got: Received) -> str:
    loud = "no sound" if got.audio_dbfs is None else f"{got.audio_dbfs:.0f} dBFS"
    return f"{got.width}x{got.height} at {got.fps} fps, {loud}"


class StepFailedError(Exception):
    """A step did not come true; what follows it would not either."""
