"""What all tables of the admin have in common: they are looked at and searched; nothing is saved or deleted here.

Whatever changes a noun goes through a service, by an action with a reason (`ordering.py`). No list costs more as the
history grows: filters offer known words instead of asking which there are, and counting ends at `MOST_COUNTED`.
"""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest

MOST_COUNTED = 10_000


class Pages(Paginator[Any]):
    """Pages of the first rows; nobody leafs beyond them, a filter or the date leads there."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows[:MOST_COUNTED].count())


class LookOnly(admin.ModelAdmin[Any]):
    """A list and a page to read."""

    list_per_page = 50
    list_max_show_all = 50
    list_select_related = True
    show_full_result_count = False
    paginator = Pages
    actions: Any = None

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False


def of_words(field: str, words: Iterable[str]) -> type[admin.SimpleListFilter]:
    """A filter over a field that holds one of `words`."""
    offered = [(str(word), str(word)) for word in words]

    class OfWords(admin.SimpleListFilter):
        title = field.replace("_", " ")
        parameter_name = field

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
            return offered

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
            return queryset.filter(**{field: self.value()}) if self.value() else queryset

    return OfWords


def is_set(field: str, title: str, *, yes: str, no: str) -> type[admin.SimpleListFilter]:
    """A filter for rows in which a moment has come or not."""

    class IsSet(admin.SimpleListFilter):
        parameter_name = field

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
            return [("yes", yes), ("no", no)]

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
            wanted = self.value()
            return queryset.filter(**{f"{field}__isnull": wanted == "no"}) if wanted else queryset

    IsSet.title = title
    return IsSet
