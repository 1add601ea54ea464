"""Lists are paged by key: a page begins where the last one ended, however much has come on top meanwhile."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Key = tuple[datetime, int]


def key_text(moment: datetime, pk: int) -> str:
    """A place in a list, for the address: microseconds and id."""
    return f"{(moment - EPOCH) // timedelta(microseconds=1)}-{pk}"


def read_key(text: str) -> Key | None:
    """The place, or None for anything that is none."""
    moment, _, pk = text.partition("-")
    if not (moment.isascii() and moment.isdigit() and pk.isascii() and pk.isdigit() and len(text) <= 40):
        return None
    try:
        return EPOCH + timedelta(microseconds=int(moment)), min(int(pk), 2**63 - 1)
    except OverflowError:
        return None


def read_number(text: str) -> int | None:
    """A row's number from the address, or None for anything that is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
