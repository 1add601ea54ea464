"""The Status page: true, of constant cost, and open about what should not stay as it is."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from dashboard.events import Note
from dashboard.live.parts import Parts
from dashboard.models import Lease
from dashboard.services.log import append
from dashboard.views import status
from tests.dashboard.services.makers import NOW, an_approval


def shown(browser):
    return browser.get("/status/").content.decode()


def test_it_tells_the_log_the_database_and_who_lives(ana):
    with transaction.atomic():
        append(Note(at=int(NOW.timestamp()), text="hello"))
    until = timezone.now() + timedelta(seconds=10)
    Lease.objects.create(name="process:web-1", owner="web-1", expires_at=until)
    Lease.objects.create(name="process:web-2", owner="web-2", expires_at=until - timedelta(seconds=60))

    text = shown(ana)

    assert "<dt>events in the log</dt><dd>1, since" in text
    assert "1 process<" in text
    assert text.index("web-1") < text.index("web-2")
    assert "Traceback" not in text


@pytest.mark.parametrize(
    ("setting", "value", "word"),
    [("OPEN", True, "stands open"), ("INSECURE", True, "plain HTTP"), ("RATE_LIMITS", False, "limits are off")],
)
def test_it_warns_of_what_was_set_for_convenience(tom, settings, setting, value, word):
    assert word not in shown(tom)
    setattr(settings, setting, value)
    assert word in shown(tom)


def test_a_part_that_fails_is_named_with_its_error_and_no_markup(ana, monkeypatch):
    parts = Parts()
    parts.failed("the log", OSError("<b>gone</b>"), NOW)
    monkeypatch.setattr(status, "parts", parts)

    assert "OSError: &lt;b&gt;gone&lt;/b&gt;" in shown(ana)
    assert "<b>gone" not in shown(ana)


def test_it_costs_the_same_with_one_row_and_with_many(ana, django_assert_max_num_queries):
    an_approval()
    with django_assert_max_num_queries(20) as few:
        shown(ana)
    for number in range(100):
        an_approval(command=f"ls {number}")
    with django_assert_max_num_queries(20) as many:
        shown(ana)
    assert len(many) == len(few)
