#!/usr/bin/env bash
# The test command: builds, publishes, runs every test project and every acceptance script, and closes with one line
#   N passed, N failed, N skipped
# Exit code 0 only when something ran, nothing failed, and every skip stands in tests/expected-skips.txt.
# As root it installs what it needs and runs everything; tests/README.md says more.
#
#   bash tests/run.sh [--long]
set -uo pipefail

case ${1-} in
  '') ;;
  --long) export OVERLAYFUSE_LONG=1 PROJECT_LIMIT=${PROJECT_LIMIT:-7200} ;;
  *) echo "usage: bash tests/run.sh [--long]" >&2; exit 2 ;;
esac

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
out=$root/artifacts/tests
rm -rf "$out"
mkdir -p "$out"

# No build server may outlive the run: it would keep our output open. (The compiler's is ended after the build.)
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

passed=0 failed=0 skipped=0

step() { printf '\n== %s (%s s)\n' "$1" "$SECONDS"; }

fail() { # a failure that no test project or script has counted
  echo "FAILED  $1"
  failed=$((failed + 1))
}

finish() {
  local unexpected
  unexpected=$(sort -u "$out/skips" | grep -vxF -f <(awk '!/^#/ && (i = index($0, "  ")) { print substr($0, 1, i - 1) }' tests/expected-skips.txt))
  if [ -n "$unexpected" ]; then
    echo
    while IFS= read -r name; do echo "SKIPPED, but not in tests/expected-skips.txt: $name"; done <<<"$unexpected"
  fi
  echo
  echo "took $SECONDS s"
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" = 0 ] && [ -z "$unexpected" ] && [ $((passed + failed)) -gt 0 ]
  exit
}

: >"$out/skips"
echo "kernel  $(uname -srm)"
echo "runtime $(dotnet --version 2>&1 | head -n 1) ($(dotnet --list-runtimes 2>/dev/null | awk '/NETCore.App/ { print $2 }' | tr '\n' ' '))"
echo "user    $(id -un) ($(id -u)), $(nproc) processors"

# shellcheck source=tests/prepare.sh
source tests/prepare.sh

# Optimized, and without the counting that would make it faster only later: the crash tests take a quarter less.
export DOTNET_TieredPGO=0
# The other framework, for which only the executable is ever built, with --long only.
frameworks=(-p:TargetFrameworks=net10.0)
if [ -n "${OVERLAYFUSE_LONG-}" ]; then frameworks=(); fi
step "build"
if ! dotnet build OverlayFuse.sln "${frameworks[@]}" -warnaserror -v quiet -nologo -p:UseSharedCompilation=true -p:Optimize=true >"$out/build.log" 2>&1; then
  grep -E '(error|warning) [A-Z]+[0-9]+' "$out/build.log" | sort -u | head -n 40
  fail "dotnet build"
  finish
fi

dotnet build-server shutdown --vbcscompiler >>"$out/build.log" 2>&1

step "publish"
bash src/publish.sh || { fail "src/publish.sh"; finish; }
export OVERLAYFUSE=$root/artifacts/overlayfuse

# attribute NAME of every element ELEMENT of a trx file, one a line
elements() { tr '\n' ' ' <"$2" | grep -oE "<$1 [^>]*>"; }
attribute() { sed -nE "s/.* $1=\"([^\"]*)\".*/\1/p"; }
plain() { sed -e 's/&quot;/"/g; s/&lt;/</g; s/&gt;/>/g; s/&apos;/'"'"'/g; s/&amp;/\&/g'; }

