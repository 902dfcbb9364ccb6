-- Listing multipart uploads for the S3 protocol.
-- Facts: supabase/storage v1.70.6, migrations/tenant 0021.

set local role supabase_storage_admin;

-- Unfinished uploads by key, then by id: every one of a key, folders once. Goes on after the upload
-- next_upload_token of the key next_key_token, or after the whole key if there is none.
create or replace function storage.list_multipart_uploads_with_delimiter(
  bucket_id text,
  prefix_param text,
  delimiter_param text,
  max_keys integer default 100,
  next_key_token text default '',
  next_upload_token text default ''
) returns table (key text, id text, created_at timestamptz)
language sql stable as $$
  with uploads as (
    select u.key, u.id, u.created_at,
      storage.get_common_prefix(u.key, coalesce(prefix_param, ''), delimiter_param) as folder
    from storage.s3_multipart_uploads u
    where u.bucket_id = list_multipart_uploads_with_delimiter.bucket_id
      and u.key >= coalesce(prefix_param, '')
      and u.key < coalesce(prefix_param, '') || chr(1114111)
  ),
  entries as (
    select u.key, u.id, u.created_at, false as is_folder from uploads u where u.folder is null
    union all
    (
      select distinct on (u.folder) u.folder, u.id, u.created_at, true
      from uploads u where u.folder is not null order by u.folder, u.key, u.id
    )
  )
  select e.key, e.id, e.created_at
  from entries e
  where e.key collate "C" > coalesce(next_key_token, '')
    or (
      next_upload_token <> '' and not e.is_folder
      and e.key = next_key_token and e.id collate "C" > next_upload_token
    )
  order by e.key collate "C", e.id collate "C"
  limit max_keys
$$;

reset role;
