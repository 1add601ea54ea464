"""Who a request or a socket is: an account, whoever knows the shared password, the holder of the launch key,
or, where the console stands open, someone at this computer.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user, get_user_model
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, parse_cookie
from django.utils.crypto import constant_time_compare, salted_hmac

from dashboard.access.desk import in_desk
from dashboard.access.request import ours
from dashboard.access.visit import Visit, visit_of_scope
from dashboard.enums import Role
from dashboard.services.actor import Actor

DOOR = "perspt_door"
PROOF = "perspt_proof"
PASSWORD, LAUNCH = "password", "launch"


def who(request: HttpRequest) -> Actor | None:
    """Whom the gate found at the other end of this request."""
    found: Actor | None = getattr(request, "actor", None)
    return found


def actor_of_request(request: HttpRequest) -> Actor | None:
    """Who sends this request; asks the database only if a session's cookie came with it."""
    visit: Visit = ours(request).visit
    if settings.SESSION_COOKIE_NAME in request.COOKIES:
        return actor_of_session(request.session, request.user, visit) or local_actor(visit)
    return local_actor(visit)


async def actor_of_scope(scope: Mapping[str, Any]) -> Actor | None:
    """Who opens this socket, by its cookie; the Origin has to be checked besides."""
    visit = visit_of_scope(scope)
    key = session_key_of(visit.headers.get("cookie", ""))
    if not key:
        return local_actor(visit)
    return await in_desk(_actor_of_key, key, visit)


def actor_of_session(session: SessionBase, user: AbstractBaseUser | AnonymousUser, visit: Visit) -> Actor | None:
    """Read who signed in from the session; each kind of session ends with its reason."""
    if user.is_authenticated:
        return Actor(user.get_username(), role=role_of(user), address=visit.address)
    door = session.get(DOOR)
    if door == PASSWORD and proves_password(session.get(PROOF, "")):
        return Actor(f"password@{visit.address}", address=visit.address)
    if door == LAUNCH and alone():
        return Actor(f"operator@{visit.address}", address=visit.address)
    return None


def local_actor(visit: Visit) -> Actor | None:
    """Whoever is at this computer, if the console was told to stand open."""
    if settings.OPEN and visit.is_local:
        return Actor(f"operator@{visit.address}", address=visit.address)
    return None


def alone() -> bool:
    """Whether there are neither accounts nor a shared password: only then does the launch key mean anything."""
    return not settings.SHARED_PASSWORD and not get_user_model().objects.exists()


def role_of(user: Any) -> Role:
    """The highest role of an account; one without any may look."""
    if user.is_superuser:
        return Role.ADMIN
    groups = set(user.groups.values_list("name", flat=True))
    return next((role for role in (Role.ADMIN, Role.OPERATOR) if role in groups), Role.VIEWER)


def password_proof() -> str:
    """What a session keeps of the shared password: enough to end when the password changes, no more."""
    return salted_hmac("perspt.password", settings.SHARED_PASSWORD, algorithm="sha256").hexdigest()


def proves_password(proof: str) -> bool:
    return bool(settings.SHARED_PASSWORD) and constant_time_compare(proof, password_proof())


def session_key_of(cookie_header: str) -> str:
    """The session's key in a Cookie header; empty where there is none."""
    return parse_cookie(cookie_header).get(settings.SESSION_COOKIE_NAME, "")


def _actor_of_key(key: str, visit: Visit) -> Actor | None:
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    return actor_of_session(request.session, get_user(request), visit) or local_actor(visit)
