package import JSONText

/// An external program in the place of a method's name: `{ "program": "zeroqat-method-foo", "options": { … } }`.
package struct GridProgram: Codable, Sendable, Equatable {
  /// A path, or a name on `PATH`.
  package var program: String
  /// Its manifest; nil for the file beside it.
  package var manifest: String?
  /// Its own options, as its manifest has them; nil for its defaults.
  package var options: JSON?
  /// Minutes that it may take; nil for the method's default.
  package var minutes: Double?
  /// Memory that it may hold, MiB; nil for the method's default.
  package var mebibytes: Int?
  /// SHA-256 of what the program must be, hex; nil for whatever it is.
  package var digest: String?

  /// The registry's name of the method that runs programs.
  package static let method = "external"
  /// Options of that method which say where files are, and so are no part of a cell's id.
  package static let places = ["program", "manifest", "path"]

  /// A program and its own options.
  package init(
    _ program: String, manifest: String? = nil, options: JSON? = nil, minutes: Double? = nil,
    mebibytes: Int? = nil
  ) {
    self.program = program
    self.manifest = manifest
    self.options = options
    self.minutes = minutes
    self.mebibytes = mebibytes
    digest = nil
  }

  /// The options of that method.
  package var members: [JSON.Member] {
    var members = [JSON.Member("program", .string(program))]
    if let manifest { members.append(JSON.Member("manifest", .string(manifest))) }
    if let options { members.append(JSON.Member("options", options)) }
    if let minutes { members.append(JSON.Member("minutes", .number(minutes, text: "\(minutes)"))) }
    if let mebibytes { members.append(JSON.Member("mebibytes", .integer(Int64(mebibytes)))) }
    if let digest { members.append(JSON.Member("digest", .string(digest))) }
    return members
  }

  /// Reads what stands in the place of a method's name: the name, and the options where it is a program.
  ///
  /// - Throws: `DecodingError` for anything else, or for `options` beside a program, which has its own.
  static func method<Key: CodingKey>(
    in container: KeyedDecodingContainer<Key>, at key: Key, options optionsKey: Key
  ) throws -> (name: String, options: JSON) {
    guard case .object? = try container.decodeIfPresent(JSON.self, forKey: key) else {
      return (
        try container.decode(String.self, forKey: key),
        try container.decodeIfPresent(JSON.self, forKey: optionsKey) ?? .object([])
      )
    }
    let program = try container.decode(GridProgram.self, forKey: key)
    guard try container.decodeIfPresent(JSON.self, forKey: optionsKey) == nil else {
      throw DecodingError.dataCorruptedError(
        forKey: optionsKey, in: container,
        debugDescription: "a program's options stand in 'method', beside its name")
    }
    return (method, .object(program.members))
  }
}

extension Grid {
  /// Sees the programs of all rows from `folder`, whatever folder a command is started in; names without a slash stay names.
  package mutating func seePrograms(from folder: String) {
    for index in rows.indices {
      if rows[index].method == GridProgram.method {
        rows[index].options.seePrograms(from: folder)
      }
      if rows[index].finetuning?.method == GridProgram.method {
        rows[index].finetuning?.options.seePrograms(from: folder)
      }
    }
    let programs = rows.filter {
      [$0.method, $0.finetuning?.method].contains(GridProgram.method)
    }.map(\.key)
    for scale in Scale.allCases {
      for (index, override) in (scales[scale]?.overrides ?? []).enumerated()
      where programs.contains(override.row) {
        scales[scale]?.overrides[index].options.seePrograms(from: folder)
      }
    }
  }
}

extension JSON {
  /// Makes relative paths of a program and its manifest those below a folder.
  fileprivate mutating func seePrograms(from folder: String) {
    guard case .object(let members) = self else { return }
    self = .object(
      members.map { member in
        guard case .string(let path) = member.value, !path.hasPrefix("/"), !path.isEmpty,
          member.name == "manifest" || member.name == "program" && path.contains("/")
        else { return member }
        let plain = path.hasPrefix("./") ? String(path.dropFirst(2)) : path
        return JSON.Member(member.name, .string("\(folder)/\(plain)"))
      })
  }
}

extension MethodReference {
  /// The same with the places of files blanked, where it runs a program: they change no number.
  package var withoutProgramPlaces: MethodReference {
    guard name == GridProgram.method, case .object(let members) = options else { return self }
    return MethodReference(
      name: name,
      options: .object(members.filter { !GridProgram.places.contains($0.name) }))
  }

  /// The same without folders, where it runs a program: for publication.
  package var withoutProgramFolders: MethodReference {
    guard name == GridProgram.method, case .object(let members) = options else { return self }
    return MethodReference(
      name: name,
      options: .object(
        members.map { member in
          guard GridProgram.places.contains(member.name), case .string(let path) = member.value
          else { return member }
          return JSON.Member(
            member.name, .string(path.split(separator: "/").last.map(String.init) ?? path))
        }))
  }
}
