#!/usr/bin/env bash
# The same work on kernel overlayfs, on OverlayFuse in both data modes, on Debian's fuse-overlayfs and on any other, interleaved, as ratios of
# medians. As root. bench/README.md says what the rows are; --help has the options.
#
#   bash bench/side-by-side.sh [--quick] [--rounds N] [--rows PATTERN] [--engine NAME=COMMAND] [--user NAME] ...
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
[ -x artifacts/overlayfuse ] || bash src/publish.sh >&2
log=$(dotnet build bench/OverlayFuse.SideBySide -c Release -v quiet -nologo) || { echo "$log" >&2; exit 1; }
# A mount namespace of its own: a container that starts meanwhile must not keep a copy of a mount, whose daemon would not end.
apart=()
if [ "$(id -u)" = 0 ]; then apart=(unshare --mount --propagation private --); fi
exec "${apart[@]}" dotnet bench/OverlayFuse.SideBySide/bin/Release/net10.0/OverlayFuse.SideBySide.dll "$@"
