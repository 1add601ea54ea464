"""How the fleet stands now: who works, what waits for a person, what just happened. Pure."""

from collections.abc import Callable
from typing import Any

from dashboard.demo.cast import BACKFILL, CODERS, DEPLOY, HIVE, PLAN, QUESTIONS, ROUNDING, Coder
from dashboard.demo.steps import (
    Answer,
    Ask,
    Begin,
    Decide,
    End,
    Hook,
    Order,
    ReadInbox,
    Remind,
    Report,
    Say,
    Step,
    TakeBack,
    Wonder,
)

HOUR = 3600.0
READERS = ("quill", "rook", "atlas", "scribe")
NewId = Callable[[], str]
BILLING, WEBSHOP, INFRA, LEDGER, SEARCH, HANDBOOK, MOBILE = CODERS


def present(new_id: NewId) -> list[Step]:
    return [*_coders(new_id), *_members(), *_requests(), *_questions(), *_talk(), *_orders()]


class Session:
    """Writes the hook events of one session; `ago` moves towards now."""

    def __init__(self, coder: Coder, new_id: NewId, *, ago: float, prompt: str = "", mode: str = "default") -> None:
        self.coder, self.ago = coder, ago
        self.told: list[Step] = []
        self.said = {"session_id": new_id(), "cwd": coder.cwd, "permission_mode": mode}
        self.hook("SessionStart", source="startup", model=coder.model)
        self.at(ago - 5).hook("UserPromptSubmit", prompt=prompt or coder.prompts[0])

    def at(self, ago: float) -> "Session":
        self.ago = ago
        return self

    def hook(self, event: str, *, key: str = "", gate: bool = False, hold: float = 3600, **fields: Any) -> "Session":
        payload = self.said | {"hook_event_name": event} | fields
        self.told.append(Hook(ago=self.ago, host=self.coder.host, payload=payload, key=key, gate=gate, hold=hold))
        return self

    def tool(self, name: str, **given: Any) -> "Session":
        return self.hook("PreToolUse", tool_name=name, tool_input=given)

    def did(self, name: str, **given: Any) -> "Session":
        return self.hook("PostToolUse", tool_name=name, tool_input=given)


def _coders(new_id: NewId) -> list[Step]:
    told: list[Step] = []
    for write in (_billing, _webshop, _infra, _ledger, _search, _handbook, _mobile):
        told += write(new_id)
    return told


def _billing(new_id: NewId) -> list[Step]:
    """Wants to run what it wrote; the console cut a password out of the command."""
    command = "DATABASE_URL=postgres://billing:kT9-vX2m@db.staging/billing uv run scripts/backfill_mandates.py --apply"
    given = {"command": command, "description": "Write the 212 mandates that the dry run found, to staging"}
    rule = {"type": "addRules", "rules": [{"toolName": "Bash", "ruleContent": "uv run scripts/*"}], "behavior": "allow"}
    session = Session(BILLING, new_id, ago=41 * 60).at(35 * 60).tool("Read", file_path="scripts/backfill_mandates.py")
    session.at(34 * 60).did("Read", file_path="scripts/backfill_mandates.py")
    session.at(9 * 60).tool("Bash", command="uv run scripts/backfill_mandates.py --dry-run")
    session.at(7 * 60).did("Bash", command="uv run scripts/backfill_mandates.py --dry-run")
    suggestions = [rule | {"destination": "session"}]
    session.at(250).hook(
        "PermissionRequest", tool_name="Bash", tool_input=given, permission_suggestions=suggestions, hold=1380
    )
    return session.told


def _webshop(new_id: NewId) -> list[Step]:
    """Two subagents look around while the session itself works."""
    session = Session(WEBSHOP, new_id, ago=95 * 60, mode="acceptEdits", prompt=WEBSHOP.prompts[1])
    session.at(90 * 60).hook("PermissionRequest", tool_name="ExitPlanMode", tool_input={"plan": PLAN}, key="plan")
    session.told.append(Decide(ago=78 * 60, key="plan", by="lena", status="approved", note="Good order. Go."))
    session.at(77 * 60).did("ExitPlanMode", plan=PLAN)
    for number, (kind, what) in enumerate((("Explore", "price rules"), ("general-purpose", "tests of the cart"))):
        below: dict[str, Any] = {"agent_id": new_id(), "agent_type": kind}
        session.at(400 - number * 30).hook("SubagentStart", **below)
        session.at(100 - number * 30).hook("PreToolUse", tool_name="Grep", tool_input={"pattern": what}, **below)
    session.at(15).tool("Edit", file_path="app/cart.py", old_string="cart.total()", new_string="prices.total(cart)")
    return session.told


