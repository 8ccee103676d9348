#!/usr/bin/env bash
# One command from a fresh clone to a rendered table; `./reproduce.sh help` lists what it can do.
#
# What is missing is installed (Scripts/needs.sh), models and texts are fetched and verified
# (Scripts/assets.sh), everything else is the business of the zeroqat program.
# Exit codes: 0 done · 1 a test failed, a check found a difference or an anchor was missed · 2 could
# not start, with what to do about it · 3 a cell failed · 4 nothing was measured · 129, 130 or
# 143 interrupted by SIGHUP, SIGINT or SIGTERM (what is finished is kept).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
logs="$root/.build/log"
zeroqat="$root/.build/release/zeroqat"
scales="tiny small shape paper"
default_scale=tiny
may_install=yes

# shellcheck source=Scripts/needs.sh
. "$root/Scripts/needs.sh"
# shellcheck source=Scripts/assets.sh
. "$root/Scripts/assets.sh"

usage() {
  cat <<'TEXT'
usage: ./reproduce.sh COMMAND [options]

  tableN            build, fetch models and text, run the cells of tables/tableN, render the table;
                    so too figureN, jointly-learned, stored-weights, and c1, d1, d3 … e1 for the tables of the appendix
    --scale NAME      tiny (default; shape for tables 7 and 8), small, shape or paper
    --filter TEXT     only cells whose name has this text: 'row=zeroqat column=ppl-w4a4 bits=W4A4 seed=1'
    --protocol ID     another text and window than the grid's, such as wikitext2-2048 at scale small
    --threads N       threads inside a cell (default: all processors)
    --force           run finished cells again
    --dry-run         print the plan (cells, minutes, memory, files to fetch); run and fetch nothing
  all               every table and figure with the scale, one after the other, over failures; ends with a summary
    --scale NAME, --threads N, --force, --dry-run
  pretrain MODEL    train a tiny model again, from its text and models/MODEL/recipe.json
    --threads N       threads (default: all processors); the model doesn't depend on it
    --steps N         stop after N steps of the recipe's schedule
  check tableN      compare fresh records with the committed ones; exit code 1 if they differ
  publish tableN    copy fresh records to tables/tableN and render them there and in README.md
  test              build and run all tests; ends with 'N passed, N failed'
    --filter TEXT     only tests whose room, file or name matches; fetches nothing
  list              tables, methods, models, datasets and scales
  setup             install what building, fetching and developing need; nothing else
  clean             remove what was built; --results: also results/; --cache: also fetched files
  help              this text

Everywhere: --no-install  never install anything; print the command that would.

Models and texts are kept in ${XDG_CACHE_HOME:-~/.cache}/zeroqat. A copy of your own is used instead
when ZEROQAT_SMOLLM2 (a .gguf file) or ZEROQAT_WIKITEXT2 (a folder with wiki.test.raw) names it.
TEXT
}

# — words on the terminal —

if [ -t 2 ] && [ -z "${NO_COLOR:-}" ]; then
  bold=$'\e[1m' red=$'\e[31m' plain=$'\e[0m' erase=$'\r\e[K'
else
  bold="" red="" plain="" erase=""
fi

say() { printf '%s\n' "${bold}▸ $*${plain}" >&2; }

# fail MESSAGE [LINE…]: an error that stops everything, then what to do about it.
fail() {
  printf '%serror:%s %s\n' "$red" "$plain" "$1" >&2
  shift
  [ $# -eq 0 ] || printf '  %s\n' "$@" >&2
  exit 2
}

# Copies lines to a log; shows the last one in place on a terminal, or a line every 15 s elsewhere.
follow() {
  local log=$1 what=$2 line="" last="" next=$((SECONDS + 15)) started=$SECONDS got
  : >"$log"
  while :; do
    got=0
    IFS= read -r -t 5 line || got=$?
    [ "$got" -eq 0 ] || [ "$got" -gt 128 ] || break
    if [ "$got" -eq 0 ]; then
      printf '%s\n' "$line" >>"$log"
      last=$line
    fi
    if [ -n "$erase" ]; then
      printf '%s  %s, %d s: %.60s' "$erase" "$what" "$((SECONDS - started))" "$last" >&2
    elif [ "$SECONDS" -ge "$next" ]; then
      printf '  %s, %d s: %.60s\n' "$what" "$((SECONDS - started))" "$last" >&2
      next=$((SECONDS + 15))
    fi
  done
  [ -z "$line" ] || printf '%s\n' "$line" >>"$log"
  printf '%s' "$erase" >&2
}

# Runs a command in a process group of its own and hands it every signal exactly once, so that it
# can finish its sentence before this script goes on. Sets `status`.
attend() {
  local child
  set -m
  "$@" </dev/null &
  child=$!
  set +m
  trap 'signal=INT; kill -INT -- "-$child" 2>/dev/null || true' INT
  trap 'signal=TERM; kill -TERM -- "-$child" 2>/dev/null || true' TERM
  trap 'signal=HUP; kill -HUP -- "-$child" 2>/dev/null || true' HUP
  signal=""
  while :; do
    status=0
    wait "$child" || status=$?
    # A trapped signal ends `wait` early; the child is waited for again until it is gone.
    kill -0 "$child" 2>/dev/null || break
  done
  stop_on_signals
}

# Outside of `attend` the step in hand ends first, as the terminal has signalled it too.
stop_on_signals() {
  trap 'exit 130' INT
  trap 'exit 143' TERM
  trap 'exit 129' HUP
}

# The program has said by then what is kept.
stop_if_interrupted() {
  [ -n "$signal" ] || return 0
  case "$signal" in INT) exit 130 ;; HUP) exit 129 ;; *) exit 143 ;; esac
}

