# shellcheck shell=bash
# What must be installed before anything can be built, found by looking for the thing itself and
# not for a package name, so that a toolchain or a Python from elsewhere counts. Sourced by
# reproduce.sh; uses its `say`, `fail`, `logs` and `may_install`.

: "${root:?sourced by reproduce.sh}" "${logs:?sourced by reproduce.sh}"

oldest_swift=6.2

# Shared libraries that a Swift toolchain expects from Debian 12, and the packages that hold them.
package_of_library() {
  case "$1" in
    libcurl.so.*) echo libcurl4 ;;
    libedit.so.*) echo libedit2 ;;
    libncurses.so.*) echo libncurses6 ;;
    libpython3*) echo libpython3.11 ;;
    libsqlite3.so.*) echo libsqlite3-0 ;;
    libstdc++.so.*) echo libstdc++6 ;;
    libuuid.so.*) echo libuuid1 ;;
    libxml2.so.*) echo libxml2 ;;
    libz.so.*) echo zlib1g ;;
    *) echo "" ;;
  esac
}

# Libraries that the package manager or the compiler would not find, one a line.
missing_libraries() {
  local tools
  tools=$(dirname "$(readlink -f "$(command -v swift)")")
  { ldd "$tools/swift-package" "$tools/swift-frontend" "$tools/clang" 2>/dev/null || true; } |
    sed -n 's/^[[:space:]]*\([^ ]*\) => not found.*/\1/p' | sort -u
}

has_certificates() {
  [ -e /etc/ssl/certs/ca-certificates.crt ] || [ -e /etc/pki/tls/certs/ca-bundle.crt ] ||
    [ -e /etc/ssl/cert.pem ]
}

has_pip() {
  command -v python3 >/dev/null &&
    python3 -c 'import importlib.util as u, sys; sys.exit(u.find_spec("pip") is None)'
}

# The compiler's start-up objects live in a folder named after gcc's version.
has_startup_objects() {
  local found
  for found in /usr/lib/gcc/*/*/crtbeginS.o /usr/lib/gcc/*/*/crtbegin.o; do
    [ ! -e "$found" ] || return 0
  done
  return 1
}

# missing_packages PURPOSE…: Debian packages that are lacking for building (`build`), for
# running a script (`python`), fetching (`fetch`), drawing (`plot`), the Makefile (`develop`), its target `aarch64`, or
# the tests of clusters (`slurm`).
missing_packages() {
  local library purpose
  for purpose in "$@"; do
    case "$purpose" in
      build)
        missing_libraries | while read -r library; do package_of_library "$library"; done
        command -v git >/dev/null || echo git
        command -v ld >/dev/null || echo binutils
        [ -e /usr/include/features.h ] || echo libc6-dev
        has_startup_objects || echo libgcc-12-dev
        has_certificates || echo ca-certificates
        command -v pkg-config >/dev/null || echo pkg-config
        pkg-config --exists openblas 2>/dev/null || echo libopenblas-dev
        pkg-config --exists json-c 2>/dev/null || echo libjson-c-dev
        ;;
      aarch64)
        command -v aarch64-linux-gnu-gcc >/dev/null || echo gcc-aarch64-linux-gnu
        [ -e /usr/aarch64-linux-gnu/include/features.h ] || echo libc6-dev-arm64-cross
        command -v qemu-aarch64 >/dev/null || command -v qemu-aarch64-static >/dev/null || echo qemu-user
        ;;
      slurm)
        # Daemons are outside of most people's PATH.
        command -v slurmctld >/dev/null || [ -x /usr/sbin/slurmctld ] || echo slurm-wlm
        command -v munged >/dev/null || [ -x /usr/sbin/munged ] || echo munge
        ;;
      develop) command -v make >/dev/null || echo make ;;
      plot) command -v gnuplot >/dev/null || echo gnuplot-nox ;;
      python) command -v python3 >/dev/null || echo python3 ;;
      fetch)
        has_pip || printf '%s\n' python3 python3-pip
        has_certificates || echo ca-certificates
        ;;
    esac
  done
}

find_swift() {
  command -v swift >/dev/null && return
  # Where swiftly, the toolchain's own installer, puts it.
  local swiftly="${SWIFTLY_BIN_DIR:-$HOME/.local/share/swiftly/bin}"
  [ -x "$swiftly/swift" ] ||
    fail "no Swift toolchain in PATH" \
      "get Swift $oldest_swift or later for your system: https://www.swift.org/install/linux/" \
      "then: export PATH=/where/you/unpacked/it/usr/bin:\$PATH"
  PATH="$swiftly:$PATH"
}

# Only once its libraries are there does the compiler answer at all.
check_swift_version() {
  local answer version
  answer=$(swiftc --version 2>&1) ||
    fail "'swiftc --version' fails: $answer" "reinstall Swift: https://www.swift.org/install/linux/"
  version=$(sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' <<<"$answer" | head -n 1)
  if [ "$(printf '%s\n' "$oldest_swift" "$version" | sort -V | head -n 1)" != "$oldest_swift" ]; then
    fail "Swift $version is too old: $oldest_swift or later is needed" \
      "https://www.swift.org/install/linux/"
  fi
}

# need PURPOSE…: makes sure of everything, or stops with exit code 2 and the command to type.
need() {
  local packages
  find_swift
  packages=$(missing_packages "$@" | sed '/^$/d')
  [ -z "$packages" ] || install_packages "$packages"
  check_swift_version
}

# install_packages LIST: with apt where that is possible without a password, one name a line.
install_packages() {
  local packages=$1 wanted sudo=() log="$logs/apt.log"
  # One visit to apt is enough: what later steps need comes along.
  packages=$({ printf '%s\n' "$packages"; missing_packages python fetch plot; } | sort -u | tr '\n' ' ')
  read -r -a wanted <<<"$packages"
  command -v apt-get >/dev/null || fail "missing, in Debian's names: ${wanted[*]}" \
    "install what your system calls them, then run this again"
  if [ "$(id -u)" != 0 ]; then
    sudo=(sudo)
    if ! sudo -n true 2>/dev/null; then may_install=no; fi
  fi
  if [ "$may_install" = no ]; then
    fail "missing: ${wanted[*]}" \
      "${sudo[*]:+sudo }apt-get update && ${sudo[*]:+sudo }apt-get install -y --no-install-recommends ${wanted[*]}"
  fi
  mkdir -p "$logs" 2>/dev/null || fail "cannot write in $root"
  say "installing ${wanted[*]} (log: ${log#"$root"/})"
  local apt=(${sudo[@]+"${sudo[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get
    -o DPkg::Lock::Timeout=120)
  if ! { "${apt[@]}" update &&
    "${apt[@]}" install -y --no-install-recommends "${wanted[@]}"; } 2>&1 |
    follow "$log" installing; then
    tail -n 15 "$log" >&2
    fail "apt-get failed; the whole log is ${log#"$root"/}" \
      "${sudo[*]:+sudo }apt-get update && ${sudo[*]:+sudo }apt-get install -y --no-install-recommends ${wanted[*]}"
  fi
}
