"""The snapshot: everything that is open now, and the number from which the feed goes on."""

from typing import Any

from dashboard.selectors.log import log_head
from dashboard.selectors.queue import open_approvals, open_questions
from dashboard.selectors.roster import agents_present, newest_sessions
from dashboard.selectors.rows import (
    agent_row,
    approval_row,
    question_row,
    reminder_row,
    session_row,
    transient_row,
)
from dashboard.selectors.traffic import open_reminders, open_transients


def snapshot(*, limit: int = 500) -> dict[str, Any]:
    """`GET /api/state`. The number is read before all else and the rest in autocommit: an event with a higher number is
    never missed; it may already be contained, so clients are idempotent.
    """
    head = log_head()
    return {
        "seq": head.seq,
        "epoch": head.epoch,
        "agents": [agent_row(agent) for agent in agents_present().select_related("parent")],
        "approvals": [approval_row(approval) for approval in open_approvals()[:limit]],
        "questions": [question_row(question) for question in open_questions()[:limit]],
        "transients": [transient_row(transient) for transient in open_transients()[:limit]],
        "reminders": [reminder_row(reminder) for reminder in open_reminders()[:limit]],
        "sessions": [session_row(session) for session in newest_sessions()],
        "targets": [],
    }
