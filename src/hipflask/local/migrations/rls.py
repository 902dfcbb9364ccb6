"""Tables in schema ``public`` that anyone with an API key could read."""

from __future__ import annotations

from collections.abc import Iterable

from hipflask.errors import PublicTableWithoutRLS
from hipflask.local.migrations.files import MigrationFile
from hipflask.local.migrations.history import Connection

# As Supabase's own lint 0013 (rls_disabled_in_public): a table that neither API role may touch
# is nobody's danger, and tables of an extension are not the project's.
_EXPOSED = """
select c.oid::int8, format('%I.%I', n.nspname, c.relname)
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'public'
  and c.relkind in ('r', 'p')
  and not c.relrowsecurity
  and exists (
    select from pg_roles r
    where r.rolname in ('anon', 'authenticated')
      and has_table_privilege(r.oid, c.oid, 'select, insert, update, delete, truncate')
  )
  and not exists (
    select from pg_depend d
    where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
  )
order by c.relname
"""


def exposed_tables(connection: Connection) -> dict[int, str]:
    """Return oid -> quoted name of the tables an API role can reach without a policy."""
    rows = connection.execute(_EXPOSED).fetchall()
    return {int(str(oid)): str(name) for oid, name in rows}


def refuse_newly_exposed(
    connection: Connection, before: Iterable[int], file: MigrationFile
) -> None:
    """Raise PublicTableWithoutRLS for tables exposed now that were not among ``before``."""
    known = set(before)
    exposed = [name for oid, name in exposed_tables(connection).items() if oid not in known]
    if exposed:
        raise PublicTableWithoutRLS(exposed, file=file.path)
