#!/usr/bin/env bash
# timeout: 300
# Where containers and the host meet: what is typed in, what the caller holds, what is mounted, and what of the host's a container must not get at.
export TMPDIR=/var/tmp
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$(dirname "${BASH_SOURCE[0]}")/containers.sh"
source "$(dirname "${BASH_SOURCE[0]}")/own-containers.sh"
cd "$scratch"

busybox=$(command -v busybox)
busybox_root bb
tar -C bb --numeric-owner --owner=0 --group=0 -cf busybox.tar .

meetings() {
  check "$who: an image" has sha256: o import --change 'CMD ["/bin/sh"]' --change 'ENV PATH=/bin' busybox.tar bb:1
  check "$who: a file that is typed in keeps its owner, whatever user the container has" keeps_owner
  check "$who: it cannot be written from inside" not_written
  check "$who: what is typed in comes whole, and to the end" typed_in
  check "$who: a program in the background with -i waits for what nobody types, and one without reads an end" waits_for_input
  check "$who: cp follows no link that a container puts in the place of a file meanwhile" raced
  check "$who: what exec runs cannot get at the host's null device" null_device
  check "$who: a lock of the caller's is not held by the container" lets_go
  check "$who: restart keeps one that is to be removed at its end, and stop removes it" kept_over_restart
  check "$who: what was started again has no exit code yet" no_code_yet
  check "$who: hosts, hostname and name servers are there with a volume on /etc" volume_on_etc
  check "$who: a directory that -v names and that has gone is made again at a start, and --mount refuses" made_again
  check "$who: -v and --mount take a path from here" from_here
  check "$who: options of a volume that mount(8) knows" usual_options
  check "$who: a signal of the user's own reaches the program of run" passed_on
  check "$who: --since is the time where we are" local_time
  check "$who: a line without an end is shown in pieces" endless_line
  check "$who: a name has one line" ends 125 'Invalid container name' o run --name $'lines\n' bb:1 true
}

input() { echo 'echo from a file' >"$home/input" && chmod 644 "$home/input" && { [ "$who" != root ] || chown 12345:12345 "$home/input"; }; }
keeps_owner() {
  local before
  input && before=$(stat -c '%u:%g' "$home/input") || return 1
  prints 'from a file' eval 'o run --rm -i bb:1 sh <"$home/input"' && prints 'from a file' eval 'o run --rm -i -u 33 bb:1 sh <"$home/input"' &&
    prints "$before" stat -c '%u:%g' "$home/input"
}
not_written() {
  input || return 1
  o run --rm -i bb:1 sh -c 'echo evil >/proc/self/fd/0; chmod 777 /proc/self/fd/0' <"$home/input"
  prints 'echo from a file' cat "$home/input" && prints 644 stat -c %a "$home/input"
}
typed_in() {
  prints 3000000 eval 'head -c 3000000 /dev/zero | o run --rm -i bb:1 wc -c' && prints y eval '{ yes || true; } | o run --rm -i bb:1 head -n 1' && prints 0 eval 'o run --rm -i bb:1 wc -c <&-' &&
    prints $'a\nb' eval '{ echo a; sleep 1; echo b; } | o run --rm -i bb:1 cat' && prints 0 eval 'head -c 100 /dev/zero | o run --rm bb:1 wc -c'
}
waits_for_input() { o run -di --name waits bb:1 cat && sleep 1 && has Up o ps -f name=waits && o rm -f waits && o run -d --name ends bb:1 cat && prints 0 o wait ends && o rm ends; }
raced() {
  local victim=$home/victim
  "${as[@]}" install -m 600 /dev/null "$victim" && head -c 100000000 /dev/zero >large && chmod 666 large || return 1
  o run -d --name racer bb:1 sh -c "mkdir /d; until [ -e /d/f ]; do :; done; rm /d/f; ln -s $victim /d/f; touch /swapped; sleep 1000" && eventually o exec racer ls /d || return 1
  o cp large racer:/d/f # which may be refused, or done before
  eventually o exec racer ls /swapped && prints 600 stat -c %a "$victim" && o rm -f racer && rm large
}
null_device() {
  local mode code=0
  mode=$(stat -c %a /dev/null) && o run -d --name nulls bb:1 sleep 1000 || return 1
  o exec nulls chmod 1666 /proc/self/fd/0
  o exec -d nulls chmod 1666 /proc/self/fd/1
  sleep 1
  prints "$mode" stat -c %a /dev/null || { code=1; chmod "$mode" /dev/null; }
  prints 0 eval 'o exec nulls wc -c' && o exec -d nulls sh -c 'echo x; echo done >/done' && eventually o exec nulls ls /done && o rm -f nulls && return $code
}
lets_go() {
  exec 9>"$scratch/lock" && flock 9 && o run -d --name holds bb:1 sleep 1000
  exec 9>&-
  has Up o ps -f name=holds && flock -n "$scratch/lock" true && o rm -f holds
}
kept_over_restart() {
  local before volumes
  volumes=$(o volume ls -q) && o run -d --rm --name stays -v /anon bb:1 sleep 1000 && o exec stays touch /anon/f /f && before=$(o inspect -f '{{.Id}}' stays) || return 1
  o restart -t 0 stays && prints "$before" o inspect -f '{{.Id}}' stays &&
    o exec stays ls /anon/f /f && o restart -t 0 stays && o stop -t 0 stays && lacks stays o ps -a && prints "$volumes" o volume ls -q
}
no_code_yet() {
  o run -d --name coded --restart on-failure bb:1 sh -c '[ -e /second ] && exec sleep 1000; touch /second; exit 5' &&
    eventually has '1 running' o inspect -f '{{.RestartCount}} {{.State.Status}}' coded && prints 0 o inspect -f '{{.State.ExitCode}}' coded && o rm -f coded
}
volume_on_etc() {
  prints $'named\n1.2.3.4\tsome\nnameserver 9.9.9.9\nroot:x:0:0:root:/root:/bin/sh' o run --rm -v conf:/etc --hostname named --add-host some:1.2.3.4 --dns 9.9.9.9 bb:1 \
    sh -c 'cat /etc/hostname; grep some /etc/hosts; cat /etc/resolv.conf; head -n 1 /etc/passwd' || return 1
  echo mine >"$home/hosts" && chmod 644 "$home/hosts" && prints mine o run --rm -v conf:/etc -v "$home/hosts:/etc/hosts" bb:1 cat /etc/hosts && o volume rm conf
}
made_again() {
  o create --name bound -v "$home/gone:/gone" bb:1 touch /gone/f && rmdir "$home/gone" && o start -a bound && [ -e "$home/gone/f" ] && o rm bound || return 1
  "${as[@]}" mkdir "$home/asked" && o create --name bound --mount "type=bind,source=$home/asked,target=/x" bb:1 true &&
    rmdir "$home/asked" && ends 1 'bind source path does not exist' o start bound && [ ! -e "$home/asked" ] &&
    o rm bound && rm -r "$home/gone"
}
from_here() {
  "${as[@]}" mkdir -p "$home/here/sub" && "${as[@]}" touch "$home/here/file" || return 1
  (
    cd "$home/here"
    prints $'file\nsub' o run --rm -v .:/x bb:1 ls /x && o run --rm -v ./new:/x bb:1 touch /x/f && [ -e new/f ] && prints /x/file o run --rm --mount type=bind,source=./,target=/x,ro bb:1 ls /x/file &&
      prints "[$home/here/sub:/x:ro]" eval 'o create --name relative -v ./sub:/x:ro bb:1 true >&2 && o inspect -f "{{.HostConfig.Binds}}" relative' && o rm relative
  )
}
usual_options() {
  o volume create --opt type=tmpfs --opt device=tmpfs --opt o=defaults,size=1m,nosuid worded && has size=1024k o run --rm -v worded:/m bb:1 mount && o volume rm worded
}
passed_on() {
  local command code
  o run --name told bb:1 sh -c 'trap "exit 9" USR1; touch /ready; while :; do sleep 0.1; done' & command=$!
  eventually o exec told ls /ready && kill -s USR1 "$(pgrep -f -- "^$OVERLAYFUSE run --name told ")" && wait $command
  code=$?
  o rm -f told
  [ $code = 9 ]
}
local_time() {
  [ -e /usr/share/zoneinfo/Asia/Tokyo ] || return 0
  local moment
  o run --name timed bb:1 echo said && moment=$(TZ=Asia/Tokyo date -d '1 minute ago' +%Y-%m-%dT%H:%M:%S)
  with=(TZ=Asia/Tokyo)
  prints said o logs --since "$moment" timed && prints '' o logs --until "$moment" timed
  local code=$?
  with=()
  o rm timed && return $code
}
endless_line() {
  mkdir -p context && printf 'FROM bb:1\nRUN head -c 300000 /dev/zero | tr "\\0" x\n' >context/Dockerfile || return 1
  o build --no-cache context 2>&1 | awk '{ if (length($0) > most) most = length($0); tens += gsub("xxxxxxxxxx", "") } END { print most, tens; exit !(most < 70000 && tens > 29900) }'
}

