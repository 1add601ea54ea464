"""Roles: viewer, operator, admin, as groups with permissions, put in place after every migration.

By upsert, not by a data migration: tests that empty the tables, and people who delete a group, get it back. Members
of the group admin are staff, so that the admin pages open to them.
"""

from typing import Any

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import User
from django.db.models.signals import m2m_changed, post_migrate
from django.dispatch import receiver

from dashboard.enums import Role

MAY = {
    Role.VIEWER: ("see",),
    Role.OPERATOR: ("see", "decide"),
    Role.ADMIN: ("see", "decide", "administer"),
}
MEANINGS = {"see": "Can see the console", "decide": "Can decide, answer and order", "administer": "Can administer"}
ADMIN_ALSO = {"auth": ("user", "group"), "dashboard": ()}
"""Django's own permissions of an admin: accounts; and to look at every noun of the console."""


@receiver(post_migrate, dispatch_uid="dashboard.roles")
def put_roles(app_config: Any, using: str, apps: Any = installed, **_: Any) -> None:
    """Make groups and permissions that are missing; two looks where nothing is."""
    if app_config.label != "dashboard":
        return
    try:
        permission, group = apps.get_model("auth", "Permission"), apps.get_model("auth", "Group")
        content_type = apps.get_model("contenttypes", "ContentType")
    except LookupError:
        return
    for label in ADMIN_ALSO:
        create_permissions(installed.get_app_config(label), verbosity=0, using=using, apps=apps)
    about, _ = content_type.objects.using(using).get_or_create(app_label="dashboard", model="command")
    permission.objects.using(using).bulk_create(
        [permission(codename=code, name=name, content_type=about) for code, name in MEANINGS.items()],
        ignore_conflicts=True,
    )
    group.objects.using(using).bulk_create([group(name=role) for role in Role], ignore_conflicts=True)
    rows = permission.objects.using(using)
    own = {row.codename: row for row in rows.filter(content_type=about)}
    accounts = list(rows.filter(content_type__app_label="auth", content_type__model__in=ADMIN_ALSO["auth"]))
    looks = list(rows.filter(content_type__app_label="dashboard", codename__startswith="view_"))
    for role in group.objects.using(using).filter(name__in=list(Role)):
        granted = [own[code] for code in MAY[Role(role.name)]]
        role.permissions.add(*granted, *(accounts + looks if role.name == Role.ADMIN else ()))


@receiver(m2m_changed, sender=User.groups.through, dispatch_uid="dashboard.staff")
def admins_are_staff(instance: Any, action: str, pk_set: set[int] | None, *, reverse: bool, **_: Any) -> None:
    """Whoever is in the group admin may open the admin pages, and nobody else."""
    if not action.startswith("post_"):
        return
    people = User.objects.filter(pk__in=pk_set or ()) if reverse else User.objects.filter(pk=instance.pk)
    for person in people.filter(is_superuser=False):
        staff = person.groups.filter(name=Role.ADMIN).exists()
        if person.is_staff != staff:
            User.objects.filter(pk=person.pk).update(is_staff=staff)
