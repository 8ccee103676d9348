#!/usr/bin/env bash
# Puts what held and what didn't, as the rendered tables say it, between the markers of each table's README, so that
# no README claims more than its verdicts.
#
#   Scripts/held.sh          rewrite tables/*/README.md
#   Scripts/held.sh --check  fail if one differs from what would be written
set -euo pipefail
cd "$(dirname "$0")/.."

# The section of a rendered table without its undecided pairs, which the table itself lists.
said() {
  awk '
    /^## / { inside = /^## What held/; next }
    !inside { next }
    /^\*\*/ { undecided = /^\*\*Undecided/ }
    undecided && /^- / { next }
    undecided && /^\*\*/ { next }
    /^[^-*]/ { undecided = 0 }
    { print }' "$1" | cat -s
}

status=0
for readme in tables/*/README.md; do
  grep -q '^<!-- held:' "$readme" || continue
  folder=$(dirname "$readme")
  text=""
  for scale in tiny small shape paper; do
    table="$folder/table-$scale.md"
    [ -e "$table" ] || continue
    section=$(said "$table")
    # A table of records that the grid no longer asks for may be older than the section.
    [ -n "$section" ] || continue
    text+=$'\n'"Scale \`$scale\` ([\`table-$scale.md\`](table-$scale.md), which also lists the undecided orders):"$'\n\n'"$section"$'\n'
  done
  [ -n "$text" ] || text=$'\n'"No records are committed yet."$'\n'
  fresh=$(
    awk '
      /^<!-- held:/ { print; print "@held@"; skipping = 1; next }
      /^<!-- \/held -->/ { skipping = 0 }
      !skipping' "$readme"
  )
  fresh=${fresh/@held@/"$text"}
  if [ "${1:-}" = --check ]; then
    diff -u "$readme" - <<<"$fresh" >&2 || { echo "$readme: run Scripts/held.sh" >&2; status=1; }
  else
    printf '%s\n' "$fresh" >"$readme"
  fi
done
exit "$status"
