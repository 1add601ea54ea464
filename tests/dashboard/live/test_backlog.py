"""What the ring no longer holds is read back from the database, page by page, and nothing between two pages is lost."""

from datetime import UTC, datetime

import pytest
from django.db import transaction

from dashboard.events import AgentRemoved, Note
from dashboard.live.backlog import PAGE, page_after
from dashboard.live.filters import Filter
from dashboard.models import Event
from dashboard.services.log import append
from dashboard.services.retention import prune_log

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]

LONG_AGO = int(datetime(2020, 1, 1, tzinfo=UTC).timestamp())


def write_some(count):
    with transaction.atomic():
        append(
            *(
                Note(at=LONG_AGO, text="x", agent=("mara", "jo")[number % 2])
                if number % 3
                else AgentRemoved(at=LONG_AGO, name="mara")
                for number in range(count)
            )
        )


def all_pages(wanted, upto, place=0):
    found, pages = [], 0
    while place < upto:
        page = page_after(place, upto, wanted)
        found += [row.seq for row in page.message.rows]
        assert page.message.upto > place
        place, pages = page.message.upto, pages + 1
    return found, pages


@pytest.mark.parametrize(
    "wanted",
    [
        Filter(),
        Filter(kinds=frozenset(["note"])),
        Filter(agent="mara"),
        Filter(kinds=frozenset(["agent_removed"]), agent="jo"),
        Filter(only=("jo",)),
    ],
)
@pytest.mark.parametrize("count", [1, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE + 7])
def test_pages_together_are_what_was_asked_for(wanted, count):
    write_some(count)

    found, pages = all_pages(wanted, count)

    assert found == [
        row.seq
        for row in Event.objects.order_by("seq")
        if (not wanted.kinds or row.kind in wanted.kinds)
        and wanted.agent in ("", row.agent)
        and (wanted.only is None or row.agent in wanted.only)
    ]
    assert pages <= count // PAGE + 1


def test_a_page_ends_where_the_hub_stood():
    write_some(50)

    assert all_pages(Filter(), upto=30, place=10) == (list(range(11, 31)), 1)


def test_a_page_tells_what_was_pruned_before_it_was_read():
    write_some(50)
    prune_log(now=datetime.now(UTC), keep_days=30, batch=20)

    page = page_after(10, 50, Filter())

    assert (page.head.floor, [row.seq for row in page.message.rows]) == (20, list(range(21, 51)))
