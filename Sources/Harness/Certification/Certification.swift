internal import JSONText
package import Records
internal import Vocabulary

/// A record that takes part in certification, and what it is of.
package struct Witness: Sendable, Equatable {
  /// The record.
  package let record: RunRecord
  /// The architecture of its model.
  package let architecture: String

  /// A witness from its parts.
  package init(_ record: RunRecord, architecture: String) {
    self.record = record
    self.architecture = architecture
  }

  /// The versions of the science that it can speak for.
  package var lineage: Lineage { Lineage(of: record.cell, on: architecture) }

  /// Where its cell stands: `table2/tiny/rtn.ppl-w4a4.seed1`.
  package var place: String { record.cell.address.place }

  /// Whether it has numbers to compare.
  var tells: Bool { record.status == .finished || record.status == .diverged }

  /// How long it took, seconds.
  package var seconds: Double { record.measurement?.wallSeconds ?? .infinity }

  /// Where a method trains, a cell that only scores its start would prove little.
  fileprivate var rank: (Int, Double, String) {
    (record.trajectory.isEmpty && record.zerothOrder == nil ? 1 : 0, seconds, place)
  }
}

extension CellAddress {
  /// `table2/tiny/rtn.ppl-w4a4.seed1`, with the task behind it where there is one.
  package var place: String {
    "\(table)/\(scale)/\(row).\(column).seed\(seed)" + (task.map { ".\($0)" } ?? "")
  }
}

/// Carries committed records over to today's science, as far as runs of the same cells prove it.
///
/// > Source: `Documentation/guides/Certification.md`.
package struct Certification: Sendable {
  /// A cell that two versions of the science don't agree on.
  package struct Disagreement: Sendable, Equatable, CustomStringConvertible {
    /// Whose cell.
    package let lineage: Lineage
    /// Where it stands.
    package let place: String
    /// The older science.
    package let from: ScienceDigests
    /// The newer science.
    package let to: ScienceDigests
    /// The first thing that differs.
    package let words: String

    /// `method 'rtn' on llama (text) changed: table2/tiny/…: test window 3: 2.5 became 2.6`.
    package var description: String { "\(lineage) changed: \(place): \(words)" }
  }

  /// Records of one science that nothing leads from to today's.
  package struct StaleGroup: Sendable, Equatable {
    /// Their method and architecture.
    package let lineage: Lineage
    /// What made them.
    package let science: ScienceDigests
    /// The committed ones.
    package let committed: [Witness]
    /// Records that prove the group current when one of their cells runs again with equal numbers.
    ///
    /// Those that certificates connect with it, evidence included. Trained ones first, then cheapest first.
    package let candidates: [Witness]
  }

  /// The science that records are carried over to.
  package let today: ProgramScience
  /// What is proven so far.
  package private(set) var certificates: Certificates
  /// Records that are committed with their tables.
  package let committed: [Witness]
  /// Where two versions differ.
  package private(set) var disagreements: [Disagreement] = []
  private var evidence: [Witness] = []

  /// A certification that knows what is proven already.
  package init(today: ProgramScience, certificates: Certificates, committed: [Witness]) {
    self.today = today
    self.certificates = certificates
    self.committed = committed
  }

  /// Takes in records of the same cells under other science, and certifies what they prove.
  ///
  /// A pair of runs of one cell that are equal to the last bit connects their two versions of the science. One
  /// that isn't is a ``Disagreement``, whatever else agrees, and takes back what connected them.
  ///
  /// - Throws: `JSONError` for a cell that can't be written as JSON.
  package mutating func add(_ witnesses: [Witness]) throws {
    evidence += witnesses.filter(\.tells)
    var proofs: [Certificate] = []
    disagreements = []
    let all = committed.filter(\.tells) + evidence
    let byPlace = Dictionary(grouping: all, by: \.place)
    for place in byPlace.keys.sorted() {
      let runs = byPlace[place] ?? []
      for (index, one) in runs.enumerated() {
        for other in runs[(index + 1)...] {
          guard try one.isSameCell(as: other) else { continue }
          let (old, new) = one.isOlder(than: other) ? (one, other) : (other, one)
          if let words = new.record.firstDifference(from: old.record) {
            disagreements.append(
              Disagreement(
                lineage: old.lineage, place: place, from: old.record.cell.science,
                to: new.record.cell.science, words: words))
          } else {
            Self.collect(old, new, into: &proofs)
          }
        }
      }
    }
    proofs.removeAll { proof in
      disagreements.contains {
        $0.lineage == proof.lineage && $0.from == proof.from && $0.to == proof.to
      }
    }
    // What ends at today's science says most.
    let science = today
    func isOfToday(_ edge: Certificate) -> Bool { science.digests(of: edge.method) == edge.to }
    for proof in proofs.filter(isOfToday) + proofs.filter({ !isOfToday($0) })
    where chain(proof.lineage, proof.from, proof.to) == nil {
      certificates.edges.append(proof)
    }
    for disagreement in disagreements { revoke(disagreement) }
  }

  /// Groups of committed records that are neither of today's science nor certified for it.
  package var stale: [StaleGroup] {
    let groups = Dictionary(grouping: committed.filter { standing(of: $0) == nil }) {
      LineageOfScience(lineage: $0.lineage, science: $0.record.cell.science)
    }
    return groups.map { key, records in
      let connected = (committed + evidence).filter { witness in
        witness.lineage == key.lineage && witness.tells
          && chain(key.lineage, key.science, witness.record.cell.science) != nil
      }
      return StaleGroup(
        lineage: key.lineage, science: key.science,
        committed: records.sorted { $0.place < $1.place },
        candidates: connected.sorted { $0.rank < $1.rank })
    }.sorted { ($0.lineage, $0.science.shared) < ($1.lineage, $1.science.shared) }
  }

  /// What leads from a record's science to today's: nothing where they are the same, nil where nothing does.
  package func standing(of witness: Witness) -> [Certificate]? {
    guard let digests = today.digests(of: witness.lineage.method) else { return nil }
    return chain(witness.lineage, witness.record.cell.science, digests)
  }

  private func chain(
    _ lineage: Lineage, _ start: ScienceDigests, _ end: ScienceDigests
  ) -> [Certificate]? {
    certificates.chain(from: start, to: end, of: lineage)
  }

  private static func collect(
    _ old: Witness, _ new: Witness, into proofs: inout [Certificate]
  ) {
    let (from, to) = (old.record.cell.science, new.record.cell.science)
    let known = proofs.firstIndex {
      $0.lineage == old.lineage && $0.from == from && $0.to == to
        && $0.blasCore == new.record.cell.blasCore
    }
    if let known {
      proofs[known].cells.append(old.place)
    } else {
      proofs.append(
        Certificate(
          of: old.lineage, from: from, to: to, cells: [old.place],
          commit: new.record.measurement?.commit ?? "unknown",
          date: String((new.record.measurement?.startedAt ?? "unknown").prefix(10)),
          blasCore: new.record.cell.blasCore))
    }
  }

  /// Takes back every certificate on the way between two versions that differ.
  private mutating func revoke(_ found: Disagreement) {
    while let last = chain(found.lineage, found.from, found.to)?.last {
      certificates.edges.removeAll { $0 == last }
    }
  }
}

