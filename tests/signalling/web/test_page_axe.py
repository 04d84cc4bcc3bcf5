"""Every state of the page as axe sees it; nothing too wide at 360 px, or too small to press."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Browser, ViewportSize

from tests.signalling.web.gallery import Walk, go_through, prepare
from tests.signalling.web.gallery_list import WALKS
from tests.signalling.web.steps import DESK

AXE: Final = Path(__file__).parents[3] / ".cache/npm/node_modules/axe-core/axe.min.js"
"""Brought by `.ci/bootstrap test`."""
NARROW: Final[ViewportSize] = {"width": 360, "height": 740}
RUN: Final = """() => axe.run(document, {resultTypes: ["violations"], preload: false}).then(
    ({violations}) => violations.flatMap(({id, nodes}) =>
        nodes.map(({target, failureSummary}) => [id, target.join(" "), failureSummary])))"""
MEASURE: Final = """() => {
    const wide = document.documentElement.scrollWidth - innerWidth;
    const small = [...document.querySelectorAll("button, select, input:not([type=checkbox])")]
        .filter((each) => each.checkVisibility({visibilityProperty: true}))
        .map((each) => [each.id || each.className || each.textContent, each.offsetHeight])
        .filter(([, height]) => height < 48);
    return [...(wide > 0 ? [`${wide} px too wide`] : []),
        ...small.map(([name, height]) => `${name} is ${height} px high`)];
}"""

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def look(browser: Browser, walks: Sequence[Walk]) -> list[str]:
    """Return what is wrong in the states of these walks."""
    # The page's own policy keeps axe out.
    page = await prepare(browser, viewport=NARROW, bypass_csp=True, reduced_motion="reduce")
    await page.add_init_script(AXE.read_text())
    faults = []
    sizes = [("desk", DESK), ("phone", NARROW)]
    async for shown in go_through(page, walks):
        sizes.reverse()  # it begins at the size where the one before ended
        for size, viewport in sizes:
            await page.set_viewport_size(viewport)
            wrong = [said(*each) for each in await page.evaluate(RUN)]
            if viewport is NARROW:
                wrong += await page.evaluate(MEASURE)
            faults += [f"{shown.state} {shown.language} {size}: {each}" for each in wrong]
    await page.context.close()
    return faults


def said(rule: str, where: str, what: str) -> str:
    return f"{rule} at {where}: {what}"


async def test_no_state_of_the_page_shuts_anybody_out(browser: Browser) -> None:
    # Two at a time: as many as the least machine has cores.
    faults = await asyncio.gather(look(browser, WALKS[::2]), look(browser, WALKS[1::2]))
    assert [*faults[0], *faults[1]] == []
