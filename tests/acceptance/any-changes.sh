#!/usr/bin/env bash
# timeout: 300
# Whatever was changed, by random operations: an image committed of the container shows the same, layer upon layer; a union that is mounted anew, settled, or read by
# kernel overlayfs shows the same. (Times of layers are whole seconds, a directory in which nothing is left changed is none of a layer, and a layer that has one name of a file has no link to the others, as docker's.)
# OVERLAYFUSE_LONG=1: 12 layers of 1000 operations and 30 unions, else 3 of 250 and one. OVERLAYFUSE_SEED repeats them.
export TMPDIR=/var/tmp
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/lib.sh"
source "$here/containers.sh"
source "$here/own-containers.sh"
command -v python3 >/dev/null || { skip any-changes "needs python3"; exit 0; }
cp "$here/random-load.py" "$scratch" && cd "$scratch" && chmod 755 random-load.py
layers=3 operations=250 unions=1 seed=${OVERLAYFUSE_SEED:-$(($(date +%s) % 100000))}
if [ "${OVERLAYFUSE_LONG:-}" = 1 ]; then layers=12 operations=1000 unions=30; fi
echo "seed $seed"

# The host's Python and find run on the image's tree.
busybox=$(command -v busybox)
busybox_root bb usr lib lib64 load tree
for i in $(seq 30); do mkdir -p bb/tree/d$((i % 7))/e$((i % 3)) && head -c $((i * i * 1700)) /dev/urandom >bb/tree/d$((i % 7))/e$((i % 3))/f$i; done
tar -C bb --numeric-owner --owner=0 --group=0 -cf root.tar .
look='/usr/bin/python3 /load/random-load.py names /tree && cd /tree && /usr/bin/find . -type d -printf "%P %y %m %U:%G\n" -o -printf "%P %y %m %U:%G %Ts %l\n" | sort && /usr/bin/getfattr -R -h -d -m - . | sort'
shows_the_same() { # number of the layer
  o run --name "any$1" "${binds[@]}" "any:$1" sh -c "/usr/bin/python3 /load/random-load.py change /tree $seed$1 $operations && $look" >before && o commit "any$1" "any:$(($1 + 1))" && o rm "any$1" &&
    o run --rm "${binds[@]}" "any:$(($1 + 1))" sh -c "$look" >after && [ "$(wc -l <before)" -gt 50 ] || return
  diff before after | cut -c 1-300 | head -n 20
  cmp before after
}

any_changes() {
  binds=(-v /usr:/usr:ro -v /usr/lib:/lib:ro -v /usr/lib64:/lib64:ro -v "$scratch/random-load.py:/load/random-load.py:ro")
  check "$who: an image" has sha256: o import --change 'ENV PATH=/bin' root.tar any:1
  local i
  for i in $(seq "$layers"); do check "$who: $operations changes, committed as layer $i, show as they were made" shows_the_same "$i"; done
}
for_each_user any_changes

# --- unions ---

tree() { python3 random-load.py look m && (cd m && find . -printf '%P %y %m %U:%G %T@ %l\n' | sort && getfattr -R -h -d -m '^user\.' . | sort); }
unmounted() { umount m && eventually eval '! daemon_of "$scratch/m" >/dev/null'; }
ours() { "$OVERLAYFUSE" mount -o "$at$in_part" m && "$@" && unmounted; }
shown() { tree >"$1"; }
settles() { # form, options of the kernel's mount that it is for
  ours eval 'python3 random-load.py change m "$i$2" 60 && shown before' && "$OVERLAYFUSE" check u && ours shown after && cmp before after && "$OVERLAYFUSE" settle "$1" u && "$OVERLAYFUSE" check u &&
    mount -t overlay -o "$at,$2" overlay m && shown after && umount m && cmp before after && ours shown after && cmp before after
}
settle_both() {
  rm -rf l1 l2 u w m && mkdir l1 l2 u w m || return
  local f
  for f in $(seq 20); do mkdir -p l1/d$((f % 5))/e$((f % 3)) l2/d$((f % 7))/e$((f % 2)) && head -c $((f * f * 700)) /dev/urandom >l1/d$((f % 5))/e$((f % 3))/f$f && head -c $((f * f * 900)) /dev/urandom >l2/d$((f % 7))/e$((f % 2))/g$f; done
  settles --for-kernel metacopy=on,redirect_dir=on,index=on && settles --plain metacopy=off,redirect_dir=off,index=off
}
if [ "$(id -u)" = 0 ]; then
  at=lowerdir=$scratch/l1:$scratch/l2,upperdir=$scratch/u,workdir=$scratch/w
  for i in $(seq "$seed" $((seed + unions - 1))); do
    for in_part in ,partial=off ,partial=4096,settle=never,immutable; do check "settled, the kernel shows what was changed (seed $i$in_part)" settle_both; done
  done
fi
