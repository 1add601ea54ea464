"""Who there is in the demo, and what they say and do. Words only."""

from dataclasses import dataclass
from typing import Any

PEOPLE = {"ana": "10.20.0.7", "lena": "10.20.0.8", "tomas": "10.20.0.31"}
HOSTS = ("hel-1", "hel-2", "hive-01", "ci-runner")
SYSTEM_HOST = "hive-01"


@dataclass(frozen=True, slots=True)
class Coder:
    """A Claude Code session in a folder of a host; the console names the agent `<host>-<folder>`."""

    host: str
    folder: str
    prompts: tuple[str, ...]
    model: str = "claude-opus-5"

    @property
    def name(self) -> str:
        return f"{self.host}-{self.folder}"

    @property
    def cwd(self) -> str:
        return f"/srv/{self.folder}"


@dataclass(frozen=True, slots=True)
class Member:
    """An agent that speaks the JSON API."""

    name: str
    host: str
    runtime: str
    model: str = ""
    parent: str = ""


CODERS = (
    Coder("hel-2", "billing", ("Backfill the mandates that the March import lost", "Make the dunning job idempotent")),
    Coder("hel-2", "webshop", ("Find out why checkout is slow on mobile", "Move the cart to the new price service")),
    Coder("hel-2", "infra", ("Rotate the certificates of staging", "Upgrade the cluster to the next minor version")),
    Coder("hel-1", "ledger", ("Round half-even everywhere in the ledger", "Add the year-end closing report")),
    Coder("hel-1", "search", ("Choose the tokenizer for German compounds", "Rebuild the suggestion index")),
    Coder("hel-1", "handbook", ("Bring the on-call handbook up to date",), "claude-sonnet-5"),
    Coder("hel-1", "mobile", ("Fix the crash on resume that the store reports",), "claude-sonnet-5"),
)
MEMBERS = (
    Member("atlas", "ci-runner", "codex", "gpt-5-codex"),
    Member("scribe", "hel-1", "perspt", "claude-sonnet-5"),
    Member("warden", "hive-01", "hyperhive", "claude-opus-5"),
    Member("rook", "hive-01", "hyperhive", "claude-sonnet-5", "warden"),
    Member("quill", "hive-01", "hyperhive", "claude-sonnet-5", "warden"),
    Member("moth", "hive-01", "hyperhive", "claude-haiku-5", "warden"),
    Member("heron", "hive-01", "hyperhive", "claude-haiku-5", "warden"),
    Member("orrin", "hel-2", "ductor", "qwen3-coder"),
)


def host_of(agent: str) -> str:
    """Where an agent runs; a subagent runs where its session does."""
    hosts = {member.name: member.host for member in MEMBERS} | {coder.name: coder.host for coder in CODERS}
    return hosts[agent.split(".", 1)[0]]


BACKFILL = """--- a/scripts/backfill_mandates.py
+++ b/scripts/backfill_mandates.py
@@ -38,7 +38,10 @@ def backfill(since, apply):
     rows = Invoice.objects.filter(booked__gte=since, mandate=None)
-    for invoice in rows:
-        mandate = mandate_for(invoice.customer)
-        invoice.mandate = mandate
+    for invoice in rows.iterator(chunk_size=500):
+        mandate = mandate_for(invoice.customer, create=True)
+        if mandate.iban_hash != invoice.iban_hash:
+            skipped.append(invoice.pk)
+            continue
+        invoice.mandate = mandate
     return len(rows), skipped
"""
DEPLOY = """--- a/deploy/webshop.yaml
+++ b/deploy/webshop.yaml
@@ -8,16 +8,18 @@ spec:
   replicas: 4
   strategy:
     rollingUpdate:
-      maxUnavailable: 2
+      maxUnavailable: 1
   template:
     spec:
       containers:
         - name: web
-          image: registry.internal/webshop:4.1.3
+          image: registry.internal/webshop:4.2.0
           env:
             - name: PRICES_V2
-              value: "off"
+              value: "on"
+            - name: PRICES_TIMEOUT
+              value: "2s"
"""
HIVE = """--- a/hive/limits.nix
+++ b/hive/limits.nix
@@ -11,7 +11,7 @@
   services.agents.rook = {
     enable = true;
-    memoryMax = "2G";
+    memoryMax = "6G";
     tasksMax = 512;
   };
--- a/hive/agents/rook.nix
+++ b/hive/agents/rook.nix
@@ -3,4 +3,5 @@
   packages = with pkgs; [
     git
+    postgresql_16
     ripgrep
   ];
"""
ROUNDING: dict[str, Any] = {
    "file_path": "/srv/ledger/ledger/money.py",
    "old_string": (
        "def split(total: Decimal, parts: int) -> list[Decimal]:\n"
        "    share = round(total / parts, 2)\n"
        "    return [share] * parts\n"
    ),
    "new_string": (
        "def split(total: Decimal, parts: int) -> list[Decimal]:\n"
        '    """Shares that add up to the total, to the cent."""\n'
        "    share = (total / parts).quantize(CENT, rounding=ROUND_HALF_EVEN)\n"
        "    shares = [share] * parts\n"
        "    shares[-1] += total - sum(shares)\n"
        "    return shares\n"
    ),
}
PLAN = """1. Read the three price rules that differ, and write a test for each.
2. Replace `cart.total()` by a call of the price service, behind the flag `prices_v2`.
3. Compare both for a week in the log; nothing is charged by the new one.
4. Only then ask again, to switch the flag."""

