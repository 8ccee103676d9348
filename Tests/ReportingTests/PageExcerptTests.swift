import Records
import Reporting
import Testing

/// What READMEs quote of rendered tables.
@Suite struct PageExcerptTests {
  private static let table = """
    # Title

    > **Substituted scale `tiny`: a toy, not Llama-2-7B.** Compare rankings.
    >
    > Columns "paper": as printed.

    ## Perplexity (lower is better)

    | Method | PPL |
    | :-- | --: |
    | RTN | 5 |

    ± is the standard error; differences are judged below, not here. More in [notes](#notes) and
    [elsewhere](../other/README.md).


    Curves ([all](#curves)) are below.
    ![course](trajectory-tiny-a.svg)

    ## What held, what didn't

    Of 3 orders, 1 stands.

    **Held**

    - PPL ↓: A before B

    **Undecided**

    - PPL ↓: A before C stands (p = 0.5, not significant)
    - PPL ↓: B before C is reversed

    Without a number are 2 entries.

    ## Budgets

    - none
    """

  @Test func whatHeldIsQuotedWithoutTheUndecided() throws {
    let excerpt = PageExcerpt.held(of: [(.tiny, Self.table), (.small, "# No such section\n")])
    let page = "<!-- held: made -->\n<!-- /held -->\n"
    #expect(
      try MarkedSection.held.filled(page, with: excerpt) == """
        <!-- held: made -->

        Scale `tiny` ([`table-tiny.md`](table-tiny.md), which also lists the undecided orders):

        Of 3 orders, 1 stands.

        **Held**

        - PPL ↓: A before B

        Without a number are 2 entries.

        <!-- /held -->

        """)
    #expect(PageExcerpt.held(of: []) == "No records are committed yet.")
  }

  @Test func theREADMEHasTheWarningAndThePerplexities() throws {
    let section = MarkedSection.table2
    let page = "# R\n\n<!-- table2: made -->\nold\nolder\n<!-- /table2 -->\nrest\n"
    let excerpt = PageExcerpt.perplexities(of: Self.table, at: "tables/table2/table-tiny.md")
    let filled = try #require(try section.filled(page, with: excerpt))
    #expect(
      filled == """
        # R

        <!-- table2: made -->

        > **Substituted scale `tiny`: a toy, not Llama-2-7B.** Compare rankings.

        | Method | PPL |
        | :-- | --: |
        | RTN | 5 |

        ± is the standard error; differences are judged in the [whole table](tables/table2/table-tiny.md), \
        not here. More in [notes](tables/table2/table-tiny.md#notes) and
        [elsewhere](../other/README.md).

        Curves ([all](tables/table2/table-tiny.md#curves)) are there.
        ![course](tables/table2/trajectory-tiny-a.svg)

        <!-- /table2 -->
        rest

        """)
    // Once more changes nothing.
    #expect(try section.filled(filled, with: excerpt) == filled)
  }

  @Test func aPageWithoutTheSectionIsLeftAlone() throws {
    #expect(try MarkedSection.held.filled("# R\n", with: "x") == nil)
    let error = #expect(throws: PageError.self) {
      try MarkedSection.held.filled("# R\n<!-- held: made -->\nrest\n", with: "x")
    }
    #expect(
      error?.description
        == "line 2: '<!-- held: made -->' has no '<!-- /held -->' below it; add that line where the "
        + "section ends")
  }
}
