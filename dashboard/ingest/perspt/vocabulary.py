"""perspt's words for states, in any spelling, as the console's few; an unknown word stays unknown."""

from dashboard.enums import ActivityState

_STATES = {
    "queued": ("taskqueued", "queued", "task_queued"),
    "running": (
        *("planning", "coding", "in_progress", "in-progress", "running", "verifying", "retry", "retrying"),
        *("sheafcheck", "sheaf_check", "committing"),
    ),
    "completed": ("completed", "stable", "verified", "committed"),
    "failed": ("failed", "error"),
    "escalated": ("escalated",),
    "aborted": ("aborted",),
    "superseded": ("superseded",),
    "partial": ("partial",),
}
NORMAL = {word: state for state, words in _STATES.items() for word in words}
UNKNOWN = "unknown"
OVER = ("completed", "failed", "aborted", "partial")


def normal(word: str) -> str:
    """The state that a stored word stands for. `committed` is completed: nothing is left to do then."""
    return NORMAL.get(word.strip().lower(), UNKNOWN)


def activity(status: str) -> ActivityState:
    """What a session does, by its stored status. A crashed one stays `RUNNING` for ever: its silence tells."""
    state = normal(status)
    if state == "running":
        return ActivityState.WORKING
    return ActivityState.ENDED if state in OVER else ActivityState.UNKNOWN
