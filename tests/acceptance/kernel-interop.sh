#!/usr/bin/env bash
# timeout: 400
# One sequence of changes, made through our union and through kernel overlayfs: every step ends alike, the trees are alike, and what one
# has written the other shows.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$(dirname "${BASH_SOURCE[0]}")/tree.sh"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$scratch"

if [ "$(id -u)" != 0 ]; then
  skip kernel_interop "kernel overlayfs with trusted marks is for root"
  exit
fi
mkdir probe probe/{l,u,w,m}
if ! mount -t overlay overlay -o metacopy=on,redirect_dir=on,lowerdir=probe/l,upperdir=probe/u,workdir=probe/w probe/m 2>/dev/null; then
  skip kernel_interop "this kernel mounts no overlayfs here"
  exit
fi
umount probe/m
source "$here/changes.sh" # makes the layers and writes the lists of steps here

run_steps() { # list, tree, record: every line with its exit code and what it said
  local line
  while IFS= read -r line; do
    printf '$ %s\n' "$line"
    (cd "$2" && LC_ALL=C bash -c "umask 022; $line" 2>&1 </dev/null | head -c 20000; exit "${PIPESTATUS[0]}")
    echo "= $?"
  done <"$1" >"$3" 2>&1
}

mounted_by() { # engine, where
  case $1 in
    ours) "$OVERLAYFUSE" mount -o "lowerdir=$layers,upperdir=$2/u,workdir=$2/w,$options" "$2/m" ;;
    kernel) mount -t overlay overlay -o "metacopy=on,redirect_dir=on,lowerdir=$layers,upperdir=$2/u,workdir=$2/w" "$2/m" ;;
  esac
}

# The daemon lets go of the work directory a moment after the kernel has let go of the mount.
unmount() {
  local pid
  pid=$(daemon_of "$scratch/$1/m")
  umount "$1/m" && { [ -z "$pid" ] || daemon_ends "$pid" "$scratch/$1/m"; }
}

# What an engine shows in a union, into a file.
shows() {
  mounted_by "$1" "$2" || return
  tree_of "$2/m" times >"$3"
  local code=$?
  unmount "$2" && return $code
}

# steps LIST ENGINE WHERE NAME: mounts, runs, and keeps what was said and what the tree looked like then.
steps() {
  mounted_by "$2" "$3" || return
  run_steps "$1" "$3/m" "$4.said"
  tree_of "$3/m" times >"$4.tree"
  local code=$?
  tree_of "$3/m" >"$4.plain"
  unmount "$3" && return $code
}

for layer in made top mid low; do tree_of $layer layer >$layer.before; done

# One union that is ours first, one that is the kernel's first; then they change hands.
for data in cached passthrough; do
  options=data=$data
  # The kernel's clock goes in steps: what is written in the step that a file was made in has, for the writeback cache, no new time.
  slack=0
  [ $data = passthrough ] || slack=1
  rm -rf --one-file-system a k
  mkdir -p a/{u,w,m} k/{u,w,m}
  check "${data}_steps_through_ours" steps first ours a a1
  check "${data}_steps_through_the_kernel" steps first kernel k k1
  check "${data}_each_step_ends_as_in_the_kernel" diff -a k1.said a1.said
  check "${data}_the_trees_are_alike" same_tree k1.plain a1.plain
  check "${data}_mounted_again_ours_shows_the_same" eval 'shows ours a again && same_tree a1.tree again $slack'
  check "${data}_the_kernel_shows_what_ours_wrote" eval 'shows kernel a by-kernel && same_tree a1.tree by-kernel $slack'
  check "${data}_ours_shows_what_the_kernel_wrote" eval 'shows ours k by-ours && same_tree k1.tree by-ours'
  check "${data}_the_kernel_goes_on_where_ours_was" steps second kernel a a2
  check "${data}_ours_goes_on_where_the_kernel_was" steps second ours k k2
  check "${data}_each_further_step_ends_alike" diff -a a2.said k2.said
  check "${data}_the_further_trees_are_alike" same_tree a2.plain k2.plain
  check "${data}_ours_shows_what_both_wrote" eval 'shows ours a by-ours && same_tree a2.tree by-ours'
  check "${data}_the_kernel_shows_what_both_wrote" eval 'shows kernel k by-kernel && same_tree k2.tree by-kernel $slack'
