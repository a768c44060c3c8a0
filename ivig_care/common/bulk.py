"""Writes many rows with one statement. Django's own way makes an object of each row and a value of each of its fields.

A row is a named tuple whose names are those of columns. What PostgreSQL takes as one array for each column, other
databases take in Django's way, or row by row.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Field, Model


def rows_insert(
    model: type[Model], rows: Sequence[NamedTuple], *, ignore_conflicts: bool = False, **alike: Any
) -> list[int]:
    """Insert these rows, which share the values in `alike`; their keys in the same order.

    Columns that nobody names get their default. Raises IntegrityError. With `ignore_conflicts` a row that is there
    already is left as it is, and the keys mean nothing.
    """
    if not rows:
        return []
    if connection.vendor == "postgresql":
        return _inserted_at_once(model, rows, alike, "ON CONFLICT DO NOTHING" if ignore_conflicts else "")
    made = [model(**row._asdict(), **alike) for row in rows]
    made = model._default_manager.bulk_create(made, ignore_conflicts=ignore_conflicts)
    return [row.pk for row in made]


def rows_update(model: type[Model], rows: Sequence[NamedTuple]) -> None:
    """Update these rows. The first value of each is its key, the others what its columns get."""
    if not rows:
        return None
    if connection.vendor == "postgresql":
        return _updated_at_once(model, rows)
    key = rows[0]._fields[0]
    for row in rows:
        changed = row._asdict()
        model._default_manager.filter(pk=changed.pop(key)).update(**changed)
    return None


def _inserted_at_once(
    model: type[Model], rows: Sequence[NamedTuple], alike: dict[str, Any], on_conflict: str
) -> list[int]:
    differing, same = _told_apart(rows)
    shared = _defaults(model, rows[0]._fields) | same | alike
    sql = _insert_words(model, tuple(differing), tuple(shared), on_conflict)
    with connection.cursor() as cursor:
        cursor.execute(sql, [*shared.values(), *map(_array, differing.values())])
        return [key for (key,) in cursor.fetchall()]


def _updated_at_once(model: type[Model], rows: Sequence[NamedTuple]) -> None:
    differing, same = _told_apart(rows)
    sql = _update_words(model, tuple(differing), tuple(same))
    with connection.cursor() as cursor:
        cursor.execute(sql, [*same.values(), *map(_array, differing.values())])


@lru_cache(maxsize=1000)
def _insert_words(model: type[Model], differing: tuple[str, ...], shared: tuple[str, ...], on_conflict: str) -> str:
    values = [*(f"new.{_quoted(name)}" for name in differing), *(f"%s::{_type(model, name)}" for name in shared)]
    return (
        f"INSERT INTO {_table(model)} ({', '.join(map(_quoted, [*differing, *shared]))}) SELECT {', '.join(values)}"  # noqa: S608 - names of our own columns
        f" FROM {_arrays(model, differing)} {on_conflict} RETURNING {_quoted(_pk(model))}"
    )


@lru_cache(maxsize=1000)
def _update_words(model: type[Model], differing: tuple[str, ...], same: tuple[str, ...]) -> str:
    key, *names = differing
    sets = [
        *(f"{_quoted(name)} = new.{_quoted(name)}" for name in names),
        *(f"{_quoted(name)} = %s::{_type(model, name)}" for name in same),
    ]
    return (
        f"UPDATE {_table(model)} AS old SET {', '.join(sets)}"  # noqa: S608 - the same
        f" FROM {_arrays(model, differing)} WHERE old.{_quoted(key)} = new.{_quoted(key)}"
    )


def _told_apart(rows: Sequence[NamedTuple]) -> tuple[dict[str, tuple[Any, ...]], dict[str, Any]]:
    """The columns in which rows differ; and the others, with the one value of each, which need not be sent often.

    The first column is always among the former: it tells how many rows there are.
    """
    first, *others = zip(rows[0]._fields, zip(*rows, strict=True), strict=True)
    same = {name: column[0] for name, column in others if column.count(column[0]) == len(column)}
    return dict([first, *(other for other in others if other[0] not in same)]), same


def _arrays(model: type[Model], columns: Collection[str]) -> str:
    types = ", ".join(f"%s::{_type(model, name)}[]" for name in columns)
    return f"unnest({types}) AS new ({', '.join(map(_quoted, columns))})"


def _array(column: tuple[Any, ...]) -> Any:
    """A column as PostgreSQL reads an array; numbers and times are written here, which is much quicker."""
    kinds = set(map(type, column))
    if kinds == {int}:
        return f"{{{','.join(map(str, column))}}}"
    if kinds <= {int, type(None)}:
        return f"{{{','.join('NULL' if value is None else str(value) for value in column)}}}"
    if kinds <= {datetime, type(None)}:
        return f"{{{','.join('NULL' if value is None else value.isoformat() for value in column)}}}"
    return list(column)


def _defaults(model: type[Model], named: Sequence[str]) -> dict[str, Any]:
    """What the columns get that nobody names: as in Django a text is empty, and what may be null is null."""
    others = [field for field in model._meta.concrete_fields if not field.primary_key and field.attname not in named]
    return {field.attname: value for field in others if (value := field.get_default()) is not None}


def _field(model: type[Model], name: str) -> Field[Any, Any]:
    return next(field for field in model._meta.concrete_fields if field.attname == name)


def _type(model: type[Model], name: str) -> str:
    # An automatic key's own type would make a new sequence.
    return str(
        _field(model, name).rel_db_type(connection) if name == _pk(model) else _field(model, name).db_type(connection)
    )


def _table(model: type[Model]) -> str:
    return _quoted(model._meta.db_table)


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def _pk(model: type[Model]) -> str:
    return next(field.attname for field in model._meta.concrete_fields if field.primary_key)
