-- The account centre: what happened to an account, and accounts that are to be deleted.

create table public.security_events (
  id bigint generated always as identity primary key,
  user_id uuid not null references auth.users (id) on delete cascade,
  event text not null check (event ~ '^[a-z][a-z_]{0,59}$'),
  details jsonb not null default '{}' check (jsonb_typeof(details) = 'object'),
  address text not null default '',
  user_agent text not null default '',
  created_at timestamptz not null
);

comment on table public.security_events is
  'What happened to an account, for its owner. Written by the server alone, kept for 180 days.';

create index security_events_by_time on public.security_events (user_id, created_at desc, id desc);
create index security_events_by_age on public.security_events (created_at);

alter table public.security_events enable row level security;

-- Reading is all that the owner may do: a log that an intruder could tidy up would be worth nothing.
create policy "Owners read what happened to their account" on public.security_events
  for select to authenticated using ((select auth.uid()) = user_id);

revoke all on public.security_events from anon, authenticated;
grant select on public.security_events to authenticated;
grant select, insert, delete on public.security_events to service_role;

create table hipflask.account_deletions (
  user_id uuid primary key references auth.users (id) on delete cascade,
  asked_at timestamptz not null,
  due_at timestamptz not null,
  -- Set when the deletion begins: from then on there is no way back.
  started_at timestamptz
);
comment on table hipflask.account_deletions is 'Accounts that are deleted when their time has come, unless their owner undoes it.';

create index account_deletions_due_at_idx on hipflask.account_deletions (due_at);

-- No policy on purpose: service_role bypasses row-level security, and nobody else has a right here.
alter table hipflask.account_deletions enable row level security;
revoke all on hipflask.account_deletions from public, anon, authenticated;
grant select, insert, update, delete on hipflask.account_deletions to service_role;

-- What the server has to know of auth.users, and no more: service_role may not read that table on a
-- hosted project.
create function hipflask.has_password(id uuid) returns boolean
language sql stable security definer
set search_path = ''
as $$
  select exists (select from auth.users u where u.id = $1 and u.encrypted_password <> '');
$$;

create function hipflask.user_with_email(email text) returns uuid
language sql stable security definer
set search_path = ''
as $$
  select u.id from auth.users u
  where u.email = lower($1) and not u.is_sso_user and u.deleted_at is null;
$$;

revoke all on function hipflask.has_password(uuid) from public, anon, authenticated;
revoke all on function hipflask.user_with_email(text) from public, anon, authenticated;
grant execute on function hipflask.has_password(uuid) to service_role;
grant execute on function hipflask.user_with_email(text) to service_role;
