/// One `pytorch_model.bin`, memory-mapped: a state dict as `torch.save` has written it since PyTorch 1.6.
///
/// The file is a zip archive in one folder: `data.pkl` is a pickle that names tensors as views of storages,
/// and `data/0`, `data/1`… are the storages' bytes, stored as they are. The pickle is read by
/// ``PickleMachine``, which calls nothing. Tensors may share storages and be strided.
///
/// > Source: `torch.serialization` of PyTorch 2.13.
public final class PyTorchFile: Checkpoint {
  private let file: MappedFile
  private let strided: [StridedTensor]
  private let positions: [String: Int]

  /// Longest pickle that is read, in bytes.
  private static let longest = 100_000_000

  /// Maps the file at `path` and reads its pickle.
  ///
  /// - Throws: ``CheckpointError`` when the file can't be read, is truncated, contradicts itself, or holds
  ///   anything but a dictionary of plain tensors.
  public init(_ path: String) throws(CheckpointError) {
    file = try MappedFile(path)
    try Self.checkBeginning(of: file)
    let zip = try ZipDirectory(file)
    let folder = try Self.folder(of: zip, path: path)
    try Self.checkByteOrder(of: zip, folder: folder, in: file)
    guard let pickle = zip.member(folder + "data.pkl"), pickle.bytes.count <= Self.longest else {
      throw CheckpointError(
        .unsupported, in: path, "expected a pickle of at most \(Self.longest) bytes")
    }
    let (root, heap) = try file.withBytes { bytes throws(CheckpointError) in
      try PickleMachine.run(ByteCursor(path: path, bytes: bytes, range: pickle.bytes))
    }
    file.release(pickle.bytes)
    let storages = try Self.storages(of: heap, zip: zip, folder: folder, path: path)
    guard case .dictionary(let number) = root else {
      throw CheckpointError(
        .unsupported, in: path, at: .byte(pickle.bytes.lowerBound),
        "expected a dictionary of tensors, found \(root.words); save the model's state_dict()")
    }
    var strided: [StridedTensor] = []
    var positions: [String: Int] = [:]
    for item in heap.dictionaries[number] {
      let tensor = try Self.tensor(item, heap, storages, path: path)
      guard positions.updateValue(strided.count, forKey: tensor.tensor.name) == nil else {
        throw CheckpointError(
          .malformed, in: path, at: .tensor(tensor.tensor.name), "the name appears twice")
      }
      strided.append(tensor)
    }
    self.strided = strided
    self.positions = positions
  }

  /// The file, as the user named it.
  public var path: String { file.path }

  /// All tensors, in the order of the dictionary.
  public var tensors: [TensorDescriptor] { strided.map(\.tensor) }

  /// The tensor called `name`, or nil.
  public func descriptor(of name: String) -> TensorDescriptor? {
    positions[name].map { strided[$0].tensor }
  }

  /// The descriptor of `name`, or an error that offers the nearest name.
  public func requireTensor(_ name: String) throws(CheckpointError) -> TensorDescriptor {
    try strided(name).tensor
  }

  /// Reads some rows of a tensor as float32.
  public func read(
    _ name: String, rows: Range<Int>, into destination: UnsafeMutableBufferPointer<Float>
  ) throws(CheckpointError) {
    try file.readFloats(strided(name), rows: rows, into: destination)
  }

  /// Reads an integer tensor whose elements all fit in 32 bits.
  public func readIntegers(_ name: String) throws(CheckpointError) -> [Int32] {
    try file.readIntegers(strided(name))
  }

  private func strided(_ name: String) throws(CheckpointError) -> StridedTensor {
    guard let position = positions[name] else {
      throw missingTensor(name, among: strided.map(\.tensor.name), path: path)
    }
    return strided[position]
  }

  // MARK: - Reading

