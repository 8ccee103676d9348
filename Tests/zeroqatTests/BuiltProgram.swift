import Glibc
import Harness
import System
import TestSupport
import Testing

/// The program as a user has it, run over a sample checkout with the sample's worker.
struct BuiltProgram {
  let sample: SampleCheckout

  /// Two rows whose methods are registered, one that is planned.
  static let grid = """
    {
      "schema": 1, "table": "sample", "title": "A sample",
      "rows": [
        { "key": "fp", "label": "FP", "method": "full-precision" },
        { "key": "rtn", "label": "RTN", "method": "rtn" },
        { "key": "sq", "label": "SQ", "method": "smoothquant", "options": { "alpha": 0.5 } },
        { "key": "later", "label": "Later", "method": "later", "planned": true }
      ],
      "columns": [
        { "key": "ppl-w8a8", "label": "W8A8", "metric": "perplexity", "bits": "W8A8" },
        { "key": "ppl-w4a4", "label": "W4A4", "metric": "perplexity", "bits": "W4A4" }
      ],
      "scales": {
        "tiny": { "model": "toy", "protocols": ["verse-8"], "seed": 1, "testWindows": 2 },
        "paper": { "notRun": "too large" }
      }
    }
    """

  init(grid: String = BuiltProgram.grid) throws { sample = try SampleCheckout(grid: grid) }

  /// Beside the tests' own executable.
  static var path: String {
    get throws {
      let own = try #require(realpath("/proc/self/exe", nil))
      defer { free(own) }
      return parent(of: String(cString: own)) + "/zeroqat"
    }
  }

  func child(_ arguments: [String]) throws -> ChildProcess {
    ChildProcess(executable: try Self.path, arguments: arguments, environment: sample.environment)
  }

  /// What every command on the sample needs.
  var place: [String] { ["--root", sample.root] }
  var run: [String] {
    ["run", "sample", "--worker", sample.worker, "--blas-core", "haswell"] + place
  }

  /// Runs the program to its end: its status (negative for a signal) and both of its outputs.
  func callAsFunction(
    _ arguments: [String], interruption: () -> (count: Int, number: Int32) = { (0, 0) }
  ) throws -> (status: Int32, output: String) {
    var output: [UInt8] = []
    let ending = try child(arguments).run(interruption: interruption) { output += $0 }
    let text = String(decoding: output, as: UTF8.self)
    switch ending.exit {
    case .status(let status): return (status, text)
    case .signal(let number): return (-number, text)
    }
  }

  /// Names of the stored records.
  func records() throws -> [String] {
    try listFolder(sample.results + "/sample/tiny").filter { $0.hasSuffix(".json") }
  }
}
