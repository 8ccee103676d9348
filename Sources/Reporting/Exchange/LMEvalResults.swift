package import JSONText
internal import Records
internal import Vocabulary

/// What a results file of lm-evaluation-harness says of one model, as far as a table can hold it.
///
/// Only what makes a number comparable is read: tasks and their metrics, how many examples, how many shots, whether a limit
/// cut them. The rest of the file describes its machine.
///
/// > Source: EleutherAI, lm-evaluation-harness, `lm_eval/result_schema.py` (`EvalResults`).
package struct LMEvalResults: Sendable, Equatable {
  /// One metric of one task.
  package struct Figure: Sendable, Equatable {
    /// The task, by the harness's name.
    package let task: String
    /// The metric, by this project's name.
    package let metric: String
    /// Its value, 0…1.
    package let value: Double
    /// Its standard error over examples; nil where the file has none.
    package let standardError: Double?
    /// How many examples.
    package let examples: Int
  }

  /// The model, as the file names it.
  package let model: String
  /// The harness's version; nil where the file doesn't say.
  package let version: String?
  /// In the file's order.
  package let figures: [Figure]

  /// Reads a results file.
  ///
  /// - Throws: ``JSONError`` at the first thing that isn't as such a file has it, or that makes its numbers those of another
  ///   protocol: shots, a limit, fewer examples than the task has.
  package init(document: JSONDocument) throws(JSONError) {
    guard case .object(let tasks)? = document.root["results"] else {
      throw document.error(
        at: "",
        "expected a results file of lm-evaluation-harness, with an object 'results'; "
          + "it writes one below --output_path")
    }
    if let limit = document.root["config"]?["limit"], limit != .null {
      throw document.error(
        at: "/config/limit",
        "expected no limit, found one: the numbers are those of a part of each task")
    }
    var figures: [Figure] = []
    for task in tasks {
      let name = Self.escaped(task.name)
      guard case .object(let members) = task.value else {
        throw document.error(at: "/results/\(name)", "expected an object of metrics")
      }
      let metrics = try Self.metrics(of: members, at: "/results/\(name)", document)
      // A group has the mean of its tasks, which stand beside it.
      guard !metrics.isEmpty, !Self.isGroup(task.name, document) else { continue }
      switch document.root["n-shot"]?[task.name] {
      case .integer(0)?: break
      case .integer(let shots)?:
        throw document.error(
          at: "/n-shot/\(name)", "expected 0 shots, as the tables' tasks have, found \(shots)")
      default:
        throw document.error(
          at: "/n-shot", "expected how many shots '\(task.name)' had, found nothing")
      }
      let count = try Self.examples(of: task.name, document)
      figures += metrics.map {
        Figure(
          task: task.name, metric: $0.metric, value: $0.value, standardError: $0.error,
          examples: count)
      }
    }
    guard !figures.isEmpty else {
      throw document.error(
        at: "/results",
        "expected acc, acc_norm, f1 or exact_match of a task, found none of these")
    }
    self.figures = figures
    model = Self.string(document.root["model_name"]) ?? "a model without a name"
    version = Self.string(document.root["lm_eval_version"])
  }

  /// How the harness calls what this project has.
  private static let names = [
    "acc": Metric.accuracy.rawValue, "acc_norm": Metric.accuracyNormalised.rawValue,
    "f1": Metric.f1.rawValue, "exact_match": Metric.exactMatch,
  ]

  /// The metrics of a task that a table knows, unfiltered: `"acc,none": 0.5`.
  private static func metrics(
    of members: [JSON.Member], at place: String, _ document: JSONDocument
  ) throws(JSONError) -> [(metric: String, value: Double, error: Double?)] {
    var found: [(metric: String, value: Double, error: Double?)] = []
    for member in members {
      let parts = member.name.split(separator: ",", maxSplits: 1)
      guard parts.count == 2, parts[1] == "none", let metric = names[String(parts[0])] else {
        continue
      }
      guard let value = number(member.value), (0...1).contains(value) else {
        throw document.error(
          at: "\(place)/\(escaped(member.name))", "expected a share from 0 to 1")
      }
      found.append((metric, value, try error(of: "\(parts[0])", members, at: place, document)))
    }
    return found
  }

  /// The standard error of a metric; nil where the file has none, which the harness writes as `"N/A"`.
  private static func error(
    of metric: String, _ members: [JSON.Member], at place: String, _ document: JSONDocument
  ) throws(JSONError) -> Double? {
    guard let member = members.first(where: { $0.name == "\(metric)_stderr,none" }) else {
      return nil
    }
    if member.value == .null || member.value == .string("N/A") { return nil }
    // Of shares from 0 to 1 the mean of two examples has one of ½ at most, and that of more a smaller one.
    guard let error = number(member.value), (0...0.5).contains(error) else {
      let found = number(member.value).map { "\($0)" } ?? "no number"
      throw document.error(
        at: "\(place)/\(escaped(member.name))",
        "expected a standard error from 0 to 0.5, or \"N/A\", found \(found)")
    }
    return error
  }

  private static func isGroup(_ task: String, _ document: JSONDocument) -> Bool {
    guard case .array(let members)? = document.root["group_subtasks"]?[task] else { return false }
    return !members.isEmpty
  }

  private static func examples(of task: String, _ document: JSONDocument) throws(JSONError) -> Int {
    guard case .integer(let all)? = document.root["n-samples"]?[task]?["original"],
      case .integer(let scored)? = document.root["n-samples"]?[task]?["effective"], scored > 0
    else {
      throw document.error(
        at: "/n-samples", "expected how many examples '\(task)' had, found nothing")
    }
    guard all == scored else {
      throw document.error(
        at: "/n-samples/\(escaped(task))",
        "expected all \(all) examples, found \(scored): a shortened task isn't comparable")
    }
    return Int(clamping: scored)
  }

  private static func number(_ value: JSON) -> Double? {
    switch value {
    case .integer(let value): Double(value)
    case .number(let value, _): value
    default: nil
    }
  }

  private static func string(_ value: JSON?) -> String? {
    guard case .string(let text)? = value, !text.isEmpty else { return nil }
    return text
  }

  private static func escaped(_ name: String) -> String {
    name.replacing("~", with: "~0").replacing("/", with: "~1")
  }
}
