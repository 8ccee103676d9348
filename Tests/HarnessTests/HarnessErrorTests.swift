import Harness
import Testing

/// Wording that no other suite meets on its way.
@Suite struct HarnessErrorTests {
  /// Up to four paths are named, and of more the first four.
  @Test(arguments: [
    (1, "'f1'"),
    (4, "'f1', 'f2', 'f3', 'f4'"),
    (5, "'f1', 'f2', 'f3', 'f4' and 1 more"),
    (50, "'f1', 'f2', 'f3', 'f4' and 46 more"),
  ])
  func manyMissingFilesAreCounted(count: Int, words: String) {
    let paths = (1...count).map { "f\($0)" }
    #expect(
      HarnessError.missingFiles(paths, table: "table2", scale: "tiny").description
        == "missing: \(words); ./reproduce.sh table2 --scale tiny fetches what is missing")
    #expect(
      HarnessError.missingTexts(paths, dataset: "verse").description
        == "missing texts of verse: \(words); "
        + "'zeroqat assets --dataset verse' says where they come from")
  }
}
