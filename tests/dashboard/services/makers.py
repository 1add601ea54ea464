"""Small makers of nouns for tests: everything has a default, a test names what matters to it."""

from datetime import UTC, datetime, timedelta

from dashboard.services.actor import Actor
from dashboard.services.approvals import ApprovalDraft, ask_approval
from dashboard.services.questions import Part, QuestionDraft, ask_question

NOW = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
ANA = Actor("ana", address="10.0.0.7")
LENA = Actor("lena", address="10.0.0.8")


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def an_approval(*, token=None, now=NOW, **fields):
    draft = ApprovalDraft(**({"agent": "atlas", "approval_kind": "command", "command": "make deploy"} | fields))
    return ask_approval(draft, token=token, now=now)[0]


def a_question(*, token=None, now=NOW, text="Which rule?", options=("this", "that"), multi=False, **fields):
    parts = (Part(text, options=tuple((label, "") for label in options), multi=multi),)
    return ask_question(QuestionDraft(**({"asker": "scribe", "parts": parts} | fields)), token=token, now=now)[0]
