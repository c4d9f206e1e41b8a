#!/usr/bin/env bash
# timeout: 400
# The labs of the two lessons (samples/labs), as root and as an ordinary user: each says itself whether a student sees what he should.
export TMPDIR=/var/tmp
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

if ! command -v runc >/dev/null || ! command -v busybox >/dev/null; then
  skip labs "no runc, or no busybox to make an image of"
  exit
fi

# lab PORT SCRIPT: run by the one whose turn it is, from a directory that he may be in.
lab() { (cd "$scratch" && timeout 120 "${as[@]}" env OVERLAYFUSE="$OVERLAYFUSE" TMPDIR="$TMPDIR" LAB_PORT="$1" LAB_NGINX="${3:-}" bash "$2"); }

labs() {
  local script name
  for script in "$root"/samples/labs/[0-9]*.sh; do
    name=$(sed -n '2s/^# //p' "$script")
    check "$who: $name" lab "$1" "$script"
  done
}

# A lab that cannot fail is worth nothing.
fails_when_it_should() {
  mkdir -p "$scratch/labs" && cp "$root"/samples/labs/head.sh "$scratch/labs" && sed 's/see demo.txt/see nothing-of-that-name/' "$root/samples/labs/15-2-ephemeral.sh" >"$scratch/labs/broken.sh" || return 1
  local said
  ! said=$(lab 18090 "$scratch/labs/broken.sh" 2>&1) && grep -q 'NOT AS IT SHOULD BE: it should say: nothing-of-that-name' <<<"$said"
}

# Debian's nginx, in the place of busybox's server. It serves another directory than nginx' own images do.
nginx() {
  # shellcheck disable=SC2016 # $1 is mmdebstrap's
  mmdebstrap --quiet --variant=minbase --include=nginx-light --customize-hook='sed -i "s|root /var/www/html|root /usr/share/nginx/html|" "$1/etc/nginx/sites-available/default"' bookworm "$scratch/nginx.tar" &&
    for script in 15-1-explore 15-2-ephemeral 15-3-named-volume 15-4-bind-mount; do lab 18091 "$root/samples/labs/$script.sh" "$scratch/nginx.tar" || return 1; done
}

if [ "$(id -u)" = 0 ]; then
  who=root as=()
  labs 18092
  check "a lab fails when it should" fails_when_it_should
  if [ -z "${OVERLAYFUSE_LONG:-}" ]; then
    skip labs.nginx "it takes a minute; OVERLAYFUSE_LONG=1 runs it"
  elif command -v mmdebstrap >/dev/null; then
    check "the labs with Debian's nginx" nginx
  else
    skip labs.nginx "no mmdebstrap"
  fi
fi
if [ "$(id -u)" != 0 ] || [ -n "$test_user" ]; then
  who="an ordinary user"
  if [ "$(id -u)" = 0 ]; then as=(runuser -u "$test_user" --); else as=(); fi
  labs 18093
fi
