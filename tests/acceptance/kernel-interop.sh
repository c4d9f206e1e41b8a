#!/usr/bin/env bash
# timeout: 400
# One sequence of changes, made through our union and through kernel overlayfs: every step ends alike, the trees are alike, and what one
# has written the other shows.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$(dirname "${BASH_SOURCE[0]}")/tree.sh"
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

# --- the layers: directories that merge, marks in the middle, everything a file can be ---

make_layers() {
  mkdir low mid top
  (
    cd low || exit
    mkdir -p merged/{one,two}/deep gone replaced/sub opaque/old solid/a/b/c tree/{x,y,z}/1/2 empty-here acl setgid sticky over victim
    for i in merged/low merged/both merged/one/f merged/one/deep/f merged/two/f merged/two/deep/f gone/f replaced/f replaced/sub/f \
      opaque/old/f opaque/f solid/f solid/a/f solid/a/b/f solid/a/b/c/f tree/{x,y,z}/{f,1/f,1/2/f} file deleted chmod chown append truncate grow \
      rewrite touch owned cap suid acl/f rename-me rename-over target exchange1 readonly whited over/f victim/f sticky/f xattrs noreplace; do echo "low $i" >"$i"; done
    dd if=/dev/urandom of=big bs=64K count=32 status=none
    truncate -s 8M sparse && printf data | dd of=sparse bs=1 seek=5M conv=notrunc status=none
    ln -s x hard-symlink1 && ln hard-symlink1 hard-symlink2
    echo linked >link1 && ln link1 link2 && ln link1 merged/link3
    ln -s file symlink && ln -s nowhere/at/all dangling && ln -s merged symlink-to-directory
    mkfifo fifo && mknod block b 7 99 && mknod char c 1 3
    : >zero
    printf 'latin\n' >$'caf\xe9' && mkdir $'dir\xff\xfe' && echo odd >$'dir\xff\xfe/new\nline' && echo blank >'a blank "quoted" \name'
    : >"$(printf 'n%.0s' {1..255})"
    deep=. && for i in {1..60}; do deep=$deep/directory$i; done && mkdir -p "$deep" && echo bottom >"$deep/f"
    chown 1001:1002 owned && chmod 4755 suid && chmod 444 readonly && chgrp 1003 setgid && chmod 2775 setgid && chmod 1777 sticky
    setcap cap_net_bind_service+ep cap && setfacl -m u:1004:rwx,g:1005:r acl acl/f && setfacl -d -m u:1004:rwx,g:1006:rx acl
    setfattr -n user.colour -v red xattrs && setfattr -n trusted.secret -v s xattrs && setfattr -n user.dir -v d merged
    chown -R 1007:1007 tree
  ) || return
  (
    cd mid || exit
    mkdir -p merged/one/deep opaque solid/a empty-here/only replaced
    for i in merged/mid merged/both merged/one/mid merged/one/deep/mid opaque/new solid/a/mid replaced/mid; do echo "mid $i" >"$i"; done
    setfattr -n trusted.overlay.opaque -v y opaque
    mknod whited c 0 0 && mknod gone c 0 0 && mknod merged/two c 0 0
    mknod solid/a/f c 0 0 && mknod empty-here/nothing c 0 0
    chmod 750 merged/one && chown 1001:1001 merged/one/deep
  ) || return
  (
    cd top || exit
    mkdir -p merged/three replaced merged/one
    for i in merged/top merged/three/f replaced/top merged/one/top; do echo "top $i" >"$i"; done
    echo "a file over a directory" >over-file
  ) || return
  # A layer that was once an upper: redirected directories, metacopies, an opaque one.
  mkdir made work m
  mount -t overlay overlay -o metacopy=on,redirect_dir=on,lowerdir=top:mid:low,upperdir=made,workdir=work m || return
  (cd m && mv solid moved-below && mv moved-below/a moved-below/a2 && chmod 600 grow && mv chown chowned-below && chown 7:7 chowned-below && rm -r victim && mkdir victim) || return
  umount m && rm -rf work
  find low mid top made -exec touch -h -d '2024-03-04 05:06:07.123456789' {} +
}
check layers_are_made make_layers
layers=made:top:mid:low

