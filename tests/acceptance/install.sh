#!/usr/bin/env bash
# timeout: 120
# "overlayfuse install": the configuration of Podman and of Docker is changed once, as it was shown, and changed back byte by byte; what is broken or
# not ours stays as it is; and the tools themselves are asked what they make of it. Everything in a home of its own, and in unions over /etc and the like.
if [ "$(id -u)" = 0 ] && [ "${1-}" != inside ]; then exec unshare --mount --propagation private "$0" inside; fi
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$(dirname "${BASH_SOURCE[0]}")/containers.sh"
cd "$scratch"
cp "$OVERLAYFUSE" program && mkdir -m 755 home
export HOME=$scratch/home program=$scratch/program m=$scratch/none
unset XDG_CONFIG_HOME XDG_DATA_HOME CONTAINERS_STORAGE_CONF
conf=$HOME/.config/containers/storage.conf json=$HOME/.config/docker/daemon.json
install() { ./program install "$@" --user </dev/null; }
state() { find home -printf '%p %y %m %l\n' -type f -exec cat {} + | sort; }

makes_and_removes_storage_conf() {
  install --podman --yes && grep -qx "mount_program = \"$program\"" "$conf" && grep -qx 'driver = "overlay"' "$conf" || return
  local made
  made=$(state)
  install --podman --yes | grep -q 'set up already' && same "$(state)" "$made" && install --podman --remove --yes && ! [ -e "$conf" ] && install --podman --remove --yes | grep -q 'Nothing of ours'
}
check a_new_storage_conf_is_made_once_and_removed makes_and_removes_storage_conf

changes_and_changes_back() {
  local before
  printf '# of mine\n[storage]\ndriver = "overlay"\n[storage.options.overlay]\nmount_program = "/usr/bin/fuse-overlayfs" # old\nmountopt = "nodev"\n' >"$conf" && chmod 640 "$conf" && before=$(state) || return
  install --podman --yes >said && grep -q -- '-mount_program = "/usr/bin/fuse-overlayfs" # old' said && grep -q -- "+mount_program = \"$program\" # old" said &&
    grep -q 'of mine' "$conf" && [ "$(stat -c %a "$conf")" = 640 ] && cmp "$conf.before-overlayfuse" <(sed "s#$program#/usr/bin/fuse-overlayfs#" "$conf") || return
  install --podman --remove --yes && same "$(state)" "$before" || return

  # Lines that came meanwhile stay.
  install --podman --yes && echo '# later' >>"$conf" && install --podman --remove --yes && grep -q later "$conf" && grep -q '"/usr/bin/fuse-overlayfs" # old' "$conf" && ! [ -e "$conf.before-overlayfuse" ]
}
check a_storage_conf_is_changed_as_shown_and_changed_back changes_and_changes_back

keeps_rights() { # of a file that is linked to
  mkdir -p kept && rm "$conf" && printf '[storage]\ndriver = "overlay"\n' >kept/conf && chmod 600 kept/conf && ln -s "$scratch/kept/conf" "$conf" || return
  install --podman --yes && [ -L "$conf" ] && grep -q "$program" kept/conf && [ "$(stat -c %a kept/conf kept/conf.before-overlayfuse | tr '\n' ' ')" = '600 600 ' ] || return
  install --podman --remove --yes && same "$(ls kept)" conf && ! grep -q "$program" kept/conf && rm "$conf"
}
check a_linked_file_is_changed_where_it_is_and_kept_with_its_rights keeps_rights

docker_too() {
  local before link=$HOME/.local/share/overlayfuse/docker/fuse-overlayfs
  mkdir -p "${json%/*}" && printf '{\n    "debug": true\n}\n' >"$json" && before=$(state) || return
  install --docker --yes && [ "$(readlink "$link")" = "$program" ] && "$link" --version && same "$(cat "$json")" "$(printf '{\n    "storage-driver": "fuse-overlayfs",\n    "debug": true\n}')" &&
    grep -q "PATH=${link%/*}:" "$HOME/.config/systemd/user/docker.service.d/overlayfuse.conf" || return
  install --docker --yes | grep -q 'set up already' && install --docker --remove --yes && same "$(cat "$json")" "$(printf '{\n    "debug": true\n}')" && ! [ -e "$HOME/.local/share/overlayfuse" ] && ! ls "$json".* 2>/dev/null && same "$(ls "$HOME/.config/systemd/user")" ""
}
check docker_finds_us_by_name_and_storage_driver docker_too

