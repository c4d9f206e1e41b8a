#!/usr/bin/env bash
# timeout: 900
# A Debian system in three layers, and the machine's own root, to work in by chroot: packages, git, a compiler, a data base. Then the
# layers are as they were, and kernel overlayfs shows the same tree.
[ "$(stat -c %m "${TMPDIR:-/tmp}")" = / ] || export TMPDIR=/var/tmp # the run over lowerdir=/ must find its files there
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$(dirname "${BASH_SOURCE[0]}")/tree.sh"
source "$(dirname "${BASH_SOURCE[0]}")/debian.sh"
cd "$scratch"

if [ "$(id -u)" != 0 ]; then
  skip rootfs "chroot is for root"
  exit
fi
if ! is_debian; then
  skip rootfs "no mmdebstrap, or no Debian to take packages from"
  exit
fi
if ! why=$(make_tarball); then
  skip rootfs "no Debian system can be made here: $(tail -n 1 <<<"$why")"
  exit
fi

# --- the system ---

in_system() { # where, command
  chroot "$1" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C DEBIAN_FRONTEND=noninteractive bash -ec "$2"
}

no_services() { printf '#!/bin/sh\nexit 101\n' >"$1/usr/sbin/policy-rc.d" && chmod 755 "$1/usr/sbin/policy-rc.d"; }

# Two repositories that share their objects by hard links, and a data base.
furnish() {
  no_services "$1" || return
  in_system "$1" '
    cd /srv
    git init -q -b main work && cd work
    git config user.name test && git config user.email test@example.org
    for i in 1 2 3 4 5 6; do
      mkdir -p d$i && for j in 1 2 3 4 5 6 7 8 9; do echo "$i $j" >d$i/f$j; done
      git add . && git commit -qm "commit $i"
    done
    cd .. && git clone -q --bare work origin.git && git clone -q --bare origin.git project.git && rm -r work
    sqlite3 lower.db "create table t(a integer primary key, b text); with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000) insert into t select i, hex(randomblob(50)) from n"'
}

# Takes every second or third file to layers above, so that most directories lie in several layers; files with hard links stay together.
take_apart() {
  mkdir low mid top && tar -C low --xattrs --xattrs-include='*' -xpf "$tarball" || return
  furnish low || return
  (cd low && find usr/lib usr/share var/lib -type f -links 1 | sort | awk 'NR % 2') >to-mid
  (cd low && find usr etc var -type f -links 1 | sort | grep -vxFf ../to-mid | awk 'NR % 3 == 0') >to-top
  # Before: what the union must show.
  tree_of low >whole.tree || return
  local layer
  for layer in mid top; do
    { sed 's|/[^/]*$||' to-$layer | sort -u | awk -F/ '{ p = $1; print p; for (i = 2; i <= NF; i++) print p = p "/" $i }' | sort -u; cat to-$layer; } >names
    tar -C low --xattrs --xattrs-include='*' --no-recursion -cT names | tar -C $layer --xattrs --xattrs-include='*' -xp || return
  done
  # Taking a file out changes the times of its directory; the layers above show theirs.
  (cd low && cat ../to-mid ../to-top | xargs -d '\n' rm --) || return
  chmod 755 mid top
  # What only the lowest layer has, hidden by the middle one: whiteouts, and an opaque directory over a full one.
  mkdir -p low/usr/share/stale/deep && echo stale >low/usr/share/stale/deep/f && mknod mid/usr/share/stale c 0 0
  echo stale >low/etc/stale && mkdir -p mid/etc && mknod mid/etc/stale c 0 0
  mkdir -p low/var/lib/git/{old,older} && echo stale >low/var/lib/git/old/f && mkdir -p mid/var/lib/git && touch -r low/var/lib/git mid/var/lib/git && setfattr -n trusted.overlay.opaque -v y mid/var/lib/git
}
check a_debian_system_in_layers take_apart

# --- the jobs ---

enter() { mount --bind /dev "$1/dev" && mount -t proc proc "$1/proc"; }
leave() { umount "$1/proc" "$1/dev"; }

