#!/usr/bin/env bats
# Tenants whose migrations are an external migrator's: here a shell script's, on SQLite files.
bats_require_minimum_version 1.5.0

setup()
{
    cd "$BATS_TEST_TMPDIR" || return
    mkdir tenants trouble
    export TROUBLE=$PWD/trouble CALLS=$PWD/calls
    for name in a b c d e f; do sqlite3 tenants/$name.db 'CREATE TABLE notes(x)'; done
    command=$BATS_TEST_DIRNAME/migrator
    conf
}

# conf [LINES IN THE EXEC SECTION]
conf()
{
    cat >lockstep.conf <<CONF
exec "tool" {
    up = {'$command', 'up', '\${target}'}
    current = {'$command', 'current'}
    revisions = {'$command', 'revisions'}
    environment = {'TENANT=\${path}'}
    ${1-down = {'$command', 'down', '\${target}'\}}
}
source "files" { exec = "tool" glob = {"tenants/*.db"} labels = {"tier=free"} }
CONF
}

lockstep()
{
    "$LOCKSTEP" "$@" </dev/null
}

says()
{
    [[ $output == *"$1"* ]] || { printf 'says: %s\nnot: %s\n' "$output" "$1"; return 1; }
}

# all_at REVISION [NAMES]: what the tool's table says, asked with the stock shell
all_at()
{
    local name want=$1

    shift
    for name in ${*:-a b c d e f}; do
        [ "$(sqlite3 tenants/$name.db 'SELECT name FROM revision' 2>/dev/null)" = "$want" ] ||
            { echo "$name is not at '$want'"; return 1; }
    done
}

wait_for()
{
    local i

    for i in $(seq 500); do
        [ ! -e "$1" ] || return 0
        sleep 0.02
    done
    echo "$1 never came"
    return 1
}

@test "a fleet is upgraded, counted, downgraded and undone by run" {
    run -0 lockstep tenants
    says "$PWD/tenants/a.db"
    run -0 lockstep plan
    says "6 tenants up to three, one decision"
    says "6 compensated"
    says "$command up two"
    run -0 lockstep up
    says "done: 6 tenants at three"
    all_at three
    run -0 lockstep log --verify
    says "the chain holds"
    run -0 lockstep status
    says "6 tenants: 6 at three (head)"
    run -0 lockstep up
    says "nothing to do"
    run -0 lockstep down --yes
    says "two"
    all_at two
    run -0 lockstep up
    all_at three
    run -0 lockstep undo last --yes
    all_at two
    run -0 lockstep down base --yes
    all_at ""
}

@test "one tenant alone, by id; a revision by its name" {
    run -0 lockstep up --select id=b two
    all_at two b
    all_at "" a c
    run -0 lockstep status
    says "never migrated"
    says "b at two"
    run -0 lockstep --tenants 'tenants/c.db' up one
    all_at one c
    run -2 lockstep up four
    says "four is not a target"
    run -2 lockstep up 3
    says "3 is not a target"
}

@test "one that fails is named with what it said, and all others go back to where each was" {
    lockstep up --select id=b one
    touch trouble/fail.d
    run -1 lockstep up
    says "not done: the fleet is as it was"
    says "d:"
    says "exit code 4"
    says "no room for d"
    all_at one b
    all_at "" a c d e f
}

@test "cut into groups, the earlier ones are taken back when a later one fails" {
    sed -i '1i group_size = 2' lockstep.conf
    touch trouble/fail.f
    run -0 lockstep plan
    says "3 decisions"
    run -1 lockstep up
    says "not done: the fleet is as it was"
    grep -q ' a down base' calls
    all_at ""
    rm trouble/fail.f
    run -0 lockstep up
    all_at three
}

@test "each on its own: who fails is collected by name, and the others stay" {
    touch trouble/fail.b trouble/fail.e
    run -7 lockstep up --scope tenant
    says "no room for b"
    says "no room for e"
    all_at three a c d f
    all_at "" b e
}

@test "a command that takes too long is ended with all it started, and the tenant is as it was" {
    conf "down = {'$command', 'down', '\${target}'} timeout = \"1s\""
    touch trouble/slow.c
    run -1 lockstep up
    says "c: lockstep.conf:7: took longer than 1 s"
    all_at ""
}

@test "an exit code of 0 is not believed when the tenant is not there" {
    touch trouble/lie.e
    run -1 lockstep up
    says "e: lockstep.conf:7: is at base and not at three"
    says 'what `current` prints'
    all_at "" a b c d f
}

