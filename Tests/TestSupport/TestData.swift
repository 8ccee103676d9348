import Glibc
package import Testing

/// Texts, tokenizers and models that aren't in the repository, named by environment variables.
///
/// Tests that need one carry a trait of this file; without the variable or the file they are skipped
/// with a comment that starts with "skipped: ".
package enum TestData {
  /// The folder that `ZEROQAT_TEST_DATA` names, without a final slash; nil when it isn't there.
  package static let folder: String? = existing(variable: "ZEROQAT_TEST_DATA")

  /// The GGUF file of SmolLM2-135M-Instruct that `ZEROQAT_SMOLLM2` names; nil when it isn't there.
  package static let smolLM2: String? = existing(variable: "ZEROQAT_SMOLLM2")

  /// A file or folder inside the test data, as in `TestData.path("wikitext-2-raw/wiki.test.raw")`.
  package static func path(_ name: String) -> String? {
    guard let folder, access("\(folder)/\(name)", R_OK) == 0 else { return nil }
    return "\(folder)/\(name)"
  }

  private static func existing(variable: String) -> String? {
    guard let value = getenv(variable) else { return nil }
    var path = String(cString: value)
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    return access(path, R_OK) == 0 ? path : nil
  }
}

extension Trait where Self == ConditionTrait {
  /// Skips a test unless `ZEROQAT_TEST_DATA` names a folder that holds all of `names`.
  package static func needsTestData(_ names: String...) -> Self {
    let absent = names.first { TestData.path($0) == nil }
    let what = absent.map { "a folder with \($0)" } ?? "a folder"
    return .enabled(
      if: TestData.folder != nil && absent == nil, "skipped: ZEROQAT_TEST_DATA doesn't name \(what)"
    )
  }

  /// Skips a test unless `ZEROQAT_SMOLLM2` names the GGUF file of SmolLM2-135M-Instruct.
  package static var needsSmolLM2: Self {
    .enabled(
      if: TestData.smolLM2 != nil,
      "skipped: ZEROQAT_SMOLLM2 doesn't name the GGUF file of SmolLM2-135M-Instruct")
  }
}
