"""What templates say in one word: icons, ages, what is left, diffs as lines.

The words for ages and countdowns are the ones `static/js/clocks.js` ticks on with; a test compares the two.
"""

from datetime import datetime
from math import ceil
from urllib.parse import quote

from django import template
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from dashboard.ingest.diff import File, Line
from dashboard.ingest.text import visible
from dashboard.models import Agent, Approval, Question
from dashboard.views.cards import RUNTIMES, card_of, mark_of
from dashboard.views.clock import now

register = template.Library()

DAY, HOUR, MINUTE = 86_400, 3_600, 60
NONE = "\u2013"  # what is not known or does not apply

ICONS = {
    "mark": '<path d="M2 2.5 13.5 8 2 13.5M2 8h11.5"/>',
    "now": '<path d="M2 9.2h3.2l.9 1.8h3.8l.9-1.8H14M2 9.2 4.2 3h7.6L14 9.2V13H2z"/>',
    "agents": '<circle cx="8" cy="5.6" r="2.6"/><path d="M3 13.5c.5-2.7 2.5-4.1 5-4.1s4.5 1.4 5 4.1"/>',
    "sessions": '<circle cx="3.8" cy="8" r="1.8"/><circle cx="12.2" cy="3.8" r="1.8"/>'
    '<circle cx="12.2" cy="12.2" r="1.8"/><path d="m5.5 7.2 5-2.6M5.5 8.8l5 2.6"/>',
    "decisions": '<path d="M3 8.4 6.2 11.6 13 4.4"/>',
    "messages": '<path d="M2 3.5h12v8H6.5L3.5 14v-2.5H2z"/>',
    "questions": '<circle cx="8" cy="8" r="6"/><path d="M6.3 6.4a1.8 1.8 0 1 1 2.6 1.6c-.6.3-.9.7-.9 1.2M8 11.3h.01"/>',
    "status": '<path d="M1.5 8.5h3L6.5 3l3 10 2-4.5h3"/>',
    "more": '<path d="M3.5 8h.01M8 8h.01M12.5 8h.01" stroke-width="2"/>',
    "connect": '<path d="M8 3v10M3 8h10"/>',
    "person": '<circle cx="8" cy="8" r="6"/><circle cx="8" cy="6.6" r="1.9"/>'
    '<path d="M4.2 12.4C5 10.8 6.3 10 8 10s3 .8 3.8 2.4"/>',
    "theme": '<circle cx="8" cy="8" r="5.5"/>'
    '<path d="M8 2.5v11a5.5 5.5 0 0 0 0-11z" fill="currentColor" stroke="none"/>',
    "find": '<circle cx="7" cy="7" r="4.2"/><path d="m10.2 10.2 3.3 3.3"/>',
    "copy": '<path d="M5.5 5.5h7v7h-7zM3.5 10.5v-7h7"/>',
}


@register.simple_tag
def icon(name: str) -> SafeString:
    """One of our own drawings; the word beside it says what it means."""
    drawing = mark_safe(ICONS[name])  # noqa: S308  a literal from the table above
    return format_html('<svg class="icon" viewBox="0 0 16 16" aria-hidden="true">{}</svg>', drawing)


def age_words(seconds: float, *, short: bool = False) -> str:
    """`42 s`, `1 m 12 s`, `18 m`, `2 h 05 m`, `3 d 4 h`; short: only the largest unit."""
    total = max(0, int(seconds))
    days, hours, minutes = total // DAY, total % DAY // HOUR, total % HOUR // MINUTE
    if short:
        return next((f"{n} {unit}" for n, unit in ((days, "d"), (hours, "h"), (minutes, "m")) if n), f"{total} s")
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes:02} m"
    if minutes >= 10:
        return f"{minutes} m"
    return f"{minutes} m {total % MINUTE:02} s" if minutes else f"{total} s"


def left_words(seconds: float) -> str:
    """`6:48`, `1:02:03`; more than a day in words."""
    total = max(0, ceil(seconds))
    if total >= DAY:
        return age_words(total)
    hours, minutes = total // HOUR, total % HOUR // MINUTE
    head = f"{hours}:{minutes:02}" if hours else f"{minutes}"
    return f"{head}:{total % MINUTE:02}"


