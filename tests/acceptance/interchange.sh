#!/usr/bin/env bash
# timeout: 600
# Uppers that change hands: what ours has written is settled and then read by kernel overlayfs and by fuse-overlayfs, and ours reads theirs
# as they are. The trees are the same each time: names, types, owners, modes, sizes, contents, attributes. "overlayfuse check" finds nothing
# wrong with any of them.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/tree.sh"
cd "$scratch"
cp "$OVERLAYFUSE" program && cp "$here/tree.sh" tree.sh # the sources may lie where the user cannot go
chmod 755 program tree.sh
export program=$scratch/program scratch

# What fuse-overlayfs shows besides: the marks of the layers.
without_marks() { grep -av -e '^trusted\.overlay\.' -e '^user\.overlay\.' -e '^user\.fuseoverlayfs\.' -e '^user\.containers\.override_stat=' "$1" | awk '/^# file: / { file = $0; next } /^$/ { next } /^(trusted|user|security|system)\./ && file { print file; file = "" } { print }'; }
same_but_marks() { without_marks "$1" >one && without_marks "$2" >other && same_tree one other "${3:-0}"; }

mounted_by() { # engine, where
  case $1 in
    ours) "$program" mount -o "lowerdir=$layers,upperdir=$2/u,workdir=$2/w" "$2/m" ;;
    kernel) mount -t overlay overlay -o "metacopy=on,redirect_dir=on,lowerdir=$layers,upperdir=$2/u,workdir=$2/w" "$2/m" ;;
    kernel-index) mount -t overlay overlay -o "metacopy=on,redirect_dir=on,index=on,lowerdir=$layers,upperdir=$2/u,workdir=$2/w" "$2/m" ;;
    plain-kernel) mount -t overlay overlay -o "metacopy=off,redirect_dir=off,lowerdir=$layers,upperdir=$2/u,workdir=$2/w" "$2/m" ;;
    userxattr) mount -t overlay overlay -o "userxattr,lowerdir=$layers,upperdir=$2/u,workdir=$2/w" "$2/m" ;;
    fuse-overlayfs) fuse-overlayfs -o "lowerdir=$layers,upperdir=$2/u,workdir=$2/w,dev,suid" "$2/m" ;;
  esac
}
unmounted() { # where
  local pid
  pid=$(daemon_of "$scratch/$1/m")
  umount "$1/m" && { [ -z "$pid" ] || daemon_ends "$pid" "$scratch/$1/m"; }
}
shows() { # engine, where, record
  mounted_by "$1" "$2" || return
  tree_of "$2/m" >"$3"
  local code=$?
  unmounted "$2" && return $code
}
run_steps() { # list, tree
  local line
  while IFS= read -r line; do (cd "$2" && LC_ALL=C bash -c "umask 022; $line") </dev/null >/dev/null 2>&1; done <"$1"
  return 0
}
written_by() { # engine, where, record
  mkdir -p "$2"/{u,w,m} && mounted_by "$1" "$2" || return
  run_steps first "$2/m" && run_steps second "$2/m"
  unmounted "$2" && shows "$1" "$2" "$3" # mounted anew: fuse-overlayfs loses sight of things after some renames
}
sound() { # where, options...
  local where=$1
  shift
  "$program" check "$@" "$where/u"
}

