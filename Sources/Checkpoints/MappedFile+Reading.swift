extension MappedFile {
  /// Bytes converted between two releases: large enough to be fast, small beside any tensor.
  private static var chunkBytes: Int { 1 << 20 }

  /// Converts rows of a float or quantized tensor, releasing the file's pages on the way.
  ///
  /// - Parameters:
  ///   - entry: The tensor; its bytes lie inside the file (``TensorTable`` saw to it).
  ///   - rows: Which rows.
  ///   - destination: `rows.count · rowElementCount` elements.
  /// - Throws: ``CheckpointError`` when the tensor holds integers, rows or destination don't fit, or an
  ///   element isn't finite.
  borrowing func readFloats(
    _ entry: TensorTable.Entry, rows: Range<Int>,
    into destination: UnsafeMutableBufferPointer<Float>
  ) throws(CheckpointError) {
    let type = entry.tensor.type
    let (first, elements) = try floats(of: entry.tensor, rows: rows, room: destination.count)
    guard elements > 0, let target = destination.baseAddress else { return }
    let blocksPerChunk = Self.chunkBytes / type.bytesPerBlock
    let start = entry.offset + first / type.elementsPerBlock * type.bytesPerBlock
    var done = 0
    let blocks = elements / type.elementsPerBlock
    while done < blocks {
      let count = min(blocksPerChunk, blocks - done)
      let bytes = start + done * type.bytesPerBlock
      let chunk = target + done * type.elementsPerBlock
      withBytes { all in
        // SAFETY: `bytes` and `count` blocks after it lie inside the tensor, and that inside the file.
        guard let base = all.baseAddress else { return }
        convert(type, base + bytes, blocks: count, into: chunk)
      }
      defer { release(bytes..<bytes + count * type.bytesPerBlock) }
      if let bad = firstNonFinite(chunk, count: count * type.elementsPerBlock) {
        throw nonFinite(
          entry, element: first + done * type.elementsPerBlock + bad, value: chunk[bad])
      }
      done += count
    }
  }

  /// Which elements the rows of a float or quantized tensor are.
  ///
  /// - Throws: ``CheckpointError`` when the tensor holds integers, or rows or room don't fit.
  private borrowing func floats(of tensor: TensorDescriptor, rows: Range<Int>, room: Int)
    throws(CheckpointError) -> (first: Int, count: Int)
  {
    let type = tensor.type
    if type.isInteger {
      throw CheckpointError(
        .mismatched, in: path, at: .tensor(tensor.name),
        "expected floats, found \(type.rawValue); read it as integers")
    }
    guard type.isFloat else {
      throw CheckpointError(
        .unsupported, in: path, at: .tensor(tensor.name),
        "expected a type that is read here, found \(tensor.typeName)")
    }
    guard rows.lowerBound >= 0, rows.upperBound <= tensor.rowCount else {
      throw CheckpointError(
        .mismatched, in: path, at: .tensor(tensor.name),
        "expected rows inside 0..<\(tensor.rowCount), found \(rows)")
    }
    // Neither product can overflow: both are at most the tensor's size.
    let elements = rows.count * tensor.rowElementCount
    let first = rows.lowerBound * tensor.rowElementCount
    guard room == elements else {
      throw CheckpointError(
        .mismatched, in: path, at: .tensor(tensor.name),
        "expected room for \(elements) elements of the shape \(tensor.shape), "
          + "found \(room)")
    }
    // Only a vector's row is shorter than a block.
    guard first % type.elementsPerBlock == 0, elements % type.elementsPerBlock == 0 else {
      throw CheckpointError(
        .mismatched, in: path, at: .tensor(tensor.name),
        "expected whole blocks of \(type.elementsPerBlock) \(type.rawValue) elements, found \(rows)"
      )
    }
    return (first, elements)
  }

  /// Converts rows of a float tensor whose elements may lie apart.
  ///
  /// Pages of the whole storage may be touched, and are given back at the end.
  ///
  /// - Throws: ``CheckpointError`` as ``readFloats(_:rows:into:)``.
  borrowing func readFloats(
    _ strided: StridedTensor, rows: Range<Int>,
    into destination: UnsafeMutableBufferPointer<Float>
  ) throws(CheckpointError) {
    if let entry = strided.entry {
      return try readFloats(entry, rows: rows, into: destination)
    }
    let type = strided.tensor.type
    let (first, elements) = try floats(of: strided.tensor, rows: rows, room: destination.count)
    guard elements > 0, let target = destination.baseAddress else { return }
    let chunk = min(elements, Self.chunkBytes / type.bytesPerBlock)
    let scratch = UnsafeMutableRawPointer.allocate(
      byteCount: chunk * type.bytesPerBlock, alignment: 8)
    defer {
      scratch.deallocate()
      release(strided.storage)
    }
    for start in stride(from: 0, to: elements, by: chunk) {
      let count = min(chunk, elements - start)
      withBytes { all in
        strided.gather(first + start..<first + start + count, from: all, into: scratch)
      }
      convert(type, scratch, blocks: count, into: target + start)
      if let bad = firstNonFinite(target + start, count: count) {
        throw nonFinite(
          TensorTable.Entry(tensor: strided.tensor, offset: strided.storage.lowerBound),
          element: first + start + bad, value: target[start + bad])
      }
    }
  }

  /// The elements of an integer tensor that may lie apart.
  ///
  /// - Throws: ``CheckpointError`` as ``readIntegers(_:)``.
  borrowing func readIntegers(_ strided: StridedTensor) throws(CheckpointError) -> [Int32] {
    if let entry = strided.entry { return try readIntegers(entry) }
    let tensor = strided.tensor
    guard tensor.type.isInteger else {
      return try readIntegers(TensorTable.Entry(tensor: tensor, offset: strided.storage.lowerBound))
    }
    // No more than the storage has.
    var bytes = [UInt8](repeating: 0, count: tensor.byteCount)
    withBytes { all in
      bytes.withUnsafeMutableBytes { target in
        guard let start = target.baseAddress else { return }
        strided.gather(0..<tensor.elementCount, from: all, into: start)
      }
    }
    release(strided.storage)
    // The array's own closure rethrows untyped, so the outcome travels beside it.
    let outcome = bytes.withUnsafeBytes { all in
      Result { () throws(CheckpointError) in
        try integers(TensorTable.Entry(tensor: tensor, offset: 0), in: all)
      }
    }
    return try outcome.get()
  }

  /// The error for an element that isn't finite; names the block and its scales when quantized.
  private borrowing func nonFinite(_ entry: TensorTable.Entry, element: Int, value: Float)
    -> CheckpointError
  {
    let tensor = entry.tensor
    let type = tensor.type
    guard type.elementsPerBlock > 1 else {
      return CheckpointError(
        .notFinite, in: path, at: .element(tensor: tensor.name, index: element),
        "expected a finite \(type.rawValue) that fits in float32, found \(words(value))")
    }
    let block = element / type.elementsPerBlock
    let offset = entry.offset + block * type.bytesPerBlock
    let scales = withBytes { all in
      type.scales.map { scale in
        let bits = all.loadUnaligned(fromByteOffset: offset + scale.offset, as: UInt16.self)
        return "\(scale.name) = \(words(float(binary16: UInt16(littleEndian: bits))))"
      }.joined(separator: ", ")
    }
    return CheckpointError(
      .notFinite, in: path, at: .element(tensor: tensor.name, index: element),
      "expected finite scales in \(type.rawValue) block \(block) at byte \(offset), found \(scales)"
    )
  }

  /// The elements of an integer tensor.
  ///
  /// - Throws: ``CheckpointError`` when the tensor holds floats or an element doesn't fit in 32 bits.
  borrowing func readIntegers(_ entry: TensorTable.Entry) throws(CheckpointError) -> [Int32] {
    let tensor = entry.tensor
    defer { release(entry.offset..<entry.offset + tensor.byteCount) }
    return try withBytes { bytes throws(CheckpointError) in try integers(entry, in: bytes) }
  }

  /// The elements of an integer tensor, at its offset in `bytes`.
  private borrowing func integers(_ entry: TensorTable.Entry, in bytes: UnsafeRawBufferPointer)
    throws(CheckpointError) -> [Int32]
  {
    let tensor = entry.tensor
    switch tensor.type {
    case .i64: return try integers(entry, in: bytes, as: Int64.self)
    case .i32: return try integers(entry, in: bytes, as: Int32.self)
    case .i16: return try integers(entry, in: bytes, as: Int16.self)
    case .i8: return try integers(entry, in: bytes, as: Int8.self)
    case .u64: return try integers(entry, in: bytes, as: UInt64.self)
    case .u32: return try integers(entry, in: bytes, as: UInt32.self)
    case .u16: return try integers(entry, in: bytes, as: UInt16.self)
    case .u8, .bool: return try integers(entry, in: bytes, as: UInt8.self)
    case .f64, .f32, .f16, .bf16, .q8_0, .q4_0, .q4_1, .q5_0, .q5_1, .q2_K, .q3_K, .q4_K, .q5_K,
      .q6_K, .iq4_NL:
      throw CheckpointError(
        .mismatched, in: path, at: .tensor(tensor.name),
        "expected integers, found \(tensor.type.rawValue); read it as floats")
    case .other:
      throw CheckpointError(
        .unsupported, in: path, at: .tensor(tensor.name),
        "expected a type that is read here, found \(tensor.typeName)")
    }
  }

  private borrowing func integers<Stored: FixedWidthInteger>(
    _ entry: TensorTable.Entry, in bytes: UnsafeRawBufferPointer, as stored: Stored.Type
  ) throws(CheckpointError) -> [Int32] {
    let tensor = entry.tensor
    let size = MemoryLayout<Stored>.size
    var values: [Int32] = []
    values.reserveCapacity(tensor.elementCount)
    for index in 0..<tensor.elementCount {
      // SAFETY: checked by the buffer's own bounds in debug builds; the tensor lies inside in all.
      let raw = bytes.loadUnaligned(fromByteOffset: entry.offset + index * size, as: Stored.self)
      guard let value = Int32(exactly: Stored(littleEndian: raw)) else {
        throw CheckpointError(
          .mismatched, in: path, at: .element(tensor: tensor.name, index: index),
          "expected an integer that fits in 32 bits, found \(Stored(littleEndian: raw))")
      }
      values.append(value)
    }
    return values
  }
}

/// A number as an error shows it: any kind of NaN is just that.
private func words(_ value: Float) -> String { value.isNaN ? "NaN" : "\(value)" }