def _infra(new_id: NewId) -> list[Step]:
    """Runs without a terminal, so that silence denies."""
    given = {"command": "kubectl -n staging delete secret tls-2025", "description": "Remove the old certificate"}
    session = Session(INFRA, new_id, ago=20 * 60, mode="bypassPermissions")
    session.at(12 * 60).tool("Bash", command="kubectl -n staging get secrets").at(700).did("Bash", command="kubectl")
    call: dict[str, Any] = {"tool_name": "Bash", "tool_input": given, "tool_use_id": "toolu_01demoinfra"}
    session.at(75).hook("PreToolUse", gate=True, hold=1260, **call)
    return session.told


def _ledger(new_id: NewId) -> list[Step]:
    session = Session(LEDGER, new_id, ago=62 * 60)
    session.at(22 * 60).tool("Bash", command="pytest -q tests/money").at(21 * 60).did("Bash", command="pytest -q")
    session.at(11 * 60).hook("PermissionRequest", tool_name="Edit", tool_input=ROUNDING, hold=12600)
    return session.told


def _search(new_id: NewId) -> list[Step]:
    """Asks three things at once."""
    asked = [
        ("Which tokenizer shall split compounds?", "Tokenizer", ("decompound", "n-gram"), False),
        ("Which fields are searched?", "Fields", ("title", "body", "comments", "file names"), True),
        ("What shall the index be called?", "Name", ("search-v2", "docs"), False),
    ]
    about = {"decompound": "Exact, needs a dictionary of 14 MB.", "n-gram": "No dictionary, an index twice as large."}
    questions = [
        {
            "question": text,
            "header": header,
            "multiSelect": multi,
            "options": [{"label": label, "description": about.get(label, "")} for label in labels],
        }
        for text, header, labels, multi in asked
    ]
    session = Session(SEARCH, new_id, ago=33 * 60)
    call: dict[str, Any] = {
        "tool_name": "AskUserQuestion",
        "tool_input": {"questions": questions},
        "tool_use_id": "toolu_01demoask",
    }
    session.at(6 * 60).hook("PreToolUse", gate=True, hold=7200, **call)
    return session.told


def _handbook(new_id: NewId) -> list[Step]:
    """Done, after somebody answered one request in its terminal."""
    given = {"command": "mdbook build", "description": "Build the handbook"}
    session = Session(HANDBOOK, new_id, ago=3 * HOUR)
    session.at(2.9 * HOUR).hook("PermissionRequest", tool_name="Bash", tool_input=given)
    session.at(2.8 * HOUR).did("Bash", **given)
    session.at(240).hook("Stop", last_assistant_message="The handbook is up to date: 9 pages changed, 2 removed.")
    return session.told


def _mobile(new_id: NewId) -> list[Step]:
    """Its account was signed out."""
    session = Session(MOBILE, new_id, ago=50 * 60).at(48 * 60).tool("Bash", command="./gradlew lint")
    session.at(180).hook("StopFailure", error="authentication_failed", error_details="Please run /login")
    return session.told


def _members() -> list[Step]:
    """What the agents of the API say of themselves; nobody has heard of orrin for a long time."""
    words: tuple[tuple[str, float, dict[str, Any]], ...] = (
        ("orrin", 47 * 60, {"state": "working", "status_text": "translating the catalogue, 412 of 3,000"}),
        ("heron", 25 * 60, {"state": "ended", "running": False, "status_text": "stopped by tomas for the night"}),
        ("moth", 19 * 60, {"state": "idle", "paused": True, "status_text": "paused: database under maintenance"}),
        ("quill", 90, {"state": "working", "needs_update": True, "status_text": "reviewing #318"}),
        ("rook", 60, {"state": "starting", "status_text": "being rebuilt with postgresql_16"}),
        ("warden", 40, {"state": "waiting", "status_text": "waits for two approvals"}),
        ("atlas", 35, {"state": "waiting", "status_text": "deploy of 4.2 to production"}),
        ("scribe", 30, {"state": "waiting", "status_text": "release notes of 4.2, one question open"}),
    )
    return [Report(ago=ago, agent=name, changes=changes) for name, ago, changes in words]


