#!/usr/bin/env bash
# timeout: 400
# What containers have around them: networks, limits, volume drivers, storage drivers, and what is left when something is killed.
export TMPDIR=/var/tmp
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$(dirname "${BASH_SOURCE[0]}")/containers.sh"
source "$(dirname "${BASH_SOURCE[0]}")/own-containers.sh"
source "$(dirname "${BASH_SOURCE[0]}")/volume-plugins.sh"
cd "$scratch"

busybox=$(command -v busybox)
busybox_root bb data www
echo seed >bb/data/seed.txt
echo page >bb/www/index.html
echo one >bb/www/linked && ln bb/www/linked bb/www/other && ln bb/www/linked bb/data/third
tar -C bb --numeric-owner --owner=0 --group=0 -cf busybox.tar .

page() { (exec 3<>"/dev/tcp/127.0.0.1/$1" && printf 'GET / HTTP/1.0\r\n\r\n' >&3 && timeout 5 cat <&3) 2>/dev/null; }
supervisors() { pgrep -f -- "^overlayfuse --supervise $state "; }
kill_supervisor() {
  local killed
  killed=$(supervisors) && kill -9 $killed && eventually are_dead $killed
}
nothing_left() { ! grep -qF "$state" /proc/mounts && ! pgrep -f -- "$state" >/dev/null && ! pgrep -f '^sleep 76543$' >/dev/null; }

life() {
  check "$who: an image" has sha256: o import --change 'CMD ["/bin/sh"]' --change 'ENV PATH=/bin' --change 'EXPOSE 80' busybox.tar bb:1

  check "$who: ps lists what fits its filters" filtered
  check "$who: ps -s counts what a container has written" prints 1kB written
  check "$who: images and volumes are listed by filters and patterns" listed
  check "$who: templates have tables, variables and labels" templates
  check "$who: inspect finds containers, images and volumes, or one kind only" inspected
  check "$who: prune asks, and no means no, or no answer" asks
  check "$who: an answer that cannot be written is an error" unwritten
  check "$who: run and logs -f end when nobody reads any more, and the container goes on" unread

  check "$who: a published port leads to the container, and ps and inspect say so" published
  check "$who: a port in use is refused in docker's words" ends 125 "listen tcp4 0.0.0.0:$port: bind: address already in use" o run --rm -p $port:80 bb:1 true
  check "$who: it is free when the container has ended, and taken again when it starts" again
  check "$who: with -P each exposed port gets one" all_ports
  check "$who: udp goes through too" udp
  check "$who: a user of the container may listen on any port of it" low_port
  check "$who: no network is the container's own loopback alone" prints 1 interfaces none
  check "$who: publishing without a private network changes nothing" o run --rm --network none -p 80 bb:1 true
  check "$who: the program that carries packets ends with a killed supervisor" carrier_ends

  check "$who: seccomp filters, and can be turned off" seccomp
  check "$who: with --init something reaps" has "/dev/init -- ps" o run --rm --init bb:1 ps
  check "$who: another runtime is taken by path" other_runtime
  check "$who: top lists the processes" has "sleep 1000" top
  check "$who: unshare shows the files of a running container with their owners" prints 33 owner

  check "$who: a volume that binds" bound_volume
  check "$who: a volume in memory, as large as it says" has size=1024k in_memory
  check "$who: a plugin is asked in Docker's protocol" plugin
  check "$who: a driver that is not there" ends 1 'create v9: error looking up volume plugin nosuch: plugin "nosuch" not found' o volume create -d nosuch v9

  check "$who: a volume that was emptied stays empty over a start" stays_empty
  check "$who: the volumes of another container, read only" others_volumes
  check "$who: exec has the user's groups and home, the caller's variables, and a directory" exec_as
  check "$who: exec -t has a terminal and says of which kind" has xterm exec_terminal
  check "$who: exec --privileged has what there is" exec_privileged
  check "$who: the caller's umask is his own" other_umask
  check "$who: capabilities are dropped and added" capabilities
  check "$who: a privileged container mounts, and no filter is on it" prints "$(printf '0\ntmpfs')" privileged
  check "$who: limits of processes, and the size of shared memory" prints "$(printf '100\n200\n1024')" limited
  check "$who: hosts, name servers and groups" resolves
  check "$who: a device of the host" device
  check "$who: its id in a file" id_file
  check "$who: another signal stops it, and not for long" stop_signal
  check "$who: what flags asked for is in inspect" inspected_flags

  check "$who: waiting for one that removes itself gives its code" prints 7 waited
  check "$who: nobody waits for what exec has put into the background" in_background
  check "$who: an image cannot name what is the host's" hostile_image

  check "$who: what is written by one of several names is in diff and in the image by all" linked
  check "$who: the storage driver vfs copies" driver vfs
  check "$who: kill -9 of the supervisor leaves nothing, whatever user the container has" killed
  check "$who: one that was to be removed is removed then, with its volumes" killed_passing
  check "$who: kill -9 of a command at any moment loses nothing" killed_commands
  [ "$who" != root ] || check "$who: a full disk leaves no half of a volume" half_volumes
  [ "$who" != root ] || check "$who: a volume's first files come whole or not at all, and the next start brings them" first_files
  check "$who: df counts, prune empties" emptied
}

