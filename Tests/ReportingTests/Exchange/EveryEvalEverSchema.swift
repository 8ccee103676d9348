import JSONText

/// The rules of Every Eval Ever's schema 0.2.2 for what this project writes, in words of our own.
///
/// > Source: EvalEval Coalition, Every Eval Ever, `eval.schema.json` 0.2.2 (JSON Schema, draft 7). Members that nothing here
/// > writes are left out, and so refused.
enum EveryEvalEverSchema {
  /// Everything that breaks a rule, by its place.
  static func complaints(of root: JSON) -> [String] { complaints(root, file, at: "") }

  /// A rule for one value.
  private indirect enum Rule: Sendable {
    case string
    case oneOf([String])
    case boolean
    case number
    case integer
    /// Names to texts.
    case texts
    case list(Rule)
    /// Members with their rules; which must be there; and a rule that looks at all of them.
    case object([(String, Rule)], required: [String], also: (@Sendable (JSON) -> String?)? = nil)
  }

  private static let file = Rule.object(
    [
      ("schema_version", .string), ("evaluation_id", .string),
      ("evaluation_timestamp", .string), ("retrieved_timestamp", .string),
      (
        "source_metadata",
        .object(
          [
            ("source_name", .string),
            ("source_type", .oneOf(["documentation", "evaluation_run"])),
            ("source_organization_name", .string),
            (
              "evaluator_relationship",
              .oneOf(["first_party", "third_party", "collaborative", "other"])
            ),
          ],
          required: ["source_type", "source_organization_name", "evaluator_relationship"])
      ),
      (
        "eval_library",
        .object(
          [("name", .string), ("version", .string), ("additional_details", .texts)],
          required: ["name", "version"])
      ),
      (
        "model_info",
        .object(
          [
            ("name", .string), ("id", .string),
            ("inference_engine", .object([("name", .string), ("version", .string)], required: [])),
            ("additional_details", .texts),
          ], required: ["name", "id"])
      ), ("evaluation_results", .list(result)),
    ],
    required: [
      "schema_version", "evaluation_id", "retrieved_timestamp", "source_metadata", "model_info",
      "eval_library", "evaluation_results",
    ])

  private static let result = Rule.object(
    [
      ("evaluation_name", .string),
      (
        "source_data",
        .object(
          [
            ("dataset_name", .string), ("source_type", .oneOf(["other"])),
            ("additional_details", .texts),
          ], required: ["dataset_name", "source_type"])
      ),
      (
        "metric_config",
        .object(
          [
            ("evaluation_description", .string), ("metric_id", .string),
            ("metric_name", .string), ("metric_kind", .string), ("metric_unit", .string),
            ("lower_is_better", .boolean), ("score_type", .oneOf(["binary", "continuous"])),
            ("min_score", .number), ("max_score", .number),
          ], required: ["lower_is_better"]
        ) { metric in
          guard metric["score_type"] == .string("continuous") else { return nil }
          return metric["min_score"] == nil || metric["max_score"] == nil
            ? "a continuous score has a least and a largest value" : nil
        }
      ),
      (
        "score_details",
        .object(
          [
            ("score", .number),
            (
              "uncertainty",
              .object(
                [
                  (
                    "standard_error",
                    .object([("value", .number), ("method", .string)], required: ["value"])
                  ), ("num_samples", .integer),
                ], required: [])
            ),
          ], required: ["score"])
      ),
    ], required: ["evaluation_name", "source_data", "metric_config", "score_details"])

  private static func complaints(_ value: JSON, _ rule: Rule, at place: String) -> [String] {
    switch (rule, value) {
    case (.string, .string), (.boolean, .bool), (.number, .number), (.number, .integer),
      (.integer, .integer):
      return []
    case (.oneOf(let known), .string(let text)):
      return known.contains(text) ? [] : ["\(place): '\(text)' is none of \(known)"]
    case (.texts, .object(let members)):
      return members.flatMap { complaints($0.value, .string, at: "\(place)/\($0.name)") }
    case (.list(let element), .array(let elements)):
      return elements.enumerated().flatMap {
        complaints($0.element, element, at: "\(place)/\($0.offset)")
      }
    case (.object(let rules, let required, let also), .object(let members)):
      let missing = required.filter { value[$0] == nil }.map { "\(place): no '\($0)'" }
      let found = members.flatMap { member -> [String] in
        guard let rule = rules.first(where: { $0.0 == member.name }) else {
          return ["\(place): unknown '\(member.name)'"]
        }
        return complaints(member.value, rule.1, at: "\(place)/\(member.name)")
      }
      return missing + found + (also?(value).map { ["\(place): \($0)"] } ?? [])
    default: return ["\(place): of another type"]
    }
  }
}
