/// A checkpoint in llama2.c's first format: seven int32, then float32 tensors in a fixed order.
///
/// Layout, all little-endian: dim, hidden dim, layers, heads, key heads, vocabulary (negative when the
/// head isn't the embedding), sequence length; then, each for all layers at once, the embedding,
/// attention norms, Wq, Wk, Wv, Wo, feed-forward norms, W1, W2, W3; the final norm, two rotary
/// tables that nobody reads, and the head if it is there. Tensors appear here under GGUF's names
/// (`blk.0.attn_q.weight`), with which they share the interleaved rotary pairs.
///
/// > Source: the format's description in the llama2.c project, version 0 ("legacy").
public final class Llama2CFile: Checkpoint {
  /// The file's seven numbers.
  public struct Header: Sendable, Equatable {
    /// Channels of the residual stream.
    public let channels: Int
    /// Hidden channels of the feed-forward part.
    public let feedForward: Int
    /// Number of blocks.
    public let blocks: Int
    /// Query heads.
    public let heads: Int
    /// Key and value heads.
    public let keyHeads: Int
    /// Rows of the embedding.
    public let vocabularySize: Int
    /// Longest sequence in tokens.
    public let positions: Int
    /// The head is the embedding.
    public let tiesHead: Bool

    /// Channels per head.
    public var headSize: Int { channels / heads }
  }

  /// The file's seven numbers.
  public let header: Header
  private let file: MappedFile
  private let table: TensorTable

  /// Bytes of the header.
  private static let headerBytes = 28

  /// Maps the file at `path` and checks that it is exactly as long as its header says.
  ///
  /// - Throws: ``CheckpointError`` when the file can't be read, is truncated, goes on after its last
  ///   tensor, or has a header that contradicts itself.
  public init(_ path: String) throws(CheckpointError) {
    file = try MappedFile(path)
    header = try Self.header(of: file)
    var layout = Layout(path: path, header: header, offset: Self.headerBytes)
    try layout.addAll()
    guard layout.offset <= file.count else {
      throw CheckpointError(
        .truncated, in: path,
        "expected \(layout.offset) bytes for \(header.blocks) blocks of \(header.channels) "
          + "channels and \(header.vocabularySize) tokens, found \(file.count)")
    }
    guard layout.offset == file.count else {
      throw CheckpointError(
        .malformed, in: path, at: .byte(layout.offset),
        "expected the end of the file, found \(file.count - layout.offset) bytes more")
    }
    table = try TensorTable(layout.entries, in: Self.headerBytes..<file.count, path: path)
  }

  /// The file, as the user named it.
  public var path: String { file.path }

  /// All tensors, in the order of the file.
  public var tensors: [TensorDescriptor] { table.tensors }

  /// The tensor called `name`, or nil.
  public func descriptor(of name: String) -> TensorDescriptor? { table.descriptor(of: name) }

  /// The descriptor of `name`, or an error that offers the nearest name.
  public func requireTensor(_ name: String) throws(CheckpointError) -> TensorDescriptor {
    try table.entry(name, path: path).tensor
  }

  /// Reads some rows of a tensor as float32.
  public func read(
    _ name: String, rows: Range<Int>, into destination: UnsafeMutableBufferPointer<Float>
  ) throws(CheckpointError) {
    try file.readFloats(table.entry(name, path: path), rows: rows, into: destination)
  }

  /// Always throws: the format has no integer tensors.
  public func readIntegers(_ name: String) throws(CheckpointError) -> [Int32] {
    try file.readIntegers(table.entry(name, path: path))
  }

