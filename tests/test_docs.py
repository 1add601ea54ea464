"""The documents stay true because these tests read them too."""

import re
from pathlib import Path

import pytest

from dashboard.events import EVENT_KINDS
from perspt_site.env import SETTINGS

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
LINK = re.compile(r"(?<!`)!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def rows(text: str) -> set[str]:
    """The names in the first column of the tables of a page."""
    return set(re.findall(r"^\| *`([A-Za-z_]+)`", text, re.MULTILINE))


def anchors(text: str) -> set[str]:
    """What a heading is called in a link: lower case, words joined by hyphens."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in HEADING.findall(text)}


def test_every_setting_is_documented_and_nothing_else():
    assert rows((DOCS / "settings.md").read_text()) == {setting.name for setting in SETTINGS}


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_a_setting_is_described_in_the_words_of_the_code(setting):
    assert setting.meaning in (DOCS / "settings.md").read_text()


@pytest.mark.parametrize("kind", EVENT_KINDS)
def test_every_event_is_documented(kind):
    assert f"`{kind}`" in (DOCS / "events.md").read_text()


def test_every_command_is_documented():
    commands = {
        path.stem
        for path in ROOT.glob("*/management/commands/*.py")
        if path.stem != "__init__" and "node_modules" not in path.parts
    }
    words = " ".join(page.read_text() for page in PAGES)

    assert {name for name in commands if f"manage.py {name}" not in words} == set()


def test_every_make_target_is_documented():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    words = " ".join(page.read_text() for page in PAGES)

    assert {target for target in targets - {"help"} if f"make {target}" not in words} == set()


def test_every_dependency_has_its_reason():
    reasons = (DOCS / "decisions" / "0003-dependencies.md").read_text().lower()
    project = (ROOT / "pyproject.toml").read_text()
    wanted = project.partition("dependencies = [")[2].partition("\n]")[0]

    assert {name for name in re.findall(r'"([A-Za-z-]+)', wanted) if f"`{name.lower()}`" not in reasons} == set()


def test_the_readme_leads_to_every_page():
    readme = (ROOT / "README.md").read_text()

    assert {named(page) for page in DOCS.glob("*.md") if f"({named(page)})" not in readme} == set()


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_inside_the_documents_leads_somewhere(page):
    for target in LINK.findall(page.read_text()):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = target.partition("#")
        file = page.parent / path if path else page
        assert file.exists(), f"{target} does not exist"
        if anchor and file.suffix == ".md":
            assert anchor in anchors(file.read_text()), f"{target}: no such heading"
