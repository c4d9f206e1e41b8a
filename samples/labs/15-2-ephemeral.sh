#!/usr/bin/env bash
# Lab 15.2: what is written into a container goes with it.
source "$(dirname "${BASH_SOURCE[0]}")/head.sh"

title "A file is made in the container"
show 'overlayfuse run -d --name web1 nginx'
show 'overlayfuse exec web1 touch /tmp/demo.txt'
see demo.txt 'overlayfuse exec web1 ls /tmp/'
see "A /tmp/demo.txt" 'overlayfuse diff web1'

title "The container is removed, and made again"
show 'overlayfuse rm -f web1'
show 'overlayfuse run -d --name web1 nginx'
miss demo.txt 'overlayfuse exec web1 ls /tmp/'
note "demo.txt is gone: it was in the writable layer."