# — steps —

# build WHAT ARGUMENT…: one swift build, its output in .build/log/build.log.
build() {
  local what=$1 log="$logs/build.log" started=$SECONDS
  shift
  mkdir -p "$logs" 2>/dev/null ||
    fail "cannot write in $root" "clone the repository to a folder of your own"
  [ -x "$zeroqat" ] || say "building $what (release, some minutes; log: ${log#"$root"/})"
  if ! (cd "$root" && swift build -c release "$@" 2>&1) | follow "$log" "building"; then
    tail -n 30 "$log" >&2
    fail "the build failed; the whole log is ${log#"$root"/}"
  fi
  [ $((SECONDS - started)) -lt 3 ] || say "built $what in $((SECONDS - started)) s"
}

built=no
build_program() {
  [ "$built" = no ] || return 0
  build zeroqat --product zeroqat
  built=yes
}

# The folder that a table's short name stands for: `d1` is `tabled1`.
table_named() {
  case "$1" in
    [a-z][0-9] | [a-z][0-9][0-9]) echo "table$1" ;;
    *) echo "$1" ;;
  esac
}

# A table of words, not of cells: nothing is run for it.
is_of_words() { [ -f "$root/tables/$1/paper.json" ] && [ ! -f "$root/tables/$1/grid.json" ]; }

render_words() {
  local table=$1 rendered="$root/results/$1/table.md"
  need build
  build_program
  "$zeroqat" render "$root/tables/$table" --output "$rendered"
  say "the table: ${rendered#"$root"/}"
}

# Whether a table's grid has a scale, and the scale that it is run at when nobody names one.
has_scale() { grep -Eq "\"$2\"[[:space:]]*:[[:space:]]*\{" "$root/tables/$1/grid.json"; }
scale_of() {
  local scale
  for scale in $default_scale $scales; do
    if has_scale "$1" "$scale"; then
      echo "$scale"
      return
    fi
  done
  echo "$default_scale"
}

run_table() {
  local table=$1 scale="" protocol="" dry=no
  local options=() run_options=() render_options=()
  shift
  if is_of_words "$table"; then
    render_words "$table"
    return
  fi
  [ -f "$root/tables/$table/grid.json" ] ||
    fail "there is no tables/$table/grid.json" "there are: $(tables)"
  while [ $# -gt 0 ]; do
    case "$1" in
      --scale | --filter | --protocol | --threads)
        [ $# -ge 2 ] || fail "$1 needs a value" "./reproduce.sh help" ;;
    esac
    case "$1" in
      --scale) scale=$2; shift 2 ;;
      --protocol) protocol=$2 options+=("$1" "$2") render_options+=("$1" "$2"); shift 2 ;;
      --filter | --threads) options+=("$1" "$2"); shift 2 ;;
      --force) run_options+=("$1"); shift ;;
      --dry-run) dry=yes; shift ;;
      --no-install) may_install=no; shift ;;
      *) fail "unknown option '$1' for $table" "./reproduce.sh help" ;;
    esac
  done
  [ -n "$scale" ] || scale=$(scale_of "$table")
  case " $scales " in
    *" $scale "*) ;;
    *) fail "unknown scale '$scale'" "scales: $scales" ;;
  esac

  need build plot
  build_program
  options=(--scale "$scale" ${options[@]+"${options[@]}"})
  [ "$dry" = no ] || exec "$zeroqat" plan "$root/tables/$table" "${options[@]}"
  fetch_assets "$table" "${options[@]}"

  # A failed cell doesn't keep the others from being shown: the table names its reason.
  local run_status rendered="$root/results/$table/$scale/table${protocol:+-$protocol}.md"
  attend "$zeroqat" run "$root/tables/$table" "${options[@]}" ${run_options[@]+"${run_options[@]}"}
  stop_if_interrupted
  run_status=$status
  case "$run_status" in 0 | 1 | 3 | 4) ;; *) exit "$run_status" ;; esac
  "$zeroqat" render "$root/tables/$table" --scale "$scale" \
    ${render_options[@]+"${render_options[@]}"} --output "$rendered"
  say "the table: ${rendered#"$root"/}"
  exit "$run_status"
}

