"""Tiny random models of the families' variants, with logits, loss and gradients, by transformers and autograd.

Run by hand, never by a build:  pip install torch transformers==5.24 safetensors
  python3 Reference/tiny_variants.py
Writes Tests/Vectors/model/NAME/{config.json, model.safetensors, expected.safetensors} and their lines of
Tests/Vectors/MANIFEST.json. Biases are random as well, which transformers starts at zero.
"""

import hashlib
import json
import pathlib

import torch
import transformers
from safetensors.torch import save_file

ROOT = pathlib.Path(__file__).resolve().parent.parent / "Tests/Vectors"
COMMON = dict(
    vocab_size=61, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, max_position_embeddings=64, rms_norm_eps=1e-5, bos_token_id=1, eos_token_id=2,
    tie_word_embeddings=False)
L, M, Q = "Llama", "Mistral", "Qwen2"
VARIANTS = {
    "llama_biases": (L, dict(attention_bias=True, mlp_bias=True)),
    "llama_rope_linear": (L, dict(rope_scaling={"type": "linear", "factor": 4.0})),
    "llama_rope_dynamic": (L, dict(rope_scaling={"rope_type": "dynamic", "factor": 2.0})),
    "llama_rope_yarn": (L, dict(head_dim=16, rope_parameters={
        "rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "original_max_position_embeddings": 16})),
    "llama_rope_yarn_mscale": (L, dict(head_dim=16, rope_parameters={
        "rope_type": "yarn", "rope_theta": 500.0, "factor": 8.0, "original_max_position_embeddings": 8,
        "mscale": 1.5, "mscale_all_dim": 0.7, "beta_fast": 4, "beta_slow": 0.5, "truncate": False})),
    "mistral_window": (M, dict(sliding_window=5)),
    "qwen2_sliding": (Q, dict(use_sliding_window=True, sliding_window=5, max_window_layers=1)),
}


def make(name, family, options):
    torch.manual_seed(sum(name.encode()))
    config = getattr(transformers, family + "Config")(**COMMON, **options)
    config._attn_implementation = "eager"
    model = getattr(transformers, family + "ForCausalLM")(config).float()
    with torch.no_grad():
        for parameter_name, p in model.named_parameters():
            p.normal_(0, 0.25)
            if "norm" in parameter_name:
                p.add_(1)
    folder = ROOT / "model" / name
    folder.mkdir(parents=True, exist_ok=True)
    plain = {**COMMON, **options, "model_type": family.lower(), "architectures": [family + "ForCausalLM"],
             "hidden_act": "silu", "torch_dtype": "float32"}
    (folder / "config.json").write_text(json.dumps(plain, indent=1, sort_keys=True) + "\n")
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, folder / "model.safetensors",
              metadata={"format": "pt"})
    ids = torch.randint(0, 61, (2, 17))
    out = {"input_ids": ids.int()}
    result = model(ids, labels=ids)
    result.loss.backward()
    out["logits"], out["loss"] = result.logits.detach(), result.loss.detach().reshape(1)
    for parameter_name, p in model.named_parameters():
        out["grad." + parameter_name] = p.grad
    for kind, length in (("short", 1), ("long", 61)):
        more = torch.randint(0, 61, (1, length))
        out[kind + ".input_ids"] = more.int()
        with torch.no_grad():
            out[kind + ".logits"] = model(more).logits
    save_file({k: v.contiguous() for k, v in out.items()}, folder / "expected.safetensors")
    kinds = {torch.float32: "float32", torch.int32: "int32"}
    files = {}
    for file in ("config.json", "expected.safetensors", "model.safetensors"):
        content = (folder / file).read_bytes()
        files["model/%s/%s" % (name, file)] = {
            "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    return {
        "case": "model/" + name,
        "what": "a random %s with %s: logits of two windows of 17 tokens, of 1 and of 61; mean loss of the two "
                "windows and the gradient of every parameter" % (family, json.dumps(options, sort_keys=True)),
        "origin": "transformers %s, torch %s" % (transformers.__version__, torch.__version__),
        "tolerance": "1e-4 of the largest element", "dtype": "float32/int32",
        "generator": "Reference/tiny_variants.py", "files": files,
        "tensors": {k: "%s%s" % (kinds[v.dtype], list(v.shape)) for k, v in sorted(out.items())},
    }


def main():
    path = ROOT / "MANIFEST.json"
    manifest = json.loads(path.read_text())
    made = [make(name, *variant) for name, variant in VARIANTS.items()]
    names = {case["case"] for case in made}
    manifest["cases"] = sorted(
        [case for case in manifest["cases"] if case["case"] not in names] + made, key=lambda case: case["case"])
    manifest["total_bytes"] = sum(f["bytes"] for case in manifest["cases"] for f in case["files"].values())
    path.write_text(json.dumps(manifest, indent=1) + "\n")


main()
