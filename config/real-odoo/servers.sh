# shellcheck shell=bash
# Sourced by ../real-odoo.sh: starts PostgreSQL and Odoo, and stops only the servers that it started.

# A server's run file holds: pid, start time of the process (another process may have got the pid since), port.
started_at() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | awk '$1 != "Z" { print $20 }'; } # a zombie does not run any more
is_running() {
  local pid started port
  [ -e "$RUN/$1" ] && read -r pid started port <"$RUN/$1" && [ "$(started_at "$pid")" = "$started" ]
}
pid_of() { cut -d ' ' -f 1 "$RUN/$1"; }
port_of() { cut -d ' ' -f 3 "$RUN/$1"; }

is_port_taken() { (: <>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# require_free PORT VARIABLE
require_free() { ! is_port_taken "$1" || refuse "port $1 is taken by something else. Set $2 to a free port"; }

# launch NAME PORT USER COMMAND…: runs it in a session of its own and writes its run file.
launch() {
  local name=$1 port=$2 user=$3 pid
  shift 3
  (
    exec 9>&- </dev/null >>"$LOG/$name.log" 2>&1
    export -f inside
    export ROOT
    exec setsid bash -c 'inside "$@"' launch "$user" "$@"
  ) &
  pid=$!
  echo "$pid $(started_at "$pid") $port" >"$RUN/$name"
}

# wait_for NAME SECONDS COMMAND…: waits until the command succeeds; fails when the server ends or takes longer.
wait_for() {
  local name=$1 deadline=$((SECONDS + $2))
  shift 2
  until "$@" >/dev/null 2>&1; do
    is_running "$name" || { tail -n 15 "$LOG/$name.log" >&2; refuse "$name ended while starting: $LOG/$name.log"; }
    [ $SECONDS -lt $deadline ] || refuse "$name does not answer: see $LOG/$name.log, then stop and start again"
    sleep 0.3
  done
}

answers_as_odoo() {
  local line
  exec 8<>"/dev/tcp/127.0.0.1/$1" || return 1
  printf 'GET /web/health HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n' >&8
  read -r -t 10 line <&8
  exec 8>&-
  [[ $line == *' 200 '* ]]
}

# After a crash the pid in this file may belong to another process, and PostgreSQL would not start.
remove_stale_lock() {
  local lock_file=$ROOT$1/postmaster.pid
  [ ! -e "$lock_file" ] || occupants | grep -qx "$(head -n 1 "$lock_file")" ||
    rm -f "$lock_file" "$ROOT$1"/.s.PGSQL.*
}

# Where PostgreSQL's programs are, inside the chroot.
postgresql_bin() { (cd "$ROOT" && ls -d usr/lib/postgresql/*/bin | tail -n 1 | sed 's,^,/,'); }

start_postgresql() {
  is_running postgresql && return 0
  remove_stale_lock "$CLUSTER"
  require_free "$POSTGRES_PORT" REAL_ODOO_POSTGRES_PORT
  # Without fsync: these databases can be created again, and a clone takes only a second or two.
  launch postgresql "$POSTGRES_PORT" postgres "$(postgresql_bin)/postgres" -D "$CLUSTER" -p "$POSTGRES_PORT" \
    -c listen_addresses=127.0.0.1 -c unix_socket_directories="$CLUSTER" -c max_connections=200 \
    -c fsync=off -c synchronous_commit=off -c full_page_writes=off
  wait_for postgresql 60 sql 'select 1'
}

odoo_options() {
  echo --db_host=127.0.0.1 --db_port="$(port_of postgresql)" --db_user=odoo --db_password=odoo --data-dir="$DATA"
}

start_odoo() {
  is_running odoo && return 0
  require_free "$HTTP_PORT" REAL_ODOO_HTTP_PORT
  require_free "$GEVENT_PORT" REAL_ODOO_GEVENT_PORT
  # shellcheck disable=SC2046
  launch odoo "$HTTP_PORT" odoo odoo $(odoo_options) --http-interface=127.0.0.1 --http-port="$HTTP_PORT" \
    --gevent-port="$GEVENT_PORT" --workers=2 --max-cron-threads=1 --limit-time-real=300
  echo "$GEVENT_PORT" >"$RUN/gevent-port"
  wait_for odoo 120 answers_as_odoo "$HTTP_PORT"
}

require_port() { [[ ${1:-} =~ ^[1-9][0-9]{3,4}$ ]] || refuse "a free port is needed, for example 18100"; }

# Threads in one process instead of workers: it starts and stops in seconds.
start_extra() {
  is_running "odoo-$1" && return 0
  ! is_port_taken "$1" || refuse "port $1 is taken by something else. Choose another"
  # shellcheck disable=SC2046
  launch "odoo-$1" "$1" odoo odoo $(odoo_options) --http-interface=127.0.0.1 --http-port="$1" --workers=0 \
    --max-cron-threads=0
  wait_for "odoo-$1" 120 answers_as_odoo "$1"
}

print_urls() {
  echo "ODOO_URL=http://127.0.0.1:$(port_of odoo)"
  echo "ODOO_GEVENT_URL=http://127.0.0.1:$(cat "$RUN/gevent-port")"
}

# stop_server NAME SIGNAL: sends the signal, and kills the server after 20 seconds.
stop_server() {
  local pid deadline=$((SECONDS + 20))
  is_running "$1" || { rm -f "$RUN/$1"; return 0; }
  pid=$(pid_of "$1")
  kill "-$2" "$pid"
  while is_running "$1" && [ $SECONDS -lt $deadline ]; do sleep 0.2; done
  ! is_running "$1" || kill -KILL -- "-$pid"
  rm -f "$RUN/$1"
}

stop() {
  local extra
  for extra in "$RUN"/odoo-*; do [ ! -e "$extra" ] || stop_server "$(basename "$extra")" TERM; done
  stop_server odoo TERM
  stop_server postgresql INT
  local server
  for server in "$RUN"/inbox-postgresql-*; do
    [ ! -e "$server" ] || stop_server "$(basename "$server")" INT
  done
}
