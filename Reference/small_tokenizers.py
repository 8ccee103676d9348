"""Small tokenizers of every form that is read, and the ids that the tokenizers and sentencepiece packages give.

    pip install tokenizers==0.23.3 sentencepiece==0.2.3
    python3 Reference/small_tokenizers.py

Trains on Tests/Vectors/tokenizers/mixed.txt and writes Tests/Vectors/tokenizers/small/: two SentencePiece models, and
small.json, which holds bases (a model's vocabulary and merges), cases (what a tokenizer.json has beside it) and, per
case, digests of the ids of every 100 lines of mixed.txt and of each of the strings below. Strings that look like special
tokens are plain text (encode_special_tokens). A digest is FNV-1a, 64 bits, over the ids, each text's followed by -1.
"""

import collections
import hashlib
import io
import json
import pathlib

import sentencepiece
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

ROOT = pathlib.Path(__file__).resolve().parent.parent / "Tests/Vectors"
FOLDER = ROOT / "tokenizers/small"
LINES = (ROOT / "tokenizers/mixed.txt").read_bytes().decode().split("\n")[:-1]
COMMON = {c for c, _ in collections.Counter("".join(LINES)).most_common(150)}
TRAINING = [line for line in LINES if COMMON.issuperset(line)]
STRINGS = [
    "", " ", "  ", "   ", "\t", "\n", "\r\n", " \n ", "\u00a0", "\u3000 ", "a", " a", "  a", "a ", "a  ", " a b ",
    "▁", " ▁", "▁a", "a▁b", "▁▁", "  ▁▁ x", "\u2581\u2581\u2581", "a\tb\t\tc", "one\r\ntwo\r\n\r\nthree", "x\n\n\ny\n", "\n\n\n\n",
    "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽", "e\u0301e\u0301 é", "n\u0303o\u0308\u0301", "\u0301a", "\ufeffx", "\u200d\u200c", "क्षि", "ﬁ Å \u212b", "가 \u1100\u1161",
    "1", "12", "123", "1234", "12345", "123456789012345678901234567890", "3.14 1,000 ½ Ⅷ ２０", "x1y22z333",
    "<s>", "</s>", "<unk>", "a</s>b", "<s> <s>", "<0x41>", "<0x0A>\n", "<b>bold</b> x", "< b ><b", "<|user|>  hi<|user|>", "x <|user|>",
    "<start_of_turn>user\n", "the theory the", "_the the_ the", "lathe the-the", "  quant   quantization", "don  don't DON", "it it's",
    "HelloWorld myHTTPServer ABCdef aBC ÀÉé ǅa", "a/b//c/\n/ \n//", "'re 'RE we'LL don't 'S'", "(b (B) ((x))\n", "ʰa中B文c", "🤖A b🤖", " \u0301A",
    "世界世界 你好", "Ж" * 7 + "ж", "\u0000\u0001\u007f", "\U0010ffff\U000e0001", "a" * 300, "ab" * 200 + " " * 40, "é" * 65 + "中" * 65,
    "supercalifragilisticexpialidocious" * 8, "\\frac{a}{b}", "{\"k\": [1, 2]}", "if x:\n    y\n\treturn\n", "...!!!???", "—–…“”",
]


def fnv(ids):
    digest = 0xCBF29CE484222325
    for value in ids:
        digest = ((digest ^ (value & 0xFFFFFFFF)) * 0x100000001B3) & (2**64 - 1)
    return f"{digest:016x}"


def digests(encode):
    ids = [encode(line) for line in LINES]
    chunks = [fnv([i for line in ids[k:k + 100] for i in line + [-1]]) for k in range(0, len(ids), 100)]
    return {"lines": chunks, "strings": [fnv(encode(text) + [-1]) for text in STRINGS], "count": sum(map(len, ids))}


def sentencepiece_model(name, size, **options):
    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TRAINING), model_writer=out, model_type="bpe", vocab_size=size, byte_fallback=True,
        normalization_rule_name="identity", remove_extra_whitespaces=False, character_coverage=1.0,
        max_sentence_length=100000, num_threads=1, allow_whitespace_only_pieces=True, minloglevel=2, **options)
    (FOLDER / f"{name}.model").write_bytes(out.getvalue())
    return sentencepiece.SentencePieceProcessor(model_proto=out.getvalue())


def base_of(model):
    """Vocabulary and merges as the hub's converted files have them: every pair that makes a piece, best piece first."""
    pieces = [model.id_to_piece(i) for i in range(model.vocab_size())]
    vocabulary = {piece: i for i, piece in enumerate(pieces)}
    special = [model.is_control(i) or model.is_unknown(i) or model.is_byte(i) for i in range(len(pieces))]
    order = sorted((i for i in range(len(pieces)) if not special[i]), key=lambda i: (-model.get_score(i), i))
    merges = []
    for i in order:
        piece = pieces[i]
        pairs = [(piece[:k], piece[k:]) for k in range(1, len(piece))]
        pairs = [(a, b) for a, b in pairs if a in vocabulary and b in vocabulary]
        merges += [list(p) for p in sorted(pairs, key=lambda p: (vocabulary[p[0]], vocabulary[p[1]]))]
    return {"vocab": vocabulary, "merges": merges}


