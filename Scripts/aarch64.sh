#!/usr/bin/env bash
# The C kernels give the same bits on aarch64 as on x86-64, with every set of instructions that is here.
#
#   Scripts/aarch64.sh     as 'make aarch64' does
#
# The probes of Tests/CKernelsTests run natively with each clone of the kernels, then, built by the toolchain's clang
# and by gcc, under qemu-user; every result is compared with the baseline's, bit for bit. The last line is
# 'N passed, N failed': claims of each run, and functions of each comparison.
# Exit codes: 0 the same bits · 1 something differs or doesn't build · 2 could not start, with what to do about it.
set -euo pipefail
unset CDPATH
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
logs=.build/log
work=.build/aarch64
kernels=Sources/CKernels
probes=Tests/CKernelsTests

# shellcheck source=Scripts/needs.sh
. Scripts/needs.sh

say() { printf '▸ %s\n' "$*" >&2; }

# fail MESSAGE [LINE…]
fail() {
  printf 'error: %s\n' "$1" >&2
  shift
  [ $# -eq 0 ] || printf '  %s\n' "$@" >&2
  exit 2
}

# — what is needed —

[ "$(uname -m)" = x86_64 ] || fail "the bits to compare with are those of x86-64, and this is $(uname -m)"
missing=$(missing_packages aarch64 | tr '\n' ' ')
[ -z "$missing" ] || fail "missing: ${missing% }" \
  "apt-get update && apt-get install -y --no-install-recommends ${missing% }" \
  "or: ./reproduce.sh setup --aarch64"
find_swift
clang="$(dirname "$(readlink -f "$(command -v swiftc)")")/clang"
[ -x "$clang" ] || fail "the Swift toolchain has no clang: $clang"
gcc=aarch64-linux-gnu-gcc
qemu=$(command -v qemu-aarch64 || command -v qemu-aarch64-static)

# The kernels' own flags, as their manifest has them.
read -r -a flags <<<"$(sed -n '/name: "CKernels"/,/)/s/.*unsafeFlags(\[\([^]]*\)\]).*/\1/p' Package.swift | tr -d '",')"
[ ${#flags[@]} -gt 0 ] || fail "no flags of CKernels found in Package.swift"
# No number is narrowed in silence; a lane's index may be signed.
flags+=(-Wconversion -Wno-sign-conversion)
# What clang reads in a pragma (multiversion.h), gcc wants as a flag.
gcc_flags=(-Wno-unknown-pragmas -ffp-contract=off)

# — building —

# compile NAME COMMAND…: the kernels to $work/NAME/kernel-*.o
compile() {
  local to="$work/$1" file
  shift
  mkdir -p "$to"
  for file in "$kernels"/*.c; do
    "$@" -c "$file" -o "$to/kernel-$(basename "$file" .c).o" -I"$kernels/include"
  done
}

# compile_probes NAME COMMAND…: the probes to $work/NAME/probe-*.o
compile_probes() {
  local to="$work/$1" file
  shift
  mkdir -p "$to"
  for file in "$probes"/*.c; do
    "$@" -c "$file" -o "$to/probe-$(basename "$file" .c).o" -I"$kernels/include" -ffp-contract=off
  done
}

# clones_of LEVEL: a line 'zq_add zq_add.default.2' for each function that has one.
clones_of() {
  nm -g --defined-only "$work"/x86-64/kernel-*.o | awk -v level="$1" '
    $2 == "T" && index($3, "." level ".") { print substr($3, 1, index($3, ".") - 1), $3 }'
}

rm -rf "$work"
mkdir -p "$work"
say "building $kernels for x86-64 and aarch64"
builds=()
{
  compile x86-64 "$clang" "${flags[@]}"
  compile_probes x86-64 "$clang" "${flags[@]}"
} &
builds+=($!)
{
  compile_probes aarch64 "$gcc" "${flags[@]}"
  compile gcc "$gcc" "${flags[@]}" "${gcc_flags[@]}"
  compile contracted "$gcc" "${flags[@]}" "${gcc_flags[@]}" -ffp-contract=fast
  compile clang "$clang" --target=aarch64-linux-gnu "${flags[@]}"
} &
builds+=($!)
broken=no
for build in "${builds[@]}"; do wait "$build" || broken=yes; done
[ "$broken" = no ] || { echo "error: the kernels don't build, see above" >&2; echo "0 passed, 1 failed"; exit 1; }

# The program's loader chooses clones by the processor; here the probes call those of one level by their own names, which
# are clang's: `default.…` and `arch_x86-64-v3.…`.
declare -A levels=([baseline]=default [x86-64-v3]=arch_x86-64-v3 [x86-64-v4]=arch_x86-64-v4)
for level in baseline x86-64-v3 x86-64-v4; do
  clones_of "${levels[$level]}" >"$work/$level.clones"
  [ -s "$work/$level.clones" ] || fail "clang made no clones '${levels[$level]}' of $kernels"
  mkdir "$work/$level.o"
  for file in "$work"/x86-64/probe-*.o; do
    objcopy --redefine-syms="$work/$level.clones" "$file" "$work/$level.o/${file##*/}"
  done
  "$clang" "$work/$level.o"/*.o "$work"/x86-64/kernel-*.o -lm -o "$work/$level"
done
for name in clang gcc contracted; do "$gcc" -static "$work/$name"/*.o "$work"/aarch64/probe-*.o -lm -o "$work/aarch64-$name"; done

# — running —

passed=0 failed=0
# count NAME WHAT STATUS LOG: adds what the log's last line says, and shows the rest.
count() {
  local line
  line=$(tail -n 1 "$4")
  if [ "$3" -gt 1 ] || ! [[ "$line" =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    failed=$((failed + 1))
    cat "$4"
    echo "failed: $1 $2 ended with exit code $3"
    return 1
  fi
  passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
  sed '$d' "$4"
  echo "$1 $2: $line"
}

# probe NAME COMMAND…: runs the probes, and compares with the baseline's results.
probe() {
  local name=$1 log="$work/$1.log" status=0
  shift
  timeout 300 "$@" run "$work/$name.results" >"$log" || status=$?
  count "$name" "by itself" "$status" "$log" || return 0
  [ "$name" != baseline ] || return 0
  status=0
  "$work/baseline" compare "$work/baseline.results" "$work/$name.results" >"$log" || status=$?
  count "$name" "beside the baseline" "$status" "$log" || return 0
}

# No function of the header is left out.
left_out=$(comm -23 \
  <(grep -oE '\bzq_[a-z0-9_]+\(' "$kernels/include/CKernels.h" | tr -d '(' | sort -u) \
  <(nm -u "$work"/x86-64/probe-*.o | sed -n 's/.* U \(zq_.*\)/\1/p' | sort -u))
if [ -z "$left_out" ]; then
  passed=$((passed + 1))
else
  failed=$((failed + 1))
  echo "failed: no probe in $probes calls ${left_out//$'\n'/, }"
fi

best=$("$work/baseline" level)
probe baseline "$work/baseline"
for level in 3 4; do
  if [ "$best" -ge "$level" ]; then
    probe "x86-64-v$level" "$work/x86-64-v$level"
  else
    echo "skipped: x86-64-v$level: this processor hasn't got it"
  fi
done
for name in clang gcc; do probe "aarch64-$name" "$qemu" "$work/aarch64-$name"; done

# What can't fail compares nothing: aarch64's own fused multiply-adds must show.
timeout 300 "$qemu" "$work/aarch64-contracted" run "$work/contracted.results" >/dev/null || true
seen=0
"$work/baseline" compare "$work/baseline.results" "$work/contracted.results" >"$work/contracted.log" || seen=$?
if [ "$seen" -eq 1 ]; then
  passed=$((passed + 1))
  echo "control: where gcc may fuse multiply-adds by itself, $(grep -c '^failed' "$work/contracted.log") functions differ"
else
  failed=$((failed + 1))
  echo "failed: nothing differs where gcc may fuse multiply-adds by itself"
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
