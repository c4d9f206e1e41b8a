#!/usr/bin/env bash
# timeout: 1200
# With OVERLAYFUSE_LONG=1 only: PostgreSQL on a cluster that lies in the lower layer, so that its tables come up block by block. Server and daemon are killed
# at random moments, again and again: what was acknowledged is there afterwards, every page and index is sound, and the layer is what it was.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
if [ "${OVERLAYFUSE_LONG:-}" != 1 ]; then
  skip partial-postgresql "takes minutes: bash tests/run.sh --long"
  exit 0
fi
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1)
if [ "$(id -u)" != 0 ] || [ -z "$bin" ]; then
  skip partial-postgresql "needs root and postgresql"
  exit 0
fi
cd "$scratch"
m=$scratch/m rounds=8 rows=4000
mkdir l run && chown postgres run

as_postgres() { timeout 120 setpriv --reuid postgres --regid postgres --clear-groups env "PATH=$bin:$PATH" LC_ALL=C.UTF-8 "$@"; }
sql() { as_postgres psql -h "$scratch/run" -qAt -v ON_ERROR_STOP=1 postgres "$@"; }
start() { # cluster
  as_postgres pg_ctl -D "$1" -o "-k $scratch/run -h '' -c shared_buffers=8MB -c checkpoint_timeout=30s" -l "$scratch/run/log" -t 100 -w start >/dev/null || { tail "$scratch/run/log"; return 1; }
  head -n 1 "$1/postmaster.pid" >server
}
stop() { as_postgres pg_ctl -D "$1" -m fast -t 100 -w stop >/dev/null && rm server; }

are_gone() {
  local pid
  for pid in "$@"; do [ ! -d "/proc/$pid" ] || return 1; done
}

# With all that it has started: stopped first, so that it starts nothing meanwhile. The next one takes who is not gone altogether for a rival.
kill_server() {
  local pid all
  [ -s server ] || return 0
  pid=$(cat server) && rm server
  [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = postgres ] || return 0
  kill -STOP "$pid"
  mapfile -t all < <(echo "$pid" && pgrep -P "$pid")
  kill -9 "${all[@]}" 2>/dev/null
  eventually are_gone "${all[@]}"
}
kill_daemon() {
  local daemon
  daemon=$(daemon_of "$m") && kill -9 "$daemon" && umount -l "$m" && eventually are_dead "$daemon"
}
mount_with() { "$OVERLAYFUSE" mount -o "lowerdir=l,upperdir=u,workdir=w,allow_other,$1" "$m"; }
after_check() {
  kill_server
  is_mounted "$m" && kill_daemon
}
trap 'after_check >/dev/null 2>&1; clean_up' EXIT

# With checksums. A table for what is acknowledged, another one for each round, and those of pgbench: all but a few are larger than what comes up whole.
cluster() {
  local round
  install -d -o postgres -m 700 l/data && as_postgres initdb -D "$scratch/l/data" -A trust -k >run/initdb 2>&1 || { tail run/initdb; return 1; }
  start "$scratch/l/data" && as_postgres pgbench -h "$scratch/run" -i -q -s 3 postgres 2>/dev/null || return
  sql -c "create extension amcheck; create table acknowledged (n bigint primary key, t text)" || return
  sql -c "insert into acknowledged select -n, repeat('x', 300) from generate_series(1, $rows) n" || return
  for round in $(seq "$rounds"); do
    sql -c "create table t$round (n int primary key, last bigint, t text)" || return
    sql -c "insert into t$round select n, 0, repeat('y', 300) from generate_series(0, $rows - 1) n" || return
  done
  stop "$scratch/l/data" && find l -type f -print0 | sort -z | xargs -0 sha256sum >lower
}

# One transaction after the other, each told by its number when it is committed; psql ends with the server.
transactions() { # round
  seq $(($1 * 1000000)) $(($1 * 1000000 + 999999)) |
    awk -v "t=t$1" -v "rows=$rows" '{
      print "begin;\nupdate", t, "set last =", $1, "where n =", ($1 * 7) % rows, ";"
      print "insert into acknowledged values (" $1 ", repeat(chr(97 + " $1 % 26 "), 400));\ncommit;\n\\echo", $1
    }' |
    sql >>acknowledged 2>/dev/null
}
has_more() { [ "$(wc -l <acknowledged)" -gt "$1" ]; }
is_partial() { [ "$(ls w/overlayfuse/partial | wc -l)" -gt 0 ] && "$OVERLAYFUSE" status --json "$m" | grep -qE '"unsettledFiles": *[1-9]'; }

sound() {
  sql -c 'select n from acknowledged where n > 0' | sort >found && sort acknowledged | comm -23 - found | head -n 5 >lost && [ ! -s lost ] || { echo "lost: $(tr '\n' ' ' <lost)"; return 1; }
  as_postgres pg_amcheck -h "$scratch/run" -d postgres --heapallindexed || return
  [ "$(sql -c 'select count(*), sum(abalance) = (select sum(bbalance) from pgbench_branches) from pgbench_accounts')" = '300000|t' ] || { echo "the balances differ"; return 1; }
  [ "$(sql -c "select count(*) from acknowledged where n < 0 or length(t) = 400")" = $((rows + $(wc -l <found))) ]
}

outlasts() { # options
  local round before partial=0 writer load
  rm -rf u w m && mkdir u w m && : >acknowledged || return
  for round in $(seq "$rounds"); do
    mount_with "$1" && start "$m/data" && sound || { echo "in round $round"; return 1; }
    before=$(wc -l <acknowledged)
    as_postgres pgbench -h "$scratch/run" -n -c 2 -T 60 postgres >/dev/null 2>&1 & load=$!
    transactions "$round" & writer=$!
    eventually has_more "$((before + 20))" || { echo "no transactions in round $round"; return 1; }
    for _ in $(seq 50); do if is_partial; then partial=$((partial + 1)) && break; fi; sleep 0.1; done
    sleep "$((RANDOM % 3)).$((RANDOM % 10))"
    if [ $((RANDOM % 2)) = 0 ]; then kill_server && kill_daemon; else kill_daemon && kill_server; fi || { echo "not killed in round $round"; return 1; }
    wait "$writer" "$load"
  done
  mount_with "$1" && start "$m/data" && sound && stop "$m/data" || return
  local daemon
  daemon=$(daemon_of "$m") && "$OVERLAYFUSE" umount "$m" && eventually eval "! kill -0 $daemon 2>/dev/null" && "$OVERLAYFUSE" check u && sha256sum --quiet -c lower || return
  echo "$(wc -l <acknowledged) transactions; files were partial in $partial of $rounds rounds"
  [ "$partial" -ge $((rounds / 2)) ] # a checkpoint, which syncs, may have brought them up before we looked
}

check partial-postgresql.the_cluster_is_made cluster
check partial-postgresql.outlasts_killed_servers_and_daemons outlasts data=cached,partial=64K
check partial-postgresql.outlasts_them_where_layers_are_immutable outlasts data=cached,partial=64K,settle=never,immutable
check partial-postgresql.outlasts_them_where_written_through outlasts data=cached,writeback=off,partial=64K
