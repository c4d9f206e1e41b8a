#!/usr/bin/env bash
# From a fresh clone to a mounted union in one command: builds, stacks three layers, shows the merged tree, and then what a
# copy-up, a whiteout and an opaque directory leave in the upper layer. Unmounts, and takes everything away that it made.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

title() {
  if [ -t 1 ]; then printf '\n\033[1m%s\033[0m\n' "$*"; else printf '\n== %s\n' "$*"; fi
}
show() { printf '$ %s\n' "$*"; eval "$*"; }

if ! command -v dotnet >/dev/null; then
  echo "quickstart: the .NET 10 SDK is missing (dotnet is not in PATH): https://dotnet.microsoft.com/download" >&2
  exit 1
fi

missing=()
command -v clang >/dev/null || missing+=(clang)
[ -e /usr/include/zlib.h ] || missing+=(zlib1g-dev)
command -v fusermount3 >/dev/null || missing+=(fuse3)
command -v getfattr >/dev/null || missing+=(attr)
if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ]; then
    title "Installing ${missing[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  else
    echo "quickstart: something is missing. As root:" >&2
    echo "  apt-get install -y --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
fi

title "Building"
bash "$root/src/publish.sh"
overlayfuse() { "$root/artifacts/overlayfuse" "$@"; }

place=$(mktemp -d)
cleanup() {
  cd /
  if grep -q " $place/merged " /proc/mounts; then overlayfuse umount "$place/merged" || true; fi
  chmod -R u+rwX "$place" 2>/dev/null || true
  rm -rf "$place" 2>/dev/null || { sleep 1; rm -rf "$place"; } # the daemon may be letting go of its work directory
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP
cd "$place"

mkdir -p base/etc base/srv/www app/srv/www app/bin site/etc upper work merged
echo "welcome to the base"  >base/etc/motd
echo "base 1.0"             >base/etc/issue
echo "a page of the base"   >base/srv/www/index.html
echo "another page"         >base/srv/www/about.html
echo "echo hello"           >app/bin/hello
echo "the page of the app"  >app/srv/www/index.html
echo "color = blue"         >site/etc/app.conf
before=$(find base app site -type f -exec cksum {} + | sort)

title "Three layers, none of which will ever be written"
show "find base app site -type f | sort"

title "The union: site over app over base, changes go to upper"
show "overlayfuse mount -o lowerdir=site:app:base,upperdir=upper,workdir=work merged"
show "find merged -type f | sort"
show "cat merged/srv/www/index.html            # app hides what base says"

title "Copy-up: the first write brings the file to the upper"
show "echo 'and to the union' >>merged/etc/motd"
show "cat merged/etc/motd"
show "cat upper/etc/motd                       # the whole file is here now"
show "cat base/etc/motd                        # and here it is as it was"

title "Whiteout: what is removed above hides what is below"
show "rm merged/etc/issue"
show "ls merged/etc"
show "stat -c '%n is a %F %t,%T' upper/etc/issue"

title "Opaque directory: a new directory in place of an old one hides all of it"
show "rm -r merged/srv/www; mkdir merged/srv/www; echo 'a fresh page' >merged/srv/www/new.html"
show "ls merged/srv/www"
show "getfattr --absolute-names -d -m overlay upper/srv/www 2>/dev/null | grep opaque"

title "Where everything landed"
show "find upper -mindepth 1 -printf '%y %P\n' | sort -k 2     # c: whiteout, d: directory, f: file"

title "Unmounted; the layers are what they were"
show "overlayfuse umount merged"
[ "$before" = "$(find base app site -type f -exec cksum {} + | sort)" ] || { echo "quickstart: a layer was changed!" >&2; exit 1; }
show "ls -A merged                             # nothing"
title "Done. Next: $root/README.md, and: man -l $root/src/OverlayFuse.Cli/overlayfuse.1"