done

layers_are_unchanged() {
  local layer
  for layer in made top mid low; do tree_of $layer layer >$layer.after && same_tree $layer.before $layer.after || return; done
}
check layers_are_unchanged layers_are_unchanged

# --- uppers of ordinary users: redirects and metacopies in user marks, which the kernel would not follow, keep it away ---

if [ -z "$test_user" ]; then
  skip uppers_of_ordinary_users "no user to be: set OVERLAYFUSE_TEST_USER"
  exit
fi
cp "$OVERLAYFUSE" program # the sources may lie where the user cannot go
chmod 755 program
export program=$scratch/program
as_root_of_a_namespace() { as_user unshare -Urm "$@"; }
# A script of the user's own: $1 is the directory, the rest what is done in the mounted tree.
cat >change <<'END'
cd "$1" && "$program" mount -o lowerdir=l,upperdir=u,workdir=w m || exit
cd m && eval "$2" && cd .. && (cd m && find . \( -type d -printf '%y %P %m\n' -o -printf '%y %P %m %s\n' \) | sort && find . -type f | sort | xargs -d '\n' cat) >shown && "$program" umount m
END
user_upper() { # name, the way to be the user, changes
  mkdir -p "$1"/{u,w,m} "$1"/l/directory/deep && echo a >"$1/l/directory/a" && echo b >"$1/l/b" && echo c >"$1/l/directory/deep/c" && chown -R "$test_user:" "$1" && chmod 755 "$1" &&
    $2 bash "$scratch/change" "$scratch/$1" "$3"
}
refused_by_kernel() { # directory
  local before said
  before=$(cd "$1" && find u w/overlayfuse w/work/incompat -printf '%p %y %m %s %T@\n' | sort) || return
  for options in userxattr metacopy=on,redirect_dir=on; do
    said=$(mount -t overlay overlay -o "$options,lowerdir=$1/l,upperdir=$1/u,workdir=$1/w" "$1/m" 2>&1) && { echo "mounted with $options"; umount "$1/m"; return 1; }
  done
  as_root_of_a_namespace mount -t overlay overlay -o "userxattr,lowerdir=$1/l,upperdir=$1/u,workdir=$1/w" "$1/m" 2>/dev/null && { echo "mounted in a namespace"; return 1; }
  [ "$before" = "$(cd "$1" && find u w/overlayfuse w/work/incompat -printf '%p %y %m %s %T@\n' | sort)" ] || { echo "the refused mount has changed something"; return 1; }
}
kernel_shows_users_upper() {
  mount -t overlay overlay -o "userxattr,lowerdir=$1/l,upperdir=$1/u,workdir=$1/w" "$1/m" || return
  (cd "$1/m" && find . \( -type d -printf '%y %P %m\n' -o -printf '%y %P %m %s\n' \) | sort && find . -type f | sort | xargs -d '\n' cat) >user.shown
  umount "$1/m" && diff "$1/shown" user.shown
}
for way in as_user as_root_of_a_namespace; do
  check "${way}_redirect" user_upper $way-redirect $way 'mv directory moved && cat moved/deep/c'
  check "${way}_redirect_keeps_the_kernel_away" refused_by_kernel $way-redirect
  check "${way}_metacopy" user_upper $way-metacopy $way 'chmod 600 b && cat b'
  check "${way}_metacopy_keeps_the_kernel_away" refused_by_kernel $way-metacopy
  check "${way}_plain_changes" user_upper $way-plain $way 'rm b && rm -r directory && mkdir directory && echo n >directory/n && echo n >n && mv n renamed'
  check "${way}_the_kernel_shows_plain_changes" kernel_shows_users_upper $way-plain
done
