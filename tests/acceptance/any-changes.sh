#!/usr/bin/env bash
# timeout: 300
# Whatever a container has changed, the image that is committed of it shows the same: random operations, layer upon layer, each on what the ones before have left.
# (Times of layers are whole seconds, and a layer that has one name of a file has no link to the others, as docker's.) OVERLAYFUSE_LONG=1: 12 layers of 1000 operations, else 3 of 250. OVERLAYFUSE_SEED repeats them.
export TMPDIR=/var/tmp
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/lib.sh"
source "$here/containers.sh"
source "$here/own-containers.sh"
command -v python3 >/dev/null || { skip any-changes "needs python3"; exit 0; }
cp "$here/random-load.py" "$scratch" && cd "$scratch" && chmod 755 random-load.py
layers=3 operations=250 seed=${OVERLAYFUSE_SEED:-$(($(date +%s) % 100000))}
if [ "${OVERLAYFUSE_LONG:-}" = 1 ]; then layers=12 operations=1000; fi
echo "seed $seed"

# The host's Python and find run on the image's tree.
busybox=$(command -v busybox)
busybox_root bb usr lib lib64 load tree
for i in $(seq 30); do mkdir -p bb/tree/d$((i % 7))/e$((i % 3)) && head -c $((i * i * 1700)) /dev/urandom >bb/tree/d$((i % 7))/e$((i % 3))/f$i; done
tar -C bb --numeric-owner --owner=0 --group=0 -cf root.tar .
look='/usr/bin/python3 /load/random-load.py names /tree && cd /tree && /usr/bin/find . -printf "%P %y %m %U:%G %Ts %l\n" | sort && /usr/bin/getfattr -R -h -d -m - . | sort'
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
