# Sourced by container-verbs.sh: commands that meet at one container, signals that come at odd moments, and readers that do not read.
# shellcheck shell=bash

signals_at_start() { # a runtime that takes its time to start
  local how command pid
  printf '#!/bin/sh\ncase " $* " in *" start "*) touch %s/starting; sleep 1 ;; esac\nexec runc "$@"\n' "$home" >"$home/slow" && chmod 755 "$home/slow" || return 1
  for how in TERM KILL; do
    o run --rm --name early --runtime "$home/slow" bb:1 sh -c 'trap "exit 9" TERM; while :; do sleep 0.1; done' >"$scratch/early" 2>&1 & command=$!
    eventually [ -e "$home/starting" ] && pid=$(pgrep -f -- "^$OVERLAYFUSE run --rm --name early ") && kill -s $how $pid || return 1
    sleep 3 # it may be lost where the program does not hear it yet, and the command is there for the next
    [ $how = KILL ] || kill -s TERM $pid || lacks early o ps -a || return 1
    wait $command
    echo "$how: exit code $?"
    eventually lacks early o ps -a && rm "$home/starting" || return 1
  done
}
ended_before_start() {
  local command code=0 pid
  o volume ls >/dev/null && exec 8>>"$state/volumes/lock" && flock 8
  o run --name unstarted bb:1 sleep 1000 >"$scratch/unstarted" 2>&1 8>&- & command=$!
  # When it has mounted it hears signals; and what it does when it has heard one nobody sees.
  eventually eval 'pid=$(pgrep -f -- "^overlayfuse --supervise $state ") && grep -F "$state/" /proc/$pid/mounts >/dev/null' && kill "$pid" && sleep 2 || code=1
  flock -u 8
  exec 8>&-
  [ $code = 0 ] && eventually grep 'was not started: its supervisor was asked to end' "$scratch/unstarted" || code=1
  cat "$scratch/unstarted"
  lacks ' Up ' o ps -f name=unstarted && o rm -f unstarted || code=1
  wait $command
  return $code
}
code_of_its_run() {
  ends 3 '' o run --name twice bb:1 sh -c 'exit 3' && sed -i 's/"ExitCode":3/"ExitCode":0/' "$state/containers/$(o inspect -f '{{.Id}}' twice)/state.json" && prints 3 o wait twice && o rm twice
}
idle_reader() {
  local reader how
  for how in 'rm -f' 'stop -t 1' kill; do
    o run --name idle bb:1 sh -c 'trap "exit 3" TERM; yes & wait' | sleep 300 & reader=$!
    eventually has 'Up ' o ps -f name=idle && sleep 1 && timeout 50 "${as[@]}" env OVERLAYFUSE_STATE="$state" HOME="$home" "$OVERLAYFUSE" $how idle && lacks 'Up ' o ps -f name=idle || return 1
    kill $reader
    [ "$how" = 'rm -f' ] || o rm idle || return 1
  done
  prints 3000000 eval 'o run --name idle bb:1 head -c 3000000 /dev/zero | { sleep 4; wc -c; }' && o rm idle || return 1
  o run --name idle bb:1 sh -c 'seq 20000; touch /ended' | sleep 300 & reader=$! # it has ended by itself
  eventually eval '[ -e "$(o inspect -f "{{.GraphDriver.Data.UpperDir}}" idle)/ended" ]' 2>/dev/null && sleep 2 && timeout 50 "${as[@]}" env OVERLAYFUSE_STATE="$state" HOME="$home" "$OVERLAYFUSE" stop idle && kill $reader && prints 'exited 0' o inspect -f '{{.State.Status}} {{.State.ExitCode}}' idle &&
    prints 20000 eval 'o logs idle | wc -l' && o rm idle
}
used_at_once() {
  local i pids=() code=0
  o create --name used bb:1 sleep 1000 || return 1
  for i in 1 2 3 4; do o cp used:/etc/passwd "$home/used$i" & pids+=($!); done
  for i in "${pids[@]}"; do wait "$i" || code=$?; done
  if [ "$who" = root ]; then
    pids=()
    for i in 5 6 start 7; do if [ $i = start ]; then o start used & else o cp used:/etc/passwd "$home/used$i" & fi; pids+=($!); done
    for i in "${pids[@]}"; do wait "$i" || code=$?; done
  fi
  o rm -f used && return $code
}
used_in_a_pipe() { o create --name piped bb:1 true && o cp piped:/bin/busybox - | o cp - piped:/tmp; }
used_to_the_end() {
  o rm piped && o run -d --name ended bb:1 sh -c 'until [ -e /over ]; do sleep 0.1; done' || return 1
  o export ended | { dd bs=1 count=1 status=none; o exec ended touch /over && eventually has exited o inspect -f '{{.State.Status}}' ended && sleep 4; cat; } >"$home/ended.tar" || return 1
  tar -xOf "$home/ended.tar" bin/busybox | cmp - "$busybox" && tar -tf "$home/ended.tar" | grep -x etc/passwd && o rm ended
}
used_and_stopped() {
  o run -d --name held bb:1 sleep 1000 || return 1
  o export held | { dd bs=1 count=1 status=none >/dev/null; o stop -t 0 held >"$home/held"; cat >/dev/null; }
  grep -qx held "$home/held" && o rm held
}
let_go() {
  local pid held
  o run -d --name let bb:1 sleep 1000 || return 1
  o exec let sleep 7654 &
  eventually has 'sleep 7654' o top let && held=$(for pid in $(pgrep -f -- "$OVERLAYFUSE exec let"); do ls -l "/proc/$pid/fd"; done) && o rm -f let && echo "$held" && grep -q pipe <<<"$held" && ! grep -q /merged <<<"$held"
}
at_once() {
  local i pids code=0
  o run -d --name same bb:1 sleep 1000 || return 1
  for i in 1 2 3; do
    pids=()
    for verb in "stop -t 0" start "restart -t 0" "stop -t 0" start; do timeout 60 "${as[@]}" env OVERLAYFUSE_STATE="$state" HOME="$home" "$OVERLAYFUSE" $verb same & pids+=($!); done
    for pid in "${pids[@]}"; do wait "$pid" || { code=$?; echo "round $i: exit code $code"; }; done
  done
  o start same && has Up o ps -f name=same && o rm -f same & pids=($!)
  timeout 60 "${as[@]}" env OVERLAYFUSE_STATE="$state" HOME="$home" "$OVERLAYFUSE" rm -f same
  wait "${pids[0]}"
  o rm -f same
  return $code
}
