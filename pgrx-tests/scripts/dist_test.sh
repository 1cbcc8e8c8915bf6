#!/bin/bash
# Builds the extension from the source archive that `make dist` has made, as PGXN's clients do, and tests what is installed then. What cargo
# has compiled for this checkout is used.
#
#   dist_test.sh VERSION CARGO_PGRX
set -euo pipefail

target=$(cd "$(dirname "$0")/../.." && pwd)/target
version=${1:?dist_test.sh VERSION CARGO_PGRX}
cargo_pgrx=$(realpath "$2")

cd "$target/dist"
rm -rf "todo-$version"
unzip -q "todo-$version.zip"
cd "todo-$version"
python3 - "$version" <<'META'
import json, sys
meta = json.load(open("META.json"))
assert meta["version"] == sys.argv[1], meta
for extension in meta["provides"].values():
    assert extension["version"] == sys.argv[1], extension
    open(extension["file"]), open(extension["docfile"])
META
export CARGO_TARGET_DIR=$target
unset MAKEFLAGS MAKELEVEL
make CARGO_PGRX="$cargo_pgrx"
make CARGO_PGRX="$cargo_pgrx" stage-library
pgrx-tests/scripts/cluster.sh exec make installcheck
cd ..
rm -rf "todo-$version"
