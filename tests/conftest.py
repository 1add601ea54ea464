"""What every test may ask for. Services start when the first test wants them and end with the run.

A test without a mark is `quick`. In CI nothing may be skipped: a machine that lacks a service would otherwise look
like one on which everything works.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.harness import postgres as postgres_harness
from tests.harness import redis as redis_harness
from tests.harness.console import Console
from tests.harness.waiting import in_ci, unavailable


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Before -m chooses: browser tests by their folder, quick ones by having no other mark."""
    for item in items:
        if "browser" in Path(item.path).relative_to(item.config.rootpath).parts:
            item.add_marker("browser")
        if not {"slow", "browser"} & {mark.name for mark in item.iter_markers()}:
            item.add_marker("quick")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    return refuse_skips(item.nodeid, (yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    return refuse_skips(collector.nodeid, (yield))


def refuse_skips(name: str, report: Any) -> Any:
    """In CI a skip is a failure that says why; an expected failure stays what it is."""
    if in_ci() and report.outcome == "skipped" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{name} must not be skipped in CI: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def postgres() -> Iterator[postgres_harness.Postgres]:
    """A PostgreSQL cluster; `new_database()` gives an empty database's DATABASE_URL."""
    if postgres_harness.binaries() is None:
        unavailable("PostgreSQL")
    with postgres_harness.Postgres() as server:
        yield server


@pytest.fixture(scope="session")
def redis() -> Iterator[redis_harness.Redis]:
    if redis_harness.binary() is None:
        unavailable("Redis")
    with redis_harness.Redis() as server:
        yield server


@pytest.fixture
def start_console(tmp_path: Path) -> Iterator[Callable[..., Console]]:
    """Starts consoles with `server=` and `settings=` of the test's choice; all end with the test."""
    numbers = count(1)
    with ExitStack() as running:

        def start(**options: Any) -> Console:
            return running.enter_context(Console(tmp_path / f"console-{next(numbers)}", **options))

        yield start


@pytest.fixture
def console(start_console: Callable[..., Console]) -> Console:
    """A console of the test's own, as `make run` starts it: it may be killed and restarted."""
    return start_console()
