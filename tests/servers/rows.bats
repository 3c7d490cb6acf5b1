#!/usr/bin/env bats
# Tenants that are rows of shared tables: `-- lockstep:rows` changes the rows of each, and of no other.
bats_require_minimum_version 1.5.0
load servers

setup_file()
{
    server_start eu postgres --prepared 8
    server sql eu postgres 'CREATE DATABASE pooled'
    server sql eu postgres 'CREATE ROLE customer; CREATE ROLE broad BYPASSRLS'
}

teardown_file()
{
    servers_close
}

# customers a to e with two orders each; migration 2 fills a column, customer by customer
setup()
{
    cd "$BATS_TEST_TMPDIR" || return
    mkdir migrations
    server sql eu pooled "
        CREATE TABLE customers(id text PRIMARY KEY, tier text);
        INSERT INTO customers SELECT c, 'gold ' || c FROM unnest('{a,b,c,d,e}'::text[]) c;
        CREATE TABLE orders(customer text NOT NULL, n int NOT NULL);
        INSERT INTO orders SELECT id, n FROM customers, generate_series(1, 2) n;
        ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
        CREATE POLICY own ON orders USING (customer = current_setting('app.customer'));
        GRANT SELECT, INSERT, UPDATE, DELETE ON orders TO customer, broad;
        GRANT SELECT ON customers TO customer"
    migration 001_note.sql 'ALTER TABLE orders ADD COLUMN note text;' 'ALTER TABLE orders DROP COLUMN note;'
    migration 002_fill.sql "-- lockstep:rows
UPDATE orders SET note = current_setting('app.customer') || n;" "-- lockstep:rows
UPDATE orders SET note = NULL;"
    conf customer
}

teardown()
{
    [ -z "$(server sql eu pooled 'SELECT gid FROM pg_prepared_xacts')" ]
    server sql eu pooled 'DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC'
}

lockstep()
{
    "$LOCKSTEP" "$@" </dev/null
}

# conf ROLE
conf()
{
    cat >lockstep.conf <<CONF
server "eu" { url = "$(server url eu postgres)" }
source "pooled" { server = "eu" databases = {"pooled"} rows = "SELECT id, tier FROM customers"
    rows_role = "$1" rows_setting = "app.customer" }
CONF
}

# migration FILE UP [DOWN]
migration()
{
    printf '%s\n' "$2" >"migrations/$1"
    [ $# -lt 3 ] || printf -- '-- lockstep:down\n%s\n' "$3" >>"migrations/$1"
}

says()
{
    [[ $output == *"$1"* ]] || { printf 'says: %s\nnot: %s\n' "$output" "$1"; return 1; }
}

# complains WHAT: on stderr
complains()
{
    [[ $stderr == *"$1"* ]] || { printf 'complains: %s\nnot: %s\n' "$stderr" "$1"; return 1; }
}

# ask SQL ANSWER
ask()
{
    [ "$(server sql eu pooled "$1")" = "$2" ] || { server sql eu pooled "$1"; return 1; }
}

progress="SELECT string_agg(tenant, '' ORDER BY tenant) FROM (SELECT DISTINCT ON (tenant) tenant, direction
    FROM lockstep_rows WHERE version = 2 ORDER BY tenant, seq DESC) l WHERE direction ="

@test "DDL runs once, a data step for each row tenant, in one decision; down takes it back" {
    run -0 lockstep plan
    says 'one decision'
    says '002_fill up, 1 tenant, migrations/002_fill.sql, for each row tenant'
    run -0 lockstep up
    says 'prepared'
    ask "SELECT string_agg(note, ',' ORDER BY note) FROM orders" a1,a2,b1,b2,c1,c2,d1,d2,e1,e2
    ask "$progress 'up'" abcde
    run -0 lockstep history pooled --row c
    says 'up    2 fill, run '
    run -0 lockstep down --yes
    ask 'SELECT count(note) FROM orders' 0
    ask "$progress 'down'" abcde
}

@test "a step that forgets its WHERE touches the rows of its tenant only" {
    migration 002_fill.sql "-- lockstep:rows
-- lockstep:check
SELECT 1 FROM orders HAVING count(*) <> 2;
DELETE FROM orders WHERE n = 1;"
    run -0 lockstep up --allow-irreversible
    ask 'SELECT count(*) FROM orders' 5
}

@test "values are those of the row tenant" {
    migration 002_fill.sql '-- lockstep:rows
-- lockstep:values
UPDATE orders SET note = ${id} || '"': '"' || ${tier};' ''
    run -0 lockstep up
    ask "SELECT DISTINCT note FROM orders WHERE customer = 'b'" 'b: gold b'
}

