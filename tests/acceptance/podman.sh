#!/usr/bin/env bash
# timeout: 600
# Podman with ours as mount_program, as an ordinary user with subordinate ids and as root: build, run, exec, diff, commit, volumes, and the user
# namespaces for which it has ids mapped at the mount. The image is made of busybox; nothing comes from a network.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$(dirname "${BASH_SOURCE[0]}")/containers.sh"
cd "$scratch"
busybox=$(command -v busybox) || { skip podman "needs busybox-static"; exit 0; }
command -v podman >/dev/null && command -v runc >/dev/null || { skip podman "needs podman and runc"; exit 0; }
cp "$OVERLAYFUSE" overlayfuse && chmod 755 overlayfuse # the sources may lie where the user cannot go

busybox_root image/root opaque home
tar -C image/root --numeric-owner --owner=0 --group=0 -cf image/root.tar . && rm -r image/root
cat >image/Dockerfile <<'END'
FROM scratch
ADD root.tar /
ENV PATH=/bin
RUN echo one >/etc/one && touch /opaque/a
RUN rm /etc/one && echo two >/etc/two
RUN rm -r /opaque && mkdir /opaque && touch /opaque/b && chown 33:33 /opaque/b
CMD ["/bin/sh"]
END
printf 'FROM localhost/image:1\nRUN rm /etc/two && echo three >/etc/three\nRUN rm -r /opaque && mkdir /opaque && touch /opaque/c\n' >image/Dockerfile.change

pod() { timeout 120 "${runner[@]}" env -i "HOME=$home" "XDG_RUNTIME_DIR=$home/run" PATH="$PATH" "${extra[@]}" podman --log-level=error "$@"; }
run() { pod run --rm --network=none "$@"; }
owners() { stat -c '%n %u:%g' "$@" | tr '\n' ' '; }

