"""SmolLM2-135M's shape in PyTorch with drawn weights, and what its linear layers are multiplied by.

Both rivals use it: step.py and perplexity.py. Nothing is learned here; weights and tokens are random,
as time and memory don't depend on them.
"""

import argparse
import json
import time

import torch
from transformers import LlamaConfig, LlamaForCausalLM

VOCABULARY = 49152


def arguments(description):
    """What both rivals are told."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--products", choices=["stock", "onednn"], default="stock",
        help="stock: torch's own choice for float32; onednn: oneDNN's kernels, which one must ask for")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    return parser


def product(name):
    """F.linear by torch's default BLAS, or through oneDNN (inference only)."""
    if name == "stock":
        return torch.nn.functional.linear
    return lambda x, w, bias=None: torch.ops.mkldnn._linear_pointwise(x, w, bias, "none", [], "")


def model():
    """The model, float32, with PyTorch's fused attention, in evaluation mode."""
    configuration = LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=576, intermediate_size=1536, num_hidden_layers=30,
        num_attention_heads=9, num_key_value_heads=3, max_position_embeddings=8192,
        rms_norm_eps=1e-5, rope_theta=100000.0, tie_word_embeddings=True, use_cache=False,
        pad_token_id=0)
    return LlamaForCausalLM._from_config(configuration, attn_implementation="sdpa").eval()


def replace_linears(module, make, path=""):
    """Puts make(path, linear) in the place of every linear layer; None leaves one as it is."""
    for name, child in list(module.named_children()):
        inner = f"{path}.{name}" if path else name
        if isinstance(child, torch.nn.Linear):
            other = make(inner, child)
            if other is not None:
                setattr(module, name, other)
        else:
            replace_linears(child, make, inner)


def token_losses(logits, tokens):
    """Mean negative log-likelihood of the next token, nats."""
    return torch.nn.functional.cross_entropy(
        logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten())


def peak_mebibytes():
    """The kernel's high-water mark of resident memory, MiB."""
    with open("/proc/self/status", encoding="ascii") as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    raise RuntimeError("no VmHWM in /proc/self/status")


class Stopwatch:
    """Wall-clock and processor seconds of what runs inside."""

    def __enter__(self):
        self.wall, self.processor = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_):
        self.wall = time.perf_counter() - self.wall
        self.processor = time.process_time() - self.processor


def report(**members):
    """Prints the result, one JSON object on one line."""
    members.update(torch=torch.__version__, threads=torch.get_num_threads(),
                   peak_mebibytes=round(peak_mebibytes(), 1))
    print(json.dumps(members), flush=True)
