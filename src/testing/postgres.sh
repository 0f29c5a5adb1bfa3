# A PostgreSQL server for tests, in a folder of its own, for as long as its standard input is open: whoever started this
# has the other end of it, and the system closes that however they go, even by SIGKILL.
#
# Prints one line: "ready FOLDER", the folder of its socket, or "missing" where there is no PostgreSQL, or "failed" with the
# end of its log behind it. PostgreSQL does not run as root, so root becomes somebody else first.
set -u

find_postgres() {
    for folder in ${TENURE_TEST_POSTGRES_BIN:-} $(ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/local/pgsql/bin \
        /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin 2>/dev/null | sort -rV); do
        if [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ]; then echo "$folder"; return; fi
    done
}

if [ -n "${TENURE_TEST_POSTGRES_BIN:-}" ] || ! command -v initdb >/dev/null || ! command -v postgres >/dev/null; then
    bin=$(find_postgres)
    if [ -z "$bin" ]; then echo missing; exit; fi
    PATH=$bin:$PATH
fi
if [ "$(id -u)" = 0 ]; then
    user=nobody
    if id postgres >/dev/null 2>&1; then user=postgres; fi
    if command -v setpriv >/dev/null; then
        exec setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups env PATH="$PATH" HOME=/ sh -c "$TENURE_SCRIPT"
    fi
    exec su -s /bin/sh "$user" -c "PATH='$PATH'; eval \"\$TENURE_SCRIPT\""
fi

folder=$(mktemp -d "${TMPDIR:-/tmp}/tenure-pg.XXXXXX" 2>/dev/null || mktemp -d /tmp/tenure-pg.XXXXXX)
cd "$folder" || exit
fail() {
    echo "failed $(tail -n 5 "$folder/log" | tr '\n' ' ')"
    rm -rf "$folder"
    exit
}
initdb -D "$folder/data" -U tenure -A trust -E UTF8 --locale=C --no-sync --no-instructions >"$folder/log" 2>&1 </dev/null || fail
# Nothing here needs to survive a power cut.
cat >>"$folder/data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$folder'
fsync = off
full_page_writes = off
synchronous_commit = on
max_connections = 400
shared_buffers = 32MB
autovacuum = off
max_wal_size = 4GB
log_min_messages = fatal
CONF
if [ -n "${TENURE_TEST_POSTGRES_PORT:-}" ]; then
    printf "listen_addresses = '127.0.0.1'\nport = %s\n" "$TENURE_TEST_POSTGRES_PORT" >>"$folder/data/postgresql.conf"
fi
serve() {
    postgres -D "$folder/data" >>"$folder/log" 2>&1 </dev/null &
    server=$!
    until grep -q ready "$folder/data/postmaster.pid" 2>/dev/null; do
        kill -0 "$server" 2>/dev/null || fail
        sleep 0.02
    done
}
serve
trap '' INT TERM HUP
echo "ready $folder"
# Each line asks for a restart, which is answered when it is done; the end of the input is the end.
while read -r _; do
    kill -INT "$server"
    wait "$server"
    serve
    echo again
done
kill -INT "$server"
wait "$server"
rm -rf "$folder"
