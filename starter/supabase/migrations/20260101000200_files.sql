-- Files: the bytes lie in Storage, their names and folders in a table.
--
-- An object's name says whose it is and no more: <user>/<random>/<name at the upload>. What people
-- call it, and where they put it, is a row of public.files. So renaming, moving and deleting are one
-- statement, for a folder with a thousand files as well, and any name of any language will do.

-- Only types that no browser runs or shows as a page. An HTML or SVG file may be stored, but as
-- application/octet-stream, whoever uploads it and however. 50 MiB is the most that the free plan
-- takes; the size of pictures of people is a matter of taste.
insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
values
  ('files', 'files', false, 52428800, array[
    'image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif', 'image/heic', 'image/bmp',
    'image/tiff', 'audio/*', 'video/*', 'text/plain', 'text/csv', 'text/markdown',
    'application/json', 'application/pdf', 'application/zip', 'application/octet-stream']),
  ('avatars', 'avatars', true, 2000000, array[
    'image/png', 'image/jpeg', 'image/gif', 'image/webp'])
on conflict (id) do update set
  public = excluded.public,
  file_size_limit = excluded.file_size_limit,
  allowed_mime_types = excluded.allowed_mime_types;

create table public.files (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  -- The folder that it lies in; null: the topmost.
  folder_id uuid,
  is_folder boolean not null default false,
  name text not null
    check (char_length(name) between 1 and 255 and name ~ '\S' and name !~ '[/[:cntrl:]]'),
  -- The object's name in the bucket. The row comes first: while there is no such object, the upload
  -- is under way, or was given up.
  object text unique,
  -- What the upload announced. It counts as used until the object is there and tells its size.
  size bigint not null default 0 check (size >= 0),
  -- Until when a link that was shared opens it.
  shared_until timestamptz,
  created_at timestamptz not null default now(),
  -- Deleted files can be brought back for a week; later deletions of their owner clear them away.
  deleted_at timestamptz,
  unique (id, user_id),
  foreign key (folder_id, user_id) references public.files (id, user_id),
  constraint files_kind check (case
    when is_folder then object is null and size = 0
    else object is not null and object like user_id::text || '/%'
  end)
);

comment on table public.files is 'What people call their files, and the folders they put them in.';

-- Two files of one name would be a riddle, to Windows in whatever case they are written.
create unique index files_by_name on public.files (user_id, folder_id, lower(name))
  nulls not distinct where deleted_at is null;
create index files_by_folder on public.files (folder_id);
create index files_deleted on public.files (user_id, deleted_at) where deleted_at is not null;

alter table public.files enable row level security;

-- The subselect lets PostgreSQL ask for the user once per statement instead of once per row.
create policy "Owners see their files" on public.files
  for select to authenticated using ((select auth.uid()) = user_id);

create policy "Owners add files of their own" on public.files
  for insert to authenticated with check ((select auth.uid()) = user_id);

create policy "Owners change their files" on public.files
  for update to authenticated
  using ((select auth.uid()) = user_id)
  with check ((select auth.uid()) = user_id);

create policy "Owners delete their files" on public.files
  for delete to authenticated using ((select auth.uid()) = user_id);

revoke all on public.files from anon, authenticated;
grant select, delete on public.files to authenticated;
grant insert (id, folder_id, is_folder, name, object, size) on public.files to authenticated;
grant update (folder_id, name, object, shared_until, deleted_at) on public.files to authenticated;
grant all on public.files to service_role;

-- The quota. A quarter of what Supabase's free plan stores for all users together.
create function public.files_quota() returns bigint
language sql immutable
set search_path = ''
return 250000000;

-- What the caller's objects take, without the one that is about to be replaced. Runs as its owner: a
-- policy that looked into its own table would ask itself without end, and row-level security on
-- top would read every object of everybody.
create function public.files_stored(except_object text default '') returns bigint
language sql stable security definer
set search_path = ''
as $$
  select coalesce(sum((o.metadata ->> 'size')::bigint), 0)::bigint
  from storage.objects o
  where o.bucket_id = 'files'
    and o.name collate "C" >= (select auth.uid())::text || '/'
    and o.name collate "C" < (select auth.uid())::text || '0'  -- what follows "/"
    and o.name <> except_object
$$;

-- What uploads have announced that are not there yet.
create function public.files_coming(except_object text default '') returns bigint
language sql stable security definer
set search_path = ''
as $$
  select coalesce(sum(f.size), 0)::bigint
  from public.files f
  where f.user_id = (select auth.uid())
    and not f.is_folder
    and f.object <> except_object
    and f.created_at > now() - interval '1 day'
    and not exists (
      select from storage.objects o where o.bucket_id = 'files' and o.name = f.object
    )
$$;

-- Storage asks before it takes the bytes, with the length that was announced, and not again.
create function public.files_fit(object text, metadata jsonb) returns boolean
language sql stable
set search_path = ''
as $$
  select public.files_stored(object) + public.files_coming(object)
    + coalesce((metadata ->> 'contentLength')::bigint, (metadata ->> 'size')::bigint, 0)
    <= public.files_quota()
$$;

revoke execute on function public.files_stored, public.files_coming, public.files_fit
  from public, anon;
grant execute on function public.files_stored, public.files_coming, public.files_fit
  to authenticated, service_role;

-- Everybody has the folder of their own id, in either bucket.
create policy "Owners see their objects" on storage.objects
  for select to authenticated
  using (
    bucket_id in ('files', 'avatars')
    and (storage.foldername(name))[1] = (select auth.uid())::text
  );

create policy "Owners add objects within the quota" on storage.objects
  for insert to authenticated
  with check (
    bucket_id = 'files'
    and (storage.foldername(name))[1] = (select auth.uid())::text
    and public.files_fit(name, metadata)
  );

create policy "Owners add their avatars" on storage.objects
  for insert to authenticated
  with check (
    bucket_id = 'avatars' and (storage.foldername(name))[1] = (select auth.uid())::text
  );

create policy "Owners change their objects" on storage.objects
  for update to authenticated
  using (
    bucket_id in ('files', 'avatars')
    and (storage.foldername(name))[1] = (select auth.uid())::text
  )
  with check (
    bucket_id in ('files', 'avatars')
    and (storage.foldername(name))[1] = (select auth.uid())::text
  );

create policy "Owners delete their objects" on storage.objects
  for delete to authenticated
  using (
    bucket_id in ('files', 'avatars')
    and (storage.foldername(name))[1] = (select auth.uid())::text
  );
