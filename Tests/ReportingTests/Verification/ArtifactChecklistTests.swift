import Reporting
import Testing

@Suite struct ArtifactChecklistTests {
  @Test("The list, its faults, and what it comes to")
  func words() {
    var list = ArtifactChecklist()
    list.items = [
      .init(.complete, "files", "3 held to tables/SHA256SUMS", faults: []),
      .init(.consistent, "pages", "2 rendered again from their records", faults: ["a.md: no line"]),
      .init(.reproduced, "cells", notDone: "nothing was run"),
    ]
    #expect(
      list.description == """
        Complete
          ✓ files  3 held to tables/SHA256SUMS
        Consistent
          ✗ pages  2 rendered again from their records
              a.md: no line
        Reproduced
          – cells  nothing was run
        1 thing is wrong.

        """)
    #expect(!list.isSound)
    list.items[1].standing = .sound
    list.items[1].faults = []
    #expect(list.isSound)
    #expect(list.description.hasSuffix("Nothing is wrong; 1 of 3 items weren't looked at.\n"))
  }

  @Test("Of very many faults the first are printed, and how many more there are")
  func many() {
    var list = ArtifactChecklist()
    list.items = [.init(.complete, "files", "all", faults: (0..<60).map { "f\($0): gone" })]
    #expect(list.description.contains("f49: gone\n      and 10 more\n60 things are wrong."))
    #expect(!list.description.contains("f50"))
  }
}
