# Sourced after lib.sh by the scripts that run container tools: an image's root made of busybox, and the tools' configuration in a home of their own.
# shellcheck shell=bash

# busybox_root DIRECTORY NAME...: the root of an image, with directories of these names beside the usual ones. Needs $busybox.
busybox_root() {
  local root=$1 applet name
  shift
  mkdir -p "$root"/{bin,etc,proc,sys,dev,tmp,run,root}
  for name in "$@"; do mkdir "$root/$name"; done
  cp "$busybox" "$root/bin/busybox"
  for applet in $("$busybox" --list); do [ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"; done
  printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n' >"$root/etc/passwd"
  printf 'root:x:0:\n' >"$root/etc/group"
  chmod 1777 "$root/tmp"
}

# foreign.tar, an archive for "docker load" that other tools have made of busybox.tar: localhost/foreign:1, a layer and one that takes away and adds.
foreign_archive() {
  umoci init --layout oci && umoci new --image oci:1 && umoci unpack --image oci:1 unpacked && tar -C unpacked/rootfs -xf busybox.tar && umoci repack --image oci:1 unpacked && rm -r unpacked &&
    umoci unpack --image oci:1 unpacked && rm -r unpacked/rootfs/old unpacked/rootfs/opaque/a && mkdir unpacked/rootfs/data && echo seed >unpacked/rootfs/data/seed.txt && chown 33:33 unpacked/rootfs/data/seed.txt &&
    umoci repack --image oci:1 unpacked && rm -r unpacked && umoci config --image oci:1 --config.env PATH=/bin --config.cmd /bin/sh --config.volume /data && skopeo copy -q oci:oci:1 docker-archive:foreign.tar:localhost/foreign:1
}

# configure USER HOME [PROGRAM]: containers/storage with ours, or that program, as mount_program.
configure() {
  mkdir -p "$2/.config/containers" "$2/run" "$2/storage"
  printf '[storage]\ndriver = "overlay"\ngraphroot = "%s"\nrunroot = "%s"\n[storage.options.overlay]\nmount_program = "%s"\n' "$2/storage" "$2/run" "${3:-$scratch/overlayfuse}" >"$2/.config/containers/storage.conf"
  printf '[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\nruntime = "runc"\n[containers]\ndefault_ulimits = ["nofile=20000:20000", "nproc=30000:30000"]\n' >"$2/.config/containers/containers.conf"
  printf '{"default":[{"type":"insecureAcceptAnything"}]}\n' >"$2/.config/containers/policy.json"
  chmod 700 "$2/run"
  chown -R "$1:" "$2"
}

same() { [ "$1" = "$2" ] || { printf 'seen:     %s\nexpected: %s\n' "$1" "$2"; return 1; }; }
