"""What the pages of perspt sessions say: figures, durations, energy lines, and JSON as the structure that it is."""

from collections.abc import Sequence
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from dashboard.ingest.text import visible
from dashboard.models import LlmRequest, Run, RunRecord
from dashboard.selectors.runs import mark_of_state
from dashboard.selectors.runs_records import DECISIONS, KEPT

register = template.Library()

NONE = "\u2013"
DEEPEST, MOST, LONGEST = 8, 200, 4_000
NOUNS = {name: word.lower().removesuffix("s") for name, word in (DECISIONS | KEPT).items()} | {
    "sheaf_validations": "sheaf validation",
    "rewrite_records": "rewrite",
    "verification_results": "verification",
    "branch_flushes": "branch flush",
    "branch_lineage": "branch lineage",
    "context_provenance": "context provenance",
}
ENDS = {
    "sheaf_validations": (" passed", " failed"),
    "verification_results": (" passed", " failed"),
    "correction_attempts": (" accepted", " rejected"),
    "repair_footprints": (" resolved", ", not resolved"),
    "review_outcomes": (": approved", ": not approved"),
}


@register.filter
def tokens(number: float | None) -> str:
    """`214 k`, `1.9 M`; small numbers as they are."""
    if number is None:
        return NONE
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if number >= size:
            short = number / size
            return f"{short:.1f} {unit}" if short < 10 else f"{short:.0f} {unit}"
    return str(int(number))


@register.filter
def figure(number: float | None, places: int = 2) -> str:
    return NONE if number is None else f"{number:.{places}f}"


@register.filter
def spaced(number: int | None) -> str:
    """`18 204`."""
    return NONE if number is None else f"{number:,}".replace(",", "\u2009")


@register.filter
def ms(milliseconds: float | None) -> str:
    """`640 ms`, `9.2 s`, `16 m 06 s`."""
    if milliseconds is None:
        return NONE
    if milliseconds < 1_000:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1_000
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes = int(seconds // 60)
    return f"{minutes} m {int(seconds % 60):02} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} m"


@register.filter
def seconds(number: float | None) -> str:
    return ms(None if number is None else number * 1_000)


@register.filter
def read_tokens(request: LlmRequest) -> str:
    return _tokens_of(request, request.tokens_in)


@register.filter
def written_tokens(request: LlmRequest) -> str:
    return _tokens_of(request, request.tokens_out)


def _tokens_of(request: LlmRequest, reported: int) -> str:
    """What the provider reported; without a report nothing is made up here."""
    return spaced(reported) if request.tokens_in or request.tokens_out else "not reported"


@register.filter
def guessed(text: str) -> str:
    """About how many tokens a text has: its bytes by four."""
    return f"~{tokens((len(text.encode()) + 3) // 4)}"


@register.filter
def state_mark(state: str) -> str:
    return mark_of_state(state)


@register.filter
def ok_mark(value: bool | None) -> str:  # noqa: FBT001
    return {True: "fine", False: "broken"}.get(value, "unknown")  # type: ignore[arg-type]  # None has no entry


@register.filter
def branch_mark(state: str) -> str:
    return {"active": "busy", "merged": "fine", "sealed": "ready", "flushed": "superseded"}.get(state, "unknown")


@register.filter
def noun(kind: str) -> str:
    return NOUNS.get(kind, kind.replace("_", " "))


@register.filter
def get(mapping: dict[str, Any], key: str) -> Any:
    return mapping.get(key) if isinstance(mapping, dict) else None


@register.simple_tag
def spark(values: Sequence[float]) -> SafeString | str:
    """A node's energy as a line; the part that stays the same stands out."""
    if len(values) < 2:
        return ""
    top = max(*values, 0.001)
    points = [(2 + 76 * n / (len(values) - 1), 18 - 16 * value / top) for n, value in enumerate(values)]
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return format_html('<svg class="spark" viewBox="0 0 80 20" aria-hidden="true"><path d="{}"/></svg>', path)


@register.simple_tag
def structure(value: Any) -> SafeString:
    """A value that came as JSON: names and values as a list of terms, rows as a list, everything escaped."""
    return _tree(value, 0)


def _tree(value: Any, depth: int) -> SafeString:
    if value is None or value in ("", [], {}):
        return format_html('<span class="faint">{}</span>', NONE)
    if isinstance(value, bool):
        return format_html("{}", "yes" if value else "no")
    if isinstance(value, dict | list) and depth >= DEEPEST:
        return format_html('<span class="faint">{}</span>', "deeper than is shown; the export has it")
    if isinstance(value, dict):
        pairs = [(visible(str(name)), _tree(one, depth + 1)) for name, one in list(value.items())[:MOST]]
        rest = _rest(len(value))
        return format_html('<dl class="tree">{}{}</dl>', format_html_join("", "<dt>{}</dt><dd>{}</dd>", pairs), rest)
    if isinstance(value, list):
        rows = [(_tree(one, depth + 1),) for one in value[:MOST]]
        return format_html("<ol>{}</ol>{}", format_html_join("", "<li>{}</li>", rows), _rest(len(value)))
    return _text(visible(str(value), keep="\n\t"))


def _text(text: str) -> SafeString:
    cut = text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text)} characters; the export has all)"
    return format_html('<pre class="page" tabindex="0">{}</pre>' if "\n" in cut else "{}", cut)


def _rest(number: int) -> str:
    return f"… {number - MOST} more; the export has them" if number > MOST else ""


@register.filter
def ticks(data: dict[str, Any]) -> list[tuple[str, str]]:
    """Syntax, build, tests and lint of a verification: a mark and a word for each."""
    words = {True: ("fine", "yes"), False: ("broken", "no")}
    stages = [data.get(f"{stage}_ok") for stage in ("syntax", "build", "tests", "lint")]
    return [words[ok] if isinstance(ok, bool) else ("unknown", "unknown") for ok in stages]


@register.filter
def mean_energy(run: Run) -> float | None:
    return run.energy_sum / run.energy_count if run.energy_count else None


@register.filter
def step_mark(outcome: str) -> str:
    return {"ok": "fine", "escalated": "needs", "failed": "broken"}.get(outcome.lower(), "unknown")


@register.filter
def offset(number: int) -> str:
    """Seconds as hours and minutes: `+5:00`."""
    hours, minutes = divmod(abs(number) // 60, 60)
    return f"{'-' if number < 0 else '+'}{hours}:{minutes:02}"


@register.filter
def raw(number: float | None) -> str:
    """A number for a chart; nothing where there is none."""
    return "" if number is None else repr(number)


@register.filter
def names(values: Any) -> str:
    """A few names in a row, and how many more there are."""
    if not isinstance(values, list | tuple) or not values:
        return NONE
    few = ", ".join(visible(str(value)) for value in values[:4])
    return few if len(values) <= 4 else f"{few} and {len(values) - 4} more"


@register.filter
def record_mark(record: RunRecord) -> str:
    if record.kind == "escalation_reports":
        return "needs"
    return "unknown" if record.ok is None else ok_mark(record.ok)


@register.filter
def ended(record: RunRecord) -> str:
    """` passed`, ` failed`; nothing for what cannot fail."""
    if record.ok is None or record.kind not in ENDS:
        return ""
    good, bad = ENDS[record.kind]
    return good if record.ok else bad


@register.filter
def energy_sum(energy: Any) -> float | None:
    """The sum of the components of an energy that came as JSON."""
    if not isinstance(energy, dict):
        return None
    numbers = [value for value in energy.values() if isinstance(value, int | float) and not isinstance(value, bool)]
    return float(sum(numbers)) if numbers else None
