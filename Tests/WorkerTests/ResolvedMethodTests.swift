import JSONText
import Records
import TestSupport
import Testing
import Vocabulary
import Worker

@Suite("Methods with every option written out")
struct ResolvedMethodTests {
  private func whole(
    _ name: String, _ options: String, bits: BitsLabel, _ architecture: Architecture?
  )
    throws -> String
  {
    let document = try JSONDocument(text: Array(options.utf8), file: "options")
    let method = try resolvedMethod(
      MethodReference(name: name, options: document.root), bits: bits, architecture: architecture)
    #expect(method.name == name)
    return try jsonText(of: method.options, style: .compact)
  }

  @Test("Bits and architecture by their names")
  func byNames() throws {
    #expect(try whole("rtn", "{}", bits: "W4A4", nil) == #"{"minimumScale":0.0001}"#)
    let llama = try whole("omniquant", "{}", bits: "W2A16g64", .llama)
    #expect(llama.contains(#""lwc":true,"let":false,"#), "\(llama)")
    #expect(try whole("omniquant", "{}", bits: "W2A16g64", .opt).contains(#""let":true,"#))
    #expect(try whole("omniquant", "{}", bits: "W2A16g64", nil).contains(#""let":null,"#))
    #expect(try whole("full-precision", "{}", bits: "FP", .llama) == "{}")
  }

  @Test("An architecture that nothing describes is refused by name")
  func unknownArchitecture() {
    for (name, words) in [
      ("lama", "unknown architecture 'lama'; did you mean 'llama'?"),
      ("mamba-2", "unknown architecture 'mamba-2'; known: 'llama', 'opt', "),
    ] {
      let error = #expect(throws: UnknownArchitecture.self) {
        try whole("rtn", "{}", bits: "W4A4", Architecture(rawValue: name))
      }
      #expect(error?.description.hasPrefix(words) == true)
    }
  }

  @Test("Every method's options are whole, and stay as they are when they are resolved again")
  func again() throws {
    // The two that take options of ZeroQAT within their own need more than these, and one needs a program.
    for name in methodNames where !["zo-signal", "zo-estimator", "external"].contains(name) {
      let bits: BitsLabel = ["full-precision", "mezo"].contains(name) ? "FP" : "W4A4"
      var options = "{}"
      for candidate in [
        "{}", #"{"steps":1,"learningRate":1e-5}"#,
        #"{"steps":1,"learningRate":1e-5,"epsilon":1e-3}"#,
      ] where (try? whole(name, candidate, bits: bits, .opt)) != nil {
        options = candidate
        break
      }
      let once = try whole(name, options, bits: bits, .opt)
      #expect(try whole(name, once, bits: bits, .opt) == once, "\(name)")
    }
  }
}