@test "a tenant that cannot go back is in doubt by name, and settled when it can" {
    touch trouble/fail.d trouble/stuck.d
    run -4 lockstep up
    says "in doubt"
    says "d"
    all_at "" a b c e f
    all_at two d
    run -4 lockstep status
    run -4 lockstep recover
    says "stuck"
    rm trouble/stuck.d
    run -0 lockstep recover
    says "rolled back"
    all_at ""
}

# killed PHASE: lockstep up, killed when the command for c is in that phase
killed()
{
    local pid

    touch trouble/"$1".c
    "$LOCKSTEP" up </dev/null >out 2>&1 &
    pid=$!
    wait_for trouble/begun.c
    kill -9 $pid
    wait $pid || true
    rm trouble/"$1".c
}

@test "lockstep killed before a tenant changed: recover brings all back to where they were" {
    lockstep up --select id=a one
    killed slow
    run -4 lockstep status
    run -0 lockstep recover
    says "rolled back"
    all_at one a
    all_at "" b c d e f
    run -0 lockstep up
    all_at three
}

@test "lockstep killed when a tenant had changed and others had not: the same" {
    killed late
    run -0 lockstep recover
    all_at ""
}

@test "what outlived lockstep, wherever it went, is ended before anything is settled" {
    printf '#!/bin/sh\n[ "$1" != up ] || setsid -f env -i sh -c "%s; touch %s"\nexec %s "$@"\n' \
        'sleep 3' "$PWD/late" "$command" >outliving
    chmod +x outliving
    command=$PWD/outliving conf # with the descriptors, and without the environment
    killed slow
    run -0 lockstep recover
    all_at ""
    sleep 3.2
    [ ! -e late ]
}

# wrapped COMMAND: `up` is done by another program, which passes on none of the descriptors it has
wrapped()
{
    printf '#!/bin/sh\n[ "$1" = up ] || exec %s "$@"\n%s\n' "$command" "$1" >wrapper
    chmod +x wrapper
    command=$PWD/wrapper conf "${2-down = {'$PWD/wrapper', 'down', '\${target\}'\}}"
}

@test "a program that a wrapper started, without what it inherited, does not outlive lockstep either" {
    wrapped 'exec python3 -c "import subprocess, sys; subprocess.run(sys.argv[1:])" \
        sh -c "touch $TROUBLE/begun.c; sleep 3; touch $TROUBLE/late"'
    "$LOCKSTEP" up </dev/null >out 2>&1 &
    pid=$!
    wait_for trouble/begun.c
    kill -9 $pid
    wait $pid || true
    run -0 lockstep recover
    sleep 3.2
    [ ! -e trouble/late ]
}

@test "what a failed command left outside its process group does not go on" {
    wrapped 'setsid -f sh -c "sleep 2; touch $TROUBLE/late"; exit 3'
    run -1 lockstep up
    says "exit code 3"
    sleep 2.2
    [ ! -e trouble/late ]
}

@test "interrupted: the commands are ended, and what they changed is taken back" {
    touch trouble/slow.c
    "$LOCKSTEP" up </dev/null >out 2>&1 &
    pid=$!
    wait_for trouble/begun.c
    kill -INT $pid
    status=0
    wait $pid || status=$?
    [ $status = 1 ]
    grep -q interrupted out
    all_at ""
}

@test "no more commands at once than max_parallel" {
    conf "down = {'$command', 'down', '\${target}'} max_parallel = 1"
    cat >single <<SH
#!/bin/sh
[ "\$1" = revisions ] || mkdir "$PWD/only" || exit 1
$command "\$@"; code=\$?
[ "\$1" = revisions ] || rmdir "$PWD/only"
exit \$code
SH
    chmod +x single
    sed -i "s#'$command'#'$PWD/single'#g" lockstep.conf
    run -0 lockstep up
    all_at three
}

@test "without down nothing runs, unless the risk is taken" {
    conf ""
    run -5 lockstep up
    says "cannot be undone"
    says 'give its exec section the command `down`'
    all_at ""
    run -0 lockstep up --allow-irreversible
    all_at three
    run -5 lockstep down --yes
    all_at three
}

@test "a template that asks for what a tenant has not is an error in the configuration" {
    sed -i "s/up', '/up', '\${tenat}/" lockstep.conf
    run -2 lockstep plan
    says "lockstep.conf:7:"
    says "there is no \${tenat}"
    says "in up of exec \"tool\""
}

