# The layers and the sequence of changes that kernel-interop.sh makes through both engines. Sourced in an empty directory, not run.

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
