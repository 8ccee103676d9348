/// Reads the pickle of a state dict; nothing in it is ever called.
///
/// A pickle is a program for a machine with a stack and a memory. Of its instructions those are carried out
/// that a dictionary of tensors is made of, and of what it may call only what ``PickleGlobal`` lists, whose meaning
/// is written here. Everything else is refused by name and place.
///
/// > Source: `pickletools` of Python's library for the instructions; `torch._utils` and `torch.serialization` of
/// > PyTorch 2.13 for what is called with which arguments.
struct PickleMachine {
  private var cursor: ByteCursor
  private var stack: [PickleValue] = []
  /// How high the stack was at each mark.
  private var marks: [Int] = []
  private var memory: [UInt32: PickleValue] = [:]
  private var heap = PickleHeap()
  /// Number of a storage by its key.
  private var storageNumbers: [String: Int] = [:]

  /// Most instructions, which bounds what is held; a state dict of 100,000 tensors has a quarter.
  private static let most = 1 << 24
  /// Most dimensions of a tensor; weights have one to five.
  private static let mostDimensions = 64
  /// Most tensors, which bounds what their sizes and strides take, to some 150 MiB.
  private static let mostTensors = 1 << 17

  /// Carries out the pickle that `cursor` covers.
  ///
  /// - Returns: The result, and what its parts are.
  /// - Throws: ``CheckpointError`` at the first instruction that isn't permitted or can't be carried out.
  static func run(_ cursor: ByteCursor) throws(CheckpointError) -> (PickleValue, PickleHeap) {
    var machine = PickleMachine(cursor: cursor)
    let result = try machine.run()
    return (result, machine.heap)
  }

  private init(cursor: ByteCursor) { self.cursor = cursor }

  private mutating func run() throws(CheckpointError) -> PickleValue {
    let start = cursor.offset
    let first = try cursor.integer(UInt8.self, "the pickle")
    let version = try cursor.integer(UInt8.self, "the pickle's protocol")
    guard first == PickleOpcode.protocolNumber.rawValue, (2...5).contains(version) else {
      throw cursor.error(
        .unsupported, at: start, "expected a pickle of protocol 2 to 5, found other bytes")
    }
    for _ in 0..<Self.most {
      let place = cursor.offset
      let byte = try cursor.integer(UInt8.self, "the pickle's next instruction")
      guard let opcode = PickleOpcode(rawValue: byte), opcode != .protocolNumber else {
        throw cursor.error(
          .unsupported, at: place,
          "expected an instruction that a state dict needs, found \(PickleOpcode.words(byte))")
      }
      if opcode == .stop { return try result() }
      try perform(opcode, at: place)
    }
    throw cursor.error(.unsupported, "expected a pickle of at most \(Self.most) instructions")
  }

  /// The value that is left at the end.
  private func result() throws(CheckpointError) -> PickleValue {
    guard stack.count == 1, marks.isEmpty, let result = stack.first, cursor.remaining == 0 else {
      throw cursor.error(
        .malformed,
        "expected the pickle to end with one value, found \(stack.count) values and "
          + "\(cursor.remaining) more bytes")
    }
    return result
  }

