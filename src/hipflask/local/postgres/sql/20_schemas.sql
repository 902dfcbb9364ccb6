-- The schemas of a hosted project, who may use them, and what new objects in them grant.
-- Facts: supabase/postgres, migrations/db/init-scripts and migrations/db/migrations.

create schema if not exists extensions;
create schema if not exists auth authorization supabase_admin;
create schema if not exists storage authorization supabase_admin;
create schema if not exists realtime authorization supabase_admin;
create schema if not exists graphql_public authorization supabase_admin;
create schema if not exists supabase_functions authorization supabase_admin;
create schema if not exists supabase_migrations;

grant usage on schema public, extensions, storage, graphql_public, supabase_functions
  to postgres, anon, authenticated, service_role;
grant usage on schema auth to anon, authenticated, service_role, postgres;
grant usage on schema realtime to anon, authenticated, service_role;
grant usage on schema storage, realtime to postgres with grant option;
grant all on schema auth to supabase_auth_admin, dashboard_user;
grant all on schema storage to supabase_storage_admin, dashboard_user;
grant all on schema realtime to supabase_realtime_admin;
grant all on schema extensions to postgres, dashboard_user;
grant all on schema supabase_functions to supabase_functions_admin;

do $$
begin
  execute format('grant all on database %I to postgres, dashboard_user', current_database());
  execute format('grant create on database %I to supabase_auth_admin', current_database());
end
$$;

-- The rule that makes new tables reachable through the API, and row-level security necessary.
alter default privileges for role postgres in schema public
  grant all on tables to postgres, anon, authenticated, service_role;
alter default privileges for role postgres in schema public
  grant all on functions to postgres, anon, authenticated, service_role;
alter default privileges for role postgres in schema public
  grant all on sequences to postgres, anon, authenticated, service_role;
alter default privileges for role supabase_admin in schema public
  grant all on tables to postgres, anon, authenticated, service_role;
alter default privileges for role supabase_admin in schema public
  grant all on functions to postgres, anon, authenticated, service_role;
alter default privileges for role supabase_admin in schema public
  grant all on sequences to postgres, anon, authenticated, service_role;

alter default privileges for role supabase_auth_admin in schema auth
  grant all on tables to postgres, dashboard_user;
alter default privileges for role supabase_auth_admin in schema auth
  grant all on functions to postgres, dashboard_user;
alter default privileges for role supabase_auth_admin in schema auth
  grant all on sequences to postgres, dashboard_user;

alter default privileges for role postgres in schema storage
  grant all on tables to postgres, anon, authenticated, service_role;
alter default privileges for role postgres in schema storage
  grant all on functions to postgres, anon, authenticated, service_role;
alter default privileges for role postgres in schema storage
  grant all on sequences to postgres, anon, authenticated, service_role;

alter default privileges for role postgres in schema extensions
  grant all on tables to postgres with grant option;
alter default privileges for role postgres in schema extensions
  grant all on functions to postgres with grant option;
alter default privileges for role postgres in schema extensions
  grant all on sequences to postgres with grant option;

do $$
begin
  if not exists (select from pg_publication where pubname = 'supabase_realtime') then
    create publication supabase_realtime;
    alter publication supabase_realtime owner to postgres;
  end if;
end
$$;
