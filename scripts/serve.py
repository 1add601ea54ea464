"""Serves the console on this machine: waits for the port, migrates, hands over to `manage.py runserver`.

Called by `make run` and `make dev`. A SQLite database is copied before it is migrated, so that a step that goes
wrong can be undone by putting the copy back.
"""

import argparse
import os
import socket
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_SECONDS = 20
COPIES_KEPT = 5

sys.path.insert(0, str(ROOT))


def wait_for_port(port: int) -> None:
    """A server that was just stopped may hold its port for some seconds more."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    said = False
    while not is_free(port):
        if time.monotonic() > give_up:
            sys.exit(
                f"Port {port} is still taken. Stop what listens there, or choose another: make run PORT={port + 1}"
            )
        if not said:
            print(f"Port {port} is taken; trying for another {PATIENCE_SECONDS} s.", flush=True)
            said = True
        time.sleep(0.5)


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            sys.exit(f"Port {port} needs more rights than this account has. Choose one from 1024 on.")
        except OSError:
            return False
    return True


def migrate() -> None:
    """Bring the database up to this version of the code; nothing is touched when it is there already."""
    import django
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import call_command
    from django.db import OperationalError, connection
    from django.db.migrations.executor import MigrationExecutor

    try:
        django.setup()
        from dashboard.management.versions import applied_here, refusal_of_newer

        executor = MigrationExecutor(connection)
        if sentence := refusal_of_newer(applied_here()):
            sys.exit(sentence)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if plan and executor.loader.applied_migrations:
            copy_database(connection.settings_dict, before=plan[0][0].name)
        if plan:
            call_command("migrate", verbosity=0)
            print(f"The database is up to date ({len(plan)} migrations applied).", flush=True)
    except ImproperlyConfigured as error:
        sys.exit(f"The settings do not fit: {error}")
    except OperationalError as error:
        sys.exit(f"The database does not answer: {error}")
    connection.close()


def copy_database(database: dict[str, object], before: str) -> None:
    """A consistent copy beside the database, taken by SQLite itself. It is named by the migration that comes next."""
    path = Path(str(database["NAME"]))
    if "sqlite" not in str(database["ENGINE"]) or not path.is_file() or not path.stat().st_size:
        return
    folder = path.parent / "before-migrations"
    folder.mkdir(mode=0o700, exist_ok=True)
    copy = folder / f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{before}.sqlite3"
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    copy.chmod(0o600)
    for old in sorted(folder.glob("*.sqlite3"))[:-COPIES_KEPT]:
        old.unlink()
    print(
        f"The database was copied to {copy} before migrating; the last {COPIES_KEPT} such copies are kept.", flush=True
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description="Serve the console on this machine.")
    arguments.add_argument("--port", type=int, default=8000)
    arguments.add_argument("--dev", action="store_true", help="debug on, and a reload on every change")
    wanted = arguments.parse_args()

    os.chdir(ROOT)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "perspt_site.settings")
    os.environ["PYTHONUNBUFFERED"] = "1"  # the address to open must appear at once, in a log file too
    if wanted.dev:
        os.environ.setdefault("PERSPT_DEBUG", "1")
    wait_for_port(wanted.port)
    migrate()
    reload = [] if wanted.dev else ["--noreload"]
    command = [sys.executable, "manage.py", "runserver", *reload, f"127.0.0.1:{wanted.port}"]
    os.execv(sys.executable, command)  # noqa: S606 - the server takes this process over, with its signals


if __name__ == "__main__":
    main()
