#!/usr/bin/env bash
# timeout: 600
# A tree of several thousand files owned by an ordinary user, mounted by that user through fusermount3 and in a user namespace.
# What is done in the union is done to a plain copy of the tree too; both must show the same, before and after a remount.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$(dirname "${BASH_SOURCE[0]}")/mounts.sh"

if [ $# = 0 ]; then
  # Files of somebody else, open to all: only root can make them.
  if [ "$(id -u)" = 0 ]; then
    mkdir "$scratch/foreign" "$scratch/foreign/theirs" "$scratch/foreign/mine"
    echo theirs | tee "$scratch/foreign/theirs/open" "$scratch/foreign/mine/theirs" >/dev/null
    chmod 666 "$scratch/foreign/theirs/open" "$scratch/foreign/mine/theirs"
    chmod 777 "$scratch/foreign/theirs"
    echo mine >"$scratch/foreign/mine/own"
    chown "$test_user:" "$scratch/foreign" "$scratch/foreign/mine" "$scratch/foreign/mine/own"
    export FOREIGN=$scratch/foreign
  fi
  export OVERLAYFUSE TMPDIR=/tmp
  home=$scratch/home
  mkdir "$home"
  [ "$(id -u)" != 0 ] || chown "$test_user" "$home"
  as_user env "HOME=$home" bash "${BASH_SOURCE[0]}" fusermount3 || echo "not ok fusermount3: not run to its end"
  as_user env "HOME=$home" unshare -Urm bash "${BASH_SOURCE[0]}" namespace || echo "not ok namespace: not run to its end"
  exit 0
fi

how=$1
cd "$scratch"
git config --global user.name Tester
git config --global user.email tester@example.org
git config --global safe.directory '*'
git config --global advice.detachedHead false

# --- the tree ---

plant() {
  mkdir lower plain upper work merged
  (
    cd lower
    for d in $(seq -w 0 19); do
      mkdir -p "d$d/sub" "d$d/readonly"
      for f in $(seq -w 0 79); do echo "$d/$f" >"d$d/f$f"; done
      for f in $(seq 20); do echo "sub $d/$f" >"d$d/sub/f$f"; done
      echo locked >"d$d/readonly/file"
      ln -s ../f00 "d$d/sub/link"
      ln "d$d/f01" "d$d/sub/hard"
      chmod 444 "d$d/f02" "d$d/readonly/file"
      chmod 555 "d$d/readonly"
    done
    mkdir -p big/inner
    for f in $(seq 4000); do echo "$f" >"big/f$f"; done
    for f in $(seq 1000); do : >"big/inner/f$f"; done
    head -c 64M /dev/urandom >large
    mkdir -p meta repository
    for f in 1 2 3 4; do head -c 1M /dev/urandom >"meta/f$f"; done
    cd repository
    git init -q -b main .
    mkdir src
    for f in $(seq 200); do echo "source $f" >"src/$f.c"; done
    git add -A
    git commit -q -m one
    git gc -q
    for f in $(seq 40); do echo "loose $f" >>"src/$f.c"; done
    git commit -qam two
  )
  mkdir -p pack/ro
  echo one >pack/ro/one
  echo two >pack/ro/two
  ln pack/ro/one pack/ro/again
  chmod 444 pack/ro/*
  chmod 555 pack/ro
  tar -cf pack.tar pack
  cp -a lower/. plain
}
plant
before=$(fingerprint lower)

mount_union() { "$OVERLAYFUSE" mount -o "lowerdir=$scratch/lower,upperdir=$scratch/upper,workdir=$scratch/work" "$scratch/merged"; }
unmount_union() { "$OVERLAYFUSE" umount "$scratch/merged"; }
gone() { ! is_mounted "$scratch/merged" && ! daemon_of "$scratch/merged" >/dev/null; }

check "$how.mount" mount_union
is_mounted "$scratch/merged" || exit 1
check "$how.shows_the_layer" alike plain merged

# --- whole jobs, in both trees ---

both() { # NAME COMMAND...: the command with the root of each tree as its last word, then compares
  local name=$1
  shift
  check "$how.$name" in_both "$@"
}
in_both() { { "$@" plain || { echo "fails in a plain directory"; return 1; }; } && "$@" merged && alike plain merged; }

remove() { rm -rf "$1/d00/sub" "$1/d00"/f* "$1/d01/sub"; }
both rm_rf remove
remove_locked() { chmod u+w "$1/d02/readonly" && rm -rf "$1/d02"; }
both rm_rf_of_readonly_directories remove_locked
recreate() { mkdir "$1/d02" && echo new >"$1/d02/f00" && ! [ -e "$1/d02/f01" ]; }
both a_directory_made_anew_is_empty recreate

mv plain/big plain/moved
took "$how.mv_of_a_lower_directory_of_5000_files" 20000 mv merged/big merged/moved
check "$how.mv_shows_the_same" alike plain merged
nothing_copied() { local kilobytes; kilobytes=$(data_of upper/moved) && [ "$kilobytes" = 0 ] && getfattr -d -m user.overlay upper/moved | grep redirect; }
check "$how.mv_copies_nothing_and_leaves_a_redirect" nothing_copied
move_on() { mv "$1/moved/inner" "$1/d03/inner" && mv "$1/d03/inner/f1" "$1/d03/first" && mv "$1/moved" "$1/d04/moved" && mkdir "$1/big" && echo x >"$1/big/f1"; }
both mv_across_parents move_on
move_readonly() { mv "$1/d05/readonly" "$1/d05/renamed" && chmod 755 "$1/d05/renamed"; }
both mv_of_a_0555_directory move_readonly
readonly_directories() {
  chmod u+w "$1/d18/readonly" && rm "$1/d18/readonly/file" && chmod 555 "$1/d18/readonly" && rmdir "$1/d18/readonly" &&
    mkdir -m 555 "$1/d18/readonly" && [ -z "$(ls "$1/d18/readonly")" ] && rmdir "$1/d18/readonly" && mkdir -m 555 "$1/d18/readonly" "$1/d18/empty" &&
    mkdir "$1/d18/full" && echo x >"$1/d18/full/x" && mv -T "$1/d18/full" "$1/d18/empty"
}
both rmdir_and_mkdir_of_0555_directories readonly_directories

chmod 600 plain/large && chmod -R go= plain/meta
took "$how.chmod_of_64_MiB" 20000 chmod 600 merged/large
check "$how.chmod_R" chmod -R go= merged/meta
metadata_only() {
  local kilobytes
  kilobytes=$(data_of upper/meta) && [ "$kilobytes" -lt 64 ] && [ "$(stat -c %b upper/large)" -lt 64 ] && [ "$(stat -c %s:%a upper/large)" = 67108864:600 ] || { echo "$kilobytes KiB"; ls -ls upper/large upper/meta; return 1; }
  [ "$(stat -c %b merged/large)" = "$(stat -c %b lower/large)" ] || { stat -c '%n %b blocks' merged/large lower/large; return 1; }
}
check "$how.chmod_copies_no_data" metadata_only
check "$how.chmod_shows_the_same" alike plain merged
chmod_tree() { chmod -R a-w "$1/d06" && chmod -R u+w,go-rwx "$1/d06" && chmod -R a+rX "$1/d06"; }
both chmod_R_to_readonly_and_back chmod_tree
after_metacopy() { printf 'X' | dd of="$1/large" bs=1 seek=1000 conv=notrunc status=none && truncate -s 33M "$1/large" && echo tail >>"$1/meta/f1" && : >"$1/meta/f2"; }
both writing_after_chmod after_metacopy
touch_tree() { find "$1/d07" -exec touch -h -d '2001-02-03 04:05:06' {} + && [ "$(stat -c %Y "$1/d07/f02" "$1/d07/sub" "$1/d07/sub/link" | sort -u | wc -l)" = 1 ]; }
both touch_sets_times touch_tree

extract() { tar -C "$1" -xf pack.tar && [ "$(stat -c %a "$1/pack/ro" "$1/pack/ro/one" | tr '\n' ' ')" = '555 444 ' ]; }
both tar_x_of_0444_and_0555 extract
extract_over() { chmod u+w "$1/pack/ro" && tar -C "$1" --overwrite-dir -xf pack.tar; }
both tar_x_over_it extract_over
pack_and_compare() { mkdir "$1/copy" && tar -C "$1" -cf - --sort=name d08 d09 | tar -C "$1/copy" -xf - && diff -r "$1/d08" "$1/copy/d08"; }
both tar_through_a_pipe pack_and_compare
copy() { cp -a "$1/d10" "$1/copied" && diff -r "$1/d10" "$1/copied"; }
both cp_a copy
hard_links() { ln "$1/d11/f05" "$1/d11/more" && echo more >>"$1/d11/sub/hard" && cmp "$1/d11/f01" "$1/d11/sub/hard" && rm "$1/d11/f01"; }
both hard_links hard_links

status_of() { (cd "$1/repository" && [ -z "$(git status --porcelain)" ] && git log --oneline | wc -l | grep -qx 2); }
check "$how.git_status" status_of merged
commit() { (cd "$1/repository" && echo more >>src/1.c && git rm -q src/2.c && git mv src/3.c src/third.c && git commit -qam three --date=2020-01-01T00:00 && git fsck --strict && git gc -q && git fsck && [ -z "$(git status --porcelain)" ]); }
check "$how.git_commit_and_gc" commit merged
clone() { git clone -q "$1/repository" "$1/clone" && cd "$1/clone" && git fsck && [ -z "$(git status --porcelain)" ] && git checkout -q HEAD~1 && git checkout -q - ; }
check "$how.git_clone_with_hard_links" clone "$scratch/merged"

database() {
  local i
  for mode in delete wal; do
    sqlite3 "$1/base.$mode" "pragma journal_mode=$mode; create table t(n integer primary key, b blob);" >/dev/null || return
    for i in $(seq 40); do sqlite3 "$1/base.$mode" "begin; insert into t(b) values(randomblob(3000)); update t set b=randomblob(2000) where n%7=$i%7; commit;" || return; done
    [ "$(sqlite3 "$1/base.$mode" 'pragma integrity_check; select count(*) from t')" = $'ok\n40' ] || return
  done
}
check "$how.sqlite_loop" database merged

# --- what an ordinary user's daemon finds hard: no right over its own modes ---

made_readonly() {
  (umask 222; echo one >merged/made && [ "$(stat -c %a merged/made)" = 444 ] && [ "$(cat merged/made)" = one ]) || return
  python3 - merged/made2 <<'PY'
import os, sys
fd = os.open(sys.argv[1], os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o444)
os.write(fd, b"one"); os.fsync(fd); os.write(fd, b"two"); os.ftruncate(fd, 5); os.close(fd)
assert open(sys.argv[1]).read() == "onetw"
PY
}
no_mode() { python3 - merged/d12/f10 merged/d12/f11 <<'PY'
import os, sys
for name in sys.argv[1:]:                  # a file of the layer
    fd = os.open(name, os.O_RDWR)
    os.chmod(name, 0)
    os.write(fd, b"went on"); os.fsync(fd); os.ftruncate(fd, 6)
    assert os.pread(fd, 100, 0) == b"went o"
    os.close(fd); os.chmod(name, 0o644)
    assert open(name).read() == "went o"
PY
}
# The daemon keeps few descriptors with this limit; each file here must be opened again for its second write.
evicted() { python3 - merged/d13 <<'PY'
import os, sys
files = []
for i in range(300):
    fd = os.open(f"{sys.argv[1]}/evicted{i}", os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o444)
    os.write(fd, b"one"); os.fsync(fd); files.append(fd)
for fd in files:
    os.write(fd, b"two"); os.fsync(fd); os.lseek(fd, 0, 0)
    assert os.read(fd, 10) == b"onetwo"
for i, fd in enumerate(files):
    assert os.fstat(fd).st_mode & 0o777 == 0o444
    os.close(fd)
    assert open(f"{sys.argv[1]}/evicted{i}").read() == "onetwo"
PY
}
marked() {
  (umask 222; echo x >merged/d14/tomark) && setfattr -n user.test -v 1 merged/d14/f03 || return
  # The kernel lets nobody but root set user.* on a file he may not write.
  [ "$(id -u)" = 0 ] || ! setfattr -n user.test -v 1 merged/d14/f02 2>/dev/null || return
  chmod u+w merged/d14/f02 && setfattr -n user.test -v 2 merged/d14/f02 && chmod a-w merged/d14/f02 && [ "$(getfattr --only-values -n user.test merged/d14/f02)" = 2 ] &&
    setfacl -m "u:$(id -u):r" merged/d14/f02 && getfacl -c merged/d14/f02 | grep -q '^user:[^:].*:r--' && [ "$(stat -c %a merged/d14/f02)" = 444 ]
}
readonly_parents() {
  chmod 755 merged/d15/readonly && echo new >merged/d15/readonly/new && chmod 555 merged/d15/readonly &&
    chmod 644 merged/d15/readonly/file && echo changed >merged/d15/readonly/file && [ "$(stat -c %a merged/d15/readonly upper/d15/readonly | tr '\n' ' ')" = '555 555 ' ]
}
# A file in a directory that nobody may write: the copy needs a name there all the same.
beneath_readonly() { chmod 644 merged/d16/readonly/file && echo changed >merged/d16/readonly/file && [ "$(cat merged/d16/readonly/file)" = changed ] && [ "$(stat -c %a upper/d16/readonly)" = 555 ]; }
no_search() { chmod 0 merged/d17/sub && { [ "$(id -u)" = 0 ] || ! ls merged/d17/sub 2>/dev/null; } && chmod 755 merged/d17/sub && [ "$(ls merged/d17/sub | wc -l)" = 22 ]; }
check "$how.create_0444_and_write" made_readonly
check "$how.open_then_chmod_000_then_write" no_mode
check "$how.attributes_of_0444_files" marked
check "$how.a_directory_made_0555_again" readonly_parents
check "$how.copy_up_beneath_a_0555_directory" beneath_readonly
check "$how.a_directory_made_000_and_opened_again" no_search
# Who has a file open does not need its directory any more.
shut_above() { python3 - merged/d17 upper/d17 <<'PY'
import os, sys
d = sys.argv[1] + "/shut"
os.mkdir(d)
old = os.open(f"{sys.argv[1]}/f10", os.O_RDWR)                        # a file of the layer, not copied up before
new = os.open(d + "/new", os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o444)
read = os.open(d + "/read", os.O_CREAT | os.O_EXCL | os.O_RDWR)
os.write(read, b"read"); os.fsync(read)
os.chmod(d, 0); os.chmod(sys.argv[1], 0)
try:
    for fd in old, new:
        os.write(fd, b"went on"); os.fsync(fd); os.ftruncate(fd, 6); os.fchmod(fd, 0o640); os.utime(fd, (1, 2))
        assert os.pread(fd, 100, 0) == b"went o", os.pread(fd, 100, 0)
        st = os.fstat(fd)
        assert (st.st_mode & 0o777, st.st_size, st.st_mtime) == (0o640, 6, 2), st
    assert os.pread(read, 10, 0) == b"read"
    assert os.stat(sys.argv[1]).st_mode & 0o777 == 0 and os.stat(sys.argv[2]).st_mode & 0o777 == 0
finally:
    os.chmod(sys.argv[1], 0o755); os.chmod(d, 0o755)
assert open(d + "/new").read() == "went o" and open(f"{sys.argv[1]}/f10").read() == "went o"
PY
}
check "$how.a_directory_made_000_above_open_files" shut_above

# --- persistent ---

manifest merged >shown
check "$how.unmount" unmount_union
check "$how.the_daemon_ends" eventually gone
check "$how.the_layer_is_unchanged" [ "$before" = "$(fingerprint lower)" ]
tidy() { ! find work/overlayfuse/{temp,orphans,widened} -mindepth 1 -ls | grep .; }
check "$how.nothing_left_in_the_work_directory" tidy
mount_with_few_descriptors() { (ulimit -n 256; mount_union); }
check "$how.mount_again_with_few_descriptors" mount_with_few_descriptors
manifest merged >again
check "$how.the_same_after_a_remount" diff shown again
check "$how.0444_written_after_the_descriptor_was_given_up" evicted
check "$how.unmount_again" unmount_union
check "$how.the_layer_is_still_unchanged" [ "$before" = "$(fingerprint lower)" ]

# --- owners that cannot be kept ---

if [ -n "${FOREIGN:-}" ]; then
  mkdir fu fw
  before=$(fingerprint "$FOREIGN")
  "$OVERLAYFUSE" mount -o "lowerdir=$FOREIGN,upperdir=$scratch/fu,workdir=$scratch/fw" "$scratch/merged"
  refused() { # the errors allowed, then a python expression on the name m
    python3 - "$scratch/merged" "$1" <<PY
import errno, os, sys
m = sys.argv[1]
try:
    $2
except OSError as error:
    name = errno.errorcode[error.errno]
    sys.exit(0 if name in sys.argv[2].split("|") else f"fails with {name}")
sys.exit("succeeds")
PY
  }
  nothing_made() { [ -z "$(find fu -mindepth 1)" ] || { find fu -mindepth 1 -ls; return 1; }; }
  refusal() { refused "$2" "$3" && nothing_made; }
  foreign() { check "$how.not_ours.$1" refusal "$@"; }
  denied='EPERM|EOVERFLOW'
  # The kernel itself lets nobody write what belongs to an id that has no meaning in the namespace, nor remove it.
  [ "$how" != namespace ] || denied="$denied|EACCES"
  foreign write "$denied" 'fd = os.open(m + "/theirs/open", os.O_WRONLY); os.write(fd, b"x"); os.fsync(fd); os.close(fd)'
  foreign append "$denied" 'fd = os.open(m + "/theirs/open", os.O_WRONLY | os.O_APPEND); os.write(fd, b"much more"); os.fsync(fd); os.close(fd)'
  foreign append_through_one_of_its_names "$denied" 'fd = os.open(m + "/mine/theirs", os.O_WRONLY | os.O_APPEND); os.write(fd, b"much more"); os.fsync(fd); os.close(fd)'
  foreign truncate "$denied" 'os.truncate(m + "/theirs/open", 0)'
  foreign open_and_truncate "$denied" 'os.open(m + "/theirs/open", os.O_WRONLY | os.O_TRUNC)'
  foreign touch "$denied" 'os.utime(m + "/theirs/open")'
  foreign setxattr "$denied" 'os.setxattr(m + "/theirs/open", "user.x", b"1")'
  foreign create_in_their_directory "$denied" 'os.open(m + "/theirs/new", os.O_WRONLY | os.O_CREAT)'
  foreign unlink_in_their_directory "$denied" 'os.unlink(m + "/theirs/open")'
  foreign rename "$denied" 'os.rename(m + "/mine/theirs", m + "/mine/taken")'
  foreign link "$denied" 'os.link(m + "/mine/theirs", m + "/mine/taken")'
  foreign rename_of_a_directory "$denied" 'os.rename(m + "/theirs", m + "/taken")'
  foreign_owner_shown() {
    local name
    for name in theirs/open mine/theirs; do
      [ "$(stat -c %u:%s "merged/$name")" = "$(stat -c %u:%s "$FOREIGN/$name")" ] && cmp "merged/$name" "$FOREIGN/$name" || { stat "merged/$name"; return 1; }
    done
  }
  check "$how.not_ours.still_shown_as_it_is" foreign_owner_shown
  own() { echo more >>merged/mine/own && { [ "$how" = namespace ] || rm merged/mine/theirs; } && echo x >merged/mine/new && tail -n 1 merged/mine/own | grep -qx more; }
  check "$how.not_ours.what_is_ours_beside_it_works" own
  check "$how.not_ours.unmount" unmount_union
  check "$how.not_ours.the_layer_is_unchanged" [ "$before" = "$(fingerprint "$FOREIGN")" ]
fi
