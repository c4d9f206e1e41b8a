# Sourced after lib.sh by the scripts about our own images and containers: an image's root as an archive, and how checks are worded.
# shellcheck shell=bash

if ! command -v runc >/dev/null || ! command -v busybox >/dev/null; then
  skip containers "no runc, or no busybox to make an image of"
  exit
fi

make_root() {
  mkdir -p bb/{bin,etc,proc,sys,dev,tmp,root,data} && cp "$(command -v busybox)" bb/bin/busybox
  local applet
  for applet in sh ls cat echo sleep touch rm mkdir id mount grep true false tail hostname pwd stat mv ln chown; do ln -s busybox bb/bin/$applet; done
  printf 'root:x:0:0:root:/root:/bin/sh\nwww:x:33:33::/:/bin/false\n' >bb/etc/passwd
  printf 'root:x:0:\nwww:x:33:\n' >bb/etc/group
  echo seed >bb/data/seed.txt
  chmod 1777 bb/tmp
  tar -C bb --numeric-owner --owner=0 --group=0 -cf busybox.tar .
}

# o WORDS...: overlayfuse as the one whose turn it is, with a state of his own, and the variables ${with[@]}.
with=()
o() { timeout 60 "${as[@]}" env "${with[@]}" OVERLAYFUSE_STATE="$state" HOME="$home" "$OVERLAYFUSE" "$@"; }

# prints TEXT COMMAND...: it succeeds and prints exactly this.
prints() { local said; said=$("${@:2}") || return 1; [ "$said" = "$1" ] || { echo "printed: $said"; return 1; }; }

# ends CODE WORDS COMMAND...: with this code, and a sentence with these words.
ends() {
  local said code
  said=$("${@:3}" 2>&1)
  code=$?
  echo "$said (exit code $code)"
  [ $code = "$1" ] && grep -qF -- "$2" <<<"$said" && ! grep -qE '^ +at |Exception' <<<"$said"
}

has() { grep -qF -- "$1" <<<"$("${@:2}" 2>&1)"; }
lacks() { ! has "$@"; }

# has_open WORDS COMMAND: our program with these arguments has a file open whose path has the words in it, so it has come that far.
has_open() { local pid; pid=$(pgrep -f -- "^$OVERLAYFUSE $2$") && ls -l "/proc/$pid/fd" 2>/dev/null | grep -F -- "$1" >/dev/null; }

# for_each_user FUNCTION: as root when we are root, and as an ordinary user; $who, ${as[@]}, $home and $state say as whom.
for_each_user() {
  if [ "$(id -u)" = 0 ]; then
    who=root as=() home=$scratch/root-home state=$scratch/root-state
    mkdir "$home"
    "$1"
  fi
  if [ "$(id -u)" != 0 ] || [ -n "$test_user" ]; then
    who="an ordinary user" home=$scratch/home state=$scratch/home/state
    if [ "$(id -u)" = 0 ]; then as=(runuser -u "$test_user" --); install -d -o "$test_user" "$home"; else as=(); mkdir "$home"; fi
    "$1"
  fi
}
