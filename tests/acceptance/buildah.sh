#!/usr/bin/env bash
# timeout: 600
# Buildah with ours as mount_program, as an ordinary user with subordinate ids and as root: an image from nothing, layers with whiteouts and opaque
# directories, a cache that holds, working containers beside each other. The image is made of busybox; nothing comes from a network.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$(dirname "${BASH_SOURCE[0]}")/containers.sh"
cd "$scratch"
busybox=$(command -v busybox) || { skip buildah "needs busybox-static"; exit 0; }
command -v buildah >/dev/null && command -v runc >/dev/null || { skip buildah "needs buildah and runc"; exit 0; }
cp "$OVERLAYFUSE" overlayfuse && chmod 755 overlayfuse # the sources may lie where the user cannot go

mkdir image && busybox_root image/root old opaque
echo old >image/root/old/a && echo old >image/root/opaque/a
tar -C image/root --numeric-owner --owner=0 --group=0 -cf image/root.tar . && rm -r image/root
printf '%s\n' 'FROM localhost/base:1' 'RUN echo one >/etc/one' 'RUN rm -r /old /opaque && mkdir /opaque && touch /opaque/b && chown 33:33 /opaque/b' 'COPY file /file' >image/Dockerfile

b() { timeout 120 "${runner[@]}" env -i "HOME=$home" "XDG_RUNTIME_DIR=$home/run" PATH="$PATH" BUILDAH_ISOLATION=chroot "${extra[@]}" buildah "$@"; }
run() { b run "$@"; }

makes_an_image_from_nothing() {
  local c
  c=$(b from scratch) && b add -q "$c" image/root.tar / && b config --cmd /bin/sh --env PATH=/bin "$c" && b commit -q "$c" localhost/base:1 && b rm "$c" && [ -n "$(b images -q localhost/base:1)" ]
}
builds_in_layers() { echo content >image/file && b build -q --layers -t localhost/made:1 image && [ "$(b inspect --type image --format '{{len .OCIv1.RootFS.DiffIDs}}' localhost/made:1)" -ge 4 ]; }
builds_from_its_cache() { b build --layers -t localhost/made:2 image >said && [ "$(grep -c 'Using cache' said)" = 3 ]; }
builds_again_what_has_changed() { echo changed >image/file && b build --layers -t localhost/made:3 image >said && [ "$(grep -c 'Using cache' said)" = 2 ]; }
shows_the_layers() {
  first=$(b from --name "first-$1" localhost/made:3) && second=$(b from --name "second-$1" localhost/made:3) &&
    same "$(run "$first" sh -c 'cat /file /etc/one; ls /opaque; ls /old 2>&1; stat -c %u:%g /opaque/b /bin')" "$(printf 'changed\none\nb\nls: /old: No such file or directory\n33:33\n0:0')"
}
keeps_containers_apart() {
  run "first-$1" sh -c 'echo mine >/file; rm /etc/one; mkdir -p /new/d' && same "$(run "second-$1" cat /file /etc/one)" "$(printf 'changed\none')" && same "$(run "first-$1" sh -c 'cat /file; ls -d /new/d; ls /etc | grep one')" "$(printf 'mine\n/new/d')"
}
copies_in() { b copy -q --chown 5:6 "first-$1" image/Dockerfile /new/copied && same "$(run "first-$1" stat -c '%u:%g %s' /new/copied)" "5:6 $(stat -c %s image/Dockerfile)"; }
commits() { b commit -q "first-$1" localhost/made:4 && b from --name "third-$1" localhost/made:4 && same "$(run "third-$1" sh -c 'cat /file; ls /new /opaque; ls /etc/one 2>&1')" "$(printf 'mine\n/new:\ncopied\nd\n\n/opaque:\nb\nls: /etc/one: No such file or directory')"; }
squashes() { b commit -q --squash "third-$1" localhost/flat:1 && [ "$(b inspect --type image --format '{{len .OCIv1.RootFS.DiffIDs}}' localhost/flat:1)" = 1 ] && b from --name "flat-$1" localhost/flat:1 && same "$(run "flat-$1" sh -c 'cat /file; ls /opaque; ls /old 2>&1')" "$(printf 'mine\nb\nls: /old: No such file or directory')"; }
mounts_for_the_host() {
  if [ "$home" = "$scratch/root" ]; then same "$(cat "$(b mount "second-$1")/file")" changed && b umount "second-$1"
  else same "$(b unshare sh -c "cat \$(buildah mount second-$1)/file; buildah umount second-$1 >/dev/null")" changed; fi
}
runs_with_directories_of_the_host() {
  "${runner[@]}" sh -c "mkdir '$home/source' && echo below >'$home/source/f'" && same "$(run -v "$home/source:/v" "second-$1" sh -c 'cat /v/f; echo new >/v/new')" below && same "$(cat "$home/source/new")" new &&
    same "$(run -v "$home/source:/v:O" "second-$1" sh -c 'echo above >/v/f; rm /v/new; cat /v/f; ls /v')" "$(printf 'above\nf')" && same "$(cat "$home/source/f" "$home/source/new")" "$(printf 'below\nnew')"
}
builds_with_a_directory_of_the_host() {
  local c
  printf 'FROM localhost/base:1\nRUN cp /v/f /copied && rm -r /old\n' >image/Dockerfile.volume && b bud -q --volume "$home/source:/v:ro" -f image/Dockerfile.volume -t localhost/volume:1 image &&
    c=$(b from localhost/volume:1) && same "$(run "$c" sh -c 'cat /copied; ls -A /v; ls /old 2>&1')" "$(printf 'below\nls: /old: No such file or directory')"
}
maps_ids() { # by uidmapping= at the mount; not with chroot isolation, in which this Buildah looks for a home that is not the user's
  b from --name mapped --userns-uid-map 0:1:1000 --userns-gid-map 0:1:1000 localhost/made:3 &&
    same "$(run --isolation rootless mapped sh -c 'stat -c "%u:%g %n" /bin /opaque/b; touch /f && chown 5:6 /f && stat -c "%u:%g %n" /f')" "$(printf '0:0 /bin\n33:33 /opaque/b\n5:6 /f')"
}
pushes() { # into an archive, and takes it from there
  local id c
  b push -q localhost/flat:1 "oci-archive:$home/flat.tar:localhost/flat:1" && b rmi -f localhost/flat:1 >/dev/null && id=$(b pull -q "oci-archive:$home/flat.tar") && c=$(b from "$id") && same "$(run "$c" cat /file)" mine
}
removes() { b rm -a >/dev/null && b rmi -af >/dev/null && eventually no_daemon_left && ! grep -F "$home/" /proc/self/mountinfo | grep -v ' - ext4 '; }
no_daemon_left() { ! pgrep -f "overlayfuse --daemon $home/" >/dev/null; }

