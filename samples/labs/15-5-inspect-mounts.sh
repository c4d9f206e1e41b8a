#!/usr/bin/env bash
# Lesson 15, "Inspecting Mounts": what is mounted into a container, in JSON.
source "$(dirname "${BASH_SOURCE[0]}")/head.sh"

title "A volume, a bind and a tmpfs"
show "overlayfuse run -d --name web5 -v mydata:/data -v $place:/host:ro --tmpfs /fast:size=1m nginx"
see "{\"Type\":\"volume\",\"Name\":\"mydata\",\"Source\":\"$OVERLAYFUSE_STATE/volumes/mydata/_data\",\"Destination\":\"/data\",\"Driver\":\"local\",\"Mode\":\"z\",\"RW\":true,\"Propagation\":\"\"}" "overlayfuse inspect web5 --format '{{ json .Mounts }}'"
see "{\"Type\":\"bind\",\"Source\":\"$place\",\"Destination\":\"/host\",\"Mode\":\"ro\",\"RW\":false,\"Propagation\":\"rprivate\"}" "overlayfuse inspect web5 --format '{{ json .Mounts }}'"
see 'tmpfs on /fast' 'overlayfuse exec web5 mount'

title "The room that images, containers and volumes take"
see mydata 'overlayfuse system df -v'

title "Data in memory is there until the container stops"
show 'overlayfuse exec web5 touch /fast/here'
show 'overlayfuse stop -t 0 web5'
show 'overlayfuse start web5'
miss here 'overlayfuse exec web5 ls /fast'