as_root() {
  if ! mkdir -p probe/{l,u,w,m} || ! mount -t overlay overlay -o metacopy=on,redirect_dir=on,lowerdir=probe/l,upperdir=probe/u,workdir=probe/w probe/m 2>/dev/null; then
    skip interchange_as_root "this kernel mounts no overlayfs here"
    return
  fi
  umount probe/m
  source "$here/changes.sh" # makes the layers and writes the lists of steps here
  layers=top:mid:low        # no redirects in the layers themselves: fuse-overlayfs could not read them, whatever the upper says
  for layer in top mid low; do tree_of $layer layer >$layer.before; done
  at=lowerdir=$scratch/top:$scratch/mid:$scratch/low

  check written_by_ours written_by ours a a.tree
  check what_ours_wrote_is_sound sound a
  check ours_for_fuse_overlayfs cp -a a p # with all hard links between upper and work directory
  check settled_for_the_kernel "$program" settle --for-kernel a/u
  check settled_for_the_kernel_is_sound sound a
  check the_kernel_shows_what_was_settled_for_it eval 'shows kernel a by && same_tree a.tree by'
  check ours_shows_what_was_settled_for_the_kernel eval 'shows ours a by && same_tree a.tree by'

  # The copy is another upper at another place, so it has to be told what it stands on.
  check a_copied_upper_says_what_it_needs eval 'm=nowhere && said=$("$program" settle --plain p/u 2>&1); [ $? = 1 ] && grep -q "workdir=W" <<<"$said"'
  check settled_plain "$program" settle --plain -o "$at,workdir=$scratch/p/w" p/u
  check settled_again_finds_nothing_to_do eval '"$program" settle --plain -o "$at,workdir=$scratch/p/w" p/u | grep -q "^settled: 0 moved directories and 0 files.* 0 names linked, 0 needless"'
  check settled_plain_is_sound_but_for_the_numbers_of_the_original sound p --repair -o "$at,workdir=$scratch/p/w"
  check no_marks_but_opaque_ones eval '! getfattr -R -h -m "^(trusted|user)\.overlay\." p/u 2>/dev/null | grep "overlay\." | grep -v -e "overlay\.opaque" -e "overlay\.overlay\."'
  check fuse_overlayfs_shows_what_was_settled_plain eval 'shows fuse-overlayfs p by && same_but_marks a.tree by'
  check the_kernel_without_features_shows_what_was_settled_plain eval 'shows plain-kernel p by && same_tree a.tree by'
  check ours_shows_what_was_settled_plain eval 'shows ours p by && same_tree a.tree by'

  for engine in kernel kernel-index fuse-overlayfs; do
    check written_by_$engine written_by $engine of-$engine of-$engine.tree
    check ours_shows_what_${engine}_wrote eval "shows ours of-$engine by && same_but_marks of-$engine.tree by"
    # fuse-overlayfs leaves whiteouts in directories that it has made opaque.
    [ $engine = fuse-overlayfs ] && repair=--repair || repair=
    check what_${engine}_wrote_is_sound sound of-$engine $repair -o "$at,workdir=$scratch/of-$engine/w"
    check ours_still_shows_what_${engine}_wrote eval "shows ours of-$engine by && same_but_marks of-$engine.tree by"
  done

  # Names of a hard link that the kernel has not copied up are found through its index.
  mkdir -p i/{l,u,w,m} && echo old >i/l/a && ln i/l/a i/l/b && mkdir i/l/d && ln i/l/a i/l/d/c
  layers=i/l
  check kernel_index eval 'mounted_by kernel-index i && echo new >>i/m/a && tree_of i/m >i.tree && stat -c "%n %h" i/m/a i/m/b i/m/d/c >i.links; unmounted i'
  check ours_follows_the_kernels_index eval 'mounted_by ours i && tree_of i/m >by && stat -c "%n %h" i/m/d/c i/m/b i/m/a | sort >by.links; unmounted i && same_tree i.tree by && diff i.links by.links'
  check the_kernel_still_follows_its_index eval 'mounted_by kernel-index i && tree_of i/m >by && stat -c "%n %h" i/m/a i/m/b i/m/d/c >by.links; unmounted i && same_tree i.tree by && diff i.links by.links'
  check settled_the_index_is_not_needed eval '"$program" settle --plain i/u && shows fuse-overlayfs i by && same_but_marks i.tree by'

  # Names that the kernel has given a copy, metadata only or with its bytes, and that no lower layer has: one inode from the first look on.
  names_of_the_kernel() { # where, change
    mkdir -p "$1"/{l,u,w,m} && echo old >"$1/l/b" && ln "$1/l/b" "$1/l/d" && ln "$1/l/b" "$1/l/gone" || return
    layers=$1/l
    mounted_by kernel-index "$1" && eval "(cd $1/m && $2 && ln b a && ln b e && mv d sub && rm gone)"; unmounted "$1" || return
    local round
    for round in 1 2 3; do
      mounted_by ours "$1" && stat -c '%i %h' "$1"/m/{a,sub,e,b} >>"$1.seen"; unmounted "$1" || return
    done
    [ "$(sort -u "$1.seen" | tee /dev/stderr | wc -l)" = 1 ] && [ "$(cut -d' ' -f2 "$1.seen" | sort -u)" = 4 ] && sound "$1"
  }
  check names_of_the_kernel_for_metadata names_of_the_kernel nm 'chmod 600 b'
  check names_of_the_kernel_for_bytes names_of_the_kernel nb 'echo new >>b'

  # A lower file with one name, to which the kernel has given another: one inode, whichever name is looked at first.
  mkdir -p pair/{l,u,w,m} && echo old >pair/l/b
  layers=pair/l
  second_name() {
    mounted_by kernel pair && ln pair/m/b pair/m/e; unmounted pair && mounted_by ours pair || return
    stat -c '%i %h' pair/m/e pair/m/b >pair.seen && cat pair/m/b && echo new >>pair/m/e && cat pair/m/b >pair.read
    unmounted pair && [ "$(sort -u pair.seen | tee /dev/stderr | wc -l)" = 1 ] && [ "$(cat pair.read)" = $'old\nnew' ]
  }
  check second_name_of_the_kernel second_name

  # Symbolic links with several names are copies that the kernel's index has, too.
  mkdir -p sym/{l/d,u,w,m} && ln -s there sym/l/a && ln sym/l/a sym/l/b
  layers=sym/l
  linked_symlinks() {
    mounted_by kernel-index sym && ln sym/m/a sym/m/d/c; unmounted sym && mounted_by ours sym || return
    stat -c '%i %h' sym/m/d/c sym/m/b sym/m/a >sym.seen
    unmounted sym && [ "$(sort -u sym.seen | tee /dev/stderr | wc -l)" = 1 ] && grep -q ' 3$' sym.seen
  }
  check symbolic_links_of_the_kernels_index linked_symlinks

  # With the last name the link in the kernel's index goes, and with it the bytes.
  mkdir -p last/{l,u,w,m} && echo old >last/l/a && ln last/l/a last/l/b
  layers=last/l
  last_name() {
    mounted_by kernel-index last && echo new >>last/m/a; unmounted last && mounted_by ours last || return
    local left
    left=$(exec 3<last/m/b && rm last/m/a last/m/b && stat -L -c %h /dev/fd/3)
    unmounted last && [ "$left" = 0 ] && [ -z "$(ls -A last/w/index)" ] && sound last
  }
  check last_name_of_a_file_in_the_kernels_index last_name
  layers=top:mid:low

  layers_are_unchanged() {
    local layer
    for layer in top mid low; do tree_of $layer layer >$layer.after && same_tree $layer.before $layer.after || return; done
  }
  check layers_are_unchanged layers_are_unchanged

  # Killed at any moment, it goes on the next time; in between the union is what it was.
  mkdir -p k/{l,u,w,m} && (cd k/l && for i in {1..40}; do mkdir -p d/$i/e && for j in {1..40}; do echo "$i $j" >d/$i/e/$j; done; done && dd if=/dev/urandom of=d/big bs=1M count=64 status=none)
  layers=k/l
  killed() {
    local wait rounds=0
    mounted_by ours k && (cd k/m && mv d moved && chmod 600 moved/big && rm moved/3/e/7 && mv moved/4 moved/5/f) && tree_of k/m >k.tree && unmounted k || return
    for wait in 0.02 0.04 0.07 0.1 0.13 0.16 0.2 0.25; do
      timeout -s KILL $wait "$program" settle --plain k/u >/dev/null 2>&1 || rounds=$((rounds + 1))
      shows ours k by && same_tree k.tree by || return
    done
    [ $rounds -gt 0 ] || { echo "it was never killed"; return 1; }
    "$program" settle --plain k/u && sound k && shows plain-kernel k by && same_tree k.tree by
  }
  check killed_at_any_moment_it_goes_on killed
}

