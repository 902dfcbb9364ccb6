"""Reads from PostgreSQL's catalogue what a schema looks like, in a form that can be compared."""

from __future__ import annotations

from typing import Any

import psycopg

_COLUMNS = """
select c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
       pg_get_expr(d.adbin, d.adrelid), a.attgenerated
from pg_class c
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
where c.relnamespace = %s::regnamespace and c.relkind = 'r'
order by c.relname, a.attnum
"""
_CONSTRAINTS = """
select c.relname, k.conname, pg_get_constraintdef(k.oid)
from pg_constraint k join pg_class c on c.oid = k.conrelid
where c.relnamespace = %s::regnamespace and k.contype in ('p', 'u', 'f', 'c')
order by 1, 2
"""
_INDEXES = "select tablename, indexname, indexdef from pg_indexes where schemaname = %s"
_TABLES = """
select relname, relrowsecurity, pg_get_userbyid(relowner)
from pg_class where relnamespace = %s::regnamespace and relkind = 'r'
"""
_FUNCTIONS = """
select p.proname, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), p.provolatile,
       p.prosecdef
from pg_proc p where p.pronamespace = %s::regnamespace order by 1, 2
"""
_TRIGGERS = """
select t.tgname, pg_get_triggerdef(t.oid)
from pg_trigger t join pg_class c on c.oid = t.tgrelid
where c.relnamespace = %s::regnamespace and not t.tgisinternal order by 1
"""
# MAINTAIN came with PostgreSQL 17.
_GRANTS = """
select c.relname, a.grantee::regrole::text,
       string_agg(a.privilege_type, ' ' order by a.privilege_type)
from pg_class c, aclexplode(c.relacl) a
where c.relnamespace = %s::regnamespace and c.relkind = 'r' and a.grantee <> c.relowner
  and a.privilege_type <> 'MAINTAIN'
group by 1, 2 order by 1, 2
"""
_ENUMS = """
select t.typname, array_agg(e.enumlabel order by e.enumsortorder)
from pg_type t join pg_enum e on e.enumtypid = t.oid
where t.typnamespace = %s::regnamespace group by 1
"""


def tables_of(connection: psycopg.Connection[Any], schema: str) -> dict[str, Any]:
    """Return every table's columns, constraints, indexes, owner and row-level security."""
    tables: dict[str, Any] = {}
    for name, rls, owner in connection.execute(_TABLES, [schema]):
        tables[name] = {
            "rls": rls,
            "owner": owner,
            "columns": [],
            "constraints": {},
            "indexes": {},
        }
    for table, *column in connection.execute(_COLUMNS, [schema]):
        tables[table]["columns"].append(column)
    for table, name, definition in connection.execute(_CONSTRAINTS, [schema]):
        tables[table]["constraints"][name] = definition
    for table, name, definition in connection.execute(_INDEXES, [schema]):
        tables[table]["indexes"][name] = definition
    return tables


def enums_of(connection: psycopg.Connection[Any], schema: str) -> dict[str, list[str]]:
    """Return every enum's values in order."""
    return dict(connection.execute(_ENUMS, [schema]).fetchall())


def functions_of(connection: psycopg.Connection[Any], schema: str) -> list[list[Any]]:
    """Return every function's name, arguments with defaults, result, volatility and definer."""
    return [list(row) for row in connection.execute(_FUNCTIONS, [schema])]


def triggers_of(connection: psycopg.Connection[Any], schema: str) -> dict[str, str]:
    """Return every trigger's definition."""
    return dict(connection.execute(_TRIGGERS, [schema]).fetchall())


def grants_of(connection: psycopg.Connection[Any], schema: str) -> list[list[str]]:
    """Return what each role but the owner may do with each table."""
    return [list(row) for row in connection.execute(_GRANTS, [schema])]
