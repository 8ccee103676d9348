/// A zip archive of stored members, put together byte by byte, so that a test knows (and can break) each of them.
package struct ZipBytes: Sendable {
  /// One member, and what its headers say about it.
  package struct Member: Sendable {
    package var name: String
    package var bytes: [UInt8]
    package var method: UInt16 = 0
    package var flags: UInt16 = 0
    /// Overrides the number of bytes that the directory says there are unpacked.
    package var plainSize: UInt32?
    /// Overrides where the directory says the member starts.
    package var start: UInt32?
    /// Overrides the name before the member's bytes.
    package var ownName: String?
    /// Whether sizes and start stand in a 64-bit extra field.
    package var isLarge = false
  }

  package var members: [Member] = []
  package var comment: [UInt8] = []
  /// Whether 64-bit end records are there and hold what the 32-bit one doesn't.
  package var isLarge = false
  /// Overrides the number of members in the end record.
  package var count: UInt16?

  package init() {}

  package mutating func add(_ name: String, _ bytes: [UInt8]) {
    members.append(Member(name: name, bytes: bytes))
  }

  /// The whole file.
  package var file: [UInt8] {
    var bytes: [UInt8] = []
    var directory: [UInt8] = []
    for member in members {
      let (start, size) = (UInt32(bytes.count), UInt32(member.bytes.count))
      let own = Array((member.ownName ?? member.name).utf8)
      bytes += little(UInt32(0x0403_4b50)) + little(UInt16(0)) + little(member.flags)
      bytes += little(member.method) + [UInt8](repeating: 0, count: 16)
      bytes += little(UInt16(own.count)) + little(UInt16(3)) + own + [7, 7, 7] + member.bytes
      let all = UInt32.max
      directory += little(UInt32(0x0201_4b50)) + [0, 0, 0, 0] + little(member.flags)
      directory += little(member.method) + [UInt8](repeating: 0, count: 8)
      directory += little(member.isLarge ? all : size)
      directory += little(member.isLarge ? all : member.plainSize ?? size)
      let extra =
        little(UInt16(9)) + little(UInt16(1)) + [0] + little(UInt16(1)) + little(UInt16(24))
        + little(UInt64(member.plainSize ?? size)) + little(UInt64(size))
        + little(UInt64(member.start ?? start))
      directory += little(UInt16(member.name.utf8.count))
      directory += little(UInt16(member.isLarge ? extra.count : 0)) + little(UInt16(0))
      directory += [UInt8](repeating: 0, count: 8)
      directory += little(member.isLarge ? all : member.start ?? start) + Array(member.name.utf8)
      if member.isLarge { directory += extra }
    }
    let (start, size) = (bytes.count, directory.count)
    bytes += directory
    if isLarge {
      let place = bytes.count
      bytes += little(UInt32(0x0606_4b50)) + little(UInt64(44)) + [UInt8](repeating: 0, count: 12)
      bytes += little(UInt64(count.map { Int($0) } ?? members.count))
      bytes += little(UInt64(count.map { Int($0) } ?? members.count))
      bytes += little(UInt64(size)) + little(UInt64(start))
      bytes += little(UInt32(0x0706_4b50)) + little(UInt32(0)) + little(UInt64(place))
      bytes += little(UInt32(1))
    }
    let number = isLarge ? UInt16.max : count ?? UInt16(members.count)
    bytes += little(UInt32(0x0605_4b50)) + little(UInt32(0)) + little(number) + little(number)
    bytes += little(isLarge ? UInt32.max : UInt32(size))
    bytes += little(isLarge ? UInt32.max : UInt32(start))
    return bytes + little(UInt16(comment.count)) + comment
  }
}

