#!/usr/bin/env bash
# Puts the executable at artifacts/overlayfuse: compiled ahead of time for net10.0 where the package registry has the pack for
# it, else for net9.0, else (ReadyToRun) with the runtime inside. Says which it took.
#
#   bash src/publish.sh                     artifacts/overlayfuse
#   bash src/publish.sh --install PREFIX    and PREFIX/bin/overlayfuse, PREFIX/sbin/mount.fuse.overlayfuse, the manual page
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
project=$root/src/OverlayFuse.Cli
artifacts=$root/artifacts

usage() {
  echo "usage: bash src/publish.sh [--install PREFIX]" >&2
  exit 2
}

prefix=
case ${1-} in
  '') ;;
  --install) [ $# -eq 2 ] && [ -n "$2" ] || usage; prefix=$2 ;;
  *) usage ;;
esac

case $(uname -m) in
  x86_64) rid=linux-x64 ;;
  aarch64) rid=linux-arm64 ;;
  *) echo "publish: no build for $(uname -m); linux-x64 and linux-arm64 are known." >&2; exit 1 ;;
esac

if ! command -v dotnet >/dev/null; then
  echo "publish: dotnet is not in PATH. Install the .NET 10 SDK: https://dotnet.microsoft.com/download" >&2
  exit 1
fi

# What links a program compiled ahead of time.
have_linker() { command -v clang >/dev/null && [ -e /usr/include/zlib.h ]; }
if ! have_linker; then
  install="apt-get install -y --no-install-recommends clang zlib1g-dev"
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "publish: installing clang and zlib1g-dev, which link the executable"
    { DEBIAN_FRONTEND=noninteractive $install || { apt-get update && DEBIAN_FRONTEND=noninteractive $install; }; } >/dev/null 2>&1 || true
  fi
  have_linker || echo "publish: clang or zlib1g-dev is missing, so nothing can be compiled ahead of time. As root: $install" >&2
fi

# Each attempt builds in a place of its own: neither restores nor outputs mix with those of "dotnet build".
attempt() { # name, options...
  local name=$1
  shift
  local log=$artifacts/publish/$name.log
  mkdir -p "$artifacts/publish"
  if dotnet publish "$project" -c Release -r "$rid" --artifacts-path "$artifacts/publish/$name" -o "$artifacts/publish/$name/out" \
      --disable-build-servers -v quiet -nologo "$@" >"$log" 2>&1; then
    return 0
  fi
  echo "publish: no $name: $(grep -m 1 -oE '(error|warning) [A-Z]+[0-9]+: .*' "$log" || tail -n 1 "$log")"
  return 1
}

# What was published is newer than all that it is made of. A directory tells of files that came or went.
is_up_to_date() {
  local newer
  [ -x "$artifacts/overlayfuse" ] && newer=$(find "$root"/Directory.* "$root/src" \( -name bin -o -name obj \) -prune -o -newer "$artifacts/overlayfuse" -print -quit) && [ -z "$newer" ]
}

took=
if is_up_to_date; then
  took=old
elif have_linker; then
  for framework in net10.0 net9.0; do
    if attempt "NativeAOT-$framework" -f "$framework" -p:AotFramework="$framework"; then
      took=NativeAOT-$framework
      break
    fi
  done
fi
# One framework only: the restore would ask for the compiler of both.
if [ -z "$took" ] && attempt ReadyToRun-net10.0 -f net10.0 -p:TargetFrameworks=net10.0 --self-contained -p:PublishReadyToRun=true -p:PublishSingleFile=true -p:PublishTrimmed=true; then
  took=ReadyToRun-net10.0
fi
if [ -z "$took" ]; then
  echo "publish: nothing could be built; the logs are in artifacts/publish/." >&2
  exit 1
fi

if [ "$took" = old ]; then
  echo "publish: artifacts/overlayfuse is newer than the sources: $("$artifacts/overlayfuse" --version)"
else
  # Under a new name first: a mount may be running from the old file.
  cp "$artifacts/publish/$took/out/overlayfuse" "$artifacts/overlayfuse.new"
  mv "$artifacts/overlayfuse.new" "$artifacts/overlayfuse"
  echo "publish: artifacts/overlayfuse is $took ($(du -h --apparent-size "$artifacts/overlayfuse" | cut -f 1)): $("$artifacts/overlayfuse" --version)"
fi

if [ -n "$prefix" ]; then
  # mount(8) looks for its helpers in /sbin only: PREFIX=/usr serves "mount -t fuse.overlayfuse" without mount.fuse3.
  install -D -m 755 "$artifacts/overlayfuse" "$prefix/bin/overlayfuse.new"
  mv "$prefix/bin/overlayfuse.new" "$prefix/bin/overlayfuse"
  install -d "$prefix/sbin"
  ln -sfn ../bin/overlayfuse "$prefix/sbin/mount.fuse.overlayfuse"
  install -D -m 644 "$project/overlayfuse.1" "$prefix/share/man/man1/overlayfuse.1"
  echo "publish: installed $prefix/bin/overlayfuse, $prefix/sbin/mount.fuse.overlayfuse, $prefix/share/man/man1/overlayfuse.1"
fi
