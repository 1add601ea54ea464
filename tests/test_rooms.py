"""The house of docs/architecture.md, held: who may know whom, who reads the environment, how long things get."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Every room of `dashboard`, from the ground up. A room knows its own floor and those below it.
FLOORS = (
    {"enums", "events", "ingest"},
    {"models"},
    {"selectors", "services"},
    {"access"},
    {"live", "consumers", "relay"},
    {"views", "api", "doors", "admin", "demo", "management", "forms", "templatetags", "urls", "apps", "checks"},
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}

# What a room may never know, whatever its floor. A name stands for the package and all below it.
STRANGERS = {
    "dashboard/enums.py": {"django", "channels", "ninja", "asyncio"},
    "dashboard/events": {"django", "channels", "ninja", "asyncio"},
    "dashboard/ingest": {"django", "channels", "ninja", "asyncio", "time"},  # bytes in, facts out; no clock
    "dashboard/models": {"channels", "ninja"},
    "dashboard/selectors": {"channels", "ninja", "django.http"},
    "dashboard/services": {"channels", "ninja", "django.http"},
    "dashboard": {"stats", "perspt_site", "perspt_target", "tests"},  # what happens now waits for nobody who looks on
    "dashboard/runner": {"dashboard", "stats", "perspt_site", "django"},  # runs beside the agent, speaks HTTP
    "perspt_target": {"dashboard", "stats", "perspt_site", "django"},
    "stats": {"perspt_site", "dashboard.services", "dashboard.views", "dashboard.api", "dashboard.live"},
}
CODE = ("dashboard", "perspt_site", "stats", "perspt_target", "scripts", "bench", "examples", "tests")
LONGEST_FILE = 400
LONGEST_FUNCTION = 60


def modules(*below: str) -> list[Path]:
    """Every module below the given folders (or the file itself); migrations are made by a program."""
    found = []
    for name in below:
        path = ROOT / name
        found += [path] if path.is_file() else sorted(path.rglob("*.py"))
    return [path for path in found if not {"node_modules", "migrations"} & set(path.relative_to(ROOT).parts)]


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> set[str]:
    """Every module that one file imports, absolute, wherever in the file that happens."""
    package = path.relative_to(ROOT).parent.parts
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            here = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            base = ".".join(part for part in (here, node.module) if part)
            found |= {f"{base}.{alias.name}" for alias in node.names}
    return found


def room_of(module: str) -> str | None:
    """`dashboard.services.log.append` is in the room `services`."""
    parts = module.split(".")
    return parts[1] if parts[0] == "dashboard" and len(parts) > 1 else None


def own_room(path: Path) -> str:
    return path.relative_to(ROOT / "dashboard").parts[0].removesuffix(".py")


def is_part_of(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def test_every_room_has_its_floor():
    rooms = {own_room(path) for path in modules("dashboard")}

    assert rooms - set(FLOOR) - {"__init__", "runner"} == set()


def test_a_room_does_not_know_the_rooms_above_it():
    upward = {
        f"{named(path)} imports {module}"
        for path in modules("dashboard")
        for module in imports(path)
        if FLOOR.get(room_of(module) or "", 0) > FLOOR.get(own_room(path), len(FLOORS))
    }

    assert upward == set()


@pytest.mark.parametrize("room", STRANGERS)
def test_a_room_does_not_know_strangers(room):
    known = {
        f"{named(path)} imports {module}"
        for path in modules(room)
        for module in imports(path)
        for stranger in STRANGERS[room]
        if is_part_of(module, stranger) and not is_part_of(module, room.replace("/", "."))
    }

    assert known == set()


def test_only_env_reads_the_environment():
    readers = {
        f"{named(path)}:{line}"
        for path in modules("dashboard", "perspt_site", "stats")
        for line in reads_of_the_environment(path)
        if named(path) != "perspt_site/env.py"
    }

    assert readers == set()


def reads_of_the_environment(path: Path) -> Iterator[int]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    naming_the_settings = {id(node.func.value) for node in ast.walk(tree) if is_naming_the_settings(node)}
    for node in ast.walk(tree):
        spelled = ast.unparse(node) if isinstance(node, ast.Attribute) else ""
        if spelled in {"os.environ", "os.environb", "os.getenv"} and id(node) not in naming_the_settings:
            yield node.lineno


def is_naming_the_settings(node: ast.AST) -> bool:
    """`os.environ.setdefault("DJANGO_SETTINGS_MODULE", …)` is how Django starts; it reads no setting of ours."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "setdefault"
        and isinstance(node.args[0], ast.Constant)
        and node.args[0].value == "DJANGO_SETTINGS_MODULE"
    )


def test_files_are_short_enough_to_be_read():
    lengths = {named(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules(*CODE)}

    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_functions_are_short_enough_to_be_seen_at_once():
    lengths = {f"{named(path)}: {name}": lines for path in modules(*CODE) for name, lines in functions(path)}

    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            yield node.name, node.end_lineno - node.lineno + 1


def test_modules_open_by_saying_what_they_are_for():
    trees = {
        named(path): ast.parse(path.read_text(encoding="utf-8"))
        for path in modules("dashboard", "perspt_site", "stats", "scripts")
    }

    assert {name for name, tree in trees.items() if tree.body and not ast.get_docstring(tree)} == set()
