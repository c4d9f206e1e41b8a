#!/usr/bin/env bash
# timeout: 900
# An upper whose file system is full: every mode says so, at close or fsync at the latest, nothing is half made, and what was promised is there.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$(dirname "${BASH_SOURCE[0]}")/mounts.sh"
cd "$scratch"
if [ "$(id -u)" != 0 ]; then
  skip full_disk "needs root: a small file system to mount"
  exit 0
fi
cp "$OVERLAYFUSE" program # the sources may lie where the user cannot go
m=$scratch/m small=$scratch/small
mkdir m small low low/{d,e,many}
for i in $(seq 20); do head -c 3000 /dev/urandom >low/d/f$i && echo "$i" >low/many/f$i; done
head -c 24M /dev/urandom >low/big
head -c 100K /dev/urandom >low/e/part
[ -z "$test_user" ] || chown -R "$test_user:" low m
lower=$(fingerprint low)
runs_as() { if [ "$who" = user ]; then as_user "$@"; else "$@"; fi; }
unmounted() { ! is_mounted "$m" && ! daemon_of "$m" >/dev/null; }
unmount() { umount "$m" && eventually unmounted; }
mount_union() { runs_as "$scratch/program" mount -o "lowerdir=$scratch/low,upperdir=$small/u,workdir=$small/w,${parts:-partial=off},$options" "$m"; }

# writes PATH SIZE SYNC: bytes by the mebibyte; prints the call that failed and how, or "whole". Appends to what is there. With "at-once" the kernel is
# asked to write back what it has after each, as it would by itself when it has more.
writes() {
  runs_as python3 - "$@" <<'PY'
import errno, os, sys
path, size, sync = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "fsync"
step = "open"
try:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    step = "write"
    while size > 0:
        size -= os.write(fd, os.urandom(min(size, 1 << 20)))
        if sys.argv[3] == "at-once": os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    if sync:
        step = "fsync"
        os.fsync(fd)
    step = "close"
    os.close(fd)
    print("whole")
except OSError as e:
    print(step, errno.errorcode[e.errno])
PY
}

# Whatever the mode: never swallowed. Where the daemon gets each write at once, the write itself says it.
says_so() { # what writes() said
  echo "$1"
  case $options in
    data=cached) grep -qE "^((open|write|fsync|close) $full|close $at_close)$" <<<"$1" ;;
    *) grep -qE "^(open|write) $full$" <<<"$1" ;;
  esac
}
nothing_half_made() {
  local left
  left=$(ls -A "$small"/w/overlayfuse/{temp,orphans,widened} | grep -vE '^$|:$|^whiteout$')
  echo "left: $left"
  [ -z "$left" ]
}

promised() { [ "$(writes m/kept 2000000 fsync)" = whole ] && runs_as sha256sum m/kept >kept; }
is_promised() { [ "$(runs_as sha256sum m/kept)" = "$(cat kept)" ]; }
new_file() { says_so "$(writes m/new 40000000 "$1")" && more_room && runs_as rm -f m/new && sync -f "$small" && less_room && is_promised; }
# Who writes on and on is told by write(2), in every mode.
endless() {
  [ "$(writes m/new 200000000 at-once | tee /dev/stderr)" = "write $full" ] && more_room && runs_as rm m/new && sync -f "$small" && less_room && nothing_half_made && is_promised
}
remount() { unmount && mount_union; }

# More than there is room for: the file stays what it was. With the writeback cache the kernel goes on showing the new length until it forgets the file.
copy_up() {
  says_so "$(writes m/big 10 "$1")" && nothing_half_made || return
  [ "$options" != data=cached ] || remount || return
  runs_as cmp m/big low/big && [ "$(data_of "$small/u")" -le "$stays" ] && is_promised
}
leave_nothing() { # no block and no inode free
  dd if=/dev/zero of="$small/filler" bs=4K status=none 2>/dev/null
  local i=0
  while : 2>/dev/null >"$small/node$i"; do i=$((i + 1)); done
  rm -f "$small/node$i"
}
leave_all() { rm -f "$small"/filler "$small"/node* && more_room; }

same() { diff <(runs_as bash -c "$(declare -f manifest); manifest m") <(runs_as bash -c "$(declare -f manifest); manifest plain"); }

