#!/usr/bin/env bats
# Looking at runs: runs, show, watch, log, history; who holds the fleet.
load fleet

# a run that waits for a tenant which an application holds
start_waiting_run()
{
    fleet 2
    notes_and_tier
    echo 'lock_timeout = "60s"' >lockstep.conf
    take tenants/t2.db
    "$LOCKSTEP" up >out 2>err </dev/null 9>&- &
    waiting=$!
    until_in prepare err
    for ((i = 0; i < 400; i++)); do # t1 has voted, or is about to
        [ ! -e tenants/t1.db-journal ] || return 0
        sleep 0.05
    done
    return 1
}

@test "runs, show and history tell what happened" {
    fleet 2
    notes_and_tier
    lockstep up --quiet
    lockstep down --yes --quiet
    run -0 lockstep runs --json
    is "$(field '[(r["command"], r["state"], r["tenants"]) for r in d["runs"]]')" \
        "[('down', 'done', 2), ('up', 'done', 2)]"
    run -0 lockstep show last
    says "command     down to 001"
    says "002_tier down"
    run -0 lockstep history t1 --json
    is "$(field '[(h["version"], h["direction"]) for h in d["history"]]')" \
        "[(1, 'up'), (2, 'up'), (2, 'down')]"
    is "$(field 'd["history"][1]["down_sql"] is not None')" True
}

@test "a run is found by its beginning" {
    fleet 1
    notes_and_tier
    lockstep up --quiet
    run -0 lockstep runs --json
    id=$(field 'd["runs"][0]["run"]')
    run -0 lockstep show "${id%??}" --json
    is "$(field 'd["run"]')" "$id"
    run -2 --separate-stderr lockstep show nosuchrun
}

@test "there are no runs before the first" {
    fleet 1
    notes_and_tier
    run -0 lockstep runs
    is "$output" "no runs yet"
    run -0 lockstep log
    is "$output" ""
    [ ! -e .lockstep ]
}

@test "log and watch stream JSON lines" {
    fleet 1
    notes_and_tier
    lockstep up --quiet
    run -0 lockstep log --json
    is "$(tail -1 <<<"$output" | "${PYTHON:-python3}" -c 'import json,sys; print(json.load(sys.stdin)["kind"])')" end
    first=$output
    run -0 lockstep watch last --json
    is "$output" "$first"
}

@test "log --verify finds an edited, a removed and a moved event, and a cut tail" {
    fleet 1
    notes_and_tier
    lockstep up 001 --quiet
    lockstep up --quiet
    run -0 lockstep log --verify
    says "the chain holds"
    cp -r .lockstep kept
    table=$(sqlite3 .lockstep/state.db "SELECT name FROM sqlite_schema WHERE sql LIKE '%body%' AND type = 'table' LIMIT 1")
    for change in "UPDATE $table SET body = body || ' ' WHERE seq = 2" \
        "DELETE FROM $table WHERE seq = 2" \
        "UPDATE $table SET seq = CASE seq WHEN 2 THEN -3 ELSE -2 END WHERE seq IN (2, 3);
         UPDATE $table SET seq = -seq WHERE seq < 0"; do
        rm -rf .lockstep
        cp -r kept .lockstep
        sqlite3 .lockstep/state.db "$change"
        run -1 lockstep log --verify
        says "broken at event"
    done
    rm -rf .lockstep
    cp -r kept .lockstep
    sqlite3 .lockstep/state.db "DELETE FROM $table WHERE seq > 4"
    run -1 lockstep log --verify --json
    is "$(field 'd["exit"], d["heads_missing"]')" "(1, 1)"
}

@test "log --verify says which tenants it could not ask" {
    fleet 2
    notes_and_tier
    lockstep up --quiet
    echo nonsense >tenants/t2.db
    run -1 lockstep log --verify
    says "1 tenant could not be asked, such as t2: is not an SQLite database"
}

@test "an event that is not JSON is shown as it stands, and not passed over" {
    fleet 1
    notes_and_tier
    lockstep up --quiet
    sqlite3 .lockstep/state.db "UPDATE log SET body = 'nonsense' WHERE kind = 'decided'"
    run -0 lockstep log
    says "not JSON: nonsense"
    run -1 --separate-stderr lockstep show last
    complains "of the run log is not JSON"
}

@test "history of an unknown tenant" {
    fleet 1
    run -2 --separate-stderr lockstep history nobody
    complains "nobody"
}

@test "a second run says who holds the fleet, exit 6" {
    start_waiting_run
    run -6 --separate-stderr lockstep up
    complains "$waiting"
    run -6 --separate-stderr lockstep down --yes
    run -6 --separate-stderr lockstep up --wait 200ms
    let_go
    wait $waiting
}

