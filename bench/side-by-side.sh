#!/usr/bin/env bash
# Runs the same work on kernel overlayfs, on our two data modes and on fuse-overlayfs, interleaved, and prints ratios of medians to
# the kernel (below 1: faster than the kernel). Absolute times mean nothing on a shared machine.
#
#   bash bench/side-by-side.sh [ROUNDS] [DIRECTORY]      as root; ROUNDS 5, DIRECTORY a new one in /var/tmp
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
rounds=${1:-5}
base=${2:-$(mktemp -d /var/tmp/overlayfuse-bench.XXXXXX)}
ours=$root/artifacts/overlayfuse
engines=(kernel cached passthrough)
command -v fuse-overlayfs >/dev/null && engines+=(fuse-overlayfs)

[ "$(id -u)" = 0 ] || { echo "side-by-side: kernel overlayfs and cold caches need root." >&2; exit 1; }
[ -x "$ours" ] || bash "$root/src/publish.sh"

m=$base/merged
trap 'umount -l "$m" 2>/dev/null || :; rm -rf "$base"' EXIT
mkdir -p "$base"/{lower,merged,times}

prepare() { # 10 000 small files in 100 directories, one of 64 MiB, a tree to unpack
  local d f
  for d in $(seq 1 100); do
    mkdir -p "$base/lower/tree/d$d"
    for f in $(seq 1 100); do echo "file $f of directory $d" >"$base/lower/tree/d$d/f$f"; done
  done
  head -c $((64 << 20)) /dev/urandom >"$base/lower/large"
  tar -C "$base/lower/tree" -cf "$base/tree.tar" $(seq -f 'd%.0f' 1 50)
}

mount_engine() {
  rm -rf "$base/upper" "$base/work"
  mkdir "$base/upper" "$base/work"
  local layers=lowerdir=$base/lower,upperdir=$base/upper,workdir=$base/work
  case $1 in
    kernel) mount -t overlay overlay -o "$layers" "$m" ;;
    cached) "$ours" mount -o "data=cached,$layers" "$m" ;;
    passthrough) "$ours" mount -o "data=passthrough,$layers" "$m" ;;
    fuse-overlayfs) fuse-overlayfs -o "$layers" "$m" 2>/dev/null ;;
  esac
}

cold() { sync; echo 3 >/proc/sys/vm/drop_caches; }

# The works, in the order they run on one mount. Each is a function; its name with _ for spaces is the row.
works=(walk_cold walk_warm read_cold read_again open_again append_64_MiB chmod_R rename_directory unpack_5000 write_256_MiB_synced write_64_MiB_in_4_KiB create_5000 remove_new_5000 remove_lower_2000 missing_names)
walk_cold() { find "$m" -printf %s >/dev/null; }
walk_warm() { find "$m" -printf %s >/dev/null; }
read_cold() { cat "$m"/tree/d[1-5]*/* >/dev/null; }
read_again() { cat "$m"/tree/d[1-5]*/* >/dev/null; }
open_again() { cat "$m"/tree/d[1-5]*/* >/dev/null; }
append_64_MiB() { echo x >>"$m/large"; }
chmod_R() { chmod -R go-r "$m"/tree/d6?; }
rename_directory() { mv "$m/tree/d70" "$m/tree/moved" 2>/dev/null; }
unpack_5000() { mkdir "$m/unpacked"; tar -C "$m/unpacked" -xf "$base/tree.tar"; }
write_256_MiB_synced() { dd if=/dev/zero of="$m/written" bs=1M count=256 conv=fsync status=none; }
write_64_MiB_in_4_KiB() { dd if=/dev/zero of="$m/small-writes" bs=4k count=16384 status=none; }
create_5000() { mkdir "$m/new"; (cd "$m/new" && for i in $(seq 1 5000); do : >"f$i"; done); }
remove_new_5000() { rm -rf "$m/new"; }
remove_lower_2000() { rm -rf "$m"/tree/d8? "$m"/tree/d9?; }
missing_names() { local i; for i in $(seq 1 3000); do [ ! -e "$m/tree/d1/none$i" ]; done; }

prepare
for round in $(seq 1 "$rounds"); do
  for engine in "${engines[@]}"; do
    mount_engine "$engine"
    for work in "${works[@]}"; do
      case $work in walk_cold | read_cold) cold ;; esac
      start=$(date +%s%N)
      "$work"
      echo $((($(date +%s%N) - start) / 1000)) >>"$base/times/$work.$engine"
    done
    umount "$m"
    while [ "$engine" != kernel ] && pgrep -f -- "$m" | grep -qvx $$; do sleep 0.05; done
  done
done

median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print (NR % 2) ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
echo "Ratios of medians of $rounds interleaved rounds to kernel overlayfs ($(uname -r)); fsync=ordered. fuse-overlayfs: $(fuse-overlayfs --version 2>/dev/null | head -n 1 || echo none)"
printf '| work |'; printf ' %s |' "${engines[@]:1}"; echo
printf '|---|'; printf -- '---|%.0s' "${engines[@]:1}"; echo
for work in "${works[@]}"; do
  kernel=$(median "$base/times/$work.kernel")
  printf '| %s |' "${work//_/ }"
  for engine in "${engines[@]:1}"; do awk -v a="$(median "$base/times/$work.$engine")" -v b="$kernel" 'BEGIN { printf " %.2f |", a / b }'; done
  echo
done
