"""A database that several hosts would damage is refused under every server, also one that asks no checks."""

import subprocess
import sys

import pytest

from tests.harness.console import ROOT, Console

pytestmark = pytest.mark.slow

START = """
from dashboard import checks
checks.mounts = lambda: "30 22 0:40 / / rw - nfs4 x rw"
import perspt_site.asgi
"""


@pytest.mark.parametrize("redis", [True, False], ids=["with redis", "without redis"])
def test_a_process_ends_with_a_sentence_if_others_may_write_there_and_serves_otherwise(tmp_path, redis):
    console = Console(tmp_path / "data", settings={"REDIS_URL": "redis://127.0.0.1:1"} if redis else {})
    console.manage("migrate", "--verbosity=0")

    outcome = subprocess.run(
        [sys.executable, "-c", START],
        cwd=ROOT,
        env={**console.environment(), "DJANGO_SETTINGS_MODULE": "perspt_site.settings"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (outcome.returncode, "lies on a network share (nfs4)" in outcome.stderr) == (
        (1, True) if redis else (0, False)
    )
