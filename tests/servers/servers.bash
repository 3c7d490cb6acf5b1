# Real servers for bats files: setup_file starts them, teardown_file closes them. A file that is ended in
# between leaves none, since a server ends with the process that runs the file.
#
#   setup_file() { server_start eu postgres --prepared 20; server databases eu 3; }
#   teardown_file() { servers_close; }
#   @test "..." { server sql eu t1 'SELECT 1'; }
server_front=${BASH_SOURCE[0]%/*}/server

# server COMMAND NAME [WORDS]: see `tests/servers/server --help`
server()
{
    local command=$1 name=$2

    shift 2
    "${PYTHON:-python3}" -SEB "$server_front" "$command" "$SERVERS/$name" "$@"
}

# server_start NAME postgres|mariadb [OPTIONS]
server_start()
{
    if [ -z "${SERVERS:-}" ]; then
        SERVERS=$(mktemp -d "${TMPDIR:-/tmp}/lockstep-servers.XXXXXXXX") || return
        chmod 711 "$SERVERS" # the server's user goes through it
        export SERVERS
    fi
    server start "$@" --pid $$
}

servers_close()
{
    local folder

    for folder in "${SERVERS:?}"/*/; do
        [ ! -d "$folder" ] || server close "$(basename "$folder")"
    done
    [ ! -d "$SERVERS" ] || rmdir "$SERVERS"
    unset SERVERS
}
