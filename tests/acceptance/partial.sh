#!/usr/bin/env bash
# timeout: 900
# Files that come up block by block, on real mounts: what is on disk, who keeps away, what others see, and a database in such a file whose daemon
# is killed again and again.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$scratch"
m=$scratch/m rounds=6
[ "${OVERLAYFUSE_LONG:-}" != 1 ] || rounds=40
after_check() {
  is_mounted "$m" && umount -l "$m"
  is_mounted "$scratch/d" && umount -l "$scratch/d"
}

prepare() { # runs as the ordinary user too
  chmod -R u+rwX . && rm -rf l u w m ref && mkdir l u w m
  head -c 9000000 /dev/urandom >l/big && cp l/big ref && chmod 644 l/big ref
}
mount_with() { "$OVERLAYFUSE" mount -o "lowerdir=l,upperdir=u,workdir=w,$1" "$m"; }
unmount() {
  local daemon
  daemon=$(daemon_of "$m") && "$OVERLAYFUSE" umount "$m" && eventually eval "! kill -0 $daemon 2>/dev/null"
}
kill_daemon() {
  local daemon
  daemon=$(daemon_of "$m") && kill -9 "$daemon" && umount -l "$m" && eventually are_dead "$daemon"
}
blocks() { du --block-size=1024 "u/$1" | cut -f1; }

