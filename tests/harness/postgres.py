"""A PostgreSQL cluster for one test run: in a temporary folder, reached by a Unix socket, gone afterwards."""

import os
import shutil
import subprocess
import tempfile
import uuid
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote


def binaries() -> Path | None:
    """Where Debian keeps initdb and pg_ctl (newest version), or the folder on the path that has them."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


class Postgres:
    """A running cluster. It refuses to run as root, so root lends it to the account `postgres`."""

    def __init__(self, *, max_connections: int = 100) -> None:
        self.max_connections = max_connections
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # a short path: sockets allow 107 characters

    def start(self) -> Self:
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
        self._run("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-sync", "--locale=C")
        options = {
            "listen_addresses": "''",
            "unix_socket_directories": str(self.folder),
            "max_connections": str(self.max_connections),
            "superuser_reserved_connections": "1",
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "shared_buffers": "32MB",
        }
        settings = " ".join(f"-c {name}={value}" for name, value in options.items())
        self._run("pg_ctl", "--wait", f"--log={self.folder / 'log'}", f"--options={settings}", "start")
        return self

    def stop(self) -> None:
        """Stop at once: nobody will miss what is in it."""
        if (self.folder / "data" / "postmaster.pid").exists():
            self._run("pg_ctl", "--wait", "--mode=immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def address(self, database: str) -> str:
        """The DATABASE_URL of one of its databases."""
        return f"postgresql://postgres@{quote(str(self.folder), safe='')}:5432/{database}"

    @property
    def url(self) -> str:
        return self.address("postgres")

    def new_database(self) -> str:
        """Make an empty database and return its DATABASE_URL."""
        name = f"console_{uuid.uuid4().hex[:8]}"
        self._run(
            "psql", f"--host={self.folder}", "--username=postgres", "--quiet", f"--command=CREATE DATABASE {name}"
        )
        return self.address(name)

    def _run(self, program: str, *arguments: str) -> None:
        folder = binaries()
        assert folder, "PostgreSQL is not installed"
        switch = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        environment = {**os.environ, "PGDATA": str(self.folder / "data")}
        outcome = subprocess.run(
            [*switch, str(folder / program), *arguments],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=120,
        )
        assert outcome.returncode == 0, f"{program} ended with {outcome.returncode}: {outcome.stderr}{self._log()}"

    def _log(self) -> str:
        log = self.folder / "log"
        return log.read_text()[-2000:] if log.exists() else ""

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
