# shellcheck shell=bash
# Sourced by ../real-odoo.sh: PostgreSQL clusters for the inbox, one per port, which sync their disk as in production.

# The role is not a superuser, because the bridge must work without such rights.
make_inbox_cluster() {
  [ ! -e "$ROOT$INBOX_CLUSTER/made" ] || return 0
  rm -rf "${ROOT:?}$INBOX_CLUSTER"
  install -d -m 700 "$ROOT$INBOX_CLUSTER"
  chown --reference="$ROOT$CLUSTER" "$ROOT$INBOX_CLUSTER"
  local bin data=$INBOX_CLUSTER/data
  bin=$(postgresql_bin)
  {
    (inside postgres "$bin/initdb" -D "$data" -U postgres -E UTF8 --auth-local=trust --auth-host=scram-sha-256 --no-sync)
    echo "create role bridge login createdb createrole password 'bridge'" |
      (inside postgres "$bin/postgres" --single -D "$data" postgres)
  } >"$LOG/$INBOX_SERVER.log" 2>&1 9>&- || { tail -n 15 "$LOG/$INBOX_SERVER.log" >&2; refuse "see $LOG/$INBOX_SERVER.log"; }
  touch "$ROOT$INBOX_CLUSTER/made"
}

start_inbox_postgresql() {
  is_running "$INBOX_SERVER" && return 0
  make_inbox_cluster
  remove_stale_lock "$INBOX_CLUSTER/data"
  require_free "$INBOX_POSTGRES_PORT" REAL_INBOX_POSTGRES_PORT
  launch "$INBOX_SERVER" "$INBOX_POSTGRES_PORT" postgres "$(postgresql_bin)/postgres" -D "$INBOX_CLUSTER/data" \
    -p "$INBOX_POSTGRES_PORT" -c listen_addresses=127.0.0.1 -c unix_socket_directories="$INBOX_CLUSTER" -c max_connections=200
  wait_for "$INBOX_SERVER" 60 inbox_postgresql_answers
}

inbox_postgresql_answers() {
  (inside postgres psql -h "$INBOX_CLUSTER" -p "$INBOX_POSTGRES_PORT" -U postgres -XqAt -d postgres -c 'select 1')
}

inbox_postgresql() {
  case $1 in
    start) start_inbox_postgresql; print_inbox_url ;;
    stop) stop_server "$INBOX_SERVER" INT ;;
    crash) stop_server "$INBOX_SERVER" QUIT ;; # PostgreSQL's "immediate shutdown": it recovers at the next start
    remove) stop_server "$INBOX_SERVER" INT; rm -rf "${ROOT:?}$INBOX_CLUSTER" "$LOG/$INBOX_SERVER.log" ;;
    status) is_running "$INBOX_SERVER" && print_inbox_url ;;
    *) refuse "unknown: postgresql $1. Use postgresql [start|stop|crash|remove|status]" ;;
  esac
}

print_inbox_url() { echo "INBOX_POSTGRES_URL=postgres://bridge:bridge@127.0.0.1:$INBOX_POSTGRES_PORT/postgres"; }
