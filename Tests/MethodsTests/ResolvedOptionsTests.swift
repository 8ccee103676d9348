import JSONText
import MethodKit
import Methods
import Quantizers
import Testing
import Transformers
import Vocabulary

@Suite("Options with every default written out")
struct ResolvedOptionsTests {
  private func whole(
    _ method: String, _ options: String, _ bits: QuantizationSpec,
    _ architecture: Architecture? = nil
  ) throws -> String {
    let document = try JSONDocument(text: Array(options.utf8), file: "grid")
    return try jsonText(
      of: MethodCatalog.resolvedOptions(
        of: method, document, at: "", for: MethodSetting(bits: bits, architecture: architecture)),
      style: .compact)
  }

  @Test("Defaults, whether given or not, null or not, come out the same")
  func givenOrNot() throws {
    let text = #"{"alpha":0.5,"calibrationWindows":16}"#
    for given in ["{}", #"{"alpha": 0.5}"#, #"{"calibrationWindows": 16, "alpha": 5e-1}"#, text] {
      #expect(try whole("smoothquant", given, spec(4, 4)) == text)
    }
    #expect(try whole("smoothquant", #"{"alpha": null}"#, spec(4, 4)) == text)
    #expect(try whole("rtn", "{}", spec(4, 4)) == #"{"minimumScale":0.0001}"#)
    #expect(try whole("full-precision", "{}", .none) == "{}")
  }

  @Test("What bits decide is written out")
  func byBits() throws {
    let training = #"{"steps": 1, "learningRate": 1e-5, "epsilon": 1e-3}"#
    #expect(
      try whole("zeroqat", training, spec(4, 4)) == """
        {"steps":1,"learningRate":1e-05,"epsilon":0.001,"batchWindows":1,"batchExamples":16,\
        "directions":1,"clipDifference":null,"distribution":"gaussian","minimumScale":0.0001,\
        "initialisation":"smoothquant","alphaLeast":0.5,"alphaMost":0.5,"clipGamma":null,\
        "clipStart":"constant","initialisationEpochs":null,"calibrationWindows":16,\
        "trainingWindows":null,"checkpointEvery":50,"schedule":"constant","scheduleSteps":null,"learn":"weights","clippingEpsilon":null,"clippingLearningRate":null,\
        "smoothingEpsilon":null,"smoothingLearningRate":null,"trainable":"all",\
        "weightType":"float32","updateRounding":null,"arithmetic":"float"}
        """)
    #expect(
      try whole("zeroqat", training, spec(2, nil)).contains(#""initialisation":"none""#))
    #expect(try whole("zeroqat-light", training, spec(4, 4)).contains(#""trainable":"qv""#))
    #expect(
      try whole("efficientqat", "{}", spec(2, nil)).contains(#""weightLearningRate":2e-05"#))
    #expect(
      try whole("efficientqat", "{}", spec(4, nil)).contains(#""weightLearningRate":1e-05"#))
    #expect(try whole("omniquant", "{}", spec(nil, 8)).contains(#""lwc":false"#))
  }

  @Test("What the architecture decides is written out where it is known")
  func byArchitecture() throws {
    #expect(try whole("omniquant", "{}", spec(2, nil), .llama).contains(#""let":false"#))
    #expect(try whole("omniquant", "{}", spec(2, nil), .opt).contains(#""let":true"#))
    #expect(try whole("omniquant", "{}", spec(2, nil)).contains(#""let":null"#))
    #expect(try whole("omniquant", "{}", spec(4, 4), .llama).contains(#""let":true"#))
  }

  @Test("What other options decide is written out")
  func byOptions() throws {
    let blocks = try whole(
      "zeroqat",
      #"{"steps":1,"learningRate":0,"epsilon":1,"initialisation":"blocks","alphaLeast":0.25}"#,
      spec(4, 4))
    #expect(blocks.contains(#""alphaMost":0.25"#))
    #expect(blocks.contains(#""clipGamma":3.0,"clipStart":"constant","initialisationEpochs":2"#))
    let joint = try whole(
      "zeroqat", #"{"steps":1,"learningRate":0,"epsilon":1,"learn":"weights+quantizer"}"#,
      spec(4, 4))
    #expect(
      joint.contains(
        #""clippingEpsilon":0.01,"clippingLearningRate":0.001,"smoothingEpsilon":0.01,"#))
    let half = try whole(
      "zeroqat-light", #"{"steps":1,"learningRate":0,"epsilon":1,"weightType":"float16"}"#,
      spec(4, 4))
    #expect(half.contains(#""updateRounding":"stochastic""#))
    #expect(
      try whole("llm-qat", #"{"generatedWindows":20}"#, spec(4, 4)).hasPrefix(
        #"{"steps":3,"learningRate":2e-05,"batchWindows":8,"#))
    #expect(
      try whole("hadamard", #"{"weights":"gptq"}"#, spec(4, 4))
        == #"{"weights":"gptq","calibrationWindows":16,"rotationSeed":0}"#)
    #expect(
      try whole("hadamard", "{}", spec(4, 4))
        == #"{"weights":"rtn","calibrationWindows":null,"rotationSeed":0}"#)
  }

  @Test("A method made of two has the options of both")
  func ofTwo() throws {
    let training = #""steps":1,"learningRate":0.5,"epsilon":1"#
    let text = try whole("mezo-ptq", "{\(training)}", spec(4, 4))
    #expect(
      text.hasSuffix(
        #""quantizer":"rtn","quantizerEpochs":null,"quantizerOptions":{"minimumScale":0.0001}}"#),
      "\(text)")
    let learned = try whole(
      "mezo-ptq", "{\(training),\"quantizer\":\"omniquant\",\"quantizerEpochs\":2}", spec(4, 4),
      .llama)
    #expect(learned.contains(#""quantizerEpochs":2,"quantizerOptions":{"epochs":2,"#), "\(learned)")
    let error = #expect(throws: MethodError.self) {
      try whole(
        "mezo-ptq",
        "{\(training),\"quantizer\":\"omniquant\",\"quantizerEpochs\":2,"
          + "\"quantizerOptions\":{\"epochs\":3}}", spec(4, 4))
    }
    #expect(
      error?.description
        == "option 'quantizerEpochs': expected what 'quantizerOptions' says, found 2")
    let unknown = #expect(throws: JSONError.self) {
      try whole("mezo-ptq", "{\(training),\"quantizerOptions\":{\"minimumScala\":3}}", spec(4, 4))
    }
    #expect(unknown?.pointer == "/quantizerOptions/minimumScala")
    #expect(
      unknown?.reason == "unknown member 'minimumScala'; did you mean 'minimumScale'?",
      "\(unknown?.reason ?? "")")
    let study = try whole(
      "zo-signal", "{\"epsilons\":[1],\"directions\":2,\"model\":{\(training)}}", spec(4, 4))
    #expect(study.contains(#""initialisation":"smoothquant""#))
    #expect(study.contains(#""clipDifference":null"#))
  }
}
