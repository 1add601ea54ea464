"""Takes what is new in a store. A batch of rows, the totals they add to and the place reached are one transaction, so
whatever stops it, the next reading goes on exactly there. A row that cannot be taken is counted with its reason.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.db import DatabaseError, connection, transaction

from dashboard.ingest.perspt import store as stores
from dashboard.ingest.perspt import tables, values
from dashboard.ingest.perspt.errors import StoreTrouble
from dashboard.ingest.perspt.snapshot import fingerprint, snapshot
from dashboard.models import Budget, Run, RunRecord, Store
from dashboard.services.runs import deriving
from dashboard.services.runs.rows import TARGETS, Target, dumped
from dashboard.services.runs.sessions import finish, put_run
from dashboard.services.runs.totals import Totals

Progress = Callable[[str, int], None]
UNFINISHED = "unfinished"
"""Beside the cursors: the runs whose rows were taken and whose nodes were not yet derived."""


class Overtaken(Exception):  # noqa: N818  no mistake: the other one goes on
    """Another process reads the same store."""


@dataclass(slots=True)
class Outcome:
    """What became of a reading: rows taken, reasons of those that were not, or what is wrong with the store."""

    unchanged: bool = False
    taken: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    trouble: str = ""


def import_store(path: Path, *, folder: Path, now: datetime, told: Progress = lambda *_: None) -> Outcome:
    """Read a store if it changed; `folder` is for its copy. Trouble is kept with the store; what was read stays."""
    row, _ = Store.objects.get_or_create(path=str(path))
    try:
        if row.fingerprint and not row.trouble and row.fingerprint == fingerprint(path):
            Store.objects.filter(pk=row.pk).update(checked_at=now)
            return Outcome(unchanged=True)
        with snapshot(path, folder) as (copy, seen), stores.opened(copy) as opened:
            outcome = Reading(row, opened, now, told).run()
            row.fingerprint = seen
    except Overtaken:
        return Outcome(trouble="Another process is reading this store.")
    except StoreTrouble as trouble:
        if row.trouble != str(trouble):
            row.trouble, row.trouble_at = str(trouble), now
        row.checked_at = now
        row.save(update_fields=["trouble", "trouble_at", "checked_at"])
        return Outcome(trouble=str(trouble))
    row.layout, row.storage_version = opened.layout, opened.version
    row.trouble, row.trouble_at = "", None
    row.read_at = row.checked_at = row.changed_at = now
    row.save()
    return outcome


class Reading:
    """One reading of an opened store."""

    def __init__(self, row: Store, opened: stores.Store, now: datetime, told: Progress) -> None:
        self._row = row
        self._opened = opened
        self._now = now
        self._told = told
        self._outcome = Outcome()
        self._runs: dict[str, Run] = {}
        self._branches: dict[str, str] = {}
        self._touched: set[int] = set()

    def run(self) -> Outcome:
        self._begin()
        self._sessions()
        for table in tables.ALL:
            if table.name in TARGETS:
                self._table(table, TARGETS[table.name])
        self._budgets()
        for run in self._runs.values():
            if run.pk in self._touched:
                self._finish(run)
        self._row.cursors.pop(UNFINISHED, None)
        return self._outcome

    def _begin(self) -> None:
        """Find the zone; start over where the file is another one, or its times are only now understood."""
        offset = self._opened.zone_offset()
        cursors = self._row.cursors
        self._touched |= set(cursors.get(UNFINISHED, ()))
        replaced = any(self._opened.last(table) < cursors.get(table.name, 0) for table in tables.ALL if not table.whole)
        if replaced or (cursors and self._row.zone_offset is None and offset):
            with transaction.atomic():
                Run.objects.filter(store=self._row).delete()
                self._row.cursors = {}
                self._row.save(update_fields=["cursors"])
        if offset is not None:
            self._row.zone_offset = offset
            self._row.save(update_fields=["zone_offset"])

    def _sessions(self) -> None:
        known = {
            run.session.external_id: run for run in Run.objects.filter(store=self._row).select_related("session__agent")
        }
        for batch in self._opened.batches(tables.BY_NAME["sessions"]):
            for row in batch:
                self._taken_or_said("sessions", partial(self._session, row, known))

    def _session(self, row: dict[str, Any], known: dict[str, Run]) -> None:
        name = values.text(row.get("session_id"))
        run, changed = put_run(self._row, row, known.get(name))
        self._runs[name] = run
        if changed:
            self._touched.add(run.pk)
            self._outcome.taken["sessions"] += 1

    def _taken_or_said(self, table: str, take: Callable[[], None]) -> None:
        try:
            with transaction.atomic():
                take()
        except values.BadValue as reason:
            self._outcome.rejected[f"{table}: {reason}"] += 1
        except (ValueError, TypeError, OverflowError, DatabaseError) as error:
            self._outcome.rejected[f"{table}: {type(error).__name__}"] += 1

    def _table(self, table: tables.Table, target: Target) -> None:
        after = self._row.cursors.get(table.name, 0)
        known = self._known(table) if table.whole else {}
        for batch in self._opened.batches(table, after):
            rows, totals = self._values(table, target, batch, known)
            if table.whole and not rows:
                continue
            self._touched |= {row[0] for row in rows}
            reached = {} if table.whole else {table.name: batch[-1]["id"]}
            cursors = self._row.cursors | reached | {UNFINISHED: sorted(self._touched)}
            with transaction.atomic():
                self._still_ours(table)
                self._insert(table.name, target, rows)
                totals.add()
                Store.objects.filter(pk=self._row.pk).update(cursors=cursors)
            self._row.cursors = cursors
            self._outcome.taken[table.name] += len(rows)
            self._told(table.name, len(rows))

    def _still_ours(self, table: tables.Table) -> None:
        """Hold the store's row; raise Overtaken if another process has read on meanwhile."""
        reached = Store.objects.select_for_update().values_list("cursors", flat=True).get(pk=self._row.pk)
        if reached.get(table.name) != self._row.cursors.get(table.name):
            raise Overtaken

    def _values(
        self, table: tables.Table, target: Target, batch: list[dict[str, Any]], known: dict[tuple[int, int], Any]
    ) -> tuple[list[tuple[Any, ...]], Totals]:
        """The batch as our values, without the rows that we have as they are, and what they add to the totals."""
        found, totals = [], Totals()
        for row in batch:
            try:
                run = self._run_of(table, row)
                made = (run.pk, values.key_number(row[table.key]), *target.values(table, row, self._row.zone_offset))
            except values.BadValue as reason:
                self._outcome.rejected[f"{table.name}: {reason}"] += 1
                continue
            except (ValueError, TypeError, OverflowError, ArithmeticError) as error:
                self._outcome.rejected[f"{table.name}: {type(error).__name__}: {error}"[:200]] += 1
                continue
            fields = dict(zip(target.fields, made[2:], strict=True))
            if table.whole and known.get((made[0], made[1])) == _mark(fields, target.changing):
                continue
            found.append(made)
            totals.count(table.name, run.pk, fields)
        return found, totals

    def _run_of(self, table: tables.Table, row: dict[str, Any]) -> Run:
        if table.name == "provisional_branches":
            self._branches[values.text(row.get("branch_id"))] = values.text(row.get("session_id"))
        if table.name == "branch_lineage":
            name = self._branches.get(values.text(row.get("child_branch_id")), "")
        else:
            name = values.text(row.get("session_id"))
        if name not in self._runs:
            raise values.BadValue("its session is not there")
        return self._runs[name]

    def _known(self, table: tables.Table) -> dict[tuple[int, int], Any]:
        """What we have of a table that is read as a whole, by what may have changed in it."""
        target = TARGETS[table.name]
        rows = target.model._default_manager.filter(run__store=self._row)  # noqa: SLF001  its public name is `objects`
        if target.model is RunRecord:
            rows = rows.filter(kind=table.name)
        adapt = connection.ops.adapt_datetimefield_value
        known = {}
        for run, number, *rest in rows.values_list("run_id", "row_id", *target.changing).iterator():
            fields = dict(zip(target.changing, rest, strict=True))
            fields |= {name: adapt(value) for name, value in fields.items() if isinstance(value, datetime)}
            known[run, number] = _mark(fields, target.changing)
        return known

    def _insert(self, name: str, target: Target, rows: list[tuple[Any, ...]]) -> None:
        """All at once; or, if the database refuses one of them, one by one."""
        sql = target.sql()
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.executemany(sql, rows)
        except DatabaseError:
            for row in list(rows):
                try:
                    with transaction.atomic(), connection.cursor() as cursor:
                        cursor.execute(sql, row)
                except DatabaseError as error:
                    self._outcome.rejected[f"{name}: {type(error).__name__}: the database refuses it"] += 1
                    rows.remove(row)

    def _budgets(self) -> None:
        for batch in self._opened.batches(tables.BY_NAME["budget_envelopes"]):
            for row in batch:
                self._taken_or_said("budget_envelopes", partial(self._budget, row))

    def _budget(self, row: dict[str, Any]) -> None:
        table = tables.BY_NAME["budget_envelopes"]
        run = self._run_of(table, row)
        new = {
            **{name: row.get(name) for name in ("max_steps", "max_revisions")},
            **{name: values.count(row.get(name)) for name in ("steps_used", "revisions_used")},
            "max_cost_usd": values.number(row.get("max_cost_usd")),
            "cost_used_usd": values.number(row.get("cost_used_usd")) or 0.0,
            "updated_at": values.moment(row.get("updated_at"), self._row.zone_offset),
        }
        if Budget.objects.filter(run=run, **new).exists():
            return
        Budget.objects.update_or_create(run=run, defaults=new)
        self._touched.add(run.pk)
        self._outcome.taken["budget_envelopes"] += 1

    def _finish(self, run: Run) -> None:
        with transaction.atomic():
            run.refresh_from_db()
            finish(run, deriving.derive(run), now=self._now)


def _mark(fields: dict[str, Any], names: tuple[str, ...]) -> str:
    return dumped([None if fields[name] is None else str(fields[name]) for name in names])