# --- an ordinary user: nothing but user marks, which are fenced until they are settled ---

as_root_of_a_namespace() { as_user unshare -Urm "$@"; }

# Scripts of the user's own. $1 is the directory, what comes after is for the script.
cat >make-user-layers <<'END'
mkdir -p "$1"/{u,w,m} "$1"/{top,low} && cd "$1/low" || exit
mkdir -p tree/{a,b}/{1,2} locked/in merged gone opaque
for i in tree/f tree/a/f tree/a/1/f tree/b/2/f locked/f locked/in/f merged/low merged/both gone/f opaque/f file meta written renamed shared; do echo "low $i" >"$i"; done
ln shared tree/shared2 && ln shared merged/shared3 && ln -s ../file tree/link && mkfifo tree/fifo
printf 'latin\n' >$'tree/caf\xe9' && echo odd >$'tree/new\nline' && : >"tree/$(printf 'n%.0s' {1..255})"
truncate -s 3M tree/sparse && echo end >>tree/sparse
setfattr -n user.colour -v red tree/a/f && setfattr -n user.dir -v d tree/a && { setfacl -m u:1004:rx tree/b/2/f 2>/dev/null; true; }
chmod 444 tree/b/2/f meta && chmod 600 tree/a/1/f && chmod 1755 tree/b && chmod 555 locked/in locked
cd ../top && mkdir merged && echo top >merged/both && mkdir opaque && setfattr -n user.overlay.opaque -v y opaque && echo new >opaque/new
END
cat >user-changes <<'END'
cd "$1" && "$program" mount -o lowerdir=top:low,upperdir=u,workdir=w m || exit
cd m && mv tree moved && mv moved/a top-a && echo n >moved/b/new && rm -f moved/b/2/f && mv locked open && mv merged moved/merged && rm moved/merged/both &&
  chmod 600 meta && setfattr -n user.a -v b meta && mv renamed renamed2 && echo more >>written && echo new >shared && rm -r gone && mkdir gone && echo g >gone/g && mv opaque opaque2 &&
  cd .. && source "$scratch/tree.sh" && tree_of m >"$2"