@test "a label called target is no target for commands that have none" {
    sed -i "s/'tier=free'/&/; s/labels = {/&\"target=three\", /; s#/migrator', 'current'#&, '\${target}'#" lockstep.conf
    run -2 lockstep status
    says "there is no \${target}"
}

@test "passwords in labels and variables, of urls too, stand in no message when a command prints them" {
    printf 'id,path,dsn,db_password\na,tenants/a.db,db://me:sesame@host/x,open-up\n' >list.csv
    printf '#!/bin/sh\n[ "$1" = revisions ] || { echo at "$DSN, $PW, $API_TOKEN"; [ "$1" = current ] || exit 3; }\n[ "$1" != revisions ] || echo one\n' >teller
    chmod +x teller
    sed -i "s#glob = .* labels#list = \"list.csv\" labels#; s#environment = {#&'DSN=\${dsn}', 'PW=\${db_password}', #" lockstep.conf
    export API_TOKEN=abracadabra
    sed -i "s#'$command', 'current'#'$PWD/teller', 'current'#" lockstep.conf
    run -5 lockstep up
    says '`current` says "at db://me:@host/x'
    [[ $output != *sesame* && $output != *open-up* && $output != *abracadabra* ]]
    sed -i "s#'$PWD/teller', 'current'#'$command', 'current'#; s#'$command', 'up'#'$PWD/teller', 'up'#" lockstep.conf
    run -1 lockstep up
    says 'exit code 3: at db://me:@host/x'
    [[ $output != *sesame* && $output != *open-up* && $output != *abracadabra* ]]
    run ! grep -rqE 'sesame|open-up|abracadabra' .lockstep
}

@test "a revision_pattern that finds none is an error, and not a fleet with nothing to do" {
    conf "revision_pattern = '^(rev_[a-z]+)'"
    run -2 lockstep up
    says "no line names a revision"
}

@test "a target is for commands that move, in the environment too" {
    printf '#!/bin/sh\nexec %s "$1" $GOAL\n' "$command" >goal
    chmod +x goal
    command=$PWD/goal conf
    sed -i "s#, '\${target}'##; s#environment = {#&'GOAL=\${target}', #" lockstep.conf
    run -0 lockstep up two
    all_at two
    sed -i "s#/goal', 'current'#&, '\${target}'#" lockstep.conf
    run -2 lockstep status
    says "in current of exec"
}

@test "a template in double quotes is refused before libconfuse eats it" {
    sed -i "s/'\${target}'/\"\${target}\"/" lockstep.conf
    run -2 lockstep plan
    says "lockstep.conf:2:"
    says "put it in single quotes"
}

@test "a command that is not there is named, with the line" {
    sed -i "s#'$command', 'current'#'no-such-tool'#" lockstep.conf
    run -5 lockstep up
    says "no-such-tool"
    sed -i "s#'$command', 'revisions'#'no-such-tool'#" lockstep.conf
    run -2 lockstep up
    says "cannot run no-such-tool"
    says "lockstep.conf:7:"
}

@test "a fleet is of one migrator's tenants, or of none" {
    mkdir others
    sqlite3 others/z.db 'CREATE TABLE t(x)'
    echo 'source "others" { glob = {"others/*.db"} }' >>lockstep.conf
    run -2 lockstep plan
    says "tenants of an external migrator and others in one fleet"
}

@test "a list may do without paths: the tool knows by the id where a tenant is" {
    printf 'id,home\na,%s\nb,%s\n' "$PWD/tenants/a.db" "$PWD/tenants/b.db" >list.csv
    sed -i "s/\${path}/\${home}/; s/glob = .* labels/list = \"list.csv\" labels/" lockstep.conf
    run -0 lockstep up
    all_at three a b
    all_at "" c
}

@test "what cannot be done says why: adopt, history, and an undo with something on top" {
    lockstep up two
    run -2 lockstep adopt --at 1
    says "stamp"
    run -1 lockstep history a
    says "tool keeps the history"
    TENANT=$PWD/tenants/b.db "$command" up three
    run -5 lockstep undo last --yes
    says "b: is at three"
    all_at three b
    all_at two a c
}

@test "a rehearsal says that it cannot rehearse, and changes nothing" {
    run lockstep rehearse
    says "not rehearsed"
    all_at ""
}

@test "what current says must be a revision" {
    sed -i "s#'$command', 'current'#'echo', 'who knows'#" lockstep.conf
    run -5 lockstep up
    says '`current` says "who knows'
}
