"""How the parts of this process's engine fare: when each did its work last, and what went wrong."""

from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock

from dashboard.access.meters import ENGINE_FAILURES
from dashboard.ingest.text import one_line


@dataclass(frozen=True, slots=True)
class Part:
    """One part. It is in trouble from a failure until its next success."""

    name: str
    ran_at: datetime | None = None
    failed_at: datetime | None = None
    failures: int = 0
    error: str = ""

    @property
    def in_trouble(self) -> bool:
        return self.failed_at is not None and (self.ran_at is None or self.ran_at < self.failed_at)


class Parts:
    """Written by the engine's thread, read by whoever wants to know."""

    def __init__(self) -> None:
        self._parts: dict[str, Part] = {}
        self._lock = Lock()

    def __call__(self) -> list[Part]:
        with self._lock:
            return list(self._parts.values())

    def starts(self, name: str) -> None:
        with self._lock:
            self._parts.setdefault(name, Part(name))

    def ran(self, name: str, at: datetime) -> None:
        with self._lock:
            self._parts[name] = replace(self._parts.get(name, Part(name)), ran_at=at)

    def failed(self, name: str, error: Exception, at: datetime) -> None:
        ENGINE_FAILURES.labels(name).inc()
        with self._lock:
            part = self._parts.get(name, Part(name))
            text = one_line(f"{type(error).__name__}: {error}", 300)
            self._parts[name] = replace(part, failed_at=at, failures=part.failures + 1, error=text)


parts = Parts()
"""The parts of the engine of this process; empty in a process that serves nobody."""
