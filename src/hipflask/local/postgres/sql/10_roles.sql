-- The roles of a hosted Supabase project.
-- Facts: supabase/postgres, migrations/db (roles, their settings and memberships as of 2026-10).
--
-- Unlike there, `postgres` stays a superuser here, for now: it owns what hosted gives to
-- supabase_admin, and needs none of the supautils extension's exceptions. What hosted refuses
-- to `postgres` (altering reserved roles, say) is therefore not refused here.
--
-- Roles belong to the whole server, so a second database meets them already there.

do $$
declare
  wanted record;
begin
  for wanted in
    select * from (values
      ('postgres',                   'superuser createdb createrole login replication bypassrls'),
      ('supabase_admin',             'superuser createdb createrole login replication bypassrls'),
      ('anon',                       'nologin'),
      ('authenticated',              'nologin'),
      ('service_role',               'nologin bypassrls'),
      ('authenticator',              'login noinherit'),
      ('supabase_auth_admin',        'login noinherit'),
      ('supabase_storage_admin',     'login noinherit createrole'),
      ('supabase_functions_admin',   'login noinherit createrole'),
      ('supabase_realtime_admin',    'nologin noinherit'),
      ('supabase_replication_admin', 'login replication'),
      ('supabase_etl_admin',         'login replication'),
      ('supabase_read_only_user',    'login bypassrls'),
      ('dashboard_user',             'nologin createdb createrole replication'),
      ('pgbouncer',                  'login')
    ) as roles (name, attributes)
    where not exists (select from pg_roles where rolname = roles.name)
  loop
    execute format('create role %I with %s', wanted.name, wanted.attributes);
  end loop;
end
$$;

-- Every role that logs in gets the password of the role that runs this. Its stored verifier is
-- copied, which is valid for any role and saves computing a new one nine times.
do $$
declare
  secret text;
  role_name text;
begin
  select coalesce(rolpassword, current_setting('hipflask.bootstrap_password'))
    into secret
    from pg_authid where rolname = session_user;
  for role_name in
    select rolname from pg_authid
    where rolcanlogin
      and rolname in (
        'postgres', 'supabase_admin', 'authenticator', 'supabase_auth_admin',
        'supabase_storage_admin', 'supabase_functions_admin', 'supabase_replication_admin',
        'supabase_etl_admin', 'supabase_read_only_user', 'pgbouncer'
      )
      and rolpassword is distinct from secret
  loop
    execute format('alter role %I password %L', role_name, secret);
  end loop;
end
$$;

grant anon, authenticated, service_role to authenticator;
grant authenticator to supabase_storage_admin;
grant supabase_functions_admin to postgres;
grant pg_monitor, pg_read_all_data, pg_signal_backend to postgres;
grant pg_read_all_data to supabase_read_only_user;

-- From PostgreSQL 16 on a role needs the admin option to hand a role on; before, createrole is
-- enough. Hosted grants it since 2025-06.
do $$
begin
  if current_setting('server_version_num')::int >= 160000 then
    grant anon, authenticated, service_role to postgres with admin option;
  else
    grant anon, authenticated, service_role to postgres;
  end if;
end
$$;

alter role postgres set search_path = "$user", public, extensions;
alter role supabase_admin set search_path = "$user", public, auth, extensions;
alter role supabase_auth_admin set search_path = auth;
alter role supabase_auth_admin set idle_in_transaction_session_timeout = 60000;
alter role supabase_storage_admin set search_path = storage;
alter role supabase_functions_admin set search_path = supabase_functions;
alter role supabase_read_only_user set default_transaction_read_only = on;
alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s';
