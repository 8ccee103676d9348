/// Name, shape and stored type of one tensor in a checkpoint.
public struct TensorDescriptor: Sendable, Equatable {
  /// The tensor's name in the file.
  public let name: String
  /// Row-major dimensions, slowest first as in PyTorch; empty for a scalar.
  ///
  /// GGUF lists dimensions fastest first, so they appear here reversed.
  public let shape: [Int]
  /// How the elements are stored.
  public let type: ElementType
  /// The stored type as the file names it.
  public let typeName: String
  /// Product of `shape`; 1 for a scalar.
  public let elementCount: Int
  /// Bytes that the tensor takes in its file.
  public let byteCount: Int

  /// Number of rows: the first dimension, or 1 for a scalar.
  public var rowCount: Int { shape.first ?? 1 }

  /// Elements in one row: the product of all dimensions but the first.
  public var rowElementCount: Int { shape.dropFirst().reduce(1, *) }

  /// A descriptor whose sizes are known to fit, or nil when a product overflows.
  ///
  /// - Precondition: every dimension is at least 0, and the last is a multiple of the block length.
  public init?(name: String, shape: [Int], type: ElementType) {
    // A zero dimension makes the total zero whatever the others are, but the row length must fit too.
    var row = 1
    for size in shape.dropFirst() {
      let (product, overflow) = row.multipliedReportingOverflow(by: size)
      if overflow { return nil }
      row = product
    }
    let (elements, tooMany) = row.multipliedReportingOverflow(by: shape.first ?? 1)
    if tooMany { return nil }
    let (bytes, tooLong) = (elements / type.elementsPerBlock)
      .multipliedReportingOverflow(by: type.bytesPerBlock)
    if tooLong { return nil }
    self.name = name
    self.shape = shape
    self.type = type
    self.typeName = type.rawValue
    self.elementCount = elements
    self.byteCount = bytes
  }

  /// A descriptor of elements that aren't read here, each of `bits` bits; nil when a product overflows or
  /// the last byte isn't full.
  init?(name: String, shape: [Int], typeName: String, bits: Int) {
    guard
      let plain = TensorDescriptor(name: name, shape: shape, type: .other)
    else { return nil }
    let (size, overflow) = plain.elementCount.multipliedReportingOverflow(by: bits)
    if overflow || size % 8 != 0 { return nil }
    self.name = name
    self.shape = shape
    self.type = .other
    self.typeName = typeName
    self.elementCount = plain.elementCount
    self.byteCount = size / 8
  }

  /// A descriptor of blocks that aren't read here; nil when a product overflows.
  ///
  /// - Precondition: as for ``init(name:shape:type:)``.
  init?(
    name: String, shape: [Int], typeName: String, elementsPerBlock: Int, bytesPerBlock: Int
  ) {
    guard let plain = TensorDescriptor(name: name, shape: shape, type: .other) else { return nil }
    let (size, overflow) = (plain.elementCount / elementsPerBlock)
      .multipliedReportingOverflow(by: bytesPerBlock)
    if overflow { return nil }
    self.name = name
    self.shape = shape
    self.type = .other
    self.typeName = typeName
    self.elementCount = plain.elementCount
    self.byteCount = size
  }
}
