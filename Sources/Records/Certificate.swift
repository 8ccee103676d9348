internal import Vocabulary

/// Proof that two versions of the science give the same numbers for a method on an architecture.
///
/// A cell was run under both, and every digest and every loss of a window was equal to the last bit. It speaks
/// for its siblings: all records of that method and architecture that one of the two versions made.
public struct Certificate: Codable, Sendable, Equatable {
  /// The method's name.
  public var method: String
  /// The architecture of the cells' models, such as `llama`.
  public var architecture: String
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
    method: String, architecture: String, from: ScienceDigests, to: ScienceDigests,
    cells: [String], commit: String, date: String, blasCore: String
  ) {
    self.method = method
    self.architecture = architecture
    self.from = from
    self.to = to
    self.cells = cells
    self.commit = commit
    self.date = date
    self.blasCore = blasCore
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

  /// What was certified of a method on an architecture, oldest first.
  public func edges(of method: String, on architecture: String) -> [Certificate] {
    edges.filter { $0.method == method && $0.architecture == architecture }
  }

  /// The certificates that lead from one science to another, nearest first; nil when none do.
  ///
  /// Equality has no direction: a chain may go through a science that is older than both ends.
  public func chain(
    from start: ScienceDigests, to end: ScienceDigests, method: String, architecture: String
  ) -> [Certificate]? {
    let edges = edges(of: method, on: architecture)
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
  public func newest(
    from start: ScienceDigests, method: String, architecture: String
  ) -> ScienceDigests {
    for edge in edges(of: method, on: architecture).reversed()
    where chain(from: start, to: edge.to, method: method, architecture: architecture) != nil {
      return edge.to
    }
    return start
  }
}
