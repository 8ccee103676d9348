import Glibc

/// A small checkout in a temporary folder: one table, one model, one text, and a worker made of shell.
///
/// The worker echoes its cell in a finished record; a method option `behave` makes it misbehave. It
/// appends a line to `runs` for each start, so that tests can count. A file `behave` with such an option
/// in it does the same for all cells.
package final class SampleCheckout: Sendable {
  /// The folder that holds all of it.
  package let folder: TemporaryFolder

  /// The checkout.
  package var root: String { folder.path }
  /// The results.
  package var results: String { folder.path("results") }
  /// What `XDG_CACHE_HOME` names.
  package var cacheHome: String { folder.path("cache") }
  /// The worker's program.
  package var worker: String { folder.path("worker.sh") }
  /// The grid of the table `sample`.
  package var gridPath: String { folder.path("tables/sample/grid.json") }
  /// Environment variables under which everything is found.
  ///
  /// With what the sanitizers of this process were told: a child of theirs is to be told the same.
  package var environment: [String: String] {
    var result = [
      "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": root, "XDG_CACHE_HOME": cacheHome,
    ]
    for name in ["ASAN_OPTIONS", "UBSAN_OPTIONS"] {
      if let value = getenv(name) { result[name] = String(cString: value) }
    }
    return result
  }

  /// Two columns; full precision and two quantizing rows, one of which takes `behave`.
  ///
  /// - Returns: The grid's text, with `behave` and `scale` members put in.
  package static func grid(behave: String = "well", scale: String = "") -> String {
    """
    {
      "schema": 1, "table": "sample", "title": "A sample",
      "rows": [
        { "key": "fp", "label": "FP", "method": "full-precision" },
        { "key": "rtn", "label": "RTN", "method": "rtn" },
        { "key": "odd", "label": "Odd", "method": "odd", "options": { "behave": "\(behave)" } },
        { "key": "later", "label": "Later", "method": "later", "planned": true }
      ],
      "columns": [
        { "key": "ppl-w8a8", "label": "W8A8", "metric": "perplexity", "bits": "W8A8" },
        { "key": "ppl-w4a4", "label": "W4A4", "metric": "perplexity", "bits": "W4A4" },
        {
          "key": "acc-w4a4", "label": "Acc", "metric": "accuracy", "bits": "W4A4",
          "notRun": "no tasks yet"
        }
      ],
      "scales": {
        "small": {
          "model": "toy", "protocols": ["verse-8"], "seed": 1, "testWindows": 2\(scale)
        },
        "paper": { "notRun": "too large" }
      }
    }
    """
  }

  /// The model's manifest, with these anchors.
  ///
  /// - Returns: The manifest's text.
  package static func model(anchors: String = "") -> String {
    """
    {
      "schema": 1, "name": "toy", "label": "Toy", "architecture": "llama", "licence": "none",
      "origin": {
        "package": "toy-model", "version": "1.0", "kind": "wheel", "archive": "toy_model-1.0-*.whl",
        "bytes": 99, "sha256": "\(String(repeating: "a", count: 64))"
      },
      "environment": "ZEROQAT_TOY",
      "files": [
        {
          "name": "toy.gguf", "member": "toy_model/toy.gguf", "bytes": 12,
          "sha256": "b3782f71846a9c1a1239dcd5e1dddea79868fffd01f89b5ebce9dddc2a0b1337"
        }
      ],
      "bos": "none", "anchors": [\(anchors)]
    }
    """
  }

  /// The text's manifest.
  package static let dataset = """
    {
      "schema": 1, "name": "verse", "label": "Verse", "licence": "none",
      "environment": "ZEROQAT_VERSE",
      "files": [
        {
          "name": "verse.txt", "bytes": 62,
          "sha256": "df1c02e9e0217a74657a5c209889a0e39bae39fceba0a54ed72f119c1d07a5f1"
        }
      ],
      "join": "plain",
      "splits": [
        {
          "name": "lines",
          "train": [{ "file": "verse.txt", "from": 0, "to": 19 }],
          "development": [{ "file": "verse.txt", "from": 19, "to": 41 }],
          "test": [{ "file": "verse.txt", "from": 41 }]
        }
      ]
    }
    """

  /// The bytes of the model's file.
  package static let weights = "toy weights\n"

  /// The bytes of the text's file.
  package static let verse = "One line of verse.\nAnd then another one.\nA third for testing.\n"

  /// Called as the program itself is: `cell --spec S --out O --threads N --work W`.
  private static let workerScript = """
    #!/bin/sh
    root=$(dirname "$0"); spec=$3; out=$5; work=$9
    echo "$OPENBLAS_CORETYPE $OPENBLAS_NUM_THREADS ${OPENBLAS_L2_SIZE-unset} $spec" >>"$root/runs"
    record() {
      printf '{"schema": 2, "cell": '; cat "$spec"
      printf ', "digests": [{"name": "tokens.test", "text": "d"}]'
      printf ', "status": "%s", "scores": [{"split": "test", "metric": "perplexity",' "$1"
      nll=$(awk '{ if ($1 == "null") print; else printf "%.17g", log($1) }' "$root/value")
      printf '"value": %s, "meanNLL": %s, "standardErrorNLL": 0,' "$(cat "$root/value")" "$nll"
      tokens=$(sed -n 's/.*"windowTokens": *\\([0-9]*\\).*/\\1/p' "$spec")
      printf '"windowNLL": [%s, %s], "scoredTokens": %s}],' "$nll" "$nll" $((2 * tokens - 2))
      printf '"trajectory": [], "facts": [], "events": [], "measurement": {'
      printf '"phases": [%s], "wallSeconds": 1, "peakResidentBytes": %s, ' "$3" "$2"
      printf '"anonymousBytes": 1, "fileBytes": 1, "peakLiveTensorBytes": 1, "threads": 1, '
      printf '"blasCore": "x", "processor": "x", "processors": 1, "operatingSystem": "x", '
      printf '"compiler": "x", "resumes": 0}}'
    }
    case $(cat "$spec" "$root/behave" 2>/dev/null) in
      *'"behave": "crash"'*) echo "about to crash" >&2; kill -SEGV $$ ;;
      *'"behave": "garbage"'*) echo '{"schema": 1, nonsense' >"$out"; exit 0 ;;
      *'"behave": "silence"'*) exit 0 ;;
      *'"behave": "refuse"'*) echo "error: the odd method said no" >&2; echo "bye" >&2; exit 7 ;;
      *'"behave": "stranger"'*) record finished 1 | sed 's/"W4A4"/"W3A3"/' >"$out"; exit 0 ;;
      *'"behave": "understate"'*)
        x=$(head -c 134217728 /dev/zero | tr '\\0' a); test ${#x} -gt 0
        record finished 1048576 >"$out"; exit 0 ;;
      *'"behave": "boast"'*) record finished 999999999999 >"$out"; exit 0 ;;
      *'"behave": "boast by phase"'*)
        record finished 999999999999 \
          '{"name": "load", "wallSeconds": 1, "peakResidentBytes": 999999999999}' >"$out"
        exit 0 ;;
      *'"behave": "diverge"'*) record diverged 1 >"$out"; exit 0 ;;
      *'"behave": "large"'*)
        record tooLarge 1 | sed -e 's/"peakResidentBytes": 1,/&"analyticBytes": 9663676416,/' \
          -e 's/"scores":/"reason": "needs 9.0 GiB", "scores":/' >"$out"
        exit 0 ;;
      *'"behave": "meet"'*)
        echo >"$root/here.$$"; tries=0
        while [ "$(ls "$root" | grep -c '^here')" -lt 2 ]; do
          tries=$((tries + 1)); [ $tries -lt 200 ] || { echo "nobody came" >&2; exit 7; }
          sleep 0.05
        done ;;
      *'"behave": "dawdle"'*)
        if [ ! -e "$root/hurry" ]; then
          echo >"$work/log"; echo waiting >"$root/waiting"
          while [ ! -e "$root/hurry" ]; do sleep 0.05; done
        fi ;;
    esac
    record finished 1 >"$out"

    """

  /// A checkout whose files are all in the cache.
  ///
  /// - Parameters:
  ///   - grid: The text of the table's grid.
  ///   - model: The text of the model's manifest.
  ///   - isFetched: Whether the files are there.
  /// - Throws: ``FolderError`` when the folder can't be written.
  package init(
    grid: String = SampleCheckout.grid(), model: String = SampleCheckout.model(),
    isFetched: Bool = true
  ) throws {
    folder = try TemporaryFolder()
    for inner in [
      "tables", "tables/sample", "models", "models/toy", "datasets", "datasets/verse", "cache",
      "cache/zeroqat", "cache/zeroqat/models", "cache/zeroqat/models/toy",
      "cache/zeroqat/datasets", "cache/zeroqat/datasets/verse",
    ] {
      let path = folder.path(inner)
      guard mkdir(path, 0o755) == 0 else { throw FolderError(path: path, code: errno) }
    }
    try folder.write(grid, to: "tables/sample/grid.json")
    try folder.write(model, to: "models/toy/manifest.json")
    try folder.write(Self.dataset, to: "datasets/verse/manifest.json")
    try folder.write("29.96410004739701", to: "value")
    let script = try folder.write(Self.workerScript, to: "worker.sh")
    guard chmod(script, 0o755) == 0 else { throw FolderError(path: script, code: errno) }
    if isFetched {
      try folder.write(Self.weights, to: "cache/zeroqat/models/toy/toy.gguf")
      try folder.write(Self.verse, to: "cache/zeroqat/datasets/verse/verse.txt")
    }
  }

  /// What each start of the worker left: kernel set, threads, L2 size, and the cell's file.
  ///
  /// - Returns: One line per start, in order.
  package func runs() -> [String] {
    guard let bytes = try? TemporaryFolder.bytes(of: folder.path("runs")) else { return [] }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// Waits until a dawdling worker has begun; false after ten seconds.
  ///
  /// - Returns: Whether it has.
  package func waitForDawdler() -> Bool {
    for _ in 0..<1000 {
      if access(folder.path("waiting"), F_OK) == 0 { return true }
      usleep(10_000)
    }
    return false
  }
}