  private mutating func perform(_ opcode: PickleOpcode, at place: Int) throws(CheckpointError) {
    switch opcode {
    case .stop, .protocolNumber: break
    case .frame: _ = try cursor.integer(UInt64.self, "the length of a frame")
    case .mark: marks.append(stack.count)
    case .nothing: stack.append(.nothing)
    case .newTrue: stack.append(.bool(true))
    case .newFalse: stack.append(.bool(false))
    case .integer8: push(try cursor.integer(UInt8.self, "an integer"))
    case .integer16: push(try cursor.integer(UInt16.self, "an integer"))
    case .integer32: push(try cursor.integer(Int32.self, "an integer"))
    case .long: stack.append(.integer(try long(at: place)))
    case .float:
      let bits = try cursor.integer(UInt64.self, "a float")
      stack.append(.float(Double(bitPattern: bits.byteSwapped)))
    case .text: try pushText(try cursor.integer(UInt32.self, "the length of a text"))
    case .shortText: try pushText(UInt32(try cursor.integer(UInt8.self, "the length of a text")))
    case .emptyTuple: stack.append(.tuple(heap.keep([])))
    case .tuple: stack.append(.tuple(heap.keep(try popToMark(at: place))))
    case .tuple1: stack.append(.tuple(heap.keep(try pop(1, at: place))))
    case .tuple2: stack.append(.tuple(heap.keep(try pop(2, at: place))))
    case .tuple3: stack.append(.tuple(heap.keep(try pop(3, at: place))))
    case .emptyList: stack.append(.list(heap.keep([])))
    case .append: try append(try pop(1, at: place), at: place)
    case .appends: try append(try popToMark(at: place), at: place)
    case .emptyDictionary: stack.append(.dictionary(heap.keepDictionary()))
    case .setItem: try setItems(try pop(2, at: place), at: place)
    case .setItems: try setItems(try popToMark(at: place), at: place)
    case .put: try put(UInt32(try cursor.integer(UInt8.self, "a number")), at: place)
    case .longPut: try put(try cursor.integer(UInt32.self, "a number"), at: place)
    case .memoize: try put(UInt32(truncatingIfNeeded: memory.count), at: place)
    case .get: try get(UInt32(try cursor.integer(UInt8.self, "a number")), at: place)
    case .longGet: try get(try cursor.integer(UInt32.self, "a number"), at: place)
    case .global:
      let module = try line(at: place)
      try pushGlobal("\(module).\(try line(at: place))", at: place)
    case .stackGlobal:
      let parts = try pop(2, at: place)
      guard case (.text(let module), .text(let name)) = (parts[0], parts[1]) else {
        throw mismatch("a module and a name", parts[0], at: place)
      }
      try pushGlobal("\(module).\(name)", at: place)
    case .persistent: stack.append(try storage(try pop(1, at: place)[0], at: place))
    case .reduce:
      let parts = try pop(2, at: place)
      stack.append(try reduce(parts[0], parts[1], at: place))
    case .build:
      // What state dicts are given is `_metadata`, versions of modules: no number depends on it.
      let state = try pop(1, at: place)[0]
      guard case .dictionary = state, case .dictionary? = stack.last, isAboveMark else {
        throw mismatch("a dictionary's state", state, at: place)
      }
    }
  }

  // MARK: - Calls

  private mutating func pushGlobal(_ name: String, at place: Int) throws(CheckpointError) {
    guard let global = PickleGlobal(name) else {
      throw cursor.error(
        .unsupported, at: place,
        "the pickle names '\(name.prefix(80))', which isn't part of a state dict of plain tensors; "
          + "nothing of it was called")
    }
    stack.append(.global(global))
  }

  private mutating func reduce(_ function: PickleValue, _ arguments: PickleValue, at place: Int)
    throws(CheckpointError) -> PickleValue
  {
    guard case .tuple(let number) = arguments, case .global(let global) = function else {
      throw mismatch("a call of a global", function, at: place)
    }
    let values = heap.sequences[number]
    switch global {
    case .orderedDictionary:
      guard values.isEmpty else { throw mismatch("no arguments", values[0], of: global, at: place) }
      return .dictionary(heap.keepDictionary())
    case .rebuildTensor:
      return try tensor(values, at: place)
    case .rebuildParameter:
      guard values.count == 3, case .tensor = values[0], isEmptyDictionary(values[2]) else {
        throw mismatch("a tensor, a bool and no hooks", arguments, of: global, at: place)
      }
      return values[0]
    case .storage:
      throw mismatch("a storage that is kept outside", arguments, of: global, at: place)
    }
  }

