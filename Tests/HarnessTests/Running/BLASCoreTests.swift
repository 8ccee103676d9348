import Harness
import Testing

@Suite struct BLASCoreTests {
  @Test(
    arguments: [
      (BLASCore.auto, ["avx512f", "avx2"], "SkylakeX"), (.auto, ["avx2", "fma"], "Haswell"),
      (.auto, ["sse2"], "inherit"), (.haswell, [], "Haswell"), (.skylakex, [], "SkylakeX"),
      (.inherit, ["avx512f"], "Zen"),
    ] as [(BLASCore, Set<String>, String)])
  func names(core: BLASCore, flags: Set<String>, expected: String) {
    #expect(
      core.name(processorFlags: flags, environment: ["OPENBLAS_CORETYPE": "Zen"]) == expected)
  }

  @Test func inheritWithoutVariableStaysOpen() {
    #expect(BLASCore.inherit.name(processorFlags: [], environment: [:]) == "inherit")
    #expect(
      BLASCore.inherit.name(processorFlags: [], environment: ["OPENBLAS_CORETYPE": ""])
        == "inherit")
  }

  @Test func readsFlags() {
    let text = "processor\t: 0\nflags\t\t: fpu avx2 avx512f\nbugs\t: x\nflags\t: other\n"
    #expect(BLASCore.processorFlags(in: text) == ["fpu", "avx2", "avx512f"])
    #expect(BLASCore.processorFlags(in: "Features : neon").isEmpty)
  }

  @Test func environmentIsTheParentsButForBLAS() {
    let parent = ["A": "b", "OPENBLAS_L2_SIZE": "512", "OPENBLAS_CORETYPE": "Zen"]
    #expect(
      BLASCore.environment(for: "SkylakeX", parent: parent)
        == ["A": "b", "OPENBLAS_CORETYPE": "SkylakeX", "OPENBLAS_NUM_THREADS": "1"])
    #expect(
      BLASCore.environment(for: "inherit", parent: ["A": "b"])
        == ["A": "b", "OPENBLAS_NUM_THREADS": "1"])
  }
}
