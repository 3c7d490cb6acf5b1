"""The schema and rows of a tenant, and the migrations.

`@` stands for the schema: nothing in a migration, `name.` where a stand-in attaches tenants. The work frees
and moves pages (a shrinking tenant), writes rows, and makes and drops tables and indexes; undoing it gives
back every row. It fails on a tenant with two equal codes.
"""

BASE = """
CREATE TABLE @users(id INTEGER PRIMARY KEY, code INTEGER NOT NULL, name TEXT NOT NULL, note TEXT);
CREATE TABLE @scratch(id INTEGER PRIMARY KEY, x TEXT NOT NULL);
WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < :rows)
  INSERT INTO @users SELECT i, i, 'name ' || i, printf('%0140d', i * 7919) FROM n;
WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 4)
  INSERT INTO @scratch SELECT i, printf('%02500d', i) FROM n;
"""

MIGRATIONS = [
    (
        "001_widen",
        """ALTER TABLE @users ADD COLUMN tier TEXT DEFAULT 'basic';
CREATE TABLE @audit(id INTEGER PRIMARY KEY, what TEXT NOT NULL);
CREATE INDEX @users_name ON users(name);
""",
        """DROP INDEX @users_name;
DROP TABLE @audit;
ALTER TABLE @users DROP COLUMN tier;
""",
    ),
    (
        "002_rework",
        """UPDATE @users SET name = upper(name), note = note || '!';
INSERT INTO @audit(what) SELECT 'reworked ' || id FROM @users WHERE id <= 5;
DELETE FROM @scratch WHERE id > 1;
CREATE UNIQUE INDEX @users_code ON users(code);
""",
        """DROP INDEX @users_code;
WITH RECURSIVE n(i) AS (VALUES(2) UNION ALL SELECT i + 1 FROM n WHERE i < 4)
  INSERT INTO @scratch SELECT i, printf('%02500d', i) FROM n;
DELETE FROM @audit;
UPDATE @users SET name = lower(name), note = substr(note, 1, 140);
""",
    ),
]
VERSIONS = {1, 2}

SPOIL = "UPDATE users SET code = 1 WHERE id = 2;"
MEND = "UPDATE users SET code = 2 WHERE id = 2;"


def section(text, schema=""):
    return text.replace("@", schema)
