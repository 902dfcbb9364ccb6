-- Mailed codes as a proof of who is signed in, and where a link of a mail leads afterwards.

alter table hipflask.code_attempts drop constraint code_attempts_kind_check;
alter table hipflask.code_attempts
  add constraint code_attempts_kind_check check (kind in ('totp', 'recovery', 'mail'));

alter table hipflask.auth_flows add column target text not null default '';
comment on column hipflask.auth_flows.target is 'The page that was asked for before the sign-in: a path of this site, or empty.';