# What each thread of the test host and of the daemons waits for: tells a test that waits from a mount that hangs.
stuck() {
  local process thread
  for process in $(pgrep -f 'testhost|overlayfuse.* mount'); do
    printf -- '-- %s %s\n' "$process" "$(tr '\0' ' ' <"/proc/$process/cmdline" | cut -c 1-200)"
    for thread in /proc/"$process"/task/*; do
      echo "$(cat "$thread/comm") in $(cat "$thread/wchan"), call $(cut -d ' ' -f 1 "$thread/syscall")"
    done | sort | uniq -c
  done 2>/dev/null
  grep -E ' (overlay|fuse[.a-z]*) ' /proc/self/mountinfo | cut -c 1-200
}

# Projects and scripts are jobs, which wait for the disk and for one another much of the time: two run at once, where there are two processors.
# Each writes into a log of its own, and is judged when it has ended. As root each has a mount namespace of its own: what one mounts is not copied into the
# containers of another, where it would live on.
declare -A running=() begun=()
jobs_at_once=$(($(nproc) > 1 ? 2 : 1))
apart=()
if [ "$(id -u)" = 0 ]; then apart=(unshare --mount --propagation private --); fi

begin() { # path, name, command...
  if [ ${#running[@]} -ge "$jobs_at_once" ]; then end_one; fi
  local path=$1 name=$2
  shift 2
  "$@" >"$out/$name.log" 2>&1 </dev/null &
  running[$!]=$path begun[$!]=$SECONDS
}

end_one() {
  local pid code path name
  wait -n -p pid "${!running[@]}"
  code=$?
  path=${running[$pid]} name=$(basename "${running[$pid]%.*}")
  printf '\n== %s (%s s, from %s s on)\n' "$name" $((SECONDS - begun[$pid])) "${begun[$pid]}"
  unset "running[$pid]" "begun[$pid]"
  case $path in
    format) [ "$code" = 0 ] || { head -n 40 "$out/format.log"; fail "dotnet format ${form[*]} --verify-no-changes"; } ;;
    *.csproj) judge_project "$name" "$code" ;;
    *) judge_script "$path" "$name" "$code" ;;
  esac
}

run_project() { # project, name
  local watcher code limit=${PROJECT_LIMIT:-1500}
  { sleep $((limit - 5)) && stuck; } >"$out/$2.stuck" 2>&1 &
  watcher=$!
  timeout -k 20 "$limit" "${apart[@]}" dotnet test "$1" --no-build --nologo --logger "console;verbosity=normal" --logger "trx;LogFileName=$out/$2.trx" --results-directory "$out"
  code=$?
  pkill -P "$watcher"
  wait "$watcher" 2>/dev/null
  return $code
}

judge_project() { # name, exit code
  local name=$1 code=$2 trx=$out/$1.trx counters total ok bad
  if [ "$code" = 124 ] || [ "$code" = 137 ]; then
    cat "$out/$name.stuck"
    pkill -f '^overlayfuse --daemon .*/of-union-' # they unmount, and are cut off from who still waits for an answer
  fi
  if [ ! -s "$trx" ]; then
    tail -n 40 "$out/$name.log"
    fail "$name: no result (exit code $code)"
    return
  fi
  counters=$(elements Counters "$trx" | head -n 1)
  total=$(attribute total <<<"$counters")
  ok=$(attribute passed <<<"$counters")
  bad=$(elements UnitTestResult "$trx" | attribute outcome | grep -cvE '^(Passed|NotExecuted|Inconclusive)$')
  passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + total - ok - bad))
  elements UnitTestResult "$trx" | grep -E ' outcome="(NotExecuted|Inconclusive)"' | attribute testName | plain | tee -a "$out/skips" | sed 's/^/skip    /'
  echo "$name: passed $ok, failed $bad, skipped $((total - ok - bad))"
  if [ "$bad" -gt 0 ]; then
    grep -vE '^(Test run for|A total of|Results File|Starting test|  Passed )' "$out/$name.log" | head -n 300
  elif [ "$code" -ne 0 ]; then
    # The counts look good, but the run did not end by itself: a crash or the time limit took the rest.
    tail -n 40 "$out/$name.log"
    fail "$name: the test host ended with code $code before its end"
  elif [ "$total" = 0 ]; then
    fail "$name: holds no test"
  fi
}

limit_of() { sed -nE '1,20s/^# timeout: *([0-9]+).*/\1/p' "$1" | grep . || echo 600; }

judge_script() { # script, name, exit code
  local name=$2 code=$3 log=$out/$2.log ok bad
  ok=$(grep -c '^ok ' "$log")
  bad=$(grep -c '^not ok ' "$log")
  passed=$((passed + ok)) failed=$((failed + bad))
  skipped=$((skipped + $(grep -c '^skip ' "$log")))
  sed -nE 's/^skip ([^ ]+).*/\1/p' "$log" >>"$out/skips"
  # A row that failed, with what it printed.
  awk '/^(not ok|skip) / { print; shown = /^not/; next } /^ok / { shown = 0 } shown' "$log" | cut -c 1-400 | head -n 200
  echo "$name: passed $ok, failed $bad"
  if [ "$code" = 124 ] || [ "$code" = 137 ]; then
    fail "$name: not done after $(limit_of "$1") s"
  elif [ "$code" -ne 0 ] && [ "$bad" = 0 ]; then
    fail "$name: ended with code $code"
  elif [ "$((ok + bad))" = 0 ] && ! grep -q '^skip ' "$log"; then
    fail "$name: said nothing"
  else
    return
  fi
  tail -n 100 "$log"
}

# The longest projects first, then the scripts with the most time: nothing long is left for the end, where the other processor would have nothing to do.
projects=(tests/OverlayFuse.Union.Tests/*.csproj tests/OverlayFuse.Conformance/*.csproj)
for project in tests/*/*.csproj; do [[ " ${projects[*]} " == *" $project "* ]] || projects+=("$project"); done
# What analyzers say is an error of the build already; without them it takes a fifth of the time.
form=(whitespace)
if [ -n "${OVERLAYFUSE_LONG-}" ]; then form=(); fi
begin format format dotnet format "${form[@]}" --no-restore --verify-no-changes --verbosity quiet
for project in "${projects[@]}"; do begin "$project" "$(basename "$project" .csproj)" run_project "$project" "$(basename "$project" .csproj)"; done
mapfile -t scripts < <(for script in tests/acceptance/*.sh; do echo "$(limit_of "$script") $script"; done | sort -k 1,1nr -k 2 | cut -d ' ' -f 2)
for script in "${scripts[@]}"; do
  if [ -x "$script" ]; then begin "$script" "$(basename "$script" .sh)" timeout -k 20 "$(limit_of "$script")" "${apart[@]}" "$script"
  elif head -c 2 "$script" | grep -q '^#!'; then fail "$script: is not executable, so it was not run"; fi
done
while [ ${#running[@]} -gt 0 ]; do end_one; done
finish
