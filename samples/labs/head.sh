# Sourced by every lab: an image that serves pages, a place of its own for everything, and words for what a student should see.
# shellcheck shell=bash
set -uo pipefail

program=${OVERLAYFUSE:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/artifacts/overlayfuse}
[ -x "$program" ] || program=$(command -v overlayfuse) || { echo "lab: there is no overlayfuse: bash src/publish.sh makes it" >&2; exit 1; }
command -v busybox >/dev/null || { echo "lab: the image is made of busybox: apt-get install busybox-static" >&2; exit 1; }

place=$(mktemp -d "${TMPDIR:-/var/tmp}/lab.XXXXXX")
chmod 755 "$place"
export OVERLAYFUSE_STATE=$place/state
failed=0

overlayfuse() { timeout 60 "$program" "$@"; }

leave() {
  cd /
  overlayfuse ps -aq | while read -r id; do overlayfuse rm -f "$id"; done >/dev/null
  overlayfuse unshare rm -rf "$place" || failed=1
  exit $failed
}
trap leave EXIT
trap 'exit 1' INT TERM HUP

title() { if [ -t 1 ]; then printf '\n\033[1m%s\033[0m\n' "$*"; else printf '\n== %s\n' "$*"; fi; }

# show COMMAND: prints the command line and what it says; it has to succeed.
show() {
  printf '$ %s\n' "$1"
  eval "$1" || fail "the command above failed"
}

# see WORDS COMMAND: as show, and these words have to be in what it says.
see() {
  local said
  printf '$ %s\n' "$2"
  said=$(eval "$2" 2>&1)
  printf '%s\n' "$said"
  grep -qF -- "$1" <<<"$said" || fail "it should say: $1"
}

# miss WORDS COMMAND: as show, and these words must not be in what it says.
miss() {
  local said
  printf '$ %s\n' "$2"
  said=$(eval "$2" 2>&1)
  [ -z "$said" ] || printf '%s\n' "$said"
  ! grep -qF -- "$1" <<<"$said" || fail "it should not say: $1"
}

fail() { echo "  NOT AS IT SHOULD BE: $1"; failed=1; }

note() { echo "  $1"; }

# page URL: what a browser gets; a server that has just been started is given a moment.
page() {
  local rest=${1#http://} i
  local host=${rest%%[:/]*} path=/${rest#*/}
  local port=${rest#"$host":}
  for i in $(seq 200); do
    if (exec 3<>"/dev/tcp/$host/${port%%/*}" && printf 'GET %s HTTP/1.0\r\n\r\n' "$path" >&3 && timeout 3 cat <&3) 2>/dev/null | sed '1,/^\r*$/d' | grep .; then return; fi
    sleep 0.1
  done
  return 1
}

# The image "nginx": Debian's, where LAB_NGINX names an archive of its root; else busybox's server under that name, with its page at the same place.
make_image() {
  if [ -n "${LAB_NGINX:-}" ]; then
    overlayfuse import --change 'CMD ["nginx","-g","daemon off;"]' --change 'EXPOSE 80' "$LAB_NGINX" nginx
    return
  fi
  local root=$place/root applet
  mkdir -p "$root"/{bin,dev,proc,sys,tmp,etc/nginx,root,usr/share/nginx/html,usr/src/app}
  cp "$(command -v busybox)" "$root/bin/busybox"
  for applet in sh ls cat echo sleep touch rm mkdir mount grep df id httpd; do ln -s busybox "$root/bin/$applet"; done
  echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
  echo 'root:x:0:' >"$root/etc/group"
  echo '# a configuration' >"$root/etc/nginx/nginx.conf"
  echo '<h1>Welcome to nginx!</h1>' >"$root/usr/share/nginx/html/index.html"
  echo 'a program' >"$root/usr/src/app/index.js"
  chmod 1777 "$root/tmp"
  tar -C "$root" --numeric-owner --owner=0 --group=0 -c . |
    overlayfuse import --change 'CMD ["httpd","-f","-p","80","-h","/usr/share/nginx/html"]' --change 'ENV PATH=/bin' --change 'EXPOSE 80' - nginx
}

make_image >/dev/null || { echo "lab: the image could not be made" >&2; exit 1; }
cd "$place"
# root looks at the files of containers as they are; an ordinary user inside the namespace in which they have their owners.
if [ "$(id -u)" = 0 ]; then inside=""; else inside="overlayfuse unshare "; fi
