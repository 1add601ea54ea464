"""Whether energy converges: said only as far as the numbers go."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.selectors.runs_verdict import Verdict, verdict

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def points(*totals):
    return [(NOON + timedelta(minutes=n), total) for n, total in enumerate(totals)]


@pytest.mark.parametrize(
    ("totals", "word", "steps", "since"),
    [
        ((3.0, 2.0, 1.0), "falling", 2, 0),
        ((1.0, 2.0, 1.5, 1.2), "falling", 2, 1),
        ((5.0, 2.4, 2.4, 2.41), "flat", 2, 1),
        ((2.0, 1.0, 3.0), "rising", 1, 1),
        ((2.0, 0.05), "stable", 0, 1),
        ((2.0, 0.05, 0.0), "stable", 0, 1),
        ((0.0, 0.0), "stable", 0, 0),
        ((1.0,), "unknown", 0, 0),
        ((1.0, None), "unknown", 0, 0),
    ],
)
def test_a_verdict_says_which_way_how_often_and_since_when(totals, word, steps, since):
    found = verdict(points(*totals))

    assert (found.word, found.steps, found.since) == (word, steps, NOON + timedelta(minutes=since))


def test_without_numbers_there_is_no_verdict():
    assert verdict([]) == Verdict("unknown", 0, None, "No verification has a number.")


def test_a_verdict_says_how_it_was_derived():
    assert verdict(points(6.0, 2.4, None, 2.4)).how == (
        "V 2.40 → 2.40 over the last 2 verifications; no step moved it by more than 0.060 (1 % of its highest). "
        "1 without a number left out."
    )
