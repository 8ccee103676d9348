"""What a figure was measured on."""

import os
import pathlib
import re
import subprocess

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent.parent


def first_line(*command):
    """The first line that a command prints, or 'unknown'."""
    try:
        text = subprocess.run(command, capture_output=True, text=True, check=True, cwd=CHECKOUT).stdout
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return text.strip().splitlines()[0] if text.strip() else "unknown"


def field(path, pattern):
    """What a pattern finds in a file of the kernel's, or 'unknown'."""
    try:
        found = re.search(pattern, pathlib.Path(path).read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found[1].strip() if found else "unknown"


def packages(python):
    """Versions of PyTorch and transformers in an interpreter."""
    program = ("from importlib.metadata import version as v; "
               "print('torch ' + v('torch') + ', transformers ' + v('transformers'))")
    return first_line(str(python), "-c", program)


def commit():
    """The commit of the checkout, marked where it has changes."""
    # Nothing printed is 'unknown' here: no file has changed.
    changed = first_line("git", "status", "--porcelain", "--untracked-files=no") != "unknown"
    return first_line("git", "rev-parse", "--short=12", "HEAD") + ("+changes" if changed else "")


def description(commit_measured, days):
    """Lines of Markdown: processor, memory, system, compilers, libraries; commit and days of the runs."""
    flags = field("/proc/cpuinfo", r"^flags\s*:(.*)").split()
    sets = [f for f in ["avx2", "avx512f", "avx512_vnni", "avx512_bf16"] if f in flags]
    memory = int(field("/proc/meminfo", r"^MemTotal:\s*(\d+)")) // 2**20
    torch = os.environ.get("ZEROQAT_TORCH_PYTHON") or (
        pathlib.Path.home() / ".cache/zeroqat/benchmarks/torch/bin/python")
    family = field("/proc/cpuinfo", r"^cpu family\s*:(.*)")
    model = field("/proc/cpuinfo", r"^model\s*:(.*)")
    rows = [
        ("processor", f"{field('/proc/cpuinfo', r'^model name.*:(.*)')}, family {family} model {model}, "
                      f"{os.cpu_count()} processors, {', '.join(sets)}"),
        ("memory", f"{memory} GiB"),
        ("system", f"{field('/etc/os-release', r'^PRETTY_NAME=.(.*).$')}, Linux {os.uname().release}"),
        ("Swift", first_line("swift", "--version")),
        ("C compiler of the floor", first_line(os.environ.get("CC", "clang"), "--version")),
        ("OpenBLAS", first_line("dpkg-query", "-W", "-f", "${Version}", "libopenblas-dev")),
        ("PyTorch", packages(torch)),
        ("zeroqat", commit_measured),
        ("day", ", ".join(days)),
    ]
    return ["| | |", "| --- | --- |"] + [f"| {name} | {value} |" for name, value in rows]
