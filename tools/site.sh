#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds the documents as a site: the Markdown files as they are, references of C and Python from the sources, a gallery of
# real runs. What comes out is looked at: a warning of mkdocs, a link that leads nowhere or anything that would be
# fetched from elsewhere is an error.
#
# In: a folder (default build/site), which is replaced when it is a site of these documents, once the new one has no fault; the program (default build/ttfs); mkdocs and mkdocs-material of
# the release's archive (apt-get install mkdocs mkdocs-material). Out: the site, which any web server shows
# (python3 -m http.server -d build/site), or a browser by itself, then without the search.
#
#     tools/site.sh [FOLDER [TTFS]]
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
folder=${1:-$here/build/site}
ttfs=${2:-$here/build/ttfs}
export PYTHONDONTWRITEBYTECODE=1 TTFS_CACHE="${TTFS_CACHE:-$here/build/cache}"

die() { printf 'site: error: %s\n' "$*" >&2; exit 1; }

command -v mkdocs >/dev/null || die "no mkdocs: apt-get install mkdocs mkdocs-material"
[ -x "$ttfs" ] || die "no $ttfs, which makes the gallery: tools/build.sh build"
folder=$(readlink -m "$folder")
[ ! -e "$folder" ] || [ -z "$(ls -A "$folder")" ] || grep -q '<title>ttfs</title>' "$folder/404.html" 2>/dev/null ||
    die "$folder is there and is no site of ttfs: give another folder"
work=$(mktemp -d "${TMPDIR:-/tmp}/ttfs-site-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

python3 "$here/tools/site/gallery.py" "$ttfs" "$work/gallery"
python3 "$here/tools/site/stage.py" "$work" "$work/gallery"
mkdocs --quiet build --strict -f "$work/mkdocs.yml" -d "$work/site"
python3 "$here/tools/site/check.py" "$work/site"
mkdir -p "$(dirname "$folder")"
rm -rf "$folder"
mv "$work/site" "$folder"
