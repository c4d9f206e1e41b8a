#!/usr/bin/env bash
# timeout: 480
# Images made of containers and of Dockerfiles, files carried in and out, registries, and other tools' archives: as root and as an ordinary user.
export TMPDIR=/var/tmp
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/lib.sh"
cd "$scratch"
source "$here/own-containers.sh"
make_root

tool() { command -v "$1" >/dev/null || { skip "$who: $2" "no $1"; return 1; }; }

images() {
  mkdir -p "$scratch/w" && cd "$home" || return
  check "$who: a root file system is imported" has sha256: o import --change 'CMD ["/bin/sh"]' --change 'ENV PATH=/bin' "$scratch/busybox.tar" bb:1
  copies
  commits
  check "$who: save waits for nobody who waits for images" saved_into_run
  builds
  bombs
  registry
  if [ "$who" != root ] || [ -z "$test_user" ]; then other_tools; fi # archives are the same for all: tried by whoever may less
  check "$who: nothing is left" nothing_left
  cd "$scratch"
}

# cp, in all its forms.
copies() {
  check "$who: a container runs" o run -d --name c1 -v vol:/data bb:1 sleep 1000
  check "$who: it changes its own layer" o exec c1 sh -c 'echo data >/newfile; rm /etc/group; mkdir /d; echo x >/d/x; chown 33:33 /d/x; echo more >>/etc/passwd; mv /root /moved; ln -s ../../../etc /lnk; mkdir -p /gone && rm -r /gone'
  "${as[@]}" sh -c 'echo local >f.txt; mkdir dir; echo in >dir/in; chmod 750 dir'
  check "$who: a file is copied in, as root's" copied_in f.txt /tmp/f.txt '0 0 644'
  check "$who: into a directory it keeps its name" copied_in f.txt /d /d/f.txt '0 0 644'
  check "$who: a directory goes into one that is there" copied_in dir /tmp /tmp/dir/in '0 0 644'
  check "$who: with /. only what is in it does" copied_in dir/. /moved /moved/in '0 0 644'
  check "$who: and under another name where there is none" copied_in dir /copy /copy '0 0 750'
  check "$who: a file comes out, as the caller's" copied_out
  check "$who: as an archive, with its owner" has "33/33" archived c1:/d/x
  check "$who: an archive goes in" archive_in
  check "$who: a link inside leads nowhere else" link_stays_inside
  check "$who: -L copies what a link leads to" follows
  check "$who: what is in a volume is found" prints seed cat_out /data/seed.txt
  check "$who: a directory comes and goes with what is mounted in it, whether the container runs or not" mounts_inside
  check "$who: a file that is mounted is not replaced, and a mount that is read-only stays as it is" mounts_kept
  check "$who: the container's own files are those that it sees" own_files
  check "$who: a path that is not there" ends 1 'No such container:path: c1:/nosuch' o cp c1:/nosuch .
  check "$who: a directory onto a file" ends 1 'cannot copy directory' o cp dir c1:/newfile
  check "$who: a directory that has to be there" ends 1 'no such directory' o cp f.txt c1:/nodir/
  check "$who: a file does not replace a directory" ends 1 'cannot overwrite directory' blocked
  check "$who: between containers" ends 1 'copying between containers is not supported' o cp c1:/a c1:/b
}

stat_in() { o exec c1 stat -c '%u %g %a' "$1"; }
copied_in() { o cp "$1" "c1:$2" && prints "${*: -1}" stat_in "${*: -2:1}"; }
copied_out() { o cp c1:/d/x out && [ "$(cat out)" = x ] && [ "$(stat -c %u out)" = "$("${as[@]}" id -u)" ]; }
archived() { o cp "$1" - >a.tar && tar --numeric-owner -tvf a.tar; }
archive_in() { tar -cf - f.txt | o cp - c1:/d && prints local o exec c1 cat /d/f.txt; }
link_stays_inside() { o cp f.txt c1:/lnk/planted && prints local o exec c1 cat /etc/planted && [ ! -e /etc/planted ]; }
follows() { o cp -L c1:/lnk followed && [ -f followed/passwd ] && o cp c1:/lnk link && [ "$(readlink link)" = ../../../etc ]; }
own_files() { o cp c1:/etc/hostname - | tar -xOf - | diff - <(o exec c1 cat /etc/hostname) && prints "$(o exec c1 cat /etc/hosts)" cat_out /etc/hosts; }
mounts_inside() {
  local when
  "${as[@]}" sh -c 'mkdir -p bound in/data/deep in/bound && echo bound >bound/b && echo in >in/data/deep/in && echo in >in/bound/in && echo in >in/beside' && o run -d --name m1 -v inside:/srv/data -v "$PWD/bound:/srv/bound" bb:1 sleep 1000 && o exec m1 sh -c 'echo volume >/srv/data/v' || return 1
  for when in running stopped; do
    rm -rf srv bound/in && o cp m1:/srv . && prints "$(printf 'volume\nbound')" cat srv/data/v srv/bound/b && o cp m1:/srv - | tar -tf - >list && grep -qx srv/data/v list && grep -qx srv/bound/b list || return 1
    o cp -a in/. m1:/srv && prints in cat bound/in && tar -C in -cf - data | o cp - m1:/srv && prints in o run --rm -v inside:/v bb:1 cat /v/deep/in && o run --rm -v inside:/v bb:1 rm -r /v/deep || return 1
    [ $when = stopped ] || o stop -t 0 m1 || return 1
  done
  o rm m1 && o create --name m1 -v inside:/not/there bb:1 && rm -rf not && o cp m1:/not . && prints volume cat not/there/v && o rm m1 && o volume rm inside
}
mounts_kept() {
  "${as[@]}" sh -c 'echo old >one; echo new >new; mkdir -p kept over/kept && echo new >over/kept/k; echo new >over/one' && o run -d --name m2 -v "$PWD/one:/srv/one" -v "$PWD/kept:/srv/kept:ro" bb:1 sleep 1000 &&
    ends 1 'cannot replace m2:/srv/one, on which a file of the host is mounted: device or resource busy' o cp new m2:/srv/one && ends 1 'cannot replace srv/one of the archive: device or resource busy' eval 'tar -C over -cf - one | o cp - m2:/srv' &&
    ends 1 'cannot replace m2:/etc/hosts' o cp new m2:/etc/hosts && has localhost o exec m2 cat /etc/hosts &&
    prints old o exec m2 cat /srv/one && ends 1 'mounted volume is marked read-only' o cp new m2:/srv/kept && ends 1 'read-only file system' eval 'tar -C over -cf - kept | o cp - m2:/srv' && [ -z "$(ls kept)" ] && o rm -f m2
}
cat_out() { rm -f out && o cp "c1:$1" out && cat out; }
blocked() { "${as[@]}" mkdir -p b && o exec c1 mkdir -p /blk/b && "${as[@]}" sh -c 'rmdir b; echo f >b' && o cp b c1:/blk; }

