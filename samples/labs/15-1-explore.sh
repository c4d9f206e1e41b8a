#!/usr/bin/env bash
# Lab 15.1: where the file system of a container is, seen from the host.
source "$(dirname "${BASH_SOURCE[0]}")/head.sh"

title "A container runs"
show 'overlayfuse run -d --name web1 nginx'

title "Its four directories: the image's layers, its own layer, the place to work in, and the union of them"
merged=$(overlayfuse inspect web1 --format '{{ .GraphDriver.Data.MergedDir }}')
see /merged "overlayfuse inspect web1 --format '{{ .GraphDriver.Data.MergedDir }}'"
see "$OVERLAYFUSE_STATE/overlay2/" "overlayfuse inspect web1 --format '{{ .GraphDriver.Data.LowerDir }}'"
see diff "ls ${merged%/merged}"
see merged "ls ${merged%/merged}"
see work "ls ${merged%/merged}"

title "Inside of the container, from the host"
see nginx.conf "${inside}ls $merged/etc/nginx/"

title "The line of mount is the truth of container storage"
see lowerdir= "overlayfuse exec web1 mount | grep overlay"
see upperdir= "overlayfuse exec web1 mount | grep overlay"
see workdir= "overlayfuse exec web1 mount | grep overlay"
