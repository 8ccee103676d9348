internal import ArgumentParser
internal import Harness
internal import Records
internal import Reporting
internal import System

/// `zeroqat verify`: whether what is committed is whole, says the same everywhere, and comes out again.
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract:
      "Hold every committed number to its record, its digest, and, if asked, to a run of today.",
    discussion: """
      Without --audit nothing is run: files are hashed, records, protocols, logs and manifests read, and every page is \
      rendered again; under a minute. With it a random share of trainings is replayed from their logs, and of the other \
      cells as many run again. Documentation/guides/Report.md says what each line means.

      Exit status: 0 nothing is wrong; 1 something is, by its file's name; 2 wrong use.
      """)

  @Option(
    help: ArgumentHelp(
      "Replay and run again so many of the committed trainings and cells: '5%'.", valueName: "share"
    ))
  var audit: AuditShare?

  @Option(help: "With --audit: what the choice follows from. Default: a new random number.")
  var seed: UInt64?

  @Option(help: "With --audit: cells of this scale. Default: tiny; others take hours.")
  var scale = Scale.tiny.rawValue

  @Flag(
    help:
      "Check nothing: write tables/SHA256SUMS anew, after 'git diff' showed that every change is meant."
  )
  var writeDigests = false

  @OptionGroup var work: WorkOptions

  @Option(
    help: ArgumentHelp(
      "The program that runs a cell, called as 'cell' of this one.", visibility: .hidden))
  var worker = "/proc/self/exe"

  func validate() throws {
    if writeDigests, audit != nil {
      throw ValidationError("--write-digests checks nothing, and so audits nothing")
    }
    if audit == nil, seed != nil {
      throw ValidationError("--seed is what --audit chooses by; without it nothing is chosen")
    }
  }

  func run() throws {
    let site = try Site(
      root: work.root, results: work.results, environment: processEnvironment())
    let list = DigestList(root: site.root)
    guard !writeDigests else {
      try list.update()
      return say("\(DigestList.path): \(try DigestList.covered(root: site.root).count) files")
    }
    let scale = try Scale(named: scale)
    var checklist = try Verification(site, work).checklist()
    if let audit {
      Interruption.install()
      let seed = seed ?? UInt64.random(in: 0...UInt64.max)
      var repetition = Repetition(
        share: audit, scale: scale, seed: seed, work: work, worker: worker)
      checklist.items += try repetition.items()
    } else {
      for name in ["trainings", "cells"] {
        checklist.items.append(
          .init(.reproduced, name, notDone: "nothing was run; '--audit 5%' takes a random share"))
      }
    }
    try writeToStandardOutput(checklist.description)
    if !checklist.isSound { throw ExitCode(1) }
  }
}

/// A share of all that there is: `5%`.
struct AuditShare: ExpressibleByArgument, Equatable {
  /// Above 0, at most 1.
  let value: Double

  init?(argument: String) {
    guard argument.hasSuffix("%"), let percent = Double(argument.dropLast()), percent > 0,
      percent <= 100
    else { return nil }
    value = percent / 100
  }

  /// So many of `count`: at least one where there is one.
  func of(_ count: Int) -> Int { min(count, Int((value * Double(count)).rounded(.up))) }
}
