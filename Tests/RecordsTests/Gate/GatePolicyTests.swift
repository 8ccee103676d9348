import JSONText
import Records
import Testing

/// Policies of gates: what is read, and every refusal literally.
@Suite struct GatePolicyTests {
  private static func policy(_ text: String) throws(JSONError) -> GatePolicy {
    try GatePolicy(document: JSONDocument(text: Array(text.utf8), file: "gate.json"))
  }

  /// Place and reason of what is refused.
  private static func refusal(_ text: String) -> String? {
    do {
      _ = try policy(text)
      return nil
    } catch { return "\(error.pointer): \(error.reason)" }
  }

  private static func gate(_ members: String) -> String {
    #"{ "schema": 1, "gates": [{ "name": "a", \#(members) }] }"#
  }

  @Test func whatIsLeftOutIsUsual() throws {
    let policy = try Self.policy(Self.gate(#""table": "table2""#))
    let limits = policy.limits(of: policy.gates[0])
    #expect(limits == GateLimits(margin: 0.005, points: 1, level: 0.00135, modelMayChange: false))
    #expect(limits.tiers == [.identical, .sameKernels, .otherKernels])
    #expect(policy.baseline == nil && GatePolicy.usualBaseline == "baseline")
  }

  @Test func aGateGoesBeforeItsPolicy() throws {
    let policy = try Self.policy(
      """
      { "schema": 1, "margin": 0.01, "points": 2, "level": 0.01, "tiers": [1], "baseline": "b",
        "gates": [
          { "name": "a", "records": "results", "margin": 0.02, "tiers": [0, 2] },
          { "name": "b", "table": "table5", "scale": "tiny", "filter": "row=rtn", "points": 3 }
        ] }
      """)
    let first = policy.limits(of: policy.gates[0])
    #expect(first.margin == 0.02 && first.points == 2 && first.level == 0.01)
    #expect(first.tiers == [.identical, .otherKernels] && first.modelMayChange)
    let second = policy.limits(of: policy.gates[1])
    #expect(second.margin == 0.01 && second.points == 3 && second.tiers == [.sameKernels])
    #expect(!second.modelMayChange)
  }

  @Test(arguments: [
    (
      #"{ "schema": 2, "gates": [] }"#,
      "/schema: schema 2 isn't supported; this build reads schema 1"
    ),
    (
      #"{ "schema": 1, "gates": [] }"#,
      "/gates: expected at least one gate: an empty gate can't fail"
    ),
    (
      #"{ "schema": 1, "gate": [] }"#, ": missing required member 'gates'; there is 'gate'"
    ),
    (
      #"{ "schema": 1, "margin": 0.5, "level": 0.5, "gates": [{ "name": "a", "table": "t" }] }"#,
      "/level: expected a probability above 0 and at most 0.05, found 0.5"
    ),
    (
      #"{ "schema": 1, "baseline": "", "gates": [{ "name": "a", "table": "t" }] }"#,
      "/baseline: expected a folder, found an empty name"
    ),
    (
      gate(#""table": "t", "margin": 0"#),
      "/gates/0/margin: expected a share of the perplexity above 0 and below 1, such as 0.005 for "
        + "0.5 %, found 0.0"
    ),
    (
      gate(#""table": "t", "points": 101"#),
      "/gates/0/points: expected percentage points above 0 and at most 100, found 101.0"
    ),
    (
      gate(#""table": "t", "tiers": []"#),
      "/gates/0/tiers: expected at least one of 0, 1 and 2: a gate without one can't fail"
    ),
    (
      gate(#""table": "t", "tiers": [0, 3]"#),
      "/gates/0/tiers/1: expected 0 (identical), 1 (same kernels) or 2 (other kernels), found 3"
    ),
    (gate(#""table": "t", "tiers": [1, 1]"#), "/gates/0/tiers/1: tier 1 is given twice"),
    (
      gate(#""margin": 0.01"#),
      "/gates/0: expected 'table', whose cells are gated, or 'records', a folder of them"
    ),
    (
      gate(#""table": "t", "records": "r""#),
      "/gates/0: expected 'table' or 'records', found both"
    ),
    (
      gate(#""records": "r", "filter": "x""#),
      "/gates/0/filter: 'filter' picks cells of a table, and this gate is of a folder of records"
    ),
    (
      gate(#""table": "t", "elsewhere": true"#),
      "/gates/0/elsewhere: 'elsewhere' is for a folder of records; cells of a table are held to the "
        + "files here"
    ),
    (gate(#""records": """#), "/gates/0/records: expected a folder, found an empty name"),
    (
      gate(#""table": "t", "scale": "tinny""#),
      "/gates/0/scale: unknown scale 'tinny'; did you mean 'tiny'?"
    ),
    (
      #"{ "schema": 1, "gates": [{ "name": "a/b", "table": "t" }] }"#,
      "/gates/0/name: expected letters, digits, '-', '_' and '.' (it names a folder), found 'a/b'"
    ),
    (
      #"{ "schema": 1, "gates": [{ "name": "..", "table": "t" }] }"#,
      "/gates/0/name: expected letters, digits, '-', '_' and '.' (it names a folder), found '..'"
    ),
    (
      #"{ "schema": 1, "gates": [{ "name": "a", "table": "t" }, { "name": "a", "table": "u" }] }"#,
      "/gates/1/name: the name 'a' is given twice; each gate has a folder of its own"
    ),
  ])
  func refused(text: String, words: String) {
    #expect(Self.refusal(text) == words)
  }
}