cut_archive() {
  "${as[@]}" python3 -c 'import zlib; c = zlib.compressobj(6, zlib.DEFLATED, 31); t = open("bomb/c.tar", "rb").read(); open("bomb/cut.tgz", "wb").write(c.compress(t[:1024]) + c.flush(zlib.Z_SYNC_FLUSH))' && o import bomb/cut.tgz cut:1
}

# What is made to fill the disk.
bombs() {
  "${as[@]}" sh -c 'mkdir bomb && cd bomb && truncate -s 5G huge && tar -cf - huge | head -c 512 | gzip >huge.tgz; head -c 70000000 /dev/zero | gzip >zeros.tgz; rm huge
    printf "FROM scratch\nADD huge.tgz /x/\n" >Dockerfile; echo "[{\"Config\":\"c\",\"Layers\":[\"huge.tgz\"]}]" >manifest.json
    printf "{\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:%064d\"]}}" 0 >c; tar -czf load.tgz manifest.json c huge.tgz; tar -cf c.tar c Dockerfile'
  before=$(o images -aq)
  check "$who: import refuses what would fill the disk" ends 1 'cannot import bomb/zeros.tgz: it goes on for more than' o import bomb/zeros.tgz filled:1
  check "$who: it does before anything is written" ends 1 'bomb/huge.tgz has ' o import bomb/huge.tgz filled:1
  check "$who: a packed archive that is cut between two entries is refused" ends 1 'what gzip has packed is damaged, or cut short' cut_archive
  check "$who: of standard input, too" ends 1 'standard input has ' eval 'o import - filled:1 <bomb/huge.tgz'
  check "$who: load refuses a layer that would" ends 1 'made to fill the disk' o load -i bomb/load.tgz
  check "$who: ADD refuses an archive that would" ends 1 'ADD huge.tgz /x/: huge.tgz has ' o build -t filled:1 bomb
  check "$who: build refuses a context that would" ends 1 'made to fill the disk' eval 'o build -t filled:1 - <bomb/huge.tgz'
  check "$who: nothing of them is left" eval '[ -z "$(find "$state/tmp" -type f)" ] && prints "$before" o images -aq'
  rm -r bomb
}

# commit and export.
commits() {
  check "$who: commit makes an image of the changes" commit_one
  check "$who: the layer holds them and no more" layer_holds
  check "$who: history says how" prints 'sleep 1000|added files|2' history_of c1img:1
  check "$who: what was removed and moved is so in its containers" prints "$(printf 'data\nmore\n33\nno group\nno root\nin')" o run --rm c1img:1 sh -c 'cat /newfile; tail -n 1 /etc/passwd; stat -c %u /d/x; [ -e /etc/group ] || echo no group; [ -e /root ] || echo no root; cat /moved/in'
  check "$who: commit --change" prints data changed_command
  check "$who: export holds everything, volumes excepted" exported
  check "$who: export, import, run" reimported
  check "$who: all of it works on a container that is stopped" stopped
  check "$who: no such container" ends 1 'No such container: nosuch' o commit nosuch x
}

