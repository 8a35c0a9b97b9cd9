#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs both commands of the README on a bare machine: a minimal root of a release, made by debootstrap,
# with a clean clone of this tree's last commit and nothing else; or what users of the packages do there.
# In: the release; root, debootstrap, a mirror of the release's archive. Out: what failed, if anything,
# and the last lines of tools/demo.sh and tools/test.sh there, or of debian/tests/bare. Exit code 0 only when all succeeded.
# Invariant: mounts live in a name space of their own and go with it, whatever happens; nothing is
# written but DIR.
#
#     tools/bare.sh [--packages FOLDER] [--mirror URL] [--keyring FILE] RELEASE [DIR]
#
# RELEASE       bookworm, trixie or noble
# DIR           keep the root here, with ttfs in DIR/srv/ttfs and the logs in DIR/srv/*.log; a root that
#               is there is used again, with a new clone. Without DIR it is temporary and removed
# --packages F  instead: have apt install the packages that tools/deb.sh made in F, with what they recommend, and run
#               debian/tests/bare. They are for the release on which they were made
# --mirror URL  take packages from here; otherwise from where this machine's apt takes this
#               distribution's, or else from the distribution's own server
# --keyring F   the keys that the archive is signed with, where debootstrap does not know them
#               (for Ubuntu on Debian: package ubuntu-keyring or ubuntu-archive-keyring)
#
# http_proxy, where it is set, counts inside as well.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)

say() { printf 'bare: %s\n' "$*"; }
die() { printf 'bare: error: %s\n' "$*" >&2; exit 1; }
usage() { sed -n '11,26s/^# \{0,1\}//p' "$0"; }

mirror='' keyring='' packages=''
while [ $# -gt 0 ]; do
    case $1 in
    --packages) packages=$(cd "${2:?a folder}" && pwd); shift 2 ;;
    --mirror) mirror=${2:?an URL}; shift 2 ;;
    --keyring) keyring=${2:?a file}; shift 2 ;;
    -h | --help) usage; exit 0 ;;
    -*) die "unknown option '$1': see --help" ;;
    *) break ;;
    esac
done
[ $# = 1 ] || [ $# = 2 ] || { usage >&2; exit 1; }
release=$1

# The archive's name in URLs, its own server, its components, its keys and a script of debootstrap that
# every version of it has.
case $release in
bookworm | trixie) archive=debian server=http://deb.debian.org/debian components=main script=sid
    keys=debian-archive-keyring ;;
noble) archive=ubuntu server=http://archive.ubuntu.com/ubuntu components=main,universe script=gutsy
    keys=ubuntu-archive-keyring ;;
*) die "release '$release': bookworm, trixie and noble are known" ;;
esac

# The first URL of this machine's apt sources that ends in the archive's name, if there is one.
apt_mirror() {
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
        sed -n 's/^URIs: *\([^ ]*\).*/\1/p; s/^deb  *\(\[[^]]*\] *\)\{0,1\}\([^ ]*\).*/\2/p' |
        sed -n "s,/*\$,,; /\/$archive\$/p" | head -n 1
}

[ "$(id -u)" = 0 ] || die "needs root"
command -v debootstrap >/dev/null || die "needs debootstrap: apt-get install debootstrap"
[ -n "$mirror" ] || mirror=$(apt_mirror)
mirror=${mirror:-$server}
keyring=${keyring:-/usr/share/keyrings/$keys.gpg}
[ -z "$packages" ] || ls "$packages"/ttfs_*.deb >/dev/null || die "no ttfs_*.deb in $packages: tools/deb.sh $packages"
[ -r "$keyring" ] || die "no $keyring, the keys of $archive: install package $keys, or give --keyring"

# Everything from here on in a mount name space that ends with this process.
if [ -z "${TTFS_BARE_INSIDE:-}" ]; then
    export TTFS_BARE_INSIDE=1
    exec unshare --mount --propagation private "$here/tools/bare.sh" ${packages:+--packages "$packages"} --mirror "$mirror" \
        --keyring "$keyring" "$@"
fi

if [ $# = 2 ]; then
    mkdir -p "$2"
    root=$(cd "$2" && pwd)
else
    root=$(mktemp -d "${TMPDIR:-/var/tmp}/ttfs-bare-XXXXXX")
    trap 'umount -R "$root/proc" "$root/dev" 2>/dev/null; rm -rf --one-file-system "$root"' EXIT
    trap 'exit 1' INT TERM HUP
fi

if [ ! -e "$root/etc/os-release" ]; then
    say "$release from $mirror in $root"
    [ -e "/usr/share/debootstrap/scripts/$release" ] && script=$release
    debootstrap --variant=minbase --components="$components" --keyring="$keyring" "$release" "$root" "$mirror" \
        "$script" >"$root/bare.log" 2>&1 || { tail -n 20 "$root/bare.log" >&2; die "debootstrap failed"; }
    # A machine has its release's updates as well.
    echo "deb $mirror $release-updates $(echo $components | tr , ' ')" >>"$root/etc/apt/sources.list"
fi
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
rm -rf "$root/srv/ttfs"
if [ -n "$packages" ]; then
    mkdir -p "$root/srv/ttfs"
    cp "$packages"/*.deb "$here"/debian/tests/bare "$here"/debian/tests/digits "$root/srv/ttfs"
else
    git clone -q --no-hardlinks "file://$here" "$root/srv/ttfs"
fi

# Runs one command inside, as a new user's shell would; $1 is how many lines it ends with.
inside() {
    name=$(basename "$2" .sh) code=0
    chroot "$root" /usr/bin/env -i HOME=/root TERM=dumb PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        ${http_proxy:+http_proxy="$http_proxy"} sh -c "cd /srv/ttfs && exec $2" \
        >"$root/srv/$name.log" 2>&1 || code=$?
    say "$release: $2: exit code $code, its last lines:"
    [ $code = 0 ] || grep -a '^FAILED' "$root/srv/$name.log" || true
    tail -n "$1" "$root/srv/$name.log"
    [ $code = 0 ] || failed=1
}

failed=0
if [ -n "$packages" ]; then
    inside 30 ./bare
else
    inside 12 tools/demo.sh
    inside 20 tools/test.sh
fi
exit $failed
