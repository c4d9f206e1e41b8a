#!/usr/bin/env bash
# timeout: 1800
# With OVERLAYFUSE_LONG=1 only: a union over this machine's own root file system, entered by chroot(8), in which a database, a package manager, npm and
# a compiler work; and a package manager in containers of an ordinary user. What they bring with them is all there is: nothing comes from a network, apart from
# the Debian system of the containers, once.
if [ "$(id -u)" = 0 ] && [ "${1-}" != inside ]; then exec unshare --mount --propagation private "$0" inside; fi
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$(dirname "${BASH_SOURCE[0]}")/containers.sh"
source "$(dirname "${BASH_SOURCE[0]}")/debian.sh"
if [ "${OVERLAYFUSE_LONG:-}" != 1 ]; then
  skip workloads "takes minutes: bash tests/run.sh --long"
  exit 0
fi
[ "$(id -u)" = 0 ] || { skip workloads "needs root"; exit 0; }
cd "$scratch"
mkdir -p u w m ahead/{tmp,run,etc} && chmod 1777 ahead/tmp
m=$scratch/m
# The layer on top hides what the machine has in /tmp and /run, where others work.
setfattr -n trusted.overlay.opaque -v y ahead/tmp ahead/run || { skip workloads "needs setfattr"; exit 0; }
"$OVERLAYFUSE" mount -o "lowerdir=$scratch/ahead:/,upperdir=$scratch/u,workdir=$scratch/w" "$m" || { echo "not ok workloads: no union over /"; exit 0; }
mkdir -p m/{proc,dev,sys} && mount -t proc proc m/proc && mount --rbind /dev m/dev && mount --make-rslave m/dev || exit 1
inside() { timeout 600 chroot "$m" /usr/bin/env -i HOME=/root PATH="$PATH" LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }

