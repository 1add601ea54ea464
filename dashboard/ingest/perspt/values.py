"""The store's values as they are meant: '' is nothing, hashes are hex in a BLOB, times have no zone, JSON may break."""

import json
import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from dashboard.ingest.text import storable

QUARTER = 900
FURTHEST = 15 * 3600


class BadValue(Exception):  # noqa: N818  a fact about a row, not a mistake of ours
    """Why one row cannot be taken, in a sentence."""


def text(value: Any) -> str:
    return "" if value is None else storable(value if isinstance(value, str) else str(value))


def short(value: Any, limit: int, what: str) -> str:
    """A text that must fit; raise BadValue for one that does not, for a cut id would be another id."""
    found = text(value)
    if len(found) > limit:
        raise BadValue(f"its {what} is longer than {limit} characters")
    return found


def number(value: Any) -> float | None:
    """A finite number, or None for NULL, NaN and the infinities."""
    if value is None:
        return None
    found = float(value)
    return found if math.isfinite(found) else None


def count(value: Any) -> int:
    return max(0, int(value or 0))


def hexadecimal(value: Any) -> str:
    """A hash: ASCII hex in a BLOB, or raw bytes, or text; empty if there is none."""
    if isinstance(value, bytes | bytearray | memoryview):
        raw = bytes(value)
        return raw.hex() if len(raw) == 32 or not raw.isascii() else storable(raw.decode("ascii"))
    return text(value)


def structure(value: Any) -> tuple[Any, bool]:
    """What a JSON text says, and whether it was broken; then it stays the text that it is."""
    if value is None or value == "":
        return None, False
    try:
        return _clean(json.loads(value)), False
    except (ValueError, TypeError, RecursionError):
        return text(value), True


def moment(value: Any, offset: int | None) -> datetime | None:
    """A naive time of the store in UTC. `offset` is how far the writer's clock was ahead of it, in seconds."""
    if isinstance(value, int):  # the only table that counts seconds counts them in UTC
        try:
            return datetime.fromtimestamp(value, UTC)
        except (OverflowError, OSError, ValueError):
            return None
    if not isinstance(value, datetime) or not 1970 <= value.year <= 9000:
        return None
    found = value.replace(tzinfo=UTC) if value.tzinfo is None else value
    return found - timedelta(seconds=offset or 0)


def stamp(value: Any) -> datetime | None:
    """`committed_at`, the one time that is written in UTC: YYYY-MM-DDTHH:MM:SSZ."""
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def zone_offset(pairs: Iterable[tuple[Any, Any]]) -> int | None:
    """How far the writer's times are ahead of UTC, from rows that hold both; None if none does.

    The newest pair decides, to a quarter of an hour.
    """
    for stored, utc in pairs:
        local, known = moment(stored, 0), stamp(utc)
        if local and known:
            seconds = round((local - known).total_seconds() / QUARTER) * QUARTER
            if abs(seconds) <= FURTHEST:
                return seconds
    return None


def key_number(value: Any) -> int:
    """The row's number; for a row that has a text for a key, one made of it."""
    if isinstance(value, int):
        return value
    return int(sha256(text(value).encode()).hexdigest()[:15], 16)


def plain(value: Any) -> Any:
    """Any value as JSON can hold it."""
    if isinstance(value, bytes | bytearray | memoryview):
        return hexadecimal(value)
    if isinstance(value, float):
        return number(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return text(value) if isinstance(value, str) else value


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, float):
        return number(value)
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {storable(name): _clean(item) for name, item in value.items()}
    return value
