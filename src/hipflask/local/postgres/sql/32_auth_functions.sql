-- What policies call, row-level security of GoTrue's tables, and the history GoTrue looks for.
-- Facts: supabase/auth bc32168e, migrations/.

set local role supabase_auth_admin;

-- A claim comes from request.jwt.claims, or from request.jwt.claim.NAME as older gateways set it.
create or replace function auth.uid() returns uuid language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.sub', true), ''),
    (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')
  )::uuid
$$;

create or replace function auth.role() returns text language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.role', true), ''),
    (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role')
  )::text
$$;

create or replace function auth.email() returns text language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.email', true), ''),
    (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'email')
  )::text
$$;

create or replace function auth.jwt() returns jsonb language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')
  )::jsonb
$$;

grant execute on function auth.uid(), auth.role(), auth.email() to postgres, dashboard_user;
grant execute on function auth.jwt() to postgres, dashboard_user;

-- Without a policy nobody but the owner and the roles that bypass it sees a row.
do $$
declare
  table_name text;
begin
  foreach table_name in array array[
    'audit_log_entries', 'flow_state', 'identities', 'instances', 'mfa_amr_claims',
    'mfa_challenges', 'mfa_factors', 'one_time_tokens', 'refresh_tokens', 'saml_providers',
    'saml_relay_states', 'schema_migrations', 'sessions', 'sso_domains', 'sso_providers', 'users'
  ]
  loop
    execute format('alter table auth.%I enable row level security', table_name);
    execute format('grant select on auth.%I to postgres with grant option', table_name);
  end loop;
end
$$;
revoke all on auth.schema_migrations from dashboard_user, postgres;
grant select on auth.schema_migrations to postgres with grant option;

-- So that a real GoTrue started on this database finds its work done.
insert into auth.schema_migrations (version) values
  ('20171026211738'), ('20171026211808'), ('20171026211834'), ('20180103212743'),
  ('20180108183307'), ('20180119214651'), ('20180125194653'), ('00'), ('20210710035447'),
  ('20210722035447'), ('20210730183235'), ('20210909172000'), ('20210927181326'),
  ('20211122151130'), ('20211124214934'), ('20211202183645'), ('20220114185221'),
  ('20220114185340'), ('20220224000811'), ('20220323170000'), ('20220429102000'),
  ('20220531120530'), ('20220614074223'), ('20220811173540'), ('20221003041349'),
  ('20221003041400'), ('20221011041400'), ('20221020193600'), ('20221021073300'),
  ('20221021082433'), ('20221027105023'), ('20221114143122'), ('20221114143410'),
  ('20221125140132'), ('20221208132122'), ('20221215195500'), ('20221215195800'),
  ('20221215195900'), ('20230116124310'), ('20230116124412'), ('20230131181311'),
  ('20230322519590'), ('20230402418590'), ('20230411005111'), ('20230508135423'),
  ('20230523124323'), ('20230818113222'), ('20230914180801'), ('20231027141322'),
  ('20231114161723'), ('20231117164230'), ('20240115144230'), ('20240214120130'),
  ('20240306115329'), ('20240314092811'), ('20240427152123'), ('20240612123726'),
  ('20240729123726'), ('20240802193726'), ('20240806073726'), ('20241009103726'),
  ('20250717082212'), ('20250731150234'), ('20250804100000'), ('20250901200500'),
  ('20250903112500'), ('20250904133000'), ('20250925093508'), ('20251007112900'),
  ('20251104100000'), ('20251111201300'), ('20251201000000'), ('20260115000000'),
  ('20260121000000'), ('20260219120000'), ('20260302000000'), ('20260625000000')
on conflict do nothing;

reset role;
