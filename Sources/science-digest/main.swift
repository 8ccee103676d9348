import Glibc
import SourceDigest

// What the build runs: science-digest OUTPUT ROOT PATH…
//
// Reads the sources at the paths, relative to the root, and writes a Swift source with their digests.
// A file that would stay the same isn't touched, so that nothing is compiled again.

/// All bytes of a file; nil when it can't be read.
func contents(of path: String) -> [UInt8]? {
  guard let file = fopen(path, "r") else { return nil }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = fread(&buffer, 1, buffer.count, file)
    if count == 0 { return ferror(file) == 0 ? bytes : nil }
    bytes += buffer[..<count]
  }
}

/// Ends the build with a reason.
func leave(_ reason: String) -> Never {
  let words = Array("error: science-digest: \(reason)\n".utf8)
  _ = write(STDERR_FILENO, words, words.count)
  exit(2)
}

guard CommandLine.arguments.count > 3 else { leave("expected OUTPUT ROOT PATH…") }
let output = CommandLine.arguments[1]
let root = CommandLine.arguments[2]
let sources = CommandLine.arguments[3...].map { path -> (path: String, bytes: [UInt8]) in
  guard let bytes = contents(of: "\(root)/\(path)") else { leave("can't read \(root)/\(path)") }
  return (path, bytes)
}
guard let manifest = contents(of: "\(root)/Package.swift") else {
  leave("can't read \(root)/Package.swift")
}
let text = Array(ScienceSources(sources, manifest: manifest).generatedSource.utf8)
if contents(of: output) != text {
  guard let file = fopen(output, "w") else { leave("can't write \(output)") }
  let written = fwrite(text, 1, text.count, file)
  guard fclose(file) == 0, written == text.count else { leave("can't write \(output)") }
}