@test "--wait waits for the other run to end" {
    start_waiting_run
    "$LOCKSTEP" up --wait 1m >second </dev/null 9>&- &
    second=$!
    let_go
    wait $waiting
    wait $second
    grep -q "nothing to do" second
}

@test "waiting for another run can be interrupted" {
    start_waiting_run
    "$LOCKSTEP" up --wait 1m >second 2>&1 </dev/null 9>&- &
    second=$!
    sleep 1
    kill -TERM $second
    status=0
    wait $second || status=$?
    is $status 1
    let_go
    wait $waiting
}

@test "a live run is shown as running, not in doubt; abort asks it to stop" {
    start_waiting_run
    run -0 lockstep runs --json
    is "$(field 'd["runs"][0]["state"]')" running
    run lockstep status --json
    is "$(field 'd["live_run"] is not None')" True
    run -0 lockstep abort
    status=0
    wait $waiting || status=$?
    is $status 1
    grep -q "the fleet is as it was" out
    let_go
    run -0 lockstep runs --json
    is "$(field 'd["runs"][0]["state"]')" "not done"
}

@test "a holder that was killed does not block" {
    start_waiting_run
    kill -KILL $waiting
    wait $waiting || true
    let_go
    run -0 lockstep up
    says "done: 2 tenants at 002"
}

@test "recover settles what a killed run left; --dry-run shows it" {
    start_waiting_run
    kill -KILL $waiting
    wait $waiting || true
    let_go
    run lockstep recover --dry-run
    says "run 2"
    is "$(ls tenants/*-journal | wc -l)" 1
    run -0 lockstep recover
    [[ $output != *"crashed application"* ]]
    run -0 lockstep recover
    is "$output" "nothing is in doubt"
    is "$(ls tenants)" $'t1.db\nt2.db'
    run -0 lockstep runs --json
    is "$(field 'd["runs"][0]["state"]')" "not done"
}

# what a killed process wrote and did not sync may go with the power, after recovery has acted on it
@test "recover makes what the run log says durable before it opens a tenant" {
    start_waiting_run
    kill -KILL $waiting
    wait $waiting || true
    let_go
    export ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0" # it traces, too, and cannot beside strace
    run -0 strace -f -y -o calls -e trace=openat,open,fsync,fdatasync "$LOCKSTEP" recover
    is "$(grep -m 1 -oE '(fsync|fdatasync)\([0-9]+<.*state\.db-wal|open.*tenants/t1\.db"' calls |
        grep -oE 'state.db-wal|t1.db')" "state.db-wal"
    grep -q 'tenants/t1\.db' calls
}

@test "a run whose log cannot be followed is in doubt, and there is a way on" {
    start_waiting_run
    kill -KILL $waiting
    wait $waiting || true
    let_go
    sqlite3 .lockstep/state.db "UPDATE log SET body='{\"group\":7,\"branches\":[[0,9]]}' WHERE kind='group'"
    run -4 --separate-stderr lockstep recover
    complains "does not fit its run"
    complains "move the state folder away"
    mv .lockstep aside
    run -0 lockstep recover
    run -0 lockstep up
    says "done: 2 tenants at 002"
}

@test "retry runs the same plan where it did not arrive" {
    fleet 2
    migration 001_unique.sql 'CREATE UNIQUE INDEX one ON users(email);' 'DROP INDEX one;'
    sqlite3 tenants/t2.db "INSERT INTO users(email) VALUES('a@t2')"
    lockstep up --quiet || true
    sqlite3 tenants/t2.db "DELETE FROM users WHERE id = 3"
    run -0 lockstep retry last
    says "2 tenants at 001"
}

@test "losing .lockstep loses no tenant: the next run goes on" {
    fleet 2
    notes_and_tier
    lockstep up 001 --quiet
    rm -r .lockstep
    run -0 lockstep up
    says "done: 2 tenants at 002"
}

@test "another state folder's recover leaves a living run's files alone" {
    start_waiting_run
    echo 'state = "other"' >other.conf
    run -4 --separate-stderr lockstep -c other.conf recover
    says "use one state folder for one fleet"
    run -4 --separate-stderr lockstep -c other.conf up
    let_go
    wait $waiting
    grep -q "done: 2 tenants at 002" out
    run -0 lockstep -c other.conf status
}

@test "show tells every step, also where tenants began at different versions" {
    fleet 2
    notes_and_tier
    lockstep up 001 --select id=t1 --quiet
    lockstep up --quiet
    run -0 lockstep show last --json
    is "$(field 'd["migrations"]')" "['001_notes up', '002_tier up']"
}

@test "a reader that has seen enough is no failure" {
    fleet 2
    notes_and_tier
    set -o pipefail
    lockstep up 2>err | true
    is "$(cat err)" "$(grep -v 'standard output' err)"
    run -0 lockstep status --exit-code
}
