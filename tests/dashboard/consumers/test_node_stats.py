"""`GET /sse/<id>`: who may have the counts of a session, and what they look like."""

import pytest

from dashboard.consumers.caller import Caller
from dashboard.consumers.node_stats import stats
from tests.harness.perspt_rows import a_run

pytestmark = pytest.mark.django_db


def test_the_counts_are_one_line_of_html():
    a_run(size=3)

    assert stats("run-1", Caller("ana")) == (
        "<span><b>3</b> nodes</span>"
        ' <span class="state" data-state="fine"><b>3</b> completed</span>'
        ' <span class="state" data-state="busy"><b>0</b> running</span>'
        ' <span class="state" data-state="needs"><b>0</b> escalated</span>'
        ' <span class="state" data-state="broken"><b>0</b> failed</span>'
        ' <span class="state" data-state="queued"><b>0</b> queued</span>'
    )


def test_an_unknown_session_and_one_of_other_agents_have_none():
    a_run()

    assert stats("nobody", Caller("ana")) is None
    assert stats("run-1", Caller("token", only=("atlas",))) is None
