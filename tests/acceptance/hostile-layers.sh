#!/usr/bin/env bash
# timeout: 900
# What is broken or hostile in a layer harms only itself, the daemon never leaves a layer, and a union may lie within its own layer.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$(dirname "${BASH_SOURCE[0]}")/mounts.sh"
cd "$scratch"
if [ "$(id -u)" != 0 ]; then
  skip hostile_layers "needs root: marks of the trusted family, mounts inside layers, device nodes"
  exit 0
fi
cp "$OVERLAYFUSE" program # the sources may lie where the user cannot go
export program=$scratch/program m=$scratch/m
after_check() { while is_mounted "$m" && umount -l "$m"; do :; done; }
mkdir area area/{a,u,w} m
echo one >area/a/one
a=$scratch/area/a u=$scratch/area/u w=$scratch/area/w

# --- what is not mounted leaves nothing in the work directory ---

state() { (cd area && find . -printf '%P %y %m %U %s\n' | sort && getfattr -R -h -d -m - . 2>/dev/null); }
leaves_nothing() { # options, mount point
  local before said
  before=$(state)
  ! said=$("$program" mount -o "$1" "$2" 2>&1) && grep -q '^overlayfuse: ' <<<"$said" && diff <(echo "$before") <(state) || { echo "$said"; return 1; }
}
check leaves_nothing.without_a_layer leaves_nothing "lowerdir=$a:$a-none,upperdir=$u,workdir=$w" "$m"
check leaves_nothing.without_a_mount_point leaves_nothing "lowerdir=$a,upperdir=$u,workdir=$w" "$a/one"
check leaves_nothing.of_volatile leaves_nothing "lowerdir=$a,upperdir=$u,workdir=$w,volatile" "$a/one"
check leaves_nothing.with_options_that_contradict leaves_nothing "lowerdir=$a,upperdir=$u,workdir=$w,data=passthrough,writeback=on" "$m"

weak() { # a file system without extended attributes: said what is used instead, and it works
  mkdir weak && mount -t ramfs none weak && mkdir weak/{u,w} || return
  local said
  said=$("$program" mount -o "lowerdir=$a,upperdir=weak/u,workdir=weak/w" "$m" 2>&1) || { echo "$said"; return 1; }
  echo "$said"
  grep -q 'extended attributes' <<<"$said" && rm m/one && [ -z "$(ls m)" ] && "$program" umount m && "$program" mount -o "lowerdir=$a,upperdir=weak/u,workdir=weak/w" "$m" && [ -z "$(ls m)" ] && "$program" umount m
}
check an_upper_without_extended_attributes_says_what_it_does weak

# --- marks that are broken: an error for that object, the rest works ---