unchanged() { # words that are said, command...
  local words=$1 before
  shift
  before=$(state)
  refuses "$words" "$@" && same "$(state)" "$before"
}
check nobody_to_ask_changes_nothing unchanged '--yes' install --podman
check one_tool_is_named unchanged 'say for whom' install --yes
asked() { script -qec "./program install --podman --user" /dev/null <<<"$1" >said; grep -q 'Change this?' said; }
answers() {
  local before
  before=$(state)
  asked n; grep -q 'nothing was changed' said && same "$(state)" "$before" && asked y && grep -q "$program" "$conf" && install --podman --remove --yes
}
if command -v script >/dev/null; then check who_is_asked_may_say_no answers; else skip who_is_asked_may_say_no "needs script(1)"; fi

printf '[storage]\ndriver = "vfs"\n' >"$conf"
check another_driver_is_left_alone unchanged 'driver = "vfs"' install --podman --yes
printf '[storage\n' >"$conf"
check a_broken_storage_conf_is_left_alone unchanged 'line 1' install --podman --yes
printf '[storage.options]\noverlay = { mount_program = "/x" }\n' >"$conf"
check a_table_in_a_line_is_left_alone unchanged 'line 2 is not understood: overlay = {' install --podman --yes
printf '[storage]\ndriver = "\xff"\n' >"$conf"
check bytes_that_are_no_text_are_left_alone unchanged 'no UTF-8' install --podman --yes
printf '{ "debug": true, }' >"$json"
check a_broken_daemon_json_leaves_everything_alone unchanged 'not valid JSON' install --docker --yes
printf '{ "storage-opts": ["overlay2.size=1G"] }' >"$json"
check options_of_another_driver_are_left_alone unchanged 'storage-opts' install --docker --yes

if [ "$(id -u)" != 0 ] || [ -n "$test_user" ]; then
  mkdir -m 755 -p closed/containers && { [ "$(id -u)" != 0 ] || chmod 711 "$scratch"; }
  [ "$(id -u)" = 0 ] || chmod 555 closed/containers
  not_writable() { unchanged 'permission denied' as_user env "XDG_CONFIG_HOME=$scratch/closed" "$program" install --podman --user --yes && [ -z "$(ls -A closed/containers)" ]; }
  check what_may_not_be_written_is_said not_writable
else
  skip what_may_not_be_written_is_said "no user to be: set OVERLAYFUSE_TEST_USER"
fi

# --- what the tools make of it ---

podman_reads_it() { # home, the words for "install", command...
  local home=$1 words=$2 said
  shift 2
  ask() { "$@" env -i "HOME=$home" "XDG_RUNTIME_DIR=$home/run" PATH="$PATH" "${settings[@]}" podman info --format '{{json .Store}}'; }
  # shellcheck disable=SC2086
  change() { "$@" env -i "HOME=$home" "$program" install --podman $words --yes </dev/null; }
  change "$@" && said=$(ask "$@") && grep -qF "\"Executable\":\"$program\"" <<<"$said" && grep -qF "$("$program" --version)" <<<"$said" || { echo "$said"; return 1; }
  for word in "${kept[@]}"; do grep -qF "$word" <<<"$said" || { echo "no $word in $said"; return 1; }; done
  words+=" --remove" && change "$@" && ! ask "$@" | grep -F "$program"
}
if ! command -v podman >/dev/null; then
  skip podman_of_a_user_reads_it "needs podman"
elif [ "$(id -u)" = 0 ] && [ -z "$test_user" ]; then
  skip podman_of_a_user_reads_it "no user to be: set OVERLAYFUSE_TEST_USER"
