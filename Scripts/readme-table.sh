#!/usr/bin/env bash
# Puts the perplexities of tables/table2/table-tiny.md (of table-small.md until there is one) between README's markers, so that nobody types them.
#
#   Scripts/readme-table.sh          rewrite README.md
#   Scripts/readme-table.sh --check  fail if README.md differs from what would be written
set -euo pipefail
cd "$(dirname "$0")/.."

table=tables/table2/table-tiny.md
[ -e "$table" ] || table=tables/table2/table-small.md
[ -e "$table" ] || { echo "no $table yet: README's table stays as it is" >&2; exit 0; }

# The warning about the scale, then the section up to the next heading; what stands below there is in the table here,
# and its links lead to it.
excerpt=$(
  sed -n '/^> \*\*Substituted/,/^$/p' "$table" | sed '/^>$/,$d'
  echo
  awk '/^## / { inside = /^## Perplexity/; next } inside' "$table" |
    sed "s|are judged below,|are judged in the [whole table]($table),|; s|) are below\.|) are there.|
      s|](#|]($table#|g; s|](\([^)#/]*\.svg\)|](tables/table2/\1|g"
)
fresh=$(
  awk '
    /^<!-- table2:/ { print; print "\n@excerpt@\n"; skipping = 1; next }
    /^<!-- \/table2 -->/ { skipping = 0 }
    !skipping' README.md
)
fresh=${fresh/@excerpt@/"$(sed -e '/./,$!d' <<<"$excerpt")"}

if [ "${1:-}" = --check ]; then
  diff -u README.md - <<<"$fresh" >&2 || { echo "README.md: run Scripts/readme-table.sh" >&2; exit 1; }
else
  printf '%s\n' "$fresh" >README.md
fi
