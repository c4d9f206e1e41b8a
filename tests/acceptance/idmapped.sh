#!/usr/bin/env bash
# timeout: 300
# Idmapped mounts of a union (mount_setattr(2)): all that happens through one is what happens through one of a plain directory.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
script=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/idmapped.py
cd "$scratch"
[ "$(id -u)" = 0 ] || { skip idmapped "needs root"; exit 0; }

fill() { # directory
  mkdir -p "$1"/{d,open,setgid} && echo old >"$1/d/f" && echo secret >"$1/d/private" && chmod 600 "$1/d/private" && chmod 777 "$1/open" &&
    chown 1000:1000 "$1"/d "$1"/d/* && chown 1000:1003 "$1/setgid" && chmod 2777 "$1/setgid"
}
mkdir place
fill plain && python3 "$script" "$scratch/plain" "$scratch/place" >expected
cat expected | sed 's/^/    /'
check idmapped.a_plain_directory_says_something [ "$(wc -l <expected)" -gt 20 ]

like_a_plain_directory() { # options, whether the objects are below or made in the union
  rm -rf l u w && mkdir l u w m 2>/dev/null
  [ "$2" = made ] || fill l || return
  "$OVERLAYFUSE" mount -o "lowerdir=$scratch/l,upperdir=$scratch/u,workdir=$scratch/w,$1" m || return
  [ "$2" = below ] || fill m || return
  python3 "$script" "$scratch/m" "$scratch/place" >seen
  umount m && diff expected seen
}
for mode in data=cached data=cached,writeback=off data=passthrough; do
  for where in below made; do check "idmapped.$mode.$where" like_a_plain_directory "$mode" "$where"; done
done