append() { printf x >>m/big && printf x >>ref; }
costs_the_bytes_touched() { # and shows the whole file; it stays mounted for the next ones
  prepare && mount_with partial=on,settle=on-unmount && append || return
  local used
  used=$(blocks big)
  echo "$used KiB in the upper"
  [ "$used" -le 16 ] && cmp m/big ref && ls w/work/incompat/overlayfuse-partial && [ "$(ls w/overlayfuse/partial | wc -l)" = 1 ]
}
loads_nothing() { # OpenSSL for a random number took longer than the copy-up
  local daemon
  daemon=$(daemon_of "$m") && grep -q '\.so' "/proc/$daemon/maps" && ! grep -E 'libcrypto|libssl' "/proc/$daemon/maps"
}
tells_its_cost() {
  "$OVERLAYFUSE" status m && "$OVERLAYFUSE" status --json m >status && python3 - status <<'PY'
import json, sys
status = json.load(open(sys.argv[1]))
assert status["partialFiles"] == 1 and status["unsettledFiles"] == 1 and status["wholeFiles"] == 0, status
assert 1 <= status["bytesAsked"] <= 4096 and status["bytesFilled"] == 0, status # the kernel writes pages back
assert 1 < status["writeAmplification"] < 20000, status
PY
}
is_plain_after_unmount() {
  unmount && cmp u/big ref && [ -z "$(ls w/overlayfuse/partial)" ] && [ ! -e w/work/incompat/overlayfuse-partial ] && ! getfattr -d -m 'overlay.(metacopy|partial)' u/big 2>/dev/null | grep overlay
}
looks_like_any_file() {
  prepare && mount_with partial=on,settle=on-unmount || return
  dd if=ref of=m/big bs=4096 skip=100 seek=700 count=3 conv=notrunc status=none && dd if=ref of=ref2 bs=4096 skip=100 count=3 status=none && dd if=ref2 of=ref bs=4096 seek=700 conv=notrunc status=none || return
  fallocate -p -o 1000000 -l 500000 m/big && fallocate -p -o 1000000 -l 500000 ref || return
  truncate -s 8500000 m/big && truncate -s 8500000 ref || return
  cp --sparse=always m/big copy && cmp copy ref && cp --reflink=never --sparse=auto m/big copy && cmp copy ref || return
  tar -C m -Scf big.tar big && mkdir -p out && tar -C out -xf big.tar && cmp out/big ref || return
  cp m/big m/inside && cmp m/inside ref && mv m/big m/moved && ln m/moved m/linked && chmod 600 m/moved && cmp m/linked ref && rm m/moved && cmp m/linked ref && unmount && cmp u/linked ref
}
survives_a_kill() { # in the page cache, without a sync
  prepare && mount_with data=cached,writeback=off,partial=on,settle=never,immutable || return
  dd if=ref of=m/big bs=4096 skip=9 seek=70 count=30 conv=notrunc status=none && dd if=l/big of=ref bs=4096 skip=9 seek=70 count=30 conv=notrunc status=none || return
  append && kill_daemon && mount_with partial=on,settle=never,immutable && cmp m/big ref && unmount && [ "$(blocks big)" -lt 1000 ] || return
  mount_with partial=on && cmp m/big ref && unmount && cmp u/big ref
}
settles_by_command() {
  prepare && mount_with partial=on,settle=never,immutable && append && unmount && [ "$(ls w/overlayfuse/partial | wc -l)" = 1 ] || return
  "$OVERLAYFUSE" check u || return
  "$OVERLAYFUSE" settle u && cmp u/big ref && [ -z "$(find w/overlayfuse/partial w/work/incompat -mindepth 1)" ] && "$OVERLAYFUSE" check u
}
waits_for_the_rest() { # however long that takes: here somebody stops the daemon while it does, unless it was so fast that there was nothing to stop
  local i
  for i in 1 2 3; do
    stops_while_it_ends && return
    grep -qx 'it has ended already' stopped || return
  done
  return 1
}
stops_while_it_ends() {
  : >stopped
  prepare && head -c 300000000 /dev/zero >>l/big && head -c 300000000 /dev/zero >>ref && mount_with partial=on,settle=on-unmount && append && sync -f m || return
  local daemon mount
  daemon=$(daemon_of "$m") && "$OVERLAYFUSE" umount "$m" || return
  until grep -q ending w/overlayfuse/lock; do kill -0 "$daemon" || { echo "it has ended already" | tee stopped; return 1; }; done
  kill -STOP "$daemon"
  mount_with partial=on 2>said & mount=$!
  sleep 5
  kill -0 "$mount" && ! is_mounted "$m" && kill -CONT "$daemon" && wait "$mount" && grep -q "waiting for the daemon (pid $daemon)" said && cmp m/big ref && unmount && cmp u/big ref
  local result=$?
  kill -CONT "$daemon" 2>/dev/null
  return $result
}
passes_over_holes() { # chunk by chunk it took a minute
  prepare && truncate -s 100G l/huge && printf island | dd of=l/huge bs=1M seek=50000 conv=notrunc status=none && mount_with partial=on || return
  printf x | timeout 40 dd of=m/huge bs=1 seek=5000000000 conv=notrunc,fsync status=none && [ -z "$(ls w/overlayfuse/partial)" ] && [ "$(blocks huge)" -le 200 ] || return
  [ "$(dd if=m/huge bs=1M skip=50000 count=1 status=none | head -c 6)" = island ] && unmount
}
loses_power() { # options: a few seconds after the write its bytes are on the disk, and a while later the disk is all there is
  local i code
  for i in 1 2 3; do
    power_is_lost "$1"
    code=$?
    [ $code = 77 ] || return $code
  done
  return 1
}
power_is_lost() { # 77: on a busy machine the rest had come up before we looked
  local stack=lowerdir=d/l,upperdir=d/u,workdir=d/w,$1 daemon taken code
  prepare && truncate -s 100M disk && mkfs.ext4 -qF disk && mkdir -p d && mount -o loop disk d && mkdir d/{l,u,w} && cp l/big d/l || return
  "$OVERLAYFUSE" mount -o "$stack" "$m" && printf HELLO | dd of=m/big bs=1 seek=5000 conv=notrunc status=none || return
  sync -f m && sleep 4 && daemon=$(daemon_of "$m") && kill -STOP "$daemon" || return # else it may bring up the rest while the disk is copied
  taken=$(ls d/w/overlayfuse/partial | wc -l) && sync -f d && cp --sparse=always disk snap
  code=$?
  kill -CONT "$daemon" && [ $code = 0 ] && unmount && umount d || return
  if [ "$taken" = 0 ]; then return 77; fi
  mount -o loop snap d && [ "$(ls d/w/overlayfuse/partial | wc -l)" = 1 ] && echo 11111111-2222-4333-8444-555555555555 >boot || return
  cat >another_boot <<'BOOT'
mount --bind boot /proc/sys/kernel/random/boot_id && "$1" mount -o "$2" m && dd if=m/big bs=1 skip=5000 count=5 status=none >said && "$1" umount m
BOOT
  unshare -m --propagation private sh another_boot "$OVERLAYFUSE" "$stack" && eventually eval '! daemon_of "$m" >/dev/null' && umount d && [ "$(cat said)" = HELLO ]
}
kernel_refuses() {
  prepare && mount_with partial=on,settle=never,immutable && append && unmount && find w/overlayfuse -type f | sort | xargs sha256sum >before || return
  mkdir -p k
  if mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w,metacopy=on k; then umount k && return 1; fi
  find w/overlayfuse -type f | sort | xargs sha256sum | cmp before - && mount_with partial=on && cmp m/big ref && unmount || return
  mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w,metacopy=on k && cmp k/big ref && umount k
}
never_needs_immutable() {
  prepare
  "$OVERLAYFUSE" mount -o lowerdir=l,upperdir=u,workdir=w,partial=on,settle=never "$m" 2>said && return 1
  grep -q immutable said
}