else
  chmod 755 "$scratch" && mkdir -p theirs/run && chmod 700 theirs/run && { [ "$(id -u)" != 0 ] || chown -R "$test_user:" theirs; }
  settings=() kept=("\"graphRoot\":\"$scratch/theirs/")
  check podman_of_a_user_reads_it podman_reads_it "$scratch/theirs" --user as_user
fi

[ "$(id -u)" = 0 ] || { skip what_all_users_share "needs root"; exit 0; }
over() { # directory: what is written there stays here
  local here=over${1//\//-}
  mkdir -p "$here/u" "$here/w" && "$OVERLAYFUSE" mount -o "lowerdir=$1,upperdir=$here/u,workdir=$here/w" "$1"
}
over /etc && over /usr/local/lib && over /usr/share && mkdir -p /usr/share/containers /etc/docker && rm -f /etc/containers/storage.conf /etc/docker/daemon.json || { echo "not ok what_all_users_share: no unions"; exit 0; }
all_users_files() { find /etc/systemd /usr/local/lib -type d; find /etc/containers /etc/docker /etc/systemd /usr/local/lib \( -type f -o -type l \) -printf '%p %l %m\n' -type f -exec sha256sum {} + | sort; }
files_before=$(all_users_files)
as_before() { diff <(echo "$files_before") <(all_users_files); }

# The file of all users takes the place of the distribution's: what that one says must go on to hold.
mkdir -p all/{storage,run,images}
printf '[storage]\ndriver = "overlay"\nrunroot = "%s"\ngraphroot = "%s"\n[storage.options]\nadditionalimagestores = [ "%s" ]\n' "$scratch/all/run" "$scratch/all/storage" "$scratch/all/images" >/usr/share/containers/storage.conf
printf '[engine]\ntmp_dir = "%s"\nevents_logger = "file"\ncgroup_manager = "cgroupfs"\n' "$scratch/all/run" >containers.conf
podman_of_all() {
  ./program install --podman --yes </dev/null && grep -qF "$scratch/all/storage" /etc/containers/storage.conf || return # before Podman goes where it says
  podman_reads_it "$scratch/all" "" env && as_before
}
if command -v podman >/dev/null; then
  settings=("CONTAINERS_CONF=$scratch/containers.conf") kept=("\"graphRoot\":\"$scratch/all/storage\"" "\"runRoot\":\"$scratch/all/run\"" "$scratch/all/images")
  check podman_of_all_users_reads_it_and_keeps_what_the_distribution_says podman_of_all
else
  skip podman_of_all_users_reads_it "needs podman"
fi

docker_of_all() { # started as systemd would
  local engine i
  ./program install --docker --yes </dev/null && busybox_root image && tar -C image --numeric-owner -cf image.tar . || return
  env "$(sed -n 's/^Environment=//p' /etc/systemd/system/docker.service.d/overlayfuse.conf)" dockerd --host "unix://$scratch/all/sock" --data-root "$scratch/all/data" --exec-root "$scratch/all/exec" --pidfile "$scratch/all/pid" \
    --iptables=false --ip6tables=false --bridge=none --ip-forward=false --ip-masq=false --userland-proxy=false --default-ulimit nofile=20000:20000 >all/log 2>&1 &
  engine=$!
  export DOCKER_HOST=unix://$scratch/all/sock
  eventually /usr/bin/docker info >/dev/null 2>&1 && same "$(/usr/bin/docker info --format '{{.Driver}}')" fuse-overlayfs && /usr/bin/docker import image.tar image:1 &&
    timeout 60 /usr/bin/docker run --rm --network none image:1 /bin/grep ' / fuse.fuse-overlayfs ' /proc/mounts
  i=$?
  kill $engine && wait $engine 2>/dev/null
  [ $i = 0 ] || { tail -n 5 all/log; return 1; }
  ./program install --docker --remove --yes </dev/null && as_before
}
if busybox=$(command -v busybox) && command -v dockerd >/dev/null && [ -x /usr/bin/docker ]; then check docker_of_all_users_starts_with_it docker_of_all; else skip docker_of_all_users_starts_with_it "needs docker.io and busybox-static"; fi
cd / && for place in /usr/share /usr/local/lib /etc; do umount "$place"; done