  /// `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks[, metadata])`.
  private mutating func tensor(_ values: [PickleValue], at place: Int) throws(CheckpointError)
    -> PickleValue
  {
    guard (6...7).contains(values.count), case .storage(let storage) = values[0],
      case .integer(let offset) = values[1], case .bool = values[4],
      isEmptyDictionary(values[5])
    else {
      throw cursor.error(
        .malformed, at: place,
        "expected a storage, an offset, sizes, strides, a bool and no hooks for a tensor")
    }
    // It could say that the values are to be negated.
    if values.count == 7, !isNothing(values[6]), !isEmptyDictionary(values[6]) {
      throw mismatch("a tensor without metadata", values[6], at: place)
    }
    let shape = try sizes(values[2], "sizes", at: place)
    let strides = try sizes(values[3], "strides", at: place)
    guard shape.count == strides.count else {
      throw cursor.error(
        .malformed, at: place,
        "expected as many strides as sizes, found \(strides.count) and \(shape.count)")
    }
    guard heap.tensors.count < Self.mostTensors else {
      throw cursor.error(
        .unsupported, at: place, "expected a pickle of at most \(Self.mostTensors) tensors")
    }
    guard offset >= 0 else {
      throw cursor.error(.malformed, at: place, "expected an offset of at least 0, found \(offset)")
    }
    heap.tensors.append(
      PickleHeap.Tensor(
        storage: storage, offset: Int(offset), shape: shape, strides: strides, place: place))
    return .tensor(heap.tensors.count - 1)
  }

  /// `("storage", class, key, device, number of elements)`.
  private mutating func storage(_ identity: PickleValue, at place: Int) throws(CheckpointError)
    -> PickleValue
  {
    guard case .tuple(let number) = identity, heap.sequences[number].count == 5,
      case .text("storage") = heap.sequences[number][0],
      case .global(.storage(let type)) = heap.sequences[number][1],
      case .text(let key) = heap.sequences[number][2],
      case .integer(let count) = heap.sequences[number][4], count >= 0
    else {
      throw mismatch("a storage's class, key, device and size", identity, at: place)
    }
    if let known = storageNumbers[key] {
      let first = heap.storages[known]
      guard first.type == type, first.count == Int(count) else {
        throw cursor.error(
          .malformed, at: place,
          "expected the storage '\(key)' with \(first.count) \(first.type.rawValue) as before, "
            + "found \(count) \(type.rawValue)")
      }
      return .storage(known)
    }
    storageNumbers[key] = heap.storages.count
    heap.storages.append(
      PickleHeap.Storage(key: key, type: type, count: Int(count), place: place))
    return .storage(heap.storages.count - 1)
  }

  private func sizes(_ value: PickleValue, _ what: String, at place: Int) throws(CheckpointError)
    -> [Int]
  {
    guard case .tuple(let number) = value else { throw mismatch(what, value, at: place) }
    // One long tuple could be the shape of any number of tensors.
    guard heap.sequences[number].count <= Self.mostDimensions else {
      throw cursor.error(
        .unsupported, at: place,
        "expected at most \(Self.mostDimensions) \(what), found \(heap.sequences[number].count)")
    }
    var sizes: [Int] = []
    for element in heap.sequences[number] {
      guard case .integer(let size) = element, size >= 0 else {
        throw mismatch("\(what) of at least 0", element, at: place)
      }
      sizes.append(Int(size))
    }
    return sizes
  }

  private func isEmptyDictionary(_ value: PickleValue) -> Bool {
    if case .dictionary(let number) = value { heap.dictionaries[number].isEmpty } else { false }
  }

  private func isNothing(_ value: PickleValue) -> Bool {
    if case .nothing = value { true } else { false }
  }

  // MARK: - Stack and memory

  private mutating func push(_ value: some FixedWidthInteger) {
    stack.append(.integer(Int64(truncatingIfNeeded: value)))
  }

