#!/usr/bin/env bash
# timeout: 300
# The command from outside: its forms and names, the daemon it leaves behind, and what it says when it cannot mount.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$scratch"
mkdir a b u w m
echo one >a/one
echo two >b/two
export a=$scratch/a b=$scratch/b u=$scratch/u w=$scratch/w m=$scratch/m OVERLAYFUSE
unmount() { "$OVERLAYFUSE" umount "$m"; }
after_check() { while is_mounted "$m" && umount -l "$m"; do :; done; }

# --- forms and names ---

mounts_with() { # expected words of /proc/mounts, command...
  local word expected=$1 line
  shift
  "$@" || return
  line=$(awk -v p="$m" '$2 == p' /proc/mounts)
  unmount || return
  for word in $expected; do grep -q -- "$word" <<<"$line" || { echo "no $word in: $line"; return 1; }; done
}
check mount_verb mounts_with "^overlayfuse fuse.overlayfuse rw default_permissions" "$OVERLAYFUSE" mount -o "lowerdir=$a:$b,upperdir=$u,workdir=$w" "$m"
check without_an_upper_it_is_read_only mounts_with "[^a-z]ro," "$OVERLAYFUSE" mount -o "lowerdir=$a" "$m"
check drop_in_form_with_empty_elements mounts_with "^overlayfuse" "$OVERLAYFUSE" -o "lowerdir=$a:$b,upperdir=$u,workdir=$w,," "$m"
check mount_form_with_a_source_word mounts_with "^none" "$OVERLAYFUSE" none "$m" -o "rw,lowerdir=$a" -o "dev,suid"
check options_cling_to_their_flag mounts_with "^overlayfuse" "$OVERLAYFUSE" mount "-olowerdir=$a" "$m"
check relative_paths mounts_with "^overlayfuse" "$OVERLAYFUSE" mount -o lowerdir=a:b,upperdir=u,workdir=w m
for name in fuse-overlayfs mount.fuse.overlayfuse; do
  ln -s "$OVERLAYFUSE" "$name"
  check "called_as_$name" mounts_with "^mount" "./$name" mount "$m" -o "rw,lowerdir=$a"
done 2>/dev/null
their_help() { # lists what works by that name, and no verbs
  ./fuse-overlayfs --help >said && grep -q '^  fuse-overlayfs ' said && grep -q -- '-o, --options' said && ! grep -qE '^Commands|explain|volume' said || return
  ./mount.fuse.overlayfuse -h >said && grep -q '^  mount.fuse.overlayfuse ' said && ! grep -q '^Commands' said && "$OVERLAYFUSE" --help | grep -q '^  explain '
}
check called_by_other_names_help_is_of_what_works_by_them their_help
their_type() { # and all that is ours knows it
  ./fuse-overlayfs -o "lowerdir=$a,upperdir=$u,workdir=$w" "$m" && findmnt -n -t fuse.fuse-overlayfs -o SOURCE "$m" | grep -qx fuse-overlayfs &&
    "$OVERLAYFUSE" status "$m" && "$OVERLAYFUSE" explain "$m/one" && "$OVERLAYFUSE" changes "$m" && unmount && ! is_mounted "$m"
}
check called_as_fuse_overlayfs_the_type_is_that their_type
version_anywhere() {
  local how
  for how in "-f -V" "-V -o lowerdir=$a $m" "--version $m" "-o lowerdir=$a $m --version"; do
    # shellcheck disable=SC2086 # words
    ./fuse-overlayfs $how >said && ! is_mounted "$m" && [ "$(head -n 1 said | sed 's/[0-9.]*$//')" = "fuse-overlayfs: version " ] && grep -q '^overlayfuse .*NET' said || return
  done
}
check version_is_said_wherever_it_is_asked_for version_anywhere
mount_helper_fake() { ./mount.fuse.overlayfuse none "$m" -f -o "lowerdir=$a" && ! is_mounted "$m"; }
check mount_helper_with_f_mounts_nothing mount_helper_fake

