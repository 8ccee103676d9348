/// The fixture's model as a GGUF file of the `llama` architecture, keys and tensors to be changed.
package struct GGUFModel: Sendable {
  /// Keys by name: type number and bytes of the value.
  package var keys: [(name: String, type: UInt32, value: [UInt8])] = []
  /// Tensors: shape row-major, float32.
  package var tensors: [(name: String, shape: [Int], values: [Float])] = []

  /// A file of the tensors of ``CellFixture`` with a byte-level vocabulary of all bytes.
  ///
  /// Q and K are stored as they are: rows of another order give another model, as well-formed as this one.
  package init() {
    let names = [
      "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
      "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
      "mlp.down_proj": "ffn_down", "input_layernorm": "attn_norm",
      "post_attention_layernorm": "ffn_norm",
    ]
    for tensor in CellFixture.tensors() {
      let parts = tensor.name.split(separator: ".")
      var name =
        [
          "model.embed_tokens.weight": "token_embd.weight",
          "model.norm.weight": "output_norm.weight",
          "lm_head.weight": "output.weight",
        ][tensor.name] ?? ""
      if parts[1] == "layers" {
        let inner = parts[3..<parts.count - 1].joined(separator: ".")
        name = "blk.\(parts[2]).\(names[inner] ?? inner).weight"
      }
      tensors.append((name, tensor.shape, tensor.values))
    }
    set("general.architecture", "llama")
    for (key, value) in [
      ("context_length", 128), ("embedding_length", 32), ("block_count", 2),
      ("feed_forward_length", 64), ("rope.dimension_count", 8), ("attention.head_count", 4),
      ("attention.head_count_kv", 2),
    ] { set("llama." + key, UInt32(value)) }
    set("llama.attention.layer_norm_rms_epsilon", Float(1e-5))
    set("llama.rope.freq_base", Float(10000))
    set("tokenizer.ggml.model", "gpt2")
    set("tokenizer.ggml.pre", "gpt-2")
    var following: UInt32 = 0x100
    let bytes = (0..<256).map { byte -> String in
      var scalar = UInt32(byte)
      switch byte {
      case 0x21...0x7e, 0xa1...0xac, 0xae...0xff: break
      default:
        scalar = following
        following += 1
      }
      return Unicode.Scalar(scalar).map { String(Character($0)) } ?? ""
    }
    let tokens = bytes + ["</s>", "<s>", "<pad>", "<unk>"]
    keys.append(("tokenizer.ggml.tokens", 9, array(8, tokens.map { string($0) })))
    let types = [Int32](repeating: 1, count: 256) + [Int32](repeating: 3, count: 4)
    keys.append(("tokenizer.ggml.token_type", 9, array(5, types.map { little($0) })))
    keys.append(("tokenizer.ggml.merges", 9, array(8, [])))
    set("tokenizer.ggml.bos_token_id", UInt32(257))
    set("tokenizer.ggml.eos_token_id", UInt32(256))
  }

  /// Sets a key to a text.
  package mutating func set(_ name: String, _ text: String) { put(name, 8, string(text)) }

  /// Sets a key to a number.
  package mutating func set(_ name: String, _ number: UInt32) { put(name, 4, little(number)) }

  /// Sets a key to a number.
  package mutating func set(_ name: String, _ number: Float) { put(name, 6, little([number])) }

  /// Removes a key.
  package mutating func remove(_ name: String) { keys.removeAll { $0.name == name } }

  private mutating func put(_ name: String, _ type: UInt32, _ value: [UInt8]) {
    remove(name)
    keys.append((name, type, value))
  }

  /// The file's bytes.
  package var file: [UInt8] {
    var gguf = GGUFBytes()
    for key in keys { gguf.add(key.name, type: key.type, key.value) }
    for tensor in tensors {
      gguf.add(
        tensor: tensor.name, tensor.shape.reversed().map { UInt64($0) }, type: 0,
        little(tensor.values))
    }
    return gguf.file
  }
}
