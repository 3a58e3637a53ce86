#!/usr/bin/env bash
# A real Odoo 19 and a real PostgreSQL for the tests: Debian's packages in a chroot, everything bound to 127.0.0.1.
# Odoo has a PostgreSQL of its own that does not sync its disk; the inbox has another one that does.
#
#   real-odoo.sh build                  creates the chroot from nothing (once, a few minutes, about 3 GB)
#   real-odoo.sh template               creates the database bridge_base (admin/admin, once)
#   real-odoo.sh start                  build and template when missing, then all servers; prints their URLs
#   real-odoo.sh stop                   stops what start and postgresql started
#   real-odoo.sh postgresql [VERB]      build when missing, then only the inbox's PostgreSQL on
#                                       REAL_INBOX_POSTGRES_PORT; prints its URL. Each port has a cluster of its own.
#                                       VERB stop: stops it. crash: as after a power cut. remove: stops and deletes it.
#                                       status: its URL; exit code 1 when it does not run
#   real-odoo.sh start-extra PORT       one more Odoo on the same PostgreSQL, for a test that stops it
#   real-odoo.sh stop-extra PORT        stops that one; `stop` stops all
#   real-odoo.sh clone NAME [TEMPLATE]  a copy of a template database (bridge_base) with its filestore, in seconds
#   real-odoo.sh mark-template NAME     refuses connections to a database, so that it can be cloned while Odoo runs
#   real-odoo.sh take-away NAME         ends all connections to a database, and hides it
#   real-odoo.sh bring-back NAME        undoes take-away
#   real-odoo.sh drop NAME              removes a database and its filestore
#   real-odoo.sh databases              the names of all databases, one per line
#   real-odoo.sh python                 runs the Python program on standard input with the chroot's Python
#   real-odoo.sh status                 what is there and what runs; exit code 1 when Odoo does not run
#
# Run as root on Debian. Everything lives in one folder (see BASE), which may be deleted after `stop`.
set -euo pipefail

BASE=${SWEEGO_BRIDGE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/sweego-odoo-bridge}/odoo19
HTTP_PORT=${REAL_ODOO_HTTP_PORT:-18069}
GEVENT_PORT=${REAL_ODOO_GEVENT_PORT:-18072}
POSTGRES_PORT=${REAL_ODOO_POSTGRES_PORT:-15499}
INBOX_POSTGRES_PORT=${REAL_INBOX_POSTGRES_PORT:-15500}
MODULES=${REAL_ODOO_MODULES:-mail,base_automation,sale,crm,contacts,account,base_import_module}

ROOT=$BASE/root
RUN=$BASE/run
LOG=$BASE/log # odoo.log, postgresql.log, inbox-postgresql-PORT.log
# Paths inside the chroot.
DATA=/var/lib/real-odoo/data
CLUSTER=/var/lib/real-odoo/postgresql
INBOX_SERVER=inbox-postgresql-$INBOX_POSTGRES_PORT
INBOX_CLUSTER=/var/lib/real-odoo/$INBOX_SERVER
# Raise these when the build or the template changes: existing ones are then created again.
BUILD_RECIPE=1
TEMPLATE_RECIPE="1 $MODULES"
NEEDED_KB=$((4 * 1024 * 1024))

say() { echo "real-odoo: $*" >&2; }
refuse() { say "$*"; exit 1; }

require_root() {
  [ "$(id -u)" = 0 ] || refuse "this needs root (chroot, mounts). Run it with sudo, or use Docker: docs/real-odoo.md"
}

# Held until this process ends; servers are started without it.
lock() {
  mkdir -p "$BASE" "$RUN" "$LOG"
  exec 9>"$BASE/lock"
  flock -n 9 || { say "waiting for another real-odoo.sh that is at work"; flock 9; }
}

# Runs a command in the chroot as a user. Its /proc and /dev live in a mount namespace of its own and vanish
# with its last process, so no mount is ever left below $BASE and deleting it can never reach the machine's /dev.
inside() {
  local user=$1
  shift
  exec unshare --mount --propagation private bash -c '
    root=$1 user=$2 && shift 2 && mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev" &&
      exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LC_ALL=C.UTF-8 \
        /usr/bin/setpriv --reuid="$user" --regid="$user" --init-groups "$@"' inside "$ROOT" "$user" "$@"
}

sql() { (inside postgres psql -h "$CLUSTER" -p "$(port_of postgresql)" -XqAt -v ON_ERROR_STOP=1 -d "${2:-postgres}" -c "$1"); }

# The processes whose root directory is a chroot of ours.
occupants() {
  local link
  for link in /proc/[0-9]*/root; do
    case $(readlink "$link" 2>/dev/null) in "$BASE"/*) basename "$(dirname "$link")" ;; esac
  done
}

parts=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/real-odoo
. "$parts/build.sh"
. "$parts/servers.sh"
. "$parts/inbox-postgresql.sh"
. "$parts/databases.sh"

case ${1:-} in
  build) require_root; lock; build ;;
  template) require_root; lock; build; template ;;
  start) require_root; lock; build; template; start_odoo; start_inbox_postgresql; print_urls; print_inbox_url ;;
  stop) require_root; lock; stop ;;
  start-extra) require_root; require_port "${2:-}"; require_postgresql; start_extra "$2" ;;
  stop-extra) require_root; require_port "${2:-}"; stop_server "odoo-$2" TERM ;;
  take-away) require_root; require_name "${2:-}"; require_postgresql; take_away "$2" ;;
  bring-back) require_root; require_name "${2:-}"; require_postgresql; bring_back "$2" ;;
  postgresql) require_root; lock; build; inbox_postgresql "${2:-start}" ;;
  clone) require_root; require_name "${2:-}"; require_name "${3:-bridge_base}"; require_postgresql; clone "$2" "${3:-bridge_base}" ;;
  mark-template) require_root; require_name "${2:-}"; require_postgresql; mark_template "$2" ;;
  drop) require_root; require_name "${2:-}"; require_postgresql; drop "$2" ;;
  databases) require_root; require_postgresql; databases ;;
  python) require_root; (inside odoo python3 -) ;;
  status) require_root; status ;;
  *) sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0" >&2; exit 2 ;;
esac
