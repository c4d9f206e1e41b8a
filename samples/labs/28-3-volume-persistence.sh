#!/usr/bin/env bash
# Video 28, "Docker volumes" and "Persistence verification": through stop, restart and rm -f.
source "$(dirname "${BASH_SOURCE[0]}")/head.sh"
data=$OVERLAYFUSE_STATE/volumes/data-volume/_data
app=/usr/share/nginx

title "A volume, and where it is"
show 'overlayfuse volume create data-volume'
see 'local     data-volume' 'overlayfuse volume ls'
see "$data" 'overlayfuse volume inspect data-volume'

title "Mounted over the directory of the application: its files are in the volume"
show "overlayfuse run -d --name todo -v data-volume:$app -w $app nginx"
show 'overlayfuse exec todo mkdir test-demo'
see html "ls $data"
see test-demo "ls $data"

title "Stopped and restarted"
show 'overlayfuse stop -t 0 todo'
see test-demo "ls $data"
show 'overlayfuse restart -t 0 todo'
see test-demo 'overlayfuse exec todo ls'

title "Removed by force, and another container with the volume"
show 'overlayfuse rm -f todo'
show "overlayfuse run -d --name todo2 -v data-volume:$app -w $app nginx"
see test-demo 'overlayfuse exec todo2 ls'
see 'volume is in use' 'overlayfuse volume rm data-volume'
note "To delete a container does not delete the data of its volumes."