  private mutating func pushText(_ length: UInt32) throws(CheckpointError) {
    stack.append(.text(try cursor.text(UInt64(length), "a text")))
  }

  /// `LONG1`: of the lengths that fit.
  private mutating func long(at place: Int) throws(CheckpointError) -> Int64 {
    let length = Int(try cursor.integer(UInt8.self, "the length of an integer"))
    guard length <= 8 else {
      throw cursor.error(
        .unsupported, at: place, "expected an integer of at most 64 bits, found \(length) bytes")
    }
    var value: Int64 = 0
    for index in 0..<length {
      let byte = Int64(try cursor.integer(UInt8.self, "an integer"))
      value |= byte << Int64(8 * index)
    }
    // The highest bit that is there is the sign.
    let unused = Int64(64 - 8 * length)
    return length == 0 ? 0 : (value << unused) >> unused
  }

  /// What `GLOBAL` names: the bytes before the next line feed.
  private mutating func line(at place: Int) throws(CheckpointError) -> String {
    var bytes: [UInt8] = []
    while true {
      let byte = try cursor.integer(UInt8.self, "a name's end")
      if byte == 0x0a { break }
      bytes.append(byte)
    }
    guard let line = String(validating: bytes, as: UTF8.self) else {
      throw cursor.error(.malformed, at: place, "expected a name in UTF-8")
    }
    return line
  }

  /// Whether there is a value that belongs to what is being made now.
  private var isAboveMark: Bool { stack.count > marks.last ?? 0 }

  private mutating func pop(_ count: Int, at place: Int) throws(CheckpointError) -> [PickleValue] {
    guard stack.count - (marks.last ?? 0) >= count else {
      throw cursor.error(
        .malformed, at: place, "expected \(count) values on the pickle's stack, found fewer")
    }
    let values = Array(stack.suffix(count))
    stack.removeLast(count)
    return values
  }

  private mutating func popToMark(at place: Int) throws(CheckpointError) -> [PickleValue] {
    guard let mark = marks.popLast(), mark <= stack.count else {
      throw cursor.error(.malformed, at: place, "expected a mark on the pickle's stack, found none")
    }
    let values = Array(stack[mark...])
    stack.removeLast(values.count)
    return values
  }

  private mutating func append(_ values: [PickleValue], at place: Int) throws(CheckpointError) {
    guard isAboveMark, case .list(let number)? = stack.last else {
      throw mismatch("a list to append to", stack.last ?? .nothing, at: place)
    }
    heap.sequences[number] += values
  }

  private mutating func setItems(_ values: [PickleValue], at place: Int) throws(CheckpointError) {
    guard isAboveMark, case .dictionary(let number)? = stack.last else {
      throw mismatch("a dictionary to set items of", stack.last ?? .nothing, at: place)
    }
    guard values.count % 2 == 0 else {
      throw cursor.error(.malformed, at: place, "expected a value for every key")
    }
    for index in stride(from: 0, to: values.count, by: 2) {
      heap.dictionaries[number].append(
        PickleHeap.Item(key: values[index], value: values[index + 1], place: place))
    }
  }

  private mutating func put(_ number: UInt32, at place: Int) throws(CheckpointError) {
    guard isAboveMark, let top = stack.last else {
      throw cursor.error(.malformed, at: place, "expected a value to remember, found none")
    }
    memory[number] = top
  }

  private mutating func get(_ number: UInt32, at place: Int) throws(CheckpointError) {
    guard let value = memory[number] else {
      throw cursor.error(.malformed, at: place, "nothing is remembered under \(number)")
    }
    stack.append(value)
  }

  private func mismatch(
    _ expected: String, _ found: PickleValue, of global: PickleGlobal? = nil, at place: Int
  ) -> CheckpointError {
    let whom = global.map { " for '\($0.name)'" } ?? ""
    return cursor.error(
      .unsupported, at: place, "expected \(expected)\(whom), found \(found.words)")
  }
}