def trained(pre_tokenizer, size, **options):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.train_from_iterator(TRAINING, trainers.BpeTrainer(vocab_size=size, show_progress=False, **options))
    model = json.loads(tokenizer.to_str())["model"]
    return {"vocab": model["vocab"], "merges": model["merges"]}


FOLDER.mkdir(parents=True, exist_ok=True)
llama = sentencepiece_model("llama", 640)
gemma = sentencepiece_model(
    "gemma", 640, add_dummy_prefix=False, split_digits=True, pad_id=0, eos_id=1, bos_id=2, unk_id=3, bos_piece="<bos>",
    eos_piece="<eos>", user_defined_symbols=["<start_of_turn>", "\n", "\n\n", "\n\n\n", "▁▁", "▁▁▁", "▁▁▁▁", "<b>", "</b>"])
BASES = {
    "llama": base_of(llama),
    "gemma": base_of(gemma),
    # Without most bytes, so that the unknown token and bytes stand side by side.
    "unknown": trained(pre_tokenizers.Metaspace(), 300, limit_alphabet=60,
                       special_tokens=["<unk>"] + [f"<0x{b:02X}>" for b in [0xC3, 0xC2, *range(0xA0, 0xB8)]]),
    # Merges that every cut takes apart.
    "bytes": trained(pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False), 520,
                     initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), special_tokens=["</s>"], max_token_length=6),
}


def added(base, *tokens):
    """Added tokens: (content, flags), where the flags are s pecial, l strip, r strip, w ord, n ormalized."""
    ids, new = BASES[base]["vocab"], [text for text, _ in tokens if text not in BASES[base]["vocab"]]
    return [{"id": ids.get(text, len(ids) + (new + [text]).index(text)), "content": text, "single_word": "w" in flags,
             "lstrip": "l" in flags, "rstrip": "r" in flags, "normalized": "n" in flags, "special": "s" in flags}
            for text, flags in tokens]


def sequence(kind, *parts):
    return {"type": "Sequence", kind: list(parts)}


def metaspace(**members):
    return {"type": "Metaspace", "replacement": "▁", **members}


def split(pattern, behavior, kind="String"):
    return {"type": "Split", "pattern": {kind: pattern}, "behavior": behavior, "invert": False}


def byte_cut(pattern):
    return sequence("pretokenizers", split(pattern, "Isolated", "Regex"),
                    {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False})


