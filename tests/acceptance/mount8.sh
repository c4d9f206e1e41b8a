#!/usr/bin/env bash
# timeout: 180
# mount(8), lines of fstab and containerd's way to call a mount helper: by mount.fuse3, and by the helper of our own that src/publish.sh --install puts
# into sbin. In a mount namespace of our own, where /usr/local/bin, /usr/sbin and /etc/fstab are what the test says.
if [ "$(id -u)" = 0 ] && [ "${1-}" != inside ]; then exec unshare --mount --propagation private "$0" inside; fi
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$scratch"
[ "$(id -u)" = 0 ] || { skip mount8 "needs root"; exit 0; }
[ -x /sbin/mount.fuse3 ] || { skip mount8 "needs mount.fuse3 (package fuse3)"; exit 0; }
mkdir local a b u w m
echo one >a/one && echo two >b/two && chmod 755 m
cp "$OVERLAYFUSE" local/overlayfuse && mount --bind local /usr/local/bin && touch fstab && mount --bind fstab /etc/fstab || exit 1
m=$scratch/m full=lowerdir=$scratch/a:$scratch/b,upperdir=$scratch/u,workdir=$scratch/w
after_check() { while is_mounted "$m" && umount -l "$m"; do :; done; }
gone() { umount "$m" && eventually eval '! daemon_of "$m" >/dev/null' && ! is_mounted "$m"; }
shows() { # words of the line in /proc/mounts
  local line word
  line=$(awk -v p="$m" '$2 == p' /proc/mounts)
  for word in "$@"; do grep -q -- "$word" <<<"$line" || { echo "no $word in: $line"; return 1; }; done
}

by_type() { mount -t fuse.overlayfuse -o "$full" none "$m" && shows '^none' ' fuse.overlayfuse rw,' && ! shows nodev >/dev/null && echo x >m/new && [ -e u/new ] && rm m/new && gone; }
by_name() { mount -t fuse3 -o "$full" "overlayfuse#some" "$m" && shows '^some' ' fuse.overlayfuse ' && gone; }
by_fstab() {
  echo "none $m fuse.overlayfuse $full,ro,noexec,nosuid,nodev,allow_other,noauto,user,x-foo=1,_netdev,defaults 0 0" >fstab
  mount "$m" && shows ' ro,nosuid,nodev,noexec' && [ "$(cat m/one)" = one ] && gone
}
by_all() { echo "none $m fuse.overlayfuse $full 0 0" >fstab && mount -a -t fuse.overlayfuse && shows ' rw,' && mount -a -t fuse.overlayfuse && [ "$(grep -c " $m " /proc/mounts)" = 1 ] && gone; }
not_again() { # mount(8) starts the program for this too
  mount -t fuse.overlayfuse -o "$full" none "$m" || return
  ! mount -o remount,ro "$m" 2>said && grep -q 'unmount it and mount it again' said && [ "$(grep -c " $m " /proc/mounts)" = 1 ] && shows ' rw,' && gone
}
refusal_is_seen() { ! mount -t fuse.overlayfuse -o "lowerdir=$scratch/none" none "$m" 2>said && grep -q "$scratch/none: there is no such directory" said && ! is_mounted "$m"; }
unknown_is_named() { mount -t fuse.overlayfuse -o "$full,frobnicate" none "$m" 2>said && grep -q '"frobnicate" ignored' said && gone; }
containerd() { # which takes a start for failed when somebody else has reaped it, unmounts, and starts again
  local i
  for i in 1 2 3 4; do
    mount.fuse3 overlay "$m" -o "workdir=$scratch/w" -o "upperdir=$scratch/u" -o "lowerdir=$scratch/a:$scratch/b" -t overlayfuse && echo "$i" >"m/start$i" || return
    [ "$i" = 4 ] || umount "$m" || return
  done
  shows '^overlay ' && ! shows nodev >/dev/null && [ "$(cat m/start? | tr -d '\n')" = 1234 ] && rm m/start? && gone
}
for row in by_type by_name by_fstab by_all not_again refusal_is_seen unknown_is_named containerd; do check "mount.fuse3.$row" $row; done

