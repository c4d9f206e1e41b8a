#!/usr/bin/env bash
# timeout: 600
# The words of containers' verbs, as docker has them: flags, exit codes, terminals, parts of logs; and commands that meet.
export TMPDIR=/var/tmp
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$(dirname "${BASH_SOURCE[0]}")/containers.sh"
source "$(dirname "${BASH_SOURCE[0]}")/own-containers.sh"
source "$(dirname "${BASH_SOURCE[0]}")/container-meetings.sh"
cd "$scratch"

busybox=$(command -v busybox)
busybox_root bb
mkdir context
tar -C bb --numeric-owner --owner=0 --group=0 -cf busybox.tar .

verbs() {
  check "$who: an image" has sha256: o import --change 'CMD ["/bin/sh"]' --change 'ENV PATH=/bin' busybox.tar bb:1
  check "$who: stop, start and restart at once take turns, and all end" at_once
  check "$who: settings of the kernel, and streams" further_flags
  check "$who: a flag that is none is no image" ends 125 'unknown flag: --log-driver' o run --rm --log-driver none bb:1 true
  check "$who: a word that is no command is no place to mount on" ends 1 "'pause' is not an overlayfuse command." o pause c1
  check "$who: templates print what docker's do" templates
  check "$who: programs are found at the usual places, and what is made of a container does not say so" usual_path
  check "$who: exec -t has a terminal where nobody has one, and -it needs one" no_terminal
  check "$who: exec carries streams whole, says what cannot be run, and waits no longer than docker for what stays behind" exec_streams
  check "$who: streams that would not wait are waited for" nonblocking_streams
  check "$who: output that cannot be written is said, and is no success; the log has it" unwritten
  check "$who: a signal ends an exec whose program has ended, though nobody reads" late_signal
  check "$who: a signal reaches a program that exec is only making, and what a killed exec leaves goes with the next" early_signal
  check "$who: output and errors of exec that go to one file keep their order" one_stream
  check "$who: the version, in docker's form too" versions
  check "$who: exit codes are docker's" exit_codes
  check "$who: nothing at all can be written to with --read-only" ends 1 'Read-only file system' o run --rm --read-only bb:1 sh -c 'echo x >>/etc/hosts'
  check "$who: start -i passes standard input on, start -a does not" input_again
  check "$who: start -a of one that runs shows what it writes from now on" looked_on
  check "$who: parts of a log, and one port" parts
  check "$who: what a killed load was making goes with the next" killed_load
  check "$who: what makes no sense is refused in docker's words" refused
  check "$who: create ends as docker's: with 125 where its client refuses, with 1 where its engine does; run has 125 for both, and says which container could not be started" codes_of_create
  check "$who: what is refused before there is a container leaves no volume" refused_with_volume
  check "$who: a quiet build shows the step that failed, and one of nothing is none" builds
  check "$who: a target that is none is refused before a step, and arguments that nobody takes are named" build_words
  check "$who: SHELL and labels of volumes are kept" kept
  check "$who: lists have docker's words: commands, images that lost their name, volumes in order" lists
  check "$who: room is counted as docker counts it, and info says what there is" counted
  check "$who: images say what they were made of, archives who root is, and inspect what it found before what it did not" origins
  check "$who: a flag or a name that makes no sense has docker's code and words" senseless
  check "$who: ports of a range, and on networks without; binds without what is below; words of small flags" small_flags
  check "$who: inspect has the address that a container has" addressed
  check "$who: host-gateway is an address of this machine" host_gateway
  check "$who: what runs keeps its image, and loses its name by force only" image_in_use
  check "$who: --restart starts a program again, and stop, kill and rm -f end that" restarts
  check "$who: who stops, kills or removes a container does not wait for a reader of its output that does not read; one that is slow gets all of it" idle_reader
  check "$who: a signal while a container is started is for the container, and what kills the command then ends the start" signals_at_start
  check "$who: a supervisor that is told to end before the start starts nothing" ended_before_start
  check "$who: wait gives the code of the run it waited for, whatever the next one does" code_of_its_run
  check "$who: keys leave a terminal, and the program goes on" left_by_keys
  check "$who: commands that use the files of one container that is stopped take turns" used_at_once
  check "$who: two of them at the ends of one pipe end with a sentence" ends 1 'another command, such as cp or export, is using the files of container piped' used_in_a_pipe
  check "$who: export comes to its end though the program has ended before" used_to_the_end
  check "$who: who stops a container does not wait for an export that nobody reads" used_and_stopped
  check "$who: exec does not keep the container's files in use" let_go
}

