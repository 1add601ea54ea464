"""`docs/events.md` lists every kind with exactly its fields."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from dashboard.events import EVENT_KINDS

ROW = re.compile(r"^\| `(\w+)` \| (.+?) \| .+ \|$", re.MULTILINE)
KINDS = Path("docs/events.md").read_text().partition("## The kinds")[2].partition("## The rows")[0]
DOCUMENTED = dict(ROW.findall(KINDS))


def test_every_kind_and_no_other_is_documented():
    assert set(DOCUMENTED) == set(EVENT_KINDS)


@pytest.mark.parametrize("kind", EVENT_KINDS)
def test_a_kind_is_documented_with_its_fields_and_which_may_be_null(kind):
    told = {name + mark for name, mark in re.findall(r"`(\w+)`(\??)", DOCUMENTED[kind])}
    real = {
        field.name.rstrip("_") + ("?" if "None" in str(field.type) else "")
        for field in fields(EVENT_KINDS[kind])
        if field.name != "at"
    }
    assert told == real