if [ -n "$test_user" ]; then
  mkdir -m 755 mine && mkdir mine/{a,u,w,m} && echo one >mine/a/one && chown -R "$test_user:" mine
  theirs=lowerdir=$scratch/mine/a,upperdir=$scratch/mine/u,workdir=$scratch/mine/w
  as_another() { # options, the mount point that the daemon knows, how to mount
    m=$scratch/mine/m
    local how=${3:--t fuse3 overlayfuse#none}
    # shellcheck disable=SC2086 # words
    mount $how -o "$theirs,setuid=$test_user$1" "$m" && shows ' fuse.overlayfuse ' && as_user sh -c "cat $m/one; echo x >$m/new" && [ "$(stat -c %U mine/u/new)" = "$test_user" ] &&
      [ "$(ps -o user= -p "$(pgrep -f "overlayfuse --daemon ${2:-$m}")")" = "$test_user" ] && rm mine/u/new && umount "$m" && eventually eval '! pgrep -f "overlayfuse --daemon ${2:-$m}" >/dev/null'
  }
  check mount.fuse3.setuid as_another ""
  check mount.fuse3.setuid_drop_privileges as_another ",drop_privileges" /dev/fd/3
  dead_of_another() { # options, the mount point that the daemon knows
    m=$scratch/mine/m
    mount -t fuse3 -o "$theirs,setuid=$test_user$1" "overlayfuse#none" "$m" && kill -KILL "$(pgrep -u "$test_user" -f -x "overlayfuse --daemon ${2:-$m}")" && eventually eval '! as_user stat -f "$m" 2>/dev/null' || return
    as_user /usr/local/bin/overlayfuse mount -o "$theirs" "$m" && [ "$(grep -c " $m " /proc/mounts)" = 1 ] && as_user cat "$m/one" && as_user /usr/local/bin/overlayfuse umount "$m" && ! is_mounted "$m"
  }
  check mount.fuse3.a_dead_mount_with_setuid_is_taken_away_by_his_next dead_of_another ""
  check mount.fuse3.a_dead_mount_with_drop_privileges_is_taken_away_by_his_next dead_of_another ",drop_privileges" /dev/fd/3
  dead_of_root() { # which the other user cannot take away: how to mount
    m=$scratch/m
    "$OVERLAYFUSE" mount -o "$full" "$m" && kill -KILL "$(daemon_of "$m")" && eventually eval '! stat -f "$m" 2>/dev/null' || return
    # shellcheck disable=SC2086 # words
    mount $1 -o "lowerdir=$scratch/mine/a,setuid=$test_user$2" "$m" 2>said
  }
  stays_dead() { ! dead_of_root "$@" && grep -q 'the daemon of the mount that is there has died' said && grep -q 'root: umount -l' said && umount -l "$m"; }
  is_replaced() { dead_of_root "$@" && [ "$(grep -c " $m " /proc/mounts)" = 1 ] && as_user cat "$m/one" && umount "$m"; }
  check mount.fuse3.a_dead_mount_of_root_is_said_to_another_user stays_dead "-t fuse3 overlayfuse#none" ""
  dead_descriptor() { # mount.fuse3 has mounted before we can refuse
    m=$scratch/mine/m
    mount -t fuse3 -o "lowerdir=$scratch/none,setuid=$test_user,drop_privileges" "overlayfuse#none" "$m" 2>said
    grep -q 'no such directory' said && grep -q 'nothing serves it. Remove it: umount -l' said && is_mounted "$m" && umount -l "$m"
  }
  check mount.fuse3.a_mount_that_nobody_serves_is_said dead_descriptor
  by_user() {
    m=$scratch/mine/m
    echo "none $m fuse.overlayfuse $theirs,noauto,user 0 0" >fstab
    as_user mount "$m" && shows nosuid,nodev "user_id=$(id -u "$test_user")" && as_user cat "$m/one" && as_user /usr/local/bin/overlayfuse umount "$m" && ! is_mounted "$m"
  }
  check mount.fuse3.by_an_ordinary_user by_user
else
  skip mount.fuse3.setuid "no user to be: set OVERLAYFUSE_TEST_USER"
fi

# Our own helper stands in /usr/sbin by means of a union over it.
mkdir helper && ln -s /usr/local/bin/overlayfuse helper/mount.fuse.overlayfuse
"$OVERLAYFUSE" mount -o "lowerdir=$scratch/helper:/usr/sbin" /usr/sbin || { echo "not ok mount.fuse.overlayfuse: no union over /usr/sbin"; exit 0; }
fake() { mount -f -t fuse.overlayfuse -o "$full" none "$m" && ! is_mounted "$m"; }
for row in by_type by_fstab by_all not_again refusal_is_seen unknown_is_named fake; do check "mount.fuse.overlayfuse.$row" $row; done
if [ -n "$test_user" ]; then
  check mount.fuse.overlayfuse.setuid as_another "" "" "-t fuse.overlayfuse overlay"
  chown "$test_user" "$scratch/m"
  check mount.fuse.overlayfuse.a_dead_mount_of_root_is_replaced_with_setuid is_replaced "-t fuse.overlayfuse none" ""
  check mount.fuse.overlayfuse.a_dead_mount_of_root_is_replaced_with_drop_privileges is_replaced "-t fuse.overlayfuse none" ",drop_privileges"
  check mount.fuse.overlayfuse.setuid_drop_privileges as_another ",drop_privileges" /dev/fd/3 "-t fuse.overlayfuse overlay"
fi
umount -l /usr/sbin
m=$scratch/m
mknod helper/mount.fuse3 c 0 0 && "$OVERLAYFUSE" mount -o "lowerdir=$scratch/helper:/usr/sbin" /usr/sbin || { echo "not ok mount.fuse.overlayfuse: no union over /usr/sbin"; exit 0; }
alone() { ! mount -t fuse.overlayfuse -o "$full,setuid=nobody" none "$m" 2>said && grep -q 'Install fuse3' said && ! is_mounted "$m"; }
check mount.fuse.overlayfuse.setuid_without_mount.fuse3_names_the_package alone
umount -l /usr/sbin
