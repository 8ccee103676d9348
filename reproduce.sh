#!/usr/bin/env bash
# One command from a fresh clone to a rendered table; `./reproduce.sh help` lists what it can do.
#
# What is missing is installed (Scripts/needs.sh), models and texts are fetched and verified
# (Scripts/assets.sh), everything else is the business of the zeroqat program.
# Exit codes: 0 done · 1 a test failed, a check found a difference or an anchor was missed · 2 could
# not start, with what to do about it · 3 a cell failed · 4 nothing was measured · 129, 130 or
# 143 interrupted by SIGHUP, SIGINT or SIGTERM (what is finished is kept).
set -euo pipefail

# With an exported CDPATH, 'cd' prints where it went, or goes elsewhere.
unset CDPATH
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
logs="$root/.build/log"
zeroqat="$root/.build/release/zeroqat"
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
    --scale NAME      tiny, small, shape or paper; default: the first of these that the table has
    --budget NAME     quick, the first updates, windows and seeds of each cell (default, where the table has it), or
                      full, all that the table declares and what is committed; table2 at tiny: quick 5 to 12 minutes
    --filter TEXT     only cells whose name has this text: 'row=zeroqat column=ppl-w4a4 bits=W4A4 seed=1'
    --protocol ID     another text and window than the grid's, such as wikitext2-2048 at scale small
    --threads N       threads inside a cell (default: all processors)
    --jobs N          cells at a time, which share threads and memory (default: 1; for a quick budget, one a processor)
    --executor NAME   local (default), slurm, or commands: cells as jobs of a cluster (Documentation/guides/Clusters.md)
    --profile FILE    what the cluster is like, JSON
    --cancel          take the table's jobs out of the cluster's queue
    --write-tasks FILE
                      only write a list of tasks for an array of your own
    --force           run finished cells again
    --dry-run         print the plan (cells, minutes, memory, files to fetch); run, fetch, build and install
                    nothing
  all               every table and figure with the scale, one after the other, over failures; ends with a summary
    --scale NAME, --budget NAME, --threads N, --jobs N, --force, --dry-run
  pretrain MODEL    train a tiny model again, from its text and models/MODEL/recipe.json
    --threads N       threads (default: all processors); the model doesn't depend on it
    --steps N         stop after N steps of the recipe's schedule
  check tableN      compare fresh records with the committed ones, whole or as far as a quick run goes; exit code 1 if
                    one is worse
    --filter TEXT     only these cells, as above
    --budget full     after a full run
  check --all       every table with the scale; one summary, and the worst exit code
  publish tableN    copy fresh records to tables/tableN and render them there and in README.md
  publish --all     the same for every table that has fresh records
  power tableN      how small a difference the committed records can show, column by column, and what halves it
    --scale NAME      this scale alone
  claims [tableN]   what the committed records say to the paper's sentences; CLAIMS.md has all of it
  certify [tableN]  run a few committed cells of each method again: does today's program give their numbers?
    --check           run nothing; list records that are neither of today's program nor certified
    --sample N        only the N cheapest at scale tiny, whatever is certified
  report            build pages to look into: every table, claim, curve and record; open results/report/index.html
    --into FOLDER     another folder; --single-file: all of it in one file; --fresh: this machine's records
  verify            hold every committed number to its record and its digest; under a minute, and nothing is run
    --audit 5%        and replay or run again so many of the trainings and cells of scale tiny, at random
  audit tableN      replay the committed trainings of a table and take random steps of them again: hours, in minutes
    --filter TEXT     only these: 'zeroqat.ppl-w4a4.seed1'
    --steps N         steps of each training to evaluate again (default: 20)
    --jobs N          trainings at a time (default: one a processor)
  test              build and run all tests; ends with 'N passed, N failed'
    --filter TEXT     only tests whose room, file or name matches; fetches nothing
  eval MODEL --text FILE
                    perplexity of a model of your own, quantized or not; 'zeroqat eval --help' has the options
  fetch ORG/MODEL   a model of the hub, into the hub's cache, where eval, inspect and generate find it by that id
  try PROGRAM       a program in any language as a method, on a tiny model; 'conformance PROGRAM' holds it to the protocol
  inspect MODEL     what a model is, tensor by tensor, or a record, a replay log, a grid; 'generate MODEL --prompt TEXT' continues a text
  doctor            what this machine has, and the command that brings what is missing
  list              tables, methods, models, datasets and scales
  setup             install what building, fetching and developing need; nothing else
    --aarch64         and the compiler and emulator of 'make aarch64'
    --slurm           and Slurm and munge, which the tests of --executor slurm start on this machine
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
  local minutes="2 to 4"
  case " $* " in *" --build-tests "*) minutes="5 to 8" ;; esac
  [ -x "$zeroqat" ] ||
    say "building $what (release, $minutes minutes on two cores; log: ${log#"$root"/})"
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

