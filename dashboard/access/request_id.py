"""The id of the request that is being served, for every log line that is written while it is.

It imports nothing of ours: logging is set up before anything else.
"""

from contextvars import ContextVar

current_request: ContextVar[str] = ContextVar("current_request", default="")
