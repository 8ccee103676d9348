#!/usr/bin/env bash
# Rules about source text that no compiler checks. Prints every offender as file:line, then fails.
#
#   Scripts/check-sources.sh                  all rules
#   Scripts/check-sources.sh --documentation  every public or package declaration has a doc comment
#   Scripts/check-sources.sh --size           lines per target and the largest files; never fails
set -euo pipefail
unset CDPATH
cd "$(dirname "$0")/.."

longest_file=600

# Where pointers may appear: the numeric rooms, and single files elsewhere that talk to C. One line
# each, so that adding one shows in review.
unsafe_rooms=$(
  cat <<'LIST' | sed '/^#/d' | paste -sd '|'
^Sources/(CBLAS|CCurl|CDigests|CFence|CJSON|CKernels)/
^Sources/(Tensors|Quantizers|Optimizers|Transformers)/
^Sources/(System|Digests|Checkpoints|Harness|Worker)/
^Sources/Export/(FloatBytes|HubWeights)\.swift
^Sources/JSONText/(JSONC|Keys)\.swift
^Sources/Hub/(BlobDownload|BlobName|CurlTransport|HubClient|HubRequest|SHA1)\.swift
^Sources/Reporting/(Plots/Gnuplot|Sections/NumberText)\.swift
^Sources/MethodKit/Model/QuantizedBlocks\.swift
^Sources/Methods/Estimators/(LowRank|Moments)\.swift
^Sources/Methods/External/(ExternalLinearPlaces|ExternalWeights)\.swift
^Sources/Tasks/TokenStream\.swift
^Sources/Tokenizers/FileReadError\.swift
LIST
)
unsafe_words='UnsafeMutable|UnsafeRaw|UnsafePointer|UnsafeBuffer|withUnsafe|unsafeBitCast|unsafeDowncast|Unmanaged|@unchecked Sendable|nonisolated\(unsafe\)'

complaints=0
complain() {
  [ -n "$2" ] || return 0
  printf '%s:\n%s\n' "$1" "$2" >&2
  complaints=$((complaints + 1))
}

sources() { git ls-files -- 'Sources/*.swift' 'Sources/*.c' 'Sources/*.h' 'Tests/*.swift' \
    'Tests/*.c' 'Tests/*.h' 'Plugins/*.swift' Package.swift 'Benchmarks/*.swift' 'Benchmarks/*.c' 'Benchmarks/*.h'; }

size() {
  local target
  echo "lines per target"
  for target in Sources/* Tests/*; do
    printf '%8d  %s\n' "$(git ls-files -- "$target/*.swift" "$target/*.c" "$target/*.h" |
      xargs -r cat | wc -l)" "$target"
  done
  echo "largest files"
  sources | xargs wc -l | grep -v ' total$' | sort -rn | sed -n '1,10p'
}

# A type or a top-level declaration that leaves its room, without a `///` above it (attributes may
# stand between). swift format looks after public members; package ones are left to review, as a
# protocol's witnesses need no second comment.
undocumented() {
  # shellcheck disable=SC2016 # the dollar signs are awk's
  git ls-files -- 'Sources/*.swift' | xargs awk '
    FNR == 1 { documented = 0 }
    /^[[:space:]]*\/\/\// { documented = 1; next }
    /^[[:space:]]*@/ && !/ (public|package) / { next }
    /^(@[^ ]+ )*(public|package) / ||
    /^[[:space:]]*(@[^ ]+ )*(public|package) ([a-z]+ )*(struct|enum|class|protocol|actor) / {
      if (!documented && !/ (import|extension) /) printf "%s:%d: %s\n", FILENAME, FNR, $0
    }
    { documented = 0 }'
}

case "${1:-}" in
  --size)
    size
    exit 0
    ;;
  --documentation)
    complain "undocumented declarations that leave their room" "$(undocumented)"
    ;;
  "")
    complain "longer than $longest_file lines" \
      "$(sources | xargs wc -l | awk -v most=$longest_file '$2 != "total" && $1 > most')"
    # '/home/someone' is the example that tests may use.
    complain "paths of one machine" \
      "$(git grep -nE "[\"'(= ]/(home|root|work|mnt|Users)/[A-Za-z.]" -- Sources Tests Package.swift Benchmarks \
        models datasets tables '*.md' ':!*.safetensors' | grep -v '/home/someone' || true)"
    complain "unsafe words outside of the rooms that may use them" \
      "$(sources | grep -E '^Sources/' | grep -vE "$unsafe_rooms" | xargs grep -nE "$unsafe_words" || true)"
    complain "traps and shortcuts that input could reach" \
      "$(sources | grep -E '^Sources/.*\.swift$' | xargs grep -nE '\bfatalError\(|\btry!|\bas! |\bTODO\b|\bFIXME\b' || true)"
    complain "undocumented declarations that leave their room" "$(undocumented)"
    ;;
  *)
    echo "usage: Scripts/check-sources.sh [--documentation | --size]" >&2
    exit 2
    ;;
esac
[ "$complaints" -eq 0 ] || exit 1