  /// Reads and checks the seven numbers.
  private static func header(of file: borrowing MappedFile) throws(CheckpointError) -> Header {
    let path = file.path
    guard file.count >= headerBytes else {
      throw CheckpointError(
        .truncated, in: path, "expected a header of \(headerBytes) bytes, found \(file.count)")
    }
    let numbers = file.withBytes { bytes in
      (0..<7).map { index in
        Int(Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * index, as: Int32.self)))
      }
    }
    let names = [
      "channels", "feed-forward channels", "blocks", "heads", "key heads", "tokens", "positions",
    ]
    for (index, name) in names.enumerated() {
      // The vocabulary's sign says whether the head is tied.
      let value = index == 5 ? abs(numbers[index]) : numbers[index]
      guard value > 0, value <= 1 << 28 else {
        throw CheckpointError(
          .malformed, in: path, at: .byte(4 * index),
          "expected from 1 to \(1 << 28) \(name), found \(numbers[index])")
      }
    }
    let header = Header(
      channels: numbers[0], feedForward: numbers[1], blocks: numbers[2], heads: numbers[3],
      keyHeads: numbers[4], vocabularySize: abs(numbers[5]), positions: numbers[6],
      tiesHead: numbers[5] > 0)
    guard header.channels % header.heads == 0, header.headSize % 2 == 0 else {
      throw CheckpointError(
        .malformed, in: path, at: .byte(12),
        "\(header.channels) channels don't divide into \(header.heads) heads of even size")
    }
    guard header.heads % header.keyHeads == 0 else {
      throw CheckpointError(
        .malformed, in: path, at: .byte(16),
        "\(header.heads) query heads can't share \(header.keyHeads) key heads evenly")
    }
    // Each block has ten tensors in the table, so a lying count would cost memory before it shows.
    guard header.blocks <= file.count / 4 else {
      throw CheckpointError(
        .truncated, in: path, at: .byte(8),
        "\(header.blocks) blocks don't fit into a file of \(file.count) bytes")
    }
    return header
  }

  /// The tensors' places, added in the order of the file.
  private struct Layout {
    let path: String
    let header: Header
    var offset: Int
    var entries: [TensorTable.Entry] = []

    init(path: String, header: Header, offset: Int) {
      self.path = path
      self.header = header
      self.offset = offset
    }

    mutating func addAll() throws(CheckpointError) {
      let (c, f) = (header.channels, header.feedForward)
      let keys = header.keyHeads * header.headSize
      let blocks = 0..<header.blocks
      try add("token_embd.weight", [header.vocabularySize, c])
      for block in blocks { try add("blk.\(block).attn_norm.weight", [c]) }
      for block in blocks { try add("blk.\(block).attn_q.weight", [c, c]) }
      for block in blocks { try add("blk.\(block).attn_k.weight", [keys, c]) }
      for block in blocks { try add("blk.\(block).attn_v.weight", [keys, c]) }
      for block in blocks { try add("blk.\(block).attn_output.weight", [c, c]) }
      for block in blocks { try add("blk.\(block).ffn_norm.weight", [c]) }
      for block in blocks { try add("blk.\(block).ffn_gate.weight", [f, c]) }
      for block in blocks { try add("blk.\(block).ffn_down.weight", [c, f]) }
      for block in blocks { try add("blk.\(block).ffn_up.weight", [f, c]) }
      try add("output_norm.weight", [c])
      try add("rope_cosines", [header.positions, header.headSize / 2])
      try add("rope_sines", [header.positions, header.headSize / 2])
      if !header.tiesHead { try add("output.weight", [header.vocabularySize, c]) }
    }

    private mutating func add(_ name: String, _ shape: [Int]) throws(CheckpointError) {
      guard let tensor = TensorDescriptor(name: name, shape: shape, type: .f32) else {
        throw CheckpointError(
          .malformed, in: path, at: .tensor(name), "the size of the shape \(shape) overflows")
      }
      let (end, overflow) = offset.addingReportingOverflow(tensor.byteCount)
      guard !overflow else {
        throw CheckpointError(
          .malformed, in: path, at: .tensor(name), "the end of the shape \(shape) overflows")
      }
      entries.append(TensorTable.Entry(tensor: tensor, offset: offset))
      offset = end
    }
  }
}
