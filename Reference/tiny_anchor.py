"""Full-precision perplexity of a tiny model on the classics protocol, without any of this project's code.

Run by hand, never by a build:  pip install numpy safetensors tokenizers
  python3 Reference/tiny_anchor.py MODEL FOLDER_WITH_CLASSICS [WINDOW] [WINDOWS]
MODEL is `tiny-llama` or `tiny-opt`. Prints the perplexities that models/MODEL/manifest.json holds as anchors and
its model card quotes. Plain numpy: weights and activations in float64, so that rounding plays no part.
"""

import json
import math
import sys

import classics
import numpy as np
from safetensors.numpy import load_file
from tiny_kneser_ney import tokenizer

H = 8


def attention(q, k, v):
    T, C = q.shape
    heads = lambda x: x.reshape(T, H, C // H).transpose(1, 0, 2)
    q, k, v = heads(q), heads(k), heads(v)
    s = q @ k.transpose(0, 2, 1) / math.sqrt(C // H) + np.triu(np.full((T, T), -np.inf), 1)
    s = np.exp(s - s.max(-1, keepdims=True))
    return (s / s.sum(-1, keepdims=True) @ v).transpose(1, 0, 2).reshape(T, C)


def llama(w, ids):
    T = len(ids)
    norm = lambda x, n: x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-5) * w[n + ".weight"]
    lin = lambda x, n: x @ w[n + ".weight"].T
    angle = np.arange(T)[:, None] * 10000.0 ** (-np.arange(0, 32, 2) / 32)[None]
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]

    def rope(x):
        x = x.reshape(T, H, 32)
        a, b = x[..., :16], x[..., 16:]
        return np.concatenate([a * cos - b * sin, b * cos + a * sin], -1).reshape(T, -1)

    x = w["model.embed_tokens.weight"][ids]
    for l in range(4):
        p = f"model.layers.{l}."
        h = norm(x, p + "input_layernorm")
        a = p + "self_attn."
        q, k, v = lin(h, a + "q_proj"), lin(h, a + "k_proj"), lin(h, a + "v_proj")
        x = x + lin(attention(rope(q), rope(k), v), a + "o_proj")
        h = norm(x, p + "post_attention_layernorm")
        g = lin(h, p + "mlp.gate_proj")
        x = x + lin(g / (1 + np.exp(-g)) * lin(h, p + "mlp.up_proj"), p + "mlp.down_proj")
    return norm(x, "model.norm") @ w["model.embed_tokens.weight"].T


def opt(w, ids):
    T = len(ids)

    def norm(x, n):
        x = x - x.mean(-1, keepdims=True)
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-5) * w[n + ".weight"] + w[n + ".bias"]

    lin = lambda x, n: x @ w[n + ".weight"].T + w[n + ".bias"]
    d = "model.decoder."
    x = w[d + "embed_tokens.weight"][ids] + w[d + "embed_positions.weight"][np.arange(T) + 2]
    for l in range(4):
        p = f"{d}layers.{l}."
        h = norm(x, p + "self_attn_layer_norm")
        a = p + "self_attn."
        q, k, v = lin(h, a + "q_proj"), lin(h, a + "k_proj"), lin(h, a + "v_proj")
        x = x + lin(attention(q, k, v), a + "out_proj")
        h = norm(x, p + "final_layer_norm")
        x = x + lin(np.maximum(lin(h, p + "fc1"), 0), p + "fc2")
    return norm(x, d + "final_layer_norm") @ w[d + "embed_tokens.weight"].T


def main():
    model, folder = sys.argv[1], sys.argv[2]
    window = int(sys.argv[3]) if len(sys.argv) > 3 else 512
    path = classics.root / "models" / model
    forward = {"llama": llama, "opt": opt}[json.loads((path / "config.json").read_text())["model_type"]]
    w = {k: v.astype(np.float64) for k, v in load_file(path / "model.safetensors").items()}
    for split in ("development", "test"):
        ids = np.array(tokenizer().encode(classics.text(folder, split).decode(), add_special_tokens=False).ids)
        available = len(ids) // window
        count = min(int(sys.argv[4]), available) if len(sys.argv) > 4 else available
        nll = []
        for i in range(count):
            at = i * available // count * window
            piece = ids[at : at + window]
            logits = forward(w, piece)[:-1]
            top = logits.max(-1)
            nll.append((np.log(np.exp(logits - top[:, None]).sum(-1)) + top
                        - logits[np.arange(window - 1), piece[1:]]).mean())
        print(f"{model}, {split}: {count} of {available} windows of {window} tokens, "
              f"{np.mean(nll):.6f} nats per token, perplexity {math.exp(np.mean(nll)):.4f}")


if __name__ == "__main__":
    main()