filtered() {
  o run -d --name web-1 --label tier=front -v pages:/data bb:1 sleep 1000 && o create --name db-1 --label tier=back bb:1 true && ends 7 '' o run --name db-2 bb:1 sh -c 'exit 7' || return 1
  prints web-1 names -f name=^web && prints $'db-2\ndb-1' names -a -f name=db && prints db-2 names -a -f exited=7 && prints db-1 names -f status=created && prints web-1 names -f label=tier=front -f status=running &&
    prints $'db-2\ndb-1\nweb-1' names -a -f ancestor=bb:1 && prints web-1 names -f volume=pages && prints $'db-1\nweb-1' names -a --filter before=db-2 && prints db-2 names -l && prints $'db-2\ndb-1' names -n 2 &&
    ends 1 "invalid filter 'nosuch'" o ps -f nosuch=x && ends 125 'bad format of filter' o container list -f name
}
names() { o ps --format '{{.Names}}' "$@"; }
written() { o exec web-1 sh -c 'head -c 1000 /dev/zero >/written' && has '1kB (virtual ' o ps -s && o ps --format '{{.Size}}' | cut -d ' ' -f 1; }
listed() {
  o tag bb:1 far.example.org/x:2 && prints bb:1 images 'b*' && prints far.example.org/x:2 images -f reference='*/x' && prints '' images -f dangling=true && prints '' images -f since=bb:1 && prints bb:1 images bb && o rmi far.example.org/x:2 &&
    o volume create --label a=b spare && prints pages o volume ls -q -f dangling=false && prints spare o volume ls -q -f label=a -f dangling=true && prints $'DRIVER    VOLUME NAME\nlocal     spare' o volume list -f name=^sp && o volume rm spare && ends 1 "invalid filter 'x'" o volume ls -f x=y
}
images() { o images --format '{{.Repository}}:{{.Tag}}' "$@"; }
templates() {
  prints $'NAMES     STATE\nweb-1     running' o ps --format 'table {{.Names}}\t{{.State}}' && prints 'tier is front' o inspect -f '{{range $name, $value := .Config.Labels}}{{printf "%s is %s" $name $value}}{{end}}' web-1 &&
    prints front o ps --format '{{.Label "tier"}}' && prints '[] map[] null' o inspect -f '{{.HostConfig.Binds}} {{.Config.Volumes}} {{json .HostConfig.Binds}}' db-1
}
inspected() {
  prints pages o inspect -f '{{.Name}}' pages && prints /web-1 o inspect --type container -f '{{.Name}}' web-1 && ends 1 'No such image: web-1' o inspect --type image web-1 && ends 1 'No such container: pages' o container inspect pages &&
    ends 1 'No such object: nosuch' o inspect nosuch && ends 1 'not a valid value for --type' o inspect --type x web-1
}
asks() {
  local asked='Are you sure you want to continue? [y/N] '
  has "$asked" answering n container prune && prints 3 eval 'o ps -aq | wc -l' && has 'all stopped containers' answering n system prune && prints 3 eval 'o ps -aq | wc -l' && lacks "$asked" answering n container prune -f --filter label=tier &&
    prints $'db-2\nweb-1' names -a && has 'Deleted Containers:' answering y container prune && prints web-1 names -a && o rm -f web-1 && has 'all local volumes not used' answering y volume prune && prints '' o volume ls -q &&
    o volume create kept && eval 'echo n | o volume prune' && eval 'o volume prune </dev/null' && prints kept o volume ls -q && has 'Deleted Volumes:' eval 'echo y | o volume prune' && prints '' o volume ls -q
}
unread() {
  [ "$(o run --name endless bb:1 yes 2>said | head -n 2)" = $'y\ny' ] && grep -q 'broken pipe' said && prints running o inspect -f '{{.State.Status}}' endless &&
    [ "$(o logs -f endless 2>said | head -n 2)" = $'y\ny' ] && grep -q 'broken pipe' said && [ "$(o start -a endless 2>said | head -n 1)" = y ] && grep -q 'broken pipe' said && early && ends 1 'cannot remove a running container' o rm --force=0 endless && ends 125 'invalid syntax' o rm -f=x endless && o rm -f endless
}
# The reader is gone before anything runs.
early() { { o run --name hasty bb:1 yes 2>said; echo "$?" >code; } | true; grep -q 'broken pipe' said && [ "$(cat code)" = 1 ] && o rm -f hasty; }
unwritten() { ends 1 'cannot write to standard output: no space left' eval 'o ps -a >/dev/full' && ends 1 'cannot write to standard output' eval 'o volume ls >&-'; }
answering() { echo "$1" | timeout 60 script -qec "${as[*]} env OVERLAYFUSE_STATE=$state HOME=$home $OVERLAYFUSE ${*:2}" /dev/null; }