# A list of users that is a device of the host: one from which a user can be read shows whether it was opened.
device_of_users() {
  local loop code
  printf 'spy:x:77:77::/:/bin/sh\n' >users && truncate -s 4096 users && loop=$(losetup -f --show users) || return 0 # no loop devices here
  mkdir -p evil/etc && mknod evil/etc/passwd b "0x$(stat -c %t "$loop")" "0x$(stat -c %T "$loop")" && tar -C evil -cf evil.tar . && cp busybox.tar both.tar && tar --delete -f both.tar ./etc/passwd &&
    tar -A -f both.tar evil.tar && o import --change 'ENV PATH=/bin' both.tar evil:1 && ends 125 'unable to find user spy' o run --rm -u spy evil:1 id
  code=$?
  losetup -d "$loop"
  return $code
}

# On a disk that makes no more directories; a container and an image without a name can be removed from it.
full_disk() {
  local state=$scratch/small/state more=0
  mkdir -p small context && truncate -s 24M small.img && mkfs.ext4 -q -m 0 small.img && mount -o loop small.img small && mkdir small/state &&
    o import --change 'ENV PATH=/bin' busybox.tar bb:1 || return 1
  printf 'FROM bb:1\nRUN head -c 1000000 /dev/urandom >/big\n' >context/Dockerfile && o build -q -t moves:1 context &&
    printf 'FROM bb:1\nENV A=b\n' >context/Dockerfile && o build -q -t moves:1 context &&
    o run --name fills bb:1 sh -c 'head -c 1000000 /dev/zero >/big' && o volume ls || return 1
  dd if=/dev/zero of=small/filler bs=4K 2>/dev/null
  while mkdir "small/more$((more++))" 2>/dev/null; do :; done
  o image prune -f && o rm fills && rm small/filler &&
    prints '' o ps -aq && prints 2 eval 'o images -q | wc -l' && o system prune -a -f && umount small
}

for_each_user meetings
if [ "$(id -u)" = 0 ]; then
  who=root as=() home=$scratch/root-home state=$scratch/root-state
  check "root: images without a name, and containers, can be removed from a full disk" full_disk
  check "root: a list of users that is a device is not opened" device_of_users
fi