HARMLESS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("Bash", {"command": "pytest -q tests/unit", "description": "Run the unit tests"}),
    ("Bash", {"command": "git diff --stat", "description": "Look at what changed"}),
    ("Read", {"file_path": "pyproject.toml"}),
    ("Read", {"file_path": "docs/architecture.md"}),
    ("Grep", {"pattern": "def total"}),
    ("Grep", {"pattern": "TODO|FIXME"}),
    ("Glob", {"pattern": "**/*.sql"}),
    ("Bash", {"command": "ruff check .", "description": "Lint"}),
    ("WebSearch", {"query": "iterator chunk_size prefetch"}),
)
RISKY: tuple[tuple[str, dict[str, Any]], ...] = (
    ("Bash", {"command": "git push origin HEAD", "description": "Push the branch"}),
    ("Bash", {"command": "npm install --save-dev vitest", "description": "Add the test runner"}),
    ("Bash", {"command": "docker compose up -d postgres", "description": "Start the database for the tests"}),
    ("Bash", {"command": "rm -rf build dist", "description": "Clean the build"}),
    ("Bash", {"command": "uv run manage.py migrate --plan", "description": "See what would be migrated"}),
    ("Bash", {"command": "uv run manage.py migrate", "description": "Migrate the development database"}),
    ("Bash", {"command": "curl -s https://prices.internal/v2/health", "description": "Ask whether v2 is up"}),
    ("Bash", {"command": "kubectl -n staging rollout restart deploy/web", "description": "Restart staging"}),
    ("Edit", {"file_path": "app/cart.py", "old_string": "timeout=30\n", "new_string": "timeout=5\n"}),
    (
        "Write",
        {
            "file_path": "tests/test_rounding.py",
            "content": "def test_shares_add_up():\n    assert sum(split(CENT * 100, 3)) == 1\n",
        },
    ),
    ("Edit", {"file_path": "README.md", "old_string": "Python 3.10", "new_string": "Python 3.11"}),
    (
        "WebFetch",
        {"url": "https://docs.python.org/3/library/decimal.html", "prompt": "Which rounding modes are there?"},
    ),
    ("mcp__tracker__close_issue", {"issue": "BIL-2214", "comment": "Fixed by the backfill."}),
)
WANTED: tuple[dict[str, Any], ...] = (
    {"approval_kind": "deploy", "command": "make deploy ENV=staging", "description": "All checks are green. Staging?"},
    {"approval_kind": "command", "command": "terraform plan -out next.plan", "cwd": "/srv/infra"},
    {"approval_kind": "command", "command": "psql billing -f fixes/2214.sql", "description": "Fixes 14 rows."},
    {"approval_kind": "merge", "description": "Merge #318 “Retry the webhook”, reviewed by quill.", "risk": "medium"},
    {"approval_kind": "command", "command": "pg_dump ledger > /backup/ledger.sql", "cwd": "/srv/ledger"},
    {"approval_kind": "publish", "description": "Publish the release notes of 4.2.", "risk": "low"},
    {
        "approval_kind": "apply_commit",
        "commit_ref": "7c1f0ab93d2e",
        "description": "More memory for rook",
        "diff": HIVE,
    },
    {"approval_kind": "spawn", "description": "A helper `finch` for the 40 failing snapshots.", "risk": "medium"},
)
NOTES = {
    "approved": ("", "", "", "", "Fine, and tell me how long it took.", "Only staging."),
    "denied": (
        "Not before the release is out.",
        "Use the branch, not main.",
        "Run it with --dry-run first and show me the result.",
        "The vendor's page is enough; no new dependency.",
    ),
}
QUESTIONS: tuple[tuple[str, tuple[tuple[str, str], ...], bool], ...] = (
    (
        "Which tax rule applies to refunds booked across a year end?",
        (("that of the sale", "As the old system did."), ("that of the refund", "")),
        False,
    ),
    ("Shall the old endpoint stay for one more release?", (("stay", "with a warning"), ("go now", "")), False),
    ("Which browsers do we still support?", (("Chrome", ""), ("Firefox", ""), ("Safari", ""), ("Edge", "")), True),
    ("What shall the new service be called?", (), False),
)
REPLIES = ("that of the sale", "stay", "Chrome, Firefox", "prices")
CHATTER = (
    ("The snapshots of checkout differ on ci only. Is your clock in UTC?", "Yes. It is the font: ci has no Inter."),
    ("I hold the lock on migrations until 40 past.", "Good, I wait."),
    ("#318 is ready for a look.", "Looked: one nit, else fine."),
    ("Do you still need the big fixture?", "No, delete it."),
)
ORDERS = (
    ("nudge", "Quiet for twenty minutes; are you stuck?", ""),
    ("interrupt", "Wrong branch.", ""),
    ("restart", "Picks up the new limits.", ""),
    ("pause", "The database is under maintenance.", "it was in the middle of a commit"),
)
REMINDERS = (
    "Look whether the nightly import ran through.",
    "Ask again for the review of #318.",
    "Remove the feature flag prices_v2 if nobody objected.",
    "Renew the lock on migrations.",
)
