import JSONText
import MethodKit
import Methods
import Quantizers
import TestSupport
import Testing

@Suite("The contract of methods")
struct MethodContractTests {
  @Test(
    "Every registered method, and the template, keep it", arguments: methods.map { $0.card.name })
  func contract(name: String) throws {
    try checkMethod(method(named: name))
  }

  @Test("What folds into norms refuses a post-norm model by name", arguments: normFolding.sorted())
  func postNorm(name: String) throws {
    func check<M: QuantizationMethod>(_ type: M.Type) throws {
      let method = try make(type, options(for: type), bits(for: type))
      let rehearsal = try Rehearsal(model: Vectors.path("model/opt_postln_proj"))
      #expect(throws: MethodError.self) { try rehearsal(method) }
    }
    try check(method(named: name))
  }

  @Test("The registry finds methods by name, and says what is near an unknown one")
  func registry() throws {
    for type in MethodCatalog.all {
      #expect(
        MethodCatalog.method(named: type.card.name).map { ObjectIdentifier($0) }
          == ObjectIdentifier(type))
    }
    let error = #expect(throws: UnknownMethod.self) {
      try MethodCatalog.make(
        "smoothquand", options: JSONDocument(text: Array("{}".utf8), file: "grid"), at: "",
        bits: spec(4, 4))
    }
    #expect(
      error?.description == "there is no method 'smoothquand'; did you mean 'smoothquant'?")
    #expect(MethodCatalog.method(named: "RTN") == nil)
  }

  @Test("The names of options are found without being told")
  func optionsFound() throws {
    #expect(try optionNames(of: RTN.self) == ["minimumScale"])
    #expect(try optionNames(of: SmoothQuant.self) == ["alpha", "calibrationWindows"])
    #expect(try optionNames(of: FullPrecision.self) == [])
    #expect(
      Set(try optionNames(of: ZeroQAT.self)).isSuperset(of: [
        "steps", "learningRate", "epsilon", "directions", "clipDifference", "initialisation",
        "clipGamma", "checkpointEvery", "distribution",
      ]))
  }
}
