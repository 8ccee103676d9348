package import Records
package import Vocabulary

/// Why a model can't be taken away in the form that was asked for.
package enum ExportError: Error, Sendable, Equatable, CustomStringConvertible {
  /// No record is called that.
  case noRecord(String, hint: String)
  /// The record has no model: its cell didn't come to an end.
  case unfinished(place: String, status: RunStatus)
  /// The cell's model has drawn weights.
  case synthetic(model: String)
  /// The record is of quantized activations, and nobody said that these may be left out.
  case activations(BitsLabel)
  /// A folder that holds something else.
  case occupied(String, by: String)
  /// The run that should have made the record's model made another.
  case differs(place: String, String)
  /// The run that should have made the record's model failed.
  case failed(place: String, String)
  /// Numbers change on the way through the model in a manner that no checkpoint says.
  case rotated
  /// A bias where the architecture has none.
  case extraBias(String, architecture: String)
  /// The form doesn't hold codes of these bits.
  case bits(ExportForm, BitsLabel, expected: String)
  /// The form's groups aren't the model's.
  case groups(ExportForm, Int, of: String, expected: String)
  /// Weights that aren't on the grid that the record's bits speak of.
  case offGrid(ExportForm, linear: String, row: Int, group: Int, bits: Int, values: Int)
  /// A zero point that the form can't hold.
  case zeroPoint(ExportForm, linear: String, row: Int, group: Int, zero: Int, most: Int)
  /// Levels beyond the form's.
  case levels(ExportForm, linear: String, row: Int, group: Int, least: Int, most: Int, form: String)
  /// A number beyond half precision.
  case half(ExportForm, tensor: String, Float)
  /// An architecture that the form's readers aren't known to run.
  case architecture(ExportForm, String, known: String)
  /// Something of the model that the form's configuration has no word for.
  case unsaid(ExportForm, String)
  /// A tokenizer that can't be written in the form.
  case tokenizer(ExportForm, path: String, String)

  package var description: String {
    switch self {
    case .noRecord(let name, let hint): "there is no record '\(name)'\(hint)"
    case .unfinished(let place, let status):
      "\(place) has no model to take away: it \(status.words)"
    case .synthetic(let model):
      "the weights of '\(model)' are drawn when they are read; there is nothing in them to take away"
    case .activations(let bits):
      "the record is of \(bits), and a checkpoint holds weights alone: whoever loads it computes with full activations, "
        + "which is another model than the one that was measured; --weights-only exports it all the same, and says so in "
        + "the model card"
    case .occupied(let path, let what):
      "'\(path)' \(what); name a folder that isn't there yet, or is empty"
    case .differs(let place, let words):
      "the model that was rebuilt isn't the one of \(place): \(words); nothing was written"
    case .failed(let place, let reason): "\(place) can't be rebuilt: \(reason)"
    case .rotated:
      "this model rotates its stream and its activations while it runs (method 'hadamard'); no checkpoint can ask its "
        + "reader to do so"
    case .extraBias(let what, let architecture):
      "\(what) was given a bias by its smoothing, which \(architecture) checkpoints have no place for"
    case .bits(let form, let bits, let expected):
      "--to \(form): expected \(expected), found \(bits); --to hf holds every weight as it is"
    case .groups(let form, let size, let linear, let expected):
      "--to \(form): expected \(expected), found groups of \(size) in \(linear); --to hf holds every weight as it is"
    case .offGrid(let form, let linear, let row, let group, let bits, let values):
      "--to \(form): \(linear), row \(row), group \(group): expected the levels of one grid of \(bits) bits, found "
        + "\(values) values that no such grid has; not every linear of this method is held in codes: --to hf holds "
        + "every weight as it is"
    case .zeroPoint(let form, let linear, let row, let group, let zero, let most):
      "--to \(form): \(linear), row \(row), group \(group): expected a zero point from 0 to \(most), found \(zero): all "
        + "weights of the group have one sign; --to gguf and --to hf hold it"
    case .levels(let form, let linear, let row, let group, let least, let most, let name):
      "--to \(form): \(linear), row \(row), group \(group): its levels go from \(least) to \(most), which \(name) can't "
        + "hold; --type f32 or f16 can"
    case .half(let form, let tensor, let value):
      "--to \(form): \(tensor): expected numbers that half precision can hold, found \(value); \(form.instead)"
    case .architecture(let form, let name, let known):
      "--to \(form): '\(name)' isn't written; known are \(known)"
    case .unsaid(let form, let what): "--to \(form): \(what)"
    case .tokenizer(let form, let path, let reason): "--to \(form): '\(path)': \(reason)"
    }
  }
}

extension RunStatus {
  /// What became of a cell, in words.
  fileprivate var words: String {
    switch self {
    case .finished: "finished"
    case .diverged: "diverged"
    case .failed: "failed"
    case .tooLarge: "was too large for its machine"
    }
  }
}