mkdir -p marks/{l1,l2,u,w}
(
  cd marks
  for d in long dotdot middle empty nul void relative; do mkdir "l1/$d" && mkdir "l2/$d" && echo below >"l2/$d/file"; done
  mkdir l1/good l2/good && echo good >l1/good/file && echo below >l2/good/more
  setfattr -n trusted.overlay.opaque -v yes l1/long
  setfattr -n trusted.overlay.redirect -v ../../etc l1/dotdot
  setfattr -n trusted.overlay.redirect -v /good/../../etc l1/middle
  setfattr -n trusted.overlay.redirect -v /good//file l1/empty
  setfattr -n trusted.overlay.redirect -v 0x2f676f6f640065 l1/nul
  setfattr -n trusted.overlay.redirect -v '' l1/void
  setfattr -n trusted.overlay.redirect -v good/file l1/relative
  truncate -s 100 l1/meta l1/meta-version && echo below >l2/meta
  setfattr -n trusted.overlay.metacopy -v 0x0002 l1/meta
  setfattr -n trusted.overlay.metacopy -v 0x07040000 l1/meta-version
  echo x >u/origin-magic
  setfattr -n trusted.overlay.origin -v 0x00aa15000100000000000000000000000000000000 u/origin-magic
  mkdir u/upper-redirect && setfattr -n trusted.overlay.redirect -v /.. u/upper-redirect
  echo x >u/good && mv u/good u/fine
)
fails_with() { # errno, python expression on m
  python3 - "$scratch/m" "$1" <<PY
import errno, os, sys
m = sys.argv[1]
try:
    $2
except OSError as error:
    name = errno.errorcode[error.errno]
    sys.exit(0 if name == sys.argv[2] else f"fails with {name}")
sys.exit("succeeds")
PY
}
"$program" mount -o "lowerdir=marks/l1:marks/l2,upperdir=marks/u,workdir=marks/w" m
check marks.opaque_longer_than_a_byte fails_with EIO 'os.listdir(m + "/long")'
for d in dotdot empty nul void relative; do check "marks.redirect_$d" fails_with EINVAL "os.listdir(m + '/$d')"; done
for d in middle upper-redirect; do check "marks.redirect_$d" fails_with EACCES "os.listdir(m + '/$d')"; done
check marks.metacopy_of_two_bytes fails_with EIO 'open(m + "/meta").read()'
check marks.metacopy_of_another_version fails_with EIO 'open(m + "/meta-version").read()'
check marks.origin_with_wrong_magic fails_with EIO 'os.stat(m + "/origin-magic")'
rest() {
  ls m >/dev/null && [ "$(cat m/good/file m/good/more m/fine)" = $'good\nbelow\nx' ] && echo new >m/good/new && rm m/good/more && mv m/good m/moved && [ "$(ls m/moved | tr '\n' ' ')" = 'file new ' ] &&
    ! rm -rf m/long 2>/dev/null && daemon_of "$scratch/m"
}
check marks.the_rest_works rest
"$program" umount m

# --- hostile layers: the daemon never leaves a layer ---

