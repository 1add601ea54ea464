"""Claude Code's hooks for tests: payloads as the CLI sends them, and a session that sends them one after another."""

from itertools import count

from dashboard.ingest.claude import read_hook
from dashboard.services import claude
from dashboard.services.tokens import create_token
from tests.dashboard.services.makers import ANA, NOW, later

BASH = {"command": "make deploy", "description": "Deploy the shop"}
COLOURS = {
    "questions": [
        {
            "question": "Which colour?",
            "header": "Colour",
            "options": [{"label": "Red", "description": "warm"}, {"label": "Blue", "description": "cold"}],
            "multiSelect": False,
        }
    ]
}
SUB = {"agent_id": "a1b2c3d4", "agent_type": "Explore"}
_calls = count(1)


def payload(event, *, session="s-1", cwd="/home/ana/shop", **fields):
    common = {"session_id": session, "transcript_path": "/t.jsonl", "cwd": cwd, "permission_mode": "default"}
    return {**common, "hook_event_name": event, **fields}


def a_token(name="hel-1", **options):
    return create_token(name, by=ANA, now=NOW, **options)[0]


class Session:
    """One Claude Code session; time passes only when a test says so."""

    def __init__(self, token=None, *, session="s-1", gate=False, hold=580, cwd="/home/ana/shop"):
        self.token = token or a_token()
        self.session, self.cwd = session, cwd
        self.hold = claude.Hold(seconds=hold, gate=gate, holder="here")
        self.at = 0.0

    def says(self, event, *, after=0.0, **fields):
        self.at += after
        fact = read_hook(payload(event, session=self.session, **{"cwd": self.cwd} | fields))
        return claude.observe(fact, self.token, hold=self.hold, now=later(self.at))

    def asks(self, tool="Bash", given=None, **fields):
        return self.says("PermissionRequest", tool_name=tool, tool_input=given or BASH, **fields)

    def calls(self, tool="Bash", given=None, *, call="", **fields):
        call = call or f"toolu_{next(_calls)}"
        return self.says("PreToolUse", tool_name=tool, tool_input=given or BASH, tool_use_id=call, **fields)

    def ran(self, tool="Bash", given=None, *, call="toolu_x", **fields):
        event = fields.pop("event", "PostToolUse")
        return self.says(event, tool_name=tool, tool_input=given or BASH, tool_use_id=call, **fields)
