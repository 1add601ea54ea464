"""The names of agents that never chose one: host and folder; a subagent's hangs below its session's."""

import re
from hashlib import sha256

from dashboard.services.tokens import host_name

LENGTH = 63
UNFIT = re.compile(r"[^A-Za-z0-9._-]+")


def agent_name(host: str, cwd: str) -> str:
    """`<host>-<last part of the folder>`, in the characters and the length that a name may have."""
    folder = re.split(r"[/\\]", cwd.rstrip("/\\"))[-1]
    return _fitting("-".join(part for part in (host_name(host), _word(folder)) if part))


def subagent_name(parent: str, agent_type: str, agent_id: str) -> str:
    """`<parent>.<type>-<end of its id>`."""
    return _fitting(f"{parent}.{_word(agent_type) or 'subagent'}-{_word(agent_id)[-8:] or _digest(agent_id)}")


def _word(text: str) -> str:
    """What of a text can be in a name. A text of which nothing can is still told apart from others."""
    word = UNFIT.sub("-", text).strip("-._")
    return word or (_digest(text) if text.strip("-._ ") else "")


def _fitting(name: str) -> str:
    return name if len(name) <= LENGTH else f"{name[: LENGTH - 9].rstrip('-._')}-{_digest(name)}"


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
