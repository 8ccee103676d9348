import Reporting
import Testing

/// One text for two renderings: what a file says is never taken for markup in either.
@Suite struct PassageTests {
  @Test("A text from elsewhere can't be markup, words of the program are as they are")
  func escaping() {
    let label = "a*b|<c>"
    let phrase: Phrase = "it is \(strong: "p < 0.05"), \(label) in \(code: "x_y")"
    #expect(
      [Passage.paragraph(phrase)].markdown == "it is **p < 0.05**, a\\*b\\|&lt;c&gt; in `x_y`")
    #expect(phrase.plain == "it is p < 0.05, a*b|<c> in x_y")
  }

  @Test("Every kind of passage as Markdown")
  func markdown() {
    var table = PassageTable("Not shown", [.words("A"), .number("B\(.lineBreak)C")])
    table.add(["\("x|y")", "1"])
    let passages: [Passage] = [
      .heading(1, "Title"), .banner(["one", "two"]), .comment("by hand"), .list(["a", "b"]),
      .table(table), .notes(numbered: ["first"], others: ["‡ other"]),
      .folded("More", [.paragraph("inside")]), .picture(file: "a.svg", title: "a_b"),
      .paragraph("\(link: "all", to: .heading("every-number"))"),
    ]
    #expect(
      passages.markdown == """
        # Title

        > one
        >
        > two

        <!-- by hand -->

        - a
        - b

        | A | B<br>C |
        | :-- | --: |
        | x\\|y | 1 |

        <sup>1</sup> first<br>
        ‡ other

        <details>
        <summary>More</summary>

        inside

        </details>

        ![a\\_b](a.svg)

        [all](#every-number)
        """)
  }
}
