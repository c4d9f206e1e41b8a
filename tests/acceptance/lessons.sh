#!/usr/bin/env bash
# timeout: 300
# Containers of a busybox image: what the two lessons do, as root and as an ordinary user, with docker's exit codes and words.
export TMPDIR=/var/tmp
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/lib.sh"
cd "$scratch"
source "$here/own-containers.sh"
make_root

lessons() {
  check "$who: a root file system is imported" has sha256: o import --change 'CMD ["/bin/sh"]' --change 'ENV PATH=/bin' --change 'VOLUME /anon' busybox.tar bb:1
  check "$who: it is listed as docker lists it" prints "bb:1" o images --format '{{.Repository}}:{{.Tag}}'
  check "$who: it is saved, removed and loaded as the same image" round_trip
  check "$who: a container says hello and is gone" prints hello o run --rm bb:1 echo hello
  check "$who: nothing is left of it" prints "" o ps -aq

  # Lab 15.1 and 15.2: the layers on disk, and data that goes with the container.
  check "$who: a container runs in the background" has "" o run -d --name web1 bb:1 sleep 1000
  check "$who: it is up" prints "web1 bb:1 Up" status web1
  check "$who: it changes its own layer" o exec web1 sh -c 'echo data >/newfile; rm /etc/group; mkdir /d; touch /d/x; echo more >>/etc/passwd'
  check "$who: diff says what it changed" prints "$(printf 'A /anon\nA /d\nA /d/x\nC /etc\nD /etc/group\nC /etc/passwd\nA /newfile')" o diff web1
  check "$who: its layer is where the lesson says" has data cat "$(o inspect --format '{{ .GraphDriver.Data.UpperDir }}' web1)/newfile"
  check "$who: mount shows lowerdir, upperdir and workdir" has "upperdir=$state/overlay2/l/" o exec web1 mount
  check "$who: a name is taken once" ends 125 'The container name "/web1" is already in use' o run --name web1 bb:1 true
  check "$who: its image is in use" ends 1 'must force' o rmi bb:1
  check "$who: it is not removed while it runs" ends 1 'You cannot remove a running container' o rm web1
  check "$who: stop and start keep its layer" stop_and_start
  check "$who: removed and made again, it has lost it" again

  # Lab 15.3 and 15.4: volumes, binds, tmpfs.
  check "$who: a named volume is filled by the image on first use" prints seed o run --rm -v vol1:/data bb:1 cat /data/seed.txt
  check "$who: but not with nocopy" prints "" o run --rm --mount type=volume,src=vol2,dst=/data,volume-nocopy bb:1 ls /data
  check "$who: it outlives containers" outlives
  check "$who: it lies where the lesson says" has kept cat "$state/volumes/vol1/_data/hello.txt"
  check "$who: mounts are described as docker does" prints '[{"Type":"volume","Name":"vol1","Source":"'"$state"'/volumes/vol1/_data","Destination":"/data","Driver":"local","Mode":"ro","RW":false,"Propagation":""},{"Type":"bind","Source":"'"$home"'","Destination":"/host","Mode":"","RW":true,"Propagation":"rprivate"}]' described
  check "$who: a bind is seen at once on both sides" both_sides
  check "$who: a read-only mount is so" ends 1 'Read-only file system' o exec web3 touch /data/x
  check "$who: a tmpfs has its size" has size=1024k o exec web3 mount
  check "$who: a volume in use is not removed" ends 1 'volume is in use' o volume rm vol1
  check "$who: rm -v takes volumes without a name, and no others" anonymous
  check "$who: a volume is removed" prints vol1 o volume rm vol1
  check "$who: -v makes a missing directory" o run --rm -v "$home/made:/b" bb:1 ls /b
  check "$who: --mount does not" ends 125 'bind source path does not exist' o run --rm --mount "type=bind,source=$home/none,target=/b" bb:1 true
  check "$who: a mount target that is a link does not lead out of the container" link_target

  # Exit codes and words.
  check "$who: the program's own exit code" ends 7 '' o run --rm bb:1 sh -c 'exit 7'
  check "$who: no such program" ends 127 'no such file or directory' o run --rm bb:1 /no/such
  check "$who: no program at all" ends 126 'permission denied' o run --rm bb:1 /etc
  check "$who: no such image" ends 125 "Unable to find image 'localhost:1/nosuch:1' locally" o run --rm localhost:1/nosuch:1
  check "$who: an image that is not to be brought" ends 125 "Unable to find image 'nosuch:1' locally" o run --rm --pull never nosuch:1
  check "$who: no such flag" ends 125 '--nosuch' o run --nosuch bb:1
  check "$who: no such container" ends 1 'No such container: nosuch' o rm nosuch
  check "$who: user, directory, variable and host name are as asked" prints "$(printf 'uid=33(www) gid=33(www) groups=33(www)\n/tmp\nb\nh1')" o run --rm -e A=b -w /tmp -u www --hostname h1 bb:1 sh -c 'id; pwd; echo $A; hostname'
  check "$who: a read-only root is so" ends 1 'Read-only file system' o run --rm --read-only bb:1 touch /x
  check "$who: standard input is passed on" prints typed piped
  check "$who: what it wrote can be read later" logged
  check "$who: a terminal is one" has "tty" terminal
  check "$who: kill -9 of the supervisor leaves a container that has ended, and can be started" killed
  check "$who: two at once take turns" at_once
  check "$who: everything is removed" cleared
}

