package import JSONText

extension GatePolicy {
  /// Holds the policy to what its types can't express.
  ///
  /// - Throws: ``JSONError`` at the first value of `document` that breaks a rule.
  package func check(in document: JSONDocument) throws(JSONError) {
    guard schema == Self.currentSchema else {
      throw document.error(
        at: "/schema",
        "schema \(schema) isn't supported; this build reads schema \(Self.currentSchema)")
    }
    try Self.check(margin, points, tiers, at: "", document)
    if let level, !(level > 0 && level <= 0.05) {
      throw document.error(
        at: "/level", "expected a probability above 0 and at most 0.05, found \(level)")
    }
    if let baseline, baseline.isEmpty {
      throw document.error(at: "/baseline", "expected a folder, found an empty name")
    }
    guard !gates.isEmpty else {
      throw document.error(at: "/gates", "expected at least one gate: an empty gate can't fail")
    }
    for (index, gate) in gates.enumerated() {
      let place = "/gates/\(index)"
      try gate.check(at: place, document)
      if gates[..<index].contains(where: { $0.name == gate.name }) {
        throw document.error(
          at: place + "/name",
          "the name '\(gate.name)' is given twice; each gate has a folder of its own")
      }
    }
  }

  fileprivate static func check(
    _ margin: Double?, _ points: Double?, _ tiers: [Int]?, at place: String,
    _ document: JSONDocument
  ) throws(JSONError) {
    if let margin, !(margin > 0 && margin < 1) {
      throw document.error(
        at: place + "/margin",
        "expected a share of the perplexity above 0 and below 1, such as 0.005 for 0.5 %, found "
          + "\(margin)")
    }
    if let points, !(points > 0 && points <= 100) {
      throw document.error(
        at: place + "/points", "expected percentage points above 0 and at most 100, found \(points)"
      )
    }
    guard let tiers else { return }
    if tiers.isEmpty {
      throw document.error(
        at: place + "/tiers", "expected at least one of 0, 1 and 2: a gate without one can't fail")
    }
    for (index, tier) in tiers.enumerated() {
      if GateTier(rawValue: tier) == nil {
        throw document.error(
          at: "\(place)/tiers/\(index)",
          "expected 0 (identical), 1 (same kernels) or 2 (other kernels), found \(tier)")
      }
      if tiers[..<index].contains(tier) {
        throw document.error(at: "\(place)/tiers/\(index)", "tier \(tier) is given twice")
      }
    }
  }
}

extension GateRequest {
  fileprivate func check(at place: String, _ document: JSONDocument) throws(JSONError) {
    guard !name.isEmpty, name.utf8.allSatisfy(Self.mayStandInFolders), name.utf8.first != 0x2e
    else {
      throw document.error(
        at: place + "/name",
        "expected letters, digits, '-', '_' and '.' (it names a folder), found '\(name)'")
    }
    guard (table == nil) != (records == nil) else {
      throw document.error(
        at: place,
        table == nil
          ? "expected 'table', whose cells are gated, or 'records', a folder of them"
          : "expected 'table' or 'records', found both")
    }
    if table == nil {
      for (member, value) in [("scale", scale), ("filter", filter)] where value != nil {
        throw document.error(
          at: "\(place)/\(member)",
          "'\(member)' picks cells of a table, and this gate is of a folder of records")
      }
    }
    if table != nil, elsewhere != nil {
      throw document.error(
        at: place + "/elsewhere",
        "'elsewhere' is for a folder of records; cells of a table are held to the files here")
    }
    if let records, records.isEmpty {
      throw document.error(at: place + "/records", "expected a folder, found an empty name")
    }
    if let scale, Scale(rawValue: scale) == nil {
      throw document.error(
        at: place + "/scale",
        "unknown scale '\(scale)'; "
          + suggestion(for: scale, among: Scale.allCases.map(\.rawValue)))
    }
    try GatePolicy.check(margin, points, tiers, at: place, document)
  }

  private static func mayStandInFolders(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
      UInt8(ascii: "."):
      true
    default: false
    }
  }
}