@test "a failure names the row tenant, and nothing of the run stays" {
    migration 002_fill.sql "-- lockstep:rows
UPDATE orders SET note = 'x', n = 1 / (CASE customer WHEN 'c' THEN 0 ELSE 1 END);" ''
    run -1 --separate-stderr lockstep up
    complains '(for row tenant c)'
    complains '002_fill.sql:2'
    ask "SELECT to_regclass('lockstep_rows') IS NULL" t
    ask "SELECT count(*) FROM information_schema.columns WHERE column_name = 'note'" 0
}

@test "batches are committed one by one; a later failure takes back those that have it, and no others" {
    migration 002_fill.sql "-- lockstep:rows 2 1ms
UPDATE orders SET note = 'new', n = n / (CASE customer WHEN 'e' THEN 0 ELSE 1 END);" "-- lockstep:rows 2
UPDATE orders SET note = 'back';"
    run -0 lockstep plan
    says '2 at a time'
    lockstep up 1 --quiet
    run -1 --separate-stderr lockstep up
    complains '(for row tenant e)'
    ask "$progress 'down'" abcd
    ask "SELECT to_regclass('lockstep_ledger') IS NULL" t
}

@test "killed between two batches, recover takes back what was committed" {
    migration 002_fill.sql "-- lockstep:rows 1 20s
UPDATE orders SET note = 'new';" "-- lockstep:rows
UPDATE orders SET note = 'back';"
    lockstep up 1 --quiet
    "$LOCKSTEP" up --quiet </dev/null &
    for ((i = 0; i < 100; i++)); do
        [ "$(server sql eu pooled "SELECT count(*) FROM orders WHERE note = 'new'")" != 2 ] || break
        sleep 0.1
    done
    kill -9 $!; wait $! || true
    run -4 --separate-stderr lockstep status
    run -0 lockstep recover
    ask "SELECT count(*) FROM orders WHERE note = 'back'" 2
    ask "SELECT count(*) FROM orders WHERE note = 'new'" 0
    ask "SELECT to_regclass('lockstep_ledger') IS NULL" t
}

@test "a role that row security does not hold for is refused" {
    conf broad
    run -1 --separate-stderr lockstep up
    complains 'row security does not hold for the role broad'
    conf nobody
    run -1 --separate-stderr lockstep up
    complains 'there is no role nobody'
}

@test "a table without row security is refused, also within WITH" {
    migration 002_fill.sql "-- lockstep:rows
WITH gone AS (DELETE FROM customers RETURNING id) SELECT * FROM gone;" ''
    run -1 --separate-stderr lockstep up
    complains 'customers has no row security: this step could change the rows of other tenants'
    complains '002_fill.sql:2'
    ask 'SELECT count(*) FROM customers' 5
}

@test "a table of the role itself is refused, unless row security is forced" {
    server sql eu pooled 'ALTER TABLE orders OWNER TO customer'
    run -1 --separate-stderr lockstep up
    complains 'orders belongs to the role'
    server sql eu pooled 'ALTER TABLE orders FORCE ROW LEVEL SECURITY'
    run -0 lockstep up
}

@test "what is not about rows is refused with file and line" {
    migration 002_fill.sql '-- lockstep:rows
ALTER TABLE orders ADD COLUMN x int;' ''
    run -5 --separate-stderr lockstep plan
    complains '002_fill.sql:2'
    complains 'only SELECT, INSERT, UPDATE, DELETE and MERGE'
}

@test "a source that does not say who its row tenants are is refused by the plan" {
    sed -i 's/ rows = .*//; /rows_role/d' lockstep.conf
    echo '}' >>lockstep.conf
    run -5 --separate-stderr lockstep up
    complains 'its source does not say who they are'
}

@test "a table that the role's own search_path finds first is the one that is looked at" {
    server sql eu pooled 'CREATE SCHEMA customer CREATE TABLE orders(customer text, n int, note text);
        GRANT USAGE ON SCHEMA customer TO customer; GRANT ALL ON customer.orders TO customer'
    run -1 --separate-stderr lockstep up
    server sql eu pooled 'DROP SCHEMA customer CASCADE'
    complains 'orders has no row security'
}

@test "set_config is refused: it could say that another tenant is meant" {
    migration 002_fill.sql "-- lockstep:rows
UPDATE orders SET note = set_config('app.customer', 'a', true);" ''
    run -5 --separate-stderr lockstep plan
    complains '002_fill.sql:2'
    complains 'could reach the rows of another'
}

@test "triggers that wait for the end run as the role, for the tenant whose rows they are of" {
    server sql eu pooled "CREATE TABLE seen(who text, customer text); GRANT INSERT ON seen TO customer;
        CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS \$\$
            BEGIN INSERT INTO seen VALUES (current_user, current_setting('app.customer')); RETURN NULL; END \$\$;
        CREATE CONSTRAINT TRIGGER late AFTER UPDATE ON orders DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION see()"
    run -0 lockstep up
    ask "SELECT string_agg(DISTINCT who || ':' || customer, ' ') FROM seen" \
        'customer:a customer:b customer:c customer:d customer:e'
}

