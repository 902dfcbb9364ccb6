-- Storage's functions that policies and migrations call, and its triggers.
-- Facts: supabase/storage v1.70.6, migrations/tenant.

set local role supabase_storage_admin;

-- 'a/b/c.tar.gz' -> {a,b}
create or replace function storage.foldername(name text) returns text[]
language sql immutable as $$
  select (string_to_array(name, '/'))[1 : array_length(string_to_array(name, '/'), 1) - 1]
$$;

-- 'a/b/c.tar.gz' -> 'c.tar.gz'
create or replace function storage.filename(name text) returns text
language sql immutable as $$
  select (string_to_array(name, '/'))[array_length(string_to_array(name, '/'), 1)]
$$;

-- 'a/b/c.tar.gz' -> 'gz'; a name without a dot is its own extension, as with Storage
create or replace function storage.extension(name text) returns text
language sql immutable as $$
  select reverse(split_part(reverse(storage.filename(name)), '.', 1))
$$;

-- Which API operation is under way ('storage.object.upload' …); null or '' in plain SQL.
create or replace function storage.operation() returns text language sql stable as $$
  select current_setting('storage.operation', true)
$$;

-- Is one of these the operation under way? With or without 'storage.' in front, on both sides.
create or replace function storage.allow_any_operation(expected_operations text[]) returns boolean
language sql stable as $$
  select exists (
    select
    from unnest(expected_operations) as expected
    where regexp_replace(expected, '^storage\.', '') <> ''
      and regexp_replace(expected, '^storage\.', '')
        = regexp_replace(storage.operation(), '^storage\.', '')
  )
$$;

create or replace function storage.allow_only_operation(expected_operation text) returns boolean
language sql stable as $$
  select storage.allow_any_operation(array[expected_operation])
$$;

-- ('a/b/c.txt', 'a/', '/') -> 'a/b/', the folder that a listing of the prefix shows for the key;
-- null for a key that it shows itself.
create or replace function storage.get_common_prefix(
  p_key text, p_prefix text, p_delimiter text
) returns text language sql immutable as $$
  select case
    when p_delimiter <> ''
      and position(p_delimiter in substr(p_key, length(p_prefix) + 1)) > 0
    then left(
      p_key,
      length(p_prefix) + position(p_delimiter in substr(p_key, length(p_prefix) + 1))
        + length(p_delimiter) - 1
    )
  end
$$;

create or replace function storage.get_size_by_bucket()
returns table (size bigint, bucket_id text) language sql stable as $$
  select sum((o.metadata ->> 'size')::bigint)::bigint, o.bucket_id
  from storage.objects o
  group by o.bucket_id
$$;

-- Tries an insert and always fails: with the reason why not, or with PT200 if it would do.
create or replace function storage.can_insert_object(
  bucketid text, name text, owner uuid, metadata jsonb
) returns void language plpgsql as $$
begin
  insert into storage.objects (bucket_id, name, owner, metadata)
  values (bucketid, can_insert_object.name, can_insert_object.owner, can_insert_object.metadata);
  raise sqlstate 'PT200' using
    message = 'ROLLBACK', detail = 'The object may be inserted; nothing was.';
end
$$;

create or replace function storage.update_updated_at_column() returns trigger
language plpgsql as $$
begin
  new.updated_at = now();
  return new;
end
$$;
create or replace trigger update_objects_updated_at before update on storage.objects
  for each row execute function storage.update_updated_at_column();

create or replace function storage.enforce_bucket_name_length() returns trigger
language plpgsql as $$
begin
  if length(new.name) > 100 then
    raise exception 'bucket name "%" is too long (% characters). Max is 100.',
      new.name, length(new.name);
  end if;
  return new;
end
$$;
create or replace trigger enforce_bucket_name_length_trigger
  before insert or update of name on storage.buckets
  for each row execute function storage.enforce_bucket_name_length();

-- Deleting a row would leave its file behind for ever. Storage itself sets the switch.
create or replace function storage.protect_delete() returns trigger language plpgsql as $$
begin
  if coalesce(current_setting('storage.allow_delete_query', true), 'false') != 'true' then
    raise exception 'Direct deletion from storage tables is not allowed. Use the Storage API instead.'
      using errcode = '42501', hint = 'The file itself would be left behind.';
  end if;
  return null;
end
$$;
create or replace trigger protect_buckets_delete before delete on storage.buckets
  for each statement execute function storage.protect_delete();
create or replace trigger protect_objects_delete before delete on storage.objects
  for each statement execute function storage.protect_delete();

reset role;
