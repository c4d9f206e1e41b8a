#!/usr/bin/env bash
# timeout: 900
# The Docker engine on its storage driver "fuse-overlayfs", which is ours under that name: what a session of docker commands prints, beside what it
# prints on the engine's own driver, overlay2, in the same run. The images are made of busybox (and of Debian's nginx, with OVERLAYFUSE_LONG=1); nothing
# comes from a network. Each engine has a network of its own, and both have a place for plugins where no other test's are.
if [ "$(id -u)" = 0 ] && [ "${1-}" != inside ]; then exec unshare --mount --propagation private "$0" inside; fi
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$(dirname "${BASH_SOURCE[0]}")/containers.sh"
cd "$scratch"
docker=/usr/bin/docker # another client may stand before Debian's
busybox=$(command -v busybox) || { skip docker "needs busybox-static"; exit 0; }
command -v dockerd >/dev/null && [ -x $docker ] || { skip docker "needs docker.io and containerd"; exit 0; }
[ "$(id -u)" = 0 ] || { skip docker "needs root"; exit 0; }

mkdir bin && cp "$OVERLAYFUSE" bin/fuse-overlayfs
busybox_root image/root opaque old
echo old >image/root/old/a && echo old >image/root/opaque/a
tar -C image/root --mtime=@1700000000 --sort=name --numeric-owner --owner=0 --group=0 -cf busybox.tar .
mkdir -p image/root/etc/nginx image/root/usr/share/nginx/html && echo '# busybox has none' >image/root/etc/nginx/nginx.conf && echo 'welcome' >image/root/usr/share/nginx/html/index.html
tar -C image/root --numeric-owner --owner=0 --group=0 -cf nginx.tar . && rm -r image
nginx_command='["httpd","-f","-h","/usr/share/nginx/html"]'
if [ -n "${OVERLAYFUSE_LONG:-}" ] && command -v mmdebstrap >/dev/null; then
  # It serves another directory than nginx' own images do.
  # shellcheck disable=SC2016 # $1 is mmdebstrap's
  mmdebstrap --quiet --variant=minbase --include=nginx-light --customize-hook='sed -i "s|root /var/www/html|root /usr/share/nginx/html|" "$1/etc/nginx/sites-available/default"' bookworm nginx.tar &&
    nginx_command='["nginx","-g","daemon off;"]' || echo "not ok docker.nginx: no root file system with nginx"
elif [ -n "${OVERLAYFUSE_LONG:-}" ]; then
  skip docker.nginx "no mmdebstrap"
fi
mkdir -p /run/docker && mount -t tmpfs tmpfs /run/docker && mkdir /run/docker/plugins || exit 1

check docker.an_archive_of_other_tools foreign_archive

