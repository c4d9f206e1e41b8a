# Sourced after lib.sh by acceptance scripts that do whole jobs: mounts that may hang, trees beside plain copies, time and memory.
# shellcheck shell=bash
source "$(dirname "${BASH_SOURCE[0]}")/tree.sh"

# A union that answers nobody must not hold the scripts, or the machine, up: its connection is cut before it is unmounted.
cut_connections() {
  local device place rest
  while read -r _ _ device _ place rest; do
    case $place in "$scratch"/*) ;; *) continue ;; esac
    case $rest in *" - fuse.overlayfuse "* | *" - fuse.fuse-overlayfs "*) ;; *) continue ;; esac
    timeout 5 stat -f "$(printf '%b' "$place")" >/dev/null 2>&1 || echo 1 >"/sys/fs/fuse/connections/${device#*:}/abort"
  done </proc/self/mountinfo 2>/dev/null
}
trap 'cd /; cut_connections; clean_up' EXIT

# Everything beneath $1 that a copy of the tree has too: types, modes, owners, sizes, link counts of files, targets, contents.
manifest() {
  (
    cd "$1" || exit
    find . -mindepth 1 \( -type d -printf '%P|d|%m|%U:%G\n' \) -o \( -type f -printf '%P|f|%m|%U:%G|%s|%n\n' \) -o -printf '%P|%y|%m|%U:%G|%l\n' | LC_ALL=C sort
    find . -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum
  )
}

# Everything of a layer that any touch would change.
fingerprint() { tree_of "$1" layer | sha256sum; }

# alike A B: both directories show the same.
alike() {
  local left right
  left=$(manifest "$1" 2>&1) right=$(manifest "$2" 2>&1)
  [ "$left" = "$right" ] && return
  diff <(echo "$left") <(echo "$right") | head -n 20
  return 1
}

# Kilobytes that the regular files beneath $1 occupy.
data_of() { find "$1" -type f -printf '%k\n' | awk '{ sum += $1 } END { print sum + 0 }'; }

milliseconds() { # of a command, on standard output; its own output goes to standard error
  local start end code
  start=$(date +%s%N)
  "$@" >&2
  code=$?
  end=$(date +%s%N)
  echo $(((end - start) / 1000000))
  return $code
}

# took NAME LIMIT-MS COMMAND...: the command must succeed within the limit; what it took is said.
took() {
  local name=$1 limit=$2 spent
  shift 2
  if spent=$(milliseconds "$@" 2>"$scratch/said"); then
    if [ "$spent" -le "$limit" ]; then echo "ok $name"; else echo "not ok $name: slower than $limit ms"; fi
    echo "    $spent ms"
  else
    echo "not ok $name"
    sed 's/^/    /' "$scratch/said"
  fi
}

resident() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }
