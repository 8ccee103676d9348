#!/bin/bash
# Draws a tiny model's training: models/NAME/dev-loss.svg from models/NAME/dev-loss.jsonl.
#
#   Scripts/dev-loss-plot.sh tiny-llama
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
[ $# -eq 1 ] || { echo "usage: Scripts/dev-loss-plot.sh MODEL" >&2; exit 2; }
folder="$root/models/$1"
[ -f "$folder/dev-loss.jsonl" ] || { echo "there is no models/$1/dev-loss.jsonl" >&2; exit 2; }
# One object a line, numbers only: step, tokens, trainLoss, devLoss, learningRate.
tr -d '{}"' <"$folder/dev-loss.jsonl" | sed 's/[a-zA-Z]*://g' | gnuplot -e "
  set terminal svg size 720,400 font 'sans-serif,13' background rgb 'white';
  set output '$folder/dev-loss.svg';
  set datafile separator ',';
  set title '$1: training from nothing';
  set xlabel 'tokens, millions'; set ylabel 'loss, nats per token'; set grid; set key top right;
  plot '-' using (\$2/1e6):4 with lines lw 2 title 'development'"
