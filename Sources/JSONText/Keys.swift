/// A coding key that is any member's name.
struct NameKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init(_ name: String) { stringValue = name }
  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

/// A coding key that is an element's place in an array, from 0.
struct IndexKey: CodingKey {
  let index: Int
  var stringValue: String { String(index) }
  var intValue: Int? { index }

  init(_ index: Int) { self.index = index }
  init?(stringValue: String) { nil }
  init?(intValue: Int) { self.index = intValue }
}

/// A member's name that is compared and hashed by its code points.
///
/// Swift's strings are equal when they are canonically equivalent; JSON names, and the words of a
/// vocabulary, are different as soon as their code points are.
struct MemberName: Hashable, Comparable {
  let text: String

  init(_ text: String) {
    var contiguous = text
    contiguous.makeContiguousUTF8()
    self.text = contiguous
  }

  static func == (lhs: MemberName, rhs: MemberName) -> Bool {
    lhs.text.utf8.elementsEqual(rhs.text.utf8)
  }

  static func < (lhs: MemberName, rhs: MemberName) -> Bool {
    lhs.text.utf8.lexicographicallyPrecedes(rhs.text.utf8)
  }

  func hash(into hasher: inout Hasher) {
    text.utf8.withContiguousStorageIfAvailable { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}
