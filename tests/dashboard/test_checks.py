"""What is checked before the console serves: SQLite on a network share, by the longest mount, and its age."""

import pytest

from dashboard import checks
from dashboard.access.mounts import file_system_of, is_shared

MOUNTS = r"""
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /srv rw,relatime - nfs4 fileserver:/export rw,vers=4.2
31 30 8:2 / /srv/local\\040disk rw - xfs /dev/sdb rw
32 22 0:41 / /mnt/w\\011x rw master:5 - cifs //pc/share rw
33 22 0:42 / /home rw - ext4 /dev/sdc rw
34 22 0:43 / /home rw - fuse.sshfs me@far: rw
broken line
"""


@pytest.mark.parametrize(
    ("path", "kind", "shared"),
    [
        ("/var/lib/perspt/console.sqlite3", "ext4", False),
        ("/srv/perspt/console.sqlite3", "nfs4", True),
        ("/srvother/console.sqlite3", "ext4", False),
        ("/srv/local disk/console.sqlite3", "xfs", False),
        ("/mnt/w\tx/console.sqlite3", "cifs", True),
        ("/home/ana/console.sqlite3", "fuse.sshfs", True),
    ],
)
def test_a_path_lies_where_its_longest_mount_says(path, kind, shared):
    mounts = MOUNTS.replace("\\\\", "\\")

    assert (file_system_of(path, mounts), is_shared(kind)) == (kind, shared)


def test_nothing_is_known_where_nothing_is_told():
    assert (file_system_of("/x", ""), is_shared("")) == ("", False)


@pytest.fixture
def on_a_share(settings, monkeypatch):
    for name, value in {"ENGINE": "django.db.backends.sqlite3", "NAME": "/net/console.sqlite3"}.items():
        monkeypatch.setitem(settings.DATABASES["default"], name, value)
    monkeypatch.setattr(checks, "mounts", lambda: "30 1 0:4 / / rw - nfs4 server:/x rw")
    return settings


def test_a_share_is_warned_of(on_a_share):
    on_a_share.REDIS_URL = ""

    (found,) = checks.the_database_file_is_our_own()

    assert (found.id, "network share (nfs4)" in found.msg) == ("dashboard.W_shared_sqlite", True)


def test_a_share_with_other_hosts_on_it_is_refused(on_a_share):
    on_a_share.REDIS_URL = "redis://elsewhere/0"

    (found,) = checks.the_database_file_is_our_own()

    assert (found.id, found.is_serious()) == ("dashboard.E_shared_sqlite", True)


def test_a_disk_of_its_own_and_postgresql_are_fine(on_a_share, monkeypatch):
    on_a_share.REDIS_URL = "redis://elsewhere/0"
    monkeypatch.setitem(on_a_share.DATABASES["default"], "ENGINE", "django.db.backends.postgresql")
    assert checks.the_database_file_is_our_own() == []

    monkeypatch.setitem(on_a_share.DATABASES["default"], "ENGINE", "django.db.backends.sqlite3")
    monkeypatch.setattr(checks, "mounts", lambda: "30 1 0:4 / / rw - ext4 /dev/sda1 rw")
    assert checks.the_database_file_is_our_own() == []


def test_an_sqlite_that_is_too_old_is_refused_and_postgresql_does_not_mind(settings, monkeypatch):
    monkeypatch.setattr(checks.sqlite3, "sqlite_version_info", (3, 38, 5))
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.sqlite3")
    assert [found.id for found in checks.sqlite_is_new_enough()] == ["dashboard.E_old_sqlite"]

    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.postgresql")
    assert checks.sqlite_is_new_enough() == []