# What a rendered table came to, from its numbers: a line per row, column and seed.
counts_of() {
  [ -f "$1" ] || { echo "not rendered"; return; }
  awk -F , 'NR > 1 {
      if ($11 == "finished" || $11 == "diverged") measured++
      else if ($11 == "failed") failed++
      else idle++
    }
    END { printf "%d measured, %d not run, %d failed", measured, idle, failed }' "$1"
}

# Every table and figure. One that fails doesn't keep the others from being made.
run_all() {
  local options=("$@") scale=$default_scale table status worst=0 started began words lines=()
  while [ $# -gt 0 ]; do
    case "$1" in
      --scale | --threads)
        [ $# -ge 2 ] || fail "$1 needs a value" "./reproduce.sh help"
        [ "$1" = --threads ] || scale=$2
        shift 2
        ;;
      --force | --dry-run) shift ;;
      *) fail "unknown option '$1' for all" "./reproduce.sh help" ;;
    esac
  done
  case " $scales " in
    *" $scale "*) ;;
    *) fail "unknown scale '$scale'" "scales: $scales" ;;
  esac
  need build plot
  build_program
  started=$SECONDS
  for table in $(tables); do
    if ! is_of_words "$table" && ! has_scale "$table" "$scale"; then
      lines+=("$(printf '%-12s not at scale %s: ./reproduce.sh %s' "$table" "$scale" "$table")")
      continue
    fi
    say "$table"
    began=$SECONDS
    # In a shell of its own, since it leaves by exit; an `||` behind it would switch `set -e` off inside.
    set +e
    (set -e; run_table "$table" --scale "$scale" ${options[@]+"${options[@]}"})
    status=$?
    set -e
    case "$status" in 129 | 130 | 143) exit "$status" ;; esac
    # Nothing measured is no failure of a table whose scale or data aren't there: it says so itself.
    case "$status" in
      0 | 4) ;;
      *) if [ "$worst" = 0 ] || [ "$status" -lt "$worst" ]; then worst=$status; fi ;;
    esac
    if is_of_words "$table"; then
      words="rendered, nothing to run"
      [ "$status" = 0 ] || words="not rendered"
    else
      words=$(counts_of "$root/results/$table/$scale/table.csv")
    fi
    lines+=("$(printf '%-12s %s, %d min %02d s%s' "$table" "$words" \
      $(((SECONDS - began) / 60)) $(((SECONDS - began) % 60)) \
      "$([ "$status" = 0 ] || echo " (exit code $status)")")")
  done
  case " ${options[*]-} " in *" --dry-run "*) exit "$worst" ;; esac
  say "all tables at scale $scale, $(((SECONDS - started) / 60)) minutes"
  printf '  %s\n' "${lines[@]}"
  exit "$worst"
}

# A run that was stopped goes on where it was.
run_pretraining() {
  local model=${1:-} options=() folder
  [ -n "$model" ] || fail "pretrain what?" "./reproduce.sh pretrain tiny-llama"
  shift
  [ -f "$root/models/$model/recipe.json" ] || fail "there is no models/$model/recipe.json"
  while [ $# -gt 0 ]; do
    case "$1" in
      --threads | --steps)
        [ $# -ge 2 ] || fail "$1 needs a value" "./reproduce.sh help"
        options+=("$1" "$2"); shift 2 ;;
      *) fail "unknown option '$1' for pretrain" "./reproduce.sh help" ;;
    esac
  done
  folder="$root/results/pretraining"
  need build
  build_program
  fetch_assets dataset=classics
  "$zeroqat" texts --dataset classics --out "$folder/texts"
  attend "$zeroqat" pretrain --recipe "$root/models/$model/recipe.json" --data "$folder/texts" \
    --out "$folder/$model" ${options[@]+"${options[@]}"}
  stop_if_interrupted
  [ "$status" -ne 0 ] || say "the model: ${folder#"$root"/}/$model"
  exit "$status"
}

