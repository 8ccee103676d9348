#!/usr/bin/env bash
# Runs a command on a clone of this repository inside a Debian 12 that has nothing installed but the
# base system and a Swift toolchain, and an empty environment.
#
#   sudo Scripts/bare-root-test.sh --toolchain DIR [options] -- ./reproduce.sh table2
#
# Needs root, debootstrap and unshare. All mounts live in a mount namespace of their own and vanish
# with it, however the command ends.
set -euo pipefail
unset CDPATH

usage() {
  cat <<'TEXT'
usage: Scripts/bare-root-test.sh --toolchain DIR [options] -- COMMAND…

  --toolchain DIR   folder of the Swift toolchain, the one that holds usr/bin/swift; mounted read-only
  --root DIR        where the roots are kept (default: /var/tmp/zeroqat-bare)
  --mirror URL      Debian mirror for debootstrap (default: debootstrap's own)
  --bind PATH       mount this file or folder read-only at the same place inside; repeatable
  --copy PATH       copy this file or folder to the same place inside; repeatable
  --set NAME=VALUE  one more variable in the otherwise empty environment; repeatable
  --commit REV      commit to clone (default: HEAD)
  --keep            go on with the root of the last call instead of a fresh one
  --offline         no network inside
TEXT
}

toolchain="" roots=/var/tmp/zeroqat-bare mirror="" commit=HEAD keep=no offline=no
binds=() copies=() variables=()
while [ $# -gt 0 ]; do
  case "$1" in
    --toolchain) toolchain=$2; shift 2 ;;
    --root) roots=$2; shift 2 ;;
    --mirror) mirror=$2; shift 2 ;;
    --bind) binds+=("$2"); shift 2 ;;
    --copy) copies+=("$2"); shift 2 ;;
    --set) variables+=("$2"); shift 2 ;;
    --commit) commit=$2; shift 2 ;;
    --keep) keep=yes; shift ;;
    --offline) offline=yes; shift ;;
    --help | -h) usage; exit 0 ;;
    --) shift; break ;;
    *) echo "bare-root-test: unknown option '$1'" >&2; usage >&2; exit 2 ;;
  esac
done
if [ -z "$toolchain" ] || [ ! -x "$toolchain/usr/bin/swift" ]; then
  echo "bare-root-test: --toolchain must name a folder with usr/bin/swift in it" >&2
  exit 2
fi
[ $# -gt 0 ] || { usage >&2; exit 2; }
[ "$(id -u)" = 0 ] || { echo "bare-root-test: needs root (chroot and mounts)" >&2; exit 2; }
repository=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)

# The pristine system is made once and copied for each run.
base="$roots/base" root="$roots/run"
if [ ! -e "$base/.complete" ]; then
  rm -rf "$base"
  mkdir -p "$base"
  echo "debootstrap: Debian 12 minbase → $base"
  debootstrap --variant=minbase bookworm "$base" ${mirror:+"$mirror"} >"$roots/debootstrap.log" 2>&1 ||
    { tail -n 20 "$roots/debootstrap.log" >&2; exit 2; }
  touch "$base/.complete"
fi
if [ "$keep" = no ] || [ ! -d "$root" ]; then
  rm -rf --one-file-system "$root"
  cp -a --reflink=auto "$base" "$root"
  for path in ${copies[@]+"${copies[@]}"}; do
    mkdir -p "$root$(dirname "$path")"
    cp -aL "$path" "$root$(dirname "$path")/"
  done
  git clone --quiet --no-hardlinks "$repository" "$root/root/zeroqat"
  git -C "$root/root/zeroqat" checkout --quiet --detach "$(git -C "$repository" rev-parse "$commit")"
fi
cp /etc/resolv.conf "$root/etc/resolv.conf"

mounts=(--mount --propagation private)
[ "$offline" = no ] || mounts+=(--net)
started=$(date +%s)
status=0
# shellcheck disable=SC2016 # the variables belong to the inner shell
unshare "${mounts[@]}" bash -c '
  set -euo pipefail
  root=$1 toolchain=$2 count=$3; shift 3
  attach() {
    if [ -d "$1" ]; then mkdir -p "$root$2"; else mkdir -p "$root$(dirname "$2")"; touch "$root$2"; fi
    mount --bind "$1" "$root$2"
    mount -o remount,bind,ro "$root$2"
  }
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  attach "$toolchain" /opt/swift
  for ((i = 0; i < count; i++)); do attach "$1" "$1"; shift; done
  exec chroot "$root" "$@"
' bare-root "$root" "$toolchain" "${#binds[@]}" ${binds[@]+"${binds[@]}"} \
  /usr/bin/env -i HOME=/root LANG=C.UTF-8 \
  PATH=/opt/swift/usr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  ${variables[@]+"${variables[@]}"} \
  /bin/bash -c 'cd /root/zeroqat && exec "$@"' bare "$@" || status=$?
echo "bare-root-test: exit $status after $(($(date +%s) - started)) s"
exit "$status"
