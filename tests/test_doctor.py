"""`manage.py doctor`: it names what is wrong, with the line that mends it, and ends with 1 only for errors."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from tests.harness.console import ROOT, Console

pytestmark = pytest.mark.slow


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "home"
    (folder / ".claude").mkdir(parents=True)
    return folder


def doctor(console, home, *arguments):
    return subprocess.run(
        [sys.executable, "manage.py", "doctor", "--port", str(console.port), *arguments],
        cwd=ROOT,
        env={**console.environment(), "HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def findings(outcome):
    return {(row["what"], row["level"]): row for row in json.loads(outcome.stdout)}


def test_a_sound_console_has_nothing_wrong(start_console, home):
    console = start_console()

    outcome = doctor(console, home)

    assert (outcome.returncode, outcome.stderr) == (0, "")
    assert "0 wrong" in outcome.stdout
    assert f"{console.port}: a console of version" in outcome.stdout


def test_a_folder_without_a_database_is_an_error_with_the_line_that_mends_it(tmp_path, home):
    outcome = doctor(Console(tmp_path / "nothing"), home, "--json")

    assert outcome.returncode == 1
    assert "make run" in findings(outcome)["database", "error"]["mend"]
    assert findings(outcome)["accounts", "warning"]["found"] == "not looked at: it needs the database"


def test_each_thing_that_is_wrong_is_named(tmp_path, home):
    console = Console(
        tmp_path / "ill",
        settings={
            "PERSPT_URL": "https://console.example",
            "PERSPT_OPEN": "1",
            "PERSPT_DEBUG": "1",
            "REDIS_URL": "redis://127.0.0.1:1",
        },
    )
    console.manage("migrate", "--verbosity=0")
    console.data.chmod(0o755)
    (console.data / "secret_key").chmod(0o644)
    (home / ".claude/settings.json").write_text("{ this is no JSON")
    with closing(sqlite3.connect(console.data / "console.sqlite3")) as database, database:
        row = (1, 2**32, "note", "", "", "", "{}")
        database.execute(f"INSERT INTO dashboard_event VALUES ({','.join('?' * 7)})", row)

    outcome = doctor(console, home, "--json")

    found = findings(outcome)
    assert outcome.returncode == 1
    assert found["data folder", "warning"]["mend"] == f"chmod 700 {console.data}"
    assert found["signing key", "error"]["mend"] == f"chmod 600 {console.data / 'secret_key'}"
    assert found["proxies", "warning"]["mend"] == "PERSPT_TRUSTED_PROXIES=127.0.0.1"
    assert {("accounts", "warning"), ("clock", "warning"), ("Redis", "error"), ("Claude Code", "warning")} <= set(found)
    assert ("database", "fine") in found


def test_a_connection_whose_token_opens_nothing_here_is_told_from_one_that_works(start_console, home):
    console = start_console()
    environment = {**console.environment(), "HOME": str(home)}
    command = [sys.executable, "manage.py", "connect", "claude-code", "--url", console.url, "--host", "hel-1"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, timeout=60)

    connected = findings(doctor(console, home, "--json"))["Claude Code", "fine"]["found"]
    settings = home / ".claude/settings.json"
    settings.write_text(settings.read_text().replace("ppt_", "ppt_x"))
    foreign = findings(doctor(console, home, "--json"))["Claude Code", "warning"]

    assert connected.startswith("connected as hel-1, last heard")
    assert "opens nothing here" in foreign["found"]
    assert "connect claude-code" in foreign["mend"]


def test_settings_that_do_not_fit_end_with_a_sentence(tmp_path, home):
    outcome = doctor(Console(tmp_path / "odd", settings={"PERSPT_KEEP_DAY": "3"}), home)

    assert outcome.returncode == 1
    assert outcome.stderr.strip() == (
        "The settings do not fit: PERSPT_KEEP_DAY is not a setting of the console; docs/settings.md lists them"
    )
