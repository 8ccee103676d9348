/// The instructions of a pickle that a state dict needs; every other one is refused.
///
/// > Source: `pickletools` of Python's library, protocols 2 to 5.
enum PickleOpcode: UInt8 {
  /// `PROTO`: the protocol's number.
  case protocolNumber = 0x80
  /// `FRAME`: the length of what follows.
  case frame = 0x95
  /// `STOP`: the top of the stack is the result.
  case stop = 0x2e
  /// `MARK`: where the elements of a tuple, list or dictionary begin.
  case mark = 0x28
  /// `NONE`.
  case nothing = 0x4e
  /// `NEWTRUE`.
  case newTrue = 0x88
  /// `NEWFALSE`.
  case newFalse = 0x89
  /// `BININT`: 32 bits, signed.
  case integer32 = 0x4a
  /// `BININT1`: 8 bits.
  case integer8 = 0x4b
  /// `BININT2`: 16 bits.
  case integer16 = 0x4d
  /// `LONG1`: a length, and a signed integer of so many bytes.
  case long = 0x8a
  /// `BINFLOAT`: binary64, big-endian.
  case float = 0x47
  /// `BINUNICODE`: 32 bits of length, and UTF-8.
  case text = 0x58
  /// `SHORT_BINUNICODE`: 8 bits of length, and UTF-8.
  case shortText = 0x8c
  /// `EMPTY_TUPLE`.
  case emptyTuple = 0x29
  /// `TUPLE`: of everything after the mark.
  case tuple = 0x74
  /// `TUPLE1`.
  case tuple1 = 0x85
  /// `TUPLE2`.
  case tuple2 = 0x86
  /// `TUPLE3`.
  case tuple3 = 0x87
  /// `EMPTY_LIST`.
  case emptyList = 0x5d
  /// `APPEND`: one element.
  case append = 0x61
  /// `APPENDS`: everything after the mark.
  case appends = 0x65
  /// `EMPTY_DICT`.
  case emptyDictionary = 0x7d
  /// `SETITEM`: one key and its value.
  case setItem = 0x73
  /// `SETITEMS`: keys and values after the mark.
  case setItems = 0x75
  /// `BINPUT`: remember the top under 8 bits.
  case put = 0x71
  /// `LONG_BINPUT`: remember the top under 32 bits.
  case longPut = 0x72
  /// `MEMOIZE`: remember the top under the next number.
  case memoize = 0x94
  /// `BINGET`: what is remembered under 8 bits.
  case get = 0x68
  /// `LONG_BINGET`: what is remembered under 32 bits.
  case longGet = 0x6a
  /// `GLOBAL`: a module and a name in it, a line each.
  case global = 0x63
  /// `STACK_GLOBAL`: a module and a name in it, from the stack.
  case stackGlobal = 0x93
  /// `BINPERSID`: an object that is kept outside, here a storage.
  case persistent = 0x51
  /// `REDUCE`: call a global.
  case reduce = 0x52
  /// `BUILD`: give an object its state.
  case build = 0x62

  /// What a byte is called as an instruction, for an error: its name where it is one that is refused.
  static func words(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16)
    let number = "0x" + (byte < 16 ? "0" : "") + digits
    return refused[byte].map { "\($0) (\(number))" } ?? number
  }

  private static let refused: [UInt8: String] = [
    0x30: "POP", 0x31: "POP_MARK", 0x32: "DUP", 0x42: "BINBYTES", 0x43: "SHORT_BINBYTES",
    0x46: "FLOAT", 0x49: "INT", 0x4c: "LONG", 0x50: "PERSID", 0x53: "STRING", 0x54: "BINSTRING",
    0x55: "SHORT_BINSTRING", 0x56: "UNICODE", 0x64: "DICT", 0x67: "GET", 0x69: "INST",
    0x6c: "LIST", 0x6f: "OBJ", 0x70: "PUT", 0x81: "NEWOBJ", 0x82: "EXT1", 0x83: "EXT2",
    0x84: "EXT4", 0x8b: "LONG4", 0x8d: "BINUNICODE8", 0x8e: "BINBYTES8", 0x8f: "EMPTY_SET",
    0x90: "ADDITEMS", 0x91: "FROZENSET", 0x92: "NEWOBJ_EX", 0x96: "BYTEARRAY8",
    0x97: "NEXT_BUFFER", 0x98: "READONLY_BUFFER",
  ]
}
