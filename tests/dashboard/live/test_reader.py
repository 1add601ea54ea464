"""How the log is read where it lies in a file: also when the file is another one all of a sudden."""

from contextlib import suppress
from pathlib import Path

import pytest
from django.db import connection

from dashboard.live import reader
from tests.dashboard.live.engines import an_engine, published, write
from tests.harness.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True)


def replace_database(path, copy):
    """What a careless restore does: another file takes the place of the open one."""
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM INTO '{copy}'")
    connection.close()
    copy.replace(path)
    for rest in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            Path(f"{path}{rest}").unlink()


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="only SQLite keeps the log in a file of ours")
def test_a_replaced_database_file_is_opened_again(tmp_path, monkeypatch):
    monkeypatch.setattr(reader, "FILE_CHECK_EVERY", 0.1)
    write("one")
    with an_engine() as hub:
        replace_database(connection.settings_dict["NAME"], tmp_path / "copy.sqlite3")
        write("two")
        eventually(lambda: published(hub) == [1, 2])