builds() { pod build -q --network=none -t localhost/image:1 image && [ -n "$(pod history -q localhost/image:1)" ]; }
rebuilds() { pod build --network=none -t localhost/image:1 image | tee said && [ "$(grep -c 'Using cache' said)" -ge 3 ]; }
shows_the_layers() { same "$(run localhost/image:1 sh -c 'ls /etc /opaque; stat -c %u:%g /opaque/b /bin')" "$(printf '/etc:\ngroup\nhostname\nhosts\nmtab\npasswd\ntwo\n\n/opaque:\nb\n33:33\n0:0')"; }
keeps_changes_apart() {
  pod run -d --name first --network=none localhost/image:1 sleep 1000 && pod run -d --name second --network=none localhost/image:1 sleep 1000 &&
    pod exec first sh -c 'echo changed >/etc/two; rm /opaque/b; mkdir /new' && same "$(pod exec second cat /etc/two)" two && same "$(pod exec first cat /etc/two)" changed
}
shows_the_difference() { same "$(pod diff first | sort | tr '\n' ' ')" "A /new C /etc C /etc/two C /opaque D /opaque/b "; }
copies() {
  echo from outside >file && chmod 644 file && pod cp file first:/new/file && same "$(pod exec first cat /new/file)" 'from outside' && pod cp first:/new/file "$home/back" && cmp file "$home/back"
}
commits() { pod commit -q first localhost/image:2 && same "$(run localhost/image:2 sh -c 'cat /etc/two /new/file; ls -A /opaque; true')" "$(printf 'changed\nfrom outside')"; }
saves_and_loads() { pod save -q -o "$home/image.tar" localhost/image:2 && pod rmi -f localhost/image:2 && pod load -q -i "$home/image.tar" && same "$(run localhost/image:2 cat /etc/two)" changed; }
starts_several_at_once() {
  local i started=()
  for i in 1 2 3 4; do pod run -d --name "p$i" --network=none localhost/image:1 sh -c "for f in 1 2 3 4 5 6 7 8; do echo $i >/home/\$f; done; rm /etc/two; exec sleep 1000" & started+=($!); done
  for i in "${started[@]}"; do wait "$i" || return; done
  for i in 1 2 3 4; do same "$(pod exec "p$i" sh -c 'while [ -e /etc/two ]; do sleep 0.1; done; cat /home/*' | uniq -c)" "      8 $i" || return; done
  pod rm -f -t 0 p1 p2 p3 p4
}
layers_of() { pod image inspect --format '{{len .RootFS.Layers}}' "$1"; }
shows_the_change() { same "$(run "$1" sh -c 'ls /opaque; cat /etc/three; ls /etc/two 2>&1')" "$(printf 'c\nthree\nls: /etc/two: No such file or directory')"; }
builds_without_layers() {
  local base
  base=$(layers_of localhost/image:1) && pod build -q --network=none --layers=false -f image/Dockerfile.change -t localhost/change:1 image && [ "$(layers_of localhost/change:1)" = $((base + 1)) ] && shows_the_change localhost/change:1
}
builds_squashed() {
  local base
  base=$(layers_of localhost/image:1) && pod build -q --network=none --squash -f image/Dockerfile.change -t localhost/change:2 image && [ "$(layers_of localhost/change:2)" = $((base + 1)) ] && shows_the_change localhost/change:2 &&
    pod build -q --network=none --squash-all -f image/Dockerfile.change -t localhost/change:3 image && [ "$(layers_of localhost/change:3)" = 1 ] && shows_the_change localhost/change:3
}
restarts() { pod stop -t 0 second && pod start second && same "$(pod exec second cat /etc/two)" two; }
keeps_a_volume() {
  run -v kept:/home localhost/image:1 sh -c 'echo kept >/home/f' && same "$(run -v kept:/home localhost/image:1 cat /home/f)" kept && pod volume rm kept
}
fills_a_volume_without_a_name() {
  same "$(run -v /opaque localhost/image:1 sh -c 'stat -c "%u:%g %n" /opaque/b; touch /opaque/new; grep -c " /opaque " /proc/mounts')" "$(printf '33:33 /opaque/b\n1')" && same "$(pod volume ls -q)" "" && same "$(run localhost/image:1 ls /opaque)" b
}
gives_a_volume_to_its_user() { same "$(run --user 5:6 -v given:/given:U localhost/image:1 sh -c 'touch /given/new; stat -c "%u:%g %n" /given /given/*')" "$(printf '5:6 /given\n5:6 /given/new')" && pod volume rm given; }
overlays_a_directory() {
  mkdir -p "$home/source" && echo below >"$home/source/f" && chmod 755 "$home/source" &&
    same "$(run -v "$home/source:/home:O" localhost/image:1 sh -c 'cat /home/f; echo above >/home/f; cat /home/f')" "$(printf 'below\nabove')" && same "$(cat "$home/source/f")" below
}
overlays_a_directory_for_good() { # with what is written kept in a directory of the user's choice
  "${runner[@]}" mkdir "$home/up" "$home/work" && echo below >"$home/source/g" || return
  local volume=$home/source:/home:O,upperdir=$home/up,workdir=$home/work
  run -v "$volume" localhost/image:1 sh -c 'echo above >/home/f; rm /home/g' && same "$(run -v "$volume" localhost/image:1 sh -c 'cat /home/f; ls /home')" "$(printf 'above\nf')" &&
    same "$(cat "$home/source/f" "$home/source/g" "$home/up/f")" "$(printf 'below\nbelow\nabove')"
}
runs_over_a_directory() { # as its root
  "${runner[@]}" mkdir "$home/rootfs" && "${runner[@]}" tar -C "$home/rootfs" -xf image/root.tar || return
  same "$(pod run --rm --network=none --rootfs "$home/rootfs:O" sh -c 'echo new >/home/new; rm -r /opaque; cat /home/new; ls -d /opaque 2>&1')" "$(printf 'new\nls: /opaque: No such file or directory')" && [ -d "$home/rootfs/opaque" ] && [ ! -e "$home/rootfs/home/new" ]
}
mounts_an_image_to_write_to() { same "$(run --mount type=image,source=localhost/image:1,destination=/home,rw=true localhost/image:1 sh -c 'echo above >/home/etc/two; rm /home/opaque/b; cat /home/etc/two /etc/two; ls /home/opaque')" "$(printf 'above\ntwo')" && mounts_an_image; }
mounts_an_image_for_the_host() {
  if [ "$home" = "$scratch/root" ]; then same "$(cat "$(pod image mount localhost/image:1)/etc/two")" two && pod image unmount localhost/image:1
  else same "$(pod unshare sh -c 'cat "$(podman image mount localhost/image:1)/etc/two"; podman image unmount localhost/image:1 >/dev/null')" two; fi
}
passes_options_on() { # those that are no flags of mount(2), known to us or not
  local code conf=$home/.config/containers/storage.conf
  printf '#!/bin/sh\necho "$@" >>%s\nexec %s "$@"\n' "$home/said" "$scratch/overlayfuse" >"$home/program" && chmod 755 "$home/program" && cp -p "$conf" "$conf.plain" || return
  sed -i "s#^mount_program.*#mount_program = \"$home/program\"\nmountopt = \"nodev,noacl,fsync=0,,bogus=1,metacopy=on\"#" "$conf"
  same "$(run localhost/image:1 sh -c 'cat /etc/two; rm -r /opaque; ls -d /opaque 2>&1')" "$(printf 'two\nls: /opaque: No such file or directory')" && grep -qE 'workdir=[^, ]+,noacl,fsync=0,,bogus=1,volatile ' "$home/said"
  code=$?
  mv "$conf.plain" "$conf"
  return $code
}
mounts_an_image() { same "$(run --mount type=image,source=localhost/image:1,destination=/home localhost/image:1 cat /home/etc/two)" two; }
is_read_only() { ! run --read-only localhost/image:1 sh -c 'echo x >/etc/two' && same "$(run --read-only localhost/image:1 cat /etc/two)" two; }
outlives_a_dead_daemon() {
  pod run -d --name dead --network=none localhost/image:1 sleep 1000 || return
  local merged
  merged=$(pod inspect --format '{{.GraphDriver.Data.MergedDir}}' dead) && kill -KILL "$(daemon_of "$merged")" || return
  ! pod exec dead cat /etc/two && pod rm -f -t 0 dead && same "$(run localhost/image:1 cat /etc/two)" two
}
removes() {
  pod rm -f -t 0 first second && pod rmi -af >/dev/null && eventually no_daemon_left && ! { grep -F "$home/" /proc/self/mountinfo | grep -vF " $home/storage "; }
}
no_daemon_left() { ! pgrep -f "overlayfuse --daemon $home/" >/dev/null; }