# Each change on a disk with no room, on the union and, when it succeeded there, on a plain copy: both are alike then and after the next mount.
changes() {
  rm -rf plain && mkdir plain && { [ "$who" != user ] || chown "$test_user:" plain; } && runs_as cp -a m/. plain && leave_nothing || return
  local said failed=0
  while IFS= read -r change; do
    if said=$(runs_as bash -c "cd m && $change" 2>&1 </dev/null); then runs_as bash -c "cd plain && $change" || return
    else
      failed=$((failed + 1))
      echo "$change: $said"
      grep -qi "$says" <<<"$said" || return
    fi
  done <<'END'
chmod 600 d/f1
mkdir d/new
mkdir e/new
ln -s to e/link
touch -d 2020-02-02 e/part
truncate -s 10 d/f2
truncate -s 0 d/f3
rm d/f4
mv d/f5 e/f5
mv e/part d/part
mv many moved
ln d/f6 d/linked
mv -f d/f7 d/f8
rm e/part
END
  echo "$failed failed"
  [ "$failed" -gt 0 ] && same && leave_all && nothing_half_made && remount && same && nothing_half_made && is_promised || return
  # There is room again.
  runs_as bash -c 'cd m && chmod 640 d/f9 && mkdir d/later && echo later >d/later/f && rm d/f10'
}

# A large file that comes up in parts takes the blocks that are written: the rest, which cannot come, does not fill the disk either.
in_parts() {
  local parts=partial=on
  mount_union && [ "$(writes m/big 10 close)" = whole ] && [ "$(writes m/big 10 fsync)" = whole ] && sleep 4 && room_is_left && remount && room_is_left
}
room_is_left() {
  [ "$(data_of "$small/u")" -le "$stays" ] && runs_as cmp -n "$(stat -c %s low/big)" m/big low/big && [ "$(stat -c %s m/big)" = $(($(stat -c %s low/big) + 20)) ] && runs_as bash -c 'cd m && chmod 640 d/f9 && echo later >d/later && rm d/later'
}
layers_are_whole() { [ "$(fingerprint low)" = "$lower" ]; }

try() { # name, who, options: on an empty upper with room for some megabytes
  who=$2 options=$3
  mkdir "$small"/{u,w}
  [ "$who" != user ] || chown "$test_user:" "$small" "$small/u" "$small/w"
  check "$1.what_is_synced_before_the_disk_is_full" eval 'mount_union && promised'
  check "$1.a_new_file_too_large_fails_at_fsync" new_file fsync
  check "$1.a_new_file_too_large_fails_at_close" new_file close
  check "$1.a_writer_without_end_is_told" endless
  check "$1.a_copy_up_too_large_fails_at_fsync" copy_up fsync
  check "$1.a_copy_up_too_large_fails_at_close" copy_up close
  check "$1.changes_without_room_happen_whole_or_not_at_all" changes
  is_mounted "$m" && unmount
  check "$1.lower_layers_are_whole" layers_are_whole
}

# --- no block and no inode left ---

run() { # name, who, options
  truncate -s 16M image && mkfs.ext4 -q -F -m 0 -N 200 image && mount -o loop image small || { echo "not ok $1.prepared"; return; }
  full=ENOSPC at_close=ENOSPC says='no space left' stays=2100 # no blocks but those of the file that was there before
  more_room() { :; }
  less_room() { :; }
  try "$@"
  umount small && rm -f image
}
run_in_parts() { # name, who, options: as run
  truncate -s 16M image && mkfs.ext4 -q -F -m 0 -N 200 image && mount -o loop image small || { echo "not ok $1.prepared"; return; }
  full=ENOSPC at_close=ENOSPC stays=2100 who=$2 options=$3
  mkdir "$small"/{u,w}
  [ "$who" != user ] || chown "$test_user:" "$small" "$small/u" "$small/w"
  check "$1.what_has_no_room_does_not_fill_the_disk" in_parts
  is_mounted "$m" && unmount
  umount small && rm -f image
}
run cached root data=cached
run_in_parts in_parts root data=cached
run written_through root data=cached,writeback=off
run passthrough root data=passthrough
[ -z "$test_user" ] || run user user data=cached

# --- a quota: a subvolume of btrfs that may not grow, whoever writes ---

# The kernel keeps of an error of its cache that it was ENOSPC, or makes EIO of it (mapping_set_error), and tells that at close. With the quota used up
# btrfs lets nothing be renamed, which is how a name goes here, and no blocks be given back: what is to be removed then needs a higher limit, and what
# had come up of a copy may stay.
run_with_quota() { # name, who, options
  small=$scratch/small/limited
  full=EDQUOT at_close=EIO says='quota exceeded' stays=8192
  more_room() { btrfs qgroup limit none "$small"; }
  less_room() { btrfs qgroup limit 8M "$small"; }
  btrfs subvolume create "$small" >/dev/null && less_room || { echo "not ok $1.prepared"; return; }
  try "$@"
  btrfs subvolume delete "$small" >/dev/null
}
if truncate -s 256M image && mkfs.btrfs -q image >/dev/null && mount -o loop image small && btrfs quota enable small; then
  run_with_quota quota_cached root data=cached
  run_with_quota quota_passthrough root data=passthrough
  [ -z "$test_user" ] || run_with_quota quota_user user data=cached
  umount "$scratch/small"
else
  skip full_disk.quota "no btrfs with quotas here; the errors themselves are tested by OverlayFuse.Union.Tests/Crash"
fi
