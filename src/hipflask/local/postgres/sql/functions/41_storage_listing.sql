-- Listing objects: search (version 1 of the API's list), search_v2 and the S3 protocol's.
-- Facts: supabase/storage v1.70.6, migrations/tenant 0050, 0056, 0063. What Storage loses in a
-- listing is listed here: docs/reference/parity.md.
--
-- All read one index in order and jump over a folder as soon as they have seen one key in it. A
-- folder's end is its name and U+10FFFF, which no key contains and which sorts after every key
-- in it. Sorting is switched off because a planner with old statistics would rather sort the whole
-- bucket, once for every folder. They run as the caller, so policies decide what is seen.

set local role supabase_storage_admin;

-- Bytewise order, keys in full; a folder has no id and lacks its last delimiter.
-- Listing goes on after start_after, or after next_token, the last name of the page before. A
-- token that ends in the delimiter is a folder. One that does not is an object, unless only a
-- folder has that name.
create or replace function storage.list_objects_with_delimiter(
  _bucket_id text,
  prefix_param text,
  delimiter_param text,
  max_keys integer default 100,
  start_after text default '',
  next_token text default '',
  sort_order text default 'asc'
) returns table (
  name text,
  id uuid,
  metadata jsonb,
  updated_at timestamptz,
  created_at timestamptz,
  last_accessed_at timestamptz
)
language plpgsql stable
set enable_sort = off
as $$
declare
  ceiling constant text := chr(1114111);
  wanted constant text := coalesce(prefix_param, '');
  ascending constant boolean := lower(coalesce(sort_order, 'asc')) = 'asc';
  -- What remains to be listed: from low, below high.
  low text collate "C" := wanted;
  high text collate "C" := wanted || ceiling;
  after text collate "C" := coalesce(nullif(next_token, ''), start_after, '');
  listing refcursor;
  object record;
  folder text;
  emitted integer := 0;
begin
  if after <> '' then
    if next_token <> '' and delimiter_param <> '' and not after like '%' || delimiter_param
      and not exists (
        select from storage.objects o
        where o.bucket_id = _bucket_id and o.name collate "C" = after
      )
      and exists (
        select from storage.objects o
        where o.bucket_id = _bucket_id
          and o.name collate "C" >= after || delimiter_param
          and o.name collate "C" < after || delimiter_param || ceiling
      )
    then
      after := after || delimiter_param;
    end if;
    if not ascending then
      high := least(high, after);
    elsif storage.get_common_prefix(after, wanted, delimiter_param) = after then
      low := greatest(low, after || ceiling);
    else
      low := greatest(low, after || chr(1));  -- the next possible key
    end if;
  end if;

  loop
    if ascending then
      open listing for
        select o.name, o.id, o.metadata, o.updated_at, o.created_at, o.last_accessed_at
        from storage.objects o
        where o.bucket_id = _bucket_id
          and o.name collate "C" >= low and o.name collate "C" < high
        order by o.name collate "C";
    else
      open listing for
        select o.name, o.id, o.metadata, o.updated_at, o.created_at, o.last_accessed_at
        from storage.objects o
        where o.bucket_id = _bucket_id
          and o.name collate "C" >= low and o.name collate "C" < high
        order by o.name collate "C" desc;
    end if;
    loop
      folder := null;
      exit when emitted >= max_keys;
      fetch listing into object;
      exit when not found;
      folder := storage.get_common_prefix(object.name, wanted, delimiter_param);
      exit when folder is not null;
      name := object.name;
      id := object.id;
      metadata := object.metadata;
      updated_at := object.updated_at;
      created_at := object.created_at;
      last_accessed_at := object.last_accessed_at;
      emitted := emitted + 1;
      return next;
    end loop;
    close listing;
    exit when folder is null;

    name := left(folder, -length(delimiter_param));
    id := null;
    metadata := null;
    updated_at := null;
    created_at := null;
    last_accessed_at := null;
    emitted := emitted + 1;
    return next;
    if ascending then
      low := folder || ceiling;
    else
      high := folder;
    end if;
  end loop;
end
$$;

-- As above for "/", by a time. A folder is as old as the oldest object that is seen in it, in both
-- columns. Reads everything below the prefix.
create or replace function storage.search_by_timestamp(
  p_prefix text,
  p_bucket_id text,
  p_limit integer,
  p_level integer,
  p_start_after text,
  p_sort_order text,
  p_sort_column text,
  p_sort_column_after text
) returns table (
  key text,
  name text,
  id uuid,
  updated_at timestamptz,
  created_at timestamptz,
  last_accessed_at timestamptz,
  metadata jsonb
)
language plpgsql stable
as $$
begin
  return query execute format(
    $query$
      with below as not materialized (
        select o.*, storage.get_common_prefix(o.name, $1, '/') as folder
        from storage.objects o
        where o.bucket_id = $2
          and o.name collate "C" >= $1 and o.name collate "C" < $1 || chr(1114111)
      ),
      entries as (
        select b.name, b.name as place, b.id, b.updated_at, b.created_at, b.last_accessed_at,
          b.metadata
        from below b where b.folder is null
        union all
        select left(b.folder, -1), b.folder, null, min(b.created_at), min(b.created_at), null, null
        from below b where b.folder is not null group by b.folder
      ),
      timed as (
        select e.*, coalesce(date_trunc('milliseconds', e.%1$I), 'epoch') as at from entries e
      )
      select split_part(t.name, '/', $3), t.name, t.id, t.updated_at, t.created_at,
        t.last_accessed_at, t.metadata
      from timed t
      where $5 = '' or (t.at, t.place collate "C") %2$s (
        coalesce(nullif($6, '')::timestamptz, 'epoch'),
        case
          when exists (select from entries e where e.place = $5) then $5
          when exists (select from entries e where e.place = $5 || '/') then $5 || '/'
          else $5
        end collate "C"
      )
      order by t.at %3$s, t.place collate "C" %3$s
      limit $4
    $query$,
    p_sort_column,
    case when p_sort_order = 'asc' then '>' else '<' end,
    case when p_sort_order = 'asc' then 'asc' else 'desc' end
  ) using coalesce(p_prefix, ''), p_bucket_id, p_level, p_limit, coalesce(p_start_after, ''),
    p_sort_column_after;
end
$$;

-- Version 2 of the API's list with a delimiter: names in full, and the part of them at the level
-- as key. start_after is what next_token is above.
create or replace function storage.search_v2(
  prefix text,
  bucket_name text,
  limits integer default 100,
  levels integer default 1,
  start_after text default '',
  sort_order text default 'asc',
  sort_column text default 'name',
  sort_column_after text default ''
) returns table (
  key text,
  name text,
  id uuid,
  updated_at timestamptz,
  created_at timestamptz,
  last_accessed_at timestamptz,
  metadata jsonb
)
language plpgsql stable
as $$
declare
  most constant integer := least(coalesce(limits, 100), 1500);
  direction constant text := case when lower(sort_order) = 'desc' then 'desc' else 'asc' end;
begin
  if lower(sort_column) in ('created_at', 'updated_at') then
    return query select * from storage.search_by_timestamp(
      prefix, bucket_name, most, levels, start_after, direction, lower(sort_column),
      sort_column_after
    );
  else
    return query
      select split_part(l.name, '/', levels), l.name, l.id, l.updated_at, l.created_at,
        l.last_accessed_at, l.metadata
      from storage.list_objects_with_delimiter(
        bucket_name, prefix, '/', most, '', start_after, direction
      ) l;
  end if;
end
$$;

-- Version 1 of the API's list: upper and lower case are one, so are folders that differ in it;
-- names begin behind the prefix. By a time, folders come first and their case counts. levels is
-- not read (nor is it by Storage since 0063).
create or replace function storage.search(
  prefix text,
  bucketname text,
  limits integer default 100,
  levels integer default 1,
  offsets integer default 0,
  search text default '',
  sortcolumn text default 'name',
  sortorder text default 'asc'
) returns table (
  name text,
  id uuid,
  updated_at timestamptz,
  created_at timestamptz,
  last_accessed_at timestamptz,
  metadata jsonb
)
language plpgsql stable
set enable_sort = off
as $$
declare
  ceiling constant text := chr(1114111);
  most constant integer := least(coalesce(limits, 100), 1500);
  ascending constant boolean := lower(coalesce(sortorder, 'asc')) = 'asc';
  wanted text := coalesce(prefix, '') || coalesce(search, '');
  folded_wanted text := storage.folded(wanted);
  low text collate "C" := folded_wanted;
  high text collate "C" := folded_wanted || ceiling;
  to_skip integer := coalesce(offsets, 0);
  listing refcursor;
  object record;
  folder text;
  emitted integer := 0;
begin
  if lower(sortcolumn) in ('updated_at', 'created_at', 'last_accessed_at') then
    perform set_config('enable_sort', 'on', true);  -- until the end of this function
    -- Storage escapes what like would take for a pattern, in this case only. No key contains \.
    wanted := replace(wanted, '\', '');
    low := storage.folded(wanted);
    return query execute format(
      $query$
        with below as not materialized (
          select o.*, array_to_string(o.path_tokens[$3:$4], '/') as shown,
            cardinality(o.path_tokens) > $4 as in_folder
          from storage.objects o
          where o.bucket_id = $1
            and storage.folded(o.name) collate "C" >= $2
            and storage.folded(o.name) collate "C" < $2 || chr(1114111)
        ),
        entries as (
          select b.shown, null::uuid as id, null::timestamptz as updated_at,
            null::timestamptz as created_at, null::timestamptz as last_accessed_at,
            null::jsonb as metadata, b.shown as place
          from below b where b.in_folder group by b.shown
          union all
          select b.shown, b.id, b.updated_at, b.created_at, b.last_accessed_at, b.metadata, b.name
          from below b where not b.in_folder
        )
        select e.shown, e.id, e.updated_at, e.created_at, e.last_accessed_at, e.metadata
        from entries e
        order by e.id is not null, e.%1$I %2$s, e.place collate "C" %2$s
        limit $5 offset $6
      $query$,
      lower(sortcolumn),
      case when ascending then 'asc' else 'desc' end
    ) using bucketname, low, cardinality(string_to_array(coalesce(nullif(prefix, ''), '.'), '/')),
      cardinality(string_to_array(coalesce(nullif(wanted, ''), '.'), '/')), most, to_skip;
    return;
  end if;

  loop
    if ascending then
      open listing for
        select o.name, o.id, o.updated_at, o.created_at, o.last_accessed_at, o.metadata
        from storage.objects o
        where o.bucket_id = bucketname
          and storage.folded(o.name) collate "C" >= low
          and storage.folded(o.name) collate "C" < high
        order by storage.folded(o.name) collate "C";
    else
      open listing for
        select o.name, o.id, o.updated_at, o.created_at, o.last_accessed_at, o.metadata
        from storage.objects o
        where o.bucket_id = bucketname
          and storage.folded(o.name) collate "C" >= low
          and storage.folded(o.name) collate "C" < high
        order by storage.folded(o.name) collate "C" desc;
    end if;
    loop
      folder := null;
      exit when emitted >= most;
      fetch listing into object;
      exit when not found;
      folder := storage.get_common_prefix(storage.folded(object.name), folded_wanted, '/');
      exit when folder is not null;
      if to_skip > 0 then
        to_skip := to_skip - 1;
        continue;
      end if;
      name := substr(object.name, length(coalesce(prefix, '')) + 1);
      id := object.id;
      updated_at := object.updated_at;
      created_at := object.created_at;
      last_accessed_at := object.last_accessed_at;
      metadata := object.metadata;
      emitted := emitted + 1;
      return next;
    end loop;
    close listing;
    exit when folder is null;

    if to_skip > 0 then
      to_skip := to_skip - 1;
    else
      name := substr(
        left(storage.get_common_prefix(object.name, wanted, '/'), -1),
        length(coalesce(prefix, '')) + 1
      );
      id := null;
      updated_at := null;
      created_at := null;
      last_accessed_at := null;
      metadata := null;
      emitted := emitted + 1;
      return next;
    end if;
    if ascending then
      low := folder || ceiling;
    else
      high := folder;
    end if;
  end loop;
end
$$;

reset role;