round_trip() { o save -o "$home/s.tar" bb:1 && o rmi bb:1 && [ -z "$(o images -q)" ] && prints "Loaded image: bb:1" o load -i "$home/s.tar" && [ "$(tar -tf "$home/s.tar" | grep -c blobs/sha256/.)" = 3 ]; }
status() { o ps --format '{{.Names}} {{.Image}} {{.Status}}' | grep "^$1" | cut -d ' ' -f 1-3; }
stop_and_start() { o stop -t 0 web1 && prints 137 o wait web1 && has "Exited (137)" o ps -a && o start web1 && prints data o exec web1 cat /newfile; }
again() { o rm -f web1 && o run -d --name web1 bb:1 sleep 1000 && ends 1 'No such file' o exec web1 cat /newfile && o rm -f web1; }
outlives() { o run -d --name web2 -v vol1:/data bb:1 sleep 1000 && o exec web2 sh -c 'echo kept >/data/hello.txt' && o rm -f web2 && prints kept o run --rm -v vol1:/data bb:1 cat /data/hello.txt; }
described() { o run -d --name web3 -v vol1:/data:ro -v "$home:/host" -v vol4:/anon --tmpfs /t:size=1m bb:1 sleep 1000 >/dev/null && o inspect --format '{{ json .Mounts }}' web3 | sed 's/,{"Type":"volume","Name":"vol4"[^}]*}//'; }
both_sides() { "${as[@]}" sh -c 'echo out >"$1"' - "$home/page" && prints out o exec web3 cat /host/page && o exec web3 sh -c 'echo in >/host/page' && prints in cat "$home/page"; }
anonymous() {
  local before
  o rm -f web3 && before=$(o volume ls -q) && o run -d --name anon bb:1 sleep 1000 || return 1
  [ "$(o volume ls -q | wc -l)" = $(($(wc -l <<<"$before") + 1)) ] && o rm -f -v anon && prints "$before" o volume ls -q
}
link_target() {
  mkdir -p "$home/victim" && rm -rf bl && cp -a bb bl && rm -rf bl/data && ln -s "../../../../../../$home/victim" bl/data && tar -C bl --numeric-owner --owner=0 --group=0 -cf link.tar . || return 1
  o import --change 'ENV PATH=/bin' link.tar bl:1 && o run --rm -v vol2:/data bl:1 sh -c 'echo in >/data/f' || return 1
  prints "" ls "$home/victim" && prints in cat "$state/volumes/vol2/_data/f" && o rmi bl:1
}
piped() { echo typed | o run -i --rm bb:1 cat; }
logged() { o run --name log bb:1 sh -c 'echo out; echo err >&2' && prints "$(printf 'out')" quiet_logs log && has err o logs log && o rm log; }
quiet_logs() { o logs "$1" 2>/dev/null; }
terminal() { timeout 60 script -qec "${as[*]} env OVERLAYFUSE_STATE=$state HOME=$home $OVERLAYFUSE run --rm -t bb:1 sh -c 'if [ -t 1 ]; then echo tty; fi'" /dev/null; }
killed() {
  local killed
  o run -d --name kill bb:1 sleep 1000 && o exec kill touch /kept || return 1
  killed=$(pgrep -f -- "^overlayfuse --supervise $state ") && "${as[@]}" kill -9 "$killed" && eventually are_dead "$killed" && eventually has "Exited (137)" o ps -a && o start kill && o exec kill ls /kept && o rm -f kill
}
at_once() {
  o run -d --name turn bb:1 sleep 1000 || return 1
  local i
  for i in 1 2 3; do o stop -t 0 turn >/dev/null & done
  wait
  for i in 1 2 3; do o start turn >/dev/null 2>&1 & done
  wait
  eventually eval '[ "$(pgrep -fc -- "^overlayfuse --supervise $state ")" = 1 ]' && o rm -f turn
}
cleared() {
  o container prune -f && o volume prune -f && o image prune -a -f
  [ "$(ls "$state/overlay2")" = l ] && [ -z "$(ls "$state/overlay2/l" "$state/containers" "$state/tmp" "$state/image/blobs/sha256" | grep -vE ':$|^lock$|^$')" ] && ! grep -qF "$state" /proc/mounts
}

for_each_user lessons
