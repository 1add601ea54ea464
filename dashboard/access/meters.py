"""What is counted while the console works, for `/metrics`. Every process counts for itself, from its start on."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.db import InterfaceError, OperationalError
from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics

disable_created_metrics()  # type: ignore[no-untyped-call]  # the library has no types here

registry = CollectorRegistry()
REQUESTS = Counter("perspt_requests", "Requests that were answered.", ["door", "status"], registry=registry)
SECONDS = Histogram(
    "perspt_request_seconds",
    "How long requests took; those that wait for a person last until they are answered.",
    ["door"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 600),
    registry=registry,
)
APPENDED = Counter("perspt_events_appended", "Events that this process wrote into the log.", registry=registry)
ENGINE_FAILURES = Counter(
    "perspt_engine_failures", "Failures of a part of the engine; it is tried again.", ["part"], registry=registry
)
DATABASE_ERRORS = Counter(
    "perspt_database_errors", "Statements that failed because of the database.", ["error"], registry=registry
)
DOORS = {"/hooks/": "hooks", "/api/": "api", "/admin/": "admin"}
PULSE = ("/healthz", "/readyz", "/metrics")


def count_request(path: str, status: int, seconds: float) -> None:
    """Count one answer by its door and by the class of its status: few names, whatever is asked for."""
    door = "pulse" if path in PULSE else next((door for head, door in DOORS.items() if path.startswith(head)), "pages")
    counter, histogram = _meters(door, status // 100)
    counter.inc()
    histogram.observe(seconds)


@cache
def _meters(door: str, hundreds: int) -> tuple[Counter, Histogram]:
    return REQUESTS.labels(door, f"{hundreds}xx"), SECONDS.labels(door)


def count_events(count: int, **_: Any) -> None:
    """A transaction has committed that many events (the signal `grew`)."""
    APPENDED.inc(count)


def watch_database(connection: Any, **_: Any) -> None:
    """Count what goes wrong on a connection (the signal `connection_created`, sent at each of its openings)."""
    if _count_errors not in connection.execute_wrappers:
        connection.execute_wrappers.append(_count_errors)


def _count_errors(
    execute: Callable[..., Any],
    sql: str,
    params: Any,
    many: bool,  # noqa: FBT001
    context: dict[str, Any],
) -> Any:
    try:
        return execute(sql, params, many, context)
    except (OperationalError, InterfaceError) as error:
        DATABASE_ERRORS.labels(type(error).__name__).inc()
        raise
