internal import Records

extension Plan: CustomStringConvertible {
  /// The plan as a person reads it: one line per cell, then the sums.
  package var description: String {
    var lines = ["\(grid.table) at scale \(scale.rawValue)"]
    for (panel, files) in resolver.panels {
      let text = files.text
      let labels = [text.manifest.label] + text.tasks.map(\.task.label)
      let words =
        "\(text.name): \(labels.joined(separator: ", ")), split '\(text.split.name)'"
      if panel == GridPanel() {
        lines += ["  model  \(files.model.label)", "  text   \(words)"]
      } else {
        lines.append("  \(grid.title(of: panel)): \(files.model.label) on \(words)")
      }
    }
    if grid.budget == .quick, grid.scales[scale]?.quick != nil {
      lines.append(
        "  budget quick: first updates, windows and seeds; '--budget full' runs all that is declared"
      )
    }
    if !resolver.missing.isEmpty {
      lines.append("  to fetch:")
      lines += resolver.missing.map { "    \($0)" }
    }
    if let corruption = resolver.corruption { lines.append("  damaged: \(corruption)") }
    let possible = entries.filter { $0.cell != nil }
    let width = possible.map { $0.shortName.count }.max() ?? 0
    for entry in possible {
      let padding = String(repeating: " ", count: width - entry.shortName.count)
      lines.append("  \(entry.shortName)\(padding)  \(entry.stateInWords)")
    }
    lines += linesOfWhatDoesNotRun
    lines.append(summary)
    return lines.joined(separator: "\n")
  }

  /// One line per reason: how many cells it keeps from running, and of which rows.
  private var linesOfWhatDoesNotRun: [String] {
    var reasons: [(reason: String, rows: [String], count: Int)] = []
    for entry in entries {
      guard case .notRun(let reason) = entry.state else { continue }
      let row = entry.point.address.row
      if let index = reasons.firstIndex(where: { $0.reason == reason }) {
        reasons[index].count += 1
        if !reasons[index].rows.contains(row) { reasons[index].rows.append(row) }
      } else {
        reasons.append((reason, [row], 1))
      }
    }
    return reasons.map {
      "  not run (\($0.reason)): \(counted($0.count, "cell")) of \($0.rows.joined(separator: ", "))"
    }
  }

  /// The last line of a plan: how many cells, how long, how much memory.
  package var summary: String {
    if toRun == 0 { return "nothing to run" }
    let memory = mebibytes.map { ", up to \(rounded($0, digits: 0)) MiB" } ?? ""
    let unknown = entries.count { $0.willRun && $0.minutes == nil }
    let time =
      unknown == toRun
      ? "time unknown"
      : "about \(durationInWords(minutes * 60))"
        + (unknown > 0 ? " not counting \(counted(unknown, "cell")) without an estimate" : "")
    return "\(counted(toRun, "cell")) to run, \(time)\(memory)"
  }
}

extension PlanEntry {
  /// What will happen, in a few words.
  package var stateInWords: String {
    switch state {
    case .run(let cause):
      let time = minutes.map { "about " + durationInWords($0 * 60) }
      let memory = mebibytes.map { rounded($0, digits: 0) + " MiB" }
      let estimate = [time, memory].compactMap { $0 }.joined(separator: ", ")
      return "will run" + (estimate.isEmpty ? "" : " (\(estimate))") + words(of: cause)
    case .done(let record):
      let reason = record.reason.map { " (\($0))" } ?? ""
      switch record.status {
      case .finished: return "finished"
      case .diverged: return "diverged" + reason
      case .tooLarge: return "too large" + reason
      case .failed: return "failed" + reason
      }
    case .notRun(let reason): return "not run (\(reason))"
    case .blocked(let reason): return "blocked (\(reason))"
    case .shared(let name): return "the same cell as \(name)"
    }
  }
}

extension PlanEntry {
  fileprivate func words(of cause: Cause) -> String {
    switch cause {
    case .new: return ""
    case .changed(let pointers):
      let shown = pointers.prefix(3).map(words(of:)).joined(separator: ", ")
      let rest = pointers.count > 3 ? " and \(pointers.count - 3) more" : ""
      return pointers.isEmpty
        ? "" : "; the record of an earlier run differs in \(shown)\(rest)"
    case .failedBefore(let reason): return "; failed last time: \(reason)"
    case .tooLargeBefore(let reason): return "; was too large for its machine: \(reason)"
    case .corrupt(let reason):
      return "; its record is damaged: "
        + (reason.split(separator: "\n").first.map(String.init) ?? reason)
    case .forced: return "; again, as wished"
    }
  }

  /// A member of a cell as a person knows it; science by whose it is, with the files that may have changed.
  package func words(of pointer: String) -> String {
    switch pointer {
    case "/science/shared": return "the science that all methods share"
    case "/science/method":
      let names = ownFiles.compactMap { $0.split(separator: "/").last.map(String.init) }
      let rest = names.count > 4 ? " and \(names.count - 4) more" : ""
      return "the science of method '\(point.method.name)'"
        + (names.isEmpty ? "" : " (\(names.prefix(4).joined(separator: ", "))\(rest))")
    default: return pointer
    }
  }
}

/// `1 cell`, `2 cells`.
func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

/// Seconds as a person says them: `12 s`, `3 min 20 s`, `2 h 5 min`.
package func durationInWords(_ seconds: Double) -> String {
  guard seconds.isFinite, seconds < 1e9 else { return "very long" }
  let whole = Int(max(0, seconds).rounded())
  if whole < 60 { return "\(whole) s" }
  if whole < 3600 {
    return whole % 60 == 0 ? "\(whole / 60) min" : "\(whole / 60) min \(whole % 60) s"
  }
  let minutes = (whole + 30) / 60
  return minutes % 60 == 0 ? "\(minutes / 60) h" : "\(minutes / 60) h \(minutes % 60) min"
}

extension Runner.Summary: CustomStringConvertible {
  /// What a run came to, in one line.
  package var description: String {
    var parts: [String] = []
    if finished > 0 { parts.append("\(finished) finished") }
    if diverged > 0 { parts.append("\(diverged) diverged") }
    if failed > 0 { parts.append("\(failed) failed") }
    if tooLarge > 0 { parts.append("\(tooLarge) too large for this machine") }
    if cancelled > 0 { parts.append("\(cancelled) cancelled") }
    if !lost.isEmpty { parts.append("\(lost.count) lost") }
    if !blocked.isEmpty { parts.append("\(blocked.count) blocked") }
    if already > 0 { parts.append("\(already) had a record already") }
    return parts.isEmpty ? "nothing was measured" : parts.joined(separator: ", ")
  }
}
