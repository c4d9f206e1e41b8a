#!/usr/bin/env bash
# timeout: 300
# How mounts end by a signal, what they inherit from whoever mounts, and what becomes of data that was written until then.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$scratch"
m=$scratch/m
mkdir l m
echo lower >l/lower

fresh() { rm -rf u w && mkdir u w; }
mounts() { fresh && "$OVERLAYFUSE" mount -o "lowerdir=l,upperdir=u,workdir=w${1:+,$1}" "${2:-m}"; }
ends() { kill "-${2:-TERM}" "$(daemon_of "$1")" && eventually eval "! daemon_of '$1'"; }
not_mounted() { ! is_mounted "$1"; }

peacefully() { mounts && ends "$m" "$1" && not_mounted "$m"; }
check a_signal_unmounts peacefully TERM
check an_interrupt_unmounts peacefully INT

# Somebody works on in it: two seconds, then what was written is written back and the mount goes from under them.
in_use() {
  mounts "$1" || return
  head -c 100M /dev/zero | tr '\0' z >expected
  python3 - "$(daemon_of "$m")" <<'PY' &
import os, signal, sys, time
fd = os.open("m/written", os.O_CREAT | os.O_WRONLY)
data = open("expected", "rb").read()
while data: data = data[os.write(fd, data):]
os.kill(int(sys.argv[1]), signal.SIGTERM)
time.sleep(120)
PY
  local user=$!
  eventually not_mounted "$m" || eventually not_mounted "$m"
  not_mounted "$m" && eventually eval '! daemon_of "$m"' && cmp expected u/written
  local result=$?
  kill $user
  wait $user 2>/dev/null
  umount -l m 2>/dev/null
  return $result
}
for mode in data=cached data=cached,writeback=off; do check "what_was_written_before_a_signal_is_kept.$mode" in_use "$mode"; done

# What is written to a mapping the kernel holds in each mode: here in the last of the two seconds. On a machine that is too busy for that nothing can be told.
mapped() {
  rm -f late && head -c 4M /dev/zero >l/mapped && tr '\0' z <l/mapped >expected && mounts "$1" || return
  python3 - "$(daemon_of "$m")" <<'PY' &
import mmap, os, signal, sys, time
fd = os.open("m/mapped", os.O_RDWR)
pages, begun = mmap.mmap(fd, 4 << 20), time.monotonic()
os.kill(int(sys.argv[1]), signal.SIGTERM)
time.sleep(1.5)
pages[:] = b"z" * (4 << 20)
if time.monotonic() - begun > 1.9: open("late", "w")
time.sleep(120)
PY
  local user=$!
  eventually not_mounted "$m" && eventually eval '! daemon_of "$m"' && { [ -e late ] || cmp expected u/mapped; }
  local result=$?
  kill $user
  wait $user 2>/dev/null
  umount -l m 2>/dev/null
  rm l/mapped
  return $result
}
for mode in data=cached data=cached,writeback=off; do check "what_was_written_to_a_mapping_before_a_signal_is_kept.$mode" mapped "$mode"; done

if [ "$(id -u)" = 0 ]; then
  check what_was_written_before_a_signal_is_kept.data=passthrough in_use data=passthrough

  covered() {
    mounts && mount -t tmpfs other m && echo precious >m/file || return
    ends "$m" && [ "$(cat m/file)" = precious ] && umount m && "$OVERLAYFUSE" umount m && not_mounted "$m"
  }
  check another_mount_on_top_is_not_taken_for_ours covered

  moved() {
    mkdir -p par/m && mounts "" par/m && mv par par2 && mkdir -p par/m && mount -t tmpfs other par/m && echo precious >par/m/file || return
    ends "$scratch/par/m" && [ "$(cat par/m/file)" = precious ] && not_mounted "$scratch/par2/m"
  }
  check a_mount_is_found_where_it_was_moved moved
fi

# Limits and habits of who mounts are not those of who writes.
# Root lifts the limit where it has CAP_SYS_RESOURCE; else who writes more gets an error, and the mount lives on.
file_size() {
  fresh && (ulimit -f 1; exec "$OVERLAYFUSE" mount -o lowerdir=l,upperdir=u,workdir=w m) || return
  if head -c 100000 /dev/zero >m/large; then [ "$(stat -c %s u/large)" = 100000 ]; else ! setpriv --dump 2>/dev/null | grep -q 'Effective.*sys_resource'; fi &&
    echo small >m/small && [ "$(cat u/small)" = small ] && "$OVERLAYFUSE" umount m
}
check a_limit_of_file_size_does_not_end_the_mount file_size
if [ -n "$test_user" ]; then
  theirs() { rm -rf "$scratch/theirs" && mkdir -p theirs/l theirs/u theirs/w theirs/m && chown -R "$test_user" theirs; }
  limited() {
    theirs && as_user bash -c 'cd "$1"; ulimit -f 1; exec "$2" mount -o lowerdir=l,upperdir=u,workdir=w m' - "$scratch/theirs" "$OVERLAYFUSE" || return
    as_user bash -c 'cd "$1" && ! head -c 100000 /dev/zero >m/large && echo small >m/small && cat m/small' - "$scratch/theirs" && as_user "$OVERLAYFUSE" umount "$scratch/theirs/m"
  }
  check a_limit_that_cannot_be_lifted_is_an_error_of_the_write limited
  masked() {
    theirs && as_user bash -c 'cd "$1"; umask 777; for i in 1 2; do "$2" mount -o lowerdir=l,upperdir=u,workdir=w m && "$2" umount m || exit; done' - "$scratch/theirs" "$OVERLAYFUSE"
  }
  check a_umask_does_not_shut_the_work_directory masked
  # Perl and others ignore SIGCHLD, not to wait for their children. Ours are waited for, fusermount3 among them.
  childless() {
    as_user python3 -c 'import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.execv(sys.argv[1], sys.argv[1:])' "$OVERLAYFUSE" "$@"
  }
  unheard() { theirs && cd theirs && childless mount -o lowerdir=l,upperdir=u,workdir=w m && childless umount m && not_mounted "$scratch/theirs/m"; }
  check children_whose_end_is_ignored_are_waited_for unheard
fi