# --- the sequence: one command a line, run in the mounted tree ---

exchange() { perl -e 'syscall(316, -100, $ARGV[0], -100, $ARGV[1], $ARGV[2] + 0) == 0 or die "$!\n"' "$1" "$2" "${3:-2}"; }
user() { setpriv --reuid 1234 --regid 1234 --clear-groups -- "$@"; }
export -f exchange user

cat >first <<'END'
chmod 640 chmod
chmod 751 merged
chown 11:12 chown
chown -h 3:4 symlink
chmod u+s target
touch -d '2020-01-02 03:04:05.678901234' touch
touch -h -d '2021-01-02 03:04:05.5' dangling
echo more >>append
echo more >>grow
truncate -s 3 truncate
truncate -s 100000 touch
truncate -s 0 zero
echo replaced >rewrite
printf abc | dd of=big bs=1 seek=1000000 conv=notrunc status=none
truncate -s 1500000 big
printf tail | dd of=sparse bs=1 seek=7M conv=notrunc status=none
cat grow chowned-below
mv grow grown
mv target new-target
rm deleted
rm deleted
echo again >deleted
rm whited
echo "over a whiteout" >whited
mkdir gone
mkdir gone
echo n >gone/new
ls gone
rm -r replaced
ls replaced
mkdir replaced
ls -A replaced
echo n >replaced/new
rmdir merged
rmdir empty-here
rm -r empty-here/only
rmdir empty-here
mkdir empty-here
rm file
mkdir file
echo inside >file/inside
rm -r over
echo "file over directory" >over
rm rename-me/x
mv rename-me renamed
mv renamed renamed-again
mv -T rename-over new-target
mv -T merged/both merged/one
mv -T merged/one merged/both
mv merged/top merged/one/moved
mv merged/one merged/uno
mv merged/uno merged/uno2
ls merged/uno2
cat merged/uno2/f merged/uno2/mid merged/uno2/top merged/uno2/deep/f merged/uno2/deep/mid
echo n >>merged/uno2/deep/f
mv merged/uno2 uno3
mv uno3/deep deep-moved
find deep-moved uno3 | sort
mkdir merged/one
echo fresh >merged/one/f
ls -A merged/one
mv tree/x tree/y/into
mv tree/y tree2
mv tree2/into/1 tree/one
find tree tree2 | sort
mv tree2 tree/y
rm -r tree/y/into/f tree/y/1
mv moved-below moved-twice
mv moved-twice/a2 a3
find moved-twice a3 | sort
cat a3/b/c/f a3/mid
mv opaque opaque2
ls -A opaque2
mkdir opaque
mv -T opaque opaque2
mv -T noreplace merged
exchange exchange1 merged
ls -A exchange1
cat merged
exchange exchange1 merged
exchange a3 opaque2
ls -A a3 opaque2
exchange grown tree
ls -A grown
exchange grown nowhere
exchange zero merged 1
exchange noreplace noreplace2 1
exchange touch touched 4
exchange touch merged 3
ln chmod chmod-link
echo both >>chmod-link
cat chmod
stat -c %h chmod
ln link1 link4
ln symlink symlink-link
ln merged merged-link
ln link1 chmod
chown -h 5:6 hard-symlink1
rm hard-symlink2
readlink hard-symlink1
ls hard-symlink2
chmod 611 truncate
mv truncate hard1
ln hard1 hard2
mv hard2 tree2-hard
cat hard1 tree2-hard
ln -s /absolute/target new-symlink
ln -s "$(printf 'l%.0s' {1..4000})" long-symlink
ln -sfn other symlink
setfattr -n user.colour -v blue xattrs
setfattr -x trusted.secret xattrs
setfattr -x user.missing xattrs
setfattr -n user.new -v new merged/low
setfattr -n user.big -v "$(printf 'v%.0s' {1..2000})" append
setfattr -n trusted.overlay.opaque -v n append
setfattr -n trusted.overlay.overlay.deep -v n append
getfattr -d -m - append
setfattr -n security.test -v t append
setfattr -n user.on-link -v v -h dangling
setcap cap_chown+ep chmod
getcap cap chmod
chmod 711 cap
getcap cap
echo x >>cap
getcap cap
user sh -c 'echo x >>suid'
chmod 4777 suid
user sh -c 'echo x >>suid'
stat -c %a suid
setfacl -m u:1010:rw acl/f
setfacl -d -m u:1011:rwx acl
touch acl/new
mkdir acl/newdir
getfacl -np acl acl/f acl/new acl/newdir
chmod 700 acl/f
getfacl -np acl/f
setfacl -b acl
touch setgid/f
mkdir setgid/d
stat -c '%a %g' setgid/f setgid/d
user touch sticky/mine
user rm sticky/f
user rm sticky/mine
user mv sticky/f sticky/g
user touch setgid/no
user touch merged/no
user chmod 777 owned
user cat readonly
user sh -c 'echo x >readonly'
echo root >>readonly
mkfifo fifo2
mknod whiteout c 0 0
mknod null c 1 3
mknod block2 b 8 1
chmod 600 block
rm fifo
rm char
mv block block-moved
mv fifo2 char
echo n >$'dir\xff\xfe/more\xfe'
mv $'caf\xe9' $'caf\xe9-moved'
mv $'dir\xff\xfe' $'moved\xff'
chmod 600 $'moved\xff/new\nline'
chmod 600 'a blank "quoted" \name'
mv "$(printf 'n%.0s' {1..255})" "$(printf 'm%.0s' {1..255})"
touch "$(printf 'x%.0s' {1..256})"
d=.; for i in {1..60}; do d=$d/directory$i; done; echo n >>$d/f; echo n >$d/g
mv directory1/directory2 directory1/second
mv directory1 first
mv victim victim2
ls -A victim2
mkdir victim
echo n >victim/n
mv victim/n victim2/n
rmdir victim
rmdir victim
mkdir -p new/a/b/c
echo n >new/a/b/c/f
mv new/a new/z
mv new newer
mv newer/z/b merged/from-new
mv merged merged/one
mv merged tree/merged-moved
mv merged grown/merged-moved
find grown/merged-moved | sort
rm -r grown/merged-moved/three
mkdir grown/merged-moved/three
ls -A grown/merged-moved/three
cp -a grown/merged-moved copy
cp -a --sparse=always sparse sparse-copy
fallocate -o 1M -l 1M -p rewrite
fallocate -l 200K rewrite
rm -r copy/one
END

