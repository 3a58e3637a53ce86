# shellcheck shell=bash
# Sourced by ../real-odoo.sh: the template database and its clones.

require_name() {
  [[ ${1:-} =~ ^[a-z][a-z0-9_]{0,62}$ ]] && [[ ! $1 =~ ^(postgres|template[01])$ ]] ||
    refuse "a database name is needed: small letters, digits and underscores, at most 63"
}
require_postgresql() { is_running postgresql || refuse "PostgreSQL does not run. Run: $0 start"; }
exists() {
  local found
  found=$(sql "select 1 from pg_database where datname = '$1'") || refuse "PostgreSQL does not answer: see $LOG/postgresql.log"
  [ "$found" = 1 ]
}

template() {
  start_postgresql
  if exists bridge_base; then
    [ "$(sql "select shobj_description(oid, 'pg_database') from pg_database where datname = 'bridge_base'")" != "$TEMPLATE_RECIPE" ] ||
      return 0
    drop bridge_base
  fi
  exists bridge_base_partial && drop bridge_base_partial
  say "making the database bridge_base with $MODULES (log: $LOG/template.log)"
  # It is marked as a template immediately, so that the cron of a running Odoo does not use it.
  sql "create database bridge_base_partial owner odoo encoding 'UTF8' template template0 is_template true"
  # shellcheck disable=SC2046
  (inside odoo odoo $(odoo_options) -d bridge_base_partial -i "$MODULES" --without-demo=True --stop-after-init --no-http) \
    >"$LOG/template.log" 2>&1 </dev/null 9>&- || { tail -n 15 "$LOG/template.log" >&2; refuse "see $LOG/template.log"; }
  # The marker allows tests and the demo to send fake events to this database. Without the update, all jobs would run
  # immediately in every clone. Only the mail queue stays active, and runs when it is triggered.
  sql "insert into ir_config_parameter (key, value) values ('sweego_bridge.test_database', '1');
    update ir_cron set nextcall = now() at time zone 'utc' + interval '10 years', active = id in
      (select res_id from ir_model_data where module = 'mail' and name = 'ir_cron_mail_scheduler_action');
    delete from ir_cron_trigger" bridge_base_partial
  mv -T "$ROOT$DATA/filestore/bridge_base_partial" "$ROOT$DATA/filestore/bridge_base"
  sql "comment on database bridge_base_partial is '$TEMPLATE_RECIPE'"
  sql 'alter database bridge_base_partial rename to bridge_base'
  mark_template bridge_base
}

mark_template() {
  sql "alter database $1 is_template true allow_connections false"
  sql "select pg_terminate_backend(pid) from pg_stat_activity where datname = '$1'" >/dev/null
}

clone() {
  exists "$2" || refuse "there is no database $2. Run: $0 start"
  sql "create database $1 owner odoo template $2 strategy file_copy"
  # Hard links: Odoo never changes a file of its store, it only adds and removes.
  [ ! -d "$ROOT$DATA/filestore/$2" ] || cp -al "$ROOT$DATA/filestore/$2" "$ROOT$DATA/filestore/$1"
}

# The filestore keeps its name.
take_away() {
  sql "alter database $1 allow_connections false"
  until sql "alter database $1 rename to ${1}_away" 2>/dev/null; do
    exists "$1" || refuse "there is no database $1"
    sql "select pg_terminate_backend(pid) from pg_stat_activity where datname = '$1'" >/dev/null
  done
}

bring_back() {
  sql "alter database ${1}_away rename to $1"
  sql "alter database $1 allow_connections true"
}

drop() {
  if exists "$1"; then
    sql "alter database $1 is_template false"
    sql "drop database $1 with (force)"
  fi
  rm -rf "${ROOT:?}$DATA/filestore/$1"
}

databases() { sql "select datname from pg_database where datname !~ '^(postgres|template[01])$' order by 1"; }

status() {
  is_built && echo "built: $ROOT" || echo "built: no (run: $0 build)"
  local name
  for name in postgresql odoo; do
    is_running $name && echo "$name: pid $(pid_of $name), port $(port_of $name)" || echo "$name: not running"
  done
  is_running postgresql && echo "databases: $(databases | xargs)"
  is_running "$INBOX_SERVER" && print_inbox_url
  is_running odoo && print_urls
}
