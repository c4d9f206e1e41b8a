#!/usr/bin/env bash
# timeout: 1200
# Many layers, few descriptors, much memory asked for and given back, file systems of all kinds, daemons that die.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$(dirname "${BASH_SOURCE[0]}")/mounts.sh"
cd "$scratch"
if [ "$(id -u)" != 0 ]; then
  skip limits "needs root: file systems to mount, caches to drop"
  exit 0
fi
m=$scratch/m
mkdir m
unmounted() { ! is_mounted "$m" && ! daemon_of "$m" >/dev/null; }
unmount() { "$OVERLAYFUSE" umount "$m" && eventually unmounted; }
after_check() { if is_mounted "$m"; then umount -l "$m" && eventually unmounted; fi; }
drop_caches() { echo 2 >/proc/sys/vm/drop_caches; }

# --- layers ---

mkdir layers up work
for i in $(seq 1000); do
  d=layers/l$i
  mkdir -p "$d/shared" && echo "$i" >"$d/only$i" && echo "$i" >"$d/top" && echo "$i" >"$d/shared/f$i"
done
stack() { seq -f "$scratch/layers/l%g" "$1"; }
layers() { # count: shows all of them, and can be written
  rm -rf up work && mkdir up work && stack "$1" >list &&
    "$OVERLAYFUSE" mount --layers list -o "upperdir=$scratch/up,workdir=$scratch/work" "$m" || return
  [ "$(cat m/top)" = 1 ] && [ "$(cat "m/only$1")" = "$1" ] && [ "$(find m/shared -type f | wc -l)" = "$1" ] && [ "$(cat m/shared/f* | sort -n | tail -n 1)" = "$1" ] &&
    ! [ -e m/none ] && echo new >m/shared/new && rm m/top && ! [ -e m/top ] && mv m/shared m/moved && [ "$(find m/moved -type f | wc -l)" = $(($1 + 1)) ] && unmount
}
for n in 1 2 50 1000; do check "layers.$n" layers "$n"; done
few_descriptors() { (ulimit -n 256 && layers 1000); }
check layers.1000_with_256_descriptors few_descriptors
few_descriptors_read_only() {
  (ulimit -n 256 && "$OVERLAYFUSE" mount --layers list "$m") || return
  ls "/proc/$(daemon_of "$m")/fd" | wc -l
  [ "$(ls "/proc/$(daemon_of "$m")/fd" | wc -l)" -lt 256 ] && [ "$(cat m/only* | sort -n | tail -n 1)" = 1000 ] && unmount
}
check layers.1000_read_only_with_256_descriptors few_descriptors_read_only
rm -rf layers up work

# --- memory ---

# Empty files on a tmpfs: quick to make, quick to take away.
mkdir many && mount -t tmpfs -o nr_inodes=1200000,size=2G none many && mkdir many/{l,u,w}
make_files() { python3 - "$@" <<'PY'
import os, sys
top, directories, files = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for d in range(directories):
    os.makedirs(f"{top}/d{d}")
    fd = os.open(f"{top}/d{d}", os.O_RDONLY)
    for f in range(files): os.close(os.open(f"file-number-{f}", os.O_CREAT | os.O_WRONLY, dir_fd=fd))
    os.close(fd)
PY
}
make_files many/l/small 100 200
mount_many() { "$OVERLAYFUSE" mount -o "lowerdir=$scratch/many/l,upperdir=$scratch/many/u,workdir=$scratch/many/w" "$m"; }
walk() {
  mount_many && find m/small -type f -size 0 | wc -l | grep -qx 20000 && rss=$(resident "$(daemon_of "$m")") && echo "$rss" >rss && [ "$rss" -lt 16384 ] || { echo "$rss KiB"; return 1; }
  unmount
}
check memory.below_16_MiB_after_walking_20000_files walk
echo "    $(cat rss 2>/dev/null) KiB"

