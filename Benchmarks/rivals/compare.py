#!/usr/bin/env python3
"""Sets zeroqat against PyTorch, llama.cpp and a bare C program, and says which lines are kept.

    compare.py [--rounds N] [--only GROUP …] [--into runs.jsonl]    measure, then print the page
    compare.py --page --into runs.jsonl [--kernels FILE]            print the page of what was measured

In each round every side runs once, in a process of its own, one after another; the processor's speed is
taken before and after each. A ratio is that of the medians over all rounds, on the same number of threads. Runs
are kept as lines of JSON, so that a measurement can go on later, and its page be printed again.
"""

import argparse
import dataclasses
import datetime
import json
import pathlib
import statistics
import sys
import time

import machine
import sides
import work

STEP = 4 * 512
WEIGHTS = 134_515_008 * 4 / 2**20  # SmolLM2-135M in float32, MiB


def step_sides(windows):
    """The sides of a step of so many windows of 512 tokens."""
    tokens = windows * 512

    def torch(products, trains):
        return lambda: sides.torch(
            "step.py", "--windows", windows, "--products", products, "--trains", trains,
            tokens=tokens)

    return {
        "zeroqat float": lambda: sides.zeroqat("step", f"float-{windows}", tokens),
        "torch stock, linears": torch("stock", "linears"),
        "zeroqat integer": lambda: sides.zeroqat("step", f"integer-{windows}", tokens),
        "floor float": lambda: sides.floor("q", windows, 512),
        "floor integer": lambda: sides.floor("i", windows, 512),
        "torch oneDNN, linears": torch("onednn", "linears"),
        "torch stock, all": torch("stock", "all"),
        "torch oneDNN, all": torch("onednn", "all"),
    }


GROUPS = {
    "step-4": step_sides(4),
    "step-1": step_sides(1),
    "perplexity": {
        "zeroqat": lambda: sides.zeroqat("perplexity", "full-precision", None),
        "torch stock": lambda: sides.torch("perplexity.py", "--products", "stock"),
        "torch oneDNN": lambda: sides.torch("perplexity.py", "--products", "onednn"),
        "llama.cpp F32": sides.llama,
    },
    # Alone: it takes 13 GiB.
    "backprop": {
        "torch stock, backprop": lambda: sides.torch(
            "step.py", "--windows", 4, "--trains", "backprop", "--steps", 1, tokens=STEP),
    },
}


@dataclasses.dataclass
class Line:
    """What a ratio must be: `body` of a side over that of another."""

    group: str
    what: str  # 'time', 'tokens/s' or 'memory'
    body: str
    other: str
    bound: float
    at_least: bool = False


LINES = [
    Line("step-4", "time", "zeroqat float", "torch stock, linears", 0.38),
    Line("step-4", "time", "zeroqat float", "torch stock, all", 0.38),
    Line("step-4", "time", "zeroqat float", "torch oneDNN, linears", 0.50),
    Line("step-4", "time", "zeroqat float", "torch oneDNN, all", 0.50),
    Line("step-4", "time", "zeroqat integer", "torch stock, linears", 0.20),
    Line("step-4", "time", "zeroqat integer", "torch stock, all", 0.20),
    Line("step-4", "time", "zeroqat integer", "torch oneDNN, linears", 0.27),
    Line("step-4", "time", "zeroqat integer", "torch oneDNN, all", 0.27),
    Line("step-4", "time", "zeroqat float", "floor float", 1.15),
    Line("step-4", "time", "zeroqat integer", "floor integer", 1.15),
    Line("step-1", "time", "zeroqat float", "torch stock, linears", 0.25),
    Line("step-1", "time", "zeroqat float", "torch stock, all", 0.25),
    Line("step-1", "time", "zeroqat float", "floor float", 1.15),
    Line("step-1", "time", "zeroqat integer", "floor integer", 1.15),
    Line("step-4", "memory", "zeroqat float", "torch stock, linears", 0.35),
    Line("step-4", "memory", "zeroqat float", "torch stock, all", 0.35),
    Line("step-4", "memory", "zeroqat float", "backprop/torch stock, backprop", 0.05),
    Line("perplexity", "tokens/s", "zeroqat", "torch stock", 2.2, at_least=True),
    Line("perplexity", "tokens/s", "zeroqat", "torch oneDNN", 1.5, at_least=True),
    Line("perplexity", "tokens/s", "zeroqat", "llama.cpp F32", 1.5, at_least=True),
]


# Shares of the float32 products in registers that a side must reach; integers have another ceiling.
SHARES = {("step-4", "zeroqat float"): 0.80, ("perplexity", "zeroqat"): 0.85}


