"""Accounts: who may sign in, with which role. A name that means something else in the history is not given away."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from dashboard.access.signin import RESERVED


class _NotReserved:
    def clean_username(self) -> Any:
        before: Any = getattr(super(), "clean_username", None)
        name = before() if before else self.cleaned_data["username"]  # type: ignore[attr-defined]  # a mixin
        if str(name).split("@", 1)[0].lower() in RESERVED:
            raise ValidationError("This name means something else here; choose another.")
        return name


class NewAccount(_NotReserved, AdminUserCreationForm):  # type: ignore[type-arg]  # generic in the stubs alone
    pass


class ChangedAccount(_NotReserved, UserChangeForm):  # type: ignore[type-arg]  # likewise
    pass


class Accounts(UserAdmin):  # type: ignore[type-arg]  # likewise
    add_form = NewAccount
    form = ChangedAccount
    list_display = ("username", "roles", "is_active", "is_superuser", "last_login")
    date_hierarchy = "date_joined"

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description="roles")
    def roles(self, user: User) -> str:
        return ", ".join(sorted(group.name for group in user.groups.all()))


admin.site.unregister(User)
admin.site.register(User, Accounts)
