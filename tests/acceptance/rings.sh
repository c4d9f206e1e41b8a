#!/usr/bin/env bash
# timeout: 900
# Requests by io_uring: whole scripts again with transport=ring, and what is particular to rings.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$(dirname "${BASH_SOURCE[0]}")/mounts.sh"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$scratch"
parameter=/sys/module/fuse/parameters/enable_uring
if [ "$(cat $parameter 2>/dev/null)" != Y ]; then
  skip rings "root has to turn them on, where the kernel has them (Linux 6.14): echo Y >$parameter"
  exit 0
fi
m=$scratch/m
mkdir l u w m
for i in $(seq 64); do head -c 300K /dev/urandom >"l/f$i"; done
after_check() { is_mounted "$m" && umount -l "$m"; }
mounts() { "$OVERLAYFUSE" mount -o "lowerdir=l,upperdir=u,workdir=w,transport=ring${1:+,$1}" m; }
unmounts() { "$OVERLAYFUSE" umount m && eventually eval '! daemon_of "$m"'; }

says() { mounts && "$OVERLAYFUSE" status m && "$OVERLAYFUSE" status m | grep -q '^transport .*a ring for each processor' && unmounts; }
check status_says_so says

# Each of them has a copy-up and a sync under way for a while: more than threads rest, and nobody may be left waiting.
crowd() {
  mounts "$1" || return
  local i
  for i in $(seq 64); do (echo more >>"m/f$i" && sync "m/f$i" && cat "m/f$i" >/dev/null && ls m >/dev/null && mv "m/f$i" "m/g$i" || echo "failed: $i") & done
  wait
  [ "$(ls m | wc -l)" = 64 ] || { ls m; return 1; }
  for i in $(seq 64); do cat "l/f$i" <(echo more) | cmp - "m/g$i" || return; done
  "$OVERLAYFUSE" status m | grep threads
  unmounts && for i in $(seq 64); do cat "l/f$i" <(echo more) | cmp - "u/g$i" || return; done
  rm -rf u w && mkdir u w
}
for options in data=cached data=cached,writeback=off data=cached,fsync=strict; do check "a_crowd_is_served.$options" timeout 120 bash -c "$(declare -f crowd mounts unmounts daemon_of eventually); m=$m OVERLAYFUSE=$OVERLAYFUSE; crowd $options"; done

busy() { # unmounted by force while they work
  mounts || return
  local i pids=()
  for i in $(seq 8); do (while cat m/f* && echo x >>"m/f$i"; do :; done) >/dev/null 2>&1 & pids+=($!); done
  sleep 0.5
  kill "$(daemon_of "$m")" && eventually eval '! daemon_of "$m"' || sleep 5
  kill "${pids[@]}" 2>/dev/null
  ! is_mounted "$m" && eventually eval '! daemon_of "$m"'
}
check it_ends_while_others_work busy

# Where there can be none that is said, and no mount is left; half of one would hang whoever comes by.
without_rings() { # command...: io_uring_setup(2) is refused to it, as by the filters of container engines
  python3 - "$@" <<'PY'
import ctypes, os, struct, sys
def rule(code, jt, jf, k): return struct.pack("HBBI", code, jt, jf, k)
program = rule(0x20, 0, 0, 0) + rule(0x15, 0, 1, 425) + rule(0x06, 0, 0, 0x00050001) + rule(0x06, 0, 0, 0x7fff0000)
class Filter(ctypes.Structure): _fields_ = [("length", ctypes.c_ushort), ("rules", ctypes.c_char_p)]
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, ctypes.byref(Filter(4, program)), 0, 0) == 0, os.strerror(ctypes.get_errno())
os.execvp(sys.argv[1], sys.argv[1:])
PY
}
refused() {
  rm -rf u w && mkdir u w && refuses 'io_uring is refused to this process' without_rings "$OVERLAYFUSE" mount -o lowerdir=l,upperdir=u,workdir=w,transport=ring m &&
    [ -z "$(ls -A w)$(ls -A u)" ] && eventually eval '! daemon_of "$m"' && without_rings "$OVERLAYFUSE" mount -o lowerdir=l,upperdir=u,workdir=w m && unmounts
}
check what_cannot_be_had_is_a_sentence_and_no_mount refused

# Every mount of these by rings.
real=$OVERLAYFUSE
cat >by-rings <<END
#!/bin/bash
if [ "\$1" = mount ]; then exec "$real" mount -o transport=ring "\${@:2}"; fi
exec "$real" "\$@"
END
chmod 755 by-rings
for script in endings rootless partial; do OVERLAYFUSE=$scratch/by-rings bash "$here/$script.sh" | sed -E "s/^(ok|not ok|skip) /&rings./" || echo "not ok rings.$script: not run to its end"; done
