internal import Digests
package import System

/// SHA-256 of `bytes`, lowercase hex.
package func digest(of bytes: [UInt8]) -> String { sha256Hex(of: bytes) }

/// SHA-256 of the file at `path`, lowercase hex; only a piece of it is in memory at a time.
package func digest(ofFile path: String) throws(FileError) -> String {
  do { return try sha256Hex(ofFile: path) } catch { throw error.during("read", path) }
}