no_links() {
  ln -s one "$a/link" && "$OVERLAYFUSE" mount -o "lowerdir=$a,nosymfollow" "$m" && [ "$(readlink "$m/link")" = one ] && ! cat "$m/link" 2>said && grep -q 'symbolic links' said && unmount && rm "$a/link"
}
check nosymfollow_follows_no_link no_links

unknown_in_drop_in() {
  local said
  said=$("$OVERLAYFUSE" -o "lowerdir=$a,frobnicate=1,lowerdri=x" "$m" 2>&1) && unmount &&
    grep -q 'unknown option "frobnicate=1" ignored' <<<"$said" && grep -q 'Did you mean "lowerdir"' <<<"$said"
}
check drop_in_names_unknown_options_and_mounts unknown_in_drop_in
lenient_drop_in() {
  mounts_with "[^a-z]rw," "$OVERLAYFUSE" -o "lowerdir=$b,static_nlink=1,gidmapping=,upperdir=$b,upperdir=$u,workdir=$w,lowerdir=$a" "$m" 2>said && [ "$(grep -c '^overlayfuse: ' said)" = 4 ]
}
check drop_in_names_what_a_person_is_refused_and_mounts lenient_drop_in

layers_file() {
  printf '%s\n' "$a" "$b" >lines && printf '%s\0' "$a" "$b" >nuls
  for file in lines nuls; do
    "$OVERLAYFUSE" mount --layers $file "$m" && [ "$(cat "$m"/one "$m"/two | tr '\n' ' ')" = "one two " ] && unmount || return
  done
  "$OVERLAYFUSE" mount --layers <(cat lines) "$m" && unmount
}
check layers_from_a_file_or_a_pipe layers_file

