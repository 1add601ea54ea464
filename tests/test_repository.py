"""What may lie in this repository: nothing of one machine, no registry, no code of others, no inline script."""

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)

# In samples and tests people are called Ana and their machines are made up.
MACHINE_PATHS = re.compile(r"/(?:work|root)/\w|/home/(?!ana\b)\w+")
REGISTRIES = re.compile(
    r"registry\.(?:npmjs|yarnpkg|npmmirror)|pypi\.(?:org|python)|pythonhosted\.org|(?<!no-emit-)index-url[ =]"
    r"|crates\.io|cdn\.jsdelivr|unpkg\.com|cdnjs\.",
)
INLINE = {
    "a script": re.compile(r"<script(?![^>]*(?:\ssrc=|type=\"application/json\"))", re.IGNORECASE),
    "a style sheet": re.compile(r"<style\b", re.IGNORECASE),
    "a style attribute": re.compile(r"\sstyle\s*=", re.IGNORECASE),
    "an event attribute": re.compile(r"<[^>{]*\son[a-z]+\s*=", re.IGNORECASE),
    "an hx-on attribute": re.compile(r"hx-on\b", re.IGNORECASE),
    "a script address": re.compile(r"javascript:", re.IGNORECASE),
}


def tracked_files() -> list[Path]:
    """Every file of the repository, also the ones that are not committed yet."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listing.stdout.splitlines() if (ROOT / name).is_file()]


def texts() -> dict[str, str]:
    found = {}
    for path in tracked_files():
        try:
            found[path.relative_to(ROOT).as_posix()] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
    return found


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return texts()


def places(files: dict[str, str], pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}:{text.count(chr(10), 0, match.start()) + 1}: {match.group().strip()}"
        for name, text in files.items()
        for match in pattern.finditer(text)
    ]


def test_no_file_knows_the_machine_it_was_written_on(files):
    assert places(files, MACHINE_PATHS) == []


def test_no_file_names_a_package_registry(files):
    assert places(files, REGISTRIES) == []


def test_locks_hold_hashes_and_no_addresses(files):
    for name, text in files.items():
        if name.endswith("package-lock.json"):
            packages = json.loads(text)["packages"]
            assert [path for path, entry in packages.items() if "resolved" in entry] == [], name
            assert [path for path, entry in packages.items() if path and "integrity" not in entry] == [], name
        elif name.endswith(".lock"):
            assert "://" not in text, name
            assert len(PINNED.findall(text)) == len(re.findall(r"^\S+==.*\n +--hash=sha256:", text, re.MULTILINE)), name


def test_the_locks_agree_so_that_one_environment_serves_all(files):
    runtime, *others = (
        dict(PINNED.findall(files[name]))
        for name in ("requirements.lock", "requirements-dev.lock", "requirements-node.lock")
    )

    for other in others:
        assert {name: other.get(name) for name in runtime} == runtime


def test_no_code_of_others_is_kept_here(files):
    scripts = {name: text for name, text in files.items() if name.endswith((".js", ".mjs", ".css"))}

    assert [name for name in scripts if ".min." in name or "vendor" in name] == []
    assert [name for name, text in scripts.items() if "sourceMappingURL" in text] == []
    assert [name for name, text in scripts.items() if max(map(len, text.splitlines()), default=0) > 400] == []


@pytest.mark.parametrize("what", INLINE)
def test_templates_carry_nothing_that_the_content_policy_forbids(files, what):
    templates = {name: text for name, text in files.items() if name.endswith(".html")}

    assert places(templates, INLINE[what]) == []


def test_templates_load_nothing_from_elsewhere(files):
    templates = {name: text for name, text in files.items() if name.endswith((".html", ".css"))}

    assert places(templates, re.compile(r"(?:src|href)=\"(?:https?:)?//|url\(['\"]?(?:https?:)?//|@import")) == []
