import Glibc
import Harness
import System
import TestSupport
import Testing

/// `zeroqat pretrain` as a user has it.
@Suite struct PretrainTests {
  private func pretrain(
    _ fixture: RecipeFixture, to output: String,
    interruption: () -> (count: Int, number: Int32) = { (0, 0) }
  ) throws -> (status: Int32, output: String) {
    try BuiltProgram()(
      [
        "pretrain", "--recipe", fixture.folder.path("recipe.json"), "--out",
        fixture.folder.path(output), "--threads", "2",
      ], interruption: interruption)
  }

  @Test func aModelThatInspectOpens() throws {
    let fixture = try RecipeFixture()
    let run = try pretrain(fixture, to: "out")
    #expect(run.status == 0)
    #expect(
      run.output.hasPrefix(
        "6003 tokens to train on in 187 windows, 402 for the development loss, 6 windows taken\n"))
    let path = fixture.folder.path("out")
    #expect(run.output.hasSuffix("wrote \(path)/model.safetensors after step 60\n"))
    let inspection = try BuiltProgram()(["inspect", path])
    #expect(inspection.status == 0)
    #expect(
      inspection.output.hasPrefix("llama, 2 blocks of 32 channels, 4 heads of 8 (2 for keys)"))
  }

  @Test func anInterruptedRunGoesOnToTheSameBytes() throws {
    let recipe = RecipeFixture.recipe(replacing: [
      ("\"steps\": 60", "\"steps\": 400"), ("\"every\": 20", "\"every\": 3"),
    ])
    let fixture = try RecipeFixture(recipe)
    let state = fixture.folder.path("stopped/state.safetensors")
    let stopped = try pretrain(fixture, to: "stopped") {
      FileStatus(of: state) == nil ? (0, 0) : (1, SIGTERM)
    }
    #expect(stopped.status == 143)
    #expect(FileStatus(of: fixture.folder.path("stopped/model.safetensors")) == nil)
    let rest = try pretrain(fixture, to: "stopped")
    #expect(rest.status == 0)
    #expect(rest.output.contains("going on from step "))
    #expect(try pretrain(fixture, to: "whole").status == 0)
    let (resumed, whole) = (try fixture.files(in: "stopped"), try fixture.files(in: "whole"))
    #expect(resumed.keys.sorted() == whole.keys.sorted())
    #expect(resumed.keys.filter { resumed[$0] != whole[$0] } == [])
  }

  @Test func mistakesAndDivergenceHaveTheirOwnStatus() throws {
    let wrong = try RecipeFixture(
      RecipeFixture.recipe(replacing: [("\"blocks\": 2", "\"blocks\": 0")]))
    let mistake = try pretrain(wrong, to: "out")
    #expect(mistake.status == 2)
    #expect(mistake.output.contains("error: expected a count from 1 to 268435456, found 0\n"))
    let wild = try RecipeFixture(
      RecipeFixture.recipe(replacing: [("\"peak\": 1e-2", "\"peak\": 1e30")]))
    let divergence = try pretrain(wild, to: "out")
    #expect(divergence.status == 3)
    #expect(divergence.output.contains("error: training diverged at step 2: the loss is "))
  }

  @Test func numbersMustBePositive() throws {
    let words = ["pretrain", "--recipe", "r.json", "--out", "o"]
    for option in ["--threads", "--steps"] {
      let run = try BuiltProgram()(words + [option, "0"])
      #expect(run.status != 0)
      #expect(run.output.contains("\(option): expected at least 1, found 0"))
    }
  }
}
