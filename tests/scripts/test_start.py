"""The first command of the README, as a person meets it."""

import re
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from tests.harness.console import ROOT, Console
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow


@pytest.fixture
def console(start_console):
    return start_console(server="make run")


def test_a_first_start_ends_with_an_address_that_lets_its_reader_in_and_nobody_else(console):
    assert console.anyone().get("/").status_code == 401
    assert console.client().get("/").status_code == 200
    assert f"http://127.0.0.1:{console.port}/?key=" in console.output()


def test_other_accounts_of_the_computer_cannot_read_the_data(console):
    assert console.data.stat().st_mode & 0o777 == 0o700


def test_debug_is_off_and_files_are_served(console):
    page = console.client().get("/")
    missing = console.client().get("/no-such-page/")
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)

    assert {console.anyone().get(file).status_code for file in files} == {200}
    assert missing.status_code == 404
    assert "DEBUG" not in missing.text


def test_a_second_start_finds_the_same_people_and_touches_nothing(console):
    browser = console.client()
    console.restart()

    assert browser.get("/").status_code == 200
    assert "migrations" not in console.output()
    assert sorted(path.name for path in console.data.glob("before-migrations/*")) == []


def test_a_database_that_is_newer_than_the_code_is_refused_and_not_touched(console):
    console.stop()
    with closing(sqlite3.connect(console.data / "console.sqlite3")) as database, database:
        database.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('dashboard', '9999_tomorrow', '2027-01-01')"
        )

    with pytest.raises(RuntimeError, match="written by a newer version of the console \\(it knows 9999_tomorrow\\)"):
        console.start()
    console.kill()
    assert not list(console.data.glob("before-migrations"))


def test_a_start_waits_for_the_port_of_one_that_is_about_to_end(console, tmp_path):
    successor = Console(tmp_path / "successor", server="make run", port=console.port)
    with successor.log.open("wb") as log:
        successor.process = subprocess.Popen(
            [sys.executable, "scripts/serve.py", "--port", str(console.port)],
            cwd=ROOT,
            env=successor.environment(),
            stdout=log,
            stderr=log,
        )
    try:
        eventually(lambda: f"Port {console.port} is taken" in successor.output())
        console.stop()
        eventually(successor.answers, within=30)
    finally:
        successor.kill()


def test_a_mistyped_setting_ends_the_start_with_a_sentence(start_console):
    with pytest.raises(RuntimeError, match="PERSPT_PASWORD is not a setting of the console") as refused:
        start_console(server="make run", settings={"PERSPT_PASWORD": "secret"})

    assert "Traceback" not in str(refused.value)


def test_a_database_that_does_not_answer_ends_the_start_with_a_sentence(start_console, tmp_path):
    nowhere = f"postgresql://nobody@%2F{str(tmp_path)[1:].replace('/', '%2F')}/console"
    with pytest.raises(RuntimeError, match="The database does not answer") as refused:
        start_console(server="make run", settings={"DATABASE_URL": nowhere})

    assert "Traceback" not in str(refused.value)
