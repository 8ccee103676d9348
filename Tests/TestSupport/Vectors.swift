package import Checkpoints
package import JSONText

/// The reference numbers under `Tests/Vectors`.
///
/// Cases are named as in its `README.md` and `MANIFEST.json`: `model/opt_preln`, `quantizer/zeroqat`.
package enum Vectors {
  /// The folder, found from where this file is.
  package static let folder: String = {
    let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    return parts.dropLast(2).joined(separator: "/") + "/Vectors"
  }()

  /// The path of a file or folder in it.
  package static func path(_ name: String) -> String { "\(folder)/\(name)" }

  /// Opens `name.safetensors`, as in `Vectors.safetensors("model/opt_preln/expected")`.
  package static func safetensors(_ name: String) throws(CheckpointError) -> SafetensorsFile {
    try SafetensorsFile(path(name + ".safetensors"))
  }

  /// What `MANIFEST.json` says about a case: origin, tolerance, tensors, scalar `values`; nil if nothing.
  package static func manifest(_ name: String) throws(JSONError) -> JSON? {
    let document = try JSONDocument(contentsOf: path("MANIFEST.json"))
    guard case .array(let cases) = document.root["cases"] else { return nil }
    return cases.first { $0["case"] == .string(name) }
  }
}
