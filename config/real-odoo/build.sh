# shellcheck shell=bash
# Sourced by ../real-odoo.sh: creates the chroot, and removes an old one.

discard() {
  [ -e "$1" ] || return 0
  [ -z "$(occupants)" ] || refuse "processes still run in $BASE ($(occupants | xargs)). End them, then repeat"
  ! grep -q " $1/" /proc/self/mountinfo || refuse "something is mounted below $1. Unmount it, then repeat"
  rm -rf --one-file-system "$1"
}

# The Debian mirror that apt on this machine already uses.
mirror() {
  local codename
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  apt-get indextargets --format '$(SITE) $(CODENAME) $(ORIGIN)' 'Created-By: Packages' |
    awk -v codename="$codename" '
      $2 ~ /-/ || $1 !~ /^https?:/ { next }
      $3 == "Debian" { print $1; exit }
      $2 == codename && !fallback { fallback = $1 }
      END { if (fallback) print fallback }' | head -n 1
}

is_built() { [ "$(cat "$ROOT/.real-odoo-built" 2>/dev/null)" = "$BUILD_RECIPE" ]; }

build() {
  is_built && return 0
  [ -e /etc/debian_version ] && command -v apt-get >/dev/null ||
    refuse "this builds from Debian's packages and needs Debian. Use Docker instead: docs/real-odoo.md"
  [ "$(df -k --output=avail "$BASE" | tail -n 1)" -ge "$NEEDED_KB" ] ||
    refuse "fewer than $((NEEDED_KB / 1024)) MB are free for $BASE. Free some, or set SWEEGO_BRIDGE_CACHE to a larger disk"
  command -v debootstrap >/dev/null || { apt-get update -qq && apt-get install -y -qq debootstrap; } >&2
  local site
  site=$(mirror)
  [ -n "$site" ] || refuse "apt knows no http(s) Debian mirror. Add one to /etc/apt/sources.list.d and run apt-get update"
  stop
  discard "$BASE/root.partial"
  discard "$ROOT"
  say "building Odoo 19 in $ROOT from $site (log: $LOG/build.log)"
  # The PID namespace ends with this script, even when the script is killed: no process of the build continues.
  setpriv --pdeathsig KILL unshare --mount --propagation private --pid --fork --kill-child \
    bash -euo pipefail -c "$(declare -f populate); populate \"\$@\"" populate "$BASE/root.partial" "$site" "$CLUSTER" "$DATA" \
    >"$LOG/build.log" 2>&1 </dev/null 9>&- || { tail -n 15 "$LOG/build.log" >&2; refuse "the build failed: $LOG/build.log"; }
  mv "$BASE/root.partial" "$ROOT"
  echo "$BUILD_RECIPE" >"$ROOT/.real-odoo-built"
}

# Fills a folder with Debian trixie, Odoo 19 and an empty PostgreSQL cluster. Odoo 19 comes from sid and everything
# else from trixie, because sid's Python is too new for it.
populate() {
  local root=$1 site=$2 cluster=$3 data=$4
  mount -t proc proc /proc
  debootstrap --variant=minbase --include=ca-certificates trixie "$root" "$site"
  mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" # no package may start a server
  chmod +x "$root/usr/sbin/policy-rc.d"
  echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/real-odoo"
  apt-config dump | grep -E '^Acquire::https?::Proxy' >"$root/etc/apt/apt.conf.d/90machine" || true
  # sid's Release file is valid for a week only, and a mirror may be older than that.
  printf '%s\n' 'Types: deb' "URIs: $site" 'Suites: sid' 'Components: main' 'Check-Valid-Until: no' \
    'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg' >"$root/etc/apt/sources.list.d/sid.sources"
  printf '%s\n' 'Package: *' 'Pin: release n=sid' 'Pin-Priority: -1' '' \
    'Package: odoo-19' 'Pin: release n=sid' 'Pin-Priority: 900' >"$root/etc/apt/preferences.d/odoo"
  env -u TZ -u LANG LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive chroot "$root" bash -euc '
    apt-get update
    apt-get install -y --no-install-recommends odoo-19 postgresql tzdata-legacy
    apt-get clean
    cluster=$1 data=$2
    bin=$(ls -d /usr/lib/postgresql/*/bin | tail -n 1)
    mkdir -p "$cluster" "$data"
    chown postgres: "$cluster"
    chown odoo: "$data"
    as_postgres="setpriv --reuid=postgres --regid=postgres --init-groups"
    cd /tmp
    $as_postgres "$bin/initdb" -D "$cluster" -U postgres -E UTF8 --auth-local=trust --auth-host=scram-sha-256 --no-sync
    echo "create role odoo login createdb password '"'odoo'"'" | $as_postgres "$bin/postgres" --single -D "$cluster" postgres
  ' setup "$cluster" "$data"
}