published() {
  o run -d --name web -p $port:80 bb:1 httpd -f -p 80 -h /www && eventually has page page $port || return 1
  has "0.0.0.0:$port->80/tcp" o ps && prints "80/tcp -> 0.0.0.0:$port" o port web &&
    prints "{\"80/tcp\":[{\"HostIp\":\"0.0.0.0\",\"HostPort\":\"$port\"}]}" o inspect --format '{{json .NetworkSettings.Ports}}' web
}
again() { o stop -t 0 web && ! page $port && o start web && eventually has page page $port && o rm -f web; }
all_ports() { o run -d --name all -P bb:1 httpd -f -p 80 -h /www && eventually has page page "$(o port all | sed 's/.*://')" && o rm -f all; }
udp() { # busybox has no server for it: the host's python, bound in
  local hear='import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("0.0.0.0", 53)); open("/tmp/ready", "w").close(); open("/tmp/heard", "wb").write(s.recv(100))'
  o run -d --name udp -p $port:53/udp -v /usr:/usr:ro -v /lib:/lib:ro -v /lib64:/lib64:ro bb:1 /usr/bin/python3 -c "$hear" && eventually o exec udp ls /tmp/ready || return 1
  # What comes before it listens is lost, as with any datagram.
  eventually heard "$(o inspect -f '{{.GraphDriver.Data.UpperDir}}' udp)/tmp/heard" && o rm -f udp
}
heard() { echo heard >/dev/udp/127.0.0.1/$port && sleep 0.2 && grep heard "$1"; }
low_port() { o run -d --name low -u 33 -p $port:80 bb:1 httpd -f -p 80 -h /www && eventually has page page $port && has "127.0.1.1" o exec low cat /etc/hosts && o rm -f low; }
interfaces() { o run --rm --network "$1" bb:1 ip link | grep -c '^[0-9]'; }
carrier_ends() {
  o run -d --name carried -p $port:80 bb:1 sleep 76543 && kill_supervisor && o ps && eventually nothing_left && o run --rm -p $port:80 bb:1 true && o rm carried
}
seccomp() {
  prints 2 filter && ends 1 'Operation not permitted' o run --rm bb:1 unshare -m true && prints 0 filter --security-opt seccomp=unconfined
}
filter() { o run --rm "$@" bb:1 sed -n 's/^Seccomp:[^0-9]*//p' /proc/self/status; }
other_runtime() {
  printf '#!/bin/sh\necho used >>%s/runtime-used\nexec runc "$@"\n' "$home" >"$home/myrunc" && chmod 755 "$home/myrunc" && o run --rm --runtime "$home/myrunc" bb:1 true && grep -q used "$home/runtime-used" && ends 125 'cannot start /no/such' o run --rm --runtime /no/such bb:1 true
}
top() { o run -d --name top bb:1 sleep 1000 >/dev/null && o top top && o rm -f top >/dev/null; }
owner() { # of a file that another user than root has made, in the union and in its layer
  o run -d --name owned -u 33 bb:1 sh -c 'echo x >/tmp/f; sleep 1000' >/dev/null && eventually o exec owned ls /tmp/f >/dev/null || return 1
  o unshare stat -c %u "$(o inspect -f '{{.GraphDriver.Data.MergedDir}}' owned)/tmp/f" && [ "$(o unshare stat -c %u "$(o inspect -f '{{.GraphDriver.Data.UpperDir}}' owned)/tmp/f")" = 33 ] && o rm -f owned >/dev/null
}
bound_volume() {
  "${as[@]}" mkdir "$home/real" && o volume create --opt type=none --opt o=bind --opt device="$home/real" bound && o run --rm -v bound:/data bb:1 sh -c 'echo in >/data/f' && prints in cat "$home/real/f" && prints seed cat "$home/real/seed.txt"
}
in_memory() { o volume create --opt type=tmpfs --opt device=tmpfs --opt o=size=1m memory && o run --rm -v memory:/m bb:1 mount; }

