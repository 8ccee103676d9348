internal import JSONText
internal import Records
internal import Vocabulary

extension NamedRecord {
  /// The record as a results file of lm-evaluation-harness, as its release 0.4 writes them.
  ///
  /// Texts are tasks named `zeroqat_<protocol>`, so that nobody takes their perplexity per token for one per word. Values of
  /// tasks are 0…1, with their standard errors over examples; the error of a perplexity is that of the delta method.
  ///
  /// > Source: EleutherAI, lm-evaluation-harness, `lm_eval/result_schema.py` (`EvalResults`).
  ///
  /// - Throws: ``ExchangeError`` for a record without a finite score or a time, ``JSONError`` when it can't be written.
  package func lmEvalResults() throws -> String {
    let seconds = try startSeconds
    var tasks: [LMEvalTask] = []
    for score in try finiteScores {
      let name = score.task ?? "zeroqat_\(record.cell.protocolSettings.id)"
      if let index = tasks.firstIndex(where: { $0.name == name }) {
        tasks[index].scores.append(score)
      } else {
        tasks.append(LMEvalTask(name: name, scores: [score]))
      }
    }
    func members(_ value: (LMEvalTask) -> JSON) -> JSON {
      .object(tasks.map { JSON.Member($0.name, value($0)) })
    }
    let cell = record.cell
    let model = "\(cell.model.name)-\(cell.bits)-\(cell.method.name)"
    let results: [JSON.Member] = [
      JSON.Member("results", members(\.results)),
      JSON.Member("group_subtasks", members { _ in .array([]) }),
      JSON.Member("configs", members { $0.configuration(of: cell) }),
      JSON.Member("versions", members { _ in .number(1, text: "1.0") }),
      JSON.Member("n-shot", members { _ in .integer(0) }),
      JSON.Member("higher_is_better", members(\.directions)),
      JSON.Member("n-samples", members(\.samples)),
      JSON.Member(
        "config",
        .object([
          JSON.Member("model", .string("zeroqat")),
          JSON.Member(
            "model_args",
            .string(
              "pretrained=\(cell.model.name),bits=\(cell.bits),method=\(cell.method.name)")),
          JSON.Member("model_sha", .string(cell.model.digest)),
          JSON.Member("batch_size", .string("1")), JSON.Member("batch_sizes", .array([])),
          JSON.Member("device", .string("cpu")), JSON.Member("use_cache", .null),
          JSON.Member("limit", .null), JSON.Member("bootstrap_iters", .integer(0)),
          JSON.Member("gen_kwargs", .null),
          JSON.Member("random_seed", .integer(Int64(clamping: cell.seed))),
        ])),
      JSON.Member("git_hash", record.measurement?.commit.map { .string($0) } ?? .null),
      JSON.Member("date", .number(Double(seconds), text: "\(seconds).0")),
      JSON.Member("model_source", .string("zeroqat")), JSON.Member("model_name", .string(model)),
      JSON.Member("model_name_sanitized", .string(model.inFileNames)),
      JSON.Member(
        "total_evaluation_time_seconds",
        .string(record.measurement.map { "\($0.wallSeconds)" } ?? "0")),
    ]
    return try jsonText(of: JSON.object(results), style: .pretty)
  }

  /// Test scores that are finite.
  var finiteScores: [Score] {
    get throws(ExchangeError) {
      let scores = record.scores.filter { $0.split == "test" && $0.value?.isFinite == true }
      guard record.status == .finished, !scores.isEmpty else {
        throw .noScore(name, status: record.status.rawValue)
      }
      return scores
    }
  }

  /// Seconds since 1970, UTC, at which the record's run began.
  var startSeconds: Int {
    get throws(ExchangeError) {
      guard let seconds = record.measurement?.startedAt.flatMap(unixSeconds(ofISO8601:)) else {
        throw .noTime(name)
      }
      return seconds
    }
  }
}

/// One task of a results file, with all scores that a record has of it.
private struct LMEvalTask {
  let name: String
  var scores: [Score]

  /// `{"alias": …, "acc,none": …, "acc_stderr,none": …}`.
  var results: JSON {
    var members = [JSON.Member("alias", .string(name))]
    for score in scores {
      let key = Self.key(of: score.metric)
      members.append(JSON.Member("\(key),none", score.value.inJSON))
      members.append(
        JSON.Member(
          "\(key)_stderr,none", score.errorOfValue.map { Optional($0).inJSON } ?? .string("N/A")))
    }
    members.append(JSON.Member("sample_len", .integer(Int64(count))))
    return .object(members)
  }

  var directions: JSON {
    .object(
      scores.map { JSON.Member(Self.key(of: $0.metric), .bool($0.metric != "perplexity")) })
  }

  var samples: JSON {
    .object([
      JSON.Member("original", .integer(Int64(count))),
      JSON.Member("effective", .integer(Int64(count))),
    ])
  }

  func configuration(of cell: Cell) -> JSON {
    let isText = scores.first?.task == nil
    return .object([
      JSON.Member("task", .string(name)),
      JSON.Member("output_type", .string(isText ? "loglikelihood_rolling" : "multiple_choice")),
      JSON.Member("num_fewshot", .integer(0)),
      JSON.Member(
        "metric_list",
        .array(
          scores.map { score in
            .object([
              JSON.Member("metric", .string(Self.key(of: score.metric))),
              JSON.Member("aggregation", .string(isText ? "perplexity" : "mean")),
              JSON.Member("higher_is_better", .bool(score.metric != "perplexity")),
            ])
          })),
      JSON.Member(
        "metadata",
        .object([
          JSON.Member("version", .number(1, text: "1.0")),
          JSON.Member("protocol", .string(cell.protocolSettings.id)),
          JSON.Member("window_tokens", .integer(Int64(cell.protocolSettings.windowTokens))),
        ])),
    ])
  }

  private var count: Int {
    scores.first.map { $0.outcomes?.count ?? $0.windowNLL.count } ?? 0
  }

  /// The harness's name of a metric.
  private static func key(of metric: String) -> String {
    switch metric {
    case Metric.accuracy.rawValue: "acc"
    case Metric.exactMatch: "exact_match"
    default: metric
    }
  }
}

extension Double? {
  /// A number that is finite, or null.
  fileprivate var inJSON: JSON {
    guard let self, self.isFinite else { return .null }
    return .number(self, text: "\(self)")
  }
}

extension String {
  /// The text as a file's name: letters, digits, `.`, `_` and `-`; anything else becomes `-`.
  package var inFileNames: String {
    String(map { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) ? $0 : "-" })
  }
}

/// Seconds since 1970 of `2026-11-21T20:00:00Z`; nil for another form.
///
/// > Source: Hinnant 2013, "chrono-compatible low-level date algorithms", days_from_civil.
package func unixSeconds(ofISO8601 text: String) -> Int? {
  let parts = text.split(whereSeparator: { "-T:Z".contains($0) }).map { Int($0) }
  let numbers = parts.compactMap(\.self)
  guard text.utf8.count == 20, text.hasSuffix("Z"), parts.count == 6, numbers.count == 6 else {
    return nil
  }
  let (month, day) = (numbers[1], numbers[2])
  guard (1...12).contains(month), (1...31).contains(day) else { return nil }
  let year = numbers[0] - (month <= 2 ? 1 : 0)
  let era = year / 400
  let yearOfEra = year - era * 400
  let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
  let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
  let days = era * 146_097 + dayOfEra - 719_468
  return days * 86_400 + numbers[3] * 3600 + numbers[4] * 60 + numbers[5]
}
