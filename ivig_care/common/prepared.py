"""Queries whose words are worked out once: Django works them out anew each time, which takes longer than asking.

For the few reads that every page and every tick of a checklist makes. What comes back is what Django makes of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model, QuerySet
from django.db.models.sql.compiler import SQLCompiler

T = TypeVar("T")
# More than a key can be; addresses may name anything.
MOST_KEY = 2**63 - 1
Value = int | str | datetime
Hole = type[int] | type[str] | type[datetime]
# What stands in the holes while the words are worked out: no key, no text and no time comes near these.
_KEY, _TEXT, _YEAR = 8_070_605_040_302_010, "a text that nobody writes", 9


@dataclass(frozen=True)
class _Words:
    """A compiled query: what it says, its values, which of them are holes, and how its rows are read."""

    compiler: SQLCompiler
    sql: str
    values: tuple[Any, ...]
    holes: tuple[tuple[int, int], ...]
    queryset: QuerySet[Any, Any]
    converters: dict[int, Any]


class Prepared(Generic[T]):
    """A query with holes for keys, texts and times: `build` gets a value for each, and must use each just as it is.

    Its words must not depend on the values: no list of them and no None stands in a hole.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, T]], holes: Sequence[Hole] = (int,)) -> None:
        self._build, self._holes = build, tuple(holes)
        self._words: dict[str, _Words] = {}

    def rows(self, *values: Value, using: str = "default") -> list[T]:
        """The rows for these values, asked for now."""
        words = self._words.get(using) or self._words.setdefault(using, self._compiled(using))
        compiler = copy(words.compiler)
        connection = compiler.connection = connections[using]
        filled = list(words.values)
        for place, number in words.holes:
            filled[place] = _adapted(connection, values[number])
        compiler.as_sql = lambda *_, **__: (words.sql, tuple(filled))  # type: ignore[method-assign]
        compiler.get_converters = lambda *_, **__: words.converters  # type: ignore[method-assign]
        reader: Callable[[_Ready], Iterable[T]] = words.queryset._iterable_class  # type: ignore[assignment]
        return list(reader(_Ready(words.queryset, using, compiler)))

    def first(self, *values: Value, using: str = "default") -> T | None:
        """The first row, if there is any."""
        return next(iter(self.rows(*values, using=using)), None)

    def _compiled(self, using: str) -> _Words:
        stand_ins = [_stand_in(hole, number) for number, hole in enumerate(self._holes)]
        queryset = self._build(*stand_ins)
        compiler = queryset.query.get_compiler(using=using)
        sql, values = compiler.as_sql()
        adapted = [_adapted(connections[using], one) for one in stand_ins]
        holes = tuple((place, adapted.index(value)) for place, value in enumerate(values) if value in adapted)
        if {number for _, number in holes} != set(range(len(self._holes))):
            raise ValueError("a value is not used just as it is")
        # Column by column this takes longer than reading the rows.
        converters = compiler.get_converters([column[0] for column in compiler.select])
        return _Words(compiler, sql, tuple(values), holes, queryset, converters)


class _Ready:
    """What Django's readers of rows ask of a queryset, with the words ready."""

    def __init__(self, queryset: QuerySet[Any, Any], using: str, compiler: SQLCompiler) -> None:
        self.db, self.model, self.query = using, queryset.model, self
        self._known_related_objects: dict[Any, Any] = {}
        self._compiler = compiler

    def get_compiler(self, using: str) -> SQLCompiler:  # noqa: ARG002 - as Django asks
        """The one that has the words."""
        return self._compiler


def relation_fill(owner: Model, name: str, rows: Iterable[Model]) -> None:
    """Let `owner.name.all()` give these rows from now on, as Django's own prefetching does."""
    relation = getattr(owner, name)
    kept = relation.all()
    kept._result_cache, kept._prefetch_done = list(rows), True
    for row in kept._result_cache:
        relation.field.set_cached_value(row, owner)
    owner.__dict__.setdefault("_prefetched_objects_cache", {})[name] = kept


def _stand_in(hole: Hole, number: int) -> Value:
    if hole is int:
        return _KEY + number
    return f"{_TEXT} {number}" if hole is str else datetime(_YEAR, 1, 1 + number, tzinfo=UTC)


def _adapted(connection: BaseDatabaseWrapper, value: Value) -> Any:
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value