restarted() { [ "$(o inspect -f '{{.RestartCount}}' again)" -ge "$1" ]; }
restarts() {
  local killed
  o run -d --name again --restart on-failure:2 bb:1 sh -c 'echo run; exit 3' && prints 3 o wait again && prints $'run\nrun\nrun' o logs again && prints '2 3 exited {"Name":"on-failure","MaximumRetryCount":2}' \
    o inspect -f '{{.RestartCount}} {{.State.ExitCode}} {{.State.Status}} {{json .HostConfig.RestartPolicy}}' again && o rm again || return 1
  o run -d --name again --restart always bb:1 sh -c 'echo run >>/runs; exit 5' && eventually restarted 6 && eventually has 'Restarting (5) ' o ps -f status=restarting && prints 'restarting true true 0' o inspect -f '{{with .State}}{{.Status}} {{.Running}} {{.Restarting}} {{.Pid}}{{end}}' again &&
    ends 1 'is restarting, wait until the container is running' o exec again true && ends 1 'cannot remove a restarting container' o rm again && o stop again && prints 'exited 5' o inspect -f '{{.State.Status}} {{.State.ExitCode}}' again &&
    o start again && eventually restarted 3 && killed="$(sed -n 's/.*"SupervisorPid":\([0-9]*\).*/\1/p' "$state/containers/$(o inspect -f '{{.Id}}' again)/state.json")" && kill -9 "$killed" && eventually are_dead "$killed" && eventually has 'Exited (137)' o ps -a -f name=again && o start again && eventually restarted 1 && o rm -f again || return 1
  o run -d --name again --restart unless-stopped -p $port:80 -v /usr:/usr:ro bb:1 sh -c 'trap "exit 6" USR1; touch /ready; while :; do sleep 0.1; done' && eventually o exec again ls /ready && o kill -s USR1 again && eventually restarted 1 && eventually has ' Up ' o ps && prints "0.0.0.0:$port" o port again 80 && o kill again &&
    prints 'exited 137' o inspect -f '{{.State.Status}} {{.State.ExitCode}}' again && o rm again && ends 125 'Conflicting options: --restart and --rm' o run --rm --restart always bb:1 true && ends 3 run o run --name again --restart on-failure:1 bb:1 sh -c 'echo run; exit 3' && o rm again
}
# typed KEYS WORDS...: into the terminal of a command, once a shell has shown its prompt there; before that keys are not passed on as they are.
typed() {
  : >"$scratch/screen"
  { eventually grep -qF '# ' "$scratch/screen"; printf "$1"; sleep 1; } | timeout 90 script -qec "${as[*]} env OVERLAYFUSE_STATE=$state HOME=$home $OVERLAYFUSE ${*:2}" /dev/null | tee "$scratch/screen"
}
left_by_keys() {
  typed 'sleep 7651\r\020\021' run -it --name left bb:1 sh && prints true o inspect -f '{{.State.Running}}' left && eventually has 'sleep 7651' o top left && ends 1 'read escape sequence' typed 'sleep 7652\r\020\021' exec -it left sh && eventually has 'sleep 7652' o top left &&
    o stop -t 0 left && typed 'sleep 7653\rxy' start -ai --detach-keys x,y left && eventually has 'sleep 7653' o top left && ends 1 'Invalid detach keys (foo) provided' o exec --detach-keys foo left true && ends 125 'Invalid detach keys (ctrl-1) provided' o run --detach-keys ctrl-1 bb:1 true && o rm -f left
}
further_flags() {
  prints 5000 o run --rm --sysctl net.core.somaxconn=5000 bb:1 cat /proc/sys/net/core/somaxconn && ends 125 "sysctl 'kernel.pid_max=9' is not allowed" o run --rm --sysctl kernel.pid_max=9 bb:1 true &&
    prints out eval 'o run --rm -a stdout bb:1 sh -c "echo out; echo errors >&2" 2>&1' && ends 125 'valid streams are STDIN, STDOUT and STDERR' o run --rm -a x bb:1 true &&
    o run --rm --platform linux --no-healthcheck bb:1 true && ends 125 '--platform linux/s390x' o run --rm --platform linux/s390x bb:1 true || return 1
  if [ "$who" = root ]; then prints example.org o run --rm --domainname example.org bb:1 cat /proc/sys/kernel/domainname; else ends 125 'for root only' o run --rm --domainname example.org bb:1 true; fi
}
templates() {
  o create --name printed --network none -v "$home:/dst" --tmpfs /t --ulimit nofile=10:20 bb:1 sleep 9 && prints "[{bind  $home /dst   true rprivate}]" o inspect -f '{{.Mounts}}' printed && prints 'map[/t:] [nofile=10:20] {no 0} {json-file map[]} <nil>' \
    o inspect -f '{{.HostConfig.Tmpfs}} {{.HostConfig.Ulimits}} {{.HostConfig.RestartPolicy}} {{.HostConfig.LogConfig}} {{.HostConfig.PidsLimit}}' printed &&
    prints '{created false false false false false 0 0  0001-01-01T00:00:00Z 0001-01-01T00:00:00Z <nil>}' o inspect -f '{{.State}}' printed && prints '<sleep><9>' o inspect -f '{{define "each"}}{{range .}}<{{.}}>{{end}}{{end}}{{template "each" .Config.Cmd}}' printed &&
    o image inspect -f '{{.Metadata.LastTagTime}}' bb:1 | grep -qE '^[0-9-]{10} [0-9:.]+ \+0000 UTC$' && ends 64 'function "nosuch" not defined' o inspect -f '{{nosuch}}' printed && o rm printed
}
usual_path() {
  local usual=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  o import busybox.tar bare:1 && o run -d --name bare -h h bare:1 /bin/sleep 1000 && prints "null" o inspect -f '{{json .Config.Env}}' bare && prints "PATH=$usual HOSTNAME=h A=b HOME=/root" eval 'o exec -e A=b bare env | tr "\n" " " | sed "s/ $//"' &&
    o commit bare bare:2 && prints "null" o inspect -f '{{json .Config.Env}}' bare:2 && prints "PATH=/bin A=c" eval 'o run --rm -h h -e NO_SUCH -e PATH=/bin -e A=c bare:1 /bin/env | grep -v "^HO" | tr "\n" " " | sed "s/ $//"' &&
    prints '["NO_SUCH","A=b"]' eval 'o create --name bare-too -e NO_SUCH -e A=b bare:1 /bin/true >&2 && o inspect -f "{{json .Config.Env}}" bare-too' || return 1
  echo $'FROM bare:1\nENV PATH=/x:$PATH' >"$scratch/context/Dockerfile" && o build -q -t bare:3 "$scratch/context" && prints "[\"PATH=/x:$usual\"]" o inspect -f '{{json .Config.Env}}' bare:3 && o rm -f bare bare-too && o rmi bare:3 bare:2 bare:1
}
no_terminal() {
  o run -d --name execed bb:1 sleep 1000 || return 1
  prints terminal eval "setsid -w timeout 60 ${as[*]} env OVERLAYFUSE_STATE=$state HOME=$home $OVERLAYFUSE exec -t execed sh -c '[ -t 0 ] && echo terminal' </dev/null | tr -d '\r'" && ends 7 '' o exec -t execed sh -c 'exit 7' &&
    ends 126 'no such file or directory' o exec -t execed /no/such && ends 1 'the input device is not a TTY' o exec -it execed true && ends 1 'the input device is not a TTY' o run --rm -it bb:1 true && o rm -f execed
}
exec_streams() {
  local since
  o run -d --name piped bb:1 sleep 1000 && head -c 30000000 /dev/urandom >"$scratch/random" || return 1
  for program in nosuch /no/such; do prints '' eval "o exec piped $program 2>/dev/null || true" && ends 126 'overlayfuse: OCI runtime exec failed: exec failed: unable to start container process: exec: "'$program'": ' o exec -i piped $program || return 1; done
  eval 'o exec -i piped cat <"$scratch/random"' | cmp - "$scratch/random" && prints 'out' eval 'o exec piped sh -c "echo out; echo errors >&2" 2>"$scratch/errors"' && prints errors cat "$scratch/errors" && prints 'no terminal' o exec piped sh -c '[ -t 1 ] || echo no terminal' &&
    prints '' eval 'echo typed | o exec piped cat' && prints 1 eval '{ yes 1 || true; } | o exec -i piped head -n 1' && prints 188416 eval 'o exec piped dd if=/dev/zero bs=4096 count=46 2>/dev/null | { sleep 4; wc -c; }' && prints 141 eval 'o exec piped yes | true; echo "${PIPESTATUS[0]}"' || return 1
  since=$SECONDS
  prints $'hi\nlate' o exec piped sh -c '(sleep 0.3; echo late; until [ -e /go ]; do sleep 0.1; done; echo more; touch /more; exec sleep 30) & echo hi' && [ $((SECONDS - since)) -lt 25 ] && o exec piped touch /go && eventually o exec piped ls /more && o rm -f piped
}
# nonblocking NUMBER: makes that stream so for all who have it.
nonblocking() { python3 -c 'import os, sys; os.set_blocking(int(sys.argv[1]), False)' "$1"; }
nonblocking_streams() {
  local code
  o run -d --name unwaited bb:1 sleep 1000 || return 1
  for how in 'exec unwaited' 'run --rm bb:1'; do prints 1000000 eval "{ nonblocking 1; o $how head -c 1000000 /dev/zero; } | { sleep 1.5; wc -c; }" || return 1; done
  prints 5 eval "{ sleep 2; printf hello; } | { nonblocking 0; o exec -i unwaited wc -c; }"
  code=$?
  o rm -f unwaited
  return $code
}
unwritten() {
  local full='overlayfuse: cannot write to standard output: no space left on device'
  o run -d --name unwritten bb:1 sleep 1000 || return 1
  for how in 'exec unwritten' 'run --rm bb:1'; do
    ends 1 "$full" eval "o $how head -c 2000000 /dev/zero >/dev/full" && ends 7 "$full" eval "o $how sh -c 'echo x; exit 7' >/dev/full" &&
      ends 1 '' eval "o $how sh -c 'echo x >&2' 2>/dev/full" && ends 0 '' eval "o $how echo x >&-" || return 1
  done
  ends 1 "$full" eval 'o exec unwritten yes >/dev/full' && ends 1 "$full" eval 'o exec -t unwritten echo x >/dev/full' &&
    ends 1 "$full" eval 'o run --name logged bb:1 seq 30000 >/dev/full' && prints 30000 eval 'o logs logged | wc -l' &&
    prints 0 o inspect -f '{{.State.ExitCode}}' logged && ends 1 "$full" eval 'o start -a logged >/dev/full' &&
    ends 1 "$full" eval 'o run --rm -a stdout bb:1 echo x >/dev/full' && o rm -f unwritten logged
}
one_stream() {
  o run -d --name ordered bb:1 sleep 1000 || return 1
  o exec ordered sh -c 'for i in $(seq 300); do echo $i; echo $((i + 1000)) >&2; done' >"$scratch/ordered" 2>&1 &&
    for i in $(seq 300); do printf '%s\n' $i $((i + 1000)); done | cmp - "$scratch/ordered" && o rm -f ordered
}
signal_exec() { kill -s "$1" $(pgrep -f -- "^$OVERLAYFUSE exec signaled $2"); }
exec_places() { compgen -G "$state/containers/*/runtime/exec.*"; }
late_signal() {
  local code reader
  rm -f "$scratch/code"
  o run -d --name signaled bb:1 sleep 1000 || return 1
  { o exec signaled sh -c '(until [ -e /go ]; do sleep 0.1; done; echo more; touch /more) & head -c 75000 /dev/zero; touch /ended'; echo $? >"$scratch/code"; } | sleep 300 & reader=$!
  eventually o exec signaled ls /ended && sleep 1 && signal_exec TERM sh && eventually [ -s "$scratch/code" ] && prints 143 cat "$scratch/code"
  code=$?
  kill $reader
  [ $code = 0 ] && o exec signaled touch /go && eventually o exec signaled ls /more && o rm -f signaled
}
early_signal() {
  local i command
  o run -d --name signaled bb:1 sleep 1000 || return 1
  for i in 1 2 3; do
    o exec signaled sleep 7660 & command=$!
    until exec_places || ! kill -0 $command; do sleep 0.002; done
    signal_exec TERM sleep
    wait $command
    [ $? = 143 ] && lacks 'sleep 7660' o top signaled && ! exec_places || return 1
  done
  o exec signaled sleep 7661 & command=$!
  eventually has 'sleep 7661' o top signaled && signal_exec KILL sleep
  wait $command
  exec_places && o exec signaled true && ! exec_places && o rm -f signaled
}
versions() { has ' Version: ' o version && prints "$("$OVERLAYFUSE" --version | cut -d ' ' -f 2)" o version --format '{{.Client.Version}}' && ends 64 'template parsing error' o version -f '{{'; }
exit_codes() {
  o create --name taken bb:1 true && ends 1 'is already in use' o create --name taken bb:1 true && ends 125 'is already in use' o run --name taken bb:1 true && ends 1 'the same name as its current name' o rename taken taken &&
    ends 1 'Invalid container name' o rename taken '?' && ends 1 '"overlayfuse run" requires at least 1 argument.' o run --network none && ends 1 'Usage:' o volume bogus && ends 0 'Usage:' o volume && prints '' eval 'o volume 2>/dev/null' && ends 1 '"overlayfuse ps" accepts no arguments.' o ps x && ends 64 'template parsing error' o inspect -f '{{' taken &&
    prints 'null  null' o inspect -f '{{json .State.Health}} {{if .State.Health}}x{{end}} {{json .HostConfig.Mounts}}' taken && o rm taken
}
input_again() {
  o create -i --name reads bb:1 cat && prints typed eval 'echo typed | o start -i reads' && prints typed eval 'echo typed | o start -ai reads' && prints "" eval 'echo typed | o start -a reads' && o rm reads
}
looked_on() {
  local log
  o run -d --name watched bb:1 sh -c 'echo before; while [ ! -e /go ]; do sleep 0.1; done; echo after; exit 3' && eventually has before o logs watched && log=$(o inspect -f '{{.LogPath}}' watched) || return 1
  o start -a watched >"$scratch/watched" & local watching=$!
  eventually has_open "$log" 'start -a watched' && sleep 0.5
  o exec watched touch /go
  wait $watching
  [ $? = 3 ] && prints after cat "$scratch/watched" && o rm watched
}
parts() {
  o run -d --name told -p $port:80 bb:1 sh -c 'echo one; sleep 1.5; echo two; exec sleep 1000' && eventually has two o logs told && prints two o logs --since "$(o logs -t -n 1 told | cut -d ' ' -f 1)" told &&
    prints one o logs --until "$(o logs -t -n 1 told | cut -c 1-19)Z" told && prints ' two' o logs --details -n 1 told && ends 1 'invalid value for "since"' o logs --since x told &&
    prints "0.0.0.0:$port" o port told 80 && prints "0.0.0.0:$port" o port told 80/tcp && ends 1 "No public port '81/tcp' published for told" o port told 81 &&
    prints "0 true" o inspect -s -f '{{.SizeRw}} {{gt .SizeRootFs 1000}}' told && o commit -p told told:1 && o rm -f told && o rmi told:1
}
out_of_memory() { ! o run --name hungry --memory 8m bb:1 sh -c 'x=$(head -c 60000000 /dev/zero | tr "\0" x); echo done' >&2 && o inspect -f '{{.State.OOMKilled}} {{.State.ExitCode}}' hungry && o rm hungry >&2; }
killed_load() {
  mkfifo "$home/never" 2>/dev/null
  exec 9<>"$home/never"
  head -c 1000 /dev/zero >&9
  timeout 60 "${as[@]}" env OVERLAYFUSE_STATE="$state" HOME="$home" "$OVERLAYFUSE" load --quiet <&9 & local command=$!
  eventually making && kill -9 $(pgrep -f -- "^[^ ]*overlayfuse load --quiet$") || return 1
  wait $command 2>/dev/null
  exec 9>&-
  making && o create --name next bb:1 true && o rm next && ! making
}
making() { [ -n "$(find "$state/tmp" -type f)" ]; }
refused() {
  ends 125 'invalid mode: ro,rw' o run --rm -v some:/b:ro,rw bb:1 true && ends 125 'invalid tmpfs option ["bogus" "1"]' o run --rm --tmpfs /x:bogus=1 bb:1 true && ends 1 'volume name is too short' o volume create a || return 1
  with=(OVERLAYFUSE_DRIVER=bogus)
  mkdir -p "$scratch/context" && echo 'FROM bb:1' >"$scratch/context/Dockerfile" && ends 125 'names the storage driver "bogus"' o build "$scratch/context"
  local code=$?
  with=()
  return $code
}
codes_of_create() {
  local said
  for flags in '-v re/l:/x' '-v some:/x:foo' '-w rel' '--mount type=bind,source=/no/such,target=/x' '--mount type=bogus,target=/x' '--restart foo' '--cap-add FOO' '--stop-signal FOO' '--tmpfs rel' '--cpus 1000' '-v some:/a -v other:/a' '--cidfile /etc/passwd'; do
    ends 1 '' o create $flags bb:1 true && ends 125 '' o run $flags bb:1 true || return 1
  done
  for flags in '-e =x' '--memory x' '-p x' '--mount foo=bar' '--restart a:b:c' '--label =x' '--dns x' '-a foo' '--ulimit x'; do ends 125 '' o create $flags bb:1 true || return 1; done
  o create --name emptied --entrypoint= bb:1 sleep 9 && prints '["sleep","9"]' o inspect -f '{{json .Config.Cmd}}' emptied && o rm emptied || return 1
  prints 'B= K=dGVzdA==' o run --rm --env=B= --env=K=dGVzdA== bb:1 sh -c 'echo "B=$B K=$K"' && ends 125 'cannot write to standard output' eval 'o run -d --name unsaid bb:1 sleep 1000 >/dev/full' && prints true o inspect -f '{{.State.Running}}' unsaid && o rm -f unsaid || return 1
  said=$(o run -d --name unstarted bb:1 nosuch 2>/dev/null); [ $? = 127 ] && prints "$said" o inspect -f '{{.Id}}' unstarted && o rm unstarted
}
refused_with_volume() { # nobody makes a directory in /proc
  local before
  before=$(o volume ls -q) && ends 125 'cannot make /proc/none' o run --rm -v /anon -v /proc/none:/x bb:1 true && ends 1 'cannot make /proc/none' o create -v /anon -v /proc/none:/x bb:1 true && prints "$before" o volume ls -q || return 1
  o create --name keeps -v /anon bb:1 true && before=$(o volume ls -q) && ends 125 'cannot make /proc/none' o run --rm --volumes-from keeps -v /proc/none:/x bb:1 true && prints "$before" o volume ls -q && o rm -v keeps
}
builds() {
  echo $'FROM bb:1\nRUN echo all went well\nRUN echo said before; exit 3' >"$scratch/context/Dockerfile"
  ends 3 'said before' o build -q "$scratch/context" && lacks 'all went well' o build -q "$scratch/context" && echo 'FROM scratch' >"$scratch/context/Dockerfile" && ends 1 'No image was generated' o build "$scratch/context"
}
build_words() {
  local warning='[Warning] One or more build-args [LESS NOTUSED] were not consumed'
  echo $'ARG BASE=no\nFROM $BASE AS one\nARG USED\nRUN echo a step' >"$scratch/context/Dockerfile"
  ends 1 'failed to reach build target nosuch in Dockerfile' o build --target nosuch "$scratch/context" && lacks 'FROM' o build --target nosuch "$scratch/context" || return 1
  local arguments=(--build-arg NOTUSED=1 --build-arg BASE=bb:1 --build-arg USED=1 --build-arg LESS=1 --build-arg http_proxy=x)
  has "$warning" o build -t words:1 --target one "${arguments[@]}" "$scratch/context" && lacks Warning o build -q -t words:1 "${arguments[@]}" "$scratch/context" && o rmi words:1 &&
    echo 'ARG A' >"$scratch/context/Dockerfile" && ends 1 'no build stage in current context' o build "$scratch/context"
}
kept() {
  echo $'FROM bb:1\nSHELL ["/bin/sh", "-ec"]\nCMD echo x' >"$scratch/context/Dockerfile" && o build -q -t shelled:1 "$scratch/context" && prints '["/bin/sh","-ec"] ["/bin/sh","-ec","echo x"]' o inspect -f '{{json .Config.Shell}} {{json .Config.Cmd}}' shelled:1 &&
    o create --name labelled --mount type=volume,source=labelled,target=/l,volume-label=a=b,volume-label=c bb:1 true && prints '{"a":"b","c":""}' o volume inspect -f '{{json .Labels}}' labelled && o rm labelled && o volume rm labelled && o rmi shelled:1
}
lists() {
  local id
  id=$(o images -q bb:1) && o tag bb:1 moves:1 && o run -d --name moved moves:1 sh -c 'sleep 1000; true' && o run -d --name by-id "$id" sleep 1000 && prints "moves:1 \"sh -c 'sleep 1000; …\"" o ps -f name=moved --format '{{.Image}} {{.Command}}' &&
    echo $'FROM bb:1\nENV A=b' >"$scratch/context/Dockerfile" && o build -q -t moves:1 "$scratch/context" && prints $'by-id '"$id"$'\nmoved '"$id" o ps --format '{{.Names}} {{.Image}}' && has ' sha256:' o ps -f name=moved --no-trunc &&
    prints "\"sh -c 'sleep 1000; true'\"" o ps -f name=moved --no-trunc --format '{{.Command}}' && o rm -f moved by-id && o rmi moves:1 || return 1
  o volume create vol10 && o volume create vol-x && o volume create vol2 && prints $'vol2\nvol10\nvol-x' o volume ls -q && o volume inspect -f '{{.CreatedAt}}' vol2 | grep -qE '^[0-9T:-]{19}Z$' && o volume rm vol2 vol10 vol-x &&
    o history --format '{{.CreatedAt}}' bb:1 | grep -qE '^[0-9T:-]{19}Z$'
}
counted() {
  o volume create --opt type=tmpfs --opt device=tmpfs elsewhere && o create --name one bb:1 true && prints 'Local Volumes 0' eval 'o system df --format "{{.Type}} {{.TotalCount}}" | grep Volumes' && prints '0B (0%)' eval 'o system df --format "{{.Reclaimable}}" | head -n 1' &&
    echo $'FROM bb:1\nRUN echo x >/x' >"$scratch/context/Dockerfile" && o build -q -t more:1 "$scratch/context" && prints '(100%)' eval 'o system df --format "{{.Reclaimable}}" | head -n 1 | cut -d " " -f 2' && o rmi more:1 && o volume create counted && o create --name two -v counted:/c bb:1 sleep 9 &&
    prints $'two bb:1 1 0B Created\none bb:1 0 0B Created' o system df -v --format '{{range .Containers}}{{if not (eq .State "running" "exited")}}{{.Names}} {{.Image}} {{.LocalVolumes}} {{.Size}} {{.Status}}{{println}}{{end}}{{end}}' && prints 'counted 1 0B;bb []' \
    o system df -v --format '{{range .Volumes}}{{if eq .Name "counted"}}{{.Name}} {{.Links}} {{.Size}}{{end}}{{end}};{{range .Images}}{{if eq .Repository "bb"}}{{.Repository}}{{end}}{{end}} {{.BuildCache}}' &&
    has 'VOLUME NAME' o system df -v --format table && has '"Containers":[{"Command":"\"sleep 9\"",' o system df -v --format json && ends 1 'no entry for key "Nosuch"' o system df -v --format '{{.Nosuch}}' && o rm one two && o volume rm elsewhere counted &&
    prints '"Backing Filesystem" json-file ["local"]' eval "o info -f '{{json (index (index .DriverStatus 0) 0)}} {{.LoggingDriver}} {{json .Plugins.Volume}}'" && [ "$(o info -f '{{.MemTotal}}')" -gt 1000000 ] && has "$(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release)" o info -f '{{.OperatingSystem}}'
}
origins() {
  prints 'Imported from -' o inspect -f '{{.Comment}}' bb:1 && o create --name maker bb:1 true && o commit maker made:1 && prints "$(o inspect -f '{{.Config.Hostname}}' maker) bb:1 {}" o inspect -f '{{.Config.Hostname}} {{.Config.Image}} {{json .Config.Labels}}' made:1 &&
    has ' root/root ' eval 'o cp maker:/bin/busybox - | tar -tvf -' && has ' root/root ' eval 'o export maker | tar -tvf - bin/busybox' && o rm maker && o rmi made:1 &&
    prints $'[]\noverlayfuse: No such volume: nosuch' eval 'o volume inspect nosuch 2>&1 || true' && prints $'bb:1\noverlayfuse: No such object: nosuch\nfailed' eval 'o inspect -f "{{index .RepoTags 0}}" nosuch bb:1 2>&1 || echo failed'
}
senseless() {
  ends 125 'invalid argument "x" for "-n, --last" flag' o ps -n x && ends 125 'flag needs an argument: -t' o container stop -t && ends 125 'invalid argument "maybe" for "--rm" flag' o run --rm=maybe bb:1 true && ends 1 'there is no flag "-x"' o explain -x &&
    ends 125 'invalid reference format: repository name must be lowercase' o build -t BAD "$scratch/context" && ends 125 'repository name must be lowercase.' o run BB:1 && ends 125 'invalid reference format.' o run '' && ends 1 'invalid reference format.' o create '' &&
    ends 1 'Unable to find image' o create localhost:1/nosuch:1 true && ends 1 'No command specified' o create --entrypoint '' bb:1 && ends 125 'No command specified' o run --entrypoint '' bb:1 && lacks 'Unable to find' o run --pull always localhost:1/nosuch:1 &&
    ends 0 '' o run --rm=1 bb:1 true
}
small_flags() {
  prints hi o run --rm --network none -p 80 bb:1 echo hi && has 'WARNING: Published ports are discarded when using host network mode' o run --rm --network host -p "$port:80" bb:1 true && o run -d --name ranged -p "$port-$((port + 9)):80" -p "$port-$((port + 9)):81" bb:1 sleep 1000 &&
    prints 2 eval 'o port ranged | sort -u -t : -k 2 | wc -l' && prints "$port-$((port + 9))" o inspect -f '{{(index (index .HostConfig.PortBindings "80/tcp") 0).HostPort}}' ranged && o rm -f ranged || return 1
  ends 125 "cannot mix 'volume-*' options with mount type 'tmpfs'" o run --mount type=tmpfs,target=/x,volume-nocopy bb:1 && ends 125 "cannot mix 'tmpfs-*' options with mount type 'bind'" o run --mount type=bind,source=/tmp,target=/x,tmpfs-size=1m bb:1 || return 1
  if [ "$who" = root ]; then
    mkdir -p "$scratch/above/below" && mount -t tmpfs below "$scratch/above/below" && touch "$scratch/above/below/file" || return 1
    prints file o run --rm --mount "type=bind,source=$scratch/above,target=/x" bb:1 ls /x/below && prints '' o run --rm --mount "type=bind,source=$scratch/above,target=/x,bind-nonrecursive" bb:1 ls /x/below || return 1
    umount "$scratch/above/below"
  fi
  prints '["B=2","PATH=/bin"] ["SYS_TIME"] ["KILL"]' eval "o create --name '' -w '' -e B=2 --cap-add sys_time --cap-drop cap_kill --cidfile $home/small bb:1 true >&2 && o inspect -f '{{json .Config.Env}} {{json .HostConfig.CapAdd}} {{json .HostConfig.CapDrop}}' \$(cat $home/small)" && o rm "$(cat "$home/small")" &&
    ends 125 "invalid label '=v': empty name" o run -l =v bb:1 true && ends 125 'empty name' o run -l '' bb:1 true && ends 1 'Cannot kill container: nosuch: No such container: nosuch' o kill nosuch
}
addressed() {
  command -v slirp4netns pasta >/dev/null || return 0
  o run -d --name addressed --network bridge bb:1 sleep 1000 && prints 'bridge bridge' eval "o ps -f network=bridge --format '{{.Networks}}' | tr '\n' ' ' && o inspect -f '{{.HostConfig.NetworkMode}}' addressed" || return 1
  local address gateway mac
  read -r address gateway mac < <(o inspect -f '{{.NetworkSettings.IPAddress}}/{{.NetworkSettings.IPPrefixLen}} {{.NetworkSettings.Networks.bridge.Gateway}} {{.NetworkSettings.MacAddress}}' addressed)
  echo "$address $gateway $mac"
  has "inet $address" o exec addressed ip address && has "link/ether $mac" o exec addressed ip address && has "default via $gateway" o exec addressed ip route && o stop -t 0 addressed &&
    prints '' o inspect -f '{{.NetworkSettings.IPAddress}}' addressed && o rm addressed
}
host_gateway() {
  local server
  prints 127.0.0.1 eval "o run --rm --network host --add-host here:host-gateway bb:1 sed -n 's/\there$//p' /etc/hosts" && o create --name led --add-host here:host-gateway bb:1 true && prints '[here:host-gateway]' o inspect -f '{{.HostConfig.ExtraHosts}}' led && o rm led || return 1
  command -v slirp4netns >/dev/null || return 0
  busybox httpd -f -p $((port + 40)) -h "$scratch/context" & server=$!
  echo from the host >"$scratch/context/page" && chmod 755 "$scratch/context" && eventually eval 'o run --rm --network private --add-host here:host-gateway bb:1 wget -q -O - "http://here:$((port + 40))/page" | grep -q "from the host"'
  local code=$?
  kill $server
  return $code
}
image_in_use() {
  local id
  o tag bb:1 used:1 && echo 'FROM used:1' >"$scratch/context/Dockerfile" && echo 'LABEL a=b' >>"$scratch/context/Dockerfile" && o build -q -t used:2 "$scratch/context" && id=$(o images -q used:2) &&
    o run -d --name user used:2 sleep 1000 && ends 1 '(must force) - container' o rmi used:2 && prints 'Untagged: used:2' o rmi -f used:2 &&
    ends 1 "conflict: unable to delete $id (cannot be forced) - image is being used by running container $(o ps -q -f name=user)" o rmi -f "$id" && ends 1 '(cannot be forced)' o rmi "$id" &&
    o stop -t 0 user && ends 1 "(must be forced) - image is being used by stopped container" o rmi "$id" && has 'Deleted: sha256:' o rmi -f "$id" && o rm user &&
    ends 0 'No such image: used:2' o rmi -f used:2 && ends 1 'No such image: used:2' o rmi used:2 && o rmi used:1
}

port=18097
if [ "$(id -u)" = 0 ]; then
  who=root as=() home=$scratch/root-home state=$scratch/root-state
  mkdir "$home"
  verbs
  check "root: one that its limit has killed says so" prints 'true 137' out_of_memory
fi
if [ "$(id -u)" != 0 ] || [ -n "$test_user" ]; then
  who="an ordinary user" home=$scratch/home state=$scratch/home/state
  if [ "$(id -u)" = 0 ]; then as=(runuser -u "$test_user" --); install -d -o "$test_user" "$home"; else as=(); mkdir "$home"; fi
  verbs
fi