commit_one() { o commit -m 'added files' -a 'Lab User <lab@example.com>' c1 c1img:1 | grep -q '^sha256:' && prints 'Lab User <lab@example.com>' o inspect --format '{{.Author}}' c1img:1; }
layer_holds() {
  local blob
  o save -o saved.tar c1img:1 && blob=$(tar -xOf saved.tar manifest.json | grep -o 'blobs/sha256/[0-9a-f]*' | tail -n 1) && tar -xOf saved.tar "$blob" | tar -tf - >list || return 1
  cat list
  grep -qx 'etc/.wh.group' list && grep -qx '.wh.root' list && grep -qx 'moved/in' list && grep -qx 'etc/passwd' list && ! grep -q 'bin/busybox' list && ! grep -q gone list
}
saved_into_run() {
  o save bb:1 | timeout 30 "${as[@]}" env OVERLAYFUSE_STATE="$state" HOME="$home" "$OVERLAYFUSE" run --rm -i bb:1 busybox tar -tf - >list || return 1
  cat list && grep -qx manifest.json list
}
history_of() { o history --no-trunc --format '{{.CreatedBy}}|{{.Comment}}' "$1" | head -n 1 | tr -d '\n'; printf '|'; o history -q "$1" | wc -l; }
changed_command() { o commit --change 'CMD ["cat","/newfile"]' --change 'ENV X=1' c1 c1img:2 >/dev/null && o run --rm c1img:2; }
exported() { o exec c1 touch /data/written && o export c1 | tar -tf - >list && grep -qx newfile list && grep -qx bin/busybox list && ! grep -q 'written\|etc/group\|^\./' list; }
reimported() { o export -o e.tar c1 && o import --change 'ENV PATH=/bin' e.tar flat:1 && prints data o run --rm flat:1 cat /newfile; }
stopped() {
  o stop -t 0 c1 && o cp f.txt c1:/stopped && prints data cat_out /newfile && prints seed cat_out /data/seed.txt && o export -o e.tar c1 && tar -tf e.tar >list && grep -qx stopped list || return 1
  o commit c1 c1img:3 && prints local o run --rm c1img:3 cat /stopped && ! grep -qF "$state" /proc/mounts && has 'Exited (137)' o ps -a
}

# build: the Dockerfile that docker-reference was recorded with, and what else Dockerfiles hold.
builds() {
  "${as[@]}" sh -c "$(declare -f contexts); contexts"
  check "$who: build makes an image" build_says 9 0 built:1
  check "$who: it does what it says" prints "$(printf 'hello file\nseed\nb')" o run --rm built:1
  check "$who: one layer for each instruction that stores something" layer_count 6 built:1
  check "$who: again: all of it is CACHED, and the same image" same_image
  check "$who: with another file, what is before it is CACHED" changed_file
  check "$who: --no-cache -q says the id" has sha256: o build --no-cache -q -t built:3 ctx
  check "$who: a failing step names its line and leaves nothing" failing_step
  check "$who: no Dockerfile" ends 1 'none.Dockerfile: no such file or directory' o build -f ctx/none.Dockerfile ctx
  check "$who: several stages, arguments, owners" stages
  check "$who: COPY --from keeps owners, that from the context does not" prints "$(printf '0\n33\n33\n7\n0')" copied_owners
  check "$who: COPY --from copies the image's own /etc, and nothing that containers have beside it" prints "$(printf 'changed file\n700')" copied_etc
  check "$who: a link is copied as the file it leads to, under its own name" prints "$(printf 'link\ntarget\nlink')" copied_links
  check "$who: EXPOSE takes ranges, and no words" exposed
  check "$who: variables, continued lines, exec form, another shell" prints "$(printf '1 dflt alt 1two words $A\nexec form')" spoken
  check "$who: .dockerignore with exceptions, ADD of an archive" prints "$(printf '/all/skip/keep\n/un/a.txt')" added
  check "$who: FROM scratch" scratch_image
  check "$who: programs are found at the usual places where no ENV says where" usual_path
  check "$who: what is left out, or outside, is not found" ends 1 'file not found in build context or excluded by .dockerignore' o build -f ctx/out.Dockerfile ctx
  check "$who: here-documents, the platform, who wrote it" prints "$(printf 'one me\ntwo\n3\n4\nfor me "it"\nfor $WHO\n%s' "$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')")" here
  check "$who: a here-document that is a program is run by its own interpreter" has 'a program' o build --no-cache -f ctx/here.Dockerfile ctx
  check "$who: who wrote it and a check of its health are kept, and that nothing runs it is said" kept_words
  check "$who: another platform is refused" ends 1 'images are built only for this machine' o build -f ctx/platform.Dockerfile ctx
  check "$who: labels, the id in a file, proxies without an ARG" build_flags
  check "$who: ADD fetches, and checks what it fetches" fetched
  check "$who: a Dockerfile, or an archive of the context, on standard input" sent
  check "$who: a bad line is named" ends 1 'line 2: unknown instruction: FOO' o build -f ctx/foo.Dockerfile ctx
  check "$who: a build that is killed leaves nothing behind the next command" killed_build
  check "$who: a build that is asked to stop kills its step and leaves nothing" stopped_build
  check "$who: a build stops in the middle of a file that is copied" stopped_copy
  check "$who: the directory of a volume is there for later steps" volume_directories
}