stays_empty() {
  o run -d --name emptied -v emptied:/data bb:1 sleep 1000 && has seed.txt o exec emptied ls /data && o exec emptied sh -c 'rm /data/*' && o stop -t 0 emptied && o start emptied && prints "" o exec emptied ls /data &&
    o rm -f emptied && o volume rm emptied
}
others_volumes() {
  o create --name first -v others:/data bb:1 true && ends 1 'Read-only file system' o run --rm --volumes-from first:ro bb:1 touch /data/new && o run --rm --volumes-from first bb:1 touch /data/new &&
    ends 125 'invalid mode: xx' o run --rm --volumes-from first:xx bb:1 true && o rm first && o volume rm others
}
exec_as() {
  o run -d --name execed -e CONTAINER=its -w /data bb:1 sleep 1000 && o exec execed sh -c 'echo "www:x:33:33::/home/www:/bin/sh" >>/etc/passwd; echo "mail:x:8:www" >>/etc/group' || return 1
  printf '# c\nLINE=1\n' >"$home/variables"
  with=(OURS=mine)
  prints "$(printf '33\n33 8\n/home/www\nmine its 1 2\n/')" o exec -u www -w / -e OURS -e TWO=2 --env-file "$home/variables" execed sh -c 'id -u; id -G; echo $HOME; echo $OURS $CONTAINER $LINE $TWO; pwd' && prints "$(printf '33\n8\n/data')" o exec -u 33:mail execed sh -c 'id -u; id -G; pwd' &&
    ends 126 'exec failed: ' o exec execed /no/such && ends 1 'overlayfuse: OCI runtime exec failed: exec failed: ' o exec -d execed nosuchcmd && ends 126 'Cwd must be an absolute path' o exec -w rel execed pwd &&
    ends 3 'exec failed: its own words' o exec execed sh -c 'echo "exec failed: its own words" >&2; exit 3' && ends 126 'unable to find user nobody9' o exec -u nobody9 execed id && ends 1 'unable to find user nobody9' o exec -d -u nobody9 execed id
  local code=$?
  with=()
  return $code
}
exec_terminal() { script -qec "$(printf '%q ' timeout 60 "${as[@]}" env TERM=dumb OVERLAYFUSE_STATE="$state" HOME="$home" "$OVERLAYFUSE" exec -t execed sh -c '[ -t 1 ] && echo $TERM')" /dev/null; }
effective() { sed -n 's/^CapEff:[^0-9a-f]*//p'; }
exec_privileged() { local all; all=$(o exec --privileged execed cat /proc/self/status | effective) && [ $((16#$all & 1 << 21)) != 0 ] && prints 00000000a80425fb eval 'o exec execed cat /proc/self/status | effective'; }
other_umask() {
  (
    umask 077
    prints "$(printf '0022\n644')" o exec execed sh -c 'umask; touch /tmp/u; stat -c %a /tmp/u' && prints "$(printf '0022\n755\nok')" o run --rm -u 33 -v masked:/masked -w /new/place bb:1 sh -c 'umask; stat -c %a /masked; cat /etc/hosts /etc/resolv.conf >/dev/null && echo ok'
  ) && o volume rm masked
}
capabilities() {
  prints 0000000000000001 eval 'o run --rm --cap-drop ALL --cap-add chown bb:1 cat /proc/self/status | effective' && ends 1 'Operation not permitted' o run --rm --cap-drop CHOWN bb:1 chown 33 /tmp &&
    o run --rm --cap-add SYS_ADMIN bb:1 mount -t tmpfs none /tmp && ends 125 'invalid CapAdd: unknown capability: "CAP_FLY"' o run --rm --cap-add fly bb:1 true
}
privileged() { o run --rm --privileged bb:1 sh -c 'mount -t tmpfs none /tmp && sed -n "s/^Seccomp:[^0-9]*//p" /proc/self/status && stat -f -c %T /tmp'; }
limited() { o run --rm --ulimit nofile=100:200 --shm-size 1m bb:1 sh -c 'ulimit -Sn; ulimit -Hn; df -k /dev/shm | tail -n 1 | { read -r _ blocks _; echo $blocks; }'; }
resolves() {
  has "$(printf '1.2.3.4\tsome')" o run --rm --add-host some:1.2.3.4 bb:1 cat /etc/hosts && prints "$(printf 'search x.org\nnameserver 9.9.9.9\noptions ndots:2')" o run --rm --dns 9.9.9.9 --dns-search x.org --dns-option ndots:2 bb:1 cat /etc/resolv.conf &&
    prints '0 8' o run --rm -u 33 --group-add 8 bb:1 id -G && ends 125 'unable to find group nosuch' o run --rm --group-add nosuch bb:1 true
}
device() { prints opened o run --rm --device /dev/fuse:/dev/other bb:1 sh -c 'exec 3<>/dev/other && echo opened' && ends 125 'error gathering device information while adding custom device "/dev/nosuch"' o run --rm --device /dev/nosuch bb:1 true; }
id_file() {
  o create --cidfile "$home/id" --name filed bb:1 true && prints "$(o inspect -f '{{.Id}}' filed)" cat "$home/id" && ends 125 "make sure the other container isn't running or delete $home/id" o run --rm --cidfile "$home/id" bb:1 true && o rm filed &&
    ! o create --cidfile "$home/none" --name '?' bb:1 true && [ ! -e "$home/none" ]
}
stop_signal() {
  o run -d --name signalled --stop-signal USR1 bb:1 sh -c 'trap "exit 5" USR1; touch /ready; while :; do sleep 0.1; done' && eventually o exec signalled ls /ready && o stop signalled && prints 5 o inspect -f '{{.State.ExitCode}}' signalled && o rm signalled || return 1
  o run -d --name deaf --stop-timeout 1 bb:1 sh -c 'trap "" TERM; touch /ready; while :; do sleep 0.1; done' && eventually o exec deaf ls /ready || return 1
  SECONDS=0
  o stop deaf && [ $SECONDS -lt 10 ] && o rm deaf && ends 125 'Invalid signal: NOSUCH' o run --rm --stop-signal NOSUCH bb:1 true
}
inspected_flags() {
  o create --name flagged --cap-add chown --ulimit core=0 --shm-size 2m --dns 9.9.9.9 --stop-signal INT --stop-timeout 3 --device /dev/fuse bb:1 true || return 1
  prints '["CHOWN"] [{"Name":"core","Hard":0,"Soft":0}] 2097152 ["9.9.9.9"] INT 3 [{"PathOnHost":"/dev/fuse","PathInContainer":"/dev/fuse","CgroupPermissions":"rwm"}]' o inspect -f '{{json .HostConfig.CapAdd}} {{json .HostConfig.Ulimits}} {{.HostConfig.ShmSize}} {{json .HostConfig.Dns}} {{.Config.StopSignal}} {{.Config.StopTimeout}} {{json .HostConfig.Devices}}' flagged && o rm -f flagged execed
}
waited() {
  o run -d --rm --name seven bb:1 sh -c 'while [ ! -e /go ]; do sleep 0.1; done; exit 7' >/dev/null && o wait seven >"$scratch/waited" & local waiting=$!
  eventually has_open "$state/containers/" 'wait seven' && o exec seven touch /go && wait $waiting && cat "$scratch/waited"
}
in_background() { o run -d --name busy bb:1 sleep 1000 && has "" timeout 20 bash -c '[ -z "$("$@")" ]' - "${as[@]}" env OVERLAYFUSE_STATE="$state" "$OVERLAYFUSE" exec -d busy sleep 500 && o rm -f busy; }
hostile_image() { # a volume is a path, all of it
  o import --change 'VOLUME /:/host' --change 'ENV PATH=/bin' busybox.tar bb:hostile && ends 1 'No such file' o run --rm bb:hostile ls /host && o run --rm bb:hostile ls -d /:/host && o rmi bb:hostile
}
linked() {
  o run --name linked bb:1 sh -c 'rm /www/linked; echo two >>/www/other' && prints $'C /data\nC /data/third\nC /www\nD /www/linked\nC /www/other' o diff linked && o commit linked linked:1 &&
    prints $'one\ntwo\none\ntwo' o run --rm linked:1 cat /www/other /data/third && o rm linked && o rmi linked:1
}
driver() {
  with=(OVERLAYFUSE_DRIVER="$1")
  o run -d --name driven bb:1 sleep 1000 && has "$1" o inspect -f '{{.GraphDriver.Name}}' driven && o exec driven sh -c 'echo new >/data/seed.txt; rm /www/index.html' && o stop -t 0 driven && o start driven &&
    prints "$(printf 'new\nseed.txt')" o exec driven sh -c 'cat /data/seed.txt; ls /data /www | grep seed' && prints $'C /data\nC /data/seed.txt\nC /www\nD /www/index.html' o diff driven &&
    o commit driven committed:1 && prints $'new\nseed.txt' o run --rm committed:1 sh -c 'cat /data/seed.txt; ls /data /www | grep seed' && o rm -f driven && o rmi committed:1
  local code=$?
  with=()
  return $code
}
killed() {
  o run -d --name killed -u 33 bb:1 sleep 76543 && kill_supervisor && has "Exited (137)" o ps -a && eventually nothing_left && o start killed && has "Up" o ps && o rm -f killed && eventually nothing_left
}
killed_passing() {
  local before
  before=$(o volume ls -q)
  o run -d --rm --name passing -v /data bb:1 sleep 76543 && kill_supervisor && lacks passing o ps -a && eventually nothing_left && prints "$before" o volume ls -q
}
half_volumes() {
  local state=$scratch/full/state
  mkdir -p "$scratch/full" && mount -t tmpfs -o size=24m full "$scratch/full" && o import --change 'ENV PATH=/bin' busybox.tar bb:1 && o volume ls || return
  dd if=/dev/zero of="$scratch/full/filler" bs=4K 2>/dev/null
  ends 1 'no space left' o volume create xx && ends 125 'no space left' o run -v named:/d bb:1 true && ends 125 'no space left' o run -v /d bb:1 true && prints lock ls "$state/volumes" || return
  rm "$scratch/full/filler" && mkdir -p "$state/volumes/half/_data" && o volume prune -f && prints lock ls "$state/volumes" && o system prune -a -f && umount "$scratch/full"
}
first_files() { # the disk is full in the middle; then a kill comes there
  local state=$scratch/first/state command pid
  mkdir -p "$scratch/first/many" && mount -t tmpfs -o size=100m first "$scratch/first" && mkdir -p bb/many && for i in $(seq 2000); do head -c 5000 /dev/zero >"bb/many/$i"; done
  tar -C bb --numeric-owner --owner=0 --group=0 -c . | o import --change 'ENV PATH=/bin' - many:1 && o create --name full -v full:/many many:1 sh -c 'ls /many | wc -l' && o create --name cut -v cut:/many many:1 sh -c 'ls -A /many | wc -l' || return
  head -c "$(($(stat -f -c '%a * %S' "$scratch/first") - 6000000))" /dev/zero >"$scratch/first/filler"
  ends 1 'no space left' o start -a full && prints 0 eval 'ls -A "$state/volumes/full/_data" | wc -l' && rm "$scratch/first/filler" && prints 2000 o start -a full || return
  o start -a cut & command=$!
  eventually eval 'pid=$(pgrep -f -- "overlayfuse start -a cut$")' || return
  until compgen -G "$state/volumes/cut/_data/.filling*" >/dev/null || ! kill -0 $command; do sleep 0.002; done
  kill -9 $pid # on a busy machine it may come too late, and then there is nothing to mend
  wait $command
  eventually lacks 'Up ' o ps -f name=cut && prints 2000 o start -a cut && prints 2000 eval 'ls -A "$state/volumes/cut/_data" | wc -l' && o rm full cut && rm -r bb/many && umount "$scratch/first"
}
killed_commands() { # at random moments of a start, each time another
  local i
  for i in $(seq "${OVERLAYFUSE_LONG:+4}6"); do
    o run -d --name "round$i" -v kept:/kept bb:1 sh -c "echo $i >>/kept/log; exec sleep 76543" >/dev/null 2>&1 & local command=$!
    sleep "0.$((RANDOM % 3))$((RANDOM % 10))"
    kill -9 $(pgrep -f -- "overlayfuse run -d --name round$i ") 2>/dev/null
    wait $command 2>/dev/null
    case $((i % 2)) in 0) supervisors | xargs -r kill -9 2>/dev/null ;; esac
    o ps -a >/dev/null || return 1
  done
  for i in $(o ps -aq); do o rm -f "$i" || return 1; done
  eventually nothing_left && prints ok o run --rm -v kept:/kept bb:1 echo ok
}
emptied() {
  has 'Images          1' o system df && o system prune -a -f --volumes && prints $'bound\nmemory' o volume ls -q && o volume rm bound memory && prints "" o volume ls -q && prints "" o images -q && [ -z "$(ls "$state/containers" | grep -v '^lock$')" ] && prints l ls "$state/overlay2"
}

# Programs that are not there: a /usr/bin without them, in a mount namespace of the test's own.
without() {
  local hidden=$scratch/hidden.$RANDOM
  mkdir -p "$hidden/upper" "$hidden/work"
  while [ "$1" != -- ]; do mknod "$hidden/upper/$1" c 0 0; shift; done
  unshare --mount sh -c 'mount -t overlay -o "lowerdir=/usr/bin,upperdir=$0/upper,workdir=$0/work" none /usr/bin && shift && exec "$@"' "$hidden" "$@"
}
by_pasta() {
  without slirp4netns -- timeout 100 env OVERLAYFUSE_STATE="$state" bash -c "$(declare -f eventually are_dead has page)"'
    "$1" run -d --name web -p "$2:80" bb:1 httpd -f -p 80 -h /www && eventually has page page "$2" &&
      killed=$(pgrep -f -- "^overlayfuse --supervise $OVERLAYFUSE_STATE ") && kill -9 $killed && eventually are_dead $killed && "$1" start web && "$1" rm -f web' - "$OVERLAYFUSE" $port && eventually nothing_left
}

if [ "$(id -u)" = 0 ]; then
  who=root as=() with=() home=$scratch/root-home state=$scratch/root-only port=18094
  mkdir "$home"
  check "root: another image" has sha256: o import --change 'ENV PATH=/bin' busybox.tar bb:1
  check "root: memory and processors are limited" prints "$(printf '67108864\n50000')" o run --rm --memory 64m --cpus 0.5 bb:1 sh -c 'cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/cpu/cpu.cfs_quota_us 2>/dev/null || { cat /sys/fs/cgroup/memory.max; echo 50000; }'
  check "root: processes are limited" prints 20 o run --rm --pids-limit 20 bb:1 sh -c 'cat /sys/fs/cgroup/pids/pids.max 2>/dev/null || cat /sys/fs/cgroup/pids.max'
  check "root: too little memory is refused" ends 125 'Minimum memory limit allowed is 6MB' o run --rm --memory 1m bb:1 true
  check "root: the storage driver overlay2 is the kernel's" driver overlay2
  if command -v pasta >/dev/null; then check "root: pasta does where slirp4netns is not" by_pasta; else skip "pasta does where slirp4netns is not" "no pasta"; fi
  check "root: with neither there is a sentence" ends 125 'needs slirp4netns or pasta, and neither is installed' without slirp4netns pasta -- env OVERLAYFUSE_STATE="$state" "$OVERLAYFUSE" run --rm --network private bb:1 true
  state=$scratch/root-state
  life
fi
if [ "$(id -u)" != 0 ] || [ -n "$test_user" ]; then
  who="an ordinary user" with=() home=$scratch/home state=$scratch/home/state port=18095
  if [ "$(id -u)" = 0 ]; then as=(runuser -u "$test_user" --); install -d -o "$test_user" "$home"; else as=(); mkdir "$home"; fi
  check "$who: another image" has sha256: o import --change 'ENV PATH=/bin' busybox.tar bb:1
  check "$who: limits need root, and it says so" ends 125 'an ordinary user' o run --rm --memory 64m bb:1 true
  check "$who: a limit of processes is one of them" ends 125 '--pids-limit limits a control group' o run --rm --pids-limit 5 bb:1 true
  state=$scratch/home/life
  life
fi

# A disk that is full: sentences, nothing half made, and what was there goes on.
full_disk() {
  mkdir "$state" && mount -t tmpfs -o size=16m none "$state" || return
  check "$who: an image on a small disk" has sha256: o import --change 'ENV PATH=/bin' busybox.tar bb:1
  check "$who: a container that fills the disk ends as it wants to" ends 7 'No space left' o run --name full bb:1 sh -c 'dd if=/dev/zero of=/big bs=1M count=24; exit 7'
  check "$who: its code is kept, or it counts as killed" has Exited o ps -a
  check "$who: commit on a full disk" fails_in_a_sentence o commit full full:1
  check "$who: load of an archive that does not fit" fails_in_a_sentence load_large
  check "$who: import of one" fails_in_a_sentence o import large.tar large:1
  check "$who: run on a full disk" fails_in_a_sentence o run --name more bb:1 true
  check "$who: a build on one" fails_in_a_sentence o build -q -t built:1 small
  check "$who: export to a full disk leaves no half of an archive, and says why" no_room export -o "$state/full.tar" full
  check "$who: save to a full disk" no_room save -o "$state/full.tar" bb:1
  check "$who: cp to a full disk" no_room cp full:/big "$state/full.tar"
  check "$who: nothing of all that is left" prints bb:1 o images --format '{{.Repository}}:{{.Tag}}'
  check "$who: the disk is free again when the container is removed" freed
  umount -l "$state"
}
fails_in_a_sentence() {
  local said code
  said=$("$@" 2>&1)
  code=$?
  echo "$said (exit code $code)"
  [ $code != 0 ] && grep -qE '^(overlayfuse|docker): ' <<<"$said" && ! grep -qE '^ +at |Exception|should not have happened' <<<"$said"
}
no_room() { ends 1 'no space left on device' o "$@" && ! ls "$state" -a | grep full; }
load_large() { o load <large.tar; }
freed() { o rm -f full && { o rm -f more; [ -z "$(o ps -aq)" ]; } && prints hello o run --rm bb:1 echo hello && [ -z "$(find "$state" -size +6M)" ]; }
if [ "$(id -u)" = 0 ]; then
  who="a full disk" as=() with=() home=$scratch/full-home state=$scratch/full-state
  mkdir "$home" small large && head -c 20000000 /dev/urandom >large/file && tar -C large -cf large.tar . && printf 'FROM bb:1\nCOPY file /file\n' >small/Dockerfile && head -c 1000 /dev/zero >small/file
  full_disk
fi

# Without subordinate ids there is one user in a container, and all files show as his.
one_user() {
  check "$who: an image, a container and what is exported of it keep owners that have no id here" owners_stay
  check "$who: so do images that are made of it" owners_in_images
  check "$who: a container has root, and nobody else" prints 'uid=0(root) gid=0(root) groups=0(root)' o run --rm bb:1 id
  check "$who: another user is refused with a sentence" ends 125 'a container has only root' o run --rm -u 33 bb:1 id
  check "$who: stop and start keep the layer, volumes outlive it" one_life
  check "$who: a network, and nothing left behind a killed supervisor" one_death
}
# What the archives say, which are made of what the layers keep; inside, everything shows as root's.
owners() { tar --numeric-owner -tvf "${2:--}" | awk -v name="$1" '{ sub("^[.]/", "", $6) } $6 == name { print $1, $2 }'; }
exported() { o export "$1" | owners "$2"; }
owners_stay() {
  lacks 'are now yours' o import --change 'ENV PATH=/bin' "$scratch/owned.tar" bb:1 && prints '0 0 644' o run --rm bb:1 stat -c '%u %g %a' /data/seed.txt &&
    o run --name owners bb:1 sh -c 'echo more >>/data/seed.txt; touch /data/new; rm /data/third; echo x >/www/index.html' &&
    prints '-rw-r--r-- 33/33' exported owners data/seed.txt && prints '-rw-r--r-- 0/0' exported owners data/new && prints 'drwxr-x--- 34/35' exported owners data/
}
owners_in_images() {
  o commit owners owned:1 && o save owned:1 >owned-image.tar && rm -rf saved && mkdir saved && tar -C saved -xf owned-image.tar && prints '-rw-r--r-- 33/33 drwxr-x--- 34/35' committed &&
    mkdir -p owned && echo x >owned/file && printf 'FROM owned:1\nCOPY --chown=7:8 file /file\nRUN echo y >>/file\n' >owned/Dockerfile && o build -t owned:2 owned && o run --name built owned:2 true &&
    prints '-rw-r--r-- 7/8' exported built file && o rm owners built && o rmi owned:2 owned:1
}
committed() {
  local layer
  for layer in saved/blobs/sha256/*; do
    if tar -tf "$layer" data/new >/dev/null 2>&1; then echo "$(owners data/seed.txt "$layer") $(owners data/ "$layer")"; fi
  done
}
one_life() {
  o run -d --name one -v kept:/data bb:1 sleep 1000 && o exec one sh -c 'echo mine >/f; cp /f /data/f' && o stop -t 0 one && o start one && prints mine o exec one cat /f && o rm -f one && prints mine o run --rm -v kept:/data bb:1 cat /data/f
}
one_death() { o run -d --name dead -p $port:80 bb:1 sleep 76543 && kill_supervisor && has 'Exited (137)' o ps -a && eventually nothing_left && o rm dead && o system prune -a -f --volumes; }
if [ "$(id -u)" = 0 ] && [ -n "$test_user" ]; then
  who="a user without subordinate ids" home=$scratch/one state=$scratch/one/state port=18096
  install -d -o "$test_user" "$home" && chown 33:33 bb/data/seed.txt && chown 34:35 bb/data && chmod 750 bb/data && tar -C bb --numeric-owner -cf owned.tar .
  as=(unshare --mount sh -c 'mount --bind /dev/null /etc/subuid && mount --bind /dev/null /etc/subgid && exec "$@"' - runuser -u "$test_user" --)
  one_user
fi