odd_names() {
  local odd
  for odd in 'with:colon' 'with,comma' 'with\backslash' 'with blank' $'not\xffutf8' $'with\nline'; do
    mkdir -p "$odd/l" "$odd/u" "$odd/w" "$odd/m" && echo "$odd" >"$odd/l/name" || return
    local escaped=${odd//\\/\\\\}
    escaped=${escaped//:/\\:} escaped=${escaped//,/\\,}
    "$OVERLAYFUSE" mount -o "lowerdir=$escaped/l,upperdir=$escaped/u,workdir=$escaped/w" "$odd/m" || return
    [ "$(cat "$odd/m/name")" = "$odd" ] && "$OVERLAYFUSE" umount "$odd/m" || { echo "fails: $odd"; return 1; }
  done
}
check paths_of_any_bytes odd_names

# --- the daemon ---

lets_go() {
  exec 7</etc/passwd
  # The pipe ends with the command, though the daemon lives on: else this waits for ever.
  timeout 20 bash -c '"$OVERLAYFUSE" mount -o "lowerdir=$a" "$m" 2>&1 | cat' || return
  local pid fd target
  pid=$(daemon_of "$m") || return
  [ "$(readlink "/proc/$pid/cwd")" = / ] && [ "$(awk '/^Umask/ { print $2 }' "/proc/$pid/status")" = 0000 ] || return
  [ "$(ps -o sid= -p "$pid" | tr -d ' ')" = "$pid" ] && [ "$(cat "/proc/$pid/comm")" = overlayfuse ] || return
  for fd in 0 1 2; do [ "$(readlink "/proc/$pid/fd/$fd")" = /dev/null ] || return; done
  for fd in "/proc/$pid/fd/"*; do
    target=$(readlink "$fd")
    case $target in /etc/passwd) echo "keeps $target"; return 1 ;; esac
  done
  unmount && eventually eval '! daemon_of "$m" >/dev/null'
}
check daemon_keeps_nothing_of_its_caller_and_ends_when_unmounted lets_go

# Most mounts are forked before the runtime starts. One that was started anew has a variable of ours in its environment.
is_started() { local pid; pid=$(daemon_of "$m") && grep -qz '^DOTNET_EnableDiagnostics=0$' "/proc/$pid/environ"; }
is_forked() { daemon_of "$m" >/dev/null && ! is_started; }
forked() {
  unset DOTNET_EnableDiagnostics
  rm -rf names && mkdir names && ln -s "$OVERLAYFUSE" names/fuse-overlayfs && ln -s "$OVERLAYFUSE" names/mount.fuse.overlayfuse || return
  local form
  for form in "$OVERLAYFUSE mount -o lowerdir=$a" "$OVERLAYFUSE -olowerdir=$a" "names/fuse-overlayfs -o lowerdir=$a" "$OVERLAYFUSE mount --log log -o ro --options lowerdir=$a"; do
    $form "$m" && is_forked && unmount || { echo "not: $form"; return 1; }
  done
  names/mount.fuse.overlayfuse none "$m" -o "lowerdir=$a" -n && is_forked && unmount || return
  "$OVERLAYFUSE" none "$m" -o "lowerdir=$a" && is_forked && unmount && "$OVERLAYFUSE" source "$m" -o "lowerdir=$a" && is_started && unmount && rm -rf names log
}
check a_plain_mount_forks_its_daemon forked
decides() { # the table of what fork.c takes for a mount that leaves the foreground; "--" keeps it from deciding about this program itself
  local line taken
  printf '#include "%s"\nint main(int count, char **words) { return !is_mount(count - 2, words + 2); }\n' "$root/src/OverlayFuse.Cli/Native/fork.c" >decides.c && clang -o decides decides.c || return
  while read -r taken line; do
    # shellcheck disable=SC2086
    if ./decides -- $line; then [ "$taken" = yes ]; else [ "$taken" = no ]; fi || { echo "not $taken: $line"; return 1; }
  done <<'END'
yes overlayfuse mount -o lowerdir=a,upperdir=u,workdir=w m
yes overlayfuse mount m -olowerdir=a --log file
yes overlayfuse mount --layers file --options ro m
yes overlayfuse -o lowerdir=a m
yes /usr/bin/overlayfuse none m -o lowerdir=a
yes fuse-overlayfs -o lowerdir=a m
yes mount.fuse.overlayfuse any m -n -o rw,lowerdir=a -t fuse.overlayfuse
no overlayfuse mount -f -o lowerdir=a m
no overlayfuse mount --debug -o lowerdir=a m
no overlayfuse mount -o lowerdir=a,debug m
no overlayfuse mount -olowerdir=a,debug m
no overlayfuse mount --help
no overlayfuse mount m
no overlayfuse mount -o lowerdir=a
no overlayfuse mount m -o
no overlayfuse mount -o lowerdir=a -- m
no overlayfuse -o lowerdir=a m --version
no overlayfuse volume create -o type=tmpfs v
no overlayfuse source m -o lowerdir=a
no overlayfuse umount m
no overlayfuse ps
no overlayfuse --version
no overlayfuse
no mount.fuse.overlayfuse none m -f -o lowerdir=a
END
  rm decides.c decides
}
check what_is_forked decides
fails_while_it_waits() { # for its layers, of a pipe
  rm -f layers && mkfifo layers && { "$OVERLAYFUSE" mount --layers layers -o ro "$m" 2>said & } && local command=$! child || return
  eventually eval 'child=$(pgrep -P $command)' && kill "-$1" "$child"
  wait $command
  [ $? = 1 ] && ! is_mounted "$m" && grep -qx "overlayfuse: the daemon ended before the mount was live (signal $2). Run the same command with -f to see more." said && rm said layers
}
check a_daemon_that_is_killed_before_it_mounts fails_while_it_waits KILL 9
check a_daemon_that_is_ended_before_it_mounts fails_while_it_waits TERM 15
code_where_children_are_ignored() { # wait(2): they leave no exit code behind
  (trap '' CHLD; "$OVERLAYFUSE" mount -o lowerdir=nosuch "$m" 2>said; [ $? = 1 ]) && grep -q 'overlayfuse: .*nosuch.*: there is no such directory' said || return
  (trap '' CHLD INT HUP; "$OVERLAYFUSE" mount -o "lowerdir=$a" "$m") && kill -INT "$(daemon_of "$m")" && eventually eval '! is_mounted "$m"' && eventually eval '! daemon_of "$m" >/dev/null' && rm said
}
check ignored_signals_are_not_the_daemons code_where_children_are_ignored
long_title() { # longer than the command line and the environment that it is written over
  local place
  place=$scratch/$(printf 'y%.0s' {1..200})
  mkdir -p "$place" && (cd "$place" && env -i "$OVERLAYFUSE" mount -o "lowerdir=$a" .) && pgrep -f "^overlayfuse --daemon ${place:0:20}" && is_mounted "$place" && umount "$place" && eventually eval '! pgrep -f "^overlayfuse --daemon ${place:0:20}"' && rmdir "$place"
}
check a_mount_point_longer_than_the_command_line long_title

ends_on() { # signal
  "$OVERLAYFUSE" mount -o "lowerdir=$a" "$m" && kill "-$1" "$(daemon_of "$m")" && eventually eval '! is_mounted "$m"' && eventually eval '! daemon_of "$m" >/dev/null'
}
check SIGTERM_unmounts_and_ends ends_on TERM
check SIGINT_unmounts_and_ends ends_on INT
check SIGHUP_unmounts_and_ends ends_on HUP
survives_USR1() { # which has it say how it is doing; written pages are the kernel's until somebody closes the file
  "$OVERLAYFUSE" mount --log log -o "lowerdir=$a,upperdir=$u,workdir=$w" "$m" && exec 7>"$m/held" && echo kept >&7 || return
  kill -USR1 "$(daemon_of "$m")" && eventually grep -q 'overlayfuse: layers: 1 lower layer beneath .*; requests: .*; copied up: ' log && [ "$(wc -l <log)" = 1 ] || return
  exec 7>&- && [ "$(cat "$m/held")" = kept ] && daemon_of "$m" && unmount && [ "$(cat u/held)" = kept ] && rm u/held log
}
check SIGUSR1_says_how_it_is_doing survives_USR1

foreground() {
  "$OVERLAYFUSE" mount -f -o "lowerdir=$a" "$m" &
  local pid=$!
  eventually is_mounted "$m" && kill -TERM "$pid" && wait "$pid" && ! is_mounted "$m" || return

  # Not in the background: there a shell has SIGINT ignored.
  timeout --preserve-status -s INT 2 "$OVERLAYFUSE" mount -f -o "lowerdir=$a" "$m" && ! is_mounted "$m"
}
check foreground_stays_until_a_signal foreground
debugged() { # however it is asked for
  local how
  for how in "-d -o lowerdir=$a" "-o debug,lowerdir=$a"; do
    # shellcheck disable=SC2086 # two words
    timeout --preserve-status -s INT 2 "$OVERLAYFUSE" $how "$m" 2>said && ! is_mounted "$m" && grep -qx "  lower=$a" said || return
  done
}
check debug_stays_in_the_foreground_and_says_what_is_mounted debugged
traced() {
  "$OVERLAYFUSE" mount -d -o "lowerdir=$a,upperdir=$u,workdir=$w" "$m" 2>said &
  local pid=$!
  eventually is_mounted "$m" && cat "$m/one" && echo x >"$m/made" && ! ls "$m/none" 2>ls && rm "$m/made" && kill -TERM "$pid" && wait "$pid" || return
  grep -q '^overlayfuse: LOOKUP node 1 "one" by process [0-9]*: node [0-9]*, [0-9]* us$' said && grep -q '^overlayfuse: LOOKUP node 1 "none" .*: no such name, to be remembered, ' said || return
  grep -q '^overlayfuse: MKNOD node 1 "made" by process [0-9]* of 0:0: node [0-9]*, ' said && grep -q '^overlayfuse: UNLINK node 1 "made" .*: ok, ' said
}
check debug_says_what_the_kernel_asks traced

# What the kernel asks of the daemon when a name that is there, one that is not, and a listing are asked for three times each.
asks() { # option, how often LOOKUP and OPENDIR are asked (one of the latter by "status" itself), and the least number of GETATTR
  "$OVERLAYFUSE" mount -o "lowerdir=$a,upperdir=$u,workdir=$w$1" "$m" || return
  local asked i
  for i in 1 2 3; do stat "$m/one" && ! stat "$m/none"; done
  for i in 1 2 3; do ls "$m"; done
  asked=$("$OVERLAYFUSE" status "$m") && unmount && echo "$asked" || return
  [ "$(grep -o 'Lookup [0-9]*' <<<"$asked") $(grep -o 'OpenDir [0-9]*' <<<"$asked")" = "Lookup $2 OpenDir $3" ] || return
  [ "$(grep -o 'GetAttr [0-9]*' <<<"$asked" | cut -d ' ' -f 2)" -ge "${4:-0}" ]
}
believes() { # as asks; tests beside this one drop the kernel's caches now and then, and it asks once more for what they dropped
  local i
  for i in 1 2 3; do
    if asks "$@"; then return 0; fi
    if is_mounted "$m"; then unmount; fi
  done
  return 1
}
check what_the_kernel_was_told_it_believes_for_ever believes "" 2 1
check timeout_has_the_kernel_ask_again believes ,timeout=0 6 4
check entry_timeout_has_the_kernel_ask_again_for_names believes ,entry_timeout=0 4 4
check negative_timeout_has_the_kernel_ask_again_for_names_that_are_not_there believes ,negative_timeout=0 4 1
check attr_timeout_has_the_kernel_ask_again_for_attributes believes ,attr_timeout=0 2 1 6
check a_long_timeout_is_no_question believes ,timeout=1e9 2 1
no_time() { ! "$OVERLAYFUSE" mount -o "lowerdir=$a,timeout=soon" "$m" 2>said && grep -q 'needs a number of seconds' said && "$OVERLAYFUSE" -o "lowerdir=$a,timeout=soon" "$m" 2>said && grep -q '"timeout=soon" ignored' said && unmount; }
check a_timeout_that_is_no_number_is_told no_time

# Attributes that somebody has asked for the kernel keeps for ever, and shows of a dead mount too; statfs(2) it does not.
kill_daemon() { # mount point, and who looks at it: as_user, or nobody else
  "${@:2}" stat "$1" && "${@:2}" ls "$1" && kill -KILL "$(daemon_of "$1")" && eventually is_dead "$@"
}
is_dead() { ! "${@:2}" stat -f "$1" 2>/dev/null; }
dead_mount() { "$OVERLAYFUSE" mount -o "lowerdir=$a" "$m" && kill_daemon "$m" && unmount && ! is_mounted "$m"; }
check umount_takes_a_dead_mount_away dead_mount

mounts_here() { grep -c " $m fuse.overlayfuse " /proc/mounts; }
dead_twice() { # whose users still hold a file of the first
  "$OVERLAYFUSE" mount -o "lowerdir=$a,upperdir=$u,workdir=$w" "$m" && exec 7<"$m/one" || return
  kill_daemon "$m" && "$OVERLAYFUSE" -o "lowerdir=$a,upperdir=$u,workdir=$w" "$m" || return
  [ "$(mounts_here)" = 1 ] && [ "$(cat "$m/one")" = one ] && echo new >"$m/new" && unmount && ! is_mounted "$m" && [ "$(cat u/new)" = new ] && rm u/new
}
check the_next_mount_takes_a_dead_one_away dead_twice
dead_of_others() { # type, source: a connection that dies with the one who holds it
  python3 - "$m" "$1" "$2" <<'END' || return
import ctypes, os, sys
libc, fd = ctypes.CDLL(None, use_errno=True), os.open("/dev/fuse", os.O_RDWR)
place, kind, source = (word.encode() for word in sys.argv[1:])
sys.exit(libc.mount(source, place, kind, 0, b"fd=%d,rootmode=40000,user_id=0,group_id=0" % fd) != 0)
END
  is_mounted "$m" && "$OVERLAYFUSE" mount -o "lowerdir=$b" "$m" 2>said
}
dead_union_of_others() { dead_of_others "$@" && [ "$(grep -c " $m " /proc/mounts)" = 1 ] && [ -e "$m/two" ] && unmount; }
dead_and_no_union() { ! dead_of_others fuse.sshfs host: && grep -q 'server has died' said && umount -l "$m"; }
if [ "$(id -u)" = 0 ] && command -v python3 >/dev/null; then
  check the_next_mount_takes_a_dead_fuse_overlayfs_away dead_union_of_others fuse.fuse-overlayfs fuse-overlayfs
  check the_next_mount_takes_a_dead_one_without_a_type_away dead_union_of_others fuse fuse-overlayfs
  check the_next_mount_leaves_another_dead_file_system dead_and_no_union
else
  skip the_next_mount_takes_a_dead_fuse_overlayfs_away "needs root and python3"
fi
covered() { # a live mount is nobody's to take away, whatever is asked for twice
  "$OVERLAYFUSE" mount -o "lowerdir=$a" "$m" && "$OVERLAYFUSE" mount -o "lowerdir=$b" "$m" && [ "$(mounts_here)" = 2 ] && [ -e "$m/two" ] && unmount && [ -e "$m/one" ] && unmount
}
check the_next_mount_covers_a_live_one covered

four_starts() { # as a caller whose children somebody else reaps: it takes success for failure, unmounts, and tries again
  local i
  for i in 1 2 3 4; do
    "$OVERLAYFUSE" overlay "$m" -o "workdir=$w,upperdir=$u,lowerdir=$a:$b,dev,suid" && echo "$i" >"$m/start$i" || return
    [ "$i" = 4 ] || umount "$m" || umount -l "$m" || return
  done
  [ "$(mounts_here)" = 1 ] && [ "$(cat "$m"/start? | tr -d '\n')" = 1234 ] && unmount && rm u/start?
}
check four_starts_in_a_row_on_one_work_directory four_starts
lazily() { # somebody is still inside when it is mounted again elsewhere
  mkdir -p m2 && "$OVERLAYFUSE" mount -o "lowerdir=$a,upperdir=$u,workdir=$w" "$m" && exec 7>"$m/held" && umount -l "$m" || return
  (sleep 1; exec 7>&-) & exec 7>&-
  "$OVERLAYFUSE" mount -o "lowerdir=$a,upperdir=$u,workdir=$w" m2 && [ -e m2/held ] && "$OVERLAYFUSE" umount m2 && rm u/held
}
check a_mount_that_is_held_open_for_a_second_is_waited_for lazily

# One that is mounted nowhere any more gives way to the next, with what was written to it; who stands in it loses it.
held() {
  "$OVERLAYFUSE" mount -o "lowerdir=$a,upperdir=$u,workdir=$w" "$m" || return
  (cd "$m" && exec 7>>held && echo one >&7 && cd "$m" && echo two >&7 && touch "$scratch/standing" && exec sleep 30) & local holder=$!
  eventually [ -e standing ] && umount -l "$m" && "$OVERLAYFUSE" mount -o "lowerdir=$a,upperdir=$u,workdir=$w" "$m" && [ "$(cat "$m/held")" = "one
two" ] && kill -0 $holder && rm "$m/held" standing
  local code=$?
  kill $holder
  wait $holder 2>/dev/null
  unmount && return $code
}
check a_mount_that_is_gone_and_held_open_gives_way held

# In another mount namespace it is still there.
elsewhere() {
  "$OVERLAYFUSE" mount -o "lowerdir=$a,upperdir=$u,workdir=$w" "$m" || return
  unshare -m --propagation private sh -c "touch '$scratch/copied'; exec sleep 30" & local holder=$!
  eventually [ -e copied ] && umount -l "$m" && refuses 'is in use by a live mount' "$OVERLAYFUSE" mount -o "lowerdir=$a,upperdir=$u,workdir=$w" "$m"
  local code=$?
  kill $holder
  wait $holder 2>/dev/null
  rm -f copied
  "$OVERLAYFUSE" mount -o "lowerdir=$a,upperdir=$u,workdir=$w" "$m" && unmount && return $code
}
if [ "$(id -u)" = 0 ]; then check a_mount_that_is_in_another_namespace_stays elsewhere; fi

logs() { "$OVERLAYFUSE" mount --log log -o "lowerdir=$a" "$m" && [ -e log ] && [ "$(readlink "/proc/$(daemon_of "$m")/fd/2")" = "$scratch/log" ] && unmount; }
check log_file logs

link_counts() { # plain directories have those of their layer, unless asked otherwise
  mkdir -p "$a/several/"{x,y,z} && "$OVERLAYFUSE" mount -o "lowerdir=$a" "$m" && [ "$(stat -c %h "$m/several")" = 5 ] && unmount || return
  "$OVERLAYFUSE" mount -o "lowerdir=$a,static_nlink" "$m" && [ "$(stat -c %h "$m/several" "$m" "$m/several/x" | sort -u)" = 1 ] && [ "$(find "$m" -type d | wc -l)" = 5 ] && unmount
}
check static_nlink link_counts
narrow_inodes() { # in stat and in listings, the same in the next mount and after a copy
  mkdir -p "$a/narrow" && echo 1 >"$a/narrow/f" || return
  local numbers
  numbers() { (cd "$m" && find . -printf '%i %P\n' | sort -k2); }
  "$OVERLAYFUSE" mount -o "ino32_t,lowerdir=$a,upperdir=$u,workdir=$w" "$m" && numbers=$(numbers) && echo 2 >>"$m/narrow/f" && diff <(numbers) <(echo "$numbers") && unmount || return
  "$OVERLAYFUSE" mount -o "ino32_t,lowerdir=$a,upperdir=$u,workdir=$w" "$m" && diff <(numbers) <(echo "$numbers") && unmount && rm -r "$u/narrow" || return
  [ "$(awk '$1 >= 4294967296' <<<"$numbers" | wc -l)" = 0 ] && [ "$(awk '{ print $1 }' <<<"$numbers" | sort | uniq -d | wc -l)" = 0 ]
}
check ino32_t narrow_inodes

# --- refusals of the command itself; those that look at the disk are in bad-input.sh ---

check refuses_an_unknown_option refuses 'Did you mean "upperdir"' "$OVERLAYFUSE" mount -o "lowerdir=$a,uperdir=$u" "$m"
check refuses_no_lowerdir refuses 'lowerdir is missing' "$OVERLAYFUSE" mount -o "upperdir=$u,workdir=$w" "$m"
check refuses_an_upper_without_a_workdir refuses 'needs a workdir' "$OVERLAYFUSE" mount -o "lowerdir=$a,upperdir=$u" "$m"
check refuses_contradictions refuses 'contradict' "$OVERLAYFUSE" mount -o "lowerdir=$a,volatile,fsync=strict" "$m"
check refuses_remount refuses 'remount' "$OVERLAYFUSE" none "$m" -o "remount,rw,lowerdir=$a"
check refuses_owners_in_attributes_that_nobody_knows refuses '0, 1, 2' "$OVERLAYFUSE" -o "lowerdir=$a,upperdir=$u,workdir=$w,,volatile,xattr_permissions=3" "$m"
check refuses_a_mapping_that_is_none refuses 'STORED:SHOWN:COUNT' "$OVERLAYFUSE" -o "lowerdir=$a,upperdir=$u,workdir=$w,,volatile,uidmapping=:0:1" "$m"
descriptor() { # words, redirection
  local words=$1
  refuses "$words" bash -c '"$OVERLAYFUSE" none "$0" -o "lowerdir=$a" '"$3" "$2" && refuses "$words" bash -c '"$OVERLAYFUSE" none "$0" -f -o "lowerdir=$a" '"$3" "$2"
}
check refuses_a_descriptor_that_is_a_standard_stream descriptor 'cannot mount on /dev/fd/0: behind /dev/fd/ the number of a descriptor from 3 on' /dev/fd/0 ""
check refuses_a_descriptor_that_is_a_file descriptor 'cannot mount on /dev/fd/7: the descriptor is not an open /dev/fuse' /dev/fd/7 '7<"$a/one"'
check refuses_a_descriptor_that_is_closed descriptor 'the descriptor is not open' /dev/fd/9 '9<&-'
if [ -w /dev/fuse ]; then check refuses_a_descriptor_that_is_not_mounted descriptor 'the descriptor that was given is not mounted' /dev/fd/7 '7<>/dev/fuse'; fi
check refuses_no_mount_point refuses 'mount point is missing' "$OVERLAYFUSE" mount -o "lowerdir=$a"
check refuses_an_unreadable_list refuses 'cannot read the layers' "$OVERLAYFUSE" mount --layers none "$m"
check refuses_an_empty_list refuses 'holds no path' "$OVERLAYFUSE" mount --layers /dev/null "$m"
check refuses_to_unmount_what_is_not_mounted refuses 'nothing is mounted there' "$OVERLAYFUSE" umount "$m"
check refuses_to_unmount_what_is_no_union refuses 'proc, not a union' "$OVERLAYFUSE" umount /proc

# --- other rights ---

if [ "$(id -u)" = 0 ] && [ -z "$test_user" ]; then
  skip mounts_of_an_ordinary_user "no user to be: set OVERLAYFUSE_TEST_USER"
  exit
fi
cp "$OVERLAYFUSE" program # the sources may lie where the user cannot go
mkdir -m 755 mine && mkdir mine/l mine/m && { [ "$(id -u)" != 0 ] || chown -R "$test_user" mine; }
export program=$scratch/program mine=$scratch/mine
helper() {
  as_user "$program" mount -o "lowerdir=$mine/l" "$mine/m" && grep -q " $mine/m fuse.overlayfuse .*nosuid,nodev.*default_permissions" /proc/mounts &&
    as_user "$program" umount "$mine/m" && ! is_mounted "$mine/m"
}
check an_ordinary_user_mounts_by_fusermount3 helper
dead_of_a_user() {
  as_user "$program" mount -o "lowerdir=$mine/l" "$mine/m" && kill_daemon "$mine/m" as_user && as_user "$program" -o "lowerdir=$mine/l" "$mine/m" || return
  [ "$(grep -c " $mine/m fuse.overlayfuse " /proc/mounts)" = 1 ] && as_user ls "$mine/m" && as_user "$program" umount "$mine/m" && ! is_mounted "$mine/m"
}
check the_next_mount_of_an_ordinary_user_takes_a_dead_one_away dead_of_a_user
namespace() {
  as_user unshare -Urm bash -c '"$program" mount -o "lowerdir=$mine/l" "$mine/m" && grep " $mine/m fuse.overlayfuse .*allow_other" /proc/mounts && "$program" umount "$mine/m"'
}
check in_a_user_namespace_mount_needs_no_helper_and_is_open_to_all namespace
not_mine() { refuses "$scratch/m" as_user "$program" mount -o "lowerdir=$mine/l" "$m"; }
check refuses_a_mount_point_of_others not_mine
no_helper() { refuses 'apt-get install fuse3' as_user env PATH=/nonexistent "$program" mount -o "lowerdir=$mine/l" "$mine/m"; }
check refuses_where_fusermount3_is_absent no_helper
check refuses_nosymfollow_where_the_helper_mounts refuses 'knows no nosymfollow' as_user "$program" mount -o "lowerdir=$mine/l,nosymfollow" "$mine/m"
check refuses_passthrough_for_an_ordinary_user refuses 'root only' as_user "$program" mount -o "lowerdir=$mine/l,data=passthrough" "$mine/m"
