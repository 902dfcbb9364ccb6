-- Files: the bytes lie in Storage, their names and folders in a table.
--
-- An object's name says whose it is and no more: <user>/<random>/<name at the upload>. What people
-- call it, and where they put it, is a row of public.files. So renaming, moving and deleting are one
-- statement, for a folder with a thousand files as well, and any name of any language will do.

-- Only types that no browser runs or shows as a page. An HTML or SVG file may be stored, but as
-- application/octet-stream, whoever uploads it and however. 50 MiB is the most that the free plan
-- takes; a picture of a person needs less.
insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
values
  ('files', 'files', false, 52428800, array[
    'image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif', 'image/heic', 'image/bmp',
    'image/tiff', 'image/x-icon', 'audio/*', 'video/*', 'text/plain', 'text/csv', 'text/markdown',
    'text/calendar', 'application/json', 'application/pdf', 'application/zip', 'application/gzip',
    'application/vnd.rar', 'application/x-7z-compressed', 'application/epub+zip',
    'application/msword', 'application/vnd.ms-excel', 'application/vnd.ms-powerpoint',
    'application/x-ole-storage',
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    'application/vnd.openxmlformats-officedocument.presentationml.presentation',
    'application/vnd.oasis.opendocument.text', 'application/vnd.oasis.opendocument.spreadsheet',
    'application/vnd.oasis.opendocument.presentation', 'application/octet-stream']),
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

-- What the objects in somebody's folder take.
create function public.files_stored_by(folder text, except_object text, except_id uuid)
returns bigint
language sql stable security definer
set search_path = ''
as $$
  select coalesce(sum((o.metadata ->> 'size')::bigint), 0)::bigint
  from storage.objects o
  where o.bucket_id = 'files'
    and o.name collate "C" >= folder || '/'
    and o.name collate "C" < folder || '0'  -- what follows "/"
    and o.name <> except_object
    and o.id is distinct from except_id
$$;

-- What the caller's objects take, without the one that is about to be replaced or renamed. Runs as
-- its owner: a policy that looked into its own table would ask itself without end, and row-level
-- security on top would read every object of everybody.
create function public.files_stored(except_object text default '', except_id uuid default null)
returns bigint
language sql stable security definer
set search_path = ''
as $$
  select public.files_stored_by((select auth.uid())::text, except_object, except_id)
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

-- Storage asks before it takes the bytes, with the length that was announced.
create function public.files_fit(wanted text, details jsonb) returns boolean
language sql stable
set search_path = ''
as $$
  select public.files_stored(wanted) + public.files_coming(wanted)
    + coalesce((details ->> 'contentLength')::bigint, (details ->> 'size')::bigint, 0)
    <= public.files_quota()
$$;

-- Another name, or fewer bytes, always fit: links can be ended and files put away when all is full.
create function public.files_still_fit(object_id uuid, wanted text, details jsonb) returns boolean
language sql stable security definer
set search_path = ''
as $$
  with asked as (
    select coalesce((details ->> 'contentLength')::bigint, (details ->> 'size')::bigint, 0) as size
  )
  select asked.size <= coalesce((
      select (o.metadata ->> 'size')::bigint from storage.objects o
      where o.id = object_id and o.bucket_id = 'files'
    ), 0)
    or public.files_stored(wanted, object_id) + public.files_coming(wanted) + asked.size
      <= public.files_quota()
  from asked
$$;

-- When the bytes are there, their number is known, and of uploads that end at once each waits for the
-- one before: together they cannot pass the quota, nor one that announced less than it sent. What the
-- service itself stores has no owner and no quota.
create function public.files_keep_quota() returns trigger
language plpgsql security definer
set search_path = ''
as $$
declare
  folder text := split_part(new.name, '/', 1);
  size bigint := coalesce((new.metadata ->> 'size')::bigint, 0);
begin
  if tg_op = 'UPDATE' and size <= coalesce((old.metadata ->> 'size')::bigint, 0) then
    return new;
  end if;
  perform pg_advisory_xact_lock(hashtextextended('quota ' || folder, 0));
  if size + public.files_stored_by(folder, new.name, new.id) > public.files_quota() then
    raise insufficient_privilege using message = 'There is no room for this object.';
  end if;
  return new;
end
$$;

create trigger files_keep_quota before insert or update of metadata on storage.objects
  for each row when (new.bucket_id = 'files' and new.owner_id is not null)
  execute function public.files_keep_quota();

-- Pictures of people have no quota; a few are enough, the one before and those given up.
create function public.avatars_fit(wanted text, details jsonb) returns boolean
language sql stable security definer
set search_path = ''
as $$
  select coalesce((details ->> 'size')::bigint, 0) <= 2000000 and count(*) < 5
  from storage.objects o
  where o.bucket_id = 'avatars'
    and o.name collate "C" >= (select auth.uid())::text || '/'
    and o.name collate "C" < (select auth.uid())::text || '0'
    and o.name <> wanted
$$;

revoke execute on function
  public.files_stored_by, public.files_stored, public.files_coming, public.files_fit,
  public.files_still_fit, public.files_keep_quota, public.avatars_fit
  from public, anon, authenticated;
grant execute on function
  public.files_stored, public.files_coming, public.files_fit, public.files_still_fit,
  public.avatars_fit
  to authenticated, service_role;

-- Everybody has the folder of their own id, in either bucket. Anybody reads an avatar by its address,
-- for the bucket is public; to list them needs this policy.
create policy "Owners see their objects" on storage.objects
  for select to authenticated
  using (
    bucket_id in ('files', 'avatars')
    and (storage.foldername(name))[1] = (select auth.uid())::text
  );

create policy "Owners add objects" on storage.objects
  for insert to authenticated
  with check (
    (storage.foldername(name))[1] = (select auth.uid())::text
    and case bucket_id
      when 'files' then public.files_fit(name, metadata)
      when 'avatars' then public.avatars_fit(name, metadata)
      else false
    end
  );

-- Renaming and replacing; nothing slips from one bucket into the other past what that one takes.
create policy "Owners change their objects" on storage.objects
  for update to authenticated
  using (
    bucket_id in ('files', 'avatars')
    and (storage.foldername(name))[1] = (select auth.uid())::text
  )
  with check (
    (storage.foldername(name))[1] = (select auth.uid())::text
    and case bucket_id
      when 'files' then public.files_still_fit(id, name, metadata)
      when 'avatars' then public.avatars_fit(name, metadata)
      else false
    end
  );

create policy "Owners delete their objects" on storage.objects
  for delete to authenticated
  using (
    bucket_id in ('files', 'avatars')
    and (storage.foldername(name))[1] = (select auth.uid())::text
  );
