#!/usr/bin/env bash
# The same work of container tools with Debian's fuse-overlayfs and with ours, interleaved in one run: medians and their ratio. As root; needs podman,
# runc, docker.io, fuse-overlayfs and busybox-static.
#
#   sudo bash bench/clients.sh [ROUNDS]
source "$(dirname "${BASH_SOURCE[0]}")/../tests/acceptance/lib.sh"
source "$(dirname "${BASH_SOURCE[0]}")/../tests/acceptance/containers.sh"
rounds=${1:-5}
cd "$scratch"
[ "$(id -u)" = 0 ] || { echo "clients: needs root" >&2; exit 1; }
for tool in busybox podman runc dockerd fuse-overlayfs; do command -v $tool >/dev/null || { echo "clients: $tool is not installed" >&2; exit 1; }; done
busybox=$(command -v busybox)

declare -A program=([fuse-overlayfs]=$(command -v fuse-overlayfs) [overlayfuse]=$OVERLAYFUSE) engine
for name in "${!program[@]}"; do
  mkdir -p "$name/bin" && cp "${program[$name]}" "$name/bin/fuse-overlayfs"
  configure root "$scratch/$name" "$scratch/$name/bin/fuse-overlayfs"
  PATH=$scratch/$name/bin:$PATH dockerd --host "unix://$scratch/$name/sock" --data-root "$scratch/$name/data" --exec-root "$scratch/$name/exec" --pidfile "$scratch/$name/pid" \
    --storage-driver fuse-overlayfs --iptables=false --ip6tables=false --bridge=none --ip-forward=false --ip-masq=false --userland-proxy=false \
    --default-ulimit nofile=20000:20000 >"$name/log" 2>&1 &
  engine[$name]=$!
done
trap 'cd /; for name in "${!engine[@]}"; do kill "${engine[$name]}"; wait "${engine[$name]}"; done 2>/dev/null; clean_up' EXIT

mkdir image && busybox_root image/root tree
for i in $(seq 20); do mkdir "image/root/tree/$i" && for j in $(seq 50); do seq "$j" 100 >"image/root/tree/$i/$j"; done; done
tar -C image/root --numeric-owner --owner=0 --group=0 -cf image/root.tar . && rm -r image/root
printf '%s\n' 'FROM scratch' 'ADD root.tar /' 'ENV PATH=/bin' 'RUN cp -a /tree /copy' 'RUN rm -r /tree/1? && echo x >>/copy/1/1' 'RUN mv /copy /moved' >image/Dockerfile

podman() { timeout 300 env -i HOME="$scratch/$name" XDG_RUNTIME_DIR="$scratch/$name/run" PATH="$PATH" CONTAINERS_STORAGE_CONF="$scratch/$name/.config/containers/storage.conf" CONTAINERS_CONF="$scratch/$name/.config/containers/containers.conf" podman --log-level=error "$@"; }
docker() { timeout 300 env DOCKER_HOST="unix://$scratch/$name/sock" DOCKER_BUILDKIT=0 DOCKER_CONFIG="$scratch/config" /usr/bin/docker "$@"; }
change() { echo 'cp -a /tree /tmp/tree && find /tree -name 5? -exec rm {} + && for f in /moved/2/*; do echo x >>$f; done && find / -xdev | wc -l'; }

work=('podman build, 4 steps' 'podman run true' 'podman run, 1000 files copied, 200 removed' 'podman commit of that' 'docker build, 4 steps' 'docker run true' 'docker run, 1000 files copied, 200 removed')
prepare() { # what is not timed
  case $1 in
    *'podman commit'*) podman rm -fa && podman run --name c --network=none localhost/image sh -c "$(change)" ;;
  esac >/dev/null 2>&1
}
do_it() {
  case $1 in
    'podman build'*) podman build --no-cache -q --network=none -t localhost/image image ;;
    'podman run true') podman run --rm --network=none localhost/image true ;;
    'podman run'*) podman run --rm --network=none localhost/image sh -c "$(change)" ;;
    'podman commit'*) podman commit -q c localhost/changed ;;
    'docker build'*) docker build --no-cache -q --network none -t image image ;;
    'docker run true') docker run --rm --network none image true ;;
    'docker run'*) docker run --rm --network none image sh -c "$(change)" ;;
  esac
}
median() { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

for name in "${!program[@]}"; do eventually eval 'docker info >/dev/null 2>&1' || { echo "clients: the Docker engine of $name does not answer" >&2; tail "$name/log" >&2; exit 1; }; done
for round in $(seq "$rounds"); do
  for w in "${!work[@]}"; do
    for name in fuse-overlayfs overlayfuse; do
      prepare "${work[$w]}"
      since=$(date +%s%N)
      do_it "${work[$w]}" >out 2>&1 || { echo "clients: ${work[$w]} fails with $name" >&2; cat out >&2; exit 1; }
      echo $((($(date +%s%N) - since) / 1000000)) >>"$name/$w"
    done
  done
done

printf '%s; %s rounds, load %s\n\n' "$(fuse-overlayfs --version 2>/dev/null | grep fuse-overlayfs)" "$rounds" "$(cut -d ' ' -f 1 /proc/loadavg)"
printf '| work | fuse-overlayfs | overlayfuse | ratio |\n|---|---|---|---|\n'
for w in "${!work[@]}"; do
  theirs=$(median <"fuse-overlayfs/$w") ours=$(median <"overlayfuse/$w")
  printf '| %s | %s ms | %s ms | %s |\n' "${work[$w]}" "$theirs" "$ours" "$(awk "BEGIN { printf \"%.2f\", $ours / $theirs }")"
done
