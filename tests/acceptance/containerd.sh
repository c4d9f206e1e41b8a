#!/usr/bin/env bash
# timeout: 180
# containerd with a snapshotter that has it mount "fuse3.fuse-overlayfs", as its fuse-overlayfs-snapshotter does: containerd and its shims then call
# mount.fuse3, and that calls us, by that name and with a source word. The image is made of busybox; nothing comes from a network.
if [ "$(id -u)" = 0 ] && [ "${1-}" != inside ]; then exec unshare --mount --propagation private "$0" inside; fi
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$(dirname "${BASH_SOURCE[0]}")/containers.sh"
cd "$scratch"
python=/usr/bin/python3 # another may stand before Debian's, which has the package
busybox=$(command -v busybox) || { skip containerd "needs busybox-static"; exit 0; }
command -v containerd >/dev/null && command -v ctr >/dev/null && [ -x /sbin/mount.fuse3 ] || { skip containerd "needs containerd and fuse3"; exit 0; }
[ "$(id -u)" = 0 ] || { skip containerd "needs root"; exit 0; }
$python -c 'import grpc, google.protobuf' 2>/dev/null || { skip containerd "needs python3-grpcio and python3-protobuf"; exit 0; }

mkdir bin snapshots && cp "$OVERLAYFUSE" bin/fuse-overlayfs
busybox_root image/root opaque old
echo old >image/root/old/a && echo old >image/root/opaque/a
tar -C image/root --numeric-owner --owner=0 --group=0 -cf busybox.tar . && rm -r image
foreign_archive >/dev/null 2>&1 || { echo "not ok containerd.image: no archive could be made"; exit 0; }

printf 'version = 2\nroot = "%s"\nstate = "%s"\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n[grpc]\n  address = "%s"\n[proxy_plugins.ours]\n  type = "snapshot"\n  address = "%s"\n' \
  "$scratch/root" "$scratch/state" "$scratch/containerd.sock" "$scratch/snapshots.sock" >config.toml
mkdir -p /run/containerd && mount -t tmpfs tmpfs /run/containerd || exit 1 # shims have their sockets there, wherever the rest is
export PATH=$scratch/bin:$PATH
containerd -c config.toml >log 2>&1 &
engine=$!
$python "$root/tests/acceptance/snapshotter.py" "$scratch/snapshots.sock" "$scratch/snapshots" fuse3.fuse-overlayfs >snapshotter.log 2>&1 &
snapshotter=$!
c() { timeout 60 ctr --address "$scratch/containerd.sock" "$@"; }
trap 'cd /; c tasks kill -s KILL stays >/dev/null 2>&1; kill $engine $snapshotter 2>/dev/null; wait $engine $snapshotter 2>/dev/null; clean_up' EXIT
after_check() { tail -n 5 "$scratch/log" "$scratch/snapshotter.log" | sed 's/^/    /'; }
eventually c snapshots --snapshotter ours ls >/dev/null 2>&1 || { echo "not ok containerd.engine: it does not answer"; after_check; exit 0; }

image=localhost/foreign:1
no_daemons() { ! pgrep -f "overlayfuse --daemon $scratch/" && ! grep -F " $scratch/" /proc/self/mountinfo | grep -F fuse.fuse-overlayfs; }
imported() { # the second layer is applied to a mount of ours
  c images import --snapshotter ours foreign.tar && [ "$(c snapshots --snapshotter ours ls | grep -c Committed)" = 2 ] && eventually no_daemons
}
runs() {
  local said
  said=$(c run --rm --snapshotter ours "$image" once sh -c 'grep " / " /proc/mounts; ls -A /opaque /data; ls /old 2>&1; stat -c "%u:%g %n" /data/seed.txt; rm /etc/group; mkdir /opaque/d; echo x >>/etc/passwd; tail -n 1 /etc/passwd; ls /etc/group 2>&1; true') || return
  echo "$said"
  grep -q '^overlay / fuse.fuse-overlayfs rw,.*allow_other' <<<"$said" && grep -qx 'ls: /old: No such file or directory' <<<"$said" && grep -qx '33:33 /data/seed.txt' <<<"$said" &&
    grep -qx x <<<"$said" && grep -qx 'ls: /etc/group: No such file or directory' <<<"$said" && ! grep -q '^a$' <<<"$said" && eventually no_daemons
}
stays() { # what one writes is there for the next task on the same snapshot
  c run -d --snapshotter ours "$image" stays sleep 1000 && c tasks exec --exec-id e1 stays sh -c 'echo kept >/kept; rm -r /opaque; mkdir /opaque; echo new >/opaque/new' || return
  c tasks kill -s KILL stays && eventually eval 'c tasks rm stays >/dev/null 2>&1' && eventually no_daemons || return
  c tasks start -d stays && [ "$(c tasks exec --exec-id e2 stays sh -c 'cat /kept /opaque/new')" = "$(printf 'kept\nnew')" ] || return
  c tasks kill -s KILL stays && eventually eval 'c tasks rm stays >/dev/null 2>&1' && c containers rm stays && eventually no_daemons
}
several() {
  local i started=()
  for i in 1 2 3 4; do c run --rm --snapshotter ours "$image" "s$i" sh -c "echo $i >/mine; cat /mine; sleep 1; cat /mine" >"said$i" 2>&1 & started+=($!); done
  wait "${started[@]}"
  for i in 1 2 3 4; do [ "$(cat "said$i")" = "$(printf '%s\n%s' "$i" "$i")" ] || { cat "said$i"; return 1; }; done
  eventually no_daemons
}
read_only() { c run --rm --read-only --snapshotter ours "$image" ro sh -c 'grep " / " /proc/mounts; cat /data/seed.txt; touch /x 2>&1' | tee said; grep -q '^overlay / fuse.fuse-overlayfs ro,' said && grep -qx seed said && grep -q 'Read-only file system' said && eventually no_daemons; }
checked() { # once the snapshots of the containers are gone, those of the image are in order
  eventually eval '[ "$(ls snapshots | wc -l)" = 2 ]' && [ -d snapshots/2/work/overlayfuse ] && "$OVERLAYFUSE" check snapshots/2/fs
}
check containerd.imports_an_image_into_mounts_of_ours imported
check containerd.runs_a_container_on_a_mount_of_ours runs
check containerd.a_container_finds_what_it_has_written stays
check containerd.several_containers_at_once several
check containerd.runs_one_that_only_reads read_only
check containerd.leaves_nothing_wrong_behind checked
