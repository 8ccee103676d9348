"""Tiny random models of the families' variants, with logits, loss and gradients, by transformers and autograd.

Run by hand, never by a build:  pip install torch transformers==5.24 safetensors gguf
  python3 Reference/tiny_variants.py [NAME…]
Writes Tests/Vectors/model/NAME/{config.json, model.safetensors, expected.safetensors}, for some model.gguf, and their lines of
Tests/Vectors/MANIFEST.json. Biases are random as well, which transformers starts at zero. A GGUF file holds the same numbers as
llama.cpp's conversions write them; models called *_gguf are such as it can hold, and have no gradients.
"""

import hashlib
import json
import pathlib
import sys

import gguf
import torch
import transformers
from safetensors.torch import save_file

ROOT = pathlib.Path(__file__).resolve().parent.parent / "Tests/Vectors"
COMMON = dict(
    vocab_size=61, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, max_position_embeddings=64, rms_norm_eps=1e-5, bos_token_id=1, eos_token_id=2,
    tie_word_embeddings=False)
SMALL = dict(
    vocab_size=37, hidden_size=16, intermediate_size=24, head_dim=8, max_position_embeddings=64,
    num_attention_heads=4, num_key_value_heads=2, num_hidden_layers=2, rms_norm_eps=1e-5, bos_token_id=1,
    eos_token_id=2, pad_token_id=None, tie_word_embeddings=False)
# As GGUF can hold it.
LEAST = dict(
    SMALL, vocab_size=29, hidden_size=8, intermediate_size=12, head_dim=4, num_attention_heads=2, num_key_value_heads=1)
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
    "qwen3": ("Qwen3", dict(SMALL, attention_bias=True)),
    "gemma3": ("Gemma3", dict(
        SMALL, tie_word_embeddings=True, sliding_window=5, sliding_window_pattern=2,
        rope_theta=500.0, rope_local_base_freq=50.0, query_pre_attn_scalar=11,
        rope_scaling={"rope_type": "linear", "factor": 4.0})),
    "phi3": ("Phi3", dict(SMALL, sliding_window=6)),
    "smollm3": ("SmolLM3", dict(SMALL, no_rope_layer_interval=2, attention_bias=True)),
    "llama_gguf": (L, dict(LEAST, head_dim=8, num_attention_heads=4, num_key_value_heads=2, attention_bias=True,
                           rope_scaling={"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
                                         "high_freq_factor": 4.0, "original_max_position_embeddings": 32})),
    "qwen2_gguf": (Q, dict(LEAST)),
    "gemma3_gguf": ("Gemma3", dict(
        LEAST, num_hidden_layers=7, tie_word_embeddings=True, sliding_window=5, rope_theta=500.0,
        query_pre_attn_scalar=4, rope_scaling={"rope_type": "linear", "factor": 4.0})),
    "smollm3_gguf": ("SmolLM3", dict(LEAST, num_hidden_layers=5, rope_theta=500.0)),
}
# What a family calls itself, and its configuration, where that isn't its own name.
KINDS = {"Gemma3": ("gemma3_text", "Gemma3TextConfig")}
# Models that are written as GGUF files too, by their architecture there.
GGUF = {"qwen3": "qwen3", "phi3": "phi3", "llama_gguf": "llama", "qwen2_gguf": "qwen2", "gemma3_gguf": "gemma3",
        "smollm3_gguf": "smollm3"}
# Linears that lie in one tensor: their gradients are compared one by one.
JOINED = {"qkv_proj": ("q_proj", "k_proj", "v_proj"), "gate_up_proj": ("gate_proj", "up_proj")}