make_files many/l/million 1000 1000
million() {
  mount_many || return
  local pid before after high
  pid=$(daemon_of "$m")
  find m/small -type f -size 0 >/dev/null && drop_caches && sleep 3
  before=$(resident "$pid")
  find m/million -type f -size 0 | wc -l | grep -qx 1000000 || return
  high=$(resident "$pid")
  local i
  for i in 1 2 3 4 5 6 7 8 9 10; do drop_caches; sleep 2; after=$(resident "$pid"); [ $((after * 10)) -gt $((before * 12)) ] || break; done
  echo "$before KiB before, $high KiB with a million known, $after KiB after" | tee figures
  [ $((after * 10)) -le $((before * 12)) ]
}
check memory.given_back_after_a_million_files million
echo "    $(cat figures 2>/dev/null)"
check memory.still_serves [ "$(find m/small -type f | wc -l)" = 20000 ]
if is_mounted "$m"; then unmount; fi
known() {
  (ulimit -n 1024 && mount_many) || return
  find m/million -type f -size 0 | wc -l | grep -qx 1000000 && ls "/proc/$(daemon_of "$m")/fd" | wc -l &&
    [ "$(ls "/proc/$(daemon_of "$m")/fd" | wc -l)" -lt 1024 ] && echo x >m/million/d999/file-number-999 && mv m/million/d5 m/moved && [ "$(ls m/moved | wc -l)" = 1000 ] && rm -rf m/million/d7 && ! [ -e m/million/d7 ] && unmount
}
check memory.a_million_known_files_with_1024_descriptors known
umount many

# --- many at once ---

crowd() {
  mkdir -p crowd/{l,u,w} && make_files crowd/l 50 50 && "$OVERLAYFUSE" mount -o "lowerdir=$scratch/crowd/l,upperdir=$scratch/crowd/u,workdir=$scratch/crowd/w" "$m" || return
  timeout 200 python3 - m <<'PY' || { echo "fails or hangs: $?"; return 1; }
import os, random, sys, threading
top, failures = sys.argv[1], []
def work(seed):
    r = random.Random(seed)
    try:
        for i in range(200):
            d, f = f"{top}/d{r.randrange(50)}", f"file-number-{r.randrange(50)}"
            own = f"{d}/own-{seed}-{i}"
            with open(own, "w") as out: out.write(own)
            os.rename(own, own + "-moved")
            assert open(own + "-moved").read() == own
            try:
                with open(f"{d}/{f}", "a") as out: out.write("x")
                os.chmod(f"{d}/{f}", 0o600)
                os.stat(f"{d}/{f}")
                os.unlink(f"{d}/{f}")
            except FileNotFoundError: pass
            os.listdir(d)
            os.unlink(own + "-moved")
    except BaseException as e: failures.append(repr(e))
threads = [threading.Thread(target=work, args=(n,)) for n in range(32)]
for t in threads: t.start()
for t in threads: t.join()
sys.exit("\n".join(failures) or 0)
PY
  find m -name 'own-*' | grep . && return 1
  unmount
}
check many.threads_change_the_same_directories crowd
rm -rf crowd

