"""Every state of the family's page, in one list, and the walk that brings the page there.

A walk is an async generator: it opens the page on a hub of its own and yields the name of each
state once the page is in it. Pictures (`make screenshots`) and the check by axe go through them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from playwright.async_api import Browser, Page

from signalling.messages import Message
from tests.signalling.web.fake_hub import FakeHub
from tests.signalling.web.fake_kiosk import FakeKiosk

LANGUAGES: Final = ("en", "es")
# What a browser keeps is set by the address; `fault` is what its camera and microphone say.
BEFORE: Final = """
const asked = new URLSearchParams(location.search);
if (asked.has("in")) localStorage.setItem("visitbooth.token", "t".repeat(43));
if (asked.has("checked")) sessionStorage.setItem("visitbooth.checked", "yes");
if (asked.has("language")) localStorage.setItem("visitbooth.language", asked.get("language"));
window.fault = asked.get("fault");
const media = navigator.mediaDevices;
const real = media.getUserMedia.bind(media);
media.getUserMedia = (wish) =>
    window.fault ? Promise.reject(new DOMException("played", window.fault)) : real(wish);
"""


@dataclass(frozen=True)
class Stage:
    """A page, its hub, and short words for what walks do."""

    page: Page
    hub: FakeHub
    kiosk: FakeKiosk | None = None
    """Sends a picture into the visit; a check of the words needs none."""
    language: str = "en"

    async def open(self, *kept: str, fragment: str = "", screen: str = "") -> None:
        """Open the page in a browser that keeps this (`in`, `checked`, `fault=NAME`)."""
        query = "&".join((*kept, f"language={self.language}"))
        await self.page.goto(f"{self.hub.url}?{query}{fragment}")
        if screen:
            await self.screen(screen)

    async def facility(self, screen: str = "appointments", *kept: str) -> None:
        """Open the page behind the facility's log-in."""
        self.hub.opened = "lindell"
        await self.open("in", *(kept or ("checked",)), screen=screen)

    async def see(self, selector: str) -> None:
        """Wait until something is there."""
        await self.page.locator(selector).first.wait_for(state="visible", timeout=10_000)

    async def screen(self, name: str) -> None:
        """Wait for a screen."""
        await self.see(f"body[data-screen={name}]")

    async def press(self, selector: str, then: str = "") -> None:
        """Press something, wherever it stands, and wait for what comes of it."""
        await self.page.locator(selector).first.dispatch_event("click", timeout=10_000)
        if then:
            await self.see(then)

    async def type_in(self, submit: str, then: str = "", **fields: str) -> None:
        """Fill in a form, send it, and wait for what comes of it."""
        for field, text in fields.items():
            await self.page.fill(f"#{field.replace('_', '-')}", text)
        await self.press(f"#{submit}", then)

    async def push(self, message: Message, then: str) -> None:
        """Let the hub say something."""
        await self.hub.send(message)
        await self.see(then)

    async def change(self, then: str, **fields: Any) -> None:
        """Change the visit."""
        await self.hub.change(**fields)
        await self.see(then)


Steps = Callable[[Stage], AsyncIterator[str]]


@dataclass(frozen=True)
class Walk:
    """How to bring the page into some states, one after another."""

    states: tuple[str, ...]
    steps: Steps
    pictured: bool = False
    """A kiosk sends its picture."""
    no_switch: bool = False
    """Some of its screens have no button for the language: it is walked once in each."""


@dataclass(frozen=True)
class Shown:
    """The page is in this state now, in this language."""

    state: str
    language: str
    page: Page


def walk(*states: str, **kinds: bool) -> Callable[[Steps], Walk]:
    """Name the states that a walk brings the page into, in their order."""
    return lambda steps: Walk(states, steps, **kinds)


async def prepare(browser: Browser, **context_options: Any) -> Page:
    """Return the page that walks are made with, of a context of its own."""
    context = await browser.new_context(
        locale="en-US",
        service_workers="block",  # every walk has a hub, and an origin, of its own
        **context_options,
    )
    await context.add_init_script(BEFORE)
    return await context.new_page()


async def go_through(
    page: Page, walks: Iterable[Walk], *, only: frozenset[str] = frozenset(), pictures: bool = False
) -> AsyncIterator[Shown]:
    """Bring the page into every state in every language; `only` into these states."""
    for each in walks:
        if only and not only.intersection(each.states):
            continue
        for language in LANGUAGES if each.no_switch else LANGUAGES[:1]:
            async for shown in _states_of(each, page, language, pictures):
                if not only or shown.state in only:
                    yield shown


async def _states_of(each: Walk, page: Page, language: str, pictures: bool) -> AsyncIterator[Shown]:
    reached: list[str] = []
    async with FakeHub() as hub:
        stage = Stage(page, hub, language=language)
        if each.pictured and pictures:
            async with FakeKiosk("v1", 1) as kiosk:
                async for shown in _in_languages(each, replace(stage, kiosk=kiosk), reached):
                    yield shown
        else:
            async for shown in _in_languages(each, stage, reached):
                yield shown
        assert hub.faults == [], "the page broke the protocol"
    assert tuple(reached) == each.states


async def _in_languages(each: Walk, stage: Stage, reached: list[str]) -> AsyncIterator[Shown]:
    page, language = stage.page, stage.language
    async for state in each.steps(stage):
        reached.append(state)
        yield Shown(state, language, page)
        if each.no_switch:
            continue
        await stage.press("#language")
        await stage.see(f"html[lang={LANGUAGES[1]}]")
        yield Shown(state, LANGUAGES[1], page)
        await stage.press("#language")
        await stage.see(f"html[lang={LANGUAGES[0]}]")
