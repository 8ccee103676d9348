package import JSONText
internal import Vocabulary

extension Cell {
  /// Holds a cell to the rules that its types can't express; the worker's first act.
  ///
  /// - Throws: ``JSONError`` at the first value of `document` that breaks one.
  package func check(in document: JSONDocument) throws(JSONError) {
    // Cells written by hand for version 1, with one digest of the science, say all that a worker needs.
    guard (1...Self.currentSchema).contains(schema) else {
      throw document.error(
        at: "/schema",
        "schema \(schema) isn't supported; this build runs schema \(Self.currentSchema)")
    }
    // Of other methods, the worker knows which bits they take.
    if method.name == GridRow.fullPrecisionMethod && !bits.isFullPrecision {
      throw document.error(
        at: "/bits", "contradictory bits: the method '\(method.name)' with \(bits)")
    }
    guard case .object = method.options else {
      throw document.error(at: "/method/options", "expected an object of options")
    }
    try protocolSettings.check(in: document)
  }
}

extension EvaluationProtocol {
  fileprivate func check(in document: JSONDocument) throws(JSONError) {
    guard windowTokens >= 2 else {
      throw document.error(
        at: "/protocol/windowTokens", "expected at least 2 tokens per window, found \(windowTokens)"
      )
    }
    for (name, source) in [("train", train), ("development", development), ("test", test)] {
      let place = "/protocol/\(name)"
      if name != "test", hasTestAlone { continue }
      guard !source.parts.isEmpty else {
        throw document.error(at: place + "/parts", "expected at least one part")
      }
      for (index, part) in source.parts.enumerated() {
        guard part.from >= 0, part.from < part.to ?? Int.max else {
          throw document.error(
            at: "\(place)/parts/\(index)",
            "expected a range of bytes, found \(part.from)..<\(part.to ?? Int.max)")
        }
      }
    }
    try checkTasks(in: document)
  }

  /// Tasks have names of their own, and no two are trained on.
  private func checkTasks(in document: JSONDocument) throws(JSONError) {
    let tasks = tasks ?? []
    for (index, task) in tasks.enumerated() {
      let place = "/protocol/tasks/\(index)"
      if tasks[..<index].contains(where: { $0.name == task.name }) {
        throw document.error(at: place + "/name", "the task '\(task.name)' is listed twice")
      }
      if task.use == .fineTuning {
        if let other = tasks[..<index].first(where: { $0.use == .fineTuning }) {
          throw document.error(
            at: place + "/use",
            "expected one task to fine-tune on, found '\(other.name)' and '\(task.name)'")
        }
        guard !task.train.isEmpty else {
          throw document.error(at: place + "/train", "expected at least one part")
        }
      } else if task.test.isEmpty {
        throw document.error(at: place + "/test", "expected at least one part")
      }
      try task.examples.check(at: "\(place)/examples", in: document)
      for (name, parts) in [
        ("train", task.train), ("development", task.development ?? []), ("test", task.test),
      ] {
        for (i, part) in parts.enumerated() {
          guard part.from >= 0, part.from < part.to ?? Int.max else {
            throw document.error(
              at: "\(place)/\(name)/\(i)",
              "expected a range of bytes, found \(part.from)..<\(part.to ?? Int.max)")
          }
          if let answer = part.answer, answer < 0 {
            throw document.error(
              at: "\(place)/\(name)/\(i)/answer", "expected an index from 0, found \(answer)")
          }
        }
      }
    }
  }
}
