-- Rate limits and growing delays, counted for all instances of the app together.

-- Written with every limited request, and worthless after a minute or an hour: without WAL a check
-- costs no flush to disk. A crash of the server forgets the counts, which then begin anew.
create unlogged table hipflask.rate_limits (
  key uuid primary key,
  name text not null check (length(name) between 1 and 120),
  subject text not null check (length(subject) between 1 and 200),
  quota integer not null check (quota > 0),
  cost bigint not null check (cost > 0),
  spent_until timestamptz not null
) with (fillfactor = 70);
comment on table hipflask.rate_limits is 'How much of a limit somebody has used (generic cell rate algorithm).';
comment on column hipflask.rate_limits.key is 'A hash of the limit and of who is counted.';
comment on column hipflask.rate_limits.cost is 'Microseconds until one unit of the quota has come back.';
comment on column hipflask.rate_limits.spent_until is 'When all of the quota is there again; the row is worthless from then on.';

-- Deletes a slice of the worthless rows. Keys are hashes, so a slice that begins at a random one is
-- fair to all, and no index has to follow spent_until at each request.
create function hipflask.sweep_rate_limits(most integer, at timestamptz default null) returns integer
language plpgsql
set search_path = ''
as $$
declare
  moment timestamptz := coalesce(at, clock_timestamp());
  start uuid := gen_random_uuid();
  deleted integer;
begin
  with slice as (
    select r.key, r.spent_until from hipflask.rate_limits r
    where r.key >= start order by r.key limit most
  ), worthless as (
    select r.key from hipflask.rate_limits r join slice s on s.key = r.key
    where s.spent_until <= moment and r.spent_until <= moment
    for update of r skip locked
  )
  delete from hipflask.rate_limits r using worthless w where r.key = w.key;
  get diagnostics deleted = row_count;
  return deleted;
end;
$$;

-- Takes one unit from each of several limits, or from none of them when one is used up.
-- ``costs`` says how many microseconds a unit takes to come back, ``quotas`` how many there are.
-- The answer has a row for each limit, in their order: how many units are used now, and the
-- microseconds until one more is there.
create function hipflask.take_from_rate_limits(
  keys uuid[], names text[], subjects text[], quotas integer[], costs bigint[],
  at timestamptz default null
) returns table (allowed boolean, used integer, next_in bigint)
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
  moment timestamptz := coalesce(at, clock_timestamp());
begin
  -- Each request adds at most a few rows and looks at more than that, so the table stays small.
  if random() < 0.02 then
    perform hipflask.sweep_rate_limits(100 * cardinality(keys) + 100, moment);
  end if;
  -- "where false" writes nothing but locks the row; in the order of keys, so that two requests
  -- never wait for each other crosswise.
  insert into hipflask.rate_limits as r (key, name, subject, quota, cost, spent_until)
  select u.key, u.name, u.subject, u.quota, u.cost, moment
  from unnest(keys, names, subjects, quotas, costs) as u (key, name, subject, quota, cost)
  order by u.key
  on conflict (key) do update set name = excluded.name where false;
  moment := coalesce(at, clock_timestamp());  -- others may have been waited for
  return query
  with level as (
    select u.place, u.key, u.quota, u.cost,
      -- A clock that was set back must not lock anybody out for longer than the limit's time.
      least(
        greatest(0, extract(epoch from r.spent_until - moment) * 1000000)::bigint,
        u.quota * u.cost
      ) as ahead
    from unnest(keys, quotas, costs) with ordinality as u (key, quota, cost, place)
    join hipflask.rate_limits r on r.key = u.key
  ), verdict as (
    select bool_and((ahead + cost - 1) / cost < quota) as ok from level
  ), taken as (
    update hipflask.rate_limits r
    set spent_until = moment + interval '1 microsecond' * (l.ahead + case when v.ok then l.cost else 0 end)
    from level l, verdict v
    where r.key = l.key
      and (v.ok or r.spent_until > moment + interval '1 microsecond' * (l.quota * l.cost))
  ), after as (
    select l.place, l.cost, v.ok, l.ahead + case when v.ok then l.cost else 0 end as ahead
    from level l, verdict v
  ), counted as (
    select place, cost, ok, ahead, ((ahead + cost - 1) / cost)::integer as used from after
  )
  select ok, used, case when used = 0 then 0 else ahead - (used - 1) * cost end
  from counted order by place;
end;
$$;

-- Tries that may be guesses: passwords and codes. Kept through a crash, and for longer.
create table hipflask.failed_tries (
  key uuid primary key,
  kind text not null check (length(kind) between 1 and 60),
  failed integer not null default 0 check (failed >= 0),
  last_at timestamptz not null default '-infinity',
  blocked_until timestamptz not null default '-infinity',
  succeeded_at timestamptz not null default '-infinity',
  forget_at timestamptz not null
) with (fillfactor = 80);
comment on table hipflask.failed_tries is 'Wrong passwords and codes in a row, by account, by address and by both; each makes the next wait longer.';
comment on column hipflask.failed_tries.key is 'A hash of the kind and of who is counted: no e-mail address stands here.';
comment on column hipflask.failed_tries.succeeded_at is 'When somebody last got in from here: an attack from elsewhere does not lock them out.';