def make(name, family, options):
    torch.manual_seed(sum(name.encode()))
    options = {**COMMON, **options}
    kind, config_class = KINDS.get(family, (family.lower(), family + "Config"))
    config = getattr(transformers, config_class)(**options)
    config._attn_implementation = "eager"
    model = getattr(transformers, family + "ForCausalLM")(config).float()
    with torch.no_grad():
        for parameter_name, p in model.named_parameters():
            p.normal_(0, 0.25)
            if "norm" in parameter_name and family != "Gemma3":
                p.add_(1)
    folder = ROOT / "model" / name
    folder.mkdir(parents=True, exist_ok=True)
    activation = {"hidden_activation": "gelu_pytorch_tanh"} if family == "Gemma3" else {"hidden_act": "silu"}
    plain = {**options, **activation, "model_type": kind, "architectures": [family + "ForCausalLM"],
             "torch_dtype": "float32"}
    (folder / "config.json").write_text(json.dumps(plain, indent=1, sort_keys=True) + "\n")
    weights = {k: v.contiguous() for k, v in model.state_dict().items()}
    if options["tie_word_embeddings"]:
        del weights["lm_head.weight"]
    save_file(weights, folder / "model.safetensors",
              metadata={"format": "pt"})
    vocabulary = options["vocab_size"]
    names = ["config.json", "expected.safetensors", "model.safetensors"]
    if name in GGUF:
        names.append("model.gguf")
        write_gguf(folder / "model.gguf", GGUF[name], weights, config)
    ids = torch.randint(0, vocabulary, (2, 17))
    out = {"input_ids": ids.int()}
    result = model(ids, labels=ids)
    result.loss.backward()
    out["logits"], out["loss"] = result.logits.detach(), result.loss.detach().reshape(1)
    has_gradients = not name.endswith("_gguf")
    for parameter_name, p in model.named_parameters():
        if has_gradients:
            out.update(gradients(parameter_name, p.grad, config))
    for kind, length in (("short", 1), ("long", 61)):
        more = torch.randint(0, vocabulary, (1, length))
        out[kind + ".input_ids"] = more.int()
        with torch.no_grad():
            out[kind + ".logits"] = model(more).logits
    save_file({k: v.contiguous() for k, v in out.items()}, folder / "expected.safetensors")
    kinds = {torch.float32: "float32", torch.int32: "int32"}
    files = {}
    for file in names:
        content = (folder / file).read_bytes()
        files["model/%s/%s" % (name, file)] = {
            "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    return {
        "case": "model/" + name,
        "what": "a random %s with %s: logits of two windows of 17 tokens, of 1 and of 61; mean loss of the two "
                "windows%s" % (
                    family,
                    json.dumps({k: v for k, v in options.items() if COMMON.get(k, ...) != v}, sort_keys=True),
                    " and the gradient of every parameter" if has_gradients else ""),
        "origin": "transformers %s, torch %s" % (transformers.__version__, torch.__version__),
        "tolerance": "1e-4 of the largest element", "dtype": "float32/int32",
        "generator": "Reference/tiny_variants.py", "files": files,
        "tensors": {k: "%s%s" % (kinds[v.dtype], list(v.shape)) for k, v in sorted(out.items())},
    }


def write_gguf(path, architecture, weights, config):
    """The same model as a GGUF file: called as the package gguf has it, arranged as llama.cpp's conversions do.

    LLaMA and SmolLM3 have the rows of Q and K in the order of interleaved rotary pairs, Gemma 3 has gains of norms whole, LLaMA
    has the stretching of `rope_type` llama3 as divisors of frequencies, Phi-3 always has a window, 0 for none.
    """
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH[architecture.upper()], config.num_hidden_layers)
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(config.head_dim)
    writer.add_value_length(config.head_dim)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    rope = config.rope_parameters.get("full_attention", config.rope_parameters)
    writer.add_rope_freq_base(rope["rope_theta"])
    if rope["rope_type"] == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(rope["factor"])
    if architecture in ("llama", "phi3"):
        writer.add_rope_dimension_count(config.head_dim)
    if architecture == "phi3":
        writer.add_rope_scaling_orig_ctx_len(config.original_max_position_embeddings)
    if architecture in ("gemma3", "phi3"):
        writer.add_sliding_window(config.sliding_window or 0)
    if rope["rope_type"] == "llama3":
        writer.add_tensor(names.get_name("model.rope_freqs") or "rope_freqs.weight", divisors(rope, config.head_dim))
    for name, tensor in weights.items():
        if architecture in ("llama", "smollm3"):
            for part, heads in (("q_proj", config.num_attention_heads), ("k_proj", config.num_key_value_heads)):
                if part in name:
                    pairs = tensor.reshape(heads, 2, config.head_dim // 2, *tensor.shape[1:])
                    tensor = pairs.transpose(1, 2).reshape(tensor.shape)
        if architecture == "gemma3" and name.endswith("norm.weight"):
            tensor = tensor + 1
        writer.add_tensor(names.get_name(name, try_suffixes=(".weight", ".bias")), tensor.contiguous().numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def divisors(rope, head_dim):
    """What `rope_type` llama3 divides each frequency by: the factor, 1, or what lies between."""
    plain = 1 / rope["rope_theta"] ** (torch.arange(0, head_dim, 2).double() / head_dim)
    turns = rope["original_max_position_embeddings"] * plain / (2 * torch.pi)
    low, high = rope["low_freq_factor"], rope["high_freq_factor"]
    kept = ((turns - low) / (high - low)).clamp(0, 1)
    return (1 / (kept + (1 - kept) / rope["factor"])).float().numpy()


def gradients(name, gradient, config):
    """The gradient of a parameter; of each linear where several lie in it."""
    part = name.split(".")[-2]
    if part not in JOINED:
        return {"grad." + name: gradient}
    heads, keys = (n * config.head_dim for n in (config.num_attention_heads, config.num_key_value_heads))
    rows = [heads, keys, keys] if part == "qkv_proj" else [config.intermediate_size] * 2
    pieces = zip(JOINED[part], gradient.split(rows))
    return {"grad." + name.replace(part, linear): piece for linear, piece in pieces}


def main():
    path = ROOT / "MANIFEST.json"
    manifest = json.loads(path.read_text())
    wanted = sys.argv[1:] or VARIANTS
    made = [make(name, *VARIANTS[name]) for name in wanted]
    names = {case["case"] for case in made}
    manifest["cases"] = sorted(
        [case for case in manifest["cases"] if case["case"] not in names] + made, key=lambda case: case["case"])
    manifest["total_bytes"] = sum(f["bytes"] for case in manifest["cases"] for f in case["files"].values())
    path.write_text(json.dumps(manifest, indent=1) + "\n")


main()
