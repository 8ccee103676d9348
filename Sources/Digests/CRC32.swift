/// The cyclic redundancy check CRC-32 of ISO 3309 and zlib: polynomial 0x04C11DB7, reflected.
///
/// To go on with more bytes, pass the result so far as `previous`. It finds damage, not forgery.
public func crc32(_ bytes: [UInt8], continuing previous: UInt32 = 0) -> UInt32 {
  bytes.withUnsafeBytes { crc32(bytes: $0, continuing: previous) }
}

/// The CRC-32 of `bytes`; see ``crc32(_:continuing:)``.
public func crc32(bytes: UnsafeRawBufferPointer, continuing previous: UInt32 = 0) -> UInt32 {
  // SAFETY: indices into a table of 256 words are single bytes; `slice` is 0...7 for 8 tables.
  tables.withUnsafeBufferPointer { table in
    var crc = ~previous
    var index = 0
    // Eight bytes at a time: table s advances its byte over s further bytes.
    while index &+ 8 <= bytes.count {
      let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
      let mixed = word ^ UInt64(crc)
      crc = 0
      for slice in 0..<8 {
        let byte = Int(truncatingIfNeeded: mixed &>> UInt64(8 &* slice)) & 255
        crc ^= table[(7 &- slice) &* 256 &+ byte]
      }
      index &+= 8
    }
    while index < bytes.count {
      crc = (crc &>> 8) ^ table[Int((crc ^ UInt32(bytes[index])) & 255)]
      index &+= 1
    }
    return ~crc
  }
}

/// Eight tables of 256 words: entry b of table s is the remainder of byte b followed by s zero bytes.
private let tables: [UInt32] = {
  var tables = [UInt32](repeating: 0, count: 8 * 256)
  for byte in 0..<256 {
    var crc = UInt32(byte)
    for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0xEDB8_8320 : crc >> 1 }
    tables[byte] = crc
  }
  for slice in 1..<8 {
    for byte in 0..<256 {
      let shorter = tables[(slice - 1) * 256 + byte]
      tables[slice * 256 + byte] = (shorter >> 8) ^ tables[Int(shorter & 255)]
    }
  }
  return tables
}()
