"""The tests' project is the starter, which has buckets and policies of its own."""

from __future__ import annotations

import psycopg

from hipflask.testing import SupabaseBackend

_DROP = """
set storage.allow_delete_query = 'true';
delete from storage.buckets;
do $$
declare
  it record;
begin
  for it in select policyname, tablename from pg_policies where schemaname = 'storage' loop
    execute format('drop policy %I on storage.%I', it.policyname, it.tablename);
  end loop;
end
$$
"""


def without_project_storage(backend: SupabaseBackend) -> SupabaseBackend:
    """Return the backend without the project's buckets and policies on files."""
    with psycopg.connect(backend.database_url) as connection:
        connection.execute(_DROP)
    return backend
