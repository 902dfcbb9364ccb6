-- Notes: the sample resource. Copy this file's shape for a table of your own.

create table public.notes (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  title text not null check (char_length(title) between 1 and 200 and title ~ '\S'),
  body text not null default '' check (char_length(body) <= 20000),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- A deleted note can be brought back for a week; the owner's next deletion clears older ones.
  deleted_at timestamptz
);

comment on table public.notes is 'What a person wrote. Only that person may read or change it.';

create index notes_by_change on public.notes (user_id, updated_at desc, id desc) where deleted_at is null;
create index notes_by_creation on public.notes (user_id, created_at desc, id desc) where deleted_at is null;

create function public.notes_set_updated_at() returns trigger
language plpgsql
set search_path = ''
as $$
begin
  new.updated_at := clock_timestamp();
  return new;
end;
$$;

-- Only a change of the text counts: deleting and bringing back keep a note's place in the list.
create trigger notes_updated_at
  before update on public.notes
  for each row
  when (old.title is distinct from new.title or old.body is distinct from new.body)
  execute function public.notes_set_updated_at();

alter table public.notes enable row level security;

-- The subselect lets PostgreSQL ask for the user once per statement instead of once per row.
create policy "Owners read their notes" on public.notes
  for select to authenticated using ((select auth.uid()) = user_id);

create policy "Owners write notes of their own" on public.notes
  for insert to authenticated with check ((select auth.uid()) = user_id);

create policy "Owners change their notes" on public.notes
  for update to authenticated
  using ((select auth.uid()) = user_id)
  with check ((select auth.uid()) = user_id);

create policy "Owners delete their notes" on public.notes
  for delete to authenticated using ((select auth.uid()) = user_id);

revoke all on public.notes from anon, authenticated;
grant select, delete on public.notes to authenticated;
grant insert (user_id, title, body) on public.notes to authenticated;
grant update (title, body, deleted_at) on public.notes to authenticated;
grant all on public.notes to service_role;
