import JSONText
import Methods
import Testing

@Suite("Manifests of external programs")
struct ExternalProgramManifestTests {
  private static let sound = """
    {
      "schema": 1, "name": "clip-rtn", "version": "1.0", "summary": "clips", "citation": "none",
      "protocol": { "from": 1, "to": 3 }, "files": ["clip.awk"],
      "options": { "type": "object", "properties": {
        "clip": { "type": "number", "minimum": 0.5, "maximum": 1, "default": 1 },
        "steps": { "type": "integer", "minimum": 0, "default": 20, "description": "how many" },
        "order": { "type": "string", "enum": ["rows", "columns"], "default": "rows" },
        "quick": { "type": "boolean", "default": false }
      } }
    }
    """

  private func manifest(_ text: String) throws -> ExternalProgramManifest {
    try ExternalProgramManifest(JSONDocument(text: Array(text.utf8), file: "m.json"))
  }

  private func options(_ text: String) throws -> JSON {
    try JSONDocument(text: Array(text.utf8), file: "options").root
  }

  @Test("Options are written out whole, in the manifest's order")
  func whole() throws {
    let manifest = try manifest(Self.sound)
    #expect(
      try jsonText(
        of: manifest.whole(options(#"{"quick":true,"clip":0.75}"#)), style: .compact)
        == #"{"clip":0.75,"steps":20,"order":"rows","quick":true}"#)
  }

  @Test(
    "An option that isn't taken is refused by name",
    arguments: [
      (#"{"clop":1}"#, "clop", "there is no such option; did you mean 'clip'?"),
      (
        #"{"zzzzzzzz":1}"#, "zzzzzzzz",
        "there is no such option; known: 'clip', 'steps', 'order', 'quick'"
      ),
      (#"{"clip":2}"#, "clip", "expected a number from 0.5 to 1, found 2"),
      (#"{"clip":"x"}"#, "clip", "expected a number from 0.5 to 1, found the string 'x'"),
      (#"{"steps":1.5}"#, "steps", "expected an integer of at least 0, found 1.5"),
      (
        #"{"order":"row"}"#, "order",
        "expected 'rows' or 'columns', found 'row'; did you mean 'rows'?"
      ),
      (#"{"quick":1}"#, "quick", "expected true or false, found 1"),
    ])
  func refused(text: String, name: String, reason: String) throws {
    let manifest = try manifest(Self.sound)
    let error = try #require(throws: ExternalProgramOptionError.self) {
      try manifest.whole(options(text))
    }
    #expect(error.description == "program 'clip-rtn': option '\(name)': \(reason)")
    #expect(error.optionName == "options/\(name)")
  }

  @Test(
    "A manifest that isn't sound is refused where it isn't",
    arguments: [
      (
        "\"schema\": 1", "\"schema\": 2", "/schema",
        "schema 2 isn't supported; this build reads schema 1"
      ),
      (
        "clip-rtn", "Clip RTN", "/name",
        "expected lowercase words joined by hyphens, found 'Clip RTN'"
      ),
      (
        "\"from\": 1", "\"from\": 2", "/protocol",
        "the program speaks versions 2 to 3 of the protocol; this build speaks 1"
      ),
      (
        "\"from\": 1", "\"from\": 5", "/protocol", "expected versions from 1 in order, found 5 to 3"
      ),
      (
        "clip.awk", "../clip.awk", "/files/0",
        "expected a file below the manifest's folder, found '../clip.awk'"
      ),
      (
        "\"default\": 20", "\"default\": -1", "/options/properties/steps/default",
        "expected an integer of at least 0, found -1"
      ),
      ("\"type\": \"object\"", "\"type\": \"array\"", "/options/type", "expected \"object\""),
      (
        "\"type\": \"boolean\", ", "\"type\": \"boolean\", \"minimum\": 1, ",
        "/options/properties/quick", "only numbers have a minimum and a maximum"
      ),
      (
        "\"properties\"", "\"patternProperties\"", "/options/patternProperties",
        "unknown member 'patternProperties'; of JSON Schema this build reads 'type', 'properties', "
          + "'additionalProperties'"
      ),
    ])
  func unsound(old: String, new: String, pointer: String, reason: String) throws {
    let error = try #require(throws: JSONError.self) {
      try manifest(Self.sound.replacing(old, with: new, maxReplacements: 1))
    }
    #expect((error.pointer, error.reason) == (pointer, reason))
    #expect(error.line > 0)
  }
}
