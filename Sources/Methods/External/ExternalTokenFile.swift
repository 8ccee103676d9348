import JSONText
import System

/// Writes windows of token ids as a safetensors file that holds one tensor, `tokens`.
///
/// > Shape: `tokens` is `[windows, tokens per window]`, I32.
///
/// - Throws: ``System/FileError``, ``JSONText/JSONError``.
func writeExternalTokenFile(
  _ littleEndianBytes: [UInt8], windows: Int, tokens: Int, to path: String
)
  throws
{
  let header = JSON.object([
    JSON.Member(
      "tokens",
      .object([
        JSON.Member("dtype", .string("I32")),
        JSON.Member("shape", .array([.integer(Int64(windows)), .integer(Int64(tokens))])),
        JSON.Member(
          "data_offsets", .array([.integer(0), .integer(Int64(littleEndianBytes.count))])),
      ]))
  ])
  var text = Array(try jsonText(of: header, style: .compact).utf8)
  while text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }
  var bytes: [UInt8] = []
  for place in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: text.count >> (8 * place))) }
  try writeDurably(bytes + text + littleEndianBytes, to: path)
}
