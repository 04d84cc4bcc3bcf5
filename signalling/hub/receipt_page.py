"""Pure: a receipt as a page to read and to print. No script, and names are only ever text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from babel.dates import format_date, format_time, get_timezone_name
from markupsafe import Markup

from signalling.hub.receipt_words import known, words_of
from signalling.hub.receipts import Named
from signalling.hub.scheduling import zone
from signalling.receipt import LOST_TIME, Loss
from signalling.visit_events import EndReason

STYLES: Final = ("style/base.css", "style/receipt.css")
HEAD: Final = "\n".join(f'<link rel="stylesheet" href="/{name}" />' for name in STYLES)
"""Becomes the styles themselves: the page is fetched once, with all it needs."""
_LOGO: Final = (
    "M9 8.2a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM23 8.2a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM3.5 25.5v-1c0-3.7 "
    "2.3-6 5.5-6s5.5 2.3 5.5 6v1zM17.5 25.5v-1c0-3.7 2.3-6 5.5-6s5.5 2.3 5.5 6v1zM14.7 5.8a1.3 "
    "1.3 0 0 1 2.6 0v20.9a1.3 1.3 0 0 1-2.6 0z"
)
_PAGE: Final = Markup("""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<meta name="robots" content="noindex" />
<title>{title}</title>{styles}
</head>
<body>
<header class="head">
<svg viewBox="0 0 32 32" aria-hidden="true"><path fill="currentColor" d="{logo}" /></svg>
<strong>Visitbooth</strong>
</header>
<main>
{content}
</main>
</body>
</html>
""")


def receipt_page(
    named: Named, language: str, styles: str, *, hub: str, key: str, issued_at: float
) -> bytes:
    """Return the page. `styles` is trusted: it is ours. `key` is the id of the hub's key."""
    return _Page(named, language).whole(styles, hub=hub, key=key, issued_at=issued_at)


def spent_page(styles: str) -> bytes:
    """Return the page in the place of a ticket that is spent: nobody knows who asks any more."""
    parts = [
        Markup(
            '<div class="section" lang="{}"><h1>{}</h1><p>{} <a href="/">{}</a></p></div>'
        ).format(language, words["spent-title"], words["spent"], words["back"])
        for language, words in (("en", words_of("en")), ("es", words_of("es")))
    ]
    title = words_of("en")["spent-title"]
    return _whole("en", title, styles, Markup("\n").join(parts))


def _whole(language: str, title: str, styles: str, content: Markup) -> bytes:
    trusted = Markup(styles)  # noqa: S704 - ours
    return _PAGE.format(
        language=language, title=title, styles=trusted, logo=_LOGO, content=content
    ).encode()


def length_text(seconds: int, words: Mapping[str, str]) -> str:
    """Return a length to the second."""
    minutes, s = divmod(seconds, 60)
    h, m = divmod(minutes, 60)
    key = "length-h" if h else "length-m" if m else "length-s"
    return words[key].format(h=h, m=m, s=s)


