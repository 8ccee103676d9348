"""Trains the tokenizer of the tiny models: byte-level BPE of 4,096 tokens on the train split of `classics`.

Run by hand, never by a build:  pip install tokenizers==0.23.3
  python3 Reference/tiny_tokenizer.py FOLDER_WITH_CLASSICS
Writes models/tiny-opt/vocab.json and merges.txt in OPT's file format, OPT's four special tokens first; the LLaMA
model's files are links to them. The same input gives the same bytes, whatever the number of threads.
"""

import json
import sys

import classics
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

SIZE = 4096
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]


def main():
    folder = sys.argv[1]
    text = classics.text(folder, "train").decode()
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=SIZE,
        min_frequency=2,
        special_tokens=SPECIAL,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator([text], trainer)
    model = json.loads(tokenizer.to_str())["model"]
    vocabulary = sorted(model["vocab"].items(), key=lambda item: item[1])
    assert [token for token, _ in vocabulary[:4]] == SPECIAL and len(vocabulary) == SIZE
    out = classics.root / "models/tiny-opt"
    (out / "vocab.json").write_text(
        json.dumps(dict(vocabulary), ensure_ascii=False, separators=(",", ": ")) + "\n")
    lines = [pair if isinstance(pair, str) else " ".join(pair) for pair in model["merges"]]
    (out / "merges.txt").write_text("\n".join(["#version: 0.2", *lines]) + "\n")
    for split in ("train", "development", "test"):
        part = classics.text(folder, split)
        ids = tokenizer.encode(part.decode(), add_special_tokens=False).ids
        assert tokenizer.decode(ids, skip_special_tokens=False).encode() == part
        print(f"{split}: {len(part)} bytes, {len(ids)} tokens, {len(part) / len(ids):.3f} bytes per token")


main()