# check and publish work on the records that a run left.
on_records() {
  local verb=$1 table
  table=$(table_named "${2:-}")
  [ -n "$table" ] || fail "$verb what?" "./reproduce.sh $verb table2"
  shift 2
  need build
  build_program
  [ "$verb" = publish ] || exec "$zeroqat" "$verb" "$root/tables/$table" "$@"
  "$zeroqat" publish "$root/tables/$table" "$@"
  "$root/Scripts/readme-table.sh"
  "$root/Scripts/held.sh"
  say "now look at 'git diff', then commit records and tables together"
}

# The log has every line; the terminal gets what failed and why, the skipped tests, and the count.
run_tests() {
  local counts log="$logs/test.log" report="$logs/tests.xml" only=()
  while [ $# -gt 0 ]; do
    case "$1" in
      --filter)
        [ $# -ge 2 ] && [ -n "$2" ] || fail "$1 needs a value" "./reproduce.sh help"
        only=(--filter "$2")
        shift 2
        ;;
      *) fail "unknown option '$1' for test" "./reproduce.sh help" ;;
    esac
  done
  need build python plot
  # The flags of every other build here: 'swift test' by itself would compile all of it another way.
  build "zeroqat and its tests" --build-tests --explicit-target-dependency-import-check error
  [ ${#only[@]} -gt 0 ] || fetch_for_tests
  say "testing (log: ${log#"$root"/})"
  rm -f "$report"
  counts=0
  # The kernels that cells run on, whatever this shell says: an unknown processor gets OpenBLAS's oldest.
  if grep -qsw avx512f /proc/cpuinfo; then
    export OPENBLAS_CORETYPE=SkylakeX
  elif grep -qsw avx2 /proc/cpuinfo; then
    export OPENBLAS_CORETYPE=Haswell
  fi
  (cd "$root" && swift test -c release --skip-build --disable-xctest ${only[@]+"${only[@]}"} \
    --explicit-target-dependency-import-check error --xunit-output "$report" 2>&1) |
    follow "$log" "testing" || counts=$?
  python3 "$root/Scripts/count-tests.py" "$report" "$log" "$counts"
}

# Folders of tables/, tables before figures and others.
tables() {
  local folder name first="" rest=""
  for folder in "$root"/tables/*; do
    [ -f "$folder/grid.json" ] || [ -f "$folder/paper.json" ] || continue
    name=$(basename "$folder")
    case "$name" in
      table*) first+="$name " ;;
      *) rest+="$name " ;;
    esac
  done
  printf '%s' "$first$rest"
}

clean() {
  local doomed=("$root"/.build "$root"/.build-*) path
  while [ $# -gt 0 ]; do
    case "$1" in
      --results) doomed+=("$root/results") ;;
      --cache) doomed+=("$cache") ;;
      *) fail "unknown option '$1' for clean" "./reproduce.sh help" ;;
    esac
    shift
  done
  for path in "${doomed[@]}"; do
    [ -e "$path" ] || continue
    echo "removing $path"
    rm -rf -- "$path"
  done
}

# — the command line —

stop_on_signals
arguments=()
for argument in "$@"; do
  if [ "$argument" = --no-install ]; then may_install=no; else arguments+=("$argument"); fi
done
set -- ${arguments[@]+"${arguments[@]}"}

command=${1:-help}
[ $# -eq 0 ] || shift
case "$command" in
  all) run_all "$@" ;;
  table[0-9a-z]* | figure[0-9]* | [a-z][0-9]) run_table "$(table_named "$command")" "$@" ;;
  check | publish) on_records "$command" "$@" ;;
  pretrain) run_pretraining "$@" ;;
  test) run_tests "$@" ;;
  list) need build && build_program && exec "$zeroqat" list "$@" ;;
  setup) need build python fetch plot develop ;;
  clean) clean "$@" ;;
  help | --help | -h) usage ;;
  *)
    # Tables with names of their own.
    [ ! -f "$root/tables/$command/grid.json" ] || run_table "$command" "$@"
    fail "unknown command '$command'" \
      "commands: $(tables)all pretrain check publish test list setup clean help"
    ;;
esac
