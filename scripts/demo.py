"""A console to look around in: fresh data in a folder of its own, a fleet that goes on working, nothing left behind.

Called by `make demo`. What the shell says about another console (PERSPT_…, DATABASE_URL) does not concern this one.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
FOREIGN = ("PERSPT_", "DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")


def serve(port: int, seed: int, folder: str) -> int:
    """Fill the folder, let the fleet work, serve until somebody ends it; return how the server ended."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    environment = kept | {"PERSPT_DATA": folder}
    manage = [sys.executable, "manage.py"]
    for command in (["migrate", "--verbosity=0"], ["demo", f"--seed={seed}"]):
        subprocess.run([*manage, *command], cwd=ROOT, env=environment, check=True)
    fleet = subprocess.Popen(
        [*manage, "demo", "--live", f"--seed={seed}"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
    )
    server = subprocess.Popen([sys.executable, "scripts/serve.py", f"--port={port}"], cwd=ROOT, env=environment)
    try:
        return server.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        for process in (fleet, server):
            process.terminate()
        for process in (fleet, server):
            process.wait()


def interrupted(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> None:
    arguments = argparse.ArgumentParser(description="Serve a console with a fleet that does not exist.")
    arguments.add_argument("--port", type=int, default=8000)
    arguments.add_argument("--seed", type=int, default=1, help="another number tells another story")
    wanted = arguments.parse_args()
    signal.signal(signal.SIGTERM, interrupted)
    with tempfile.TemporaryDirectory(prefix="perspt-demo-") as folder:
        sys.exit(serve(wanted.port, wanted.seed, folder))


if __name__ == "__main__":
    main()
