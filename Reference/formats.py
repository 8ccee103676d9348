"""One and the same set of tensors in every format that is read, as the formats' own writers store it.

Run by hand, never by a build:  pip install torch==2.13.0 gguf==0.19.0 safetensors numpy
  python3 Reference/formats.py
Writes Tests/Vectors/formats/ and its lines of Tests/Vectors/MANIFEST.json. The values are what random K-quant blocks stand for,
so the K-quant file, the plain ones and the split ones are equal to the last bit; those of F16 and Q8_0 are rounded, and equal to
`f16.safetensors` and `q8_0.safetensors`. In the PyTorch files one tensor is stored transposed and two share a storage.
"""

import hashlib
import importlib.metadata
import json
import pathlib
import shutil

import gguf
import numpy
import torch
from safetensors.torch import save_file

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "Tests/Vectors"
ROOT = VECTORS / "formats"
# Where the binary16 scales of a block begin, in bytes.
BLOCKS = {"Q2_K": [80, 82], "Q3_K": [108], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208]}
NORM, COPY = "norm.weight", "head.weight"


def write_gguf(path, tensors, parts=0):
    writer = gguf.GGUFWriter(path, "none", split_max_tensors=parts)
    writer.add_string("general.name", "one of many forms")
    for name, (data, kind) in tensors.items():
        writer.add_tensor(name, data, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_sharded(folder, stem, ending, tensors, save):
    folder.mkdir(parents=True)
    names, where = list(tensors), {}
    for number, part in enumerate((names[:3], names[3:]), 1):
        file = "%s-%05d-of-00002.%s" % (stem, number, ending)
        save({name: tensors[name] for name in part}, folder / file)
        where.update({name: file for name in part})
    index = {"metadata": {"total_size": 0}, "weight_map": where}
    (folder / ("%s.%s.index.json" % (stem, ending))).write_text(json.dumps(index, indent=1) + "\n")


def main():
    shutil.rmtree(ROOT, ignore_errors=True)
    ROOT.mkdir(parents=True)
    random = numpy.random.default_rng(2)
    blocks, values = {}, {}
    for name, scales in BLOCKS.items():
        kind = gguf.GGMLQuantizationType[name]
        data = random.integers(0, 256, (2, gguf.GGML_QUANT_SIZES[kind][1]), dtype=numpy.uint8)
        for at in scales:
            data[:, at:at + 2] = random.normal(0, 0.01, (2, 1)).astype(numpy.float16).view(numpy.uint8)
        tensor = "%s.weight" % name.lower()
        blocks[tensor] = (data, kind)
        values[tensor] = torch.from_numpy(gguf.quants.dequantize(data, kind))
    norm = random.normal(1, 0.1, 256).astype(numpy.float32)
    first = next(iter(blocks))
    for name, (data, value) in {
            NORM: ((norm, gguf.GGMLQuantizationType.F32), torch.from_numpy(norm)),
            COPY: (blocks[first], values[first])}.items():
        blocks[name], values[name] = data, value

    def plain(tensors):
        return {name: value.clone().contiguous() for name, value in tensors.items()}

    def views(tensors):
        """As they may lie in a file: one transposed, two on one storage, one in the middle of another."""
        tensors = dict(plain(tensors))
        tensors["q3_k.weight"] = tensors["q3_k.weight"].t().contiguous().t()
        tensors[COPY] = tensors[first]
        both = torch.cat([torch.zeros(3, dtype=tensors[NORM].dtype), tensors[NORM]])
        tensors[NORM] = torch.nn.Parameter(both)[3:].detach()
        return tensors

    half = {name: value.half() for name, value in values.items()}
    save_file(plain(values), ROOT / "model.safetensors")
    save_file(plain(half), ROOT / "f16.safetensors")
    write_sharded(ROOT / "sharded", "model", "safetensors", plain(values), save_file)
    torch.save(views(values), ROOT / "pytorch_model.bin")
    torch.save({name: torch.nn.Parameter(value) for name, value in plain(half).items()},
               ROOT / "f16.bin", pickle_protocol=4)
    write_sharded(ROOT / "torch", "pytorch_model", "bin", views(values), torch.save)
    numbers = {name: value.numpy() for name, value in values.items()}
    kinds = gguf.GGMLQuantizationType
    write_gguf(ROOT / "f32.gguf", {name: (value, kinds.F32) for name, value in numbers.items()})
    write_gguf(ROOT / "f16.gguf", {name: (value.numpy(), kinds.F16) for name, value in half.items()})
    eight = {name: (gguf.quants.quantize(value, kinds.Q8_0), kinds.Q8_0) for name, value in numbers.items()}
    write_gguf(ROOT / "q8_0.gguf", eight)
    save_file({name: torch.from_numpy(gguf.quants.dequantize(*data)) for name, data in eight.items()},
              ROOT / "q8_0.safetensors")
    write_gguf(ROOT / "k.gguf", blocks)
    write_gguf(ROOT / "split.gguf", blocks, parts=3)
    files, total = {}, 0
    for path in sorted(path for path in ROOT.rglob("*") if path.is_file()):
        path.chmod(0o644)
        content = path.read_bytes()
        total += len(content)
        files[str(path.relative_to(VECTORS))] = {
            "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    versions = ["%s %s" % (name, importlib.metadata.version(name)) for name in ("torch", "gguf", "safetensors")]
    case = {
        "case": "formats",
        "what": "the same tensors as safetensors, PyTorch and GGUF files, single, sharded and split; F16 and Q8_0 rounded",
        "origin": ", ".join(versions), "tolerance": "exact", "dtype": "float32/float16",
        "generator": "Reference/formats.py", "files": files,
        "tensors": {name: "float32%s" % list(value.shape) for name, value in sorted(values.items())},
    }
    path = VECTORS / "MANIFEST.json"
    manifest = json.loads(path.read_text())
    others = [other for other in manifest["cases"] if other["case"] != case["case"]]
    manifest["cases"] = sorted(others + [case], key=lambda case: case["case"])
    manifest["total_bytes"] = sum(f["bytes"] for case in manifest["cases"] for f in case["files"].values())
    path.write_text(json.dumps(manifest, indent=1) + "\n")
    print(total, "bytes")


main()
