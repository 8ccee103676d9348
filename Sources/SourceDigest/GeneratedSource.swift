extension ScienceSources {
  /// A Swift source that holds the digests, for the program to be built with.
  public var generatedSource: String {
    var lines = [
      "internal import Records",
      "",
      "/// The science that this program was built from; made by the build.",
      "let builtScience = ProgramScience(",
      "  shared: \"\(shared)\",",
      "  methods: [",
    ]
    for name in methods.keys.sorted() {
      let files = (ownFiles[name] ?? []).map { "\"\($0)\"" }.joined(separator: ", ")
      lines.append("    \"\(name)\": ProgramScience.Method(")
      lines.append("      digest: \"\(methods[name] ?? "")\",")
      lines.append("      files: [\(files)]),")
    }
    lines += ["  ])", ""]
    return lines.joined(separator: "\n")
  }
}