-- Counts a try before it is judged, so that many at once do not slip through together. Returns 0, or
-- the seconds to wait; then nothing is counted. A guard whose ``unless`` names a row that succeeded
-- in the last 30 days neither counts nor blocks.
create function hipflask.begin_try(
  keys uuid[], kinds text[], free integer[], first_delays integer[], longest_delays integer[],
  memories integer[], unless uuid[], at timestamptz default null
) returns double precision
language plpgsql
set search_path = ''
as $$
declare
  moment timestamptz := coalesce(at, clock_timestamp());
  known interval := interval '30 days';
  start uuid := gen_random_uuid();
  wait double precision;
begin
  if random() < 0.05 then
    delete from hipflask.failed_tries t where t.key in (
      select f.key from hipflask.failed_tries f
      where f.key in (
        select s.key from hipflask.failed_tries s
        where s.key >= start order by s.key limit 200
      ) and f.forget_at <= moment
      for update skip locked
    );
  end if;
  insert into hipflask.failed_tries as t (key, kind, forget_at)
  select u.key, u.kind, moment + interval '1 second' * u.memory
  from unnest(keys, kinds, memories) as u (key, kind, memory)
  order by u.key
  on conflict (key) do update set kind = excluded.kind where false;
  moment := coalesce(at, clock_timestamp());
  select max(extract(epoch from
      least(t.blocked_until, moment + interval '1 second' * u.longest) - moment)) into wait
  from unnest(keys, longest_delays, unless) as u (key, longest, unless)
  join hipflask.failed_tries t on t.key = u.key
  left join hipflask.failed_tries k on k.key = u.unless and k.succeeded_at > moment - known
  where t.blocked_until > moment and k.key is null;
  if wait > 0 then
    -- A clock that was set back must not lock anybody out for longer than the longest delay.
    update hipflask.failed_tries t set blocked_until = moment + interval '1 second' * u.longest
    from unnest(keys, longest_delays) as u (key, longest)
    where t.key = u.key and t.blocked_until > moment + interval '1 second' * u.longest;
    return wait;
  end if;
  update hipflask.failed_tries t
  set failed = n.failed, last_at = moment,
    blocked_until = case when n.failed < n.free then '-infinity' else moment + interval '1 second'
      * least(n.first_delay * 2 ^ least(n.failed - n.free, 20), n.longest) end,
    forget_at = greatest(t.forget_at, moment + interval '1 second' * (n.memory + n.longest))
  from (
    select u.*, 1 + case when f.last_at + interval '1 second' * u.memory <= moment then 0
      else f.failed end as failed
    from unnest(keys, free, first_delays, longest_delays, memories, unless)
      as u (key, free, first_delay, longest, memory, unless)
    join hipflask.failed_tries f on f.key = u.key
    left join hipflask.failed_tries k on k.key = u.unless and k.succeeded_at > moment - known
    where k.key is null
  ) n
  where t.key = n.key;
  return 0;
end;
$$;

-- Takes a try back from all of ``keys`` that counted it: it was right, or nobody could judge it.
-- Those of ``won`` begin anew and are remembered as having got in.
create function hipflask.settle_try(
  keys uuid[], unless uuid[], won uuid[], at timestamptz default null
) returns void
language plpgsql
set search_path = ''
as $$
declare
  moment timestamptz := coalesce(at, clock_timestamp());
begin
  perform 1 from hipflask.failed_tries t where t.key = any (keys) order by t.key for update;
  -- Who was let through may not be blocked by that very try; any earlier block was over.
  update hipflask.failed_tries t
  set failed = greatest(t.failed - 1, 0), blocked_until = '-infinity'
  from unnest(keys, unless) as u (key, unless)
  left join hipflask.failed_tries k
    on k.key = u.unless and k.succeeded_at > moment - interval '30 days'
  where t.key = u.key and k.key is null and t.key <> all (won);
  update hipflask.failed_tries t
  set failed = 0, blocked_until = '-infinity', succeeded_at = moment,
    forget_at = greatest(t.forget_at, moment + interval '30 days')
  where t.key = any (keys) and t.key = any (won);
end;
$$;

-- Wrong codes of a second factor are counted above from now on.
drop table hipflask.code_attempts;

-- No policy on purpose: service_role bypasses row-level security, and nobody else has a right here.
alter table hipflask.rate_limits enable row level security;
alter table hipflask.failed_tries enable row level security;

revoke all on hipflask.rate_limits, hipflask.failed_tries from public, anon, authenticated;
grant select, insert, update, delete on hipflask.rate_limits, hipflask.failed_tries to service_role;
revoke all on function
  hipflask.sweep_rate_limits(integer, timestamptz),
  hipflask.take_from_rate_limits(uuid[], text[], text[], integer[], bigint[], timestamptz),
  hipflask.begin_try(uuid[], text[], integer[], integer[], integer[], integer[], uuid[], timestamptz),
  hipflask.settle_try(uuid[], uuid[], uuid[], timestamptz)
from public, anon, authenticated;
grant execute on function
  hipflask.sweep_rate_limits(integer, timestamptz),
  hipflask.take_from_rate_limits(uuid[], text[], text[], integer[], bigint[], timestamptz),
  hipflask.begin_try(uuid[], text[], integer[], integer[], integer[], integer[], uuid[], timestamptz),
  hipflask.settle_try(uuid[], uuid[], uuid[], timestamptz)
to service_role;