install_packages() { in_system "$1" "apt-get install -y --no-install-recommends $2 && dpkg -s $2 | grep -c 'Status: install ok installed' && dpkg --audit" ; }
clone_repository() { # where, repository
  in_system "$1" "cd /root && git clone $2 cloned && cd cloned && git fsck --full && git log --oneline | wc -l | grep -x 6
    git config user.name test && git config user.email test@example.org && echo more >>d1/f1 && git commit -qam more && git push -q origin main
    git gc -q && git fsck && git status --porcelain | wc -l | grep -x 0 && cd $2 && git fsck --full && git log --oneline main | wc -l | grep -x 7"
}
verify_packages() { # apart from what the system leaves out or its administrator changes
  in_system "$1" 'dpkg --verify | grep -vE " (c )?/(usr/share/(doc|man|locale)/|etc/)" || true' >verified && ! grep . verified
}
compile() { # where, compiler
  in_system "$1" "mkdir -p /tmp/c && cd /tmp/c
    printf '#include <stdio.h>\n#include <stdlib.h>\nint main(void) { puts(\"compiled\"); return EXIT_SUCCESS; }\n' >hello.c
    $2 -o hello hello.c && ./hello | grep -x compiled && $2 -c hello.c -o hello.o && rm hello.c && ls | wc -l | grep -x 2"
}
transactions() { # where, data base: one in a lower layer, and a new one, with each kind of journal
  in_system "$1" "for db in $2 /root/new.db; do
      for mode in delete truncate persist wal; do
        { echo 'pragma journal_mode = '\$mode'; create table if not exists t(a integer primary key, b text);'
          for i in \$(seq 40); do echo \"begin; insert into t(b) values(hex(randomblob(300))); update t set b = b || 'x' where a % 17 = \$i % 17; delete from t where a % 401 = \$i; commit;\"; done
        } | sqlite3 \$db >/dev/null
        sqlite3 \$db 'pragma integrity_check' | grep -x ok
      done
      sqlite3 \$db 'pragma journal_mode = delete; vacuum; pragma integrity_check' | grep -x ok
    done"
}
housekeeping() { # what administrators do to a system: purge, rename, remove and make anew
  in_system "$1" 'apt-get purge -y cron && test ! -e /usr/sbin/cron
    mv /usr/share/perl5 /usr/share/perl5.moved && perl -e 1 && mv /usr/share/perl5.moved /usr/share/perl5
    mv /usr/share/git-core /usr/share/renamed && test -d /usr/share/renamed/templates
    rm -rf /usr/share/zoneinfo /usr/share/bug && mkdir /usr/share/zoneinfo && echo new >/usr/share/zoneinfo/UTC && ls /usr/share/zoneinfo | grep -x UTC
    chmod -R g+w /etc/default && chown -R nobody /usr/share/base-files && find /usr -xdev -type f | wc -l'
}

layers_of() { local layer; for layer in low mid top; do tree_of $layer layer || return; done; }
layers_of >layers.before

