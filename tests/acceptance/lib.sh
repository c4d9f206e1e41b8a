# Sourced by the acceptance scripts: "check NAME COMMAND...", a scratch directory $scratch that goes away, and unmounting.
# shellcheck shell=bash
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
OVERLAYFUSE=${OVERLAYFUSE:-$root/artifacts/overlayfuse}
test_user=${OVERLAYFUSE_TEST_USER:-}

# Open to all, so that the ordinary user can work below it.
scratch=$(mktemp -d "${TMPDIR:-/tmp}/overlayfuse.XXXXXX")
chmod 755 "$scratch"

clean_up() {
  cd /
  local target
  # Last mounted, first unmounted; lazily, since a dead daemon must not stop us.
  awk -v p="$scratch/" 'index($2, p) == 1 { print $2 }' /proc/mounts | tac | while IFS= read -r target; do
    umount -l "$(printf '%b' "$target")" 2>/dev/null || fusermount3 -uz "$(printf '%b' "$target")" 2>/dev/null
  done
  chmod -R u+rwX "$scratch" 2>/dev/null
  rm -rf --one-file-system "$scratch" 2>/dev/null || { sleep 1; rm -rf --one-file-system "$scratch"; }
}
trap clean_up EXIT
trap 'exit 1' INT TERM HUP

# What a failed check left mounted must not make the next one fail; a script may say how.
after_check() { :; }

# check NAME COMMAND...: the command must succeed; what it prints is shown when it does not.
check() {
  local name=$1 output
  shift
  if output=$("$@" 2>&1 </dev/null); then
    echo "ok $name"
  else
    echo "not ok $name"
    printf '%s\n' "$output" | sed 's/^/    /'
    after_check
  fi
}

# refuses WORDS COMMAND...: exit code 1, a sentence of ours with the words in it, no trace of a stack, and nothing mounted on $m.
refuses() {
  local words=$1 said code
  shift
  said=$("$@" 2>&1)
  code=$?
  echo "$said (exit code $code)"
  [ $code = 1 ] && ! is_mounted "$m" && grep -qF -- "$words" <<<"$said" && grep -q '^overlayfuse: ' <<<"$said" && ! grep -qE '^ +at |Exception' <<<"$said"
}

skip() { echo "skip $1 $2"; }

# Waits until a command succeeds, at most about half a minute: on a busy machine what takes a moment elsewhere may take some seconds.
eventually() {
  local i
  for i in $(seq 300); do
    if "$@"; then return 0; fi
    sleep 0.1
  done
  return 1
}

is_mounted() { awk -v p="$1" '$2 == p { found = 1 } END { exit !found }' /proc/mounts; }

# The process that serves the mount point $1.
daemon_of() { pgrep -f -x "overlayfuse --daemon $1"; }

# Whether killed processes have closed their files, and with them given up their locks. That does the last of their threads, some time after the name is gone,
# and it need not be the first one. A thread is a zombie, or gone, after that only.
are_dead() { local pid; for pid; do ! cat /proc/"$pid"/task/*/status 2>/dev/null | grep '^State:' | grep -v Z >/dev/null || return 1; done; }

# as_user COMMAND...: as the ordinary user, or as ourselves when we are one.
as_user() {
  if [ "$(id -u)" = 0 ]; then runuser -u "$test_user" -- "$@"; else "$@"; fi
}
