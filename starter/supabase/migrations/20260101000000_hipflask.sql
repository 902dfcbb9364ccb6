-- Sessions and e-mail flows of the app. Only the server reads this schema: it is not among the
-- schemas of the Data API, and neither anon nor authenticated may look into it.

create schema if not exists hipflask;
comment on schema hipflask is 'Server-side sessions and e-mail flows; never exposed to the Data API.';

revoke all on schema hipflask from public, anon, authenticated;
grant usage on schema hipflask to service_role;

create table hipflask.sessions (
  id_hash bytea primary key check (octet_length(id_hash) = 32),
  handle uuid not null unique default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  auth_session_id uuid,
  tokens text not null,
  key_id text not null,
  access_expires_at timestamptz not null,
  user_agent text not null default '',
  address text not null default '',
  created_at timestamptz not null,
  last_seen_at timestamptz not null,
  refreshed_at timestamptz not null,
  expires_at timestamptz not null
);
comment on table hipflask.sessions is 'One row for each browser that is signed in.';
comment on column hipflask.sessions.id_hash is 'SHA-256 of the id in the cookie; the id itself is not stored.';
comment on column hipflask.sessions.handle is 'Names the session on the account page, where its user may end it.';
comment on column hipflask.sessions.auth_session_id is 'The session of Supabase Auth behind it (auth.sessions.id).';
comment on column hipflask.sessions.tokens is 'Access and refresh token, sealed with AES-GCM and bound to this row.';
comment on column hipflask.sessions.key_id is 'Which SECRET_KEY sealed the tokens.';
comment on column hipflask.sessions.access_expires_at is 'When the access token must have been refreshed.';

create index sessions_user_id_idx on hipflask.sessions (user_id);
create index sessions_auth_session_id_idx on hipflask.sessions (auth_session_id);
create index sessions_expires_at_idx on hipflask.sessions (expires_at);

create table hipflask.auth_flows (
  id_hash bytea primary key check (octet_length(id_hash) = 32),
  purpose text not null check (purpose in ('signup', 'recovery', 'magiclink', 'email_change', 'oauth')),
  email text not null,
  verifier text,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz
);
comment on table hipflask.auth_flows is 'One row for each e-mail link that the app has asked for.';
comment on column hipflask.auth_flows.id_hash is 'SHA-256 of the flow id that travels in the link.';
comment on column hipflask.auth_flows.verifier is 'PKCE code verifier (RFC 7636), sealed; so that the link works in another browser.';

create index auth_flows_email_idx on hipflask.auth_flows (email, created_at);
create index auth_flows_expires_at_idx on hipflask.auth_flows (expires_at);

-- No policy on purpose: service_role bypasses row-level security, and nobody else has a right here.
alter table hipflask.sessions enable row level security;
alter table hipflask.auth_flows enable row level security;

revoke all on all tables in schema hipflask from public, anon, authenticated;
grant select, insert, update, delete on all tables in schema hipflask to service_role;
