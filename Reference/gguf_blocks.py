"""Random blocks of each quantized GGUF type, and what the gguf package dequantizes them to.

Run by hand, never by a build:  pip install gguf==0.19.0 safetensors numpy
  python3 Reference/gguf_blocks.py
Writes Tests/Vectors/gguf/{blocks.gguf, blocks.safetensors} and their lines of Tests/Vectors/MANIFEST.json. Codes and
small scales are random bytes, so all of their values occur; binary16 scales are finite, of all sizes and signs.
"""

import hashlib
import importlib.metadata
import json
import pathlib

import gguf
import numpy
from safetensors.numpy import save_file

ROOT = pathlib.Path(__file__).resolve().parent.parent / "Tests/Vectors"
# Where the binary16 scales of a block begin, in bytes.
SCALES = {
    "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "IQ4_NL": [0],
    "Q2_K": [80, 82], "Q3_K": [108], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208],
}
EXTREMES = [0x0000, 0x8000, 0x0001, 0x83ff, 0x7bff, 0xfbff, 0x3c00, 0xbc00]


def blocks(random, name):
    """Two rows: of ordinary scales, and of the smallest, the largest and zero."""
    elements, size = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[name]]
    count = 3 if elements == 256 else 8
    data = random.integers(0, 256, (2, count, size), dtype=numpy.uint8)
    data[1, 0], data[1, 1] = 0, 255
    for at in SCALES[name]:
        ordinary = random.normal(0, 0.02, (count,)).astype(numpy.float16)
        extreme = random.choice(numpy.array(EXTREMES, dtype=numpy.uint16), count)
        data[0, :, at:at + 2] = ordinary.view(numpy.uint8).reshape(count, 2)
        data[1, :, at:at + 2] = extreme.view(numpy.uint8).reshape(count, 2)
    return data.reshape(2, count * size)


def main():
    random = numpy.random.default_rng(1)
    folder = ROOT / "gguf"
    folder.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(folder / "blocks.gguf", "none")
    expected = {}
    for name in SCALES:
        kind = gguf.GGMLQuantizationType[name]
        data = blocks(random, name)
        writer.add_tensor(name, data, raw_dtype=kind)
        expected[name] = gguf.quants.dequantize(data, kind)
        assert expected[name].dtype == numpy.float32 and numpy.isfinite(expected[name]).all()
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    save_file(expected, folder / "blocks.safetensors")
    files = {}
    for file in ("blocks.gguf", "blocks.safetensors"):
        content = (folder / file).read_bytes()
        files["gguf/" + file] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    case = {
        "case": "gguf/blocks",
        "what": "random blocks of each quantized type, two rows: ordinary scales; the smallest, the largest and zero; "
                "and what they stand for",
        "origin": "gguf %s, gguf.quants.dequantize" % importlib.metadata.version("gguf"),
        "tolerance": "exact, signs of zeros too", "dtype": "float32", "generator": "Reference/gguf_blocks.py",
        "files": files,
        "tensors": {name: "float32%s" % list(value.shape) for name, value in sorted(expected.items())},
    }
    path = ROOT / "MANIFEST.json"
    manifest = json.loads(path.read_text())
    others = [other for other in manifest["cases"] if other["case"] != case["case"]]
    manifest["cases"] = sorted(others + [case], key=lambda case: case["case"])
    manifest["total_bytes"] = sum(f["bytes"] for case in manifest["cases"] for f in case["files"].values())
    path.write_text(json.dumps(manifest, indent=1) + "\n")


main()
