#!/usr/bin/env bash
# Lab 15.4: a directory of the host in a container, seen by a browser.
source "$(dirname "${BASH_SOURCE[0]}")/head.sh"
port=${LAB_PORT:-8080}

title "A directory of the host is what the server serves"
show "mkdir $place/dockai_data"
show "echo 'Persistent content' > $place/dockai_data/demo.txt"
show "overlayfuse run -d --name web4 -v $place/dockai_data:/usr/share/nginx/html -p $port:80 nginx"
see "0.0.0.0:$port->80/tcp" 'overlayfuse ps'

title "http://localhost:$port/demo.txt"
see 'Persistent content' "page http://localhost:$port/demo.txt"

title "A change is seen at once"
show "echo 'Changed on the host' > $place/dockai_data/demo.txt"
see 'Changed on the host' "page http://localhost:$port/demo.txt"
show 'overlayfuse exec web4 sh -c "echo made inside > /usr/share/nginx/html/inside.txt"'
see 'made inside' "cat $place/dockai_data/inside.txt"

title "The directory stays when the container goes"
show 'overlayfuse rm -f web4'
see demo.txt "ls $place/dockai_data"
