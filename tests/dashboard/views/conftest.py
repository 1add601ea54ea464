"""Browsers of people with and without a say, for pages that are asked without a server."""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client


def signed_in(name: str, *groups: str, checks: bool = False) -> Client:
    user = User.objects.create_user(name, password="a long enough password")
    user.groups.set(Group.objects.get_or_create(name=group)[0] for group in groups)
    client = Client(enforce_csrf_checks=checks)
    client.force_login(user)
    return client


@pytest.fixture
def ana(transactional_db) -> Client:
    """An operator's browser. Services end their own transactions, so tests that use them are transactional."""
    return signed_in("ana", "operator")


@pytest.fixture
def tom(transactional_db) -> Client:
    """The browser of someone who may look."""
    return signed_in("tom", "viewer")