# A copy-up holds no lock that others wait for. The bound is that of a wait, not of a speed; bench/ measures.
elsewhere() { # options of the mount
  mkdir -p large/{l,u,w} && dd if=/dev/zero of=large/l/file bs=1M count=1024 status=none && make_files large/l/other 1 1000 &&
    "$OVERLAYFUSE" mount -o "lowerdir=$scratch/large/l,upperdir=$scratch/large/u,workdir=$scratch/large/w,$1" "$m" || return
  python3 - m <<'PY' | tee figures
import os, sys, threading, time
top, done = sys.argv[1], threading.Event()
took = {"looking up": [], "creating": []}
def write():
    fd = os.open(f"{top}/file", os.O_RDWR)
    os.pwrite(fd, b"x", 1 << 29)
    os.fsync(fd)
    os.close(fd)
    done.set()
def timed(what, action, *arguments):
    start = time.monotonic()
    try: return action(*arguments)
    except FileNotFoundError: pass
    finally: took[what].append(time.monotonic() - start)
t = threading.Thread(target=write)
begin = time.monotonic()
t.start()
count = 0
while not done.is_set():
    timed("looking up", os.stat, f"{top}/other/d0/file-number-{count % 1000}" if count < 1000 else f"{top}/other/missing{count}")
    os.close(timed("creating", os.open, f"{top}/other/d0/new{count}", os.O_CREAT | os.O_WRONLY, 0o644))
    count += 1
    time.sleep(0.001)
t.join()
p99 = {what: sorted(times)[len(times) * 99 // 100] * 1000 for what, times in took.items()}
whole = time.monotonic() - begin
print(f"copy-up of 1 GiB in {whole:.2f} s; meanwhile, of {count} each, 99 in 100 within " + ", ".join(f"{ms:.1f} ms {what}" for what, ms in p99.items()) + f", the worst {max(map(max, took.values())) * 1000:.1f} ms")
sys.exit(max(p99.values()) > max(1000, whole * 1000 / 3) or count < 20)
PY
  [ "${PIPESTATUS[0]}" = 0 ] && [ "$(stat -c %s m/file large/u/file | sort -u)" = 1073741824 ] && unmount
}
modes=(cached)
if [ "${OVERLAYFUSE_LONG-}" = 1 ]; then modes+=(passthrough); fi
for mode in "${modes[@]}"; do
  check "many.others_go_on_during_a_copy_up_of_1_GiB_$mode" elsewhere "data=$mode,partial=off"
  echo "    $(cat figures 2>/dev/null)"
  rm -rf large
done

# --- the life of a daemon ---

mkdir -p life/{l,u,w} && echo one >life/l/one
mount_life() { "$OVERLAYFUSE" mount -o "lowerdir=$scratch/life/l,upperdir=$scratch/life/u,workdir=$scratch/life/w${1:-}" "$m"; }
keeps_nothing() {
  mount_life || return
  local pid kept
  pid=$(daemon_of "$m")
  [ "$(readlink "/proc/$pid/cwd")" = / ] || return
  # A pipe with both ends in the daemon is its own.
  kept=$(ls -l "/proc/$pid/fd" | grep -E 'kept-open|pipe:' | awk '{ line[$NF] = $0; seen[$NF]++ } END { for (f in seen) if (seen[f] == 1) print line[f] }')
  unmount
  [ -z "$kept" ] || { echo "$kept"; return 1; }
}
check life.keeps_no_descriptor_of_its_caller keeps_nothing 9>kept-open
ends() { mount_life && echo "$1" >"m/$1" && kill "-$1" "$(daemon_of "$m")" && eventually unmounted && [ "$(cat "life/u/$1")" = "$1" ]; }
check life.ends_on_SIGTERM ends TERM
check life.ends_on_SIGINT ends INT
by_umount() { mount_life && umount m && eventually unmounted; }
check life.ends_when_unmounted_by_umount by_umount
four_times() {
  local i start
  start=$(date +%s%N)
  for i in 1 2 3 4; do mount_life && echo "$i" >"m/round$i" && "$OVERLAYFUSE" umount "$m" || { echo "round $i"; return 1; }; done
  echo "$((($(date +%s%N) - start) / 1000000)) ms" | tee figures
  mount_life && [ "$(cat m/round* | wc -l)" = 4 ] && unmount
}
check life.four_mounts_in_a_row_on_one_work_directory four_times
echo "    $(cat figures)"
killed() {
  local daemon
  mount_life && daemon=$(daemon_of "$m") && echo closed >m/closed && mkdir m/made && mv m/one m/made/renamed || return
  python3 - "$m" "$daemon" <<'PY' || return
import os, signal, sys
m, pid = sys.argv[1], int(sys.argv[2])
orphan = os.open(m + "/orphan", os.O_CREAT | os.O_RDWR); os.write(orphan, b"x" * 100000); os.fsync(orphan)
os.link(m + "/orphan", m + "/orphan2"); os.unlink(m + "/orphan"); os.unlink(m + "/orphan2")
held = os.open(m + "/held", os.O_CREAT | os.O_RDWR); os.write(held, b"x" * 100000); os.fsync(held); os.unlink(m + "/held")
synced = os.open(m + "/synced", os.O_CREAT | os.O_RDWR); os.write(synced, b"synced"); os.fsync(synced)
os.kill(pid, signal.SIGKILL)
PY
  eventually eval '! ls m >/dev/null 2>&1' && eventually are_dead "$daemon" && "$OVERLAYFUSE" umount "$m" && ! is_mounted "$m" || { echo "the dead mount stays"; return 1; }
  find life/w/overlayfuse/orphans -mindepth 1 | grep -q . || echo "no orphan was left to sweep"
  mount_life && [ "$(cat m/closed m/synced m/made/renamed)" = $'closed\nsyncedone' ] && ! ls m | grep -E 'orphan|held' && ! [ -e m/one ] && ! find life/w/overlayfuse/{orphans,temp} -mindepth 1 | grep . && unmount
}
check life.killed_and_mounted_again killed
killed_at_work() {
  local i daemon
  for i in 1 2 3; do
    mount_life || return
    (cd m && for f in $(seq 400); do echo "$f" >"work$i-$f" && mv "work$i-$f" "done$i-$f" || break; done) 2>/dev/null &
    local busy=$!
    sleep "0.$i"
    daemon=$(daemon_of "$m") && kill -KILL "$daemon" && eventually are_dead "$daemon"
    wait $busy
    "$OVERLAYFUSE" umount "$m" || return
    mount_life || return
    # Every name that is there has its bytes: each was closed before it was renamed.
    local f
    for f in m/done"$i"-*; do [ "m/done$i-$(cat "$f")" = "$f" ] || { echo "$f holds $(cat "$f")"; return 1; }; done
    ls m | grep -c "done$i"
    unmount || return
  done
}
check life.killed_while_files_are_made killed_at_work
guard() {
  rm -rf life/u life/w && mkdir life/u life/w && mount_life ,volatile && echo x >m/x && kill -KILL "$(daemon_of "$m")" && eventually eval '! ls m >/dev/null 2>&1' && "$OVERLAYFUSE" umount "$m" || return
  local said
  said=$(mount_life 2>&1) && { echo "mounts again"; return 1; }
  echo "$said"
  grep -q '^overlayfuse: .*volatile' <<<"$said" && ! is_mounted "$m" && ! grep -qE '^ +at ' <<<"$said"
}
check life.volatile_guard_after_a_crash guard
accepted() { # what the sentence of the guard says to do; it stands after a peaceful unmount too, as with kernel overlayfs
  rm -rf life/u life/w && mkdir life/u life/w && mount_life ,volatile && echo x >m/x && unmount && ! mount_life 2>said && grep -o 'remove .*/work/incompat/volatile' said &&
    rm -r life/w/work/incompat/volatile && mount_life && [ "$(cat m/x)" = x ] && unmount
}
check life.volatile_upper_taken_as_it_is accepted

# --- file systems ---

image() { # file system: mounted at fs/NAME
  local name=$1
  mkdir -p "fs/$name"
  case $name in
    tmpfs) mount -t tmpfs none fs/tmpfs ;;
    ext4) truncate -s 300M image.ext4 && mkfs.ext4 -q image.ext4 && mount -o loop image.ext4 fs/ext4 ;;
    xfs) truncate -s 400M image.xfs && mkfs.xfs -q image.xfs && mount -o loop image.xfs fs/xfs ;;
    btrfs) truncate -s 400M image.btrfs && mkfs.btrfs -q image.btrfs 2>/dev/null && mount -o loop image.btrfs fs/btrfs ;;
  esac
}
fill() {
  mkdir -p "$1/dir/sub" "$1/gone" "$1/renamed/deep" && echo "$2" >"$1/of-$2" && echo "$2" >"$1/dir/of-$2" && echo "$2" >"$1/dir/same" && echo "$2" >"$1/gone/x" && echo "$2" >"$1/renamed/deep/of-$2" &&
    head -c 300000 /dev/urandom >"$1/dir/data-$2" && ln "$1/dir/data-$2" "$1/dir/hard-$2" && ln -s "of-$2" "$1/dir/link" && truncate -s 5M "$1/sparse-$2" && setfattr -n user.kept -v "$2" "$1/dir/of-$2" && chmod 4755 "$1/of-$2"
}
kinds=()
for kind in ext4 xfs btrfs tmpfs; do
  if image "$kind" 2>said; then kinds+=("$kind") && mkdir "fs/$kind/"{l,u,w} && fill "fs/$kind/l" "$kind"; else echo "not ok fs.$kind: $(cat said)"; fi
