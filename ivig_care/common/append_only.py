"""Tables to which PostgreSQL only ever adds: triggers refuse to change or remove a row.

SQLite has no such triggers here: on one machine whoever can write the file can also drop them. There the seals of the
log tell (see actions/audit.py).

A row may be removed while its child's record is erased: `erasing_begin` opens that door for one transaction. What is
kept for ever has no door.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import RunPython

# The two words with which a trigger is made: whether erasing opens it.
ERASABLE, FOR_EVER = "erasable", "for ever"

_FUNCTION = """
CREATE OR REPLACE FUNCTION ivig_care_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    rule text;
    field text;
    was jsonb := to_jsonb(OLD);
    is_now jsonb;
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF TG_ARGV[0] = 'erasable' AND current_setting('ivig_care.erasing', true) = 'on' THEN
            RETURN OLD;
        END IF;
    ELSIF TG_NARGS > 1 THEN
        -- "set x": from nothing to a value, once. "clear x": from a value to nothing. Everything else stays.
        is_now := to_jsonb(NEW);
        FOREACH rule IN ARRAY TG_ARGV[1:] LOOP
            field := split_part(rule, ' ', 2);
            IF (was -> field) IS DISTINCT FROM (is_now -> field) AND (
                (rule LIKE 'set %' AND (was ->> field) IS NOT NULL)
                OR (rule LIKE 'clear %' AND (is_now ->> field) IS NOT NULL)
            ) THEN
                RAISE EXCEPTION '% is append-only: % cannot be changed again', TG_TABLE_NAME, field
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            was := was - field;
            is_now := is_now - field;
        END LOOP;
        IF was = is_now THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% is append-only: no % of what is written', TG_TABLE_NAME, lower(TG_OP)
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;
"""

Writer = Callable[[object, BaseDatabaseSchemaEditor], None]


def function_make() -> RunPython:
    """The migration that teaches PostgreSQL to refuse."""
    return RunPython(_on_postgresql(_FUNCTION), _on_postgresql("DROP FUNCTION ivig_care_append_only()"))


def append_only(table: str, kind: str, *rules: str, when: str = "") -> RunPython:
    """The migration after which a table is only added to.

    `rules` are columns that may still change, as in "set withdrawn_at" (from nothing, once) or "clear contact_point_id"
    (to nothing). `when` is for tables of which some rows may change: which may not.
    """
    words = ", ".join(f"'{word}'" for word in (kind, *rules))
    condition = f"WHEN ({when}) " if when else ""
    make = (
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {condition}"
        f"EXECUTE FUNCTION ivig_care_append_only({words})"
    )
    return RunPython(_on_postgresql(make), _on_postgresql(f"DROP TRIGGER append_only ON {table}"))


def erasing_begin() -> None:
    """Let rows that may be erased be removed until the transaction ends. For actions.erasures alone."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('ivig_care.erasing', 'on', true)")


def _on_postgresql(sql: str) -> Writer:
    def write(_apps: object, editor: BaseDatabaseSchemaEditor) -> None:
        if editor.connection.vendor == "postgresql":
            # Without parameters, the signs for them in the text are left alone.
            editor.execute(sql, None)

    return write
