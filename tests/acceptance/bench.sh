#!/usr/bin/env bash
# timeout: 300
# The side-by-side runner: a few rows once, to see that every engine gets a figure and that what it writes can be read. No figure is judged.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$scratch"

if [ "$(id -u)" != 0 ]; then
  skip the_side_by_side_runner "kernel overlayfs and cold caches need root"
  exit
fi

# The script builds the program and starts it; later ones start what is built.
program=(bash "$root/bench/side-by-side.sh")
side_by_side() { "${program[@]}" --quick --rounds 1 --overlayfuse "$OVERLAYFUSE" --scratch "$scratch" --output "$scratch/$1" "${@:2}"; }
cells() { awk -F '|' -v row="$2" 'index($2, row) { print $0 }' "$1/table.md"; }

# A ratio, or a time of the kernel, in each column of engines.
every_engine_has_figures() {
  side_by_side copies --rows 'append 1 byte, *4 KiB' >said || return
  cat said
  cmp <(cat copies/table.md; echo) said || return
  [ "$(cells copies 'append 1 byte, ' | wc -l)" = 4 ] || return                        # two sizes, synced and not
  [ "$(grep -cE '^\| append 1 byte, 64 KiB \| [0-9.]+ [mu]?s \| (\*\*)?[0-9.]+(\*\*)? \| (\*\*)?[0-9.]+(\*\*)? \|  \|' copies/table.md)" = 1 ] || return # no rival can sync
  [ "$(grep -cE '^\| append 1 byte, 64 KiB \| [0-9.]+ [mu]?s \| (\*\*)?[0-9.]+(\*\*)? \| (\*\*)?[0-9.]+(\*\*)? \| [0-9.]+ \|' copies/table.md)" = 1 ]
}
syncs_are_counted() { # one of each synced copy, none where nothing is
  [ "$(grep -c 'cached 1, passthrough 1 |$' copies/table.md)" = 2 ] && [ "$(grep -c 'cached 0, passthrough 0, fuse-overlayfs 0 |$' copies/table.md)" = 2 ]
}
data_is_json() {
  python3 - copies/results.json <<'PY'
import json, sys
data = json.load(open(sys.argv[1]))
assert [e["name"] for e in data["engines"]] == ["kernel", "cached", "passthrough", "fuse-overlayfs"], data["engines"]
assert len(data["rows"]) == 4, len(data["rows"])
for row in data["rows"]:
    names = ["cached", "kernel", "passthrough"] + (["fuse-overlayfs"] if row["sync"] == "volatile" else [])
    assert sorted(row["engines"]) == sorted(names), row
    assert all(len(e["samples"]) == 1 and e["median"] > 0 for e in row["engines"].values()), row
PY
}
charts_are_svg() {
  python3 - copies/copy-up-ordered.svg copies/copy-up-volatile.svg <<'PY'
import sys, xml.etree.ElementTree as xml
svg = "{http://www.w3.org/2000/svg}"
for path, engines in zip(sys.argv[1:], (3, 4)):
    root = xml.parse(path).getroot()
    assert root.tag == svg + "svg", root.tag
    assert len(root.findall(svg + "circle")) == 2 * engines, path   # two sizes
PY
}
a_user_is_compared_with_root() {
  side_by_side user --user "$test_user" --rows 'walk*warm' >said || return
  cat said
  grep -qE '^\| walk [^|]*\| [0-9.]+ [mu]?s \| (\*\*)?[0-9.]+(\*\*)? \| 1.3 \|' user/table.md
}
rings_are_compared() {
  side_by_side ringed --rings --rows 'walk*warm' >said || return
  cat said
  grep -q '^- rings: .*, data=cached, transport=ring$' ringed/table.md && [ "$(cells ringed 'walk' | grep -cE '^\|( [^|]+ \|){7}$')" = 1 ]
}
bare_is_compared() {
  side_by_side bared --bare --rows untar >said || return
  cat said
  grep -q '^- bare: a FUSE server in C ' bared/table.md && [ "$(cells bared 'untar' | grep -cE '^\|( [^|]+ \|){7}$')" = 1 ]
}
a_failure_is_told() {
  side_by_side failed --rows 'rm -rf' --engines kernel,broken --engine 'broken=false {merged}' >said 2>&1
  [ $? = 1 ] || return
  cat said
  grep -q '^Failed: rm -rf .*, broken: /bin/sh .* ended with 1' said
}
leaves_nothing_when_it_is_stopped() {
  local pid
  "${program[@]}" --quick --rounds 1000 --rows 'untar' --overlayfuse "$OVERLAYFUSE" --scratch "$scratch" --output stopped >said 2>&1 &
  pid=$!
  until is_there; do kill -0 "$pid" || return; sleep 0.1; done
  kill -TERM "$pid"
  wait "$pid"
  cat said
  grep -q 'stopped by a signal' said && [ -z "$(find "$scratch" -maxdepth 1 -name 'overlayfuse-side-*')" ] && ! grep -q "$scratch/" /proc/self/mountinfo
}
is_there() { grep -q "$scratch/.*/side/merged" /proc/self/mountinfo; }

check every_engine_gets_figures every_engine_has_figures
check calls_that_sync_are_counted syncs_are_counted
check the_data_is_json data_is_json
check the_charts_are_svg charts_are_svg
program=(dotnet "$root/bench/OverlayFuse.SideBySide/bin/Release/net10.0/OverlayFuse.SideBySide.dll")
check an_ordinary_user_is_compared_with_root a_user_is_compared_with_root
if [ -e /sys/module/fuse/parameters/enable_uring ]; then check rings_are_compared_where_they_are_asked_for rings_are_compared
else skip rings_are_compared_where_they_are_asked_for "this kernel has no FUSE over io_uring"; fi
if command -v cc >/dev/null; then check bare_fuse_is_compared_where_it_is_asked_for bare_is_compared
else skip bare_fuse_is_compared_where_it_is_asked_for "no C compiler"; fi
check an_engine_that_does_not_mount_is_told a_failure_is_told
check nothing_is_left_when_it_is_stopped leaves_nothing_when_it_is_stopped
