internal import JSONText
internal import Records
internal import Vocabulary

/// A record in the shape of Every Eval Ever's schema 0.2.2, as far as a record knows.
///
/// > Source: EvalEval Coalition, Every Eval Ever, `eval.schema.json` 0.2.2.
package struct EveryEvalEver {
  /// The version of the schema.
  package static let schemaVersion = "0.2.2"

  private let item: NamedRecord
  private let organization: String

  /// A record of which `organization` says that it is theirs.
  package init(_ item: NamedRecord, organization: String) {
    self.item = item
    self.organization = organization
  }

  /// The record as a file of the schema.
  ///
  /// - Throws: ``ExchangeError`` for a record without a finite score or a time, ``JSONError`` when it can't be written.
  package func text() throws -> String {
    let record = item.record
    let cell = record.cell
    let seconds = try item.startSeconds
    let scores = try item.finiteScores
    let version = record.measurement?.commit ?? "unknown"
    let members: [JSON.Member] = [
      JSON.Member("schema_version", .string(Self.schemaVersion)),
      JSON.Member(
        "evaluation_id",
        .string("zeroqat-\(cell.protocolSettings.id)/\(modelID)/\(seconds)")),
      JSON.Member("evaluation_timestamp", record.measurement?.startedAt.map { .string($0) }),
      JSON.Member("retrieved_timestamp", .string("\(seconds)")),
      JSON.Member(
        "source_metadata",
        .object([
          JSON.Member("source_name", .string("zeroqat record \(cell.id): \(item.name)")),
          JSON.Member("source_type", .string("evaluation_run")),
          JSON.Member("source_organization_name", .string(organization)),
          JSON.Member("evaluator_relationship", .string("other")),
        ])),
      JSON.Member(
        "eval_library",
        .object([
          JSON.Member("name", .string("zeroqat")), JSON.Member("version", .string(version)),
          JSON.Member(
            "additional_details",
            Self.strings([
              ("science_sha256", cell.science.shared), ("method_sha256", cell.science.method),
              ("blas_core", cell.blasCore),
            ])),
        ])),
      JSON.Member("model_info", try model(version)),
      JSON.Member("evaluation_results", .array(try scores.map(result))),
    ].compactMap(\.self)
    return try jsonText(of: JSON.object(members), style: .pretty)
  }

  private var modelID: String {
    let cell = item.record.cell
    return "\(cell.model.name)-\(cell.bits)-\(cell.method.name)".inFileNames
  }

  private func model(_ version: String) throws(JSONError) -> JSON {
    let cell = item.record.cell
    return .object([
      JSON.Member(
        "name", .string("\(cell.model.name), \(cell.bits) by \(cell.method.name)")),
      JSON.Member("id", .string(modelID)),
      JSON.Member(
        "inference_engine",
        .object([
          JSON.Member("name", .string("zeroqat")), JSON.Member("version", .string(version)),
        ])),
      JSON.Member(
        "additional_details",
        Self.strings([
          ("base_model", cell.model.name), ("base_model_sha256", cell.model.digest),
          ("bits", cell.bits.description), ("method", cell.method.name),
          ("options", try jsonText(of: cell.method.options, style: .compact)),
          ("seed", "\(cell.seed)"),
        ])),
    ])
  }

  private func result(_ score: Score) throws -> JSON {
    let settings = item.record.cell.protocolSettings
    let dataset = score.task ?? settings.id
    let isText = score.task == nil
    let count = score.outcomes?.count ?? score.windowNLL.count
    guard let value = score.value else {
      throw ExchangeError.noScore(item.name, status: item.record.status.rawValue)
    }
    func number(_ value: Double) -> JSON { .number(value, text: "\(value)") }
    var metric: [JSON.Member] = [
      JSON.Member(
        "evaluation_description",
        .string(
          isText
            ? "exp of the mean loss per token over windows of \(settings.windowTokens) tokens that don't overlap"
            : "mean over the examples of \(dataset)")),
      JSON.Member("metric_id", .string(isText ? "zeroqat.perplexity_per_token" : score.metric)),
      JSON.Member("metric_name", .string(score.metric)),
      JSON.Member("metric_kind", .string(score.metric)),
      JSON.Member("metric_unit", .string(isText ? "perplexity per token" : "proportion")),
      JSON.Member("lower_is_better", .bool(isText)),
    ]
    // A perplexity has no largest value, which the schema would want of a continuous score.
    if !isText {
      metric += [
        JSON.Member("score_type", .string("continuous")), JSON.Member("min_score", .integer(0)),
        JSON.Member("max_score", .integer(1)),
      ]
    }
    var uncertainty: [JSON.Member] = []
    if let error = score.errorOfValue, error.isFinite {
      uncertainty.append(
        JSON.Member(
          "standard_error",
          .object([
            JSON.Member("value", number(error)), JSON.Member("method", .string("analytic")),
          ])))
    }
    uncertainty.append(JSON.Member("num_samples", .integer(Int64(count))))
    return .object([
      JSON.Member("evaluation_name", .string(isText ? "zeroqat-\(dataset)" : dataset)),
      JSON.Member(
        "source_data",
        .object([
          JSON.Member("dataset_name", .string(dataset)),
          JSON.Member("source_type", .string("other")),
          JSON.Member(
            "additional_details",
            Self.strings(
              [("protocol", settings.id)]
                + (item.record.digest(isText ? "tokens.test" : "examples.\(dataset).test")
                  .map { [("sha256", $0)] } ?? []))),
        ])),
      JSON.Member("metric_config", .object(metric)),
      JSON.Member(
        "score_details",
        .object([
          JSON.Member("score", number(value)),
          JSON.Member("uncertainty", .object(uncertainty)),
        ])),
    ])
  }

  private static func strings(_ pairs: [(String, String)]) -> JSON {
    .object(pairs.map { JSON.Member($0.0, .string($0.1)) })
  }
}

extension JSON.Member {
  /// A member, or none where there is no value.
  fileprivate init?(_ name: String, _ value: JSON?) {
    guard let value else { return nil }
    self.init(name, value)
  }
}
