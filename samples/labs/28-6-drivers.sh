#!/usr/bin/env bash
# Video 28, "Storage drivers vs volume drivers": who keeps the layers, and who keeps the data.
source "$(dirname "${BASH_SOURCE[0]}")/head.sh"

kept() { du -skx --apparent-size "$OVERLAYFUSE_STATE/overlay2" 2>/dev/null | cut -f 1; }

title "Storage drivers: how the layers become one tree"
drivers="overlayfuse vfs"
if [ "$(id -u)" = 0 ]; then drivers="overlayfuse overlay2 vfs"; fi # the kernel's is mounted as root
for driver in $drivers; do
  before=$(kept)
  show "OVERLAYFUSE_DRIVER=$driver overlayfuse run -d --name on-$driver nginx"
  see "$driver" "overlayfuse inspect on-$driver --format '{{ .GraphDriver.Name }}'"
  show "overlayfuse exec on-$driver touch /tmp/mine"
  see mine "overlayfuse exec on-$driver ls /tmp"
  grown=$(($(kept) - before))
  note "this container took $grown KiB."
  if [ $driver = vfs ]; then [ $grown -gt 500 ] || fail "vfs copies the whole image"; else [ $grown -lt 500 ] || fail "a union copies nothing"; fi
done

title "Volume drivers: where data is kept that outlives containers"
show 'overlayfuse volume create data-volume'
see local 'overlayfuse volume ls'
show 'overlayfuse volume create --opt type=tmpfs --opt device=tmpfs --opt o=size=1m in-memory'
see 'tmpfs on /data' 'overlayfuse run --rm -v in-memory:/data nginx mount'
see 'plugin "nosuch" not found' 'overlayfuse volume create --driver nosuch elsewhere'
