import Checkpoints
import JSONText
import Quantizers
import Tensors
import TestSupport
import Testing

/// The official implementation's runs: Hessians, grids, codes, losses.
@Suite("GPTQ equals its official implementation")
struct GPTQVectorTests {
  private static let file = "gptq"

  private func matrix(_ name: String, _ file: SafetensorsFile) throws -> Matrix {
    let shape = try file.requireTensor(name).shape
    return Matrix(rows: shape[0], columns: shape[1], elements: try file.read(name))
  }

  @Test("Hessians, whether sequences come one by one or together", arguments: ["a", "b", "dead"])
  func hessians(layer: String) throws {
    let file = try Vectors.safetensors(Self.file)
    let shape = try file.requireTensor("\(layer).X").shape
    let x = Matrix(
      rows: shape[0] * shape[1], columns: shape[2], elements: try file.read("\(layer).X"))
    for batch in [1, 2, 4] {
      let hessian = InputHessian(columns: shape[2])
      for first in stride(from: 0, to: shape[0], by: batch) {
        hessian.add(
          x.rows(first * shape[1]..<(first + batch) * shape[1]), sequences: batch)
      }
      #expect(hessian.sequences == 4)
      expectClose(
        hessian.matrix.elements, try file.read("\(layer).H"), .relativeToLargest(1e-6),
        shape: [shape[2], shape[2]], "\(layer) in batches of \(batch)")
    }
  }

  /// The options that a run's name lists, as in `b3.actorder.groupsize16.static_groups`.
  private func rounding(_ words: [Substring]) throws -> GPTQRounding {
    var result = GPTQRounding(bits: 4)
    func number(_ word: Substring, _ prefix: String) -> Int? {
      word.hasPrefix(prefix) ? Int(word.dropFirst(prefix.count)) : nil
    }
    for word in words {
      switch word {
      case "actorder": result.ordersByDiagonal = true
      case "static_groups": result.hasStaticGroups = true
      case "mse": result.searchesGrids = true
      default:
        if let size = number(word, "blocksize") {
          result.blockSize = size
        } else if let size = number(word, "groupsize") {
          result.groupSize = size
        } else if let bits = number(word, "b") {
          result.bits = bits
        } else {
          Issue.record("unknown option '\(word)'")
        }
      }
    }
    return result
  }

  @Test("Codes, grids, losses and output errors of all runs", arguments: ["a", "b", "dead"])
  func runs(layer: String) throws {
    let file = try Vectors.safetensors(Self.file)
    let runs = file.tensors.map(\.name).filter { $0.hasPrefix("\(layer).b") && $0.hasSuffix(".Q") }
      .map { String($0.dropLast(2)) }
    #expect(runs.count == (layer == "a" ? 14 : 21))
    let values = try #require(try Vectors.manifest("gptq")?["values"])
    let hessian = try matrix("\(layer).H", file)
    for run in runs {
      let options = try rounding(Array(run.split(separator: ".").dropFirst()))
      let weight = try matrix("\(layer).W", file)
      let original = try matrix("\(layer).W", file)
      let factor = try options.factor(of: hessian)
      #expect(factor.raises == 0 && factor.damping == 0.01)
      let result = options.round(weight, factor)
      let (rows, columns) = (weight.rows, weight.columns)

      // The official code's first grid is per channel, used or not.
      let shape = try file.requireTensor("\(run).grid_scale").shape
      let scales = try file.read("\(run).grid_scale")
      let zeros = try file.readIntegers("\(run).grid_zero")
      let groups = result.grids.count / rows
      let skipped = options.groupSize == nil ? 0 : 1
      #expect(shape == [groups + skipped, rows])
      for row in 0..<rows {
        for group in 0..<groups {
          let index = (group + skipped) * rows + row
          let grid = result.grids[row * groups + group]
          #expect(
            abs(grid.scale - scales[index]) <= 2e-5 * scales[index]
              && grid.zero == Float(zeros[index]), "\(run): grid \(group) of row \(row)")
        }
      }

      // Codes from the official values and grids: all of them are the same.
      let expected = try file.read("\(run).Q")
      var differing = 0
      for row in 0..<rows {
        for column in 0..<columns {
          let index = (result.groups[column] + skipped) * rows + row
          let code =
            (expected[row * columns + column] / scales[index]).rounded(.toNearestOrEven)
            + Float(zeros[index])
          if code != Float(result.codes[row * columns + column]) { differing += 1 }
        }
      }
      #expect(differing == 0, "\(run): \(differing) codes of \(rows * columns)")
      expectClose(
        weight.elements, expected, .relativeToLargest(1e-5), shape: [rows, columns], run)

      let loss = try number(values[run]?["loss"])
      #expect(abs(result.loss / loss - 1) < 1e-4, "\(run): loss \(result.loss), \(loss)")
      let error = try number(values[run]?["out_mse"])
      let mine = try outputError(layer, file, weight, original)
      #expect(abs(mine / error - 1) < 1e-4, "\(run): output error \(mine), \(error)")
    }
  }

  private func number(_ value: JSON?) throws -> Double {
    guard case .number(let number, _)? = value else { throw NotANumber() }
    return number
  }

  private struct NotANumber: Error {}

  /// Mean of `(X·(Q − W)ᵀ)²`.
  private func outputError(
    _ layer: String, _ file: SafetensorsFile, _ rounded: Matrix, _ original: Matrix
  ) throws -> Double {
    let x = try file.read("\(layer).X")
    let columns = original.columns
    let tokens = x.count / columns
    var sum = 0.0
    for token in 0..<tokens {
      for row in 0..<original.rows {
        var difference = 0.0
        for c in 0..<columns {
          difference +=
            Double(x[token * columns + c]) * Double(rounded.row(row)[c] - original.row(row)[c])
        }
        sum += difference * difference
      }
    }
    return sum / Double(tokens * original.rows)
  }
}
