import Testing
import Vocabulary

@Suite struct GGUFPartNameTests {
  @Test func partsByName() throws {
    let name = try #require(GGUFPartName("a/b-c-00002-of-00012.gguf"))
    #expect(name.stem == "a/b-c")
    #expect(name.number == 2)
    #expect(name.count == 12)
    #expect(name.path(of: 12) == "a/b-c-00012-of-00012.gguf")
    #expect(GGUFPartName.ending(3, of: 99_999) == "-00003-of-99999.gguf")
  }

  @Test(arguments: [
    "b.gguf", "b-00000-of-00002.gguf", "b-00003-of-00002.gguf", "b-1-of-2.gguf",
    "b-00001-of-00002.safetensors", "b-+0001-of-00002.gguf", "00001-of-00002.gguf", "",
    "b-00001-af-00002.gguf", "-of-.gguf", "b-00001-of-0000٢.gguf",
  ])
  func otherNames(name: String) { #expect(GGUFPartName(name) == nil) }

  @Test func filesOfAModel() {
    #expect(
      GGUFPartName.files(of: "m-00001-of-00003.gguf") == [
        "m-00001-of-00003.gguf", "m-00002-of-00003.gguf", "m-00003-of-00003.gguf",
      ])
    for one in ["m.gguf", "m-00001-of-00001.gguf", "m-00002-of-00003.gguf"] {
      #expect(GGUFPartName.files(of: one) == [one])
    }
  }
}
