-- Second factors: recovery codes for a lost device, and which users must show a second factor.
-- Supabase Auth keeps the factors themselves (auth.mfa_factors).

create table hipflask.recovery_codes (
  user_id uuid not null references auth.users (id) on delete cascade,
  code_hash bytea not null check (octet_length(code_hash) = 32),
  created_at timestamptz not null,
  used_at timestamptz,
  primary key (user_id, code_hash)
);
comment on table hipflask.recovery_codes is 'One-time codes that remove a lost second factor at sign-in.';
comment on column hipflask.recovery_codes.code_hash is 'SHA-256 of 80 random bits; the code itself is shown once and not stored.';

create table hipflask.code_attempts (
  user_id uuid not null references auth.users (id) on delete cascade,
  kind text not null check (kind in ('totp', 'recovery')),
  began_at timestamptz not null,
  failed integer not null check (failed >= 0),
  primary key (user_id, kind)
);
comment on table hipflask.code_attempts is 'Wrong codes of a user since began_at, to slow guessing down.';

-- An access token of aal1 does not say whether its user has a second factor; the REST API asks.
create function hipflask.has_second_factor(who uuid) returns boolean
language sql
stable
security definer
set search_path = ''
as $$
  select exists (select from auth.mfa_factors where user_id = who and status = 'verified');
$$;

-- No policy on purpose: service_role bypasses row-level security, and nobody else has a right here.
alter table hipflask.recovery_codes enable row level security;
alter table hipflask.code_attempts enable row level security;

revoke all on hipflask.recovery_codes, hipflask.code_attempts from public, anon, authenticated;
grant select, insert, update, delete on hipflask.recovery_codes, hipflask.code_attempts to service_role;
revoke all on function hipflask.has_second_factor(uuid) from public, anon, authenticated;
grant execute on function hipflask.has_second_factor(uuid) to service_role;
