extension JSONDocument {
  /// The document with another value where an object's member `pointer` has one, such as what a reference
  /// stands for.
  ///
  /// Errors still have their places in the text: inside the new value, that of the old one.
  ///
  /// - Throws: ``JSONError`` when there is no such member.
  public func replacing(_ pointer: String, by value: JSON) throws(JSONError) -> JSONDocument {
    guard let tokens = JSONPointer.tokens(of: pointer),
      let root = root.replacing(tokens[...], by: value)
    else { throw error(at: pointer, "there is no member \(pointer.quoted)") }
    return JSONDocument(file: file, text: text, root: root)
  }
}

extension JSON {
  /// The value with another one where the members of those names lead; nil where they lead nowhere.
  fileprivate func replacing(_ names: ArraySlice<String>, by value: JSON) -> JSON? {
    guard let name = names.first else { return value }
    guard case .object(var members) = self,
      let place = members.firstIndex(where: { $0.name.utf8.elementsEqual(name.utf8) }),
      let new = members[place].value.replacing(names.dropFirst(), by: value)
    else { return nil }
    members[place].value = new
    return .object(members)
  }
}