engines=(overlay2 fuse-overlayfs)
declare -A engine_of
start() { # engine
  mkdir -p "$1/lab"
  # shellcheck disable=SC2016 # $@ is the shell's inside
  PATH=$scratch/bin:$PATH unshare --net sh -c 'busybox ip link set lo up && exec dockerd "$@"' dockerd --host "unix://$scratch/$1/sock" --data-root "$scratch/$1/data" --exec-root "$scratch/$1/exec" --pidfile "$scratch/$1/pid" \
    --storage-driver "$1" --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false \
    --default-ulimit nofile=20000:20000 >"$1/log" 2>&1 &
  engine_of[$1]=$!
}
stop() {
  kill "${engine_of[$1]}" 2>/dev/null && wait "${engine_of[$1]}" 2>/dev/null
  unset "engine_of[$1]"
}
d() { DOCKER_HOST=unix://$scratch/$engine/sock DOCKER_BUILDKIT=0 DOCKER_CONFIG=$scratch/config timeout 300 $docker "$@"; }
on_network_of() { local container=$1; shift; nsenter --net="/proc/$(d inspect --format '{{.State.Pid}}' "$container")/ns/net" "$@"; }
on_its_network() { nsenter --net="/proc/${engine_of[$engine]}/ns/net" "$@"; }
answers() { d info >/dev/null 2>&1; }
trap 'cd /; for engine in "${!engine_of[@]}"; do d ps -aq 2>/dev/null | xargs -r env DOCKER_HOST="unix://$scratch/$engine/sock" $docker rm -f >/dev/null 2>&1; stop "$engine"; done; clean_up' EXIT

# --- the session: each line is printed with what it gives. The client prints the two streams of a container in any order, so they are one ---

r() { # line
  local code
  printf '$ %s\n' "${1//\\/\\\\}"
  (eval "${1//docker /d }") 2>&1
  code=$?
  [ $code = 0 ] || echo "[exit status $code]"
}

engine() {
  r "docker version"
  # Not .DriverStatus, with which each driver says something of its own.
  r "docker info --format '{{.Driver}} {{.CgroupDriver}}/{{.CgroupVersion}} {{.DefaultRuntime}} {{.Containers}} {{.Images}}'"
  r "docker images"
  r "docker ps"
  r "docker volume ls"
}

images() {
  r "docker import --change 'CMD [\"/bin/sh\"]' --change 'ENV PATH=/bin' $scratch/busybox.tar bb:1"
  r "docker import - bb:stdin <$scratch/busybox.tar"
  r "docker rmi bb:stdin"
  r "docker load -i $scratch/foreign.tar"
  r "docker load -i $scratch/foreign.tar"
  r "docker run --rm --network none localhost/foreign:1 sh -c 'ls -A /opaque /data; ls /old 2>&1; stat -c \"%u:%g %n\" /data/seed.txt'"
  r "docker tag bb:1 other/bb:2"
  r "docker images | sort"
  r "docker images --format '{{.Repository}}:{{.Tag}} {{.Size}}' | sort"
  r "docker images --no-trunc | sort"
  r "docker images -q"
  r "docker image ls -a | sort"
  r "docker history --no-trunc bb:1"
  r "docker history localhost/foreign:1"
  r "docker history -q localhost/foreign:1"
  r "docker image inspect bb:1"
  r "docker image inspect --format '{{json .GraphDriver}} {{json .Config}}' localhost/foreign:1"
  r "docker image inspect --format '{{json .Config.Cmd}} {{json .RootFS}} {{.Size}}' bb:1"
  r "docker rmi other/bb:2"
  r "docker image inspect nosuch:1"
  r "docker rmi nosuch:1"
}

builds() {
  mkdir -p ctx && echo 'hello file' >ctx/hello.txt
  printf '%s\n' 'FROM bb:1' 'ENV GREETING=hello' 'RUN echo one >/one && mkdir -p /data && echo seed >/data/seed.txt' 'RUN rm -f /bin/vi /old/a && rmdir /old' 'COPY hello.txt /hello.txt' \
    'RUN rm -rf /opaque && mkdir /opaque && touch /opaque/b && chown 33:33 /opaque/b' 'VOLUME /data' 'WORKDIR /srv' 'CMD ["/bin/sh","-c","cat /hello.txt /data/seed.txt; ls /opaque; ls /old 2>&1"]' >ctx/Dockerfile
  r "docker build --network none -t built:1 ctx"
  r "docker build --network none -t built:1 ctx"
  echo 'changed file' >ctx/hello.txt
  r "docker build --network none -t built:2 ctx"
  touch -d 2001-01-01 ctx/hello.txt
  r "docker build --network none -t built:2 ctx"
  r "docker build --network none --no-cache -q -t built:3 ctx"
  r "docker run --rm --network none built:1"
  r "docker run --rm --network none built:2"
  r "docker images built | sort"
  r "docker history built:2"
  r "docker image inspect --format '{{len .RootFS.Layers}} {{.Size}}' built:2"
  printf '%s\n' 'FROM bb:1' 'RUN false' >ctx/bad
  r "docker build --network none -f ctx/bad ctx"
  r "docker build --network none -f ctx/none ctx"
  printf '%s\n' 'FROM bb:1 AS made' 'RUN echo artifact >/out' 'FROM bb:1' 'ARG V=1' 'COPY --from=made /out /out' 'COPY --chown=33:33 hello.txt /x/' 'LABEL v=$V' 'USER 33' >ctx/stages
  r "docker build --network none --build-arg V=2 -f ctx/stages -t stages:1 ctx"
  r "docker run --rm --network none stages:1 sh -c 'ls -ln /out /x | cut -c 1-30; id -u'"
}

runs() {
  r "docker run --rm --network none bb:1 echo hello"
  r "docker run -d --name c1 --network none bb:1 sleep 1000"
  r "docker ps"
  r "docker ps -a --no-trunc"
  r "docker ps -s"
  r "docker ps -a --filter name=c1 --format '{{.Names}} {{.Image}} {{.State}}'"
  r "docker exec c1 sh -c 'echo data >/newfile; rm /etc/group; rm -r /opaque; mkdir /opaque /d; touch /opaque/x /d/x; echo more >>/etc/passwd; mv /old /moved; id'"
  r "docker exec c1 sh -c 'cat /newfile /moved/a; ls -ld /d /etc /moved; ls /opaque; ls /old 2>&1; tail -n 1 /etc/passwd'"
  r "docker exec c1 mount"
  r "docker exec c1 df -h /"
  r "docker exec c1 false"
  r "docker exec c1 /no/such"
  r "docker logs c1"
  r "docker top c1"
  r "docker port c1"
  r "docker inspect c1"
  r "docker inspect --format '{{.State.Status}} {{.HostConfig.NetworkMode}} {{json .Mounts}}' c1"
  r "docker run --rm --network none bb:1 /no/such"
  r "docker run --rm --network none bb:1 sh -c 'exit 7'"
  r "docker run --rm --network none --read-only bb:1 touch /x"
  r "docker run --rm --network none -e A=b -w /tmp -u 33:33 --hostname h1 bb:1 sh -c 'exec 2>&1; id; pwd; echo \$A; hostname; echo x >f && ls -ln f | cut -c 1-25; echo x >/f'"
  r "docker run --name c1 --network none bb:1 true"
  r "docker run --rm --network none nosuch:1"
  r "docker ps -a --filter name=c1 --format '{{.Names}} {{.Image}} {{.Status}}'"
}

differences() {
  r "docker inspect --format '{{.GraphDriver.Name}}' c1"
  for key in MergedDir UpperDir LowerDir WorkDir; do r "docker inspect --format '{{.GraphDriver.Data.$key}}' c1"; done
  r "docker inspect --format '{{json .GraphDriver}}' c1"
  r "ls \$(docker inspect --format '{{.GraphDriver.Data.MergedDir}}' c1)"
  # Without what is in a directory that was moved: overlay2 has the mover copy it, ours redirects.
  r "find \$(docker inspect --format '{{.GraphDriver.Data.UpperDir}}' c1) -printf '%y %m %P\n' | grep -v moved/ | sort -k 3"
  r "docker diff c1 | sort -k 2"
  r "docker ps -s --format '{{.Names}} {{.Size}}'"
}

commits() {
  r "docker commit -m 'added files' -a 'A User <user@example.com>' c1 c1img:1"
  r "docker history c1img:1"
  r "docker images c1img"
  r "docker run --rm --network none c1img:1 sh -c 'cat /newfile; ls /d /opaque /moved /etc; ls /old 2>&1; tail -n 1 /etc/passwd'"
  r "docker commit --change 'CMD [\"cat\",\"/newfile\"]' --change 'ENV X=1' c1 c1img:2"
  r "docker run --rm --network none c1img:2"
  r "docker inspect --format '{{json .Config}}' c1img:2"
}

copies() {
  echo local >f.txt
  r "docker cp f.txt c1:/tmp/f.txt; docker exec c1 cat /tmp/f.txt"
  r "docker cp c1:/newfile - | tar -tvf -"
  r "docker cp c1:/d dcopy; ls dcopy"
  r "docker cp c1:/nosuch ."
  r "docker export c1 | tar -tf - | grep -v ^bin/ | sort"
  r "docker save built:1 built:2 | tar -tf - | grep -c /layer.tar"
  r "docker save -o s.tar built:2; tar -xOf s.tar manifest.json"
  r "tar -tf s.tar | sed -E 's/[0-9a-f]{64}/ID/' | sort | uniq -c"
  r "docker rmi -f built:2 >/dev/null; docker load -i s.tar; docker run --rm --network none built:2"
}

volumes() {
  r "docker volume create --driver nosuch v2" >no-driver & # it is looked for during seconds
  r "docker volume create vol1"
  r "docker volume create vol1"
  r "docker volume create"
  r "docker volume create --label a=b --opt type=tmpfs --opt device=tmpfs --opt o=size=10m vol-tmp"
  r "docker volume inspect vol1"
  r "docker volume inspect vol-tmp"
  r "docker volume inspect nosuch"
  r "docker volume inspect --format '{{ .Mountpoint }}' vol1"
  r "docker volume ls | sort"
  r "docker volume ls -q | sort"
  r "docker volume ls --filter label=a"
  r "docker volume ls --format '{{json .}}' | sort"
  r "docker run --rm --network none -v vol1:/data built:1 ls -l /data | cut -c 1-35"
  r "docker run --rm --network none -v vol1:/data built:1 sh -c 'echo changed >/data/seed.txt; echo new >/data/new.txt'"
  r "docker run --rm --network none -v vol1:/data built:1 sh -c 'cat /data/seed.txt; ls /data'"
  r "docker run --rm --network none -v vol1:/other bb:1 ls /other"
  r "docker run --rm --network none -v vol-nocopy:/data:nocopy built:1 ls -A /data"
  r "docker run -d --name c2 --network none built:1 sleep 1000"
  r "docker inspect --format '{{json .Mounts}}' c2"
  r "docker run -d --name c3 --network none -v vol1:/data:ro -v $PWD:/host:ro --tmpfs /t:size=1m built:1 sleep 1000"
  r "docker inspect --format '{{range .Mounts}}{{println (json .)}}{{end}}' c3 | sort"
  r "docker volume inspect vol1"
  r "docker inspect --format '{{range .HostConfig.Binds}}{{println .}}{{end}}{{json .HostConfig.Tmpfs}}' c3 | sort"
  r "docker exec c3 touch /data/x"
  r "docker exec c3 sh -c 'mount | grep -c -E \" /(t|data|host) \"'"
  r "docker volume rm vol1"
  r "docker run --rm --network none --volumes-from c3 bb:1 sh -c 'ls /data; ls -d /host'"
  wait $! # the driver
  cat no-driver
}

mounts() {
  r "docker run -d --name m1 --network none --mount type=volume,source=vol3,target=/v --mount type=bind,source=$PWD,target=/b,readonly --mount type=tmpfs,target=/t,tmpfs-size=1048576,tmpfs-mode=1770 bb:1 sleep 1000"
  r "docker inspect --format '{{range .Mounts}}{{println (json .)}}{{end}}' m1 | sort"
  r "docker inspect --format '{{json .HostConfig.Mounts}}' m1"
  r "docker exec m1 sh -c 'mount | grep -E \" /(v|b|t) \" | sort; ls -ld /t; touch /v/x /b/x 2>&1'"
  r "docker run --rm --network none --mount type=bind,source=/no/such/dir,target=/b bb:1 true"
  r "docker run --rm --network none -v $PWD/missing:/b bb:1 ls -ld /b"
  r "ls -ld $PWD/missing"
  r "docker run --rm --network none --mount type=bogus,target=/b bb:1 true"
  r "docker run --rm --network none --mount type=volume bb:1 true"
  r "docker run --rm --network none -v rel/path:/b bb:1 true"
  r "docker run --rm --network none -v vol1:relative bb:1 true"
  r "docker run --rm --network none --mount type=volume,src=vol-empty,dst=/data,volume-nocopy built:1 ls -A /data"
  r "docker run --rm --network none --mount type=bind,source=$PWD,target=/b,bind-propagation=rshared bb:1 true"
  r "docker run --rm --network none --mount type=bind,source=$PWD,target=/b,bind-propagation=rslave bb:1 sh -c 'ls -d /b/ctx'"
}

uses() {
  r "docker system df"
  r "docker system df --format '{{json .}}'"
  r "docker system df -v"
}

several() { # containers of one image at once, each with changes of its own, and one that serves a page bound in
  mkdir -p html && echo '<h1>from a bind mount</h1>' >html/index.html
  for i in 1 2 3 4; do r "docker run -d --name p$i --network none bb:1 sh -c 'for f in 1 2 3 4 5 6 7 8; do echo $i >/etc/\$f; done; echo $i >>/etc/passwd; sleep 1000'" & done | sort | uniq -c
  wait
  for i in 1 2 3 4; do r "docker exec p$i sh -c 'until [ -e /etc/8 ]; do sleep 1; done; cat /etc/? /etc/passwd' | sort | uniq -c"; done
  r "docker run -d --name web --network none -v $PWD/html:/srv:ro bb:1 httpd -f -h /srv -p 127.0.0.1:80"
  r "docker exec web sh -c 'until wget -q -O - http://127.0.0.1/; do sleep 1; done' 2>&1 | tail -n 1"
  r "docker exec web sh -c 'printf \"GET /none HTTP/1.0\r\n\r\n\" | nc 127.0.0.1 80 | head -n 1'"
  r "docker logs web"
  r "docker diff web"
}

ends() {
  r "docker rm c1"
  r "docker rmi bb:1"
  r "docker stop -t 0 c1"
  r "docker start c1"
  r "docker exec c1 sh -c 'cat /newfile; ls /opaque /moved'"
  r "docker kill c1"
  r "docker wait c1"
  r "docker ps -a | grep -v ' p[1-4]$'" # which were started at once
  r "docker rm c1"
  r "docker rm nosuch"
  r "docker rm -f nosuch"
  r "docker rm -f -v c2"
  r "docker rm -f c3 m1 web p1 p2 p3 p4"
  r "docker volume ls | sort"
  r "docker volume rm vol1"
  r "docker volume rm nosuch"
  r "docker volume prune -f | sed -E 's/^[0-9a-f]{64}$/ID/' | sort"
  r "docker container prune -f | tail -n 1"
  r "docker ps -aq"
  r "docker image prune -f | sort"
  r "docker system df"
  r "docker rmi -f built:1 built:2 built:3 stages:1 c1img:1 c1img:2 localhost/foreign:1 bb:1 | grep -c Untagged"
  r "docker image prune -a -f | tail -n 1"
  r "docker images -aq"
}

# The commands of the two lessons that samples/labs has as scripts.
lessons() {
  mkdir dockai_data
  r "docker import --change 'CMD $nginx_command' --change 'EXPOSE 80' --change 'ENV PATH=/usr/sbin:/usr/bin:/sbin:/bin' $scratch/nginx.tar nginx"
  r "docker run -d --name web1 nginx"
  r "docker inspect web1 --format '{{ .GraphDriver.Data.MergedDir }}'"
  r "ls \$(docker inspect web1 --format '{{ .GraphDriver.Data.MergedDir }}')/etc/nginx/"
  r "docker exec web1 touch /tmp/demo.txt"
  r "docker exec web1 ls /tmp/"
  r "docker rm -f web1"
  r "docker run -d --name web1 nginx"
  r "docker exec web1 ls /tmp/"
  r "docker run -d --name web2 -v myvol:/data nginx"
  r "docker inspect web2 --format '{{ json .Mounts }}'"
  r "docker exec web2 sh -c \"echo 'Hello DockAI' >/data/hello.txt\""
  r "docker rm -f web2"
  r "docker run -d --name web3 -v myvol:/data nginx"
  r "docker exec web3 cat /data/hello.txt"
  r "docker run -d --name web4 -p 8080:80 -v $PWD/dockai_data:/usr/share/nginx/html nginx"
  r "docker port web4"
  r "docker ps --filter name=web4"
  echo '<h1>from the host</h1>' >dockai_data/index.html
  r "eventually on_its_network busybox wget -q -O - http://127.0.0.1:8080/"
  echo '<h1>changed on the host</h1>' >dockai_data/index.html
  r "on_its_network busybox wget -q -O - http://127.0.0.1:8080/"
  r "docker exec web4 cat /usr/share/nginx/html/index.html"
  r "docker exec web3 ls /usr/share/nginx/html"
  printf 'events {}\nhttp { server { listen 127.0.0.1:80; root /usr/share/nginx/html; } }\n' >nginx.conf
  r "docker run -d --name web5 --network none -v $PWD/dockai_data:/usr/share/nginx/html:ro -v $PWD/nginx.conf:/etc/nginx/nginx.conf:ro nginx"
  r "eventually on_network_of web5 busybox wget -q -O - http://127.0.0.1/"
  r "docker exec web5 cat /etc/nginx/nginx.conf"
  r "docker exec web5 sh -c 'echo x >>/etc/nginx/nginx.conf' 2>&1"
  r "docker logs web5"
  r "docker diff web5 | sort"
  r "docker rm -f web5"
  r "docker volume create data-volume"
  r "docker run -d --name web5 -v data-volume:/usr/share/nginx/html nginx"
  r "ls \$(docker volume inspect --format '{{ .Mountpoint }}' data-volume)"
  r "docker rm -f web5; docker run --rm -v data-volume:/usr/share/nginx/html nginx ls /usr/share/nginx/html"
  r "docker system df -v --format '{{range .Containers}}{{.Names}} {{.Image}} {{.LocalVolumes}}{{println}}{{end}}' | grep ^web | sort"
  r "docker rm -f web1 web3 web4"
  r "docker volume rm myvol data-volume"
  r "docker rmi nginx | grep -c Untagged"
}

# Volumes of somebody else, on the engines one after the other: both look for his socket in one place.
plugins() {
  r "docker volume create -d tiny -o color=red pv1"
  r "docker volume create -d tiny -o bogus=1 pv3"
  r "docker volume ls"
  r "docker volume ls -q --filter driver=tiny"
  r "docker volume inspect pv1"
  r "docker run --rm --network none -v pv1:/old bb:1 sh -c 'cat /old/a; echo w >/old/written'"
  r "docker run --rm --network none -v pv1:/old bb:1 ls /old"
  r "docker run -d --name pc --network none --mount type=volume,src=pv2,dst=/old,volume-driver=tiny,volume-opt=color=blue bb:1 sleep 1000"
  r "docker inspect --format '{{ json .Mounts }}' pc"
  r "docker exec pc ls /old"
  r "docker volume rm pv2"
  r "docker rm -f pc"
  r "docker volume rm pv1 pv2"
  r "docker volume ls -q"
}
with_a_plugin() { # section
  local server
  mkdir "$scratch/$engine/plugin" && cd "$scratch/$engine/lab" || return
  python3 "$root/tests/acceptance/volume-plugin.py" /run/docker/plugins/tiny.sock "$scratch/$engine/plugin" >"$scratch/$engine/asked" 2>&1 &
  server=$!
  eventually test -S /run/docker/plugins/tiny.sock && d import --change 'ENV PATH=/bin' "$scratch/busybox.tar" bb:1 >/dev/null
  $1 >"../$1" 2>&1
  kill $server && wait $server 2>/dev/null
  rm -f /run/docker/plugins/tiny.sock
  cd "$scratch" || return
}

sections=(engine images builds runs differences commits copies volumes mounts uses several lessons ends)
session() { # engine
  engine=$1
  cd "$scratch/$engine/lab" || return
  eventually answers || { tail -n 5 ../log; return 1; }
  for section in "${sections[@]}"; do
    local since=$SECONDS
    $section >"../$section" 2>&1
    echo "$section $((SECONDS - since)) s" >>../times
  done
}

# What differs between the two drivers anyway: names of driver and directories, ids (of processes, too), dates, the name that a container is given by
# chance, link counts of directories, what is left of the disk, the size that an image has for itself. And of a container that could not be started the
# client says on some runs, on either driver, that it waits no longer for it.
alike() { # engine, section
  sed -E -e '/error waiting for container: context canceled/d' -e "s#$scratch/$1#HOME#g; s#overlay2|fuse-overlayfs#DRIVER#g; s/sha256:[0-9a-f]{64}/sha256:ID/g; s/[0-9a-f]{64}/ID/g; s/\\b[0-9a-f]{12}\\b/ID/g" \
    -e 's/(Less than a second|About a minute|About an hour|[0-9]+ (second|minute)s?) ago/WHEN/g; s/Up (Less than a second|About a minute|[0-9]+ (second|minute)s?)/Up SINCE/' \
    -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z/DATE/g; s/[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}/DATE/; s/[0-9]{4}\/[0-9]{2}\/[0-9]{2} [0-9:]{8}/DATE/g; s/[A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}/DATE/' \
    -e 's/"Pid": [0-9]+/"Pid": PID/; s/^root( +[0-9]+){3} +[0-9]{2}:[0-9]{2} /root PIDS TIME /; s/ [a-z]+_[a-z]+$/ NAME/' \
    -e 's/^(overlay|DRIVER) on \/ type (overlay|fuse\.DRIVER) \(rw,.*/DRIVER on \/ type DRIVER (rw,OPTIONS)/; s/^(overlay|DRIVER) +([0-9.]+[MGT]) .* \/$/DRIVER \2 USED \//' \
    -e 's/^(d[rwxst-]{9}) +[0-9]+ /\1 LINKS /; s/ +/ /g; s/(WHEN [0-9.]+[kMG]?B [0-9.]+[kMG]?B) [0-9.]+[kMG]?B ([0-9]+)$/\1 UNIQUE \2/' "$1/$2"
}
is_as_on_overlay2() { # section
  local order=cat
  [ "$1" != uses ] || order=sort # volumes come in any
  [ "$(grep -c '^\$ \|^VolumeDriver' "fuse-overlayfs/$1")" -gt 2 ] && diff <(alike overlay2 "$1" | $order) <(alike fuse-overlayfs "$1" | $order)
}
is_served_by_us() {
  engine=fuse-overlayfs
  [ "$(d info --format '{{.Driver}}')" = fuse-overlayfs ] && d run --rm --network none -v "$scratch:/s:ro" bb:1 sh -c 'grep " / " /proc/mounts' | grep -q '^[^ ]* / fuse.fuse-overlayfs '
}
leaves_nothing() {
  for engine in "${engines[@]}"; do stop "$engine"; done
  eventually eval '! pgrep -f "overlayfuse --daemon $scratch/" >/dev/null' && ! grep -F "$scratch/fuse-overlayfs/" /proc/self/mountinfo
}

for engine in "${engines[@]}"; do start "$engine"; done
pids=()
for engine in "${engines[@]}"; do session "$engine" & pids+=($!); done
for pid in "${pids[@]}"; do wait "$pid" || echo "not ok docker.engine: one did not answer"; done
for section in "${sections[@]}"; do check "docker.$section" is_as_on_overlay2 "$section"; done
sed 's/^/    /' fuse-overlayfs/times
for engine in "${engines[@]}"; do with_a_plugin plugins; done
for section in plugins asked; do check "docker.$section" is_as_on_overlay2 "$section"; done
engine=fuse-overlayfs
check docker.is_served_by_us is_served_by_us
check docker.leaves_nothing leaves_nothing
