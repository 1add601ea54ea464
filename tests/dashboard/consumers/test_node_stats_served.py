"""The counts of a session as a stream from a real server."""

import time

import pytest

pytestmark = pytest.mark.slow

FILL = "from tests.harness.perspt_rows import a_run; a_run('run/1', size=2)"


def test_a_stream_says_the_counts_at_once_and_again_within_two_seconds(console):
    console.manage("shell", "-c", FILL)
    found, started = [], time.monotonic()

    with console.client() as person, person.stream("GET", "/sse/run%2F1") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        for line in stream.iter_lines():
            found += [line] if line else []
            if len(found) == 4 or time.monotonic() - started > 20:
                break

    assert [line.partition(":")[0] for line in found] == ["event", "data", "event", "data"]
    assert found[0] == "event: node-stats"
    assert "<b>2</b> completed" in found[1]


def test_an_unknown_session_and_nobody_get_no_stream(console):
    with console.client() as person, console.anyone() as nobody:
        assert person.get("/sse/none").status_code == 404
        assert nobody.get("/sse/none").status_code == 401
