#!/usr/bin/env bash
# Video 28, "-v vs --mount": the same in two spellings, but for a directory that is missing.
source "$(dirname "${BASH_SOURCE[0]}")/head.sh"

title "The same volume"
show 'overlayfuse run --rm -v both:/data nginx touch /data/by-v'
see by-v 'overlayfuse run --rm --mount type=volume,source=both,target=/data nginx ls /data'

title "Read only"
show "mkdir $place/files"
see 'Read-only file system' "overlayfuse run --rm -v $place/files:/data:ro nginx touch /data/no"
see 'Read-only file system' "overlayfuse run --rm --mount type=bind,source=$place/files,target=/data,readonly nginx touch /data/no"

title "A directory that does not exist: -v makes it, --mount refuses"
show "overlayfuse run --rm -v $place/made:/data nginx ls /data"
see made "ls $place"
see 'bind source path does not exist' "overlayfuse run --rm --mount type=bind,source=$place/missing,target=/data nginx ls /data"
miss missing "ls $place"

title "An empty volume gets what the image has in its place; with volume-nocopy it does not"
see html 'overlayfuse run --rm -v filled:/usr/share/nginx nginx ls /usr/share/nginx'
miss html 'overlayfuse run --rm --mount type=volume,source=empty,target=/usr/share/nginx,volume-nocopy nginx ls /usr/share/nginx'