contexts() {
  mkdir -p ctx/sub/deep ctx/skip
  printf 'FROM bb:1\nENV GREETING=hello\nRUN echo one > /one && mkdir -p /data && echo seed > /data/seed.txt\nRUN rm -f /bin/pwd && mkdir /opaque && touch /opaque/a\nCOPY hello.txt /hello.txt\nRUN rm -rf /opaque && mkdir /opaque && touch /opaque/b && chown 33:33 /opaque/b\nVOLUME /data\nWORKDIR /srv\nCMD ["/bin/sh","-c","cat /hello.txt; cat /data/seed.txt; ls /opaque"]\n' >ctx/Dockerfile
  echo "hello file" >ctx/hello.txt
  printf 'FROM bb:1\nRUN false\n' >ctx/bad.Dockerfile
  printf 'FROM bb:1 AS build\nRUN echo artifact > /out\nFROM bb:1\nARG V=1\nCOPY --from=build /out /out\nCOPY --chown=33:33 --chmod=600 hello.txt /x/\nLABEL v=$V\nUSER 33\n' >ctx/multi.Dockerfile
  printf '# escape=`\nARG BASE=bb:1\nFROM ${BASE}\nENV A=1 B="two words" C='"'"'$A'"'"'\nENV D=${A:-z} E=${NO:-dflt} F=${A:+alt} G=$A$B\nSHELL ["/bin/sh","-ec"]\nRUN true && `\n  # inner\n  echo "$D $E $F $G $C"\nRUN ["echo","exec form"]\nCOPY . /all/\nADD a.tgz /un/\nRUN true\nEXPOSE 80\nENTRYPOINT ["ls"]\n' >ctx/v.Dockerfile
  printf 'skip/*\n!skip/keep\n**/*.md\n*.Dockerfile\n' >ctx/.dockerignore
  touch ctx/skip/s ctx/skip/keep ctx/sub/deep/b.md
  echo a >ctx/sub/a.txt && tar -C ctx/sub -czf ctx/a.tgz a.txt
  printf 'FROM scratch\nCOPY sub /\n' >ctx/scratch.Dockerfile
  printf 'FROM scratch\nCOPY --from=bb:1 / /\nENV A=b\nRUN ["sh","-c","echo $A $PATH >/said"]\nCMD ["cat","/said"]\n' >ctx/nopath.Dockerfile
  printf 'FROM bb:1\nCOPY skip/s /\n' >ctx/out.Dockerfile
  printf 'FROM bb:1\nFOO x\n' >ctx/foo.Dockerfile
  printf 'FROM bb:1 AS made\nRUN mkdir -p /o/sub && touch /o/sub/f /alone && chown -R 33:33 /o /alone\nFROM bb:1\nCOPY --from=made /o /copied\nCOPY --from=made /alone /alone\nCOPY --from=made --chown=7:7 /o /given\nCOPY sub /ours\n' >ctx/owners.Dockerfile
  printf 'FROM bb:1 AS made\nCOPY hello.txt /etc/hosts\nRUN chmod 700 /etc\nFROM bb:1\nCOPY --from=made / /got\nCMD ["sh","-c","cat /got/etc/hosts; stat -c %%a /got/etc; ls -d /got/.dockerenv /got/etc/mtab /got/dev/console 2>/dev/null; true"]\n' >ctx/etc.Dockerfile
  mkdir ctx/links && echo x >ctx/links/target && ln -s target ctx/links/link
  printf 'FROM bb:1\nCOPY links/link /one/\nCOPY links/link links/target /both/\n' >ctx/links.Dockerfile
  printf 'FROM bb:1\nEXPOSE 90-92 53/udp\n' >ctx/ports.Dockerfile
  printf 'FROM bb:1\nEXPOSE foo\n' >ctx/noport.Dockerfile
  printf 'FROM localhost:1/t/x:1\n' >ctx/pulled.Dockerfile
  printf 'FROM bb:1\nRUN echo begun; sleep 1000\n' >ctx/slow.Dockerfile
  printf 'FROM bb:1\nRUN trap "" INT TERM; echo begun; sleep 1000\nRUN echo second\n' >ctx/deaf.Dockerfile
  printf '%s\n' 'FROM --platform=$BUILDPLATFORM bb:1' 'MAINTAINER Lab User' 'ARG TARGETARCH' 'ARG WHO=you' 'HEALTHCHECK --interval=5s CMD true' 'RUN <<EOF' 'echo "one $WHO" >/one' 'echo two >/two' 'EOF' \
    'RUN <<EOF' '#!/bin/cat' 'a program' 'EOF' 'RUN cat <<A >/three; cat <<-B >>/three' 3 A "$(printf '\t4')" "$(printf '\tB')" 'COPY --link --chmod=600 <<F1 <<"F2" /files/' 'for $WHO "it"' F1 'for $WHO' F2 \
    'ENV ARCH=$TARGETARCH' 'CMD ["sh","-c","cat /one /two /three /files/F1 /files/F2; echo $ARCH"]' >ctx/here.Dockerfile
  printf 'FROM --platform=linux/s390x bb:1\n' >ctx/platform.Dockerfile
  printf 'FROM bb:1\nRUN echo "$http_proxy" >/proxy\nCMD ["cat","/proxy"]\n' >ctx/proxy.Dockerfile
}
build_says() { o build --progress plain -t "$3" ctx >said 2>&1 && cat said && [ "$(grep -c '^#[0-9]* \[' said)" = "$1" ] && [ "$(grep -c 'CACHED$' said)" = "$2" ]; }
layer_count() { prints "$1" eval "o inspect --format '{{json .RootFS.Layers}}' $2 | grep -o sha256: | wc -l"; }
usual_path() {
  local usual=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  o build -q -f ctx/nopath.Dockerfile -t nopath:1 ctx && prints "b $usual" o run --rm nopath:1 && o create --name nopath nopath:1 && prints "[\"PATH=$usual\",\"A=b\"]" o inspect -f '{{json .Config.Env}}' nopath && o rm nopath
}
same_image() { local id; id=$(o images -q built:1) && build_says 9 8 built:1 && prints "$id" o images -q built:1; }
changed_file() { "${as[@]}" sh -c 'echo changed file >ctx/hello.txt' && build_says 9 3 built:2 && "${as[@]}" touch -d 2001-01-01 ctx/hello.txt && build_says 9 8 built:2 && has 'changed file' o run --rm built:2; }
failing_step() {
  local before
  before=$(ls "$state/overlay2" | wc -l)
  ends 1 "bad.Dockerfile:2: RUN false: The command '/bin/sh -c false' returned a non-zero code: 1" o build -f ctx/bad.Dockerfile -t bad:1 ctx && [ -z "$(o images -q bad:1)" ] && prints 1 eval 'o ps -aq | wc -l' && [ "$(ls "$state/overlay2" | wc -l)" = "$before" ]
}
stages() { o build --build-arg V=2 -f ctx/multi.Dockerfile -t ms:1 ctx && prints '{"v":"2"} 33' o inspect --format '{{json .Config.Labels}} {{.Config.User}}' ms:1 && prints "$(printf '0 644\n33 600')" o run --rm -u 0 ms:1 stat -c '%u %a' /out /x/hello.txt; }
copied_owners() { o build -q -f ctx/owners.Dockerfile -t owners:1 ctx >&2 && o run --rm owners:1 stat -c %u /copied /copied/sub/f /alone /given/sub /ours/a.txt; }
copied_etc() { o build -q -f ctx/etc.Dockerfile -t etc:1 ctx >&2 && o run --rm etc:1; }
copied_links() { o build -q -f ctx/links.Dockerfile -t links:1 ctx >&2 && o run --rm links:1 ls /one /both | grep -v '^/\|^$'; }
exposed() {
  o build -q -f ctx/ports.Dockerfile -t ports:1 ctx && prints '{"53/udp":{},"90/tcp":{},"91/tcp":{},"92/tcp":{}}' o inspect --format '{{json .Config.ExposedPorts}}' ports:1 &&
    ends 1 'noport.Dockerfile:2: EXPOSE foo: Invalid containerPort: foo' o build -f ctx/noport.Dockerfile ctx
}
sent() { # the links of an archive lead nowhere else
  printf 'FROM bb:1\nCMD ["echo","alone"]\n' | o build -q -t sent:1 - && prints alone o run --rm sent:1 && printf 'FROM bb:1\nCOPY hello.txt /\n' | o build -q -f - -t sent:2 ctx && has file o run --rm sent:2 cat /hello.txt &&
    ends 1 'file not found in build context' eval "printf 'FROM bb:1\nCOPY hello.txt /\n' | o build -" && ends 1 "can't use stdin for both build context and dockerfile" o build -f - - &&
    tar -C ctx -czf sent.tgz . && o build -q -f links.Dockerfile -t sent:3 - <sent.tgz && prints link o run --rm sent:3 ls /one && ends 1 'Cannot locate specified Dockerfile: nosuch' eval 'o build -f nosuch - <sent.tgz' || return 1
  mkdir hostile && ln -s "$PWD/ctx/Dockerfile" hostile/Dockerfile && tar -C hostile -cf sent.tar . && ends 1 'Cannot locate specified Dockerfile: Dockerfile' eval 'o build - <sent.tar' && [ -z "$(ls -A "$state/tmp")" ]
}
here() { o build -q --build-arg WHO=me -f ctx/here.Dockerfile -t here:1 ctx >&2 && o run --rm here:1; }
kept_words() {
  local config
  has 'Nothing here runs it' o build -f ctx/here.Dockerfile -t here:2 ctx && prints 'Lab User' o inspect --format '{{.Author}}' here:2 && rm -f here.tar && o save -o here.tar here:2 || return 1
  config=$(tar -xOf here.tar manifest.json | grep -oE '"Config":"[^"]*"' | cut -d '"' -f 4) && tar -xOf here.tar "$config" | grep -F '"Healthcheck":{"Test":["CMD-SHELL","true"],"Interval":5000000000}'
}
build_flags() {
  rm -f id
  o build --rm --label a=b --label c=d --iidfile id --build-arg http_proxy=first -f ctx/proxy.Dockerfile -t flags:1 ctx && prints "$(o images -q --no-trunc flags:1)" cat id && prints '{"a":"b","c":"d"}' o inspect --format '{{json .Config.Labels}}' flags:1 && prints first o run --rm flags:1 &&
    lacks first o history --no-trunc flags:1 && has CACHED o build --build-arg http_proxy=second -f ctx/proxy.Dockerfile ctx && ends 1 'cannot reach the registry localhost:1' o build --pull -f ctx/pulled.Dockerfile ctx
}
fetched() {
  local server code port=$((20000 + RANDOM % 12000)) sum
  mkdir -p "$scratch/served" && echo served >"$scratch/served/f.txt" && sum=$(sha256sum <"$scratch/served/f.txt" | cut -d ' ' -f 1)
  timeout 120 python3 -m http.server $port --bind 127.0.0.1 --directory "$scratch/served" >"$scratch/served.log" 2>&1 & server=$!
  printf 'FROM bb:1\nADD --checksum=sha256:%s http://127.0.0.1:%s/f.txt /got/\nADD http://127.0.0.1:%s/f.txt /as\nRUN cat /got/f.txt /as; stat -c %%a /as\n' "$sum" $port $port | "${as[@]}" tee ctx/fetched.Dockerfile >/dev/null
  sed "s/$sum/$(printf '%064d' 0)/" ctx/fetched.Dockerfile | "${as[@]}" tee ctx/other.Dockerfile >/dev/null
  eventually port_answers $port && o build --no-cache -f ctx/fetched.Dockerfile ctx 2>&1 | sed -nE 's/^#[0-9]+ [0-9.]+ //p' >"$scratch/fetched" && prints "$(printf 'served\nserved\n600')" cat "$scratch/fetched" && has CACHED o build -f ctx/fetched.Dockerfile ctx &&
    ends 1 'digest mismatch sha256:' o build -f ctx/other.Dockerfile ctx
  code=$?
  kill $server
  wait $server
  [ $code = 0 ] && ends 1 'connection refused' o build -f ctx/fetched.Dockerfile ctx
}
port_answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
spoken() { o build -f ctx/v.Dockerfile -t v:1 ctx 2>&1 | sed -nE 's/^#[0-9]+ [0-9.]+ //p'; }
added() { o run --rm v:1 -d /all/skip/keep /un/a.txt && ends 1 'No such file' o run --rm v:1 /all/skip/s >&2 && ends 1 'No such file' o run --rm v:1 /all/sub/deep/b.md >&2; }
scratch_image() { o build -q -f ctx/scratch.Dockerfile -t s:1 ctx && layer_count 1 s:1; }
killed_build() {
  local pid
  "${as[@]}" env OVERLAYFUSE_STATE="$state" HOME="$home" "$OVERLAYFUSE" build -f ctx/slow.Dockerfile ctx >said 2>&1 &
  local job=$! begun=1
  eventually grep -qE '^#[0-9]+ [0-9.]+ begun$' said && begun=0
  pid=$(pgrep -f -- "^$OVERLAYFUSE build -f ctx/slow.Dockerfile ctx" | tail -n 1) && kill -9 "$pid"
  wait $job
  [ $begun = 0 ] && prints 1 eval 'o ps -aq | wc -l' && build_says 9 8 built:2 && prints 1 eval 'o ps -aq | wc -l'
}
stopped_by() { # signal: once the step runs
  local job
  "${as[@]}" timeout 100 env --default-signal=INT OVERLAYFUSE_STATE="$state" HOME="$home" "$OVERLAYFUSE" build -f ctx/deaf.Dockerfile -t stopped:1 ctx >said 2>&1 & job=$!
  eventually grep -qE '^#[0-9]+ [0-9.]+ begun$' said && kill -s "$1" "$(pgrep -f -- "^$OVERLAYFUSE build -f ctx/deaf.Dockerfile " | tail -n 1)"
  wait $job
  local code=$?
  cat said
  return $code
}
stopped_build() {
  local signal
  for signal in INT:130 TERM:143; do
    ends ${signal#*:} "deaf.Dockerfile:2: RUN trap \"\" INT TERM; echo begun; sleep 1000: the build was stopped by SIG${signal%:*}." stopped_by ${signal%:*} && [ -z "$(o images -q stopped:1)" ] && [ ! -e "$state/containers/building" ] && prints 1 eval 'o ps -aq | wc -l' || return 1
  done
}

stopped_copy() {
  local copied job code
  mkdir -p long && truncate -s 3G long/file && printf 'FROM bb:1\nCOPY file /copied\n' >long/Dockerfile
  "${as[@]}" env OVERLAYFUSE_STATE="$state" HOME="$home" "$OVERLAYFUSE" build -t long:1 long >said 2>&1 &
  job=$!
  for _ in $(seq 600); do
    copied=$(find "$state/overlay2" -path '*/diff/copied' -size +1M 2>/dev/null) && [ -n "$copied" ] && break
    sleep 0.1
  done
  [ -n "$copied" ] && kill "$(pgrep -f -- "^$OVERLAYFUSE build -t long:1 long" | tail -n 1)" && [ "$(stat -c %s "$copied")" -lt $((3 << 30)) ] || return 1
  wait $job
  code=$?
  cat said
  [ $code = 143 ] && grep -q 'Dockerfile:2: COPY file /copied: the build was stopped by SIGTERM' said && [ ! -e "$copied" ] && [ -z "$(o images -q long:1)" ] && [ ! -e "$state/containers/building" ] && [ -z "$(find "$state/tmp" -type f)" ]
}
volume_directories() {
  printf 'FROM bb:1\nVOLUME /vol /sub/vol\nRUN ls -d /vol /sub/vol && echo x >/vol/x\nVOLUME /vol\nRUN ls /vol\n' >ctx/volumes.Dockerfile
  o build --no-cache -t volumes:1 -f ctx/volumes.Dockerfile ctx && prints x o run --rm volumes:1 sh -c 'ls /vol && ls /sub/vol' && o rmi volumes:1
}

# pull and push against Debian's registry on this machine.
registry() {
  tool docker-registry registry || return
  local port=$((20000 + RANDOM % 12000)) # below those that the kernel gives to who asks for any
  mkdir -p "$scratch/registry"
  printf 'version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\nstorage: {filesystem: {rootdirectory: %s}}\nhttp: {addr: "127.0.0.1:%d"}\n' "$scratch/registry" $port >"$scratch/registry.yml"
  docker-registry serve "$scratch/registry.yml" >"$scratch/registry.log" 2>&1 &
  local server=$!
  at=localhost:$port
  check "$who: the registry answers" eventually curl_ok
  check "$who: push" has 'Pushed' push_once built:1
  check "$who: what it has is not sent again" lacks 'Pushed' push_once built:1
  check "$who: pull brings the same image elsewhere" pulled
  check "$who: again, it is up to date" has 'Image is up to date' elsewhere o pull "$at/t/built:1"
  check "$who: run and build bring what is not here" brought
  check "$who: a digest leads to the image it was made of" pinned
  check "$who: inspect and lists have the digest of what was pulled or pushed" digests
  check "$who: no such tag" ends 1 'not found: manifest unknown' o pull "$at/t/built:nosuch"
  check "$who: no such registry" ends 1 'cannot reach the registry localhost:1' o pull localhost:1/t/built:1
  check "$who: an image that is not here is not pushed" ends 1 'does not exist locally' o push "$at/t/nosuch:1"
  if tool skopeo "skopeo and the registry"; then
    check "$who: skopeo reads what was pushed" has '"Architecture"' skopeo inspect --tls-verify=false "docker://$at/t/built:1"
    check "$who: packed by skopeo, it is pulled as the same image" packed_by_skopeo
  fi
  kill $server
  wait $server
}

curl_ok() { port_answers "${at#*:}"; }
push_once() { o tag "$1" "$at/t/$1" && o push "$at/t/$1"; }
elsewhere() { local state=$home/elsewhere; "$@"; }
pulled() { elsewhere o pull "$at/t/built:1" && prints "$(o images -q --no-trunc built:1)" elsewhere o images -q --no-trunc && prints "$(printf 'hello file\nseed\nb')" elsewhere o run --rm "$at/t/built:1"; }
brought() {
  elsewhere o image prune -a -f && has 'hello file' elsewhere o run --rm "$at/t/built:1" && elsewhere o image prune -a -f && printf 'FROM %s/t/built:1\nRUN cat /hello.txt\n' "$at" >ctx/brought.Dockerfile && elsewhere o build -f ctx/brought.Dockerfile -t brought:1 ctx &&
    ends 125 'manifest unknown' elsewhere o run --rm "$at/t/built:nosuch" && ends 125 "Unable to find image '$at/t/built:nosuch' locally" elsewhere o run --rm --pull never "$at/t/built:nosuch" && has 'up to date' elsewhere o run --rm --pull always "$at/t/built:1"
}
pinned() {
  local digest
  elsewhere o image prune -a -f >/dev/null
  digest=$(elsewhere o pull "$at/t/built:1" | sed -n 's/^Digest: //p') && elsewhere o rmi "$at/t/built:1" && has 'hello file' elsewhere o run --rm "$at/t/built@$digest" && has 'up to date' elsewhere o pull "$at/t/built@$digest" && prints "[\"$at/t/built@$digest\"] []" elsewhere o inspect --format '{{json .RepoDigests}} {{json .RepoTags}}' "$at/t/built@$digest" &&
    ends 1 'manifest unknown' elsewhere o pull "$at/t/built@sha256:$(printf '%064d' 0)" && elsewhere o rmi "$at/t/built@$digest" && ends 1 'No such object' elsewhere o inspect "$at/t/built@$digest"
}
digests() {
  local digest name=$at/t/built
  digest=$(elsewhere o pull "$name:1" | sed -n 's/^Digest: //p') && elsewhere o tag "$name:1" other:1 && prints "[\"$name@$digest\"]" elsewhere o inspect -f '{{json .RepoDigests}}' other:1 && prints "[\"$name@$digest\"]" o inspect -f '{{json .RepoDigests}}' built:1 &&
    prints "$name 1 $digest"$'\nother 1 <none>' eval "elsewhere o images --format '{{.Repository}} {{.Tag}} {{.Digest}}' | sort" && has "$digest" elsewhere o images --digests && lacks "$digest" elsewhere o images && prints "" elsewhere o images -q -f dangling=true &&
    prints "Untagged: $name:1"$'\n'"Untagged: $name@$digest" elsewhere o rmi "$name:1" && prints '[]' elsewhere o inspect -f '{{json .RepoDigests}}' other:1 || return 1
  elsewhere o pull -q "$name@$digest" && elsewhere o rmi other:1 && prints "$name <none>" elsewhere o images --format '{{.Repository}} {{.Tag}}' && [ -n "$(elsewhere o images -q -f dangling=true)" ] && has "untagged: $name@$digest" elsewhere o image prune -f
}
packed_by_skopeo() { skopeo copy --insecure-policy --src-tls-verify=false --dest-tls-verify=false --dest-compress "docker://$at/t/built:1" "docker://$at/t/packed:1" && elsewhere o image prune -a -f && elsewhere o pull "$at/t/packed:1" && has 'hello file' elsewhere o run --rm "$at/t/packed:1"; }

# What others write, and what they read.
other_tools() {
  check "$who: save" o save -o s.tar built:1
  if tool skopeo "archives of skopeo"; then
    check "$who: skopeo reads it as docker's archive" has "cat /hello.txt" skopeo inspect --config docker-archive:s.tar
    check "$who: and as an OCI archive" skopeo_copies oci-archive:s.tar oci:layout:x
    check "$who: and without a user namespace, too" plain_skopeo
    check "$who: an OCI layout of skopeo is loaded" loaded layout 'built'
    check "$who: with layers packed by zstd" zstd_layers
  fi
  if tool umoci "a bundle of umoci"; then
    check "$who: umoci unpacks it" umoci_unpacks
  fi
  if tool podman "an image of podman"; then check "$who: podman loads it, and what podman saves is loaded" podman_round; fi
  for packer in gzip xz zstd; do
    tool $packer "an archive packed by $packer" && check "$who: an archive packed by $packer is loaded" packed_archive $packer
  done
}

# Root over his own ids: it gives the files of an archive the owners they have there.
mapped() { if [ ${#as[@]} -gt 0 ] || [ "$(id -u)" != 0 ]; then "${as[@]}" unshare --user --map-root-user --map-auto env HOME="$home" "$@"; else env HOME="$home" "$@"; fi; }
skopeo_copies() { rm -rf layout && mapped skopeo copy --insecure-policy "$@"; }
plain_skopeo() { rm -rf plain && "${as[@]}" env HOME="$home" skopeo copy --insecure-policy oci-archive:s.tar oci:plain:x && "${as[@]}" rm -r plain; }
loaded() { o rmi -f x:latest >/dev/null 2>&1; o load -i "$1" >said && cat said && id=$(grep -oE '[^ ]+$' said | tail -n 1) && has 'hello file' o run --rm "$id"; }
zstd_layers() { rm -rf layout && mapped skopeo copy --insecure-policy --dest-compress-format zstd --dest-compress docker-archive:s.tar oci:layout:z && grep -rlaq 'zstd' layout && loaded layout z; }
umoci_unpacks() { rm -rf layout && skopeo_copies oci-archive:s.tar oci:layout:x && "${as[@]}" umoci unpack --rootless --image layout:x bundle && grep -q 'hello file' bundle/rootfs/hello.txt && [ ! -e bundle/rootfs/bin/pwd ] && "${as[@]}" sh -c 'chmod -R u+rwX bundle && rm -rf bundle'; }
podman_round() {
  local podman=("${as[@]}" env HOME="$home" XDG_RUNTIME_DIR="$home/run" XDG_DATA_HOME="$home/pd" XDG_CONFIG_HOME="$home/pc" podman --root "$home/ps" --runroot "$home/pr" --storage-driver vfs)
  "${as[@]}" mkdir -p run pc/containers && "${as[@]}" sh -c 'echo "{\"default\":[{\"type\":\"insecureAcceptAnything\"}]}" >pc/containers/policy.json; mkdir -p .config/containers; cp pc/containers/policy.json .config/containers/'
  timeout 60 "${podman[@]}" load -i s.tar && timeout 60 "${podman[@]}" save -o p.tar built:1 && o load -i p.tar && has 'hello file' o run --rm localhost/built:1
  local code=$?
  timeout 60 "${podman[@]}" rmi -a -f >/dev/null 2>&1
  "${as[@]}" unshare --user --map-root-user --map-auto rm -rf "$home/ps" "$home/pr" 2>/dev/null || rm -rf "$home/ps" "$home/pr"
  return $code
}
packed_archive() { rm -f s.tar.*; "${as[@]}" $1 -k s.tar && prints 'Loaded image: built:1' o load -i s.tar.*; }

nothing_left() {
  o rm -f c1 && o volume rm vol && o image prune -a -f && elsewhere o image prune -a -f
  ls "$state/overlay2" "$state/tmp" "$state/image/cache" "$state/image/blobs/sha256"
  [ "$(ls "$state/overlay2")" = l ] && [ -z "$(ls "$state/overlay2/l" "$state/tmp" "$state/image/cache" "$state/image/blobs/sha256" | grep -vE ':$|^$')" ] && ! grep -qF "$state" /proc/mounts
}

for_each_user images
