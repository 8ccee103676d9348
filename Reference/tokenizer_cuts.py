"""How Qwen2's and Llama 3's patterns cut text, by the tokenizers package; PreTokenizerTests holds the numbers.

    python Reference/tokenizer_cuts.py            # tokenizers 0.22

Prints the pieces of short texts that bring out every branch, and for a random text of 60,000 scalars drawn by
SplitMix64 the number of pieces and the FNV-1a digest of their lengths in bytes. Last, the digest of the ids of
that text in normalization form C.
"""

import unicodedata

from tokenizers import Regex
from tokenizers.pre_tokenizers import Split

HEAD = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
TAIL = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
PATTERNS = {"qwen2": HEAD + r"\p{N}" + TAIL, "llama3": HEAD + r"\p{N}{1,3}" + TAIL}
SHORT = [
    "Hello world, 1234 tokens!", "a(b:\nc 12", "'RE 'Real we'LL it'ſ 'l", "a  b\t\tc", "x \n \n  y", "\r\n\r\nz\n a",
    "(((a)))\n\n!", " ( \"q\"\n", "12345 6 78", "e\u0301a \u3000b\u00a0c", "²½Ⅷ 一二", "  ", " \n", "…\r\nno",
]
ALPHABET = "abEsStTdDmMlLrReEvV''' \t\n\r   .,!(0123456789²½éſ\u0301\u00a0\u3000世Жж"


def random_text(seed, count):
    state, text = seed, []
    for _ in range(count):
        state = (state + 0x9E3779B97F4A7C15) & (2**64 - 1)
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & (2**64 - 1)
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & (2**64 - 1)
        text.append(ALPHABET[(z ^ (z >> 31)) % len(ALPHABET)])
    return "".join(text)


def fnv(values):
    digest = 0xCBF29CE484222325
    for value in values:
        digest = ((digest ^ value) * 0x100000001B3) & (2**64 - 1)
    return digest


for name, pattern in PATTERNS.items():
    split = Split(Regex(pattern), "isolated")
    cut = lambda text: [piece for piece, _ in split.pre_tokenize_str(text)]
    for text in SHORT:
        print(name, ascii(text), [ascii(piece) for piece in cut(text)])
    lengths = [len(piece.encode()) for piece in cut(random_text(5, 60_000))]
    print(name, len(lengths), hex(fnv(lengths)))
print("NFC", hex(fnv(unicodedata.normalize("NFC", random_text(5, 60_000)).encode())))
