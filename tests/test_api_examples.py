"""The examples of docs/api.md: one of each call, and all of them work as they stand there."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.harness.console import Console

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = re.search(r"^```sh\n(alias machine.+?)^```", (ROOT / "docs/api.md").read_text(), re.DOTALL | re.MULTILINE)[1]
CALL = re.compile(r"^(?:machine|person) (?:-X (\w+) )?\"?\$CONSOLE(/api/[^\s\"?]+)\S*( -d)?", re.MULTILINE)
SCOPES = [word for scope in ("ask", "read", "report", "observe") for word in ("--scope", scope)]


def examples() -> set[str]:
    """Each example as the description spells the call."""
    called = CALL.findall(SCRIPT)
    return {
        f"{method or ('POST' if body else 'GET')} {re.sub(r'/[0-9]+(?=/|$)', '/{pk}', path).replace('mara', '{name}')}"
        for method, path, body in called
    }


def test_each_call_has_an_example():
    from dashboard.api.app import description

    calls = {f"{method.upper()} {path}" for path, methods in description()["paths"].items() for method in methods}

    assert examples() == calls


@pytest.mark.slow
def test_the_examples_work_as_they_stand(tmp_path):
    with Console(tmp_path / "console", settings={"PERSPT_MAX_WAIT": "0.2"}) as console:
        token = console.token("examples", *SCOPES)
        with console.client() as browser:
            browser.get("/")
            cookies = dict(browser.cookies)
        environment = {
            "PATH": "/usr/bin:/bin",
            "CONSOLE": console.url,
            "TOKEN": token,
            "COOKIE": "; ".join(f"{name}={value}" for name, value in cookies.items()),
            "CSRF": cookies["perspt_csrf"],
        }

        script = "shopt -s expand_aliases\nset -e\n" + SCRIPT
        outcome = subprocess.run(
            ["bash", "-c", script], env=environment, capture_output=True, text=True, check=False, timeout=60
        )

        assert outcome.returncode == 0, f"{outcome.stdout[-2000:]}\n{outcome.stderr}\n{console.output()[-2000:]}"
        assert "Thank you." in outcome.stdout