code=$?
cd "$1" && "$program" umount m && exit $code
END
cat >user-shows <<'END'
cd "$1" && source "$scratch/tree.sh"
case $2 in
  ours) "$program" mount -o lowerdir=top:low,upperdir=u,workdir=w m ;;
  userxattr) mount -t overlay overlay -o userxattr,lowerdir=top:low,upperdir=u,workdir=w m ;;
  fuse-overlayfs) fuse-overlayfs -o lowerdir=top:low,upperdir=u,workdir=w m ;;
esac || exit
tree_of m >"$3"
code=$?
case $2 in ours) "$program" umount m ;; fuse-overlayfs) fusermount3 -u m || umount m ;; *) umount m ;; esac && exit $code
END
# Owners in marks: what each of the two writes, the other shows. fuse-overlayfs 1.10 knows no types of objects in marks, so none are made.
cat >override-layers <<'END'
mkdir -p "$1"/{u,w,m,low,work} && cd "$1/low" && mkdir -p d/e && echo low >f && echo low >d/g && echo low >gone && chmod 755 f d/g && ln -s f link
END
cat >override-changes <<'END'
cd "$1" || exit
case $2 in
  ours) "$program" mount -o lowerdir=low,upperdir=u,workdir=w,xattr_permissions=2 m ;;
  fuse-overlayfs) fuse-overlayfs -o lowerdir=low,upperdir=u,workdir=w,xattr_permissions=2 m ;;
esac || exit
(cd m && echo new >new && chown 5:6 new && chmod 4711 new && mkdir -m 1777 tmp && mkdir -p a/b && echo c >a/b/c && chown -R 7:8 a && chmod 2750 a/b && chown 9:10 f && chmod 600 f && echo more >>d/g && rm gone)
code=$?
source "$scratch/tree.sh" && tree_of m >"$3" || code=1
"$program" umount m 2>/dev/null || umount m || exit
[ $2 = ours ] && { "$program" settle --plain u && "$program" check u || code=1; }
exit $code
END
cat >override-shows <<'END'
cd "$1" && source "$scratch/tree.sh"
case $2 in
  ours) "$program" mount -o lowerdir=u:low m ;;
  ours-goes-on) "$program" mount -o lowerdir=low,upperdir=u,workdir=work m ;;
  fuse-overlayfs) fuse-overlayfs -o lowerdir=u:low m ;;