/// A pickle, put together instruction by instruction.
package struct PickleBytes: Sendable {
  package var bytes: [UInt8] = [0x80, 2]

  package init() {}

  /// Raw instructions.
  package mutating func add(_ raw: [UInt8]) { bytes += raw }

  package mutating func text(_ text: String) {
    bytes += [0x58] + little(UInt32(text.utf8.count)) + Array(text.utf8)
  }

  package mutating func integer(_ value: Int) {
    if let value = Int32(exactly: value) {
      bytes += [0x4a] + little(value)
    } else {
      bytes += [0x8a, 8] + little(Int64(value))
    }
  }

  package mutating func global(_ module: String, _ name: String) {
    bytes += [0x63] + Array("\(module)\n\(name)\n".utf8)
  }

  package mutating func tuple(_ values: [Int]) {
    bytes.append(0x28)
    for value in values { integer(value) }
    bytes.append(0x74)
  }

  /// An empty `OrderedDict`, which is what hooks are.
  package mutating func orderedDictionary() {
    global("collections", "OrderedDict")
    add([0x29, 0x52])
  }

  /// The reference to a storage.
  package mutating func storage(_ kind: String, _ key: String, count: Int) {
    bytes.append(0x28)
    text("storage")
    global("torch", kind)
    text(key)
    text("cpu")
    integer(count)
    add([0x74, 0x51])
  }

  /// A tensor as `torch.save` writes it.
  package mutating func tensor(
    _ kind: String, _ key: String, count: Int, offset: Int = 0, shape: [Int], strides: [Int]
  ) {
    global("torch._utils", "_rebuild_tensor_v2")
    bytes.append(0x28)
    storage(kind, key, count: count)
    integer(offset)
    tuple(shape)
    tuple(strides)
    bytes.append(0x89)
    orderedDictionary()
    add([0x74, 0x52])
  }
}

/// A `pytorch_model.bin`: a pickle and storages in an archive.
package struct PyTorchBytes: Sendable {
  package var pickle = PickleBytes()
  package var storages: [(key: String, bytes: [UInt8])] = []

  /// A file whose dictionary is filled by ``item(_:_:)``.
  package init() { pickle.add([0x7d]) }

  /// Adds an item to the dictionary.
  package mutating func item(_ name: String, _ value: (inout PickleBytes) -> Void) {
    pickle.text(name)
    value(&pickle)
    pickle.add([0x73])
  }

  /// The archive, to be changed.
  package var zip: ZipBytes {
    var zip = ZipBytes()
    zip.add("archive/data.pkl", pickle.bytes + [0x2e])
    zip.add("archive/byteorder", Array("little".utf8))
    for storage in storages { zip.add("archive/data/\(storage.key)", storage.bytes) }
    zip.add("archive/version", Array("3\n".utf8))
    return zip
  }

  /// The whole file.
  package var file: [UInt8] { zip.file }

  /// A small file with shared storages, views of several kinds, and several types.
  package static var everything: PyTorchBytes {
    var torch = PyTorchBytes()
    torch.storages = [
      ("0", little([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])),
      ("1", [0x3c00, 0xc000, 0x3800].flatMap { little($0 as UInt16) }),
      ("2", [5, -6, 7, 8].flatMap { little(Int64($0)) }),
      ("3", little((0.1).bitPattern)), ("4", [1, 0]), ("5", []),
    ]
    torch.item("whole") {
      $0.tensor("FloatStorage", "0", count: 12, shape: [3, 4], strides: [4, 1])
    }
    torch.item("transposed") {
      $0.tensor("FloatStorage", "0", count: 12, shape: [4, 3], strides: [1, 4])
    }
    torch.item("columns") {
      $0.tensor("FloatStorage", "0", count: 12, offset: 1, shape: [3, 2], strides: [4, 2])
    }
    torch.item("part") {
      $0.tensor("FloatStorage", "0", count: 12, offset: 8, shape: [1, 4], strides: [77, 1])
    }
    torch.item("windows") {
      $0.tensor("FloatStorage", "0", count: 12, shape: [3, 2], strides: [1, 1])
    }
    torch.item("scalar") {
      $0.tensor("FloatStorage", "0", count: 12, offset: 11, shape: [], strides: [])
    }
    torch.item("half") {
      $0.global("torch._utils", "_rebuild_parameter")
      $0.add([0x28])
      $0.tensor("HalfStorage", "1", count: 3, shape: [3], strides: [1])
      $0.add([0x88])
      $0.orderedDictionary()
      $0.add([0x74, 0x52])
    }
    torch.item("long") {
      $0.tensor("LongStorage", "2", count: 4, shape: [2, 2], strides: [1, 2])
    }
    torch.item("double") { $0.tensor("DoubleStorage", "3", count: 1, shape: [1], strides: [1]) }
    torch.item("bool") { $0.tensor("BoolStorage", "4", count: 2, shape: [2], strides: [1]) }
    torch.item("empty") {
      $0.tensor("FloatStorage", "5", count: 0, shape: [4, 0], strides: [1, 1])
    }
    return torch
  }
}
