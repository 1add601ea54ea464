"""The clock of the pages, in one place so that a test can stop it."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)