database() {
  local bin
  bin=$(ls -d /usr/lib/postgresql/*/bin | tail -n 1)
  cat >m/tmp/work <<'WORK'
set -e
cd /tmp
initdb -D /tmp/data -A trust >log 2>&1 || { tail log; exit 1; }
pg_ctl -D /tmp/data -o '-k /tmp -h "" -c shared_buffers=32MB' -l /tmp/log -w start >/dev/null || { tail /tmp/log; exit 1; }
trap 'pg_ctl -D /tmp/data -m fast stop >/dev/null' EXIT
pgbench -h /tmp -i -q -s 2 postgres 2>/dev/null
pgbench -h /tmp -c 2 -T 5 postgres | grep -E '^(tps|number of transactions actually)'
[ "$(psql -h /tmp -Atc 'select sum(abalance) = (select sum(bbalance) from pgbench_branches) from pgbench_accounts' postgres)" = t ]
pg_ctl -D /tmp/data -m immediate stop >/dev/null
pg_ctl -D /tmp/data -o '-k /tmp -h ""' -l /tmp/log -w start >/dev/null
[ "$(psql -h /tmp -Atc 'select count(*) from pgbench_accounts' postgres)" = 200000 ]
WORK
  inside setpriv --reuid postgres --regid postgres --clear-groups env "PATH=$bin:$PATH" sh /tmp/work
}
if ls -d /usr/lib/postgresql/*/bin >/dev/null 2>&1; then check workloads.postgresql database; else skip workloads.postgresql "needs postgresql"; fi

packages() { # of our own making, so that no mirror is asked; their scripts write to /dev/null and make users of the machine's files
  local name
  for name in first second; do
    mkdir -p "package/DEBIAN" "package/usr/share/$name/deep" && seq 2000 >"package/usr/share/$name/deep/data" && ln -f "package/usr/share/$name/deep/data" "package/usr/share/$name/again" || return
    printf '%s\n' "Package: overlayfuse-$name" 'Version: 1' 'Architecture: all' 'Maintainer: nobody <nobody@example.com>' 'Description: for a test' >package/DEBIAN/control
    [ $name = first ] || echo 'Depends: overlayfuse-first' >>package/DEBIAN/control
    printf '#!/bin/sh\nset -e\necho configured >/dev/null\nldconfig\n' >package/DEBIAN/postinst && chmod 755 package/DEBIAN/postinst
    dpkg-deb --root-owner-group -b package "m/tmp/$name.deb" >/dev/null && rm -r package || return
  done
  inside apt-get install -y --no-install-recommends -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts=/dev/null /tmp/first.deb /tmp/second.deb &&
    ! inside dpkg --verify overlayfuse-first overlayfuse-second | grep . && [ -e u/usr/share/second/again ] && inside dpkg --audit && ! dpkg -s overlayfuse-first >/dev/null 2>&1 &&
    inside apt-get purge -y overlayfuse-first && [ ! -e m/usr/share/first ] && [ ! -e m/usr/share/second ] && ! inside dpkg -s overlayfuse-second 2>/dev/null
}
if command -v apt-get >/dev/null; then check workloads.apt packages; else skip workloads.apt "needs apt-get"; fi

modules() { # made of directories, since there is no registry
  mkdir -p m/tmp/npm/{one,two/lib,app} && echo '{"name":"one","version":"1.0.0","main":"i.js"}' >m/tmp/npm/one/package.json && echo 'module.exports = 41' >m/tmp/npm/one/i.js &&
    echo '{"name":"two","version":"1.0.0","main":"i.js","dependencies":{"one":"file:../one-1.0.0.tgz"}}' >m/tmp/npm/two/package.json && echo 'module.exports = require("one") + 1' >m/tmp/npm/two/i.js &&
    for i in $(seq 300); do echo "$i" >"m/tmp/npm/two/lib/$i.js"; done && echo '{"name":"app","version":"1.0.0"}' >m/tmp/npm/app/package.json &&
    inside sh -ec 'cd /tmp/npm/one && npm pack --silent && mv one-1.0.0.tgz .. && cd ../two && npm pack --silent && mv two-1.0.0.tgz ..
      cd ../app && npm install --offline --no-audit --no-fund ../one-1.0.0.tgz ../two-1.0.0.tgz && node -e "process.exit(require(\"two\") === 42 ? 0 : 1)" && npm ls && npm uninstall --offline two && [ ! -e node_modules/two ]'
}
if command -v npm >/dev/null; then check workloads.npm modules; else skip workloads.npm "needs npm"; fi

compiler() {
  inside env DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_HOME=/tmp/home sh -ec 'mkdir /tmp/app && cd /tmp/app && dotnet new console --no-restore >/dev/null && printf "<configuration><packageSources><clear/></packageSources></configuration>" >NuGet.config
    dotnet build --disable-build-servers -p:UseSharedCompilation=false -v q && [ "$(dotnet run --no-build)" = "Hello, World!" ]'
}
if command -v dotnet >/dev/null; then check workloads.dotnet compiler; else skip workloads.dotnet "needs the .NET SDK"; fi

clone() { # whose objects are links of lower files
  inside sh -ec 'mkdir /tmp/git && cd /tmp/git && git init -q a && cd a && git config user.email a@b && git config user.name a && cp -r /etc/apt . && git add . && git commit -qm one && cd .. && git clone -q a b && cd b && git status --porcelain && git gc -q && git fsck'
}
if command -v git >/dev/null; then check workloads.git clone; else skip workloads.git "needs git"; fi

ends() { umount -R m/dev m/proc && "$OVERLAYFUSE" umount "$m" && eventually eval '! daemon_of "$m" >/dev/null' && "$OVERLAYFUSE" check u; }
check workloads.the_upper_is_sound_afterwards ends

# Debian's own packages in a container of an ordinary user, whose root is our mount: once with Podman, once with our own verbs. Only now: Podman's
# process that keeps its name spaces would have kept the union over / too.
work_in_container="apt-get install -y --no-install-recommends $to_install && ! dpkg --verify $to_install | grep -v /usr/share/ && dpkg --audit && nginx -t && apt-get purge -y cron && [ ! -e /usr/sbin/cron ] && stat -c %U:%G /var/lib/nginx/body"
is_installed() { grep -qx 'www-data:root' <<<"$1" || { tail -n 20 <<<"$1"; return 1; }; }
pod() { timeout 600 runuser -u "$test_user" -- env -i "HOME=$scratch/user" "XDG_RUNTIME_DIR=$scratch/user/run" PATH="$PATH" podman --log-level=error "$@"; }
by_podman() {
  local said
  cp "$OVERLAYFUSE" overlayfuse && chmod 755 overlayfuse && configure "$test_user" "$scratch/user" && pod import -q "$tarball" localhost/debian:1 || return
  said=$(pod run --name work --network=none -e DEBIAN_FRONTEND=noninteractive localhost/debian:1 sh -c "$work_in_container" 2>&1)
  is_installed "$said" && pod diff work | grep -x 'A /usr/sbin/nginx' && pod commit -q work localhost/debian:2 && pod run --rm --network=none localhost/debian:2 sh -c '! dpkg --verify nginx-light | grep -v /usr/share/' && pod rm work &&
    pod rmi -af >/dev/null && pod unshare find "$scratch/user/storage" -mindepth 2 -depth -delete
}
by_ourselves() {
  local said o=(timeout 600 runuser -u "$test_user" -- env "HOME=$scratch/own" "OVERLAYFUSE_STATE=$scratch/own/state" "$scratch/overlayfuse")
  mkdir -p own && chown "$test_user:" own && "${o[@]}" import "$tarball" debian:1 || return
  said=$("${o[@]}" run --name work -e DEBIAN_FRONTEND=noninteractive debian:1 sh -c "$work_in_container" 2>&1)
  is_installed "$said" && "${o[@]}" diff work | grep -x 'A /usr/sbin/nginx' && "${o[@]}" rm work && "${o[@]}" rmi debian:1
}
if ! is_debian; then
  skip workloads.apt_in_a_container "no mmdebstrap, or no Debian to take packages from"
elif [ -z "$test_user" ] || ! grep -q "^$test_user:" /etc/subuid || ! command -v podman >/dev/null || ! command -v runc >/dev/null; then
  skip workloads.apt_in_a_container "needs podman, runc and an ordinary user with subordinate ids: set OVERLAYFUSE_TEST_USER"
else
  check workloads.a_debian_system make_tarball
  check workloads.apt_in_a_container_of_podman by_podman
  check workloads.apt_in_a_container_of_our_own by_ourselves
fi