lab() { # whose, rows beside those of everybody
  local row whose=$1
  shift
  for row in makes_an_image_from_nothing builds_in_layers builds_from_its_cache builds_again_what_has_changed shows_the_layers keeps_containers_apart copies_in commits squashes mounts_for_the_host \
    runs_with_directories_of_the_host builds_with_a_directory_of_the_host "$@" pushes removes; do
    check "buildah.$whose.$row" "$row" "$whose"
  done
}

if [ "$(id -u)" = 0 ]; then
  home=$scratch/root runner=() extra=("CONTAINERS_STORAGE_CONF=$scratch/root/.config/containers/storage.conf" "CONTAINERS_CONF=$scratch/root/.config/containers/containers.conf")
  configure root "$home"
  lab root
fi
if [ "$(id -u)" = 0 ] && ! { [ -n "$test_user" ] && grep -q "^$test_user:" /etc/subuid && grep -q "^$test_user:" /etc/subgid; }; then
  skip buildah.user "needs an ordinary user with subordinate ids in /etc/subuid and /etc/subgid"
  exit 0
fi
home=$scratch/user extra=()
if [ "$(id -u)" = 0 ]; then runner=(runuser -u "$test_user" --); else runner=() test_user=$(id -un); fi
chmod -R a+rX image
configure "$test_user" "$home"
lab user maps_ids
empties_the_storage() { b unshare find "$home/storage" -mindepth 2 -depth -delete; } # what subordinate ids own
check buildah.user.empties_the_storage empties_the_storage
