#!/bin/sh
# The Debian package holds what a user needs, and its program runs where it is unpacked: package_test.sh CPACK BUILD SOURCE
set -eu
cpack=$1 build=$2 source=$3
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$cpack" -G DEB --config "$build/CPackConfig.cmake" -B "$scratch" >"$scratch/log" 2>&1 || { cat "$scratch/log"; exit 1; }
package=$(echo "$scratch"/*.deb)
dpkg-deb --contents "$package" >"$scratch/contents"
for file in bin/octet share/octet/configs/experiments/bert-base-edge16-posit8.yaml share/octet/workloads/tiny.yaml \
    share/octet/configs/sweeps/bert-base.yaml share/bash-completion/completions/octet share/doc/octet/copyright \
    share/doc/octet/README.md share/doc/octet/CITATION.cff share/doc/octet/docs/sweep.md; do
    grep -q " \./usr/$file\$" "$scratch/contents" || { echo "the package lacks /usr/$file"; exit 1; }
done
if grep -v '/$' "$scratch/contents" | grep -v ' \./usr/\(bin/octet$\|share/octet/\|share/doc/octet/\|share/bash-completion/\)'; then
    echo "the package holds these files too"
    exit 1
fi
field() { dpkg-deb --field "$package" "$1"; }
test "$(field Package)" = octet
for library in libc6 libfmt9 libsqlite3-0 libyaml-cpp0.7; do
    field Depends | grep -q "\b$library\b" || { echo "it does not depend on $library: $(field Depends)"; exit 1; }
done
dpkg-deb --extract "$package" "$scratch/root"
cd "$scratch"
unset OCTET_HOME
octet=$scratch/root/usr/bin/octet
test "$("$octet" --version)" = "octet $(field Version)"
grep -q "^version: $(field Version)\$" "$source/CITATION.cff"
"$octet" run configs/experiments/bert-base-edge16-posit8.yaml --set phase.sequence=7 >/dev/null
"$octet" check workloads/tiny.yaml >/dev/null
"$octet" completion bash | cmp - "$scratch/root/usr/share/bash-completion/completions/octet"
