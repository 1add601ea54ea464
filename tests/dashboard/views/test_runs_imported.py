"""The pages of a session as perspt's own store tells it, in each of its layouts."""

import pytest
from django.core.management import call_command

from tests.harness.perspt_store import LAYOUTS, fill, make_store

pytestmark = pytest.mark.django_db(transaction=True)

TABS = ("", "dag/", "dag.json", "energy/", "llm/", "sandbox/", "decisions/", "decisions/?as=sections", "timeline/")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_page_of_an_imported_session_answers(tom, tmp_path, layout):
    store = make_store(tmp_path / "perspt.db", layout)
    fill(store, layout, "s-1")
    call_command("import_perspt", str(store), verbosity=0)

    answers = {tab: tom.get(f"/sessions/s-1/{tab}").status_code for tab in TABS}

    assert answers == dict.fromkeys(TABS, 200)