class _Page:
    def __init__(self, named: Named, language: str) -> None:
        self._named = named
        self._receipt = named.receipt
        self._language = known(language)
        self._words = words_of(language)
        self._zone = zone(named.facility.time_zone)
        self._pattern = "HH:mm:ss" if named.facility.clock_24h else "h:mm:ss a"

    def whole(self, styles: str, *, hub: str, key: str, issued_at: float) -> bytes:
        words, parts = self._words, [self._heading(), self._facts(), self._sums(), self._losses()]
        parts.append(self._additions())
        when = f"{self._day(issued_at)}, {self._time(issued_at)}"
        parts.append(
            Markup(
                '<footer class="stone"><p>{}</p><p>{}</p><p>{}</p>'
                '<p class="screen-only">{} <a href="/">{}</a></p></footer>'
            ).format(
                words["zone"].format(zone=self._zone_name()),
                words["issued"].format(when=when, hub=hub),
                words["proof"].format(key=key),
                words["print"],
                words["back"],
            )
        )
        return _whole(self._language, words["title"], styles, Markup("\n").join(parts))

    # -- words ------------------------------------------------------------------------------

    def _local(self, at: float) -> datetime:
        return datetime.fromtimestamp(at, self._zone)

    def _time(self, at: float) -> str:
        local = self._local(at)
        text = str(format_time(local, self._pattern, tzinfo=self._zone, locale=self._language))
        # The space before "PM" must not break, and narrow ones are missing from many fonts.
        return text.replace(" ", "\u00a0").replace("\u202f", "\u00a0")

    def _day(self, at: float) -> str:
        return str(format_date(self._local(at).date(), "full", locale=self._language))

    def _zone_name(self) -> str:
        at = self._local(self._receipt.booked_start)
        return str(get_timezone_name(at, width="long", locale=self._language))

    def _span(self, start: int, end: int) -> str:
        return self._words["from-to"].format(start=self._time(start), end=self._time(end))

    def _length(self, seconds: int) -> str:
        return length_text(seconds, self._words).replace(" ", "\u00a0")

    @staticmethod
    def _name(name: str) -> Markup:
        return Markup("<bdi>{}</bdi>").format(name)

    # -- parts ------------------------------------------------------------------------------

    def _heading(self) -> Markup:
        with_whom = Markup.escape(self._words["visit-with"]).format(
            name=self._name(self._named.inmate)
        )
        return Markup('<h1>{}</h1><p class="with">{}</p>').format(self._words["title"], with_whom)

    def _facts(self) -> Markup:
        words, receipt, named = self._words, self._receipt, self._named
        names = Markup(", ").join(self._name(each or words["erased"]) for each in named.visitors)
        rows: list[tuple[str, str]] = [
            (words["visitor" if len(named.visitors) == 1 else "visitors"], names),
            (words["inmate"], self._name(named.inmate)),
            (words["facility"], self._name(named.facility.name)),
            (words["day"], self._day(receipt.booked_start)),
            (words["booked"], self._span(receipt.booked_start, receipt.booked_end)),
        ]
        cancelled = receipt.end_reason is EndReason.CANCELLED
        if receipt.begun_at is not None:
            rows.append((words["begun"], self._time(receipt.begun_at)))
        elif not cancelled:
            rows.append((words["begun"], words["not-begun"]))
        rows.append((words["cancelled" if cancelled else "ended"], self._ended()))
        if receipt.private:
            rows.append((words["kind"], words["private"]))
        return Markup('<dl class="box section">{}</dl>').format(_rows(rows))

    def _ended(self) -> Markup:
        by, reason = self._receipt.ended_by, self._receipt.end_reason
        whole = self._words.get(f"end-{reason}-{by}") or self._words[f"end-{reason}"]
        why = Markup.escape(whole).format(name=self._name(self._named.inmate))
        at = self._time(self._receipt.ended_at)
        day = self._day(self._receipt.ended_at)
        if day != self._day(self._receipt.booked_start):  # cancelled days before, say
            at = f"{day}, {at}"
        return Markup('{}<span class="stone">{}</span>').format(at, why)

    def _sums(self) -> Markup:
        words, receipt = self._words, self._receipt
        if receipt.begun_at is None:
            return Markup("")
        row = Markup("<dt>{}</dt><dd>{}</dd>")
        rows = [
            Markup('<dt class="used">{}</dt><dd class="used">{}</dd>').format(
                words["used"], self._length(receipt.used_s)
            ),
            row.format(words["lost"], self._length(receipt.lost_s)),
        ]
        if receipt.paused_s:
            rows.append(row.format(words["paused"], self._length(receipt.paused_s)))
        whole_s = receipt.ended_at - receipt.begun_at
        rows.append(
            Markup('<dt class="total">{}</dt><dd class="total">{}</dd>').format(
                words["whole"], self._length(whole_s)
            )
        )
        rows.append(row.format(words["added"], self._length(receipt.added_s)))
        if receipt.not_added_s:
            rows.append(row.format(words["not-added"], self._length(receipt.not_added_s)))
            why = words[f"why-{receipt.not_added_why}"]
            rows.append(Markup('<dd class="why stone">{}.</dd>').format(why))
        return Markup('<h2>{}</h2><dl class="box sums">{}</dl>').format(
            words["numbers"], Markup("").join(rows)
        )

    def _losses(self) -> Markup:
        if self._receipt.begun_at is None:
            return Markup("")
        if not self._receipt.losses:
            return Markup("<p class='section'>{}.</p>").format(self._words["no-losses"])
        return self._list(self._words["losses"], map(self._loss, self._receipt.losses))

    def _loss(self, loss: Loss) -> Markup:
        words = self._words
        what = f"{words[f'side-{loss.side}']}: {words[f'cause-{loss.cause}']}."
        return Markup(
            "<li class='row'><strong>{}</strong><strong>{}</strong>"
            "<span>{}</span><span class='stone'>{}.</span></li>"
        ).format(
            self._span(loss.from_at, loss.until_at),
            self._length(loss.lost_s),
            what,
            words["by-rule" if loss.by_rule else "by-choice"],
        )

    def _additions(self) -> Markup:
        added = [each for each in self._receipt.additions if each.added_s]
        if not added:
            return Markup("")
        words = self._words
        rows = (
            Markup("<li class='row'><strong>{}, {}</strong><strong>{}</strong></li>").format(
                self._time(each.added_at),
                words["for-lost-time" if each.reason == LOST_TIME else "by-staff"],
                self._length(each.added_s),
            )
            for each in added
        )
        return self._list(words["additions"], rows)

    @staticmethod
    def _list(title: str, rows: Iterable[Markup]) -> Markup:
        return Markup('<h2>{}</h2><ul class="box">{}</ul>').format(title, Markup("").join(rows))


def _rows(rows: Iterable[tuple[str, str]]) -> Markup:
    return Markup("").join(Markup("<dt>{}</dt><dd>{}</dd>").format(*row) for row in rows)
