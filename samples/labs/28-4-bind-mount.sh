#!/usr/bin/env bash
# Video 28, "Bind mounts": a directory of the host instead of a volume.
source "$(dirname "${BASH_SOURCE[0]}")/head.sh"

title "A volume: its name is the source"
show 'overlayfuse run -d --name with-volume --mount type=volume,source=data-volume,target=/app,volume-driver=local nginx'
see '"Type":"volume"' "overlayfuse inspect with-volume --format '{{ json .Mounts }}'"

title "A bind: a directory of the host is the source"
show "mkdir $place/source"
show "overlayfuse run -d --name with-bind --mount type=bind,source=$place/source,target=/app nginx"
see '"Type":"bind"' "overlayfuse inspect with-bind --format '{{ json .Mounts }}'"
show 'overlayfuse exec with-bind touch /app/from-the-container'
see from-the-container "ls $place/source"

title "Nothing of it is in the container's own layer"
miss from-the-container 'overlayfuse diff with-bind'
