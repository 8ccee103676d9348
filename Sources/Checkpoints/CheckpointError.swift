/// Where and why a checkpoint can't be read or written.
public struct CheckpointError: Error, Sendable, Equatable {
  /// What kind of trouble it is.
  public enum Kind: Sendable, Equatable {
    /// The file can't be opened, mapped or listed.
    case unreadable
    /// The file ends before what it announces.
    case truncated
    /// The file contradicts its format or itself.
    case malformed
    /// The file is well formed, but uses something that isn't read here.
    case unsupported
    /// A tensor, metadata key or shard isn't there.
    case missing
    /// A tensor or value is there, but isn't of the type or shape that the caller asked for.
    case mismatched
    /// A weight or a scale is NaN or infinite.
    case notFinite
    /// The file can't be written.
    case unwritable
  }

  /// Where in the file it is.
  public enum Place: Sendable, Equatable {
    /// The file as a whole.
    case file
    /// A byte offset from the start of the file.
    case byte(Int)
    /// A byte of a safetensors header, counted from the start of the file, and its JSON pointer.
    case header(byte: Int, pointer: String)
    /// A position in a JSON text: line and column from 1, and the JSON pointer.
    case text(line: Int, column: Int, pointer: String)
    /// A metadata key.
    case key(String)
    /// A tensor.
    case tensor(String)
    /// An element of a tensor, by its row-major index.
    case element(tensor: String, index: Int)
  }

  /// The file or folder, as the user named it.
  public var path: String
  /// Where in it.
  public var place: Place
  /// What kind of trouble.
  public var kind: Kind
  /// What was expected, what was found, and the nearest right thing where there is one.
  public var reason: String

  /// An error from its parts.
  public init(_ kind: Kind, in path: String, at place: Place = .file, _ reason: String) {
    self.path = path
    self.place = place
    self.kind = kind
    self.reason = reason
  }
}
