"""The sides that compare.py sets against each other: each runs in a fresh process and gives back a Result.

Paths come from the environment; a side whose program isn't there says what it lacks (Missing).
"""

import dataclasses
import json
import os
import pathlib
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile

RIVALS = pathlib.Path(__file__).resolve().parent
CHECKOUT = RIVALS.parent.parent
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / (
    "zeroqat/benchmarks")
THREADS = 2


class Missing(Exception):
    """A rival that can't run here, and what would make it run."""


@dataclasses.dataclass
class Result:
    """What one process measured."""

    seconds: float  # median of a step; of an evaluation, of all of it
    least_seconds: float
    tokens: int  # of a step, or of the evaluation
    peak_mebibytes: float | None = None
    # The same as seconds by all threads' time on the processor; of an evaluation, with loading.
    processor_seconds: float | None = None
    note: str = ""


def output(command, **environment):
    """Standard output of a command; its errors go where ours go."""
    merged = {**os.environ, **environment}
    done = subprocess.run(
        [str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=merged, check=False)
    if done.returncode != 0:
        raise RuntimeError(
            f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return done.stdout + done.stderr


# zeroqat

def zeroqat(table, row, tokens):
    """A cell of Benchmarks/tables; of a step's, the processor time is taken beside a cell of one step."""
    record, processor = cell(table, row)
    measurement = record["measurement"]
    core = measurement["blasCore"]
    mebibytes = measurement["peakResidentBytes"] / 2**20
    if table == "perplexity":
        phase = next(p for p in measurement["phases"] if p["name"] == "evaluate")
        # Windows of 2,048 tokens, all of which go through the model; the first of each is no target.
        windows = sum(len(score["windowNLL"]) for score in record["scores"])
        return Result(phase["wallSeconds"], phase["wallSeconds"], windows * 2048, mebibytes,
                      processor, core)
    updates = measurement["updates"]
    _, once = cell(table, row + "-once")
    return Result(updates["medianSeconds"], updates["leastSeconds"], tokens, mebibytes,
                  (processor - once) / (updates["count"] - 1), core)


def processor_seconds():
    """Processor time of all processes that were started here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def cell(table, row):
    """The record of a cell, run by the product in a fresh folder of results, and its processor time."""
    before = processor_seconds()
    with tempfile.TemporaryDirectory(prefix="zeroqat-bench-") as results:
        output([CHECKOUT / ".build/release/zeroqat", "run", table, "--scale", "shape",
                "--root", CHECKOUT / "Benchmarks", "--filter", f"row={row} ",
                "--threads", THREADS, "--results", results])
        records = list(pathlib.Path(results, table, "shape").glob("*.json"))
        if len(records) != 1:
            raise RuntimeError(f"row {row} of {table}: expected one record, found {len(records)}")
        record = json.loads(records[0].read_text())
    return record, processor_seconds() - before


def calibration():
    """GFLOP/s of products in registers at this moment, on two threads."""
    return json.loads(output([kernels(), "--calibrate"]))


def kernels():
    """The program of Benchmarks/Sources/kernels."""
    path = CHECKOUT / "Benchmarks/.build/release/kernels"
    if not path.exists():
        raise Missing(f"no {path.relative_to(CHECKOUT)}: swift build -c release --package-path Benchmarks")
    return path


# PyTorch

def torch_python():
    """The interpreter that ZEROQAT_TORCH_PYTHON names, or that of an environment made once."""
    named = os.environ.get("ZEROQAT_TORCH_PYTHON")
    if named:
        if not shutil.which(named):
            raise Missing(f"ZEROQAT_TORCH_PYTHON names no program: {named}")
        return named
    python = CACHE / "torch/bin/python"
    done = CACHE / "torch/requirements.txt"
    wanted = (RIVALS / "requirements.txt").read_text()
    if not (done.exists() and done.read_text() == wanted):
        print(f"making {CACHE / 'torch'} (PyTorch, once)", file=sys.stderr)
        output([sys.executable, "-m", "venv", "--clear", CACHE / "torch"])
        output([python, "-m", "pip", "install", "--quiet", "--no-deps", "-r",
                RIVALS / "requirements.txt"])
        done.write_text(wanted)
    return python


def torch(script, *options, tokens=None):
    """step.py or perplexity.py in a fresh interpreter.

    Threads that wait give the processor away, unless OMP_WAIT_POLICY says otherwise: beside other programs
    those that spin make a step last several times as long, which would flatter us.
    """
    text = output([torch_python(), RIVALS / script, "--threads", THREADS, *options],
                  TRANSFORMERS_OFFLINE="1", PYTHONWARNINGS="ignore",
                  OMP_WAIT_POLICY=os.environ.get("OMP_WAIT_POLICY", "PASSIVE"))
    line = next(line for line in text.splitlines() if line.startswith("{"))
    found = json.loads(line)
    return Result(
        statistics.median(found["seconds"]), min(found["seconds"]), found.get("tokens") or tokens,
        found["peak_mebibytes"], statistics.median(found["processor_seconds"]), f"torch {found['torch']}")


# The floor: one C program on OpenBLAS that does the arithmetic of a step and nothing else

def floor(mode, windows, window_tokens):
    """The program that ZEROQAT_FLOOR_SOURCE names, compiled here."""
    source = os.environ.get("ZEROQAT_FLOOR_SOURCE")
    if not source:
        raise Missing("ZEROQAT_FLOOR_SOURCE names no C file")
    if not pathlib.Path(source).exists():
        raise Missing(f"ZEROQAT_FLOOR_SOURCE names no file: {source}")
    flags = output(["pkg-config", "--cflags", "--libs", "openblas"]).split()
    with tempfile.TemporaryDirectory(prefix="zeroqat-floor-") as folder:
        program = pathlib.Path(folder, "floor")
        output([os.environ.get("CC", "clang"), "-O3", "-march=native", "-ffast-math", "-pthread",
                source, *flags, "-lm", "-o", program])
        before = processor_seconds()
        text = output([program, windows, window_tokens, mode, THREADS, 3],
                      OPENBLAS_CORETYPE="SkylakeX", OPENBLAS_L2_SIZE="")
        # Three timed steps after one that isn't; filling the weights is in it.
        processor = (processor_seconds() - before) / 4
    found = re.search(r"core=(\S+): median ([\d.]+) s \(min ([\d.]+).* VmHWM (\d+) MiB", text)
    if not found:
        raise RuntimeError(f"the floor program's line isn't understood: {text[:300]}")
    return Result(float(found[2]), float(found[3]), windows * window_tokens, float(found[4]),
                  processor, found[1])


# llama.cpp

def log_seconds(stamp):
    """The seconds of a stamp in llama.cpp's log."""
    minutes, seconds, milli, micro = (int(part) for part in stamp.groups())
    return 60 * minutes + seconds + milli / 1e3 + micro / 1e6


def llama():
    """llama-perplexity on windows of 2,048 tokens: ZEROQAT_LLAMA is the folder of its programs."""
    folder = os.environ.get("ZEROQAT_LLAMA")
    model = os.environ.get("ZEROQAT_SMOLLM2")
    if not folder or not pathlib.Path(folder, "llama-perplexity").exists():
        raise Missing("ZEROQAT_LLAMA names no folder with llama-perplexity and llama-quantize")
    if not model or not pathlib.Path(model).exists():
        raise Missing("ZEROQAT_SMOLLM2 names no GGUF file of SmolLM2-135M")
    full = CACHE / "smollm2-f32.gguf"
    if not full.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        output([pathlib.Path(folder, "llama-quantize"), "--allow-requantize", model, full, "F32"])
    windows = 4
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as text:
        # Any text will do: enough words of this project's own.
        words = (CHECKOUT / "CONTRIBUTING.md").read_text() + (CHECKOUT / "README.md").read_text()
        text.write(words * 8)
        text.flush()
        before = processor_seconds()
        said = output([pathlib.Path(folder, "llama-perplexity"), "-m", full, "-f", text.name,
                       "-c", 2048, "-b", 2048, "--chunks", windows, "-t", THREADS, "-tb", THREADS])
        processor = processor_seconds() - before
    per_pass = re.search(r"([\d.]+) seconds per pass", said)
    # Its log's stamps are minutes.seconds.milliseconds.microseconds since it started.
    stamp = r"(\d+)\.(\d\d)\.(\d{3})\.(\d{3}) I "
    began = re.search(stamp + "perplexity: calculating", said)
    ended = re.search(stamp + "Final estimate", said)
    if not began or not ended:
        raise RuntimeError(f"llama-perplexity's log isn't understood: {said[-500:]}")
    seconds = log_seconds(ended) - log_seconds(began)
    tokens = windows * 2048
    return Result(seconds, seconds, tokens, None, processor,
                  f"first pass {per_pass[1]} s" if per_pass else "")
