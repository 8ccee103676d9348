package import Records

/// A task of a protocol with the files behind it.
package struct EvaluationTask: Sendable, Equatable {
  /// The name that scores carry: that of the dataset, and of the task where it has several.
  package var name: String
  /// What is known of the dataset.
  package var manifest: DatasetManifest
  /// The task.
  package var task: DatasetTask
  /// Which of its files play which role.
  package var split: TaskSplit
  /// The files that the split uses.
  package var files: [Asset]

  /// Whether all files are there, right or wrong.
  package var isComplete: Bool { files.allSatisfy(\.exists) }

  /// The tasks of that name, each with the first of its splits whose files are all there, else its
  /// first.
  ///
  /// Of a dataset's tasks that are asked for as a whole, those whose files aren't there are left out,
  /// unless none are.
  ///
  /// - Throws: ``ProtocolIDError`` when the dataset has no such task, `JSONError` for a bad manifest, or
  ///   what the locator throws.
  static func named(
    _ name: TaskName, in request: String, catalog: Catalog, locator: inout AssetLocator
  ) throws -> [EvaluationTask] {
    let manifest = try locator.manifest(ofDataset: name.dataset, catalog)
    let wanted = try manifest.tasks(named: name, in: request)
    let files = try locator.files(of: manifest)
    let there = Set(files.filter(\.exists).map(\.file.name))
    let found = wanted.compactMap { task -> EvaluationTask? in
      guard
        let split = task.splits.first(where: { $0.fileNames.isSubset(of: there) })
          ?? task.splits.first
      else { return nil }
      return EvaluationTask(
        name: manifest.name(of: task),
        manifest: manifest, task: task, split: split,
        files: files.filter { split.fileNames.contains($0.file.name) })
    }
    let complete = found.filter(\.isComplete)
    if complete.isEmpty, let first = found.first {
      try locator.refuseGaps(in: first.files, variable: manifest.environment)
    }
    return complete.isEmpty ? found : complete
  }

  /// The task as a cell names it, or nil while a file's digest isn't known.
  func source(_ counts: ExampleCounts?) -> TaskSource? {
    guard let train = parts(split.train), let test = parts(split.test),
      let development = parts(split.development)
    else { return nil }
    return TaskSource(
      name: name, format: task.format, use: task.use, train: train,
      development: development.isEmpty ? nil : development, test: test,
      examples: task.examples.replaced(by: counts), contextTokens: task.contextTokens)
  }

  private func parts(_ parts: [DatasetPart]) -> [TextPart]? {
    let resolved = parts.compactMap { part -> TextPart? in
      guard let asset = files.first(where: { $0.file.name == part.file }),
        let digest = asset.digest
      else { return nil }
      return TextPart(
        path: asset.path, digest: digest, form: part.form, from: part.from, to: part.to,
        answer: part.answer)
    }
    return resolved.count == parts.count ? resolved : nil
  }
}
