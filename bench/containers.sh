#!/usr/bin/env bash
# "run --rm busybox true" with ours, with podman and, where its engine can be started, with docker, interleaved in one run: medians and ratios; and what one
# container more costs in memory. All without a network. As root; needs runc, podman and busybox-static.
#
#   sudo bash bench/containers.sh [ROUNDS]
source "$(dirname "${BASH_SOURCE[0]}")/../tests/acceptance/lib.sh"
source "$(dirname "${BASH_SOURCE[0]}")/../tests/acceptance/containers.sh"
rounds=${1:-11}
cd "$scratch"
[ "$(id -u)" = 0 ] || { echo "containers: needs root" >&2; exit 1; }
for tool in busybox podman runc; do command -v $tool >/dev/null || { echo "containers: $tool is not installed" >&2; exit 1; }; done
busybox=$(command -v busybox)
export OVERLAYFUSE_STATE=$scratch/state

mkdir podman && configure root "$scratch/podman"
printf '[storage]\ndriver = "overlay"\ngraphroot = "%s/storage"\nrunroot = "%s/run"\n' "$scratch/podman" "$scratch/podman" >podman/.config/containers/storage.conf
podman() { timeout 120 env -i HOME="$scratch/podman" XDG_RUNTIME_DIR="$scratch/podman/run" PATH="$PATH" CONTAINERS_STORAGE_CONF="$scratch/podman/.config/containers/storage.conf" CONTAINERS_CONF="$scratch/podman/.config/containers/containers.conf" podman --log-level=error "$@"; }
docker() { timeout 120 env DOCKER_HOST="unix://$scratch/sock" DOCKER_CONFIG="$scratch/config" /usr/bin/docker "$@"; }
ours() { timeout 120 "$OVERLAYFUSE" "$@"; }

tools=(ours podman)
if command -v dockerd >/dev/null; then
  dockerd --host "unix://$scratch/sock" --data-root "$scratch/data" --exec-root "$scratch/exec" --pidfile "$scratch/pid" --storage-driver overlay2 --iptables=false --ip6tables=false \
    --bridge=none --ip-forward=false --ip-masq=false --userland-proxy=false >"$scratch/log" 2>&1 &
  engine=$!
  trap 'cd /; kill $engine; wait $engine 2>/dev/null; clean_up' EXIT
  if eventually docker info >/dev/null 2>&1; then tools+=(docker); else echo "containers: the Docker engine does not start here; without it" >&2; fi
fi

busybox_root image && tar -C image --numeric-owner --owner=0 --group=0 -cf image.tar .
for tool in "${tools[@]}"; do $tool import --change 'ENV PATH=/bin' image.tar bench:1 >/dev/null 2>&1 || { echo "containers: $tool cannot import the image" >&2; exit 1; }; done
run() { case $1 in podman) podman run --rm --network=none bench:1 "${@:2}" ;; *) "$1" run --rm --network none bench:1 "${@:2}" ;; esac; }

for round in $(seq 0 "$rounds"); do
  for tool in "${tools[@]}"; do
    since=$(date +%s%N)
    run "$tool" true >out 2>&1 || { echo "containers: run fails with $tool" >&2; cat out >&2; exit 1; }
    [ "$round" = 0 ] || echo $((($(date +%s%N) - since) / 1000000)) >>"times.$tool" # the first warms up
  done
done
median() { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
base=$(median <times.ours)
printf 'run --rm busybox true; %s rounds, load %s\n\n| | ms | ours to it |\n|---|---|---|\n' "$rounds" "$(cut -d ' ' -f 1 /proc/loadavg)"
for tool in "${tools[@]}"; do
  theirs=$(median <"times.$tool")
  printf '| %s | %s | %s |\n' "$tool" "$theirs" "$(awk "BEGIN { printf \"%.2f\", $base / $theirs }")"
done

# What stays while it runs: the supervisor alone (runc and what carries packets do not, or are not there).
for i in 1 2 3; do ours run -d bench:1 sleep 1000 >/dev/null; done
sleep 1
printf '\none container more: %s KiB resident (Pss %s KiB)\n' \
  "$(for pid in $(pgrep -f -- "^overlayfuse --supervise $OVERLAYFUSE_STATE "); do awk '/^VmRSS/ { print $2 }' "/proc/$pid/status"; done | median)" \
  "$(for pid in $(pgrep -f -- "^overlayfuse --supervise $OVERLAYFUSE_STATE "); do awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup"; done | median)"
ours ps -q | while read -r id; do ours rm -f "$id"; done >/dev/null
