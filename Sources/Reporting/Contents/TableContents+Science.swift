import Records
internal import Vocabulary

extension TableContents {
  /// Which versions of the science measured the records, and which cells certify them for a newer one, with the days.
  ///
  /// It follows from records and certificates alone, whatever program renders it.
  var scienceText: Phrase {
    var groups: [ScienceGroup] = []
    for record in records {
      let newest = newestScience(of: record)
      let (from, to) = (record.cell.science.shared, newest.science.shared)
      let known = groups.firstIndex { $0.from == from && $0.to == to }
      let index = known ?? groups.count
      if known == nil { groups.append(ScienceGroup(from: from, to: to)) }
      if let start = record.measurement?.startedAt {
        groups[index].days.insert(String(start.prefix(10)))
      }
      for proof in newest.proofs where !groups[index].proofs.contains(proof) {
        groups[index].proofs.append(proof)
      }
    }
    return groups.map(\.text).joined(separator: "; ")
  }

  /// The newest science that the record is certified for, and by what; its own, by nothing, where there is no proof.
  private func newestScience(of record: RunRecord) -> (
    science: ScienceDigests, proofs: [Certificate]
  ) {
    let cell = record.cell
    guard let panel = panelOfAddress[cell.address], let model = panels[panel]?.model else {
      return (cell.science, [])
    }
    let lineage = Lineage(of: cell, on: model.architecture.rawValue)
    let newest = certificates.newest(from: cell.science, of: lineage)
    let chain = certificates.chain(from: cell.science, to: newest, of: lineage)
    return (newest, chain ?? [])
  }
}

/// Records that one version of the science measured and that are certified for the same newer one.
private struct ScienceGroup {
  let from: String
  let to: String
  var days: Set<String> = []
  var proofs: [Certificate] = []

  /// Cells that are named; how many there are is said, and all of them stand in the file that is linked.
  private static let namedCells = 3

  /// Where the proofs stand, seen from a committed page.
  private static let file = "../certificates.json"

  /// `6436ff36, measured from 2026-11-21 to 2026-11-22, certified for 0a1b2c3d on 2026-11-28 by 1 cell: cell`.
  var text: Phrase {
    let digest: Phrase = "\(code: NumberText.digest(from))"
    guard let day = proofs.map(\.date).max() else { return digest }
    var words = digest
    if let first = days.min(), let last = days.max() {
      words += first == last ? ", measured on \(first)" : ", measured from \(first) to \(last)"
    }
    let cells = proofs.flatMap(\.cells).reduce(into: [String]()) {
      if !$0.contains($1) { $0.append($1) }
    }
    words += ", certified for \(code: NumberText.digest(to)) on \(day) by "
    words += "\(link: "\(NumberText.count(cells.count, "cell"))", to: .file(path: Self.file))"
    words += cells.count > Self.namedCells ? ", such as " : ": "
    return words
      + cells.prefix(Self.namedCells).map { "\(code: $0)" as Phrase }.joined(separator: ", ")
  }
}
