#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds the Debian packages of the last commit and looks at them with lintian.
#
# In: a folder to build in; the packages of debian/control's Build-Depends, devscripts, lintian. Out: the source and
# binary packages in that folder; exit code 1 when the build fails or lintian has an error. Without `--check` the tests
# of the package build are left out. With `--twice` they are built once more, under another path, time zone, language and mask of
# new files, on one processor, and every package must have the same bytes.
#
#     tools/deb.sh FOLDER [--check] [--twice]
set -eu
mkdir -p "$1"
folder=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
case "$*" in *--check*) ;; *) export DEB_BUILD_OPTIONS="nocheck ${DEB_BUILD_OPTIONS:-}" ;; esac
version=$(sed -n "s/.*version: '\([^']*\)', license.*/\1/p" meson.build)

# Builds in folder $1.
build() {
    source=$1/ttfs-$version
    [ ! -e "$source" ] || { echo "deb: error: $source is there already: give an empty folder" >&2; exit 1; }
    git archive --prefix="ttfs-$version/" HEAD ':!debian' | gzip -n9 >"$1/ttfs_$version.orig.tar.gz"
    tar -xzf "$1/ttfs_$version.orig.tar.gz" -C "$1"
    git archive HEAD debian | tar -x -C "$source"
    (cd "$source" && dpkg-buildpackage -us -uc)
}

build "$folder"
lintian --fail-on error --suppress-tags bad-distribution-in-changes-file "$folder"/ttfs_"$version"-*.changes
case "$*" in
*--twice*)
    mkdir -p "$folder/once-more"
    (
        umask 002
        export TZ=Pacific/Chatham LC_ALL=C.UTF-8 LANG=C.UTF-8 DEB_BUILD_OPTIONS="parallel=1 ${DEB_BUILD_OPTIONS:-}"
        build "$folder/once-more"
    )
    for package in "$folder"/*.deb; do
        cmp "$package" "$folder/once-more/$(basename "$package")" || { echo "deb: error: two builds of $package differ" >&2; exit 1; }
    done
    echo "deb: two builds have the same bytes"
    ;;
esac