# plan_only ARGUMENT…: what the program would do, without building it: as it was last built.
plan_only() {
  local missing newer
  if [ ! -x "$zeroqat" ]; then
    find_swift
    missing=$(missing_packages build plot | sed '/^$/d' | sort -u | tr '\n' ' ')
    say "zeroqat isn't built, so that its plan can't be asked for; without --dry-run this would"
    [ -z "$missing" ] || echo "  install ${missing% } (with apt, where that needs no password)"
    echo "  build zeroqat with $(swiftc --version 2>/dev/null | sed -n 's/.*\(Swift version [0-9.]*\).*/\1/p' | head -n 1): 2 to 4 minutes on two cores"
    echo "  fetch what the cells need, run them and render the table; its README says how long that takes"
    echo "'swift build -c release --product zeroqat' builds it, and nothing else"
    exit 0
  fi
  newer=$(find "$root/Sources" "$root/Package.swift" -newer "$zeroqat" -type f -print -quit)
  [ -z "$newer" ] || say "${newer#"$root"/} is newer than the program: this is the plan of the program as it was built"
  exec "$zeroqat" "$@"
}

run_table() {
  local table=$1 dry=no options=() run_options=()
  shift
  [ -f "$root/tables/$table/grid.json" ] || [ -f "$root/tables/$table/paper.json" ] ||
    fail "there is no tables/$table/grid.json" "there are: $(tables)"
  while [ $# -gt 0 ]; do
    case "$1" in
      --scale | --budget | --filter | --protocol | --threads | --jobs)
        [ $# -ge 2 ] || fail "$1 needs a value" "./reproduce.sh help"
        options+=("$1" "$2"); shift 2 ;;
      --executor | --profile | --write-tasks)
        [ $# -ge 2 ] || fail "$1 needs a value" "./reproduce.sh help"
        run_options+=("$1" "$2"); shift 2 ;;
      --force | --cancel) run_options+=("$1"); shift ;;
      --dry-run) dry=yes; shift ;;
      *) fail "unknown option '$1' for $table" "./reproduce.sh help" ;;
    esac
  done
  [ "$dry" = no ] || plan_only run "$root/tables/$table" --dry-run ${options[@]+"${options[@]}"}
  need build plot
  build_program
  # A table of words needs nothing.
  [ ! -f "$root/tables/$table/grid.json" ] || fetch_assets "$table" ${options[@]+"${options[@]}"}
  attend "$zeroqat" run "$root/tables/$table" --render ${options[@]+"${options[@]}"} \
    ${run_options[@]+"${run_options[@]}"}
  stop_if_interrupted
  exit "$status"
}

# Every table and figure. What can't be fetched keeps only the tables from running that need it.
run_all() {
  local dry=no options=() run_options=()
  while [ $# -gt 0 ]; do
    case "$1" in
      --scale | --budget | --threads | --jobs)
        [ $# -ge 2 ] || fail "$1 needs a value" "./reproduce.sh help"
        options+=("$1" "$2"); shift 2 ;;
      --force) run_options+=("$1"); shift ;;
      --dry-run) dry=yes; shift ;;
      *) fail "unknown option '$1' for all" "./reproduce.sh help" ;;
    esac
  done
  [ "$dry" = no ] || plan_only run --all --dry-run ${options[@]+"${options[@]}"}
  need build plot
  build_program
  (fetch_assets all ${options[@]+"${options[@]}"}) ||
    say "going on without the files above: tables that need them say so"
  attend "$zeroqat" run --all ${options[@]+"${options[@]}"} ${run_options[@]+"${run_options[@]}"}
  stop_if_interrupted
  exit "$status"
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
  local verb=$1 table=${2:-}
  [ -n "$table" ] || fail "$verb what?" "./reproduce.sh $verb table2"
  shift 2
  need build
  build_program
  case "$table" in
    --*) set -- "$table" "$@" ;;
    *) set -- "$root/tables/$(table_named "$table")" "$@" ;;
  esac
  [ "$verb" = publish ] || exec "$zeroqat" "$verb" "$@"
  "$zeroqat" publish "$@"
  say "now look at 'git diff', then commit records and tables together"
}

