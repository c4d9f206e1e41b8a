#!/usr/bin/env bash
# timeout: 900
# samples/quickstart.sh here, as whoever we are, and in a copy of the sources as the ordinary user: it shows what it promises, and leaves nothing
# mounted, running or lying about. OVERLAYFUSE_LONG=1: the copy is fresh, so the user compiles too; else it has the executable.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$scratch"

copy_sources() { # where
  mkdir -p "$1/tmp" && tar -C "$root" -c --exclude=.git --exclude=bin --exclude=obj --exclude=artifacts . | tar -C "$1" -x
  [ "${OVERLAYFUSE_LONG:-}" = 1 ] || { mkdir "$1/artifacts" && cp -p "$OVERLAYFUSE" "$1/artifacts/overlayfuse"; }
}

runs() { # where, the sources, command prefix...
  local place=$1 sources=$2
  shift 2
  "$@" env TMPDIR="$place/tmp" bash "$sources/samples/quickstart.sh" >"$place/output" 2>&1
}

shows() { # where
  local line
  while IFS= read -r line; do grep -qF -- "$line" "$1/output" || { echo "no line: $line"; tail -n 40 "$1/output"; return 1; }; done <<'LINES'
the page of the app
and to the union
upper/etc/issue is a character special file 0,0
overlay.opaque="y"
c etc/issue
f etc/motd
f srv/www/new.html
LINES
}

leaves_nothing() { # where
  local place=$1 # a daemon ends a moment after it was unmounted
  ! grep " $1" /proc/mounts && { eventually eval '! pgrep -f "overlayfuse --daemon $place" >/dev/null' || { pgrep -af "overlayfuse --daemon $1"; false; }; } && ! find "$1/tmp" -mindepth 1 -name 'tmp.*' | grep .
}

try() { # name, where, the sources, command prefix...
  local name=$1 place=$2
  check "quickstart_runs_$name" runs "$place" "${@:3}"
  check "quickstart_shows_what_it_promises_$name" shows "$place"
  check "quickstart_leaves_nothing_behind_$name" leaves_nothing "$place"
}

mkdir -p "$scratch/ours/tmp"
try "as_$(id -un)" "$scratch/ours" "$root"
if [ "$(id -u)" = 0 ] && [ -n "$test_user" ]; then
  copy_sources "$scratch/theirs"
  chown -R "$test_user" "$scratch/theirs"
  touch "$scratch/theirs/output" && chmod 666 "$scratch/theirs/output"
  try "as_an_ordinary_user" "$scratch/theirs" "$scratch/theirs" runuser -u "$test_user" -- env HOME="$(getent passwd "$test_user" | cut -d : -f 6)"
elif [ "$(id -u)" = 0 ]; then
  skip quickstart_as_an_ordinary_user "no user to be: set OVERLAYFUSE_TEST_USER"
fi
