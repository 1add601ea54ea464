"""Ages and countdowns: the server's words are the ones that the browser ticks on with."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from dashboard.templatetags.console import age_words, left_words
from tests.harness.waiting import unavailable

SECONDS = [0, 1, 59, 60, 61, 72, 124, 599, 600, 1080, 3599, 3600, 7500, 86_399, 86_400, 273_600]
SCRIPT = """
import { age, left } from %s;
const seconds = %s;
console.log(JSON.stringify(seconds.map((s) => [age(s), age(s, "short"), left(s)])));
"""


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(42, "42 s"), (72, "1 m 12 s"), (124, "2 m 04 s"), (1080, "18 m"), (7500, "2 h 05 m"), (273_600, "3 d 4 h")],
)
def test_an_age_is_said_as_exactly_as_it_matters(seconds, words):
    assert age_words(seconds) == words


@pytest.mark.parametrize(("seconds", "words"), [(408, "6:48"), (3723, "1:02:03"), (0, "0:00"), (-5, "0:00")])
def test_what_is_left_is_a_clock(seconds, words):
    assert left_words(seconds) == words


def test_the_browser_goes_on_with_the_same_words(tmp_path):
    node = shutil.which("node")
    if node is None:
        unavailable("Node")
    module = Path("static/js/clocks.js").resolve()
    copy = tmp_path / "clocks.mjs"
    copy.write_text(module.read_text(encoding="utf-8"), encoding="utf-8")
    script = tmp_path / "ask.mjs"
    script.write_text(SCRIPT % (json.dumps(copy.as_uri()), json.dumps(SECONDS)), encoding="utf-8")

    told = subprocess.run([node, script], check=True, capture_output=True, text=True)

    assert json.loads(told.stdout) == [[age_words(s), age_words(s, short=True), left_words(s)] for s in SECONDS]
