#!/bin/sh
# The installed program finds its configs and workloads from any folder: install_test.sh CMAKE BUILD_FOLDER
set -eu
cmake=$1 build=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$cmake" --install "$build" --prefix "$scratch/prefix" >/dev/null
mkdir "$scratch/elsewhere"
cd "$scratch/elsewhere"
unset OCTET_HOME
octet=$scratch/prefix/bin/octet
"$octet" run configs/experiments/bert-base-edge16-posit8.yaml --set phase.sequence=7 --json >"$scratch/result.json"
grep -q '"name": "bert-base"' "$scratch/result.json"
"$octet" run configs/experiments/bert-base-edge32-int8.yaml --set phase.sequence=1 --costs configs/costs/unit.yaml >/dev/null
"$octet" check workloads/tiny.yaml >/dev/null
# Through a link, and found on the PATH.
ln -s "$octet" "$scratch/link"
"$scratch/link" check workloads/tiny.yaml >/dev/null
PATH=$scratch/prefix/bin:$PATH
octet check configs/accelerators/edge8-bf16.yaml >/dev/null
test -z "$(ls -A .)"
