#!/usr/bin/env bash
# timeout: 900
# The Docker engine on its storage driver "fuse-overlayfs", which is ours under that name: what a session of docker commands prints, beside what it
# prints on the engine's own driver, overlay2, in the same run. The images are made of busybox; nothing comes from a network.
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
tar -C image/root --mtime=@1700000000 --sort=name --numeric-owner --owner=0 --group=0 -cf busybox.tar . && rm -r image

engines=(overlay2 fuse-overlayfs)
declare -A engine_of
start() { # engine
  mkdir -p "$1/lab"
  PATH=$scratch/bin:$PATH dockerd --host "unix://$scratch/$1/sock" --data-root "$scratch/$1/data" --exec-root "$scratch/$1/exec" --pidfile "$scratch/$1/pid" \
    --storage-driver "$1" --iptables=false --ip6tables=false --bridge=none --ip-forward=false --ip-masq=false --userland-proxy=false \
    --default-ulimit nofile=20000:20000 >"$1/log" 2>&1 &
  engine_of[$1]=$!
}
stop() {
  kill "${engine_of[$1]}" 2>/dev/null && wait "${engine_of[$1]}" 2>/dev/null
  unset "engine_of[$1]"
}
d() { DOCKER_HOST=unix://$scratch/$engine/sock DOCKER_BUILDKIT=0 DOCKER_CONFIG=$scratch/config timeout 100 $docker "$@"; }
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

images() {
  r "docker import --change 'CMD [\"/bin/sh\"]' --change 'ENV PATH=/bin' $scratch/busybox.tar bb:1"
  r "docker tag bb:1 other/bb:2"
  r "docker images | sort"
  r "docker images --format '{{.Repository}}:{{.Tag}} {{.Size}}' | sort"
  r "docker history --no-trunc bb:1"
  r "docker image inspect --format '{{json .Config.Cmd}} {{json .RootFS}} {{.Size}}' bb:1"
  r "docker rmi other/bb:2"
  r "docker image inspect nosuch:1"
  r "docker rmi nosuch:1"
}

builds() {
  mkdir -p ctx && echo 'hello file' >ctx/hello.txt
  printf '%s\n' 'FROM bb:1' 'ENV GREETING=hello' 'RUN echo one >/one && mkdir -p /data && echo seed >/data/seed.txt' 'RUN rm -f /bin/vi /old/a && rmdir /old' 'COPY hello.txt /hello.txt' \
    'RUN rm -rf /opaque && mkdir /opaque && touch /opaque/b && chown 33:33 /opaque/b' 'VOLUME /data' 'CMD ["/bin/sh","-c","cat /hello.txt /data/seed.txt; ls /opaque; ls /old 2>&1"]' >ctx/Dockerfile
  r "docker build --network none -t built:1 ctx"
  r "docker build --network none -t built:1 ctx"
  echo 'changed file' >ctx/hello.txt
  r "docker build --network none -t built:2 ctx"
  r "docker run --rm --network none built:1"
  r "docker run --rm --network none built:2"
  r "docker history built:2"
  r "docker image inspect --format '{{len .RootFS.Layers}} {{.Size}}' built:2"
  printf '%s\n' 'FROM bb:1' 'RUN false' >ctx/bad
  r "docker build --network none -f ctx/bad ctx"
  printf '%s\n' 'FROM bb:1 AS made' 'RUN echo artifact >/out' 'FROM bb:1' 'ARG V=1' 'COPY --from=made /out /out' 'COPY --chown=33:33 hello.txt /x/' 'LABEL v=$V' 'USER 33' >ctx/stages
  r "docker build --network none --build-arg V=2 -f ctx/stages -t stages:1 ctx"
  r "docker run --rm --network none stages:1 sh -c 'ls -ln /out /x | cut -c 1-30; id -u'"
}

runs() {
  r "docker run --rm --network none bb:1 echo hello"
  r "docker run -d --name c1 --network none bb:1 sleep 1000"
  r "docker ps -a --filter name=c1 --format '{{.Names}} {{.Image}} {{.State}}'"
  r "docker exec c1 sh -c 'echo data >/newfile; rm /etc/group; rm -r /opaque; mkdir /opaque /d; touch /opaque/x /d/x; echo more >>/etc/passwd; mv /old /moved; id'"
  r "docker exec c1 sh -c 'cat /newfile /moved/a; ls -ld /d /etc /moved; ls /opaque; ls /old 2>&1; tail -n 1 /etc/passwd'"
  r "docker exec c1 false"
  r "docker exec c1 /no/such"
  r "docker logs c1"
  r "docker inspect --format '{{.State.Status}} {{.HostConfig.NetworkMode}} {{json .Mounts}}' c1"
  r "docker run --rm --network none bb:1 /no/such"
  r "docker run --rm --network none bb:1 sh -c 'exit 7'"
  r "docker run --rm --network none --read-only bb:1 touch /x"
  r "docker run --rm --network none -e A=b -w /tmp -u 33:33 --hostname h1 bb:1 sh -c 'exec 2>&1; id; pwd; echo \$A; hostname; echo x >f && ls -ln f | cut -c 1-25; echo x >/f'"
  r "docker run --name c1 --network none bb:1 true"
}

differences() {
  r "docker inspect --format '{{.GraphDriver.Name}}' c1"
  for key in MergedDir UpperDir LowerDir WorkDir; do r "docker inspect --format '{{.GraphDriver.Data.$key}}' c1"; done
  r "ls \$(docker inspect --format '{{.GraphDriver.Data.MergedDir}}' c1)"
  # Without what is in a directory that was moved: overlay2 has the mover copy it, ours redirects.
  r "find \$(docker inspect --format '{{.GraphDriver.Data.UpperDir}}' c1) -printf '%y %m %P\n' | grep -v moved/ | sort -k 3"
  r "docker diff c1 | sort -k 2"
  r "docker ps -s --format '{{.Names}} {{.Size}}'"
}

commits() {
  r "docker commit -m 'added files' -a 'A User <user@example.com>' c1 c1img:1"
  r "docker history --format '{{.CreatedBy}} {{.Size}} {{.Comment}}' c1img:1"
  r "docker run --rm --network none c1img:1 sh -c 'cat /newfile; ls /d /opaque /moved /etc; ls /old 2>&1; tail -n 1 /etc/passwd'"
  r "docker commit --change 'CMD [\"cat\",\"/newfile\"]' --change 'ENV X=1' c1 c1img:2"
  r "docker run --rm --network none c1img:2"
  r "docker inspect --format '{{json .Config.Cmd}} {{json .Config.Env}}' c1img:2"
}

copies() {
  echo local >f.txt
  r "docker cp f.txt c1:/tmp/f.txt; docker exec c1 cat /tmp/f.txt"
  r "docker cp c1:/newfile - | tar -tf -"
  r "docker cp c1:/d dcopy; ls dcopy"
  r "docker cp c1:/nosuch ."
  r "docker export c1 | tar -tf - | grep -v ^bin/ | sort"
  r "docker save -o s.tar built:2; tar -xOf s.tar manifest.json | grep -o layer.tar | wc -l"
  r "docker rmi -f built:2 >/dev/null; docker load -i s.tar; docker run --rm --network none built:2"
}

volumes() {
  r "docker volume create vol1"
  r "docker volume create --label a=b --opt type=tmpfs --opt device=tmpfs --opt o=size=10m vol-tmp"
  r "docker volume inspect vol1"
  r "docker volume inspect nosuch"
  r "docker run --rm --network none -v vol1:/data built:1 ls -l /data | cut -c 1-35"
  r "docker run --rm --network none -v vol1:/data built:1 sh -c 'echo changed >/data/seed.txt; echo new >/data/new.txt'"
  r "docker run --rm --network none -v vol1:/data built:1 sh -c 'cat /data/seed.txt; ls /data'"
  r "docker run --rm --network none -v vol1:/other bb:1 ls /other"
  r "docker run --rm --network none -v vol-nocopy:/data:nocopy built:1 ls -A /data"
  r "docker run -d --name c3 --network none -v vol1:/data:ro -v $PWD:/host:ro --tmpfs /t:size=1m built:1 sleep 1000"
  r "docker inspect --format '{{range .HostConfig.Binds}}{{println .}}{{end}}{{json .HostConfig.Tmpfs}}' c3 | sort"
  r "docker exec c3 touch /data/x"
  r "docker exec c3 sh -c 'mount | grep -c -E \" /(t|data|host) \"'"
  r "docker volume rm vol1"
  r "docker run --rm --network none --volumes-from c3 bb:1 sh -c 'ls /data; ls -d /host'"
  r "docker run --rm --network none --mount type=volume,source=vol3,target=/v --mount type=bind,source=$PWD,target=/b,readonly --mount type=tmpfs,target=/t,tmpfs-size=1048576,tmpfs-mode=1770 bb:1 sh -c 'exec 2>&1; ls -ld /t | cut -c 1-10; touch /v/x /b/x'"
  r "docker run --rm --network none --mount type=bind,source=/no/such/dir,target=/b bb:1 true"
  r "docker run --rm --network none --mount type=bogus,target=/b bb:1 true"
  r "docker run --rm --network none -v vol1:relative bb:1 true"
}

several() { # containers of one image at once, each with changes of its own, and one that serves a page bound in
  mkdir -p html && echo '<h1>from a bind mount</h1>' >html/index.html
  for i in 1 2 3 4; do r "docker run -d --name p$i --network none bb:1 sh -c 'for f in 1 2 3 4 5 6 7 8; do echo $i >/etc/\$f; done; echo $i >>/etc/passwd; sleep 1000'" & done | sort | uniq -c
  wait
  for i in 1 2 3 4; do r "docker exec p$i sh -c 'until [ -e /etc/8 ]; do sleep 1; done; cat /etc/? /etc/passwd' | sort | uniq -c"; done
  r "docker run -d --name web --network none -v $PWD/html:/srv:ro bb:1 httpd -f -h /srv -p 127.0.0.1:80"
  r "docker exec web sh -c 'until wget -q -O - http://127.0.0.1/; do sleep 1; done' 2>&1 | tail -n 1"
}

ends() {
  r "docker rm c1"
  r "docker stop -t 0 c1"
  r "docker start c1"
  r "docker exec c1 sh -c 'cat /newfile; ls /opaque /moved'"
  r "docker kill c1"
  r "docker wait c1"
  r "docker rm c1"
  r "docker rm nosuch"
  r "docker rm -f -v c3 web p1 p2 p3 p4"
  r "docker volume rm vol1"
  r "docker volume prune -f | sort"
  r "docker container prune -f | tail -n 1"
  r "docker ps -aq"
  r "docker system df --format '{{.Type}} {{.TotalCount}} {{.Active}}'"
  r "docker rmi -f built:1 built:2 stages:1 c1img:1 c1img:2 bb:1 | grep -c Untagged"
  r "docker image prune -a -f | tail -n 1"
  r "docker images -aq"
}

sections=(images builds runs differences commits copies volumes several ends)
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

# What differs between the two drivers anyway: names of driver and directories, ids, dates, link counts of directories. And of a container that could
# not be started the client says on some runs, on either driver, that it waits no longer for it.
alike() { # engine, section
  sed -E -e '/error waiting for container: context canceled/d' -e "s#$scratch/$1#HOME#g; s#overlay2|fuse-overlayfs#DRIVER#g; s/sha256:[0-9a-f]{64}/sha256:ID/g; s/[0-9a-f]{64}/ID/g; s/\\b[0-9a-f]{12}\\b/ID/g" \
    -e 's/(Less than a second|About a minute|[0-9]+ (second|minute)s?) ago/WHEN/g; s/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z/DATE/g; s/[0-9]{4}\/[0-9]{2}\/[0-9]{2} [0-9:]{8}/DATE/g' \
    -e 's/^(d[rwxst-]{9}) +[0-9]+ /\1 LINKS /; s/[A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}/DATE/; s/ +/ /g' "$1/$2"
}
is_as_on_overlay2() { # section
  [ "$(grep -c '^\$ ' "fuse-overlayfs/$1")" -gt 4 ] && diff <(alike overlay2 "$1") <(alike fuse-overlayfs "$1")
}
is_served_by_us() {
  engine=fuse-overlayfs
  [ "$(d info --format '{{.Driver}}')" = fuse-overlayfs ] && d run --rm --network none -v "$scratch:/s:ro" bb:1 sh -c 'grep " / " /proc/mounts' | grep -q '^[^ ]* / fuse.overlayfuse '
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
engine=fuse-overlayfs
d import --change 'ENV PATH=/bin' busybox.tar bb:1 >/dev/null
check docker.is_served_by_us is_served_by_us
check docker.leaves_nothing leaves_nothing