# Ids that podman has mapped at the mount (uidmapping=) where it cannot map the layers' mounts.
keeps_the_id() { same "$(run --userns=keep-id localhost/image:1 sh -c 'id -u; touch /tmp/f; stat -c "%u %n" /tmp/f /bin /opaque/b')" "$(printf '%s\n%s /tmp/f\n0 /bin\n33 /opaque/b' "$uid" "$uid")"; }
maps_ids() { same "$(run --uidmap 0:1:1000 --gidmap 0:1:1000 localhost/image:1 sh -c 'stat -c "%u:%g %n" /bin /opaque/b; touch /etc/f && chown 5:6 /etc/f && stat -c %u:%g /etc/f')" "$(printf '0:0 /bin\n33:33 /opaque/b\n5:6')"; }
# Without a /dev/shm: on the storage below, a podman rm soon after the run finds it busy.
maps_ids_for_root() {
  same "$(pod run --name mapped --network=none --ipc=none --uidmap 0:100000:1000 --gidmap 0:200000:1000 localhost/image:1 sh -c 'stat -c "%u:%g %n" /bin /opaque/b; touch /etc/f && chown 5:6 /etc/f && stat -c %u:%g /etc/f')" "$(printf '0:0 /bin\n33:33 /opaque/b\n5:6')" &&
    same "$(stat -c %u:%g "$home"/storage/overlay/*/diff/etc/f)" 5:6 && pod commit -q mapped localhost/mapped:1 && pod rm mapped && same "$(run localhost/mapped:1 stat -c %u:%g /etc/f)" 5:6
}
maps_ids_by_itself() { # out of the ordinary user's
  sed -i "s/^\[storage.options.overlay\]/[storage.options]\nroot-auto-userns-user = \"$test_user\"\n&/" "$home/.config/containers/storage.conf"
  same "$(run --userns=auto:size=1024 localhost/image:1 sh -c 'stat -c "%u:%g %n" /bin /opaque/b; awk "{ print \$1, \$3 }" /proc/self/uid_map')" "$(printf '0:0 /bin\n33:33 /opaque/b\n0 1024')"
}
squashes_ids() { same "$(run --uidmap 0:0:1 --gidmap 0:0:1 localhost/image:1 sh -c 'stat -c "%u:%g %n" /bin /opaque/b; echo x >/etc/f && stat -c %u:%g /etc/f')" "$(printf '0:0 /bin\n0:0 /opaque/b\n0:0')"; }

