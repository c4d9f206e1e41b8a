# Sourced by tests/run.sh: packages, the FUSE device and an ordinary user, as far as our rights go.

packages=(fuse3 uidmap attr acl fuse-overlayfs git sqlite3 debootstrap mmdebstrap xfsprogs btrfs-progs e2fsprogs
  podman buildah docker.io containerd iptables runc slirp4netns passt tini busybox-static gcc libc6-dev clang zlib1g-dev strace util-linux procps
  skopeo umoci docker-registry gzip xz-utils zstd)

if command -v dpkg-query >/dev/null; then
  missing=()
  for package in "${packages[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  if [ ${#missing[@]} -gt 0 ]; then
    install="apt-get install -y --no-install-recommends ${missing[*]}"
    if [ "$(id -u)" = 0 ]; then
      step "install ${missing[*]}"
      export DEBIAN_FRONTEND=noninteractive
      { $install || { apt-get update && $install; }; } >"$out/install.log" 2>&1 || { tail -n 20 "$out/install.log"; fail "$install"; }
    else
      echo "missing packages; as root: $install"
    fi
  fi
fi

if [ "$(id -u)" = 0 ]; then
  # As udev's rules have it; containers and small machines often have no udev.
  [ -e /dev/fuse ] || mknod /dev/fuse c 10 229
  chmod 666 /dev/fuse
  id oftest >/dev/null 2>&1 || useradd --create-home --shell /bin/bash oftest || fail "useradd oftest"
  export OVERLAYFUSE_TEST_USER=oftest
fi