done
mkdir -p fs/union/m fs/union/l && fill fs/union/l union && "$OVERLAYFUSE" mount -o "lowerdir=$scratch/fs/union/l" "$scratch/fs/union/m" && kinds+=(union)
layer_of() { [ "$1" = union ] && echo "$scratch/fs/union/m" || echo "$scratch/fs/$1/l"; }

# Does the same to a union and to a plain copy of what it showed; both must show the same, before and after a remount.
sequence() {
  rm -r "$1/gone" && mkdir "$1/gone" && echo new >"$1/gone/y" && mv "$1/renamed" "$1/dir/here" && mv "$1/dir/sub" "$1/sub" && chmod 640 "$1/dir/same" && echo more >>"$1/dir/same" || return
  for f in "$1"/dir/data-*; do printf XX | dd of="$f" bs=1 seek=1000 conv=notrunc status=none && truncate -s 200000 "$f" || return; done
  for f in "$1"/sparse-*; do printf XX | dd of="$f" bs=1 seek=3000000 conv=notrunc status=none || return; done
  ln -s x "$1/newlink" && mkfifo "$1/fifo" && cp -a "$1/dir" "$1/copy" && rm "$1"/dir/hard-* && setfattr -n user.kept -v changed "$1/dir/same" && chown 12:34 "$1/sub" && touch -d 2002-02-02 "$1/sub" &&
    mv --exchange "$1/gone" "$1/copy" 2>/dev/null || python3 - "$1/gone" "$1/copy" <<'PY'
import ctypes, sys
if ctypes.CDLL(None).renameat2(-100, sys.argv[1].encode(), -100, sys.argv[2].encode(), 2): sys.exit("no exchange")
PY
}
file_systems() { # upper kind, layer kinds...
  local upper=$scratch/fs/$1 lowers= before kind
  shift
  rm -rf "$upper/u" "$upper/w" plain && mkdir "$upper/u" "$upper/w" plain || return
  for kind in "$@"; do lowers+=${lowers:+:}$(layer_of "$kind"); done
  before=$(for kind in "$@"; do fingerprint "$(layer_of "$kind")"; done)
  "$OVERLAYFUSE" mount -o "lowerdir=$lowers,upperdir=$upper/u,workdir=$upper/w" "$m" && cp -a m/. plain && alike plain m || return
  sequence plain && sequence m && alike plain m && [ "$(getfattr --only-values -n user.kept m/dir/same)" = changed ] && unmount || return
  "$OVERLAYFUSE" mount -o "lowerdir=$lowers,upperdir=$upper/u,workdir=$upper/w" "$m" && alike plain m && unmount || return
  [ "$before" = "$(for kind in "$@"; do fingerprint "$(layer_of "$kind")"; done)" ] || { echo "a layer was changed"; return 1; }
}
no_acls() { # ramfs has none: that must not be an error when somebody's right is looked up
  mkdir -p fs/ramfs && mount -t ramfs none fs/ramfs && mkdir fs/ramfs/d && echo seen >fs/ramfs/d/f && "$OVERLAYFUSE" mount -o "lowerdir=$scratch/fs/ramfs,allow_other" "$m" && [ "$(as_user cat "$m/d/f")" = seen ] && unmount && umount fs/ramfs
}
check fs.layer_without_acls no_acls
cut_below_a_clone() { # xfs: a cut that was broken off left a metacopy shorter than what it has its bytes from
  local fs=$scratch/fs/xfs
  rm -rf "$fs/u" "$fs/w" && mkdir "$fs/u" "$fs/w" && "$OVERLAYFUSE" mount -o "lowerdir=$fs/l,upperdir=$fs/u,workdir=$fs/w" "$m" && chmod 600 m/dir/data-xfs && unmount && getfattr -n trusted.overlay.metacopy "$fs/u/dir/data-xfs" >/dev/null &&
    truncate -s 5000 "$fs/u/dir/data-xfs" && "$OVERLAYFUSE" mount -o "lowerdir=$fs/l,upperdir=$fs/u,workdir=$fs/w" "$m" && printf XX | dd of=m/dir/data-xfs bs=1 conv=notrunc status=none && unmount || return
  { printf XX && head -c 5000 "$fs/l/dir/data-xfs" | tail -c +3; } | cmp - "$fs/u/dir/data-xfs"
}
[[ " ${kinds[*]} " != *" xfs "* ]] || check fs.metacopy_cut_before_its_bytes_are_shared cut_below_a_clone
for upper in "${kinds[@]}"; do
  [ "$upper" != union ] || continue
  for lower in "${kinds[@]}"; do
    # All of them are below the mixed one; each pair by itself takes long.
    if [ "${OVERLAYFUSE_LONG-}" = 1 ] || [ "$lower" = "$upper" ] || [ "$lower" = union ]; then check "fs.upper_${upper}_over_$lower" file_systems "$upper" "$lower"; fi
  done
  check "fs.upper_${upper}_over_all_mixed" file_systems "$upper" "${kinds[@]}"
done
"$OVERLAYFUSE" umount "$scratch/fs/union/m"
upper_in_union() { # a union as upper of another
  mkdir -p nest/{l,u,w,m,l2} && fill nest/l nest && fill nest/l2 second && "$OVERLAYFUSE" mount -o "lowerdir=$scratch/nest/l,upperdir=$scratch/nest/u,workdir=$scratch/nest/w" "$scratch/nest/m" && mkdir nest/m/{u,w} || return
  "$OVERLAYFUSE" mount -o "lowerdir=$scratch/nest/l2,upperdir=$scratch/nest/m/u,workdir=$scratch/nest/m/w" "$m" && rm -rf plain && mkdir plain && cp -a m/. plain && sequence plain && sequence m && alike plain m && unmount && "$OVERLAYFUSE" umount "$scratch/nest/m"
}
check fs.a_union_as_upper_of_a_union upper_in_union