private struct LineageOfScience: Hashable {
  let lineage: Lineage
  let science: ScienceDigests
}

extension Witness {
  /// Whether two records are of one cell under different science.
  fileprivate func isSameCell(as other: Witness) throws -> Bool {
    try record.cell.science != other.record.cell.science && architecture == other.architecture
      && isOfSameCell(as: other.record.cell)
  }

  /// Whether the record is of `cell`, whatever science made it.
  ///
  /// - Throws: `JSONError` for a cell that can't be written as JSON.
  package func isOfSameCell(as cell: Cell) throws -> Bool {
    try differences(from: cell).isEmpty
  }

  /// The pointers at which the record's cell is another one than `cell`, whatever science made either.
  ///
  /// Options of the older layout are those that were written down; the newer one has every default as well.
  ///
  /// - Throws: `JSONError` for a cell that can't be written as JSON.
  package func differences(from cell: Cell) throws -> [String] {
    let (a, b) = (record.cell, cell)
    let (old, new) = a.schema <= b.schema ? (a, b) : (b, a)
    let pointers = try new.differences(from: old).filter { !$0.hasPrefix("/science") }
    if old.schema == new.schema { return pointers }
    return pointers.filter { pointer in
      let name = pointer.split(separator: "/").last.map(String.init) ?? ""
      return !(pointer.hasPrefix("/method/options/") && old.method.options[name] == nil)
    }
  }

  fileprivate func isOlder(than other: Witness) -> Bool {
    (record.measurement?.startedAt ?? "") <= (other.record.measurement?.startedAt ?? "")
  }
}
