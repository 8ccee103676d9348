"""Perplexity of exported models by the programs that they are exported for, beside the record's own.

Run by hand, never by a build:
  pip install torch transformers compressed-tensors safetensors          for hf, compressed-tensors and gptq
  pip install llama-cpp-python                                           for gguf
  python3 Reference/export_roundtrip.py RECORD.json [--tokenizer FOLDER] FOLDER [FOLDER …]
Each FOLDER is one that `zeroqat export RECORD.json --to … --into FOLDER` wrote. The text of the record is encoded by the
tokenizer of the first folder that holds a hub's tokenizer, or of the one that is named; its ids are held to the record's digest, and the same windows
are scored. GPTQ's codes are unpacked here by the format's definition, as the package that runs them needs a compiler.
Prints one JSON object.
"""

import hashlib
import json
import math
import pathlib
import sys

import numpy as np


def text_of(source):
    if source["join"] != "plain":
        sys.exit("only texts that are joined plainly are assembled here")
    parts = []
    for part in source["parts"]:
        data = pathlib.Path(part["path"]).read_bytes()[part.get("from", 0) : part.get("to") or None]
        if part.get("form") == "jsonl:text":
            lines = (json.loads(line)["text"] for line in data.split(b"\n") if line)
            data = "".join(line + "\n" for line in lines).encode()
        parts.append(data.replace(b"\r\n", b"\n"))
    return b"\n\n".join(parts).decode()


def windows_of(record, folders):
    protocol = record["cell"]["protocol"]
    folder = next((f for f in folders if (f / "tokenizer.json").exists()), None)
    if folder is None:
        sys.exit("name a folder with a tokenizer.json, as --to hf writes it, to encode the text with")
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    ids = tokenizer.encode(text_of(protocol["test"]), add_special_tokens=False).ids
    digest = hashlib.sha256(np.array(ids, dtype="<i4").tobytes()).hexdigest()
    expected = next(d["text"] for d in record["digests"] if d["name"] == "tokens.test")
    if digest != expected:
        sys.exit(f"the exported tokenizer gives other ids than the record's: {digest}, not {expected}")
    size = protocol["windowTokens"]
    available = len(ids) // size
    count = protocol.get("testWindows") or available
    return [ids[i * available // count * size :][:size] for i in range(count)]


def mean_loss(logits, ids):
    """Mean negative log-likelihood of a window's targets, in nats, in float64."""
    x = np.asarray(logits, dtype=np.float64)[:-1]
    top = x.max(axis=1)
    log_sum = np.log(np.exp(x - top[:, None]).sum(axis=1)) + top
    return float(np.mean(log_sum - x[np.arange(len(x)), ids[1:]]))


def unpacked(folder):
    """The weights of a GPTQ checkpoint by the format's definition: (code − zero point)·scale."""
    from safetensors.numpy import load_file

    config = json.loads((folder / "config.json").read_text())["quantization_config"]
    bits, offset = config["bits"], 0 if config["checkpoint_format"] == "gptq_v2" else 1
    shifts = np.arange(0, 32, bits, dtype=np.uint32)
    tensors, out = load_file(str(folder / "model.safetensors")), {}
    for name, value in tensors.items():
        stem, _, kind = name.rpartition(".")
        if kind == "qweight":
            words = value.view(np.uint32)
            codes = ((words[:, None, :] >> shifts[None, :, None]) & (2**bits - 1)).reshape(-1, words.shape[1])
            words = tensors[stem + ".qzeros"].view(np.uint32)
            zeros = ((words[:, :, None] >> shifts) & (2**bits - 1)).reshape(words.shape[0], -1) + offset
            group = tensors[stem + ".g_idx"]
            scales = tensors[stem + ".scales"].astype(np.float32)
            out[stem + ".weight"] = ((codes.astype(np.float32) - zeros[group]) * scales[group]).T.copy()
        elif kind not in ("qzeros", "scales", "g_idx"):
            out[name] = value.astype(np.float32)
    return out


def by_transformers(folder, form, windows):
    import torch
    import transformers

    versions = {"torch": torch.__version__, "transformers": transformers.__version__}
    if form == "gptq":
        config = transformers.AutoConfig.from_pretrained(folder)
        del config.quantization_config
        model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32)
        missing = model.load_state_dict({k: torch.tensor(v) for k, v in unpacked(folder).items()}, strict=False)
        if missing.unexpected_keys or set(missing.missing_keys) - {"lm_head.weight"}:
            sys.exit(f"{folder}: {missing}")
        model.tie_weights()
        program = "transformers, codes unpacked by numpy"
    else:
        program, options = "transformers", {}
        if form == "compressed-tensors":
            import compressed_tensors

            versions["compressed-tensors"] = compressed_tensors.__version__
            options = {"quantization_config": transformers.CompressedTensorsConfig(dequantize=True)}
        model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, **options)
    losses = []
    with torch.inference_mode():
        for ids in windows:
            losses.append(mean_loss(model.eval()(torch.tensor([ids])).logits[0].float().numpy(), ids))
    return program, versions, losses


def by_llama(folder, windows):
    import llama_cpp

    path = next(folder.glob("*.gguf"))
    model = llama_cpp.Llama(
        str(path), n_ctx=len(windows[0]), n_batch=len(windows[0]), n_ubatch=len(windows[0]), logits_all=True,
        verbose=False)
    losses = []
    for ids in windows:
        model.reset()
        model.eval(ids)
        losses.append(mean_loss(model.scores[: len(ids)], ids))
    return "llama.cpp", {"llama-cpp-python": llama_cpp.__version__}, losses


def main():
    record = json.loads(pathlib.Path(sys.argv[1]).read_text())
    names = sys.argv[2:]
    tokenizer = [names.pop(0) and names.pop(0)] if names[:1] == ["--tokenizer"] else []
    folders = [pathlib.Path(name) for name in names]
    windows = windows_of(record, [pathlib.Path(name) for name in tokenizer] + folders)
    score = next(s for s in record["scores"] if s["split"] == "test" and s["metric"] == "perplexity")
    own = score["windowNLL"]
    runs = []
    for folder in folders:
        manifest = json.loads((folder / "zeroqat-export.json").read_text())
        form = manifest["form"]
        if manifest["cell"] != record["cell"]["id"]:
            sys.exit(f"{folder} is the export of another record")
        program, versions, losses = (
            by_llama(folder, windows) if form == "gguf" else by_transformers(folder, form, windows))
        perplexity = math.exp(sum(losses) / len(losses))
        type_name = ""
        if form == "gguf":
            import gguf

            reader = gguf.GGUFReader(str(next(folder.glob("*.gguf"))))
            type_name = next(t.tensor_type.name for t in reader.tensors if t.name == "blk.0.attn_q.weight")
        print(f"{folder}: {perplexity}", file=sys.stderr)
        runs.append({
            "form": form + (f" {type_name}" if type_name else ""), "program": program, "versions": versions,
            "perplexity": perplexity, "relative": perplexity / score["value"] - 1,
            "largestWindowDifference": max(abs(a - b) for a, b in zip(losses, own)),
        })
    print(json.dumps({
        "cell": record["cell"]["id"], "model": record["cell"]["model"]["name"], "bits": record["cell"]["bits"],
        "method": record["cell"]["method"]["name"], "windows": len(windows), "windowTokens": len(windows[0]),
        "perplexity": score["value"], "runs": runs,
    }, indent=2))


main()
