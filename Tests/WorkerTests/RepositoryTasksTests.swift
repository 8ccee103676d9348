import JSONText
import Records
import Tasks
import TestSupport
import Testing

/// The tasks of the repository's manifests are tasks that the science knows.
@Suite struct RepositoryTasksTests {
  @Test func formatsAreKnown() throws {
    let root = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }
    var formats: Set<String> = []
    for name in TemporaryFolder.names(in: root + "/datasets") {
      let document = try JSONDocument(contentsOf: "\(root)/datasets/\(name)/manifest.json")
      for task in try document.decode(DatasetManifest.self).tasks {
        formats.insert(task.format)
        let isKnown =
          switch task.use {
          case .zeroShot: ZeroShotTask(rawValue: task.format) != nil
          case .fineTuning: FineTuningTask(rawValue: task.format) != nil
          }
        #expect(isKnown, "\(name): \(task.format)")
      }
    }
    // And none is forgotten.
    #expect(
      formats
        == Set(ZeroShotTask.allCases.map(\.rawValue) + FineTuningTask.allCases.map(\.rawValue)))
  }
}
