"""Everything that CI runs: services, linters, types, then pytest in processes of their own.

pytest runs several times because Chromium's driver breaks later database and asyncio tests of the same process,
and because the tests marked `database` must also hold on PostgreSQL. The last line sums all of them.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
NOTHING_COLLECTED = 5

sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

import install  # noqa: E402 - needs the path above

from tests.harness import postgres  # noqa: E402

SERVICES: dict[str, Callable[[], bool]] = {
    "postgresql": lambda: postgres.binaries() is not None,
    "redis-server": lambda: shutil.which("redis-server") is not None,
    "nginx": lambda: shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") is not None,
    "chromium": lambda: shutil.which("chromium") is not None,
}


def install_services() -> None:
    """What the tests start by themselves; where it cannot be installed, those tests are skipped (but never in CI)."""
    missing = [name for name, is_there in SERVICES.items() if not is_there()]
    if not missing:
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        print(f"Not installed, and only root can do so: {', '.join(missing)}. The tests that need them are skipped.")
        return
    print(f"Installing {', '.join(missing)} ...", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], env=quiet, check=False)
    subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing], env=quiet, check=False)


def install_clients() -> None:
    """The real Claude Code and axe-core, for the tests that talk to them."""
    if (ROOT / "tests" / "package-lock.json").exists():
        try:
            install.install_node(ROOT / "tests")
        except subprocess.CalledProcessError:
            print("The clients in tests/ could not be installed. The tests that need them are skipped.")


def check(name: str, *command: str) -> list[str]:
    """One linter; its name comes back if it found something."""
    heading(name)
    return (
        [] if subprocess.run([str(BIN / command[0]), *command[1:]], cwd=ROOT, check=False).returncode == 0 else [name]
    )


def pytest(marks: str, folder: Path, *, database: str | None = None) -> Counter[str]:
    """One process of pytest, as counts of `passed`, `failed` and `skipped`."""
    heading(f"pytest -m '{marks}'" + (" on PostgreSQL" if database else ""))
    report = folder / "report.xml"
    report.unlink(missing_ok=True)
    environment = {**os.environ, **({"DATABASE_URL": database} if database else {})}
    command = [sys.executable, "-m", "pytest", "-q", "-m", marks, f"--junit-xml={report}", "--durations=5"]
    if database:
        command.append("--reuse-db")  # the cluster goes as a whole, no matter who still has it open
    outcome = subprocess.run(command, cwd=ROOT, env=environment, check=False)
    counts = read(report)
    if outcome.returncode not in (0, NOTHING_COLLECTED) and not counts["failed"]:
        counts["failed"] = 1  # it ended before it could report
    return counts


def read(report: Path) -> Counter[str]:
    counts: Counter[str] = Counter(passed=0, failed=0, skipped=0)
    if report.exists():
        for case in ET.parse(report).iter("testcase"):  # noqa: S314 - our own report
            ends = {part.tag for part in case}
            counts["failed" if ends & {"failure", "error"} else "skipped" if "skipped" in ends else "passed"] += 1
    return counts


@contextmanager
def a_postgres() -> Iterator[str | None]:
    if postgres.binaries() is None:
        yield None
        return
    with postgres.Postgres() as server:
        yield server.url


def heading(text: str) -> None:
    print(f"\n== {text} ({time.strftime('%H:%M:%S')})", flush=True)


def main() -> int:
    install_services()
    install_clients()
    broken = check("ruff check", "ruff", "check", ".")
    broken += check("ruff format", "ruff", "format", "--check", ".")
    broken += check("mypy", "mypy")
    total: Counter[str] = Counter(passed=0, failed=0, skipped=0)
    with tempfile.TemporaryDirectory(prefix="perspt-test-") as name:
        folder = Path(name)
        total.update(pytest("quick", folder))
        with a_postgres() as database:
            if database:
                total.update(pytest("quick and database", folder, database=database))
            elif os.environ.get("CI") == "true":
                broken.append("the quick tests on PostgreSQL, which is missing")
        total.update(pytest("slow and not browser", folder))
        total.update(pytest("browser", folder))
    print()
    if broken:
        print(f"Not in order: {', '.join(broken)}")
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped", flush=True)
    return 1 if broken or total["failed"] or not total["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