# A store in which all files are the user's and owners are in marks (force_mask): layers unpacked by podman, containers written by ours.
masked() { # name of the rows, whose
  configure "$2" "$home"
  sed -i 's/^mount_program/force_mask = "shared"\nmount_program/' "$home/.config/containers/storage.conf" && chown "$2:" "$home/.config/containers/storage.conf"
  printf 'FROM scratch\nADD root.tar /\nENV PATH=/bin\nRUN touch /opaque/b && chown 33:34 /opaque/b && chmod 640 /opaque/b && ln -s b /opaque/l\n' >image/Dockerfile.masked
  check "$1.masked_builds" pod build -q --network=none -f image/Dockerfile.masked -t localhost/masked:1 image
  check "$1.masked_shows_the_owners_of_layers" masked_shows_layers
  check "$1.masked_keeps_the_owners_of_containers" masked_keeps_changes
  check "$1.masked_stores_them_in_marks" masked_stores_marks "$2"
  check "$1.masked_commits" masked_commits
  pod rm -f -t 0 masked >/dev/null 2>&1
  pod rmi -af >/dev/null 2>&1
}
masked_shows_layers() { same "$(run localhost/masked:1 stat -c '%n %a %u:%g %F' /opaque/b /opaque/l /bin/busybox)" "$(printf '/opaque/b 640 33:34 regular empty file\n/opaque/l 777 0:0 symbolic link\n/bin/busybox 755 0:0 regular file')"; }
masked_keeps_changes() {
  same "$(pod run --name masked --network=none localhost/masked:1 sh -c 'echo new >/home/f && chown 7:8 /home/f && chmod 4711 /home/f && ln -s f /home/l && chown 5:6 /opaque/b && mkfifo /p && stat -c "%n %a %u:%g %F" /home/f /home/l /opaque/b /p && rm /p')" \
    "$(printf '/home/f 4711 7:8 regular file\n/home/l 777 0:0 symbolic link\n/opaque/b 640 5:6 regular empty file\n/p 644 0:0 fifo')"
}
masked_stores_marks() { # whose
  local f
  f=$(find "$home/storage/overlay" -path '*/diff/home/f') && same "$(stat -c '%a %U' "$f")" "755 $1" && same "$(getfattr --only-values -n user.containers.override_stat "$f" 2>/dev/null)" 7:8:4711:file
}
masked_commits() { pod commit -q masked localhost/masked:2 && same "$(run localhost/masked:2 stat -c '%n %u:%g %F' /home/f /home/l /opaque/b)" "$(printf '/home/f 7:8 regular file\n/home/l 0:0 symbolic link\n/opaque/b 5:6 regular empty file')"; }

lab() { # name of the rows
  local row
  for row in builds rebuilds shows_the_layers keeps_changes_apart shows_the_difference copies commits saves_and_loads restarts starts_several_at_once builds_without_layers builds_squashed \
    keeps_a_volume fills_a_volume_without_a_name gives_a_volume_to_its_user overlays_a_directory overlays_a_directory_for_good runs_over_a_directory mounts_an_image mounts_an_image_to_write_to \
    mounts_an_image_for_the_host is_read_only passes_options_on outlives_a_dead_daemon; do
    check "$1.$row" "$row"
  done
}

if [ "$(id -u)" = 0 ]; then
  home=$scratch/root runner=() extra=("CONTAINERS_STORAGE_CONF=$scratch/root/.config/containers/storage.conf" "CONTAINERS_CONF=$scratch/root/.config/containers/containers.conf")
  configure root "$home"
  lab root
  check root.removes removes

  # Ids of layers are mapped by us where the file system below has no idmapped mounts; where it has them, this Podman maps them twice.
  home=$scratch/mapped extra=("CONTAINERS_STORAGE_CONF=$scratch/mapped/.config/containers/storage.conf" "CONTAINERS_CONF=$scratch/mapped/.config/containers/containers.conf")
  configure root "$home"
  mkdir -p below/{l,u,w} && mount -t overlay -o "lowerdir=$scratch/below/l,upperdir=$scratch/below/u,workdir=$scratch/below/w" overlay "$home/storage"
  check mapped.builds builds
  check mapped.maps_ids maps_ids_for_root
  check mapped.maps_ids_that_podman_chooses maps_ids_by_itself
  check mapped.removes removes
fi

if [ "$(id -u)" = 0 ] && ! { [ -n "$test_user" ] && grep -q "^$test_user:" /etc/subuid && grep -q "^$test_user:" /etc/subgid; }; then
  skip podman.user "needs an ordinary user with subordinate ids in /etc/subuid and /etc/subgid"
  exit 0
fi
home=$scratch/user extra=()
if [ "$(id -u)" = 0 ]; then runner=(runuser -u "$test_user" --) uid=$(id -u "$test_user"); else runner=() uid=$(id -u) test_user=$(id -un); fi
configure "$test_user" "$home"
lab user
for row in keeps_the_id maps_ids squashes_ids; do check "user.$row" "$row"; done
check user.removes removes
# What subordinate ids own goes here, in the user's name space: an ordinary user could not remove it afterwards. Not with rm -r: podman keeps storage/overlay mounted on
# itself in that name space, so the directory itself is busy until podman has ended.
empties_the_storage() { pod unshare find "$home/storage" -mindepth 2 -depth -delete; }
check user.empties_the_storage empties_the_storage
home=$scratch/masked
masked user "$test_user"
check masked.empties_the_storage empties_the_storage