@test "whoever was given the step has it taken back, though the query does not give it any more" {
    sed -i 's/FROM customers/& WHERE NOT EXISTS (SELECT FROM orders WHERE customer = id AND note = '"'new'"')/' lockstep.conf
    migration 002_fill.sql "-- lockstep:rows 2
UPDATE orders SET note = 'new', n = n / (CASE customer WHEN 'e' THEN 0 ELSE 1 END);" "-- lockstep:rows 2
UPDATE orders SET note = 'back';"
    lockstep up 1 --quiet
    run -1 --separate-stderr lockstep up
    complains '(for row tenant e)'
    ask "SELECT count(*) FROM orders WHERE note = 'back'" 8
    ask "$progress 'down'" abcd
}

@test "ids are known again by the text that they are read as: char(n) with its blanks" {
    server sql eu pooled 'ALTER TABLE customers ALTER id TYPE char(3)'
    migration 002_fill.sql "-- lockstep:rows 2
UPDATE orders SET note = 'new', n = n / (CASE customer WHEN 'e' THEN 0 ELSE 1 END);" "-- lockstep:rows 2
-- lockstep:values
UPDATE orders SET note = 'back' || left(\${tier}, 0);" # the query's, by the id
    server sql eu pooled "ALTER POLICY own ON orders USING (customer = rtrim(current_setting('app.customer')))"
    lockstep up 1 --quiet
    run -1 --separate-stderr lockstep up
    complains '(for row tenant e'
    ask "SELECT count(*) FROM orders WHERE note = 'back'" 8
}

@test "a query that gives one twice is refused" {
    sed -i 's/FROM customers/& UNION ALL SELECT id, tier FROM customers WHERE id = '"'c'"'/' lockstep.conf
    run -1 --separate-stderr lockstep up
    complains 'the query for row tenants gives c twice'
    ask "SELECT count(*) FROM information_schema.columns WHERE column_name = 'note'" 0
}

@test "a plan for other row tenants has another digest" {
    run -0 lockstep plan
    before=$(grep -i digest <<<"$output")
    sed -i 's/FROM customers/& WHERE id > '"'b'"'/' lockstep.conf
    run -0 lockstep plan
    [ -n "$before" ] && [ "$before" != "$(grep -i digest <<<"$output")" ]
}

@test "what the steps before put off to the end is checked as lockstep's role, which sees all rows" {
    server sql eu pooled "CREATE FUNCTION total() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN
            IF (SELECT count(*) FROM orders) > 10 THEN RAISE EXCEPTION 'too many orders'; END IF; RETURN NULL; END \$\$;
        CREATE CONSTRAINT TRIGGER total AFTER INSERT ON orders DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION total()"
    migration 001_note.sql "ALTER TABLE orders ADD COLUMN note text; INSERT INTO orders VALUES ('z', 1);" \
        "DELETE FROM orders WHERE customer = 'z'; ALTER TABLE orders DROP COLUMN note;"
    run -1 --separate-stderr lockstep up
    complains 'too many orders'
    ask 'SELECT count(*) FROM orders' 10
}

@test "what a row tenant's own rows put off to the end is said with its id and the file" {
    server sql eu pooled "CREATE TABLE limits(n int PRIMARY KEY); INSERT INTO limits VALUES (1), (2);
        ALTER TABLE orders ADD FOREIGN KEY (n) REFERENCES limits DEFERRABLE INITIALLY DEFERRED"
    migration 002_fill.sql "-- lockstep:rows
UPDATE orders SET n = 9 WHERE customer = 'c' AND n = 2;" ''
    run -1 --separate-stderr lockstep up
    complains '(for row tenant c)'
    complains '002_fill.sql'
}

@test "undo is of those that took the run: not of one that came since, also of one that has gone from the query" {
    lockstep up --quiet
    server sql eu pooled "INSERT INTO customers VALUES ('n'); INSERT INTO orders VALUES ('n', 1, 'own');
        DELETE FROM customers WHERE id = 'e'"
    migration 002_fill.sql "-- lockstep:rows
UPDATE orders SET note = current_setting('app.customer') || n;" "-- lockstep:rows
UPDATE orders SET note = NULL;"
    run -0 lockstep down 1 --yes
    ask "SELECT string_agg(DISTINCT coalesce(note, '-'), ',') FROM orders WHERE customer IN ('a', 'e')" '-'
    ask "SELECT note FROM orders WHERE customer = 'n'" own
}
