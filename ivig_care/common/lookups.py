"""`key__among=keys`: the same as `in`, for many keys at once."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Lookup
from django.db.models.sql.compiler import SQLCompiler


class Among(Lookup):
    """Compares whole numbers with one array where the database has arrays: a thousand parameters take long."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """One parameter for each key. Raises EmptyResultSet when there is none."""
        keys = list(self.rhs)
        if not keys:
            raise EmptyResultSet
        column, values = self.process_lhs(compiler, connection)
        return f"{column} IN ({', '.join(['%s'] * len(keys))})", (*values, *keys)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """One parameter for all. Raises EmptyResultSet when there is none."""
        keys = list(self.rhs)
        if not keys:
            raise EmptyResultSet
        column, values = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s::bigint[])", (*values, f"{{{','.join(map(str, map(int, keys)))}}}")
