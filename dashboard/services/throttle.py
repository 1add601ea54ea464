"""How often something was tried lately, counted in the database, so that all processes count together."""

from datetime import datetime, timedelta

from django.db import connection

from dashboard.models import Throttle

_TABLE = Throttle._meta.db_table  # noqa: SLF001
_COUNT = (
    f'INSERT INTO {_TABLE} ("key", "count", since) VALUES (%s, 1, %s)'  # noqa: S608
    f' ON CONFLICT ("key") DO UPDATE SET'
    f' "count" = CASE WHEN {_TABLE}.since <= %s THEN 1 ELSE {_TABLE}."count" + 1 END,'
    f" since = CASE WHEN {_TABLE}.since <= %s THEN excluded.since ELSE {_TABLE}.since END"
    f' RETURNING "count"'
)


def count_try(key: str, *, now: datetime, window: timedelta) -> int:
    """Count one more try and return how many there were within the window that is open now."""
    moment = connection.ops.adapt_datetimefield_value(now)
    closed = connection.ops.adapt_datetimefield_value(now - window)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [key[:160], moment, closed, closed])
        count = int(cursor.fetchone()[0])
    if count == 1:  # a window has just opened: a good moment to forget those that closed long ago
        Throttle.objects.filter(since__lt=now - 2 * window).delete()
    return count


def tries(key: str, *, now: datetime, window: timedelta) -> int:
    """How many there were, without counting one."""
    row = Throttle.objects.filter(key=key[:160], since__gt=now - window).first()
    return row.count if row else 0


def seconds_left(key: str, *, now: datetime, window: timedelta) -> float:
    """How long until the window that is open now closes, and tries count from one again."""
    row = Throttle.objects.filter(key=key[:160]).first()
    return max(0.0, (row.since + window - now).total_seconds()) if row else 0.0


def forget_tries(key: str) -> None:
    Throttle.objects.filter(key=key[:160]).delete()