  /// Says what a file is that isn't a zip archive.
  private static func checkBeginning(of file: borrowing MappedFile) throws(CheckpointError) {
    let start = file.withBytes { Array($0.prefix(24)) }
    if start.starts(with: [0x50, 0x4b, 0x03, 0x04]) { return }
    let advice = "load it with torch.load and save it anew, best as model.safetensors"
    let what: String
    // PROTO 2, LONG1 of 10 bytes: 0x1950a86a20f9469cfc6c, `MAGIC_NUMBER` of torch.serialization.
    if start.starts(with: [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20]) {
      what = "found PyTorch's format from before version 1.6, which isn't read; \(advice)"
    } else if start.first == 0x80 {
      what = "found a bare pickle, which isn't read; \(advice)"
    } else {
      what = "found other bytes"
    }
    throw CheckpointError(
      .unsupported, in: file.path, at: .byte(0),
      "expected a zip archive, as torch.save writes; \(what)")
  }

  /// The folder of the archive that holds the pickle, with its slash.
  private static func folder(of zip: ZipDirectory, path: String) throws(CheckpointError) -> String {
    let ending = "/data.pkl"
    let pickles = zip.members.map(\.name).filter { name in
      name.hasSuffix(ending) && !name.dropLast(ending.utf8.count).contains("/")
    }
    guard pickles.count == 1, let name = pickles.first else {
      throw CheckpointError(
        .unsupported, in: path,
        "expected one pickle NAME/data.pkl in the archive, as torch.save writes, "
          + "found \(pickles.count) among \(zip.members.count) members")
    }
    let folder = String(name.dropLast(ending.utf8.count - 1))
    guard zip.member(folder + "constants.pkl") == nil else {
      throw CheckpointError(
        .unsupported, in: path,
        "expected a state dict, found a TorchScript program; save the model's state_dict()")
    }
    return folder
  }

  private static func checkByteOrder(
    of zip: ZipDirectory, folder: String, in file: borrowing MappedFile
  ) throws(CheckpointError) {
    guard let member = zip.member(folder + "byteorder") else { return }
    let word = file.withBytes { bytes in Array(bytes[member.bytes].prefix(16)) }
    guard word == Array("little".utf8) else {
      throw CheckpointError(
        .unsupported, in: file.path, at: .byte(member.bytes.lowerBound),
        "expected the byte order 'little', found '\(String(decoding: word, as: UTF8.self))'")
    }
  }

  /// The bytes of every storage, which must be as many as the pickle says.
  private static func storages(
    of heap: PickleHeap, zip: ZipDirectory, folder: String, path: String
  ) throws(CheckpointError) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    for storage in heap.storages {
      let name = "\(folder)data/\(storage.key)"
      guard let member = zip.member(name) else {
        throw CheckpointError(
          .missing, in: path, at: .byte(storage.place),
          "the storage '\(storage.key)' should be the member '\(name)', which isn't there")
      }
      let (size, overflow) = storage.count.multipliedReportingOverflow(
        by: storage.type.bytesPerBlock)
      guard !overflow, size == member.bytes.count else {
        throw CheckpointError(
          .malformed, in: path, at: .byte(storage.place),
          "the storage '\(storage.key)' should have \(storage.count) \(storage.type.rawValue), "
            + "but its member has \(member.bytes.count) bytes")
      }
      ranges.append(member.bytes)
    }
    return ranges
  }

  /// The tensor of one item of the dictionary.
  private static func tensor(
    _ item: PickleHeap.Item, _ heap: PickleHeap, _ storages: [Range<Int>], path: String
  ) throws(CheckpointError) -> StridedTensor {
    guard case .text(let name) = item.key else {
      throw CheckpointError(
        .unsupported, in: path, at: .byte(item.place),
        "expected the name of a tensor, found \(item.key.words)")
    }
    guard case .tensor(let number) = item.value else {
      var reason = "expected a tensor, found \(item.value.words)"
      if case .dictionary = item.value {
        reason += "; is this a training run's state? save the model's state_dict() alone"
      }
      throw CheckpointError(.unsupported, in: path, at: .tensor(name), reason)
    }
    let view = heap.tensors[number]
    return try StridedTensor(
      name: name, shape: view.shape, strides: view.strides, offset: view.offset,
      type: heap.storages[view.storage].type, storage: storages[view.storage],
      refuse: { CheckpointError(.malformed, in: path, at: .tensor(name), $0) })
  }
}
