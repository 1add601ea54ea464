"""`make setup`: nothing is installed twice, and a half-done step is done again."""

import importlib.util
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def install(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("install", ROOT / "scripts" / "install.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "VENV", tmp_path)
    (tmp_path / "some.lock").write_text("one")
    return module


@pytest.fixture
def steps(install, monkeypatch):
    done = []
    monkeypatch.setattr(install, "run", lambda command, **_: done.append(command))
    return done


def test_a_lock_is_installed_once(install, steps):
    install.install_python("some.lock")
    install.install_python("some.lock")

    assert len(steps) == 1
    assert "--require-hashes" in steps[0]


def test_a_changed_lock_is_installed_again(install, steps, tmp_path):
    install.install_python("some.lock")
    (tmp_path / "some.lock").write_text("two")
    install.install_python("some.lock")

    assert len(steps) == 2


def test_a_step_that_failed_is_done_again(install, monkeypatch, steps):
    def fail(command, **_):
        raise subprocess.CalledProcessError(1, command)

    with monkeypatch.context() as once:
        once.setattr(install, "run", fail)
        with pytest.raises(subprocess.CalledProcessError):
            install.install_python("some.lock")
    install.install_python("some.lock")

    assert len(steps) == 1


def test_a_machine_without_npm_gets_one_from_a_wheel(install, steps, tmp_path, monkeypatch):
    monkeypatch.setattr(install.shutil, "which", lambda _name: None)
    (tmp_path / "requirements-node.lock").write_text("node")

    assert install.find_npm() == str(tmp_path / "bin" / "npm")
    assert steps[0][-1].endswith("requirements-node.lock")
