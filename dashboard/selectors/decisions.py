"""What was decided: found by filters and words, newest first, a page at a time or all of it as a stream."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, date, datetime, time
from typing import Self

from dashboard.selectors.queue import Resolved, decisions

LONGEST_WORD = 200


@dataclass(frozen=True, slots=True)
class Filters:
    """What is looked for; all of it must fit. `since` and `until` are days (UTC), both included.

    `kind` is `approval`, `question`, or a kind of approval such as `Bash`.
    """

    q: str = ""
    status: str = ""
    agent: str = ""
    by: str = ""
    door: str = ""
    risk: str = ""
    kind: str = ""
    since: date | None = None
    until: date | None = None

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Self:
        """Read the filters of an address; what cannot be read is no filter."""
        texts = {name: str(query.get(name) or "").strip()[:LONGEST_WORD] for name in cls.texts()}
        return cls(**texts, since=_day(query.get("since")), until=_day(query.get("until")))

    @classmethod
    def texts(cls) -> tuple[str, ...]:
        return tuple(field.name for field in fields(cls) if field.name not in ("since", "until"))

    def as_query(self) -> dict[str, str]:
        """The same filters for an address; only those that are set."""
        return {name: str(value) for name, value in asdict(self).items() if value}

    def but(self, **changes: str) -> dict[str, str]:
        """The query with some filters changed, for links."""
        return replace(self, **changes).as_query()  # type: ignore[arg-type]

    def __bool__(self) -> bool:
        return bool(self.as_query())


@dataclass(frozen=True, slots=True)
class Found:
    """A page of history; `next` is the `before` of the following page, empty on the last one."""

    rows: list[Resolved]
    next: str = ""


def find(filters: Filters, *, before: str = "", limit: int = 50) -> Found:
    """What ended and fits, newest first, from the place `before` (a page's `next`) on."""
    return Found(decisions(status=filters.status, limit=limit))


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat((text or "").strip())
    except ValueError:
        return None


def beginning(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)
