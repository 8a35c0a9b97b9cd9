#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds the Debian packages of the last commit and looks at them with lintian.
#
# In: a folder to build in; the packages of debian/control's Build-Depends, devscripts, lintian. Out: the source and
# binary packages in that folder; exit code 1 when the build fails or lintian has an error. Without `--check` the tests
# of the package build are left out.
#
#     tools/deb.sh FOLDER [--check]
set -eu
mkdir -p "$1"
folder=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
[ "${2:-}" = --check ] || export DEB_BUILD_OPTIONS="nocheck ${DEB_BUILD_OPTIONS:-}"
version=$(sed -n "s/.*version: '\([^']*\)', license.*/\1/p" meson.build)
source=$folder/ttfs-$version

[ ! -e "$source" ] || { echo "deb: error: $source is there already: give an empty folder" >&2; exit 1; }
git archive --prefix="ttfs-$version/" HEAD ':!debian' | gzip -n9 >"$folder/ttfs_$version.orig.tar.gz"
tar -xzf "$folder/ttfs_$version.orig.tar.gz" -C "$folder"
git archive HEAD debian | tar -x -C "$source"
(cd "$source" && dpkg-buildpackage -us -uc)
lintian --fail-on error --suppress-tags bad-distribution-in-changes-file "$folder"/ttfs_"$version"-*.changes
