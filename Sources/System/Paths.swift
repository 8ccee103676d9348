internal import Glibc

/// The path's folder: `.` for a bare name, `/` for the root.
package func parent(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "." }
  let above = path[..<slash]
  return above.isEmpty ? "/" : String(above)
}

/// `path` from the root, seen from the working folder.
package func absolute(_ path: String) throws(FileError) -> String {
  if path.hasPrefix("/") { return path }
  guard let current = getcwd(nil, 0) else {
    throw FileError("find the working folder of", path, code: errno)
  }
  defer { free(current) }
  let folder = String(cString: current)
  return path == "." ? folder : folder + "/" + path
}