esac || exit
tree_of m >"$3"
code=$?
"$program" umount m 2>/dev/null || umount m && exit $code
END
stored_by_the_user() { ! find "$1/u" ! -user "$test_user" | grep . && ! find "$1/u" -type f ! -name '.wh.*' ! -perm 755 | grep . && getfattr -R -d -m "$2" "$1/u" 2>/dev/null | grep -q '"7:8:'; } # 1.10 forgets the owner of what it changes the mode of
overrides() {
  local engine way="as_user unshare -Urm --map-auto"
  if ! $way true 2>/dev/null; then
    skip owners_in_marks "needs subordinate ids of $test_user"
    return
  fi
  for engine in ours fuse-overlayfs; do
    u=marks-of-$engine
    mkdir "$u" && chown "$test_user:" "$u"
    check "${u}_layers" as_user bash "$scratch/override-layers" "$scratch/$u"
    check "${u}_written" $way bash "$scratch/override-changes" "$scratch/$u" $engine "$scratch/$u.tree"
    check "${u}_are_marks_only" stored_by_the_user "$u" override_stat
    check "${u}_ours_shows_them" eval "$way bash '$scratch/override-shows' '$scratch/$u' ours '$scratch/$u.by' && same_but_marks $u.tree $u.by"
    check "${u}_fuse_overlayfs_shows_them" eval "$way bash '$scratch/override-shows' '$scratch/$u' fuse-overlayfs '$scratch/$u.by' && same_but_marks $u.tree $u.by"
    check "${u}_ours_goes_on" eval "$way bash '$scratch/override-shows' '$scratch/$u' ours-goes-on '$scratch/$u.by' && same_but_marks $u.tree $u.by"
  done
}

user_layers() { mkdir "$1" && chown "$test_user:" "$1" && as_user bash "$scratch/make-user-layers" "$scratch/$1"; }
fenced() { # directory
  as_root_of_a_namespace mount -t overlay overlay -o "userxattr,lowerdir=$1/top:$1/low,upperdir=$1/u,workdir=$1/w" "$1/m" 2>/dev/null && { echo "mounted"; return 1; }
  [ -e "$1/w/work/incompat/overlayfuse-user-marks" ]
}
unfenced() { [ ! -e "$1/w/work/incompat/overlayfuse-user-marks" ]; }
as_a_user() {
  local way form u
  chmod 777 "$scratch"
  for way in as_user as_root_of_a_namespace; do
    for form in for-kernel plain; do
      u=$way-$form
      check "${u}_layers" user_layers "$u"
      check "${u}_written" $way bash "$scratch/user-changes" "$scratch/$u" "$scratch/$u.tree"
      check "${u}_is_fenced" fenced "$u"
      check "${u}_is_sound" $way "$program" check "$scratch/$u/u"
      check "${u}_settled" $way "$program" settle --$form "$scratch/$u/u"
      check "${u}_settled_is_sound" $way "$program" check "$scratch/$u/u"
      check "${u}_is_not_fenced_any_more" unfenced "$u"
      check "${u}_ours_shows_the_same" eval "$way bash '$scratch/user-shows' '$scratch/$u' ours '$scratch/$u.ours' && same_tree $u.tree $u.ours"
    done
    # In a namespace of their own the user is root, and so is the owner of all files.
    u=$way-for-kernel
    check "${u}_ours_in_a_namespace" as_root_of_a_namespace bash "$scratch/user-shows" "$scratch/$u" ours "$scratch/$u.inside"
    check "${u}_the_kernel_shows_it" eval "as_root_of_a_namespace bash '$scratch/user-shows' '$scratch/$u' userxattr '$scratch/$u.by' && same_tree $u.inside $u.by"
    u=$way-plain
    check "${u}_fuse_overlayfs_shows_it" eval "$way bash '$scratch/user-shows' '$scratch/$u' fuse-overlayfs '$scratch/$u.by' && same_but_marks $u.tree $u.by"
  done
}

if [ "$(id -u)" = 0 ]; then as_root; else skip interchange_as_root "only root sets trusted marks"; fi
if [ -n "$test_user" ]; then as_a_user; overrides; else skip interchange_of_ordinary_users "no user to be: set OVERLAYFUSE_TEST_USER"; fi