for data in cached passthrough; do
  rm -rf --one-file-system d && mkdir -p d/{u,w,m}
  check "${data}_mount" "$OVERLAYFUSE" mount -o "lowerdir=top:mid:low,upperdir=d/u,workdir=d/w,data=$data" d/m
  is_mounted "$scratch/d/m" || continue
  the_whole() { tree_of d/m >shown && same_tree whole.tree shown; }
  check "${data}_the_layers_together_are_the_system" the_whole
  enter d/m
  check "${data}_apt_get_install" install_packages d/m "$to_install"
  check "${data}_git_clone_from_a_lower_layer" clone_repository d/m /srv/project.git
  check "${data}_dpkg_verify" verify_packages d/m
  check "${data}_c_compiler" compile d/m tcc
  check "${data}_sqlite_transactions" transactions d/m /srv/lower.db
  check "${data}_housekeeping" housekeeping d/m
  verify_again() { in_system d/m 'mv /usr/share/renamed /usr/share/git-core' && ! { verify_packages d/m | grep -vE '/usr/share/(zoneinfo|bug)/'; }; }
  check "${data}_dpkg_verify_after_it_all" verify_again
  leave d/m
  tree_of d/m >ours.tree
  pid=$(daemon_of "$scratch/d/m")
  ends() { "$OVERLAYFUSE" umount d/m && daemon_ends "$pid" "$scratch/d/m"; }
  check "${data}_unmounts" ends
  unchanged() { layers_of >layers.after && same_tree layers.before layers.after; }
  check "${data}_layers_are_unchanged" unchanged
  in_upper() { for name in usr/sbin/nginx var/lib/dpkg/status root/cloned/d1/f1 root/new.db srv/lower.db srv/project.git/refs/heads/main tmp/c/hello usr/share/zoneinfo/UTC; do [ -s d/u/$name ] || { echo "no $name"; return 1; }; done; }
  check "${data}_what_is_new_is_in_the_upper" in_upper
  kernel_shows() {
    mount -t overlay overlay -o metacopy=on,redirect_dir=on,lowerdir=top:mid:low,upperdir=d/u,workdir=d/w d/m || return
    tree_of d/m >kernel.tree
    umount d/m && same_tree ours.tree kernel.tree
  }
  check "${data}_the_kernel_shows_the_same" kernel_shows
done

# --- the machine's own root ---

# But for what podman makes when it runs for the first time, in a test beside this one.
root_files() { find /usr/bin /usr/sbin /usr/lib /etc /var/lib/dpkg -xdev -path /etc/cni -prune -o -printf '%p %m %U %G %s %n %T@ %C@\n' | sort; }
own_root() {
  rm -rf --one-file-system d && mkdir -p d/{u,w,m} repositories && git init -q -b main work || return
  (cd work && git config user.name test && git config user.email test@example.org && for i in 1 2 3 4 5 6; do mkdir d$i && echo $i >d$i/f1 && git add . && git commit -qm $i || exit; done) || return
  git clone -q --bare work repositories/origin.git && git clone -q --bare repositories/origin.git repositories/project.git && cp low/srv/lower.db repositories/ || return
  root_files >root.before
  "$OVERLAYFUSE" mount -o lowerdir=/,upperdir=d/u,workdir=d/w d/m && [ -d "d/m$scratch/d/m" ] && ! find "d/m$scratch/d/m" d/m/proc -mindepth 1 | grep . || return
  cp /etc/resolv.conf d/m/etc/resolv.conf && no_services d/m && enter d/m
}
check own_root_mount own_root
if is_mounted "$scratch/d/m"; then
  # A small package that the machine does not have, with maintainer scripts where possible; from the packages we have brought.
  own_install() {
    mkdir -p d/m/root/packages && cp low/var/cache/apt/archives/*.deb mid/var/cache/apt/archives/*.deb top/var/cache/apt/archives/*.deb d/m/root/packages/ 2>/dev/null
    in_system d/m 'dpkg -s cron >/dev/null 2>&1 && apt-get purge -y cron; apt-get install -y --no-install-recommends /root/packages/cron*.deb && dpkg -s cron | grep "Status: install ok installed"'
  }
  check own_root_apt_get_install own_install
  check own_root_git_clone clone_repository d/m "$scratch/repositories/project.git"
  own_verify() { dpkg --verify bash coreutils git >outside; in_system d/m 'dpkg --verify bash coreutils git || true' >inside && diff outside inside; }
  check own_root_dpkg_verify own_verify
  check own_root_c_compiler compile d/m gcc
  check own_root_sqlite_transactions transactions d/m "$scratch/repositories/lower.db"
  leave d/m
  check own_root_unmounts "$OVERLAYFUSE" umount d/m
  own_root_unchanged() { root_files >root.after && same_tree root.before root.after; }
  check own_root_is_unchanged own_root_unchanged
  check own_root_what_is_new_is_in_the_upper eval '[ -s d/u/root/cloned/d1/f1 ] && [ -s d/u/root/new.db ] && [ -s d/u/tmp/c/hello ] && [ -s d/u/usr/sbin/cron ] && [ ! -e /root/cloned ] && [ ! -e /tmp/c/hello ]'
fi
