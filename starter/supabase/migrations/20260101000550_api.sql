-- The REST API: answers that are kept so that a request sent again is not carried out again.

create table hipflask.idempotency_keys (
  user_id uuid not null references auth.users (id) on delete cascade,
  key text not null check (char_length(key) between 1 and 255),
  request_hash bytea not null check (octet_length(request_hash) = 32),
  status smallint check (status between 100 and 599),
  headers jsonb,
  body bytea,
  expires_at timestamptz not null,
  primary key (user_id, key)
);
comment on table hipflask.idempotency_keys is 'One row for each Idempotency-Key of the last day, with the answer once there is one.';
comment on column hipflask.idempotency_keys.request_hash is 'SHA-256 of method, address and body: a key belongs to one request.';
comment on column hipflask.idempotency_keys.status is 'Null while the request runs, and for ever when a crash ended it.';

create index idempotency_keys_expires_at_idx on hipflask.idempotency_keys (expires_at);

-- No policy on purpose: service_role bypasses row-level security, and nobody else has a right here.
alter table hipflask.idempotency_keys enable row level security;
revoke all on hipflask.idempotency_keys from public, anon, authenticated;
grant select, insert, update, delete on hipflask.idempotency_keys to service_role;

-- Lists by title, and by change, of everything that is not deleted.
create index notes_by_title on public.notes (user_id, title, id) where deleted_at is null;
