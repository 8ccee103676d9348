internal import ArgumentParser
internal import Harness
internal import System

/// Which checkout a command is about.
struct CheckoutOption: ParsableArguments {
  @Option(help: "The checkout. Default: found from the working folder or the program.")
  var root: String?
}

/// Where a command finds records and the checkout.
struct PlaceOptions: ParsableArguments {
  @Option(help: "The folder of records. Default: results in the checkout.")
  var results: String?

  @OptionGroup var checkout: CheckoutOption

  /// The checkout, if an option names it.
  var root: String? { checkout.root }
}

/// What every command understands that runs cells.
struct WorkOptions: ParsableArguments {
  @Option(help: "Threads inside a cell; the numbers don't depend on it. Default: all processors.")
  var threads: Int?

  @Option(help: "OpenBLAS's kernels: auto, haswell, skylakex or inherit.")
  var blasCore = BLASCore.auto

  @OptionGroup var place: PlaceOptions

  /// The folder of records, if an option names it.
  var results: String? { place.results }

  /// The checkout, if an option names it.
  var root: String? { place.root }

  /// Threads inside a cell.
  var threadCount: Int { threads ?? onlineProcessors() }

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("expected 1 to 1024 threads, found \(threads)")
    }
  }
}

extension BLASCore: ExpressibleByArgument {}
