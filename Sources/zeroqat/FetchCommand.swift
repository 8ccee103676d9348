internal import ArgumentParser
internal import Glibc
internal import Harness
internal import Hub
internal import System

/// `zeroqat fetch ORG/MODEL`: a model of the hub, into the hub's cache.
struct FetchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fetch",
    abstract:
      "Fetch a model of the hub into the hub's cache, where every command finds it by its id.",
    discussion: """
      Only what a model needs: configuration, tokenizer, and weights as safetensors, or as PyTorch's files where there \
      are none. What is there stays, what is half there is gone on with, and every file's digest is compared. The \
      folder's path goes to standard output, the rest to standard error.

      HF_HUB_CACHE, HF_HOME, HF_ENDPOINT, HF_TOKEN, HF_TOKEN_PATH, HF_HUB_OFFLINE and the variables of proxies mean \
      what they mean to huggingface_hub; Documentation/guides/Fetch.md has all of them. Exit status: 0 all of it is \
      there; 2 wrong use, refused by the hub, or no room; 3 broken off, and the same command goes on from there.
      """)

  @Argument(
    help: ArgumentHelp(
      "ORG/MODEL, hf:ORG/MODEL, or hf:MODEL for a repository without an owner.", valueName: "id"))
  var model: String

  @Option(help: "A branch, a tag or a commit.")
  var revision = "main"

  @Option(
    help: ArgumentHelp(
      "Files of this pattern instead of what a model needs; may be repeated, '*' stands for any text.",
      valueName: "pattern"))
  var include: [String] = []

  @Option(help: ArgumentHelp("Files that are left out; may be repeated.", valueName: "pattern"))
  var exclude: [String] = []

  @Flag(help: "Every file of the repository.")
  var all = false

  func validate() throws {
    if all, !include.isEmpty {
      throw ValidationError("--all is every file, so that --include adds none; leave one out")
    }
  }

  func run() throws {
    Interruption.install()
    // A limit on files' sizes then is an error like a full disk's.
    signal(SIGXFSZ, SIG_IGN)
    do {
      try fetch()
    } catch HubError.interrupted {
      say("\(HubError.interrupted)")
      throw ExitCode(Interruption.exitStatus(of: Interruption.current.number))
    } catch let error as HubError {
      say("error: \(error)")
      throw ExitCode(error.exitStatus)
    }
  }

  private func fetch() throws {
    let environment = processEnvironment()
    let catalog = try Catalog(Site.anywhere(root: nil, results: nil, environment: environment))
    let repository = try HubRepository(model, revision: revision, described: catalog.models)
    let settings = try HubSettings(environment)
    let isInterrupted = { Interruption.current.count > 0 }
    let progress = FetchProgress(isTerminal: isatty(2) == 1, now: monotonicSeconds) {
      writeToStandardError(Array($0.utf8))
    }
    let fetch = HubFetch(
      repository, FileChoice(include: include, exclude: exclude, all: all),
      into: HubCache(environment), from: settings,
      by: CurlTransport(settings.connections, isInterrupted: isInterrupted),
      clock: .system(isInterrupted: isInterrupted), progress: progress, report: { say($0) })
    let outcome = try fetch()
    say("\(repository.id): \(outcome.words)")
    try writeToStandardOutput(outcome.snapshot + "\n")
  }
}
