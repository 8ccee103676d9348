import Digests
import SourceDigest
import Testing

@Suite struct LexerTests {
  private func words(_ text: String, as path: String = "Sources/A/a.swift") -> [String] {
    SourceFile(path: path, bytes: Array(text.utf8)).tokens.map(\.string)
  }

  private func digest(_ text: String, as path: String = "Sources/A/a.swift") -> String {
    SourceFile(path: path, bytes: Array(text.utf8)).digest.hex
  }

  @Test func swiftIsCutWhereTheCompilerCutsIt() {
    #expect(
      words("let x: [Int] = a.b(1.5e-3, 0x1p-2) // end") == [
        "let", "x", ":", "[", "Int", "]", "=", "a", ".", "b", "(", "1.5e-3", ",", "0x1p-2", ")",
      ])
    #expect(words("a/* x /* y */ z */b") == ["a", "b"])
    #expect(words("0x1e-3") == ["0x1e", "-", "3"])
    #expect(
      words("x.0.1 ... `in` ..< y&*z") == ["x", ".", "0.1", "...", "`in`", "..<", "y", "&*", "z"])
    #expect(words("ε = #available(a)") == ["ε", "=", "#", "available", "(", "a", ")"])
  }

  @Test func stringsAreKeptToTheByte() {
    for literal in [
      #""a // b /* c""#, #""a\"b""#, #""\(f("x)", y) + "\(z)")""#, "\"\"\"\n  a  \"b\"\n  \"\"\"",
      ##"#"a"b\(c)"#"##, ##"#"a\#(b("c"))"#"##, #""""#, #""\\""#,
    ] {
      #expect(words("x = \(literal) + y") == ["x", "=", literal, "+", "y"])
    }
    #expect(digest(#"x = "a b""#) != digest(#"x = "a  b""#))
  }

  @Test func regularExpressionsAreKeptToTheByte() {
    #expect(
      words("x = /a b/\ny = c / d / e") == [
        "x", "=", "/a b/", "y", "=", "c", "/", "d", "/", "e",
      ])
    #expect(words("x = #/a/b c/#") == ["x", "=", "#/a/b c/#"])
  }

  @Test func cIsCutWhereTheCompilerCutsIt() {
    func c(_ text: String) -> [String] { words(text, as: "Sources/A/a.c") }
    #expect(c("a+++b;x=.5e-3f") == ["a", "++", "+", "b", ";", "x", "=", ".5e-3f"])
    #expect(c("a // b \\\n c\nd") == ["a", "d"])
    #expect(c("ab\\\ncd /* x // */ e") == ["abcd", "e"])
    #expect(c("#define F(x) x\nF") == ["#", "define", "F", "(", "x", ")", "x", "", "F"])
    #expect(
      c("#include <a-b.h> // x\n'\\'' \"//\"") == [
        "#", "include", "<a-b.h>", "", "'\\''", "\"//\"",
      ])
  }

  static let same: [(String, String)] = [
    ("let a = 1 // one", "let a = 1"),
    ("/// A.\n/// B.\nlet a = f(x, y)", "let a = f(\n  x,\n  y)"),
    ("let a = [1, 2]", "let a = [\n  1,\n  2,\n]"),
    ("x\n  .a()\n  .b()", "x.a().b()"),
    ("a ? b : c", "a\n  ? b\n  : c"),
    ("a - b", "a\n  - b"),
    ("a-b", "a - b"),
    ("import A\nimport B\nlet c = 1", "package import B\n@testable import A\nlet c = 1"),
    ("import struct A.B\nlet c = 1", "let c = 1"),
    ("public func f() {}", "func f() {}"),
    ("private(set) var a = 1", "package var a = 1"),
    ("public static let a = 1", "static let a = 1"),
    ("func f() {\r\n}\r\n", "func f() {\n}\n"),
  ]

  @Test(arguments: same) func whatCompilesToTheSameHasOneDigest(_ a: String, _ b: String) {
    #expect(digest(a) == digest(b))
  }

  static let different: [(String, String)] = [
    ("a - b", "a + b"),
    ("a -b", "a - b"),
    ("f\n(x)", "f(x)"),
    ("f\n[x]", "f[x]"),
    ("let a = 1.0", "let a = 1.00"),
    ("let a = 1", "var a = 1"),
    ("ab", "a b"),
    ("x.package", "x.private"),
    ("let a = \"//\"", "let a = \"\""),
    ("#if A\nx\n#endif", "x"),
    ("a; b", "b; a"),
  ]

  @Test(arguments: different) func whatMayNotHasTwo(_ a: String, _ b: String) {
    #expect(digest(a) != digest(b))
  }

  @Test func linesOfThePreprocessorEnd() {
    func c(_ text: String) -> String { digest(text, as: "Sources/A/a.c") }
    #expect(c("#define A b\nc") != c("#define A b c"))
    #expect(c("#define A b \\\n c") == c("#define A b c"))
    #expect(c("#define A /* x\n y */ b") == c("#define A b"))
    #expect(c("#define F(x) x") != c("#define F (x) x"))
    #expect(c("a - -b") != c("a--b"))
    #expect(c("int a;\n\n\nint b;") == c("int a; int b;"))
  }

  @Test func whatIsCutShortEndsWithTheFile() {
    for text in ["\"abc", "/* abc", "\"\"\"abc", "\"\\(abc", "#\"abc", "`abc", "\"\\", "#", "/"] {
      #expect(words(text).count <= 2)
      _ = words(text, as: "Sources/A/a.c")
    }
  }
}
