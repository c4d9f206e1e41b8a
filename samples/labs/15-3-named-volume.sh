#!/usr/bin/env bash
# Lab 15.3: a volume outlives the containers that use it.
source "$(dirname "${BASH_SOURCE[0]}")/head.sh"

title "A container with a volume"
show 'overlayfuse run -d --name web2 -v myvol:/data nginx'
show "overlayfuse exec web2 sh -c \"echo 'Hello DockAI' > /data/hello.txt\""

title "Another container with the same volume"
show 'overlayfuse rm -f web2'
show 'overlayfuse run -d --name web3 -v myvol:/data nginx'
see 'Hello DockAI' 'overlayfuse exec web3 cat /data/hello.txt'
note "The data persists."
