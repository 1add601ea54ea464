"""`make run`: what happens before the server takes over."""

import importlib.util
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def serve():
    spec = importlib.util.spec_from_file_location("serve", ROOT / "scripts" / "serve.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def a_database(folder: Path) -> dict[str, object]:
    path = folder / "console.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("PRAGMA journal_mode=WAL; CREATE TABLE t (x); INSERT INTO t VALUES (42);")
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": path}


def copies(folder: Path) -> list[Path]:
    return sorted((folder / "before-migrations").glob("*.sqlite3"))


def test_the_database_is_copied_whole_and_for_its_owner_only(serve, tmp_path):
    serve.copy_database(a_database(tmp_path), before="0002_next")

    (copy,) = copies(tmp_path)
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT x FROM t").fetchall() == [(42,)]
    assert copy.name.endswith("-0002_next.sqlite3")
    assert copy.stat().st_mode & 0o777 == 0o600


def test_a_new_database_and_a_postgresql_need_no_copy(serve, tmp_path):
    serve.copy_database({"ENGINE": "django.db.backends.sqlite3", "NAME": tmp_path / "new.sqlite3"}, before="0001")
    serve.copy_database({"ENGINE": "django.db.backends.postgresql", "NAME": "console"}, before="0001")

    assert copies(tmp_path) == []


def test_only_the_newest_copies_are_kept(serve, tmp_path):
    database = a_database(tmp_path)
    (tmp_path / "before-migrations").mkdir()
    for year in range(2001, 2011):
        (tmp_path / "before-migrations" / f"{year}0101T000000Z-old.sqlite3").touch()

    serve.copy_database(database, before="0002_next")

    assert [copy.name[:4] for copy in copies(tmp_path)][:4] == ["2007", "2008", "2009", "2010"]
    assert len(copies(tmp_path)) == serve.COPIES_KEPT


def test_a_port_that_stays_taken_ends_with_a_sentence(serve, monkeypatch, capsys):
    monkeypatch.setattr(serve, "PATIENCE_SECONDS", 0.1)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        with pytest.raises(SystemExit, match=f"make run PORT={port + 1}"):
            serve.wait_for_port(port)

    assert capsys.readouterr().out == f"Port {port} is taken; trying for another 0.1 s.\n"


def test_a_port_that_becomes_free_is_waited_for(serve, monkeypatch):
    answers = iter([False, False, True])
    monkeypatch.setattr(serve, "is_free", lambda _port: next(answers))
    monkeypatch.setattr(serve.time, "sleep", lambda _seconds: None)

    serve.wait_for_port(8000)

    assert list(answers) == []
