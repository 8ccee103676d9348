"""Per-token losses of the tiny models on one fixed text, for Tests/TransformersTests/CommittedModelTests.swift.

Run by hand, never by a build:  pip install numpy safetensors tokenizers
  python3 Reference/tiny_losses.py
Plain numpy in float64, as tiny_anchor.py; the ids are those of TinyTokenizerTests.
"""

import json

import classics
import numpy as np
from safetensors.numpy import load_file
from tiny_anchor import llama, opt
from tiny_kneser_ney import tokenizer

TEXT = ("PROSPERO.\nNow my charms are all o'erthrown,\n\n\n"
        "  And what strength I have's mine own; naïve 世 1234")

ids = np.array(tokenizer().encode(TEXT, add_special_tokens=False).ids)
print("ids", ids.tolist())
for model, forward in (("tiny-llama", llama), ("tiny-opt", opt)):
    path = classics.root / "models" / model
    assert json.loads((path / "config.json").read_text())["num_hidden_layers"] == 4
    w = {k: v.astype(np.float64) for k, v in load_file(path / "model.safetensors").items()}
    logits = forward(w, ids)[:-1]
    top = logits.max(-1)
    nll = np.log(np.exp(logits - top[:, None]).sum(-1)) + top - logits[np.arange(len(ids) - 1), ids[1:]]
    print(model, [round(float(x), 6) for x in nll])