mkdir -p outside hostile/{l1,l2,u,w}
echo tell-tale >outside/secret
mkdir outside/dir && echo tell-tale >outside/dir/secret
(
  cd hostile
  ln -s "$scratch/outside" l2/link
  ln -s "$scratch/outside/secret" l2/secret-link
  for d in to-link through-link; do mkdir "l1/$d"; done
  setfattr -n trusted.overlay.redirect -v /link l1/to-link
  setfattr -n trusted.overlay.redirect -v /link/dir l1/through-link
  for f in meta-link meta-through meta-up; do truncate -s 7 "l1/$f" && setfattr -n trusted.overlay.metacopy -v '' "l1/$f"; done
  setfattr -n trusted.overlay.redirect -v /secret-link l1/meta-link
  setfattr -n trusted.overlay.redirect -v /link/secret l1/meta-through
  setfattr -n trusted.overlay.redirect -v /../outside/secret l1/meta-up
  mkdir -p l2/swapped/dir l2/early && echo inside >l2/swapped/dir/secret && echo inside >l2/early/secret
  ln -s "$scratch/outside" l1/dir && mkdir l2/dir && echo inside >l2/dir/file
  mknod l1/null c 1 3 && mknod l1/disk b 7 99 && mkfifo l1/fifo && python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("l1/socket")'
  long=$(printf 'n%.0s' $(seq 255))
  echo long >"l1/$long" && mkdir "l2/${long/n/d}" && echo x >$'l1/not\xffutf8' && mkdir $'l2/\xfe\xfd' && echo y >$'l2/\xfe\xfd/z' && echo nl >$'l1/new\nline'
  touch l1/.wh. l1/.wh..wh. && mkdir l1/.wh..wh..opq l1/.wh.gone && echo gone >l2/gone && ln -s /etc l1/.wh.linked && echo x >l2/linked && touch "l1/.wh.${long:4}" && echo x >"l2/${long:4}"
  touch l1/.wh..wh..plnk l1/.wh..wh.aufs l1/.wh./ 2>/dev/null
)
before=$(manifest hostile/l1 && manifest hostile/l2)
"$program" mount -o "lowerdir=hostile/l1:hostile/l2,upperdir=hostile/u,workdir=hostile/w" m
no_secret() { # command...: may fail, must end, and must not tell the secret
  local said
  said=$(timeout 20 "$@" 2>&1)
  [ $? != 124 ] && ! grep -q tell-tale <<<"$said" || { echo "$said"; return 1; }
}
for d in to-link through-link; do check "hostile.redirect_$d" no_secret ls "m/$d/"; check "hostile.file_$d" no_secret cat "m/$d/dir/secret"; done
for f in link through up; do check "hostile.metacopy_redirect_$f" no_secret cat "m/meta-$f"; check "hostile.metacopy_copy_up_$f" no_secret bash -c "echo x >>m/meta-$f; cat m/meta-$f"; done
a_link_hides() { [ "$(readlink m/dir)" = "$scratch/outside" ] && rm m/dir && ! [ -e m/dir ] && mkdir m/dir && [ -z "$(ls m/dir)" ]; }
check hostile.a_link_in_place_of_a_directory a_link_hides
# The links lead outside from where they stand in the layer, and nowhere from where they show in the union.
swap() {
  ls m/swapped/dir >/dev/null
  mv hostile/l2/swapped/dir hostile/l2/swapped/away && ln -s ../../../outside hostile/l2/swapped/dir || return
  mv hostile/l2/early hostile/l2/early-away && ln -s ../../outside hostile/l2/early || return
  no_secret cat m/swapped/dir/secret && no_secret cat m/early/secret && no_secret bash -c 'echo 2 >/proc/sys/vm/drop_caches; for d in swapped/dir early; do cat m/$d/secret; echo x >>m/$d/secret; echo x >m/$d/new; ls m/$d/; cat m/$d/secret; done' &&
    [ "$(cat outside/secret outside/dir/secret)" = $'tell-tale\ntell-tale' ] && ! [ -e outside/new ] || return
  local bad=0
  rm hostile/l2/swapped/dir hostile/l2/early && mv hostile/l2/swapped/away hostile/l2/swapped/dir && mv hostile/l2/early-away hostile/l2/early && return $bad
}
check hostile.directories_swapped_for_links_while_mounted swap
specials() {
  [ "$(stat -c '%F %t:%T' m/null)" = "character special file 1:3" ] && [ "$(stat -c %F m/disk)" = "block special file" ] && [ -p m/fifo ] && [ -S m/socket ] &&
    timeout 10 chmod 600 m/fifo m/socket m/disk m/null && [ "$(stat -c %t:%T m/disk)" = 7:63 ] && timeout 10 mv m/fifo m/pipe && echo x >m/null && rm m/pipe m/socket m/disk m/null
}
check hostile.device_nodes_and_fifos specials
odd_names() {
  local long
  long=$(printf 'n%.0s' $(seq 255))
  [ "$(cat "m/$long" $'m/not\xffutf8' $'m/\xfe\xfd/z' $'m/new\nline')" = $'long\nx\ny\nnl' ] || return
  mv "m/$long" $'m/\xc0\xaf' && mv $'m/\xc0\xaf' "m/${long/n/x}" && mv "m/${long/n/d}" "m/${long/n/e}" && rmdir "m/${long/n/e}" && rm $'m/not\xffutf8' && rm -r $'m/\xfe\xfd' && rm $'m/new\nline' &&
    ! touch "m/${long}n" 2>/dev/null && touch "m/${long/n/y}" && ! [ -e "m/$long" ] && ! [ -e $'m/\xfe\xfd' ] && ls -la m >/dev/null
}
check hostile.names_of_any_bytes_and_255_of_them odd_names
oci() {
  ls -la m >/dev/null && ! ls -a m | grep -F .wh. && ! [ -e m/.wh. ] && ! [ -e m/.wh.gone ] && ! touch m/.wh.made 2>/dev/null && ! mkdir m/.wh..wh..opq 2>/dev/null && ! mv m/meta-up m/.wh.x 2>/dev/null && daemon_of "$scratch/m"
}
check hostile.oddities_of_oci_whiteouts oci
check hostile.umount "$program" umount m
check hostile.the_layers_are_unchanged [ "$before" = "$(manifest hostile/l1 && manifest hostile/l2)" ]
check hostile.nothing_outside_was_touched [ "$(cat outside/secret outside/dir/secret | tr '\n' ' ')" = 'tell-tale tell-tale ' ]

