#!/usr/bin/env bash
# timeout: 120
# "overlayfuse install": the configuration of Podman and of Docker is changed once, as it was shown, and changed back byte by byte; what is broken or
# not ours stays as it is. Everything in a home of its own.
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

docker_too() {
  local before link=$HOME/.local/share/overlayfuse/docker/fuse-overlayfs
  mkdir -p "${json%/*}" && printf '{\n    "debug": true\n}\n' >"$json" && before=$(state) || return
  install --docker --yes && [ "$(readlink "$link")" = "$program" ] && "$link" --version && same "$(cat "$json")" "$(printf '{\n    "storage-driver": "fuse-overlayfs",\n    "debug": true\n}')" &&
    grep -q "PATH=${link%/*}:" "$HOME/.config/systemd/user/docker.service.d/overlayfuse.conf" || return
  install --docker --yes | grep -q 'set up already' && install --docker --remove --yes && same "$(cat "$json")" "$(printf '{\n    "debug": true\n}')" && ! [ -L "$link" ] && ! ls "$json".* 2>/dev/null
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
printf '[storage]\ndriver = "\xff"\n' >"$conf"
check bytes_that_are_no_text_are_left_alone unchanged 'no UTF-8' install --podman --yes
printf '{ "debug": true, }' >"$json"
check a_broken_daemon_json_leaves_everything_alone unchanged 'no valid JSON' install --docker --yes
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
