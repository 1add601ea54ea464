"""Waiting for something to become true, instead of sleeping and hoping."""

import os
import socket
import time
from collections.abc import Callable
from typing import NoReturn, TypeVar

import pytest

T = TypeVar("T")


def eventually(predicate: Callable[[], T], *, within: float = 10, every: float = 0.05, what: str = "") -> T:
    """Return the first true value of `predicate`. An AssertionError inside it means "not yet"."""
    give_up = time.monotonic() + within
    while True:
        reason: AssertionError | None = None
        try:
            if value := predicate():
                return value
        except AssertionError as error:
            reason = error
        if time.monotonic() > give_up:
            raise AssertionError(f"not within {within} s: {what or reason or predicate}") from reason
        time.sleep(every)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def unavailable(what: str) -> NoReturn:
    """Skip the test because this machine lacks something; tests/conftest.py makes that a failure in CI."""
    pytest.skip(f"{what} is not installed here")


def in_ci() -> bool:
    return os.environ.get("CI", "").lower() == "true"
