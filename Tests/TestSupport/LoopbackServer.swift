import Glibc
import Synchronization

/// A small HTTP/1.1 server on this machine that does what it is told, wrong things too.
package final class LoopbackServer: Sendable {
  /// What was asked.
  package struct Request: Sendable {
    /// `GET` or `HEAD`.
    package var method: String
    /// Path and query; of a proxy, the whole address.
    package var target: String
    /// Names in small letters, and values.
    package var fields: [String: String]
    /// The first byte that a range asks for; nil for everything.
    package var rangeStart: Int? {
      fields["range"].flatMap { range in
        Int(range.drop { !$0.isNumber }.prefix(while: \.isNumber))
      }
    }
  }

  /// What is answered, and how.
  package struct Reply: Sendable {
    /// The status.
    package var status: Int
    /// Names and values.
    package var fields: [(String, String)] = []
    /// The body.
    package var body: [UInt8] = []
    /// The length that is claimed; nil for the body's own, negative for none.
    package var length: Int?
    /// Bytes of the body after which the connection is cut.
    package var cutAfter: Int?
    /// Bytes of the body after which nothing comes for ten seconds.
    package var pauseAfter: Int?
    /// Seconds of silence before the head.
    package var silence = 0.0
    /// Whether the body goes on with zeros until nobody reads.
    package var isEndless = false

    /// A reply that does the right thing.
    package init(_ status: Int, _ fields: [(String, String)] = [], body: [UInt8] = []) {
      self.status = status
      self.fields = fields
      self.body = body
    }
  }

  private let descriptor: Int32
  /// The port that it listens on.
  package let port: Int
  private let log = Mutex<[Request]>([])
  private let isOpen = Atomic(true)
  private let answer: @Sendable (Request) -> Reply

  /// Starts a server.
  package init(_ answer: @escaping @Sendable (Request) -> Reply) throws {
    self.answer = answer
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    descriptor = listener
    _ = fcntl(listener, F_SETFD, FD_CLOEXEC)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { place in
        bind(listener, place, size) == 0 && listen(listener, 64) == 0
          && getsockname(listener, place, &size) == 0
      }
    }
    guard bound else { throw ServerError(code: errno) }
    port = Int(UInt16(bigEndian: address.sin_port))
    signal(SIGPIPE, SIG_IGN)
    inThread { [self] in
      while isOpen.load(ordering: .relaxed) {
        let connection = accept(descriptor, nil, nil)
        if connection < 0 { return }
        _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
        inThread { [self] in serve(connection) }
      }
    }
  }

  /// Ends it; connections that are open go on to their end.
  package func stop() {
    isOpen.store(false, ordering: .relaxed)
    shutdown(descriptor, Int32(SHUT_RDWR))
  }

  deinit { close(descriptor) }

  /// Where it is.
  package var address: String { "http://127.0.0.1:\(port)" }

  /// What was asked so far.
  package var requests: [Request] { log.withLock { $0 } }

  private func serve(_ connection: Int32) {
    defer { close(connection) }
    guard let request = read(from: connection) else { return }
    log.withLock { $0.append(request) }
    let reply = answer(request)
    if reply.silence > 0 { usleep(UInt32(reply.silence * 1e6)) }
    let length = reply.length ?? reply.body.count
    var head = "HTTP/1.1 \(reply.status) Something\r\nConnection: close\r\n"
    if length >= 0 { head += "Content-Length: \(length)\r\n" }
    for (name, value) in reply.fields { head += "\(name): \(value)\r\n" }
    guard send(Array((head + "\r\n").utf8), to: connection), request.method == "GET" else { return }
    if let cut = reply.cutAfter {
      _ = send(Array(reply.body.prefix(cut)), to: connection)
      return
    }
    if let pause = reply.pauseAfter {
      guard send(Array(reply.body.prefix(pause)), to: connection) else { return }
      // Until the other side is gone, ten seconds at most.
      var waiting = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
      poll(&waiting, 1, 10_000)
      return
    }
    guard send(reply.body, to: connection) else { return }
    while reply.isEndless, send([UInt8](repeating: 0, count: 1 << 16), to: connection) {}
  }

  private func read(from connection: Int32) -> Request? {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !bytes.contains(subsequence: Array("\r\n\r\n".utf8)) {
      let count = Glibc.recv(connection, &buffer, buffer.count, 0)
      guard count > 0 else { return nil }
      bytes += buffer[..<count]
    }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n")
    let words = lines[0].split(separator: " ")
    guard words.count == 3 else { return nil }
    var fields: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      fields[line[..<colon].lowercased()] = String(
        line[line.index(after: colon)...].drop { $0 == " " })
    }
    return Request(method: String(words[0]), target: String(words[1]), fields: fields)
  }

  private func send(_ bytes: [UInt8], to connection: Int32) -> Bool {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(
          connection, $0.baseAddress.map { $0 + done }, bytes.count - done, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      done += count
    }
    return true
  }
}

/// Why a server couldn't be started.
package struct ServerError: Error {
  /// The system's number.
  package var code: Int32
}

extension [UInt8] {
  fileprivate func contains(subsequence part: [UInt8]) -> Bool {
    guard count >= part.count else { return false }
    return (0...(count - part.count)).contains { self[$0..<$0 + part.count].elementsEqual(part) }
  }
}

/// Runs a body in a thread of its own that nobody waits for.
private func inThread(_ body: @escaping @Sendable () -> Void) {
  final class Box: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
  var thread = pthread_t()
  let box = Unmanaged.passRetained(Box(body))
  let code = pthread_create(
    &thread, nil,
    { context in
      guard let context else { return nil }
      Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body()
      return nil
    }, box.toOpaque())
  if code == 0 { pthread_detach(thread) } else { box.release() }
}
