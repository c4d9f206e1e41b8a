# Sourced by tests/run.sh: packages, the devices and an ordinary user, as far as our rights go.

packages=(fuse3 uidmap attr acl fuse-overlayfs git sqlite3 debootstrap mmdebstrap xfsprogs btrfs-progs e2fsprogs
  podman buildah docker.io containerd iptables runc slirp4netns passt tini busybox-static gcc libc6-dev clang zlib1g-dev strace util-linux procps
  skopeo umoci docker-registry python3-grpcio python3-protobuf gzip xz-utils zstd)

# For the long set only. Node.js from elsewhere brings an npm of its own.
if [ -n "${OVERLAYFUSE_LONG:-}" ]; then
  packages+=(postgresql)
  command -v npm >/dev/null || packages+=(npm)
fi

# Installs what is asked for, and nothing more: no service is started, and no database made.
install_quietly() {
  local code policy=/usr/sbin/policy-rc.d no_cluster=/etc/postgresql-common/createcluster.d/overlayfuse-tests.conf made=()
  if [[ " $* " == *" postgresql "* ]]; then mkdir -p "${no_cluster%/*}" && echo 'create_main_cluster = false' >"$no_cluster" && made+=("$no_cluster"); fi
  [ -e "$policy" ] || { printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy" && made+=("$policy"); }
  DEBIAN_FRONTEND=noninteractive "$@" || { apt-get update && DEBIAN_FRONTEND=noninteractive "$@"; }
  code=$?
  rm -f "${made[@]}"
  return $code
}

if command -v dpkg-query >/dev/null; then
  missing=()
  for package in "${packages[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  if [ ${#missing[@]} -gt 0 ]; then
    install=(apt-get install -y --no-install-recommends "${missing[@]}")
    if [ "$(id -u)" = 0 ]; then
      step "install ${missing[*]}"
      install_quietly "${install[@]}" >"$out/install.log" 2>&1 || { tail -n 20 "$out/install.log"; fail "${install[*]}"; }
    else
      echo "missing packages; as root: ${install[*]}"
    fi
  fi
fi

if [ "$(id -u)" = 0 ]; then
  # As udev's rules have it; containers and small machines often have no udev.
  [ -e /dev/fuse ] || mknod /dev/fuse c 10 229
  [ -e /dev/net/tun ] || { mkdir -p /dev/net && mknod /dev/net/tun c 10 200; }
  chmod 666 /dev/fuse /dev/net/tun

  # FUSE over io_uring, which only mounts that ask for it use.
  rings=/sys/module/fuse/parameters/enable_uring
  if [ -w "$rings" ]; then
    trap "echo $(cat "$rings") >$rings" EXIT
    echo Y >"$rings"
  fi
  id oftest >/dev/null 2>&1 || useradd --create-home --shell /bin/bash oftest || fail "useradd oftest"
  export OVERLAYFUSE_TEST_USER=oftest
fi
