SELECT 'a\'; b', "c\";", `d\`; # it's
INSERT INTO t VALUES (1--1); -- x
/*!40000 ALTER TABLE t DISABLE KEYS */;
SELECT /*+ NO_INDEX(t) */ 2*/*;'*/3;
