create table a(x);
-- lockstep:check
select 1 where 0;
