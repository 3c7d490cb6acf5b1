-- lockstep:foreign-keys off
-- lockstep:lock-timeout 5s
/* c */ insert into a values('x;y');
create trigger t after insert on a begin select 1; end;
