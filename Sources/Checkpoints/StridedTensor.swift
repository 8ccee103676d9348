/// A tensor whose elements lie in a file at fixed steps, not always one after another.
///
/// Element (i, j, …) is element `offset + i·strides[0] + j·strides[1] + …` of a storage.
struct StridedTensor: Sendable {
  /// The tensor.
  let tensor: TensorDescriptor
  /// Bytes of the storage, from the start of the file.
  let storage: Range<Int>
  /// Number of the first element in the storage.
  let offset: Int
  /// Steps of each dimension, in elements of the storage.
  let strides: [Int]

  /// A tensor all of whose elements lie inside the storage; an error in words for any other.
  ///
  /// - Parameters:
  ///   - name: The tensor's name.
  ///   - shape: Row-major dimensions, none negative.
  ///   - strides: As many steps, none negative.
  ///   - offset: Number of the first element, not negative.
  ///   - type: What the storage's elements are, of a type without blocks.
  ///   - storage: Bytes of the storage: a whole number of elements.
  ///   - refuse: Makes the error of a reason.
  /// - Throws: What `refuse` makes, when the storage is too short for the view.
  init(
    name: String, shape: [Int], strides: [Int], offset: Int, type: ElementType,
    storage: Range<Int>, refuse: (String) -> CheckpointError
  ) throws(CheckpointError) {
    guard let tensor = TensorDescriptor(name: name, shape: shape, type: type) else {
      throw refuse("the number of bytes of \(type.rawValue) \(shape) overflows")
    }
    let room = storage.count / type.bytesPerBlock
    // A step of 0 repeats elements: one number could stand for a model of any size.
    guard tensor.elementCount <= room else {
      throw refuse(
        "expected at most the \(room) elements of its storage, found the shape \(shape) "
          + "of \(tensor.elementCount)")
    }
    var last = offset
    for (size, step) in zip(shape, strides) where size > 1 && tensor.elementCount > 0 {
      let (distance, tooFar) = (size - 1).multipliedReportingOverflow(by: step)
      let (sum, overflow) = last.addingReportingOverflow(distance)
      guard !tooFar, !overflow else {
        throw refuse("expected strides inside its storage of \(room) elements, found \(strides)")
      }
      last = sum
    }
    guard tensor.elementCount == 0 ? offset <= room : last < room else {
      throw refuse(
        "expected elements inside its storage of \(room), found \(offset) to \(last)")
    }
    self.tensor = tensor
    self.storage = storage
    self.offset = offset
    // A dimension of one element takes no step: whatever its stride says, it leads nowhere.
    self.strides = zip(shape, strides).map { $0 > 1 ? $1 : 0 }
  }

  /// Where the tensor is when its elements follow each other in row-major order; nil otherwise.
  var entry: TensorTable.Entry? {
    var expected = 1
    for (size, step) in zip(tensor.shape, strides).reversed() {
      // With one step there is none.
      guard size <= 1 || step == expected || tensor.elementCount == 0 else { return nil }
      // At most the number of elements, or 0.
      expected *= max(1, size)
      if tensor.elementCount == 0 { break }
    }
    return TensorTable.Entry(
      tensor: tensor, offset: storage.lowerBound + offset * tensor.type.bytesPerBlock)
  }

  /// Copies some elements, by their row-major numbers, one after another.
  ///
  /// - Parameters:
  ///   - range: Inside `0..<elementCount`.
  ///   - file: All bytes of the file.
  ///   - target: Room for as many elements.
  func gather(
    _ range: Range<Int>, from file: UnsafeRawBufferPointer, into target: UnsafeMutableRawPointer
  ) {
    // SAFETY: every element lies inside the storage, as the initializer checked, and that inside the file.
    guard let base = file.baseAddress, !range.isEmpty else { return }
    switch tensor.type.bytesPerBlock {
    case 1: gather(range, from: base, into: target, as: UInt8.self)
    case 2: gather(range, from: base, into: target, as: UInt16.self)
    case 4: gather(range, from: base, into: target, as: UInt32.self)
    default: gather(range, from: base, into: target, as: UInt64.self)
    }
  }

  private func gather<Bits: FixedWidthInteger>(
    _ range: Range<Int>, from file: UnsafeRawPointer, into target: UnsafeMutableRawPointer,
    as bits: Bits.Type
  ) {
    let size = MemoryLayout<Bits>.size
    let shape = tensor.shape
    // Coordinates of the first element, and its number in the storage.
    var coordinates = [Int](repeating: 0, count: shape.count)
    var (rest, element) = (range.lowerBound, offset)
    for axis in shape.indices.reversed() {
      coordinates[axis] = rest % shape[axis]
      rest /= shape[axis]
      element += coordinates[axis] * strides[axis]
    }
    for index in 0..<range.count {
      let stored = file.loadUnaligned(
        fromByteOffset: storage.lowerBound + element * size, as: Bits.self)
      target.storeBytes(of: stored, toByteOffset: index * size, as: Bits.self)
      var axis = shape.count - 1
      while axis >= 0 {
        coordinates[axis] += 1
        element += strides[axis]
        if coordinates[axis] < shape[axis] { break }
        element -= strides[axis] * shape[axis]
        coordinates[axis] = 0
        axis -= 1
      }
    }
  }
}
