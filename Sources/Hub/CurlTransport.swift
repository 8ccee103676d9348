internal import CCurl
internal import Glibc

/// Requests by libcurl, one at a time; connections are kept for the next.
package final class CurlTransport: HubTransport {
  private let settings: ConnectionSettings
  private let isInterrupted: () -> Bool
  private var session: OpaquePointer?

  /// Bytes that the head of an answer may have in all.
  private static let longestHead = 1 << 18

  /// A transport; nothing is opened yet.
  ///
  /// - Parameters:
  ///   - settings: Proxies, certificates, patience.
  ///   - isInterrupted: Asked about once a second; true ends the transfer.
  package init(_ settings: ConnectionSettings, isInterrupted: @escaping () -> Bool = { false }) {
    self.settings = settings
    self.isInterrupted = isInterrupted
  }

  deinit { zq_curl_end(session) }

  /// What a transfer's callbacks share.
  private final class Course {
    let sink: any ResponseSink
    let host: String
    let isInterrupted: () -> Bool
    var head: ResponseHead?
    var headBytes = 0
    var failure: (any Error)?

    init(
      _ sink: any ResponseSink, host: String, _ isInterrupted: @escaping () -> Bool
    ) {
      self.sink = sink
      self.host = host
      self.isInterrupted = isInterrupted
    }

    /// 0 where `body` went well; its error is kept.
    func attempt(_ body: () throws -> Void) -> Int32 {
      do {
        try body()
        return 0
      } catch {
        failure = failure ?? error
        return 1
      }
    }

    func line(_ text: String) throws {
      headBytes += text.utf8.count
      guard headBytes <= CurlTransport.longestHead else {
        throw TransportError(
          host: host, cause: .other("the head of its answer has no end", code: 0))
      }
      let line = text.prefix { $0 != "\r\n" && $0 != "\n" && $0 != "\r" }
      if line.hasPrefix("HTTP/") {
        let words = line.split(separator: " ", maxSplits: 2)
        head = ResponseHead(status: words.count > 1 ? Int(words[1]) ?? 0 : 0)
      } else if line.isEmpty {
        // Heads of the 100s announce the one that counts.
        if let head, head.status >= 200 { try sink.begin(head) }
      } else if let colon = line.firstIndex(of: ":") {
        head?.fields.append(
          (
            line[..<colon].lowercased(),
            String(line[line.index(after: colon)...].trimmingSpaces)
          ))
      }
    }
  }

  /// Does one request.
  package func perform(_ request: HubRequest, into sink: any ResponseSink) throws {
    let host = request.address.words
    if let trouble = zq_curl_open() {
      throw TransportError(host: host, cause: .noLibrary(String(cString: trouble)))
    }
    if session == nil { session = zq_curl_start() }
    guard let session else {
      throw TransportError(host: host, cause: .noLibrary("there is no memory for a session"))
    }
    if isInterrupted() { throw HubError.interrupted }
    let course = Course(sink, host: host, isInterrupted)
    let (code, words) = perform(request, in: session, course)
    if let failure = course.failure { throw failure }
    if let error = TransportError(code: code, words: words, host: host) { throw error }
    guard let head = course.head, head.status >= 200 else {
      throw TransportError(host: host, cause: .other("its answer isn't HTTP", code: 0))
    }
  }

  private func perform(
    _ request: HubRequest, in session: OpaquePointer, _ course: Course
  ) -> (code: Int, words: String) {
    let lines = (["Accept-Encoding: identity", "User-Agent: zeroqat"] + request.headers)
      .map { strdup($0) }
    let texts: [UnsafeMutablePointer<CChar>?] = [
      request.address.text,
      request.address.scheme == "http" ? settings.httpProxy : settings.httpsProxy,
      settings.noProxy,
    ].map { (text: String) in strdup(text) }
    let certificates = settings.certificates.map { strdup($0) } ?? nil
    defer { for text in lines + texts + [certificates] { free(text) } }
    var transfer = zq_curl_transfer()
    transfer.url = UnsafePointer(texts[0])
    transfer.proxy = UnsafePointer(texts[1])
    transfer.no_proxy = UnsafePointer(texts[2])
    transfer.certificates = UnsafePointer(certificates)
    transfer.head_only = request.method == .head ? 1 : 0
    transfer.connect_milliseconds = Int(settings.connectSeconds * 1000)
    transfer.total_milliseconds = request.isSmall ? Int(settings.answerSeconds * 1000) : 0
    transfer.least_bytes = settings.leastBytes
    transfer.least_seconds = settings.stallSeconds
    // SAFETY: the course outlives the transfer, whose callbacks are the only ones to see the pointer; they
    // get bytes that live until they return.
    transfer.context = Unmanaged.passUnretained(course).toOpaque()
    transfer.line = { context, bytes, count in
      guard let context, let bytes else { return 1 }
      let course = Unmanaged<Course>.fromOpaque(context).takeUnretainedValue()
      let text = String(
        decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
      return course.attempt { try course.line(text) }
    }
    transfer.body = { context, bytes, count in
      guard let context else { return 1 }
      let course = Unmanaged<Course>.fromOpaque(context).takeUnretainedValue()
      return course.attempt {
        try course.sink.take(UnsafeRawBufferPointer(start: bytes, count: count))
      }
    }
    transfer.tick = { context in
      guard let context else { return 1 }
      let course = Unmanaged<Course>.fromOpaque(context).takeUnretainedValue()
      return course.attempt { if course.isInterrupted() { throw HubError.interrupted } }
    }
    return lines.withUnsafeBufferPointer { lines in
      let list = lines.map { UnsafePointer($0) } + [nil]
      return list.withUnsafeBufferPointer { list in
        transfer.headers = list.baseAddress
        zq_curl_perform(session, &transfer)
        let words = withUnsafeBytes(of: transfer.words) {
          String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        return (Int(transfer.code), words)
      }
    }
  }
}

extension Substring {
  /// Without spaces and tabs at both ends.
  var trimmingSpaces: Substring {
    let start = drop { $0 == " " || $0 == "\t" }
    guard let last = start.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return "" }
    return start[...last]
  }
}
