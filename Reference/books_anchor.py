"""Full-precision perplexity of SmolLM2 on the books protocol, without any of this project's code.

Run by hand, never by a build:  pip install numpy gguf tokenizers
  python3 Reference/books_anchor.py MODEL.gguf FOLDER_WITH_BOOKS WINDOWS
Prints the perplexity that models/smollm2-135m-instruct/manifest.json holds as an anchor. The forward pass
is plain numpy (float32 weights, float64 log-softmax); GGUF files are read by the `gguf` package, text is
encoded by the `tokenizers` package.
"""

import json
import pathlib
import sys

import gguf
import numpy as np
from tokenizers import Tokenizer, models, pre_tokenizers

WINDOW = 512
root = pathlib.Path(__file__).resolve().parent.parent


def tokenizer(reader):
    field = lambda name: [
        bytes(reader.fields[name].parts[i]).decode() for i in reader.fields[name].data
    ]
    tokens = field("tokenizer.ggml.tokens")
    merges = [tuple(m.split(" ")) for m in field("tokenizer.ggml.merges")]
    t = Tokenizer(models.BPE(vocab={k: i for i, k in enumerate(tokens)}, merges=merges))
    t.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    return t


def weights(reader):
    return {
        t.name: gguf.dequantize(t.data, t.tensor_type).astype(np.float32) for t in reader.tensors
    }


def rms(x, g):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-5) * g


def rope(x, cos, sin):
    out = np.empty_like(x)
    a, b = x[..., 0::2], x[..., 1::2]
    out[..., 0::2] = a * cos - b * sin
    out[..., 1::2] = a * sin + b * cos
    return out


def window_nll(w, ids):
    T, H, KV, D, L = len(ids), 9, 3, 64, 30
    x = w["token_embd.weight"][ids]
    angle = np.arange(T)[:, None] * 100000.0 ** (-np.arange(0, D, 2) / D)[None]
    cos, sin = np.cos(angle)[:, None].astype(np.float32), np.sin(angle)[:, None].astype(np.float32)
    mask = np.triu(np.full((T, T), -np.inf, np.float32), 1)
    for l in range(L):
        p = f"blk.{l}."
        h = rms(x, w[p + "attn_norm.weight"])
        q = rope((h @ w[p + "attn_q.weight"].T).reshape(T, H, D), cos, sin)
        k = rope((h @ w[p + "attn_k.weight"].T).reshape(T, KV, D), cos, sin)
        v = (h @ w[p + "attn_v.weight"].T).reshape(T, KV, D)
        o = np.empty((T, H, D), np.float32)
        for head in range(H):
            s = q[:, head] @ k[:, head // 3].T / 8 + mask
            s = np.exp(s - s.max(-1, keepdims=True))
            o[:, head] = s / s.sum(-1, keepdims=True) @ v[:, head // 3]
        x = x + o.reshape(T, -1) @ w[p + "attn_output.weight"].T
        h = rms(x, w[p + "ffn_norm.weight"])
        g = h @ w[p + "ffn_gate.weight"].T
        x = x + (g / (1 + np.exp(-g)) * (h @ w[p + "ffn_up.weight"].T)) @ w[p + "ffn_down.weight"].T
    logits = (rms(x, w["output_norm.weight"])[:-1] @ w["token_embd.weight"].T).astype(np.float64)
    top = logits.max(-1)
    return (np.log(np.exp(logits - top[:, None]).sum(-1)) + top - logits[np.arange(T - 1), ids[1:]]).mean()


def main():
    model, folder, count = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
    reader = gguf.GGUFReader(model)
    manifest = json.loads((root / "datasets/books/manifest.json").read_text())
    parts = []
    for part in manifest["splits"][0]["test"]:
        data = (folder / part["file"]).read_bytes()[part["from"] : part["to"]]
        parts.append(data.replace(b"\r\n", b"\n"))
    text = b"\n\n".join(parts).decode("utf-8")
    ids = np.array(tokenizer(reader).encode(text, add_special_tokens=False).ids)
    available = len(ids) // WINDOW
    w = weights(reader)
    chosen = [i * available // count for i in range(count)]
    nll = [window_nll(w, ids[c * WINDOW : (c + 1) * WINDOW]) for c in chosen]
    print(f"{len(ids)} tokens, {available} windows, {count} scored: perplexity {np.exp(np.mean(nll)):.6f}")


main()