has_more() { [ "$(wc -l <acknowledged)" -gt "$1" ]; }

database() { # options: what was committed is there after each kill
  prepare && rm -f acknowledged && touch acknowledged || return
  python3 - l/db <<'PY' || return
import os, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("create table t (n integer primary key, b blob)")
db.executemany("insert into t values (?, ?)", [(n, os.urandom(9000)) for n in range(1, 500)])
db.commit()
PY
  local round pid before
  for round in $(seq "$rounds"); do
    mount_with "$1" || return
    before=$(wc -l <acknowledged)
    python3 - m/db acknowledged <<'PY' 2>/dev/null &
import os, random, sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=20)
db.execute("pragma synchronous = full")
with open(sys.argv[2], "a", buffering=1) as log:
    while True:
        n = db.execute("select max(n) from t").fetchone()[0] + 1
        db.execute("insert into t values (?, ?)", (n, os.urandom(random.randrange(20000))))
        db.execute("update t set b = ? where n = ?", (os.urandom(9000), random.randrange(1, 500)))
        db.commit()
        log.write("%d\n" % n)
PY
    pid=$!
    eventually has_more "$before" || { echo "no transaction in round $round"; kill -9 "$pid"; return 1; }
    sleep "$((RANDOM % 2)).$((RANDOM % 10))"
    kill_daemon || return
    kill -9 "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    mount_with "$1" || return
    python3 - m/db acknowledged <<'PY' || return
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=20)
said = db.execute("pragma integrity_check").fetchone()[0]
assert said == "ok", said
rows = {n for n, in db.execute("select n from t")}
lost = [n for n in map(int, open(sys.argv[2])) if n not in rows]
assert not lost, "lost %s" % lost
PY
    unmount || return
  done
  echo "$(wc -l <acknowledged) transactions"
  [ -s acknowledged ]
}

check a_write_costs_the_bytes_it_touches costs_the_bytes_touched
check the_first_one_loads_no_library loads_nothing
check status_tells_what_it_cost tells_its_cost
check the_file_is_plain_after_the_unmount is_plain_after_unmount
check a_partial_file_looks_like_any_file looks_like_any_file
check what_was_written_survives_the_death_of_the_daemon survives_a_kill
check settle_and_check_know_partial_files settles_by_command
check a_huge_sparse_file_costs_its_bytes_and_not_its_length passes_over_holes
check the_next_mount_waits_for_a_daemon_that_still_brings_up_files waits_for_the_rest
check to_leave_bytes_below_for_ever_needs_the_word never_needs_immutable
if [ "$(id -u)" = 0 ] && mkdir -p probe/{l,u,w,m} && mount -t overlay overlay -o lowerdir=probe/l,upperdir=probe/u,workdir=probe/w probe/m 2>/dev/null; then
  umount probe/m
  check the_kernel_keeps_away_until_all_is_settled kernel_refuses
else
  skip the_kernel_keeps_away_until_all_is_settled "this kernel mounts no overlayfs here"
fi
if [ "$(id -u)" = 0 ]; then
  check a_loss_of_power_takes_a_few_seconds_at_most loses_power partial=on,settle=never,immutable
  check a_loss_of_power_takes_a_few_seconds_at_most_by_default loses_power partial=on
else
  skip a_loss_of_power_takes_a_few_seconds_at_most "needs root"
fi
if python3 -c 'import sqlite3' 2>/dev/null; then
  check a_database_outlasts_killed_daemons_where_layers_are_immutable database data=cached,partial=64K,settle=never,immutable
  check a_database_outlasts_killed_daemons_where_they_are_not database data=cached,partial=64K
else
  skip a_database_outlasts_killed_daemons "needs python3"
fi
