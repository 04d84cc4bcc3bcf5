"""`make screenshots`: a picture of every state of the family's page, and a page to see them on."""

from __future__ import annotations

import asyncio
import html
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click
from playwright.async_api import async_playwright

from tests.signalling.web.chromium import start_chromium
from tests.signalling.web.gallery import LANGUAGES, Shown, go_through, prepare
from tests.signalling.web.gallery_list import STATES, WALKS
from tests.signalling.web.steps import DESK, PHONE

SIZES: Final = {"phone": PHONE, "desk": DESK}
HEAD: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>The family's page</title>
<style>
body { font: 16px/1.4 sans-serif; margin: 24px; background: #f6f1e7; color: #15272b }
section div { display: flex; flex-wrap: wrap; gap: 16px; align-items: flex-start }
figure { margin: 0 } img { border: 1px solid #d8d0bf; display: block }
.phone img { width: 234px } .desk img { width: 512px }
</style></head><body><h1>The family's page</h1>
"""


@click.command()
@click.argument("states", nargs=-1, metavar="[STATE]...")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("page-report"),
    show_default=True,
    help="Where the pictures go.",
)
@click.option("--whole", is_flag=True, help="Whole pages, not only what a screen holds.")
@click.option("--list", "listing", is_flag=True, help="Only name the states.")
def main(states: tuple[str, ...], folder: Path, whole: bool, listing: bool) -> None:
    """Take pictures of the family's page in each STATE; without any, in all.

    Every state is shown in English and Spanish, on a phone (390x844) and a desk (1280x800).
    FOLDER/index.html shows them side by side.
    """
    if listing:
        click.echo("\n".join(STATES))
        return
    if unknown := sorted(set(states) - set(STATES)):
        raise click.ClickException(f"no such state: {', '.join(unknown)}. --list names them all.")
    folder.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    shown = asyncio.run(take(frozenset(states), folder, whole))
    write_index(folder, shown)
    took = f"{time.monotonic() - start:.0f} s"
    click.echo(f"{len(shown)} states, {len(shown) * len(LANGUAGES) * len(SIZES)} pictures, {took}")
    click.echo(f"Open {folder / 'index.html'}")


async def take(only: frozenset[str], folder: Path, whole: bool) -> list[str]:
    """Take the pictures; returns the states in their order."""
    wanted = [state for state in STATES if not only or state in only]
    count = 0
    async with async_playwright() as playwright:
        browser = await start_chromium(playwright)
        page = await prepare(browser, viewport=PHONE)
        async for shown in go_through(page, WALKS, only=only, pictures=True):
            await picture(shown, folder, whole)
            count += 1
            said = f"{count}/{len(wanted) * len(LANGUAGES)} {shown.state} {shown.language}"
            # One line that changes, where somebody watches.
            click.echo(f"\r{said:<60}" if sys.stdout.isatty() else said, nl=not sys.stdout.isatty())
        await browser.close()
    if sys.stdout.isatty():
        click.echo()
    return wanted


async def picture(shown: Shown, folder: Path, whole: bool) -> None:
    """Keep how it looks at both sizes."""
    for size, viewport in SIZES.items():
        await shown.page.set_viewport_size(viewport)
        path = folder / name(shown.state, shown.language, size)
        await shown.page.screenshot(path=path, full_page=whole)


def name(state: str, language: str, size: str) -> str:
    """Return the name of a picture's file."""
    return f"{state}-{size}-{language}.png"


def write_index(folder: Path, states: Sequence[str]) -> None:
    """Write the page that shows all pictures."""
    text = [HEAD]
    for state in states:
        text.append(f'<section id="{html.escape(state)}"><h2>{html.escape(state)}</h2><div>')
        for size in SIZES:
            for language in LANGUAGES:
                file = html.escape(name(state, language, size))
                text.append(
                    f'<figure class="{size}"><a href="{file}">'
                    f'<img src="{file}" alt="{file}" loading="lazy"></a></figure>'
                )
        text.append("</div></section>")
    (folder / "index.html").write_text("\n".join([*text, "</body></html>", ""]))


if __name__ == "__main__":
    main()
