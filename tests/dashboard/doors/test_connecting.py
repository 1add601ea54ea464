"""`manage.py connect claude-code`, on a home folder of the test's own."""

import json
import stat
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from dashboard.doors import connecting
from dashboard.models import ApiToken
from tests.harness.waiting import free_port

pytestmark = [pytest.mark.django_db(transaction=True)]

THEIRS = '{\n  "hooks": {\n    "Stop": [{"hooks": [{"type": "command", "command": "say done"}]}]\n  }\n}\n'


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    (tmp_path / "shop").mkdir()
    monkeypatch.chdir(tmp_path / "shop")
    return tmp_path / "home"


@pytest.fixture
def user_file(home):
    (home / ".claude").mkdir()
    return home / ".claude/settings.json"


def connect(*arguments, url=None):
    out, err = StringIO(), StringIO()
    nobody = f"http://127.0.0.1:{free_port()}"
    call_command("connect", "claude-code", "--url", url or nobody, *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_it_writes_the_settings_for_the_owners_eyes_with_a_copy_of_what_was_there(user_file):
    user_file.write_text(THEIRS)
    out, err = connect("--host", "hel-1")

    settings = json.loads(user_file.read_text())
    (copy,) = user_file.parent.glob("settings.json.before-*")
    assert (copy.read_text(), mode(copy), mode(user_file)) == (THEIRS, 0o600, 0o600)
    assert settings["hooks"]["Stop"][0] == {"hooks": [{"type": "command", "command": "say done"}]}
    assert sorted(path.name for path in user_file.parent.iterdir()) == ["settings.json", copy.name]
    (token,) = settings["env"].values()
    assert ApiToken.objects.get().host == "hel-1"
    assert token not in out + err
    assert '+  "env": {' in out
    assert "hel-1-<folder>" in out
    assert "does not answer" in err


def test_a_first_file_is_made(home):
    connect()

    assert mode(home / ".claude/settings.json") == 0o600
    assert [path.name for path in (home / ".claude").iterdir()] == ["settings.json"]


def test_taking_it_back_gives_back_the_very_file_and_revokes_the_token(user_file):
    user_file.write_text(THEIRS)
    connect()
    out, _ = connect("--remove")

    assert user_file.read_text() == THEIRS
    assert ApiToken.objects.get().revoked_at is not None
    assert "Revoked 1 token" in out
    assert "holds no connection" in connect("--remove")[0]


def test_connecting_again_replaces_and_revokes_what_was(user_file):
    connect()
    out, _ = connect("--gate")

    assert [token.revoked_at is None for token in ApiToken.objects.order_by("id")] == [False, True]
    assert user_file.read_text().count("onFailure") == 1
    assert "Revoked 1 token" in out


def test_the_personal_file_of_a_project_is_the_safer_place_for_a_token(home):
    out, _ = connect("--scope", "project")

    assert not (home / ".claude").exists()
    assert Path(".claude/settings.local.json").exists()
    assert "out of version control" in out


def test_a_dry_run_shows_the_change_and_makes_nothing(user_file):
    user_file.write_text(THEIRS)
    out, _ = connect("--dry-run", "--gate")

    assert (user_file.read_text(), ApiToken.objects.count()) == (THEIRS, 0)
    assert '"onFailure": "block"' in out
    assert connecting.PLACEHOLDER in out


def test_print_prints_nothing_but_the_json(user_file):
    out, err = connect("--print", "--gate=open")

    settings = json.loads(out)
    assert settings["hooks"]["PreToolUse"][0]["hooks"][0]["url"].endswith("?hold=580&gate=1")
    assert err == ""
    assert not user_file.exists()
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize("text", ["{,}", '{"hooks": []}', "// mine\n{}", '\xff{"a": 1}'])
def test_a_file_that_cannot_be_understood_is_left_alone(user_file, text):
    user_file.write_bytes(text.encode("latin-1"))
    with pytest.raises(CommandError, match="Nothing was written"):
        connect()

    assert user_file.read_bytes() == text.encode("latin-1")
    assert not ApiToken.objects.exists()
    assert [path.name for path in user_file.parent.iterdir()] == ["settings.json"]


def test_a_file_that_someone_changes_meanwhile_is_left_to_them(user_file, monkeypatch):
    user_file.write_text(THEIRS)

    def meanwhile(self, text, *, now):
        user_file.write_text("{}")
        return replace(self, text, now=now)

    replace = connecting.SettingsFile.replace
    monkeypatch.setattr(connecting.SettingsFile, "replace", meanwhile)
    with pytest.raises(CommandError, match="changed meanwhile"):
        connect()

    assert user_file.read_text() == "{}"
    assert ApiToken.objects.get().revoked_at is not None


def test_a_file_that_lives_elsewhere_stays_there(user_file, tmp_path):
    elsewhere = tmp_path / "dotfiles.json"
    elsewhere.write_text("{}")
    user_file.symlink_to(elsewhere)
    connect()

    assert user_file.is_symlink()
    assert "hooks" in json.loads(elsewhere.read_text())


def test_an_address_that_is_none_is_refused_before_anything_is_made():
    with pytest.raises(CommandError, match="no address"):
        connect(url="http://127.0.0.1:8000/console")

    assert not ApiToken.objects.exists()


def test_hooks_that_cannot_run_are_said(user_file):
    user_file.write_text('{"disableAllHooks": true}')

    assert "disableAllHooks" in connect()[1]
