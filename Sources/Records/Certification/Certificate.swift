/// Proof that two versions of the science give the same numbers for a lineage.
///
/// A cell was run under both, and every digest and every loss of a window was equal to the last bit. It speaks
/// for its siblings: all records of that lineage that one of the two versions made.
public struct Certificate: Codable, Sendable, Equatable {
  /// The method's name.
  public var method: String
  /// The architecture of the cells' models, such as `llama`.
  public var architecture: String
  /// What the cells were scored on.
  public var material: Material
  /// The older science.
  public var from: ScienceDigests
  /// The newer science.
  public var to: ScienceDigests
  /// The cells that were run under both: `table2/tiny/rtn.ppl-w4a4.seed1`.
  public var cells: [String]
  /// Commit of the program that the newer science is of.
  public var commit: String
  /// The day of the newer run, `2026-11-28`.
  public var date: String
  /// OpenBLAS's kernels in both runs.
  public var blasCore: String

  /// A certificate from its parts.
  public init(
    of lineage: Lineage, from: ScienceDigests, to: ScienceDigests, cells: [String], commit: String,
    date: String, blasCore: String
  ) {
    method = lineage.method
    architecture = lineage.architecture
    material = lineage.material
    self.from = from
    self.to = to
    self.cells = cells
    self.commit = commit
    self.date = date
    self.blasCore = blasCore
  }

  /// Whose cells it speaks for.
  public var lineage: Lineage {
    Lineage(method: method, architecture: architecture, material: material)
  }
}

/// All certificates of a repository, oldest first: `tables/certificates.json`.
public struct Certificates: Codable, Sendable, Equatable {
  /// The version of this layout.
  public static let currentSchema = 1

  /// Version of this layout.
  public var schema: Int
  /// The certificates, in the order in which they were given.
  public var edges: [Certificate]

  /// A book with these certificates.
  public init(schema: Int = Certificates.currentSchema, edges: [Certificate] = []) {
    self.schema = schema
    self.edges = edges
  }

  /// What was certified of a lineage, oldest first.
  public func edges(of lineage: Lineage) -> [Certificate] {
    edges.filter { $0.lineage == lineage }
  }

  /// The certificates that lead from one science to another, nearest first; nil when none do.
  ///
  /// Equality has no direction: a chain may go through a science that is older than both ends.
  public func chain(
    from start: ScienceDigests, to end: ScienceDigests, of lineage: Lineage
  ) -> [Certificate]? {
    let edges = edges(of: lineage)
    var chains: [ScienceDigests: [Certificate]] = [start: []]
    var open = [start]
    while !open.isEmpty, chains[end] == nil {
      let here = open.removeFirst()
      for edge in edges where edge.from == here || edge.to == here {
        let next = edge.from == here ? edge.to : edge.from
        guard chains[next] == nil else { continue }
        chains[next] = (chains[here] ?? []) + [edge]
        open.append(next)
      }
    }
    return chains[end]
  }

  /// The newest science that a chain leads to from `start`; `start` itself where nothing was certified.
  ///
  /// Of two sciences the newer is the one that a certificate named later for the first time, whatever its lineage:
  /// what is proven for an older one afterwards makes that no newer.
  public func newest(from start: ScienceDigests, of lineage: Lineage) -> ScienceDigests {
    var ages: [String: Int] = [:]
    for (age, edge) in edges.enumerated() where ages[edge.to.shared] == nil {
      ages[edge.to.shared] = age
    }
    let reached = edges(of: lineage).map(\.to).filter {
      chain(from: start, to: $0, of: lineage) != nil
    }
    // The last of those whose shared science is the same: a method's own may have changed since.
    let newest = reached.indices.max {
      (ages[reached[$0].shared] ?? 0, $0) < (ages[reached[$1].shared] ?? 0, $1)
    }
    return newest.map { reached[$0] } ?? start
  }
}