PREPEND = {"type": "Prepend", "prepend": "▁"}
SPACES = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
MARKS = [("<unk>", "s"), ("<s>", "s"), ("</s>", "s")]
FALLBACK = {"byte_fallback": True, "fuse_unk": True, "unk_token": "<unk>"}
TEMPLATE = {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}}
DECODER = sequence("decoders", {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"},
                   {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0})
BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
HEAD = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
TAIL = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
TEKKEN = (rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*|\p{{N}}"
          r"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
FLAGS = added(
    "llama", ("<unk>", "s"), ("<s>", "sn"), ("</s>", "s"), ("the", "w"), ("quant", "l"), ("don", "r"), ("it", "lrn"), ("ﬁ", "n"),
    ("<|user|>", "r"), (" x", "n"), ("<b>", ""), ("</", "s"), ("hel", "nw"), ("é", "n"))

# name, base, what a tokenizer.json has beside vocabulary and merges
CASES = [
    ("llama 2", "llama", dict(normalizer=sequence("normalizers", PREPEND, SPACES), model=FALLBACK, added_tokens=added("llama", *MARKS),
                              post_processor=TEMPLATE, decoder=DECODER)),
    ("mistral", "llama", dict(pre_tokenizer=metaspace(prepend_scheme="first", split=False), model=FALLBACK,
                              added_tokens=added("llama", *MARKS, ("[INST]", "s"), ("<b>", "")))),
    ("metaspace", "llama", dict(pre_tokenizer=metaspace(), model=FALLBACK)),
    ("metaspace of old", "llama", dict(pre_tokenizer=metaspace(add_prefix_space=True, str_rep="▁"), model=FALLBACK)),
    ("metaspace never", "llama", dict(pre_tokenizer=metaspace(prepend_scheme="never", split=True), model=FALLBACK)),
    ("metaspace first", "llama", dict(pre_tokenizer=metaspace(prepend_scheme="first", split=True), model=FALLBACK, added_tokens=FLAGS)),
    ("metaspace always", "llama", dict(pre_tokenizer=metaspace(prepend_scheme="always", split=False), model=FALLBACK, added_tokens=FLAGS)),
    ("phi 3", "llama", dict(normalizer=sequence("normalizers", PREPEND, SPACES), model=FALLBACK, added_tokens=FLAGS)),
    ("gemma", "gemma", dict(normalizer=SPACES, pre_tokenizer=split(" ", "MergedWithPrevious"), model=FALLBACK, added_tokens=added(
        "gemma", *[(text, "s") for text in ["<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>"]],
        *[(text, "") for text in ["\n", "\n\n", "\n\n\n", "▁▁", "▁▁▁", "▁▁▁▁", "<b>", "</b>"]]))),
    ("form C", "llama", dict(normalizer=sequence("normalizers", {"type": "NFC"}, SPACES), model=FALLBACK,
                             added_tokens=added("llama", ("é", "n"), ("e\u0301", "")))),
    ("splits", "llama", dict(normalizer=sequence("normalizers", {"type": "Replace", "pattern": {"String": "\n"}, "content": "¶"}, SPACES),
                             pre_tokenizer=sequence("pretokenizers", split("e", "MergedWithNext"), split("an", "Isolated"),
                                                    metaspace(prepend_scheme="first", split=False)), model=FALLBACK)),
    ("replaced", "llama", dict(normalizer=sequence("normalizers", *[{"type": "Replace", "pattern": {"String": a}, "content": b} for a, b in [
        ("\n\n", "¶"), ("the", "th"), ("  ", " ")]]), pre_tokenizer=metaspace(split=False), model=FALLBACK)),
    ("whole pieces", "llama", dict(pre_tokenizer=metaspace(), model={**FALLBACK, "ignore_merges": True})),
    ("unknown fused", "unknown", dict(pre_tokenizer=metaspace(), model={"unk_token": "<unk>", "fuse_unk": True})),
    ("unknown", "unknown", dict(pre_tokenizer=metaspace(split=False), model={"unk_token": "<unk>"})),
    ("unknown left out", "unknown", dict(pre_tokenizer=metaspace(), model={})),
    ("some bytes", "unknown", dict(pre_tokenizer=metaspace(), model={"unk_token": "<unk>", "byte_fallback": True})),
    ("some bytes fused", "unknown", dict(pre_tokenizer=metaspace(), model={"unk_token": "<unk>", "byte_fallback": True, "fuse_unk": True})),
    ("gpt 2", "bytes", dict(pre_tokenizer=BYTES, post_processor=BYTES, decoder=BYTES, added_tokens=added("bytes", ("</s>", "s")))),
    ("smollm", "bytes", dict(pre_tokenizer=sequence("pretokenizers", {"type": "Digits", "individual_digits": True}, BYTES))),
    ("qwen", "bytes", dict(normalizer={"type": "NFC"}, pre_tokenizer=byte_cut(HEAD + r"\p{N}" + TAIL))),
    ("llama 3", "bytes", dict(pre_tokenizer=byte_cut(HEAD + r"\p{N}{1,3}" + TAIL), model={"ignore_merges": True})),
    ("tekken", "bytes", dict(pre_tokenizer=byte_cut(TEKKEN), model={"ignore_merges": True})),
    ("bytes with added", "bytes", dict(normalizer={"type": "NFC"}, pre_tokenizer=BYTES, added_tokens=added(
        "bytes", ("  ", ""), ("    ", ""), ("the", "w"), ("é", "n"), ("nä", "n"), ("quant", "lr")))),
]


def file_of(base, members):
    model = {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
             "fuse_unk": False, "byte_fallback": False, "ignore_merges": False, **members.get("model", {}), **BASES[base]}
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": members.get("added_tokens", []),
            **{name: members.get(name) for name in ["normalizer", "pre_tokenizer", "post_processor", "decoder"]}, "model": model}


def reference(base, members):
    tokenizer = Tokenizer.from_str(json.dumps(file_of(base, members)))
    tokenizer.encode_special_tokens = True
    return digests(lambda text: tokenizer.encode(text, add_special_tokens=False).ids)


result = {
    "strings": STRINGS,
    "bases": BASES,
    "cases": [{"name": name, "base": base, "members": members, **reference(base, members)} for name, base, members in CASES],
    "sentencepiece": [{"name": "llama", **digests(llama.encode)}, {"name": "gemma", **digests(gemma.encode)}],
}
text = json.dumps(result, ensure_ascii=True, separators=(",", ":"))
(FOLDER / "small.json").write_text(text + "\n")

path = ROOT / "MANIFEST.json"
manifest = json.loads(path.read_text())
files = {f"tokenizers/small/{f}": (FOLDER / f).read_bytes() for f in ["gemma.model", "llama.model", "small.json"]}
entry = {
    "case": "tokenizers/small",
    "what": "small tokenizers of every form of tokenizer.json that is read, and two SentencePiece models; digests of their ids "
            "of mixed.txt and of strings that are hard to read",
    "origin": "tokenizers 0.23.3, sentencepiece 0.2.3", "tolerance": "exact", "generator": "Reference/small_tokenizers.py",
    "files": {name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in files.items()},
}
manifest["cases"] = sorted([c for c in manifest["cases"] if c["case"] != entry["case"]] + [entry], key=lambda c: c["case"])
old = path.read_text()
indent = 1 if old.startswith("{\n \"") else None
path.write_text(json.dumps(manifest, indent=indent, ensure_ascii="\\u" in old) + ("\n" if old.endswith("\n") else ""))
