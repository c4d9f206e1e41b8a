#!/usr/bin/env bash
# Video 28, "Writable container layer": where a change goes, and that it goes with the container.
source "$(dirname "${BASH_SOURCE[0]}")/head.sh"

title "A directory is made in the container"
show 'overlayfuse run -d --name todo -w /usr/src nginx'
show 'overlayfuse exec todo mkdir test-demo'
see test-demo 'overlayfuse exec todo ls'

title "It is in the container's layer, and in no layer of the image"
see test-demo "${inside}ls $(overlayfuse inspect todo --format '{{ .GraphDriver.Data.UpperDir }}')/usr/src"
see 'A /usr/src/test-demo' 'overlayfuse diff todo'
miss test-demo 'overlayfuse run --rm nginx ls /usr/src'

title "Stopped and started, the container still has it"
show 'overlayfuse stop -t 0 todo'
show 'overlayfuse start todo'
see test-demo 'overlayfuse exec todo ls'

title "Removed and made again, it does not"
show 'overlayfuse stop -t 0 todo'
show 'overlayfuse rm todo'
show 'overlayfuse run -d --name todo -w /usr/src nginx'
miss test-demo 'overlayfuse exec todo ls'
