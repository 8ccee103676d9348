# Each target is one line of intent; .ci/run uses the same ones.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.PHONY: help check lint walls plans pages certified verify format test hub aarch64 sanitize asan ubsan docs size record fuzz clean \
  bench bench-kernels bench-gate bench-build

IMPORTS := --explicit-target-dependency-import-check error
FILTER ?=
BENCHMARKS := Benchmarks/Package.swift Benchmarks/Sources
ONLY := $(if $(FILTER),--filter '$(FILTER)',)

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1	/p' $(MAKEFILE_LIST) | expand -t 16

check: lint walls plans pages certified ## format, file sizes, no paths of one machine, declared imports only, every grid readable, pages as rendered, no record of an older program

lint: ## swift format in strict mode, shellcheck where there is one, Scripts/check-sources.sh
	swift format lint --strict -p -r Package.swift Sources Tests $(wildcard Plugins) $(BENCHMARKS)
	Scripts/check-sources.sh
	@if command -v shellcheck >/dev/null; then shellcheck -x reproduce.sh .ci/run Scripts/*.sh; fi

walls: ## everything compiles with warnings as errors, and imports only what Package.swift declares
	swift build -c release --build-tests $(IMPORTS)

plans: walls ## every grid decodes, names what exists, and expands to cells
	.build/release/zeroqat plan --all >/dev/null

pages: walls ## every committed page is what its records render to, and READMEs quote it as it is
	.build/release/zeroqat publish --pages --check

certified: walls ## every committed record is of this program's science, or certified for it
	.build/release/zeroqat certify --check

verify: walls ## every committed file by its digest, and by what it is held to; runs no cell
	.build/release/zeroqat verify

format: ## rewrite in house style
	swift format -i -p -r Package.swift Sources Tests $(wildcard Plugins) $(BENCHMARKS)

test: ## all tests in release, or those that match FILTER=…; ZEROQAT_ROOMS=… builds only those rooms
	./reproduce.sh test $(ONLY)

hub: .build/hub/bin/python ## huggingface_hub itself reads what 'fetch' wrote, and the other way round
	swift build -c release --product zeroqat
	.build/hub/bin/python Scripts/hub-cache.py .build/release/zeroqat

# A Python of its own: nothing of it is needed to build, to run or to test.
.build/hub/bin/python:
	python3 -m venv .build/hub
	.build/hub/bin/python -m pip install --quiet --disable-pip-version-check huggingface_hub || { rm -rf .build/hub; exit 1; }

aarch64: ## the C kernels on aarch64, under qemu-user: the same bits; says which Debian packages it needs
	@Scripts/aarch64.sh

# One build for both: AddressSanitizer's runtime has the other's in it.
sanitize: ## the tests under AddressSanitizer and UndefinedBehaviorSanitizer
	ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 \
	  swift test -c release --sanitize=address -Xcc -fsanitize=undefined \
	  --scratch-path .build-sanitize --disable-xctest $(ONLY)

# Leak detection would report the test runner itself. In release, as numerics in debug take hours.
asan:
	ASAN_OPTIONS=detect_leaks=0 swift test -c release --sanitize=address \
	  --scratch-path .build-asan --disable-xctest $(ONLY)

# Swift has no such sanitizer on Linux (its arithmetic traps by itself); the C target has, with the
# runtime linked by hand.
UBSAN = $(shell find "$$(dirname "$$(readlink -f "$$(command -v swiftc)")")/../lib/clang" -name 'libclang_rt.ubsan_standalone-$(shell uname -m).a' | head -n 1)
ubsan:
	@test -n "$(UBSAN)" || { echo "the toolchain has no libclang_rt.ubsan_standalone" >&2; exit 2; }
	UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 swift test -c release \
	  -Xcc -fsanitize=undefined -Xlinker --whole-archive -Xlinker "$(UBSAN)" -Xlinker --no-whole-archive \
	  --scratch-path .build-ubsan --disable-xctest $(ONLY)

# Finds beyond the committed corpus stay in .build/fuzz; a finding's input is written there too, and belongs in the corpus.
FUZZ_SECONDS ?= 60
fuzz: ## every reader of Fuzz/ on damaged inputs, FUZZ_SECONDS=60 each; ONLY_FUZZ=FuzzGGUF for one
	swift build --package-path Fuzz -c release --sanitize=fuzzer --sanitize=address \
	  -Xswiftc -sanitize-coverage=edge,trace-cmp,inline-8bit-counters,pc-table
	@for name in $(or $(ONLY_FUZZ),$(notdir $(wildcard Fuzz/Corpus/*))); do \
	  mkdir -p .build/fuzz/$$name; \
	  echo "$$name: $(FUZZ_SECONDS) s"; \
	  ASAN_OPTIONS=detect_leaks=0 Fuzz/.build/release/$$name -max_total_time=$(FUZZ_SECONDS) -timeout=20 \
	    -rss_limit_mb=4096 -print_final_stats=1 -verbosity=0 -artifact_prefix=.build/fuzz/$$name- \
	    .build/fuzz/$$name Fuzz/Corpus/$$name; \
	done

docs: ## every public declaration is documented, in the house's form (builds no site)
	swift format lint --strict -p -r Sources
	Scripts/check-sources.sh --documentation

size: ## lines per target, largest files
	@Scripts/check-sources.sh --size

record: ## rewrite the snapshots; fails by design, so that a recording is never green
	swift build -c release --build-tests $(IMPORTS)
	RECORD_SNAPSHOTS=1 swift test -c release --skip-build --disable-xctest $(IMPORTS) $(ONLY) || true
	@git --no-pager diff --stat -- Tests; echo "recorded: look at the difference, then run make test" >&2; exit 1

# Both in turns with the speed of the processor; Benchmarks/README.md says how to read them.
ROUNDS ?= 3
SIDES ?=
REMARK ?=
RUNS ?= .build/bench-runs.jsonl
KERNELS := Benchmarks/.build/release/kernels

bench: bench-build ## zeroqat against PyTorch, llama.cpp and a C program, ROUNDS=3; writes Benchmarks/RESULTS.md
	swift build -c release --product zeroqat
	$(KERNELS) > .build/bench-kernels.md
	python3 Benchmarks/rivals/compare.py --rounds $(ROUNDS) $(if $(SIDES),--only $(SIDES)) --into $(RUNS) --remark "$(REMARK)" \
	  --kernels .build/bench-kernels.md > .build/bench-page.md
	mv .build/bench-page.md Benchmarks/RESULTS.md

bench-kernels: bench-build ## each kernel's share of its ceiling
	$(KERNELS)

bench-gate: bench-build ## ratios of kernels that CI holds them to
	$(KERNELS) --gate

bench-build:
	swift build -c release --package-path Benchmarks

clean: ## remove what was built
	./reproduce.sh clean
