"""Who a socket is: the same people as at a page."""

from asgiref.sync import sync_to_async
from django.test import Client

from dashboard.access.actors import actor_of_scope
from tests.dashboard.access.conftest import HERE


def scope(cookie: str = "", **headers: str):
    pairs = {"host": "localhost:8000", **({"cookie": cookie} if cookie else {}), **headers}
    encoded = [(name.encode(), value.encode()) for name, value in pairs.items()]
    return {"type": "websocket", "scheme": "ws", "path": "/", "client": ("127.0.0.1", 1), "headers": encoded}


async def test_a_socket_with_the_cookie_of_an_account_is_that_account(transactional_db, ana):
    browser = Client(headers=HERE)
    await sync_to_async(browser.force_login)(ana)

    actor = await actor_of_scope(scope(f"theme=dark; perspt_session={browser.cookies['perspt_session'].value}"))

    assert (actor.name, actor.role) == ("ana", "operator")


async def test_a_socket_without_a_cookie_or_with_a_made_up_one_is_nobody(transactional_db):
    assert await actor_of_scope(scope()) is None
    assert await actor_of_scope(scope("perspt_session=made-up")) is None
    assert await actor_of_scope(scope('perspt_session="; x=\x01')) is None
    assert await actor_of_scope(scope("perspt_session=" + "x" * 9_000)) is None


def test_roles_come_back_when_they_were_deleted(db):
    from django.apps import apps
    from django.contrib.auth.models import Group

    from dashboard.access.roles import put_roles

    Group.objects.all().delete()
    for _ in range(2):
        put_roles(apps.get_app_config("dashboard"), "default")

    may = {group.name: {p.codename for p in group.permissions.all()} for group in Group.objects.all()}
    assert may["viewer"] == {"see"}
    assert may["operator"] == {"see", "decide"}
    assert {"see", "decide", "administer", "add_user", "view_approval"} <= may["admin"]
    assert not {name for name in may["admin"] if name.endswith(("_approval", "_event", "_apitoken"))} - {
        "view_approval", "view_event", "view_apitoken",
    }  # fmt: skip
