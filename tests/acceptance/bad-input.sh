#!/usr/bin/env bash
# timeout: 300
# What cannot be mounted is refused with a sentence; nothing is mounted, and neither layers nor uppers are changed.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$scratch"
mkdir a u w m other
echo one >a/one
mkdir -m 755 u/inside w2
m=$scratch/m
mount() { "$OVERLAYFUSE" mount "$@"; }
unmount() { "$OVERLAYFUSE" umount "$1"; }
after_check() { while is_mounted "$m" && umount -l "$m"; do :; done; }
state() { find a u other -printf '%p %y %m %T@ %s\n' | sort; }
before=$(state)

check missing_layer refuses "$scratch/none: there is no such directory" mount -o "lowerdir=a:none,upperdir=u,workdir=w" m
check layer_that_is_a_file refuses "a/one: it is not a directory" mount -o lowerdir=a/one m
check missing_upper refuses "$scratch/none: there is no such directory" mount -o lowerdir=a,upperdir=none,workdir=w m
check missing_work_directory refuses "$scratch/none: there is no such directory" mount -o lowerdir=a,upperdir=u,workdir=none m
check upper_and_work_the_same refuses "two directories" mount -o lowerdir=a,upperdir=u,workdir=u m
check work_inside_the_upper refuses "inside the upper" mount -o lowerdir=a,upperdir=u,workdir=u/inside m
check upper_inside_the_work_directory refuses "inside the work" mount -o lowerdir=a,upperdir=u/inside,workdir=u m
mkdir -p u3/inside w3a/inside
check lower_that_is_the_upper refuses "as a lower layer" mount -o lowerdir=a:u3,upperdir=u3,workdir=w3a m
check lower_inside_the_upper refuses "as a lower layer" mount -o lowerdir=u3/inside,upperdir=u3,workdir=w3a m
check lower_inside_the_work_directory refuses "as a lower layer" mount -o lowerdir=w3a/inside,upperdir=u3,workdir=w3a m
check mount_point_empty refuses "the mount point is empty" mount -o lowerdir=a ""
few_descriptors() { refuses "ulimit -n" bash -c 'ulimit -n 64; exec "$@"' - "$OVERLAYFUSE" mount -o lowerdir=a m; }
check too_few_descriptors few_descriptors
check mount_point_missing refuses "$scratch/none: there is no such directory" mount -o lowerdir=a,upperdir=u,workdir=w2 none
check mount_point_that_is_a_file refuses "a/one: it is not a directory" mount -o lowerdir=a a/one

in_use() {
  mkdir -p m2 w3 && mount -o "lowerdir=a,upperdir=other,workdir=w3" m2 || return
  refuses "in use by a live mount" mount -o lowerdir=a,upperdir=u,workdir=w3 m && refuses "in use by a live mount" mount -o lowerdir=a,upperdir=other,workdir=w2 m
  local result=$?
  unmount m2
  return $result
}
check work_directory_or_upper_in_use in_use

volatile_guard() {
  mkdir -p v w4 && mount -o "lowerdir=a,upperdir=v,workdir=w4,volatile" m && pkill -KILL -f -x "overlayfuse --daemon $m" || return
  eventually eval '! ls m 2>/dev/null' && unmount m && refuses "volatile" mount -o "lowerdir=a,upperdir=v,workdir=w4" m
}
check a_volatile_upper_after_a_crash volatile_guard

if [ "$(id -u)" = 0 ]; then
  elsewhere() {
    mkdir -p t && command mount -t tmpfs none t && mkdir t/w || return
    refuses "not on the same" mount -o lowerdir=a,upperdir=u,workdir=t/w m
    local result=$?
    umount t
    return $result
  }
  check upper_and_work_on_two_file_systems elsewhere

  read_only() {
    mkdir -p r && command mount -t tmpfs none r && mkdir r/u r/w && command mount -o remount,ro r || return
    refuses "read-only" mount -o lowerdir=a,upperdir=r/u,workdir=r/w m
    local result=$?
    umount r
    return $result
  }
  check upper_on_a_read_only_file_system read_only

  # In a mount namespace of its own: the machine keeps its /dev.
  no_device() {
    refuses "/dev/fuse is absent" unshare -m bash -c 'mount -t tmpfs none /dev && mknod -m 666 /dev/null c 1 3 && mknod -m 666 /dev/urandom c 1 9 && exec "$@"' - \
      "$OVERLAYFUSE" mount -o lowerdir=a,upperdir=u,workdir=w2 m
  }
  check device_absent no_device
  if [ -n "$test_user" ]; then
    closed_device() {
      cp "$OVERLAYFUSE" program && mkdir -p theirs/l theirs/m && chown -R "$test_user" theirs && mknod -m 600 closed c 10 229 || return
      refuses "chmod 666 /dev/fuse" unshare -m bash -c 'mount --bind closed /dev/fuse && exec "$@"' - runuser -u "$test_user" -- ./program mount -o lowerdir=theirs/l theirs/m
    }
    check device_closed_to_an_ordinary_user closed_device
  fi
fi

unchanged() { diff <(echo "$before") <(state); }
check layers_and_uppers_are_as_they_were unchanged
