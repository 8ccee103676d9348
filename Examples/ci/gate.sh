#!/bin/sh
# Measures a model and holds it to its accepted baseline; fails on a regression, and where nobody can tell.
#
#   MODEL=folder-or.gguf TEXT=text.txt sh gate.sh        BITS=W4A16g128 quantizes first; default: the model as it is
set -eu
rm -rf results
zeroqat eval "$MODEL" --text "$TEXT" --bits "${BITS:-FP}" --results results
zeroqat gate gate.json --results results --junit gate.xml