# power and claims only read what is committed.
on_committed() {
  local verb=$1 table=${2:-}
  case "$verb $table" in
    "power " | "power --"*) fail "power of what?" "./reproduce.sh power table2" ;;
  esac
  need build
  build_program
  shift
  case "$table" in
    "" | --*) exec "$zeroqat" "$verb" "$@" ;;
  esac
  shift
  exec "$zeroqat" "$verb" "$root/tables/$(table_named "$table")" "$@"
}

# Committed trainings are replayed on their models and texts.
run_audit() {
  local table=${1:-}
  case "$table" in
    "" | --*) fail "audit what?" "./reproduce.sh audit table2" ;;
  esac
  table=$(table_named "$table")
  shift
  need build
  build_program
  [ ! -d "$root/tables/$table/replay/tiny" ] || fetch_assets "$table" --scale tiny --budget full
  attend "$zeroqat" audit "$table" --root "$root" "$@"
  stop_if_interrupted
  exit "$status"
}

# Cells of committed records run again. What they need at scale tiny is fetched; cells of larger models whose files
# nobody fetched before are left out.
run_certify() {
  need build
  build_program
  case " $* " in
    *" --check "*) ;;
    *) (fetch_assets all --scale tiny) || say "going on without the files above" ;;
  esac
  attend "$zeroqat" certify "$@"
  stop_if_interrupted
  case " $* " in
    *" --check "* | *" --sample "*) ;;
    *) say "now './reproduce.sh publish --pages', then commit tables/certificates.json and the pages together" ;;
  esac
  exit "$status"
}

# Without --audit nothing is run; with it the texts of scale tiny are fetched.
run_verify() {
  need build
  build_program
  case " $* " in
    *" --audit"*) (fetch_assets all --scale tiny) || say "going on without the files above" ;;
  esac
  attend "$zeroqat" verify --root "$root" "$@"
  stop_if_interrupted
  exit "$status"
}

# The log has every line; the terminal gets what failed and why, the skipped tests, and the count.
run_tests() {
  local counts log="$logs/test.log" report="$logs/tests.xml" only=()
  while [ $# -gt 0 ]; do
    case "$1" in
      --filter)
        [ -n "${2:-}" ] || fail "$1 needs a value" "./reproduce.sh help"
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
  power | claims) on_committed "$command" "$@" ;;
  certify) run_certify "$@" ;;
  audit) run_audit "$@" ;;
  verify) run_verify "$@" ;;
  pretrain) run_pretraining "$@" ;;
  test) run_tests "$@" ;;
  list | fetch | eval | inspect | generate | doctor | try | conformance | report)
    need build && build_program && exec "$zeroqat" "$command" "$@"
    ;;
  setup)
    more=()
    while [ $# -gt 0 ]; do
      case "$1" in
        --aarch64) more+=(aarch64) ;;
        --slurm) more+=(slurm) ;;
        *) fail "unknown option '$1' for setup" "./reproduce.sh help" ;;
      esac
      shift
    done
    need build python fetch plot develop ${more[@]+"${more[@]}"}
    ;;
  clean) clean "$@" ;;
  help | --help | -h) usage ;;
  *)
    # Tables with names of their own.
    if [ -f "$root/tables/$command/grid.json" ] || [ -f "$root/tables/$command/paper.json" ]; then
      run_table "$command" "$@"
    fi
    fail "unknown command '$command'" \
      "commands: $(tables)all pretrain check publish power claims report verify certify audit test fetch eval try conformance inspect generate doctor list setup clean help"
    ;;
esac
