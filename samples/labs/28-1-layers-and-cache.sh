#!/usr/bin/env bash
# Video 28, "Docker image layers": one layer for each instruction that stores something, and a cache of them.
source "$(dirname "${BASH_SOURCE[0]}")/head.sh"

mkdir app
printf 'FROM nginx\nRUN mkdir -p /usr/src/todo\nCOPY index.js /usr/src/todo/\nRUN echo ready >/usr/src/todo/state\nEXPOSE 3000\nCMD ["cat","/usr/src/todo/index.js"]\n' >app/Dockerfile
echo 'version 1' >app/index.js

title "Four instructions store something, and make a layer each; EXPOSE and CMD make none"
show 'cat app/Dockerfile'
show 'overlayfuse build -t todo:1 app'
see 4 "overlayfuse inspect todo:1 --format '{{ len .RootFS.Layers }}'"
show 'overlayfuse history todo:1'

title "The same again: everything comes from the cache"
see CACHED 'overlayfuse build -t todo:1 app'

title "A file changes: what comes before it is reused, what comes after is made again"
show "echo 'version 2' > app/index.js"
see CACHED 'overlayfuse build -t todo:2 app'
see 'version 2' 'overlayfuse run --rm todo:2'

title "The layers of an image are read only: the first image is what it was"
see 'version 1' 'overlayfuse run --rm todo:1'
