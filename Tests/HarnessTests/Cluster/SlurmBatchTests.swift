import Harness
import Testing

/// What Slurm says, and how it is read: texts as version 22.05 prints them.
@Suite struct SlurmBatchTests {
  @Test(arguments: [
    ("17|3|RUNNING|zeroqat-ab12-2|None", 3, BatchTask.State.running),
    ("17|0|PENDING|zeroqat-ab12-2|JobArrayTaskLimit", 0, .waiting(held: nil)),
    ("17|0|PENDING|zeroqat-ab12-2|JobHeldUser", 0, .waiting(held: "JobHeldUser")),
    ("17|0|COMPLETING|zeroqat-ab12-2|None", 0, .running),
    ("17|8|COMPLETED|zeroqat-ab12-2|None", 8, .ended),
    ("17|8|NODE_FAIL|zeroqat-ab12-2|None", 8, .ended),
    ("17|8|PREEMPTED|zeroqat-ab12-2|None", 8, .ended),
    ("17|8|CANCELLED|zeroqat-ab12-2|None", 8, .cancelled),
  ])
  func aLineOfTheQueue(line: String, task: Int, state: BatchTask.State) {
    #expect(
      SlurmBatch.task(line, of: "ab12")
        == BatchTask(submission: 2, task: task, job: "17", state: state))
  }

  @Test(arguments: [
    "17|N/A|RUNNING|zeroqat-ab12-2|None", "17|3|RUNNING|zeroqat-cd34-2|None",
    "17|3|RUNNING|(null)|None", "slurm_load_jobs error: Unable to contact slurm controller",
  ])
  func whatIsNoneOfOurs(line: String) { #expect(SlurmBatch.task(line, of: "ab12") == nil) }

  @Test func aLineOfThePast() {
    let numbers = ["17": 2]
    #expect(
      SlurmBatch.pastTask("17_4|CANCELLED by 1000", numbers)
        == BatchTask(submission: 2, task: 4, job: "17", state: .cancelled))
    #expect(
      SlurmBatch.pastTask("17_0|OUT_OF_MEMORY", numbers)
        == BatchTask(submission: 2, task: 0, job: "17", state: .ended))
    #expect(SlurmBatch.pastTask("17_[5-8]|PENDING", numbers) == nil)
    #expect(SlurmBatch.pastTask("18_0|COMPLETED", numbers) == nil)
  }

  @Test func aSettingOfTheConfiguration() {
    let text = "AccountingStorageType   = accounting_storage/none\nMaxArraySize            = 1001\n"
    #expect(SlurmBatch.setting("MaxArraySize", in: text) == "1001")
    #expect(SlurmBatch.setting("AccountingStorageType", in: text) == "accounting_storage/none")
    #expect(SlurmBatch.setting("MaxJobCount", in: text) == nil)
  }

  @Test func refusalsThatPass() {
    #expect(SlurmBatch.passes("sbatch: error: AssocMaxSubmitJobLimit\nsbatch: error: …"))
    #expect(
      SlurmBatch.passes(
        "sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)"
      ))
    #expect(
      !SlurmBatch.passes(
        "sbatch: error: Batch job submission failed: Invalid partition name specified"))
  }
}
