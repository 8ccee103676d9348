package import JSONText
package import Records
package import Vocabulary

/// A method that can't run on this machine, and why: its cells aren't run, and that is no fault of the grid's.
package struct MethodNotHere: Error, Sendable, Equatable, CustomStringConvertible {
  /// The reason.
  package let description: String

  /// A method that isn't here, from the reason.
  package init(_ reason: String) { description = reason }
}

/// Writes out every option of a method: the method, its bits, the model's architecture where it is known.
package typealias OptionResolution =
  @Sendable (_ method: MethodReference, _ bits: BitsLabel, _ architecture: Architecture?) throws ->
  MethodReference

/// What the harness knows of methods: their names, and a judge of their options.
///
/// The harness never sees the science; the door hands this over.
package struct MethodRegistry: Sendable {
  /// All names, in the order in which tables list them.
  package let names: [String]
  /// Those of them that quantize nothing.
  package let unquantized: Set<String>
  /// Those of them that look at weights alone: they need no text but the one that is scored.
  package let withoutText: Set<String>
  /// Throws when a method can't take these options at these bits.
  package let check: @Sendable (MethodReference, BitsLabel) throws -> Void
  /// A method with every option written out, at these bits, on a model of this architecture.
  package let resolve: OptionResolution

  /// A registry from the door's answers; without `resolve`, options stay as grids write them.
  package init(
    names: [String], unquantized: Set<String> = [GridRow.fullPrecisionMethod],
    withoutText: Set<String> = [GridRow.fullPrecisionMethod],
    check: @escaping @Sendable (MethodReference, BitsLabel) throws -> Void,
    resolve: @escaping OptionResolution = { method, _, _ in method }
  ) {
    self.names = names
    self.unquantized = unquantized
    self.withoutText = withoutText
    self.check = check
    self.resolve = resolve
  }

  /// Asks for every point of every scale that runs whether its method takes its options.
  ///
  /// Planned methods that aren't registered yet are left alone.
  ///
  /// - Parameters:
  ///   - grid: The grid, with the hyper-parameters that it inherits.
  ///   - document: The grid's text.
  ///   - common: The text of those hyper-parameters, if there are any.
  /// - Throws: ``JSONError`` at the override's options when one applies, else at the row's; in the
  ///   hyper-parameters' file when the grid doesn't write the option at all.
  package func checkOptions(
    of grid: Grid, in document: JSONDocument, common: JSONDocument? = nil
  ) throws(JSONError) {
    for scale in Scale.allCases where grid.scales[scale]?.notRun == nil {
      for point in grid.points(at: scale) where names.contains(point.method.name) {
        do { try check(point.method, point.bits) } catch let error as JSONError {
          // The method points into its own options; the reader wants the place in the grid.
          throw located(
            error.reason, at: error.pointer, for: point, in: grid, document, common, scale)
        } catch {
          let words = "\(error)"
          // A program's own options stand one below the method's: `options/clip`.
          let member = (error as? any OptionComplaint)?.optionName.flatMap { name in
            let first = name.split(separator: "/").first.map(String.init) ?? name
            return point.method.options[first] == nil ? nil : name
          }
          throw located(
            "\(point.address.row) at \(point.bits): \(words)", at: member.map { "/" + $0 } ?? "",
            for: point, in: grid, document, common, scale)
        }
      }
    }
  }

  /// An error at the place that gave the option: in the grid, or in the hyper-parameters.
  ///
  /// `pointer` is the place in the point's options; empty for the options as a whole.
  private func located(
    _ reason: String, at pointer: String, for point: GridPoint, in grid: Grid,
    _ document: JSONDocument, _ common: JSONDocument?, _ scale: Scale
  ) -> JSONError {
    let member = pointer.split(separator: "/").first.map(String.init)
    if let member, let common, let place = inherited(member, for: point, in: grid, at: scale) {
      return common.error(at: place + pointer, reason)
    }
    let place = place(of: member, for: point, in: grid, document, at: scale)
    return document.error(at: place + pointer, reason)
  }

  /// Where the hyper-parameters write the option `member` for this point; nil when the grid does.
  private func inherited(
    _ member: String, for point: GridPoint, in grid: Grid, at scale: Scale
  ) -> String? {
    let settings = grid.scales[scale]
    let stage = grid.column(point.address.column)?.stage ?? .pretraining
    let writesItself =
      grid.row(point.address.row)?.options(in: stage)[member] != nil
      || settings?.overrides.contains {
        $0.row == point.address.row && ($0.column ?? point.address.column) == point.address.column
          && $0.options[member] != nil
      } ?? false
    guard !writesItself, let entries = grid.hyperparameters?.scales[scale.rawValue] else {
      return nil
    }
    let last = entries.lastIndex {
      $0.method == point.method.name && $0.options[member] != nil
        && ($0.bits ?? point.bits) == point.bits && $0.stage ?? stage == stage
        && ($0.model == nil || $0.model == settings?.model(for: point.panel))
    }
    return last.map { "/scales/\(scale.rawValue)/\($0)/options" }
  }

  /// Where the option `member` was last written for this point; nil stands for the options as a whole.
  private func place(
    of member: String?, for point: GridPoint, in grid: Grid, _ document: JSONDocument,
    at scale: Scale
  ) -> String {
    let overrides = grid.scales[scale]?.overrides ?? []
    let last = overrides.lastIndex { override in
      override.row == point.address.row
        && (override.column ?? point.address.column) == point.address.column
        && member.map { override.options[$0] != nil } ?? true
    }
    if let last { return "/scales/\(scale.rawValue)/overrides/\(last)/options" }
    let row = grid.rows.firstIndex { $0.key == point.address.row } ?? 0
    let stage = grid.column(point.address.column)?.stage ?? .pretraining
    let hasOwn = stage == .finetuning && grid.rows[row].finetuning != nil
    let place = "/rows/\(row)" + (hasOwn ? "/finetuning" : "")
    // A program's options stand beside its name.
    if case .object? = document.value(at: place + "/method") { return place + "/method" }
    // A row without options has no place for them to point at.
    return place + (grid.rows[row].options(in: stage) == .object([]) ? "" : "/options")
  }
}

extension JSONDocument {
  /// The value at `pointer`; nil where there is none.
  fileprivate func value(at pointer: String) -> JSON? { try? decode(JSON.self, at: pointer) }
}
