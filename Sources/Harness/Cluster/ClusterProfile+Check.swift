package import JSONText
internal import Records

extension ClusterProfile {
  /// Options of `sbatch` that the program sets itself, and the member that decides.
  private static let own = [
    ("--array", "limits"), ("-a", "limits"), ("--time", "limits/minutes"), ("-t", "limits/minutes"),
    ("--mem", "limits/mebibytes"), ("--mem-per-cpu", "limits/mebibytes"),
    ("--cpus-per-task", "threads"), ("-c", "threads"), ("--signal", "graceSeconds"),
    ("--partition", "slurm/partition"), ("-p", "slurm/partition"),
    ("--account", "slurm/account"), ("-A", "slurm/account"), ("--qos", "slurm/qos"),
    ("-q", "slurm/qos"), ("--job-name", nil), ("-J", nil), ("--comment", nil), ("--output", nil),
    ("-o", nil), ("--error", nil), ("-e", nil), ("--dependency", nil), ("-d", nil),
    ("--requeue", nil), ("--no-requeue", nil), ("--ntasks", nil), ("-n", nil), ("--nodes", nil),
    ("-N", nil), ("--open-mode", nil), ("--parsable", nil), ("--wait", nil), ("-W", nil),
    ("--exclusive", nil),
  ]

  /// Holds the profile to what its types can't express.
  ///
  /// - Throws: ``JSONError`` at the first value of `document` that breaks a rule.
  package func check(in document: JSONDocument) throws(JSONError) {
    guard schema == Self.currentSchema else {
      throw document.error(
        at: "/schema",
        "schema \(schema) isn't supported; this build reads schema \(Self.currentSchema)")
    }
    for (name, value, least, most) in [
      ("atATime", atATime, 1, 1_000_000), ("threads", threads, 1, 1024),
      ("graceSeconds", graceSeconds, 1, 65535), ("attempts", attempts, 1, 100),
      ("limits/arraySize", limits.arraySize, 1, 4_000_001),
      ("limits/submitted", limits.submitted, 1, 10_000_000),
    ] {
      if let value, !(least...most).contains(value) {
        throw document.error(at: "/" + name, "expected \(least) to \(most), found \(value)")
      }
    }
    for (name, value, least, most) in [
      ("taskMinutes", taskMinutes, 1.0, 525_600.0),
      ("unknownMinutes", unknownMinutes, 1, 525_600),
      ("limits/minutes", limits.minutes, 1, 525_600),
      ("limits/mebibytes", limits.mebibytes, 256, 1e9),
      ("pollSeconds", pollSeconds, 0.1, 3600), ("settleSeconds", settleSeconds, 0, 3600),
    ] {
      if let value, !(least...most).contains(value) {
        throw document.error(
          at: "/" + name,
          "expected \(rounded(least, digits: 3)) to \(rounded(most, digits: 3)), found "
            + rounded(value, digits: 6))
      }
    }
    for (index, name) in modules.enumerated() {
      try Self.check(word: name, "a module's name", at: "/modules/\(index)", document)
    }
    for (index, word) in container.enumerated() {
      try Self.check(argument: word, at: "/container/\(index)", document)
    }
    try slurm.check(at: "/slurm", document)
    try commands?.check(at: "/commands", document)
  }

  /// Throws unless a word can stand in a line of a script.
  fileprivate static func check(
    word: String?, _ what: String, at place: String, _ document: JSONDocument
  ) throws(JSONError) {
    guard let word else { return }
    guard !word.isEmpty, word.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else {
      throw document.error(
        at: place,
        "expected \(what) without spaces, found \(word.isEmpty ? "nothing" : "'\(word)'")")
    }
  }

  /// Throws unless a text can be one argument of a command.
  fileprivate static func check(
    argument: String, at place: String, _ document: JSONDocument
  ) throws(JSONError) {
    guard !argument.isEmpty, argument.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
      throw document.error(
        at: place,
        "expected one argument on one line, found "
          + (argument.isEmpty ? "nothing" : "a control character"))
    }
  }

  /// Throws for an option of `sbatch` that the program sets itself.
  fileprivate static func check(
    option: String, at place: String, _ document: JSONDocument
  ) throws(JSONError) {
    try check(argument: option, at: place, document)
    guard option.hasPrefix("-") else {
      throw document.error(
        at: place, "expected an option of sbatch, such as '--constraint=avx512', found '\(option)'")
    }
    let name = option.prefix { $0 != "=" && $0 != " " }
    if let (_, member) = own.first(where: { $0.0 == name }) {
      throw document.error(
        at: place,
        "'\(name)' is the program's own"
          + (member.map { "; the profile's '\($0)' decides" } ?? ""))
    }
  }
}

extension SlurmSettings {
  fileprivate func check(at place: String, _ document: JSONDocument) throws(JSONError) {
    for (name, value) in [("partition", partition), ("account", account), ("qos", qos)] {
      try ClusterProfile.check(word: value, "a name", at: "\(place)/\(name)", document)
    }
    for (index, option) in options.enumerated() {
      try ClusterProfile.check(option: option, at: "\(place)/options/\(index)", document)
    }
  }
}

extension SchedulerCommands {
  /// Words in braces that `submit` may have, and those that name a job.
  private static let places = [
    "script", "name", "output", "minutes", "hms", "mebibytes", "threads",
  ]

  fileprivate func check(at place: String, _ document: JSONDocument) throws(JSONError) {
    for (name, words, known, needed) in [
      ("submit", submit, Self.places, "script"), ("status", status, ["job"], "job"),
      ("cancel", cancel, ["job"], "job"),
    ] {
      guard !words.isEmpty else {
        throw document.error(at: "\(place)/\(name)", "expected a command, found no word")
      }
      for (index, word) in words.enumerated() {
        let pointer = "\(place)/\(name)/\(index)"
        try ClusterProfile.check(argument: word, at: pointer, document)
        for found in Self.placeholders(in: word) where !known.contains(found) {
          throw document.error(
            at: pointer,
            "unknown '{\(found)}'; \(suggestion(for: found, among: known))")
        }
      }
      guard words.contains(where: { $0.contains("{\(needed)}") }) else {
        throw document.error(
          at: "\(place)/\(name)", "expected '{\(needed)}' in one of the words, found none")
      }
    }
    guard answer.components(around: "{job}") != nil else {
      throw document.error(
        at: "\(place)/answer", "expected text around '{job}', found '\(answer)'")
    }
    for (index, word) in alive.enumerated() {
      try ClusterProfile.check(word: word, "a word", at: "\(place)/alive/\(index)", document)
    }
  }

  /// What stands in braces: letters only, as in what is replaced.
  static func placeholders(in word: String) -> [String] {
    withoutOwnBraces(word).matches(of: /\{([a-zA-Z]+)\}/).map { String($0.1) }
  }

  /// A template in which characters that no argument may have stand for pairs of braces, which are a command's own.
  static func withoutOwnBraces(_ word: String) -> String {
    word.replacing("{{", with: "\u{1}").replacing("}}", with: "\u{2}")
  }
}

extension String {
  /// What stands before and behind the only `mark`; nil where there is none or several.
  func components(around mark: String) -> (before: Substring, behind: Substring)? {
    guard let place = firstRange(of: mark), self[place.upperBound...].firstRange(of: mark) == nil
    else { return nil }
    return (self[..<place.lowerBound], self[place.upperBound...])
  }
}
