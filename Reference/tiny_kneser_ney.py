"""Perplexity of a modified Kneser-Ney 5-gram on the test tokens that the tiny models are scored on.

Run by hand, never by a build. Needs the `tokenizers` package and kenlm's programs `lmplz` and `query`, made from the
source archive:  pip download --no-deps --no-binary kenlm kenlm==0.3.0  then cmake with boost, targets lmplz and query
  python3 Reference/tiny_kneser_ney.py FOLDER_WITH_CLASSICS FOLDER_WITH_KENLM_PROGRAMS [WINDOW] [ORDER]
The n-gram is estimated on the same train tokens that the tiny models learn from, as one sequence, with kenlm's
defaults: interpolated, modified Kneser-Ney discounts, nothing pruned. It is scored on the same test positions,
1 to T−1 of every window of T tokens, in nats per token. One thing is in its favour: its four tokens of
context reach across the edge of a window, which a tiny model never sees.
"""

import hashlib
import json
import math
import pathlib
import subprocess
import sys
import tempfile

import classics
from tokenizers import Tokenizer, models, pre_tokenizers


def tokenizer():
    folder = classics.root / "models/tiny-opt"
    vocabulary = json.loads((folder / "vocab.json").read_text())
    merges = [tuple(m.split(" ")) for m in (folder / "merges.txt").read_text().split("\n")[1:] if m]
    result = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    result.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return result


def tokens(folder, split):
    ids = tokenizer().encode(classics.text(folder, split).decode(), add_special_tokens=False).ids
    digest = hashlib.sha256(b"".join(i.to_bytes(4, "little") for i in ids)).hexdigest()
    print(f"{split}: {len(ids)} tokens, SHA-256 {digest}")
    return ids


def main():
    folder, programs = sys.argv[1], pathlib.Path(sys.argv[2])
    window = int(sys.argv[3]) if len(sys.argv) > 3 else 512
    order = sys.argv[4] if len(sys.argv) > 4 else "5"
    with tempfile.TemporaryDirectory() as work:
        line = " ".join(f"t{i}" for i in tokens(folder, "train"))
        model = f"{work}/kn.arpa"
        with open(model, "w") as out:
            subprocess.run([programs / "lmplz", "-o", order, "-S", "2G", "-T", work], input=line + "\n",
                           text=True, stdout=out, stderr=subprocess.DEVNULL, check=True)
        for split in ("development", "test"):
            ids = tokens(folder, split)
            line = " ".join(f"t{i}" for i in ids)
            # Per word: word=id, length of the n-gram found, log10 of the probability. No sentence marks.
            found = subprocess.run([programs / "query", "-n", "-v", "word", model], input=line + "\n", text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
            scores = [float(field.split(" ")[-1]) for field in found.strip().split("\t") if "=" in field]
            assert len(scores) == len(ids), (len(scores), len(ids))
            used = [i for i in range(len(ids) // window * window) if i % window]
            nll = -sum(scores[i] for i in used) * math.log(10) / len(used)
            print(f"{split}, windows of {window}: {len(used)} tokens scored, {nll:.4f} nats per token, "
                  f"perplexity {math.exp(nll):.3f}")


if __name__ == "__main__":
    main()
