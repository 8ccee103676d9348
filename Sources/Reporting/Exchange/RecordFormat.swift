internal import JSONText
package import Records
internal import Vocabulary

/// A form in which records leave this project.
package enum RecordFormat: String, Sendable, CaseIterable {
  /// A line per score: comma-separated values, RFC 4180.
  case csv
  /// A record per line, whole, as compact JSON.
  case jsonl
  /// The results file of EleutherAI's lm-evaluation-harness, one for each record.
  case lmEval = "lm-eval"
  /// The schema of the EvalEval Coalition's Every Eval Ever, one file for each record.
  case everyEvalEver = "every-eval-ever"

  /// Whether all records are one text; else each is a file of its own.
  package var isOneText: Bool { self == .csv || self == .jsonl }
}

/// One record under the name of its cell.
package struct NamedRecord: Sendable {
  /// The cell's name.
  package let name: String
  /// The record.
  package let record: RunRecord

  /// A record with a name.
  package init(_ name: String, _ record: RunRecord) {
    self.name = name
    self.record = record
  }
}

extension [NamedRecord] {
  /// All records as one text, a record a line.
  ///
  /// - Throws: ``JSONError`` for a record that can't be written.
  package var jsonLines: String {
    get throws(JSONError) {
      var text = ""
      for item in self {
        text += try jsonText(of: item.record.withoutFolders, style: .compact) + "\n"
      }
      return text
    }
  }

  /// All scores as comma-separated values, a line for each; a record without one has a line of its own.
  ///
  /// RFC 4180 quoting, lines end in LF. A text that a spreadsheet would compute has an apostrophe before it, as one that
  /// begins with an apostrophe: take it away on reading. Values are the shortest decimals that read back to the same double; what isn't
  /// known or isn't finite is empty. Perplexities are exp of nats per token, values of tasks 0…1.
  ///
  /// - Throws: ``JSONError`` for options that can't be written.
  package var csv: String {
    get throws(JSONError) {
      var lines = [Self.header.joined(separator: ",")]
      for item in self {
        let scores = item.record.scores
        if scores.isEmpty { lines.append(try Self.line(item.record, nil)) }
        for score in scores { lines.append(try Self.line(item.record, score)) }
      }
      return lines.joined(separator: "\n") + "\n"
    }
  }

  private static let header = [
    "table", "scale", "row", "column", "place", "seed", "model", "model_sha256", "method",
    "options", "bits", "protocol", "status", "split", "task", "metric", "value", "standard_error",
    "mean_nll", "standard_error_nll", "windows_or_examples", "scored_tokens", "wall_seconds",
    "peak_resident_bytes", "threads", "blas_core", "processor", "commit", "started_at", "science",
    "record",
  ]

  private static func line(_ record: RunRecord, _ score: Score?) throws(JSONError) -> String {
    let (cell, measured) = (record.cell, record.measurement)
    let options = try jsonText(of: cell.method.options, style: .compact)
    let fields: [String?] = [
      cell.address.table, cell.address.scale, cell.address.row, cell.address.column,
      cell.address.task, "\(cell.seed)", cell.model.name, cell.model.digest, cell.method.name,
      options, cell.bits.description, cell.protocolSettings.id, record.status.rawValue,
      score?.split, score?.task, score?.metric, score?.value?.description,
      score?.errorOfValue?.description, score?.meanNLL?.description,
      score?.standardErrorNLL?.description,
      score.map { "\($0.outcomes?.count ?? $0.windowNLL.count)" },
      score.map { "\($0.scoredTokens)" }, measured?.wallSeconds.description,
      measured.map { "\($0.peakResidentBytes)" }, measured.map { "\($0.threads)" },
      cell.blasCore, measured?.processor, measured?.commit, measured?.startedAt,
      cell.science.short, cell.id,
    ]
    return fields.map { ($0 ?? "").asCSVField }.joined(separator: ",")
  }
}

/// Why a record can't take another form.
package enum ExchangeError: Error, Sendable, Equatable, CustomStringConvertible {
  /// It has no finite test score.
  case noScore(String, status: String)
  /// It doesn't say when it was made, which the form wants.
  case noTime(String)

  /// What is wrong.
  package var description: String {
    switch self {
    case .noScore(let name, let status):
      "\(name): expected a finite test score, found none (\(status))"
    case .noTime(let name):
      "\(name): expected the time at which the record was made, found none"
    }
  }
}
