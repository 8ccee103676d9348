internal import Vocabulary

extension RunRecord {
  /// The first thing that two runs of one cell disagree on, or nil when they are equal to the last bit.
  ///
  /// Compared are how they ended, the digests of weights and tokens, every window's loss and every example's
  /// outcome of the scores, and the same of the trajectory; never what was measured of time and memory.
  ///
  /// - Returns: What differs, with the earlier value and this one's: `test window 3: 2.5 became 2.6`.
  public func firstDifference(from earlier: RunRecord) -> String? {
    if status != earlier.status {
      return "it was \(earlier.status.rawValue) and became \(status.rawValue)"
    }
    for old in earlier.digests {
      let new = digests.first { $0.name == old.name }?.text
      if new != old.text {
        return
          "digest \(old.name): \(old.text.prefix(8)) became \(new.map { String($0.prefix(8)) } ?? "none")"
      }
    }
    if scores.count != earlier.scores.count {
      return "\(earlier.scores.count) scores became \(scores.count)"
    }
    for (old, new) in zip(earlier.scores, scores) {
      if let words = new.firstDifference(from: old) { return words }
    }
    if trajectory.count != earlier.trajectory.count {
      return "\(earlier.trajectory.count) points of the trajectory became \(trajectory.count)"
    }
    for (old, new) in zip(earlier.trajectory, trajectory) {
      if let words = new.firstDifference(from: old) { return "step \(old.step): \(words)" }
    }
    return nil
  }
}

extension Score {
  fileprivate func firstDifference(from old: Score) -> String? {
    let place = "\(old.split) \(task.map { "\($0) " } ?? "")"
    if (split, metric, task) != (old.split, old.metric, old.task) {
      return "\(place)\(old.metric) became \(split) \(task.map { "\($0) " } ?? "")\(metric)"
    }
    if let words = difference("window", windowNLL, old.windowNLL)
      ?? difference("example", outcomes ?? [], old.outcomes ?? [])
      ?? difference("value", [value], [old.value])
      ?? difference("mean loss", [meanLoss], [old.meanLoss])
      ?? difference("mean loss in another order", [alternativeMeanNLL], [old.alternativeMeanNLL])
    {
      return place + words
    }
    return nil
  }
}

extension TrajectoryPoint {
  fileprivate func firstDifference(from old: TrajectoryPoint) -> String? {
    if step != old.step { return "it became step \(step)" }
    if let words = difference("window", developmentWindowNLL, old.developmentWindowNLL) {
      return "development \(words)"
    }
    if let words = difference("window", testWindowNLL, old.testWindowNLL) { return "test \(words)" }
    for (split, old, new) in [
      ("development", old.developmentTask, developmentTask), ("test", old.testTask, testTask),
    ] {
      if let words = difference("task", [new?.value, new?.meanLoss], [old?.value, old?.meanLoss]) {
        return "\(split) \(words)"
      }
    }
    return nil
  }
}

/// The first place at which two lists of figures differ in a bit.
private func difference(_ what: String, _ new: [Double?], _ old: [Double?]) -> String? {
  if new.count != old.count { return "\(what): \(old.count) figures became \(new.count)" }
  for (index, pair) in zip(old, new).enumerated()
  where pair.0?.bitPattern != pair.1?.bitPattern {
    let place = old.count == 1 ? what : "\(what) \(index)"
    return
      "\(place): \(pair.0.map { "\($0)" } ?? "none") became \(pair.1.map { "\($0)" } ?? "none")"
  }
  return nil
}
