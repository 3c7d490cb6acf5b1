-- lockstep:lock-timeout 5s
SELECT 'a\', E'b\';' -- c
 'd\';', U&"x", $t$ ; $$ ' $t$, name$1, 1$$;$$ /* /* ; */ */;
-- lockstep:check
SELECT $1 FROM t WHERE a #> b AND c --+ 1;
;
