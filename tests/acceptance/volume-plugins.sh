# Sourced by container-life.sh: what containers do with the volumes of plugins, one that is as it should be and some that are not.
# shellcheck shell=bash

# A plugin of a few lines, which writes down what it is asked.
plugin() {
  local sockets=$home/run/docker/plugins said
  "${as[@]}" mkdir -p "$sockets" "$home/plugin" || return 1
  "${as[@]}" timeout 120 python3 "$root/tests/acceptance/volume-plugin.py" "$sockets/tiny.sock" "$home/plugin" >"$scratch/asked" 2>&1 &
  local server=$!
  with=(XDG_RUNTIME_DIR="$home/run" http_proxy=http://127.0.0.1:1) # a proxy is not asked the way to a socket
  eventually test -S "$sockets/tiny.sock" && o volume create -d tiny -o size=5 far && has "tiny      far" o volume ls && has "$home/plugin/far" o volume inspect far &&
    o run --rm -v far:/data bb:1 sh -c 'cat /data/seed.txt; echo kept >/data/f' && prints kept cat "$home/plugin/far/f" &&
    ends 1 'VolumeDriver.Create: unsupported option "bogus"' o volume create -d tiny -o bogus=1 no && copied_through_a_plugin && o volume create -d tiny near && o volume rm near && known_to_a_plugin &&
    beside_a_dead_plugin && "${as[@]}" mv "$home/plugin/far" "$home/plugin/lost" && o volume rm far && ! o volume inspect far && # one that the plugin has lost can be removed, too
    o volume create -d tiny orphan
  local code=$?
  with=()
  kill $server
  wait $server 2>/dev/null
  if [ $code = 0 ]; then orphaned || code=1; fi
  said=$(cut -d ' ' -f 1 "$scratch/asked" | uniq | grep -v Activate | tr '\n' ' ')
  echo "asked: $said"
  [ $code = 0 ] && [[ $said = "VolumeDriver.Get VolumeDriver.Create"*"VolumeDriver.Mount VolumeDriver.Unmount"*"VolumeDriver.Remove "*"VolumeDriver.Get "* ]]
}
known_to_a_plugin() { # though nobody made it here
  "${as[@]}" mkdir "$home/plugin/outside" && "${as[@]}" touch "$home/plugin/outside/theirs" && prints $'far\noutside' o volume ls -q --filter driver=tiny && prints "outside global $home/plugin/outside" eval 'o volume ls --format "{{.Name}} {{.Scope}} {{.Mountpoint}}" | grep outside' &&
    prints '2026-01-02T03:04:05Z global {"files":1,"kind":"tiny"} null' o volume inspect -f '{{.CreatedAt}} {{.Scope}} {{json .Status}} {{json .Labels}}' outside && prints 'map[files:3 kind:tiny] {"size":"5"}' o volume inspect -f '{{.Status}} {{json .Options}}' far &&
    ends 1 "create outside: driver 'tiny' already has volume 'outside': volume name must be unique" o volume create outside && prints theirs o run --rm -v outside:/o bb:1 ls /o && o volume rm outside && prints far o volume ls -q --filter driver=tiny || return 1
  "${as[@]}" mkdir "$home/plugin/never-used" && o volume rm never-used && ! o volume inspect never-used
}
orphaned() { ends 1 'remove orphan: error looking up volume plugin tiny' o volume rm orphan && prints orphan o volume rm -f orphan && ! o volume inspect orphan; }
beside_a_dead_plugin() { # it takes connections and does not answer; nobody is kept from the volumes of others
  "${as[@]}" timeout 200 python3 -c 'import socket, sys, time; s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(9); time.sleep(200)' "$home/run/docker/plugins/dead.sock" &
  local dead=$! running
  eventually test -S "$home/run/docker/plugins/dead.sock" && o volume create beside && SECONDS=0 && has 'local     beside' o volume ls && [ $SECONDS -le 15 ] && made_meanwhile &&
    ends 1 'create no: error looking up volume plugin dead: the plugin at' o volume create -d dead no && o volume rm beside
  local code=$?
  kill $dead
  wait $dead 2>/dev/null
  "${as[@]}" rm "$home/run/docker/plugins/dead.sock"
  return $code
}
made_meanwhile() { # while a new name is looked up, others get the locks: not so at any try where that is what they wait for, but on a busy machine one may take long by itself
  local i running began took
  for i in 1 2 3; do
    o run --rm -v "meanwhile$i:/x" bb:1 true & running=$!
    sleep 1
    began=$SECONDS
    o volume prune -f --filter label=nosuch || return 1
    took=$((SECONDS - began))
    wait $running && [ $((SECONDS - began)) -le 25 ] && o volume rm "meanwhile$i" || return 1
    [ $took -gt 1 ] || return 0
  done
  return 1
}
copied_through_a_plugin() { # cp goes into the volume and not beneath it, running or not
  o create --name far -v far:/data bb:1 sleep 1000 && prints kept eval 'o cp far:/data/f - | tar -xO' && o start far && prints kept eval 'o cp far:/data/f - | tar -xO' && o rm -f far
}
