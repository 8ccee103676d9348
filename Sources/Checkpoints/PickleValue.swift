/// A value of a pickle; what has parts is a number in ``PickleHeap``, so that values never nest.
enum PickleValue {
  case nothing
  case bool(Bool)
  case integer(Int64)
  case float(Double)
  case text(String)
  case global(PickleGlobal)
  /// Number in ``PickleHeap/sequences``.
  case tuple(Int)
  /// Number in ``PickleHeap/sequences``.
  case list(Int)
  /// Number in ``PickleHeap/dictionaries``.
  case dictionary(Int)
  /// Number in ``PickleHeap/storages``.
  case storage(Int)
  /// Number in ``PickleHeap/tensors``.
  case tensor(Int)

  /// What the value is, in words for an error.
  var words: String {
    switch self {
    case .nothing: "None"
    case .bool(let value): value ? "True" : "False"
    case .integer(let value): "the integer \(value)"
    case .float(let value): "the float \(value)"
    case .text(let value): "the text \"\(value.prefix(40))\""
    case .global(let global): "'\(global.name)'"
    case .tuple: "a tuple"
    case .list: "a list"
    case .dictionary: "a dictionary"
    case .storage: "a storage"
    case .tensor: "a tensor"
    }
  }
}

/// What a pickle may name from Python's modules: the parts of a state dict.
enum PickleGlobal: Equatable {
  /// `collections.OrderedDict`.
  case orderedDictionary
  /// `torch._utils._rebuild_tensor_v2`.
  case rebuildTensor
  /// `torch._utils._rebuild_parameter`.
  case rebuildParameter
  /// The class of a storage, `torch.FloatStorage` and its like.
  case storage(ElementType)

  /// The global of a name with its module; nil for every other.
  init?(_ name: String) {
    switch name {
    case "collections.OrderedDict": self = .orderedDictionary
    case "torch._utils._rebuild_tensor_v2": self = .rebuildTensor
    case "torch._utils._rebuild_parameter": self = .rebuildParameter
    default:
      guard let storage = Self.storages.first(where: { $0.name == name }) else { return nil }
      self = .storage(storage.type)
    }
  }

  /// The name with its module.
  var name: String {
    switch self {
    case .orderedDictionary: "collections.OrderedDict"
    case .rebuildTensor: "torch._utils._rebuild_tensor_v2"
    case .rebuildParameter: "torch._utils._rebuild_parameter"
    case .storage(let type): Self.storages.first { $0.type == type }?.name ?? "torch.Storage"
    }
  }

  private static let storages: [(name: String, type: ElementType)] = [
    ("torch.DoubleStorage", .f64), ("torch.FloatStorage", .f32), ("torch.HalfStorage", .f16),
    ("torch.BFloat16Storage", .bf16), ("torch.LongStorage", .i64), ("torch.IntStorage", .i32),
    ("torch.ShortStorage", .i16), ("torch.CharStorage", .i8), ("torch.ByteStorage", .u8),
    ("torch.BoolStorage", .bool),
  ]
}

/// Everything of a pickle that has parts, and what it says about storages and tensors.
struct PickleHeap {
  /// One key of a dictionary, and where in the file it was set.
  struct Item {
    var key: PickleValue
    var value: PickleValue
    var place: Int
  }

  /// A storage that the pickle refers to.
  struct Storage {
    /// Name of its member in the archive's folder `data`.
    var key: String
    /// What its elements are.
    var type: ElementType
    /// How many elements it has.
    var count: Int
    /// Where in the file it was first named.
    var place: Int
  }

  /// A view of a storage; nothing of it is checked against the storage yet.
  struct Tensor {
    /// Number of the storage.
    var storage: Int
    /// Number of its first element in the storage.
    var offset: Int
    /// Row-major dimensions.
    var shape: [Int]
    /// How many elements of the storage one step of each dimension is.
    var strides: [Int]
    /// Where in the file it was made.
    var place: Int
  }

  /// Elements of tuples and lists.
  var sequences: [[PickleValue]] = []
  /// Items of dictionaries, in the order in which they were set.
  var dictionaries: [[Item]] = []
  /// Storages, each once.
  var storages: [Storage] = []
  /// Tensors.
  var tensors: [Tensor] = []

  /// Keeps the elements of a sequence, and returns its number.
  mutating func keep(_ elements: [PickleValue]) -> Int {
    sequences.append(elements)
    return sequences.count - 1
  }

  /// Keeps an empty dictionary, and returns its number.
  mutating func keepDictionary() -> Int {
    dictionaries.append([])
    return dictionaries.count - 1
  }
}
