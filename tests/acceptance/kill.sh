#!/usr/bin/env bash
# timeout: 3600
# kill -9 of the daemon at random moments under a random load, again and again on one upper: the next mount shows what was promised, each object old
# or new, no name twice, no rubbish in the work directory, and the lower layers as they were. OVERLAYFUSE_LONG=1: 100 rounds and a few, else 12.
# OVERLAYFUSE_SEED repeats the choice of operations (not the moments).
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$(dirname "${BASH_SOURCE[0]}")/mounts.sh"
if ! command -v python3 >/dev/null; then
  skip kill "needs python3"
  exit 0
fi
cp "$OVERLAYFUSE" "$scratch/program" && cp "$(dirname "${BASH_SOURCE[0]}")/random-load.py" "$scratch" # the sources may lie where the user cannot go
cd "$scratch"
chmod 755 random-load.py
m=$scratch/m workers=3 rounds=12
[ "${OVERLAYFUSE_LONG:-}" != 1 ] || rounds=100
seed=${OVERLAYFUSE_SEED:-$(($(date +%s) % 100000))}
RANDOM=$seed
after_check() { is_mounted "$m" && umount -l "$m"; }

modes=(cached written_through)
[ "$(id -u)" != 0 ] || modes+=(passthrough in_part rings)
[ "$(id -u)" != 0 ] || [ -z "$test_user" ] || modes+=(user user_in_part user_rings)
rounds=$(((rounds + ${#modes[@]} - 1) / ${#modes[@]})) # in each mode
echo "seed $seed, $rounds rounds in each of ${#modes[@]} modes"
runs_as() { if [[ $mode = user* ]]; then as_user "$@"; else "$@"; fi; }
options() {
  case $mode in
    cached | user) echo data=cached,partial=off ;;
    rings | user_rings) echo data=cached,partial=off,transport=ring ;;
    written_through) echo data=cached,writeback=off,partial=off ;;
    passthrough) echo data=passthrough,partial=off ;;
    in_part | user_in_part) echo data=cached,writeback=off,partial=4096,settle=never,immutable ;;
  esac
}
promises() { case $mode in cached | user | *rings) echo cached ;; *) echo direct ;; esac; }

prepare() { # directories of each worker in both layers, and an empty upper
  rm -rf low1 low2 up work m state log
  mkdir low1 low2 up work m state log
  local w i
  for w in $(seq $workers); do
    mkdir -p "low1/w$w"/{a,b}/c "low2/w$w"/{b,d/e}
    for i in $(seq 8); do
      head -c $((i * i * 1500)) /dev/urandom >"low1/w$w/a/f$i"
      head -c $((i * 10)) /dev/urandom >"low2/w$w/b/g$i"
      head -c $((i * 9000)) /dev/urandom >"low2/w$w/d/e/h$i"
    done
  done
  chmod 644 low?/w*/*/f* low?/w*/*/g*
  [[ $mode != user* ]] || chown -R "$test_user:" low1 low2 up work m state log
}
mount_union() { runs_as "$scratch/program" mount -o "lowerdir=$scratch/low1:$scratch/low2,upperdir=$scratch/up,workdir=$scratch/work,$(options)" "$m"; }

kill_daemon() { # and take the dead mount away
  local daemon
  daemon=$(daemon_of "$m") || return
  kill -9 "$daemon"
  umount -l "$m" && eventually are_dead $daemon
}
no_rubbish() {
  local left
  left=$(ls -A work/overlayfuse/{temp,orphans,widened} | grep -vE '^$|:$|^whiteout$')
  [ -z "$left" ] || { echo "left: $left"; return 1; }
}

begun() { # worker: within a minute
  local i
  for i in $(seq 600); do
    if grep -q done "log/$1" 2>/dev/null; then return 0; fi
    sleep 0.1
  done
  return 1
}

round() { # number
  local w pids=() pid result=0
  rm -f log/*
  for w in $(seq $workers); do
    runs_as timeout 90 python3 random-load.py work "$m/w$w" "log/$w" "state/$w" "$((seed * 1000 + $1 * 10 + w))" "$(promises)" 2>"log/$w.errors" &
    pids+=($!)
  done
  for w in $(seq $workers); do begun "$w" || result=1; done
  sleep "$((RANDOM % 2)).$((RANDOM % 900 + 100))"
  in_part=$((in_part + $(runs_as "$scratch/program" status --json "$m" | sed -n "s/.*\"partialFiles\": \([0-9]*\).*/\1/p"))) || result=1
  kill_daemon || result=1
  for pid in "${pids[@]}"; do wait "$pid" || result=1; done
  [ $result = 0 ] || { cat log/*.errors; return 1; }
  mount_union && no_rubbish || return
  for w in $(seq $workers); do
    runs_as python3 random-load.py check "$m/w$w" "log/$w" "state/$w" "$(promises)" >done || { cat done; return 1; }
    operations=$((operations + $(cat done)))
  done
  [ "$(fingerprint low1) $(fingerprint low2)" = "$lower" ] || { echo "a lower layer was changed"; return 1; }
}

rounds_of() {
  local i w
  operations=0 in_part=0
  prepare && lower="$(fingerprint low1) $(fingerprint low2)" && mount_union || return
  for w in $(seq $workers); do runs_as python3 random-load.py look "$m/w$w" >"state/$w" || return; done
  [[ $mode != user* ]] || chown "$test_user:" state/*
  for i in $(seq "$1"); do round "$i" || { echo "round $i of $1, seed $seed"; return 1; }; done
  echo "$operations operations, $in_part files brought up in part" >"operations.$mode"
  if [[ $mode = *in_part ]]; then [ "$in_part" -gt 0 ]; else [ "$in_part" = 0 ]; fi || { echo "$in_part files were brought up in part"; return 1; }
  umount "$m" && eventually eval '! daemon_of "$m" >/dev/null'
}

for mode in "${modes[@]}"; do
  check "kill.$mode" rounds_of "$rounds"
  echo "    $rounds rounds, $(cat "operations.$mode" 2>/dev/null)"
done

# close(2) has to say that the daemon died before the bytes of a new file came to it: each file whose close was good is whole.
closed_files='import os, sys
os.chdir(sys.argv[1])
count = 0
try:
    while True:
        fd = os.open(f"n{count}", os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
        os.write(fd, bytes(100))
        os.close(fd)
        count += 1
except OSError:
    print(count)'
begun_to_make() { [ -e up/n9 ]; }
close_tells() {
  local i count mode=cached killer
  prepare
  for i in $(seq 30); do
    rm -rf up work && mkdir up work && mount_union || return
    { eventually begun_to_make; sleep "0.0$((RANDOM % 90 + 10))"; kill_daemon; } & killer=$!
    count=$(timeout 20 python3 -c "$closed_files" "$m") || return
    wait $killer || return
    [ "$(find up -name 'n*' -size 100c | wc -l)" -ge "$count" ] && [ -z "$(find up -name 'n*' ! -size 100c ! -name "n$count")" ] || { echo "$count were closed"; find up -name 'n*' ! -size 100c; return 1; }
  done
}
check kill.close_tells_who_makes_a_file close_tells