cat >second <<'END'
chmod 604 chmod
echo second >>tree
echo second >>chowned-below
cat chowned-below tree
mv opaque2 opaque3
mv grown/merged-moved merged
find merged | sort
mv merged/two nothing
mv exchange1 merged/low
rm -r deep-moved
mkdir deep-moved
ls -A deep-moved
mv first/second/directory3 third
d=third; for i in {4..60}; do d=$d/directory$i; done; cat $d/f $d/g; echo o >>$d/f
mv third/directory4 first/second/directory3
ls -A first/second
rm -r first/second
mkdir first/second
mv a3 uno3/a3
mv uno3 a3
find a3 | sort
exchange a3 gone
ls -A gone a3
rm -r gone
mv whited gone
cat link4 hard1 tree2-hard
echo second >>tree2-hard
cat hard1
echo second >>chmod-link
cat chmod
rm over
mkdir over
ls -A over
rm -r file
echo file >file
echo second >>readonly
truncate -s 10 sparse
truncate -s 20 big
mv $'moved\xff' $'moved\xfe'
ls $'moved\xfe' | cat -v
rm -r replaced
mkdir -p replaced/sub
ls -A replaced/sub
chmod 700 xattrs
mv moved-twice solid
ls -A solid
mv solid moved-below
rm zero deleted
rm -rf moved-below merged copy
mkdir merged
ls -A merged
ls -A
END

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
  [ $data = passthrough ] || slack=0.05
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