# --- a union within its own layer, and mounts inside layers ---

echo hidden >covering
within() { # name, command prefix...
  local name=$1 top=$scratch/within-$1
  shift
  mkdir -p "$top"/{m,u,w,mnt,plain} && echo below >"$top/mnt/below" && echo plain >"$top/plain/file" && echo below >"$top/plain/bound" && chown -R "$test_user:" "$top"
  if [ "$name" = user ]; then mount -t tmpfs none "$top/mnt" && echo hidden >"$top/mnt/inside" && mount --bind "$scratch/covering" "$top/plain/bound"; fi
  export top covering=$scratch/covering
  "$@" bash -c '
    # A mount inside the layer: by root before, or here when we may.
    [ "$(id -u)" != 0 ] || { mount -t tmpfs none "$top/mnt" && echo hidden >"$top/mnt/inside"; mount --bind "$covering" "$top/plain/bound"; }
    "$program" mount -o "lowerdir=$top,upperdir=$top/u,workdir=$top/w" "$top/m" || exit
    timeout 60 find "$top/m" >/dev/null || { echo "the walk fails or hangs: $?"; exit 1; }
    [ -d "$top/m/m" ] && [ -z "$(ls -A "$top/m/m")" ] || { echo "the own mount point is not an empty directory"; exit 1; }
    [ -d "$top/m/mnt" ] && [ -z "$(ls -A "$top/m/mnt")" ] || { echo "a mount point is not an empty directory:"; ls -A "$top/m/mnt"; exit 1; }
    [ -e "$top/m/plain/bound" ] && [ -z "$(cat "$top/m/plain/bound")" ] || { echo "a bound file is not empty"; exit 1; }
    ! rmdir "$top/m/m" 2>/dev/null && echo new >"$top/m/plain/new" && [ -e "$top/u/plain/new" ] && timeout 10 ls -R "$top/m/u" "$top/m/w" >/dev/null
    code=$?
    "$program" umount "$top/m" || code=1
    exit $code'
}
as_root_within() { within root unshare -m --propagation private; }
as_user_within() { within user runuser -u "$test_user" --; }
in_namespace_within() { within namespace runuser -u "$test_user" -- unshare -Urm; }
check within.as_root as_root_within
check within.as_user as_user_within
check within.in_a_namespace in_namespace_within

slash() {
  rm -rf marks hostile # their errors are not of this walk
  mkdir -p slash/{u,w,m} && "$program" mount -o "lowerdir=/,upperdir=slash/u,workdir=slash/w" slash/m || return
  local own=$scratch/slash/m$scratch/slash/m
  [ -d "$own" ] && [ -z "$(ls -A "$own")" ] && [ -z "$(ls -A slash/m/proc)" ] && [ -z "$(ls -A slash/m/sys)" ] && [ -e slash/m/usr/bin/env ] || { ls -A "$own" slash/m/proc | head; return 1; }
  timeout 500 find slash/m -xdev 2>&1 >walked | grep -v 'No such file' | head -n 5 >errors
  local code=${PIPESTATUS[0]}
  [ "$code" != 124 ] || { echo "the walk hangs or takes more than 500 s"; return 1; }
  wc -l <walked
  ! [ -s errors ] || { cat errors; return 1; }
  "$program" umount slash/m
}
check within.the_root_directory_as_layer slash