def unix(moment: datetime) -> int:
    return int(moment.timestamp())


@register.simple_tag
def ago(moment: datetime | None, unit: str = "long") -> SafeString | str:
    """How long ago; the browser ticks it on."""
    if moment is None:
        return NONE
    words = age_words((now() - moment).total_seconds(), short=unit == "short")
    return format_html(
        '<time datetime="{}" title="{}" data-since="{}" data-unit="{}">{}</time>',
        f"{moment:%Y-%m-%dT%H:%M:%SZ}", absolute(moment), unix(moment), unit, words,
    )  # fmt: skip


@register.simple_tag
def countdown(moment: datetime) -> SafeString:
    """What is left until then; the browser ticks it down."""
    words = left_words((moment - now()).total_seconds())
    return format_html('<span class="countdown" data-deadline="{}">{}</span>', unix(moment), words)


@register.simple_tag
def at(moment: datetime | None) -> SafeString | str:
    """A time of day, with the day unless it is today; the browser shows it in the reader's own zone."""
    if moment is None:
        return NONE
    words = f"{moment:%H:%M}" if moment.date() == now().date() else f"{moment.day} {moment:%b %H:%M}"
    return format_html(
        '<time datetime="{}" title="{}" data-local="when">{}</time>',
        f"{moment:%Y-%m-%dT%H:%M:%SZ}", absolute(moment), words,
    )  # fmt: skip


@register.simple_tag
def lasted(start: datetime, end: datetime | None) -> str:
    """How long something took."""
    return age_words((end - start).total_seconds()) if end else NONE


def absolute(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y %H:%M:%S} UTC"


@register.filter
def brief(digest: str) -> str:
    """The ends of a long digest, enough to compare two by eye."""
    return f"{digest[:6]}…{digest[-4:]}" if len(digest) > 12 else digest


@register.filter(name="unix")
def unix_filter(moment: datetime) -> int:
    return unix(moment)


@register.filter
def age(moment: datetime) -> str:
    """Its age in the largest unit."""
    return age_words((now() - moment).total_seconds(), short=True)


@register.filter
def runtime(agent: Agent) -> str:
    """`Claude Code · hel-2`."""
    return visible(" · ".join(filter(None, (RUNTIMES.get(agent.runtime, agent.runtime), agent.host))), keep="")


@register.filter
def plain(text: str) -> str:
    """Foreign text in which nothing hides; templates escape it besides."""
    return visible(str(text))


@register.filter
def session_url(external_id: str) -> str:
    """The page of a session; its id may hold slashes, quotes and blanks."""
    return f"{reverse('dashboard:sessions')}{quote(external_id, safe='')}/"


SIGNS = {"added": "+", "removed": "-"}
TAGS = {"added": "ins", "removed": "del"}


@register.simple_tag
def diff_lines(file: File) -> SafeString:
    """A file's hunks line by line, each with its number; without a blank between, because blanks show here."""
    rows = [
        (format_html('<span class="hunk">{}</span>', visible(hunk.header, keep="\t")), hunk.lines)
        for hunk in file.hunks
    ]
    return format_html_join("", "{}{}", ((header, _lines(lines)) for header, lines in rows))


def _lines(lines: tuple[Line, ...]) -> SafeString:
    return format_html_join("", '<{0} data-old="{1}" data-new="{2}">{3} {4}</{0}>', (_cells(line) for line in lines))


def _cells(line: Line) -> tuple[object, ...]:
    tag = TAGS.get(line.kind, "span")
    old, new = line.old or "", line.new or ""
    return mark_safe(tag), old, new, SIGNS.get(line.kind, " "), visible(line.text, keep="\t")  # noqa: S308  one of three tags


@register.filter
def mark(status: str) -> str:
    """The mark of how an ask ended."""
    return mark_of(status)


@register.filter
def gist(ask: Approval | Question) -> str:
    """The one line that tells this ask from others."""
    return card_of(ask).gist
