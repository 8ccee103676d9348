#!/usr/bin/env bash
# Draws the course of a tiny model's training, models/MODEL/dev-loss.jsonl, as models/MODEL/dev-loss.svg.
# Usage: Scripts/training-curve.sh MODEL [NATS LABEL]: with a level to draw a line at.
set -euo pipefail
unset CDPATH

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
model=${1:?usage: Scripts/training-curve.sh MODEL [NATS LABEL]}
folder="$root/models/$model"
level=${2:-} label=${3:-}
[ -f "$folder/dev-loss.jsonl" ] || {
  echo "there is no $folder/dev-loss.jsonl" >&2
  exit 2
}

# Numbers of one member, one a line.
member() { sed -n "s/.*\"$1\": *\\([-0-9.e+]*\\).*/\\1/p" "$folder/dev-loss.jsonl"; }
rows=$(paste -d ' ' <(member step) <(member trainLoss) <(member devLoss))
curves="\$rows using 1:2 with lines lw 1 lc rgb '#999999' title 'training', \
  \$rows using 1:3 with linespoints lw 2 pt 7 ps 0.3 lc rgb '#d95f02' title 'development'"
[ -z "$level" ] ||
  curves+=", $level with lines dt 2 lw 2 lc rgb '#1f5fa8' title '$label'"
# What differs between two builds of gnuplot that draw the same is left out.
gnuplot <<GNUPLOT | grep -v -e '<desc>Produced by GNUPLOT' -e '<title>Gnuplot</title>' >"$folder/dev-loss.svg"
set encoding utf8
set terminal svg size 720,400 noenhanced background rgb '#ffffff' font 'sans-serif,13' name 'curve'
set title '$model'
set xlabel 'step'
set ylabel 'nats per token'
set yrange [3.5:6.5]
set grid lc rgb '#dddddd'
set key outside top center horizontal
\$rows << ROWS
$rows
ROWS
plot $curves
GNUPLOT
echo "drew ${folder#"$root"/}/dev-loss.svg"
