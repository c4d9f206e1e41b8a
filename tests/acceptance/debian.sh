# Sourced after lib.sh: a small Debian system as an archive, made once and kept. Packages to be installed lie in it, so that nothing is asked of the network then.
# shellcheck shell=bash
cache=${OVERLAYFUSE_TEST_CACHE:-/var/cache/overlayfuse-tests}
codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
tarball=$cache/rootfs-$codename-1.tar
to_install="nginx-light cron" # users, groups, directories of their own, alternatives, triggers

is_debian() { command -v mmdebstrap >/dev/null && grep -q '^ID=debian' /etc/os-release; }

# Says why, where none can be made.
make_tarball() {
  local sources part=$cache/part.$$.tar
  [ ! -s "$tarball" ] || return 0
  for sources in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list; do [ -s "$sources" ] && break; done
  [ -s "$sources" ] || sources=http://deb.debian.org/debian
  mkdir -p "$cache"
  mmdebstrap --variant=minbase --include=git,sqlite3,tcc,libc6-dev --skip=cleanup/apt,cleanup/reproducible \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --customize-hook="chroot \"\$1\" apt-get install -y --no-install-recommends --download-only $to_install" \
    --customize-hook='find "$1/var/cache/apt/archives" -name "*.deb" | grep .' \
    "$codename" "$part" "$sources" >make.log 2>&1 || { tail -n 5 make.log; rm -f "$part"; return 1; }
  mv "$part" "$tarball"
}
