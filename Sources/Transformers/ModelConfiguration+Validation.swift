extension ModelConfiguration {
  /// More blocks than any model has; what is derived block by block stays small.
  static let mostBlocks = 1 << 16

  /// Checks what the arithmetic relies on; `fail` gets the member's hub name and the reason.
  func validate<E>(_ fail: (String, String) throws(E) -> Void) throws(E) {
    for (name, value) in [
      ("hidden_size", channels), ("num_hidden_layers", blocks), ("num_attention_heads", heads),
      ("num_key_value_heads", keyHeads), ("head_dim", headSize), ("vocab_size", vocabularySize),
      ("max_position_embeddings", positions), ("intermediate_size", feedForward),
    ] where value <= 0 || value > (name == "num_hidden_layers" ? Self.mostBlocks : 1 << 28) {
      try fail(
        name == "intermediate_size" && !parts.isGated ? "ffn_dim" : name,
        "expected a count from 1 to \(name == "num_hidden_layers" ? Self.mostBlocks : 1 << 28), "
          + "found \(value)")
    }
    if heads > 0, keyHeads > 0, heads % keyHeads != 0 {
      try fail(
        "num_key_value_heads", "\(heads) query heads can't share \(keyHeads) key heads evenly")
    }
    if !(normEpsilon >= 0 && normEpsilon.isFinite) {
      try fail("rms_norm_eps", "expected a finite number of at least 0, found \(normEpsilon)")
    }
    if !(rotaryBase > 0 && rotaryBase.isFinite) {
      try fail("rope_theta", "expected a finite number above 0, found \(rotaryBase)")
    }
    if let base = windowRotaryBase, !(base > 0 && base.isFinite) {
      try fail("rope_local_base_freq", "expected a finite number above 0, found \(base)")
    }
    if let divisor = attentionDivisor, !(divisor > 0 && divisor.isFinite) {
      try fail("query_pre_attn_scalar", "expected a finite number above 0, found \(divisor)")
    }
    if let scaling = rotaryScaling {
      for (name, value) in scaling.positives where !(value > 0 && value.isFinite) {
        try fail("rope_scaling", "expected a '\(name)' above 0, found \(value)")
      }
    }
    if let slidingWindow, slidingWindow.tokens <= 0 {
      try fail("sliding_window", "expected at least 1, found \(slidingWindow.tokens)")
    }
    if parts.isRotary, headSize % 2 != 0 {
      try fail("head_dim", "rotary positions need an even head size, found \(headSize)")
    }
    if !parts.isRotary, heads > 0, channels % heads != 0 {
      try fail("num_attention_heads", "\(channels) channels don't divide into \(heads) heads")
    }
  }
}