def measure(options):
    """Runs the rounds, each run written before the next begins; how many sides failed."""
    missing, failures = {}, 0
    for number in range(options.rounds):
        for group in options.only:
            for side, run in GROUPS[group].items():
                if options.side and side not in options.side or (group, side) in missing:
                    continue
                try:
                    speed = wait_for_quiet(options)
                except sides.Missing as reason:
                    sys.exit(f"can't measure the processor's speed: {reason}")
                started = time.monotonic()
                try:
                    result = run()
                except sides.Missing as reason:
                    missing[group, side] = str(reason)
                    print(f"SKIPPED {group}, {side}: {reason}", file=sys.stderr, flush=True)
                    continue
                except RuntimeError as reason:
                    failures += 1
                    print(f"FAILED {group}, {side}: {reason}", file=sys.stderr, flush=True)
                    continue
                # Of a processor that is shared the speed before says little of the time between.
                after = sides.calibration()
                with open(options.into, "a", encoding="utf-8") as file:
                    file.write(json.dumps({
                        "group": group, "side": side, "commit": machine.commit(),
                        "calibration": speed, "calibrationAfter": after,
                        "at": datetime.datetime.now(datetime.timezone.utc).isoformat("T", "seconds"),
                        **dataclasses.asdict(result)}) + "\n")
                print(f"round {number + 1} of {options.rounds}, {group}, {side}: "
                      f"{result.seconds:.2f} s (least {result.least_seconds:.2f}), processor at "
                      f"{speed['floatProducts']:.0f} GFLOP/s; took "
                      f"{time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    return failures


def wait_for_quiet(options):
    """The processor's speed; waits for at least options.quiet of it, but not for ever."""
    until = time.monotonic() + 60 * options.wait
    while True:
        speed = sides.calibration()
        if speed["floatProducts"] >= options.quiet or time.monotonic() > until:
            return speed
        time.sleep(5)


def page(runs, kernels, remark):
    """The page: machine, pairs, sides, kernels; a remark says what a reader must know of the day."""
    days = sorted({run["at"][:10] for run in runs})
    lines = ["# Results", "", "Written by `make bench`; [README.md](README.md) says how to read it.",
             "", *machine.description(runs[-1].get("commit", "unknown"), days), ""]
    lines += [remark, ""] if remark else []
    lines += ["## Pairs", "",
              "Ratio of the medians over all rounds; beside it that of the least times, and that of processor",
              "time, both of which neighbours disturb less. `linears`: PyTorch trains what zeroqat trains;",
              "`all`: every parameter, moved in place, as MeZO-style code does.", "",
              "| | zeroqat's side | against | ratio | of least | of processor time | rounds | line |",
              "| --- | --- | --- | --- | --- | --- | --- | --- |"]
    lines += [row for line in LINES for row in [pair_row(line, runs)] if row]
    lines += [own_memory_row(runs)] if taken(runs, "step-4", "zeroqat float") else []
    lines += share_rows(runs)
    lines += ["", "## Sides", "",
              "Seconds are those of a step, or of all windows of an evaluation. Calibration: float32",
              "products in registers on two threads before each run, GFLOP/s, least and most.", "",
              "| | side | seconds | least | processor | tokens/s | peak MiB | calibration | runs |",
              "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"]
    for group, members in GROUPS.items():
        for side in members:
            some = taken(runs, group, side)
            if not some:
                lines.append(f"| {group} | {side} | not run | | | | | | |")
                continue
            memory = peak(some)
            speeds = [run["calibration"]["floatProducts"] for run in some]
            lines.append(
                f"| {group} | {side} | {median(some):.2f} | {least(some):.2f} | "
                f"{shown(processor(some), 2)} | {some[0]['tokens'] / median(some):.0f} | {f'{memory:.0f}' if memory else ''} | "
                f"{min(speeds):.0f}–{max(speeds):.0f} | {len(some)} |")
    if kernels:
        lines += ["", "## Kernels", "", kernels.strip()]
    return "\n".join(lines) + "\n"


def share_rows(runs):
    """Each side's share of what the processor could do at the time."""
    rows = []
    for group, members in GROUPS.items():
        operations = work.operations(group)
        for side in members if operations else []:
            shares = [share(run, operations) for run in taken(runs, group, side)]
            if not shares:
                continue
            bound = SHARES.get((group, side))
            found = statistics.median(shares)
            line = f"≥ {bound:.2f}, {'kept' if found >= bound else '**missed**'}" if bound else ""
            rows.append(f"| {group} | {side} | {found:.2f} | {min(shares):.2f}–{max(shares):.2f} | {line} |")
    if not rows:
        return []
    return ["", "## Shares of the ceiling", "",
            "Operations that can't be avoided (products and attention, of two passes a step) a second, over the",
            "float32 products in registers that the same processor did just before and after, the mean of both:",
            "median, least and most of the runs. An integer product isn't bound by that ceiling.", "",
            "| | side | share | of the runs | line |", "| --- | --- | --- | --- | --- |", *rows]


def share(run, operations):
    """A run's share of the ceiling."""
    speeds = [run["calibration"]] + ([run["calibrationAfter"]] if "calibrationAfter" in run else [])
    ceiling = statistics.mean(speed["floatProducts"] for speed in speeds)
    return operations / run["seconds"] / (1e9 * ceiling)


def taken(runs, group, side):
    """The runs of a side, which may name its group before a slash."""
    if "/" in side:
        group, side = side.split("/", 1)
    return [run for run in runs if run["group"] == group and run["side"] == side]


def median(some):
    """Median seconds."""
    return statistics.median(run["seconds"] for run in some)


def least(some):
    """Least seconds."""
    return min(run["least_seconds"] for run in some)


def processor(some):
    """Median of all threads' seconds on the processor; None where it wasn't taken."""
    known = [run["processor_seconds"] for run in some if run.get("processor_seconds")]
    return statistics.median(known) if known else None


def shown(value, decimals):
    """A number, or nothing."""
    return "" if value is None else f"{value:.{decimals}f}"


def peak(some):
    """Largest peak of resident memory, MiB; None where it isn't known."""
    return max((run["peak_mebibytes"] or 0 for run in some), default=0) or None


def pair_row(line, runs):
    """One row of the pairs, or None where a side wasn't run."""
    body, other = taken(runs, line.group, line.body), taken(runs, line.group, line.other)
    if not body or not other:
        return None
    if line.what == "memory":
        ratio, of_least, of_processor = peak(body) / peak(other), None, None
    else:
        scale = body[0]["tokens"] / other[0]["tokens"] if line.what == "tokens/s" else 1
        ratio = median(body) / median(other)
        of_least = least(body) / least(other)
        of_processor = None
        if processor(body) and processor(other):
            of_processor = processor(body) / processor(other)
        if line.what == "tokens/s":
            ratio, of_least = scale / ratio, scale / of_least
            of_processor = of_processor and scale / of_processor
    kept = ratio >= line.bound if line.at_least else ratio <= line.bound
    sign = "≥" if line.at_least else "≤"
    return (f"| {line.group}, {line.what} | {line.body} | {line.other.split('/')[-1]} | {ratio:.3f} | "
            f"{shown(of_least, 3)} | {shown(of_processor, 3)} | {min(len(body), len(other))} | {sign} {line.bound}, "
            f"{'kept' if kept else '**missed**'} |")


def own_memory_row(runs):
    """Peak memory against the weights themselves."""
    found, bound = peak(taken(runs, "step-4", "zeroqat float")), 1.2 * WEIGHTS + 32
    return (f"| step-4, memory | zeroqat float, {found:.0f} MiB | weights in float32, {WEIGHTS:.0f} MiB | "
            f"{found / WEIGHTS:.3f} | | | | ≤ 1.2 × + 32 MiB = {bound:.0f} MiB, "
            f"{'kept' if found <= bound else '**missed**'} |")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=list(GROUPS), default=list(GROUPS))
    parser.add_argument("--side", nargs="+", help="only these sides of the groups")
    parser.add_argument("--into", type=pathlib.Path, default=pathlib.Path("bench-runs.jsonl"))
    parser.add_argument("--page", action="store_true", help="measure nothing")
    parser.add_argument("--kernels", type=pathlib.Path, help="output of `kernels`, for the page")
    parser.add_argument("--remark", default="", help="a sentence for the head of the page")
    parser.add_argument("--quiet", type=float, default=0,
                        help="wait before a side until the processor reaches so many GFLOP/s")
    parser.add_argument("--wait", type=float, default=5, help="but at most so many minutes")
    options = parser.parse_args()
    failures = 0 if options.page else measure(options)
    runs = []
    if options.into.exists():
        runs = [json.loads(line) for line in options.into.read_text().splitlines()]
    # Runs of another commit would be another program's under this one's name.
    others = [run for run in runs if run.get("commit") != runs[-1].get("commit")]
    if others:
        print(f"{len(others)} runs of other commits are left out", file=sys.stderr)
        runs = [run for run in runs if run not in others]
    if not runs:
        sys.exit(f"nothing was measured into {options.into}")
    print(page(runs, options.kernels.read_text() if options.kernels else "", options.remark), end="")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
