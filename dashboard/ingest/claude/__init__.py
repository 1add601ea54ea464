"""Claude Code's hooks: what a payload says, what is asked of a person, and how a decision is worded in reply.

`hooks` reads, `asks` describes what waits, `states` says what an event tells about its agent, `replies` answers.
"""

from dashboard.ingest.claude.asks import Ask, Option, Part, describe_ask, read_questions
from dashboard.ingest.claude.hooks import EVENTS, HookFact, Rejected, read_hook
from dashboard.ingest.claude.replies import (
    READ_ONLY_TOOLS,
    answers_reply,
    describe_suggestions,
    gate_reply,
    permission_reply,
    session_suggestions,
)
from dashboard.ingest.claude.states import StateChange, progresses, state_after

__all__ = [
    "EVENTS",
    "READ_ONLY_TOOLS",
    "Ask",
    "HookFact",
    "Option",
    "Part",
    "Rejected",
    "StateChange",
    "answers_reply",
    "describe_ask",
    "describe_suggestions",
    "gate_reply",
    "permission_reply",
    "progresses",
    "read_hook",
    "read_questions",
    "session_suggestions",
    "state_after",
]
