extension CheckpointError: CustomStringConvertible {
  /// `path: place: error: reason`, in the form that editors jump to where there are lines.
  public var description: String {
    switch place {
    case .file: "\(path): error: \(reason)"
    case .byte(let offset): "\(path): byte \(offset): error: \(reason)"
    case .header(let byte, let pointer):
      "\(path): header, byte \(byte): error: \(reason)\(Self.trail(pointer))"
    case .text(let line, let column, let pointer):
      "\(path):\(line):\(column): error: \(reason)\(Self.trail(pointer))"
    case .key(let key): "\(path): key '\(key)': error: \(reason)"
    case .tensor(let name): "\(path): tensor '\(name)': error: \(reason)"
    case .element(let name, let index):
      "\(path): tensor '\(name)', element \(index): error: \(reason)"
    }
  }

  /// The second line, which names the JSON pointer; nothing for the whole document.
  private static func trail(_ pointer: String) -> String {
    pointer.isEmpty ? "" : "\n  = at \(pointer)"
  }
}