def _requests() -> list[Step]:
    """What waits, and what has just ended, of the agents of the API."""
    deploy = {
        "approval_kind": "deploy",
        "command": "make deploy ENV=production VERSION=4.2.0",
        "cwd": "/srv/webshop",
        "commit_ref": "b41c9e07aa10",
        "description": "Staging has run 4.2 since yesterday: no new errors, p95 at 180 ms. Deploy to production?",
        "diff": DEPLOY,
        "risk": "high",
        "deadline_seconds": 415,
        "on_deadline": "deny",
        "blocking": True,
    }
    limits = {
        "approval_kind": "apply_commit",
        "commit_ref": "7c1f0ab93d2e4410",
        "description": "More memory and a local PostgreSQL for rook; its test run was killed twice.",
        "diff": HIVE,
        "request_id": "limits-of-rook",
    }
    smaller = {"commit_ref": "19ae772b6f02", "diff": HIVE.split("--- a/hive/agents")[0]}
    merge = {"approval_kind": "merge", "description": "Merge #317 “Skip mandates that moved”", "diff": BACKFILL}
    helper = {
        "approval_kind": "spawn",
        "description": "A helper `finch` below warden, for the 40 failing snapshots. It ends itself when they pass.",
        "deadline_seconds": 3 * HOUR,
    }
    return [
        Ask(ago=52 * 60, key="now-merge", agent="quill", given=merge),
        Decide(ago=44 * 60, key="now-merge", by="ana", status="approved"),
        Ask(ago=31 * 60, key="now-drop", agent="rook", given={"approval_kind": "command", "command": "dropdb scratch"}),
        Decide(ago=29 * 60, key="now-drop", by="lena", status="denied", note="quill still reads from it."),
        Ask(ago=17 * 60, key="now-dump", agent="atlas", given={"approval_kind": "command", "command": "pg_dump shop"}),
        TakeBack(ago=15 * 60, key="now-dump", status="cancelled", note="There is a dump of this night."),
        Ask(ago=16 * 60, key="limits-old", agent="warden", given=limits | smaller),
        Ask(ago=13 * 60, key="limits", agent="warden", given=limits),
        Ask(ago=8 * 60, key="finch", agent="warden", given=helper),
        Ask(ago=36, key="deploy", agent="atlas", given=deploy, session="release-4.2"),
    ]  # fmt: skip


def _questions() -> list[Step]:
    until = {"ttl_seconds": 2 * HOUR, "default_answer": "that of the sale", "blocking": True}
    return [
        Wonder(ago=70 * 60, key="now-support", agent="scribe", parts=(QUESTIONS[2],)),
        Answer(ago=66 * 60, key="now-support", answers=("Chrome, Firefox, Safari",), by="ana"),
        Wonder(ago=14 * 60, key="tax", agent="scribe", parts=(QUESTIONS[0],), given=until),
        Wonder(ago=5 * 60, key="peer", agent="rook", parts=(QUESTIONS[1],), given={"target": "quill"}),
    ]


def _talk() -> list[Step]:
    return [
        Say(ago=58 * 60, to="*", body="4.2 goes out today. No migrations after 16:00, please.", by="ana", key="all"),
        *(ReadInbox(ago=55 * 60 - number, agent=name) for number, name in enumerate(READERS)),
        Say(ago=54 * 60, sender="quill", to="operator", body="Understood: no migrations from me.", reply_to="all"),
        Say(ago=27 * 60, sender="rook", to="warden", body="Killed again: 2 GB are too little.", key="oom"),
        ReadInbox(ago=26 * 60, agent="warden"),
        Say(ago=24 * 60, sender="warden", to="rook", body="I ask for 6 GB and a local database.", reply_to="oom"),
        Say(ago=10 * 60, sender="warden", to="operator", body="rook can go on as soon as it has more memory."),
        Say(ago=4 * 60, sender="atlas", to="operator", body="4.2 is built and signed; I ask in a minute."),
        Say(ago=50, sender="scribe", to="quill", body="Is #318 in 4.2 or in the next one?"),
        Remind(ago=40 * 60, agent="atlas", text="Compare the error rate one hour after the deploy.", seconds=2 * HOUR),
        Remind(ago=30 * 60, agent="quill", text="Look at #318 again when the tests have run.", seconds=HOUR),
        Remind(ago=20 * 60, agent="scribe", text="Send the release notes to support.", seconds=5 * HOUR),
        Remind(ago=18 * 60, agent="warden", text="Ask moth whether it can go on.", seconds=24 * HOUR),
    ]  # fmt: skip


def _orders() -> list[Step]:
    return [
        Order(ago=25.5 * 60, agent="heron", verb="stop", reason="Nothing to do before tomorrow.", by="tomas"),
        Order(ago=19.5 * 60, agent="moth", verb="pause", reason="The database is under maintenance.", by="lena"),
        Order(
            ago=46 * 60, agent="orrin", verb="nudge", reason="No word for a while; still there?", by="ana", took=None
        ),
        Begin(ago=80 * 60, agent="quill", kind="restarting"),
        End(ago=79 * 60, agent="quill"),
        Begin(ago=65, agent="rook", kind="rebuilding"),
    ]
