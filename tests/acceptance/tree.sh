# Sourced by acceptance scripts that compare trees: everything a tree shows, as text, one line an object and one an attribute.
# shellcheck shell=bash

# tree_of DIR [times|layer]: names, types, link targets, modes, owners, sizes, devices, contents, extended attributes; with "times" also
# when things were modified, with "layer" everything that a change leaves behind: link counts, change times, sizes of directories.
tree_of() (
  set -o pipefail
  cd "$1" || return
  export LC_ALL=C
  directory='d %P %m %U %G\0' other='%y %P -> %l %m %U %G %s\0'
  case ${2:-} in
    times) directory='d %P %m %U %G %T@\0' other='%y %P -> %l %m %U %G %s %T@\0' ;;
    layer) directory='d %P %m %U %G %s %n %T@ %C@\0' other='%y %P -> %l %m %U %G %s %n %T@ %C@\0' ;;
  esac
  find . \( -type d -printf "$directory" -o -printf "$other" \) | sort -z | tr '\n\0' '\1\n' | cat -v &&
    find . \( -type b -o -type c \) -print0 | sort -z | xargs -0r stat -c 'device %t:%T %n' -- | cat -v &&
    find . -type f -print0 | sort -z | xargs -0r sha256sum -- | cat -v &&
    find . -print0 | sort -z | xargs -0r getfattr -h -d -m - -e hex -- | cat -v
)

# same_tree ONE OTHER [SECONDS]: compares two files of tree_of, and shows what differs; times may differ by so much.
same_tree() {
  cmp -s "$1" "$2" && return
  { diff -a "$1" "$2" || true; } | awk -v slack="${3:-0}" '
    function alike(a, b,   x, y, n, i) {
      n = split(a, x, " ")
      if (n != split(b, y, " ")) return 0
      for (i = 1; i <= n; i++)
        if (x[i] != y[i] && !(x[i] y[i] ~ /^[0-9]+\.[0-9]+\.[0-9]+$/ && x[i] - y[i] <= slack && y[i] - x[i] <= slack)) return 0
      return 1
    }
    function settle(   i) {
      for (i = 1; i <= left || i <= right; i++)
        if (!alike(one[i], other[i])) { print "< " one[i] "\n> " other[i]; bad++ }
      left = right = 0
    }
    /^</ { one[++left] = substr($0, 3); next }
    /^>/ { other[++right] = substr($0, 3); next }
    /^[0-9]/ { settle(); delete one; delete other }
    END { settle(); exit bad > 0 }' >differences && return
  head -n 40 differences
  return 1
}

# daemon_ends PID MOUNTPOINT: waits until the daemon of what was unmounted has ended; longer where somebody else on this machine has a
# mount namespace with a copy of the mount, which lives as long as that.
daemon_ends() {
  local i
  for i in {1..3}; do
    eventually eval "! kill -0 $1 2>/dev/null" && return
    grep -qs " $2 " /proc/[0-9]*/mountinfo || break
  done
  echo "daemon $1 of $2 does not end; its threads wait in:"
  for i in "/proc/$1/task"/*; do echo "$(cat "$i/comm") $(cat "$i/wchan")"; done
  ls -l "/proc/$1/fd" # what it has not closed yet tells how far it has come
  return 1
}
