internal import Records

extension HubError: CustomStringConvertible {
  /// What is wrong, and what to do about it.
  package var description: String {
    switch self {
    case .notAnID(let text, let reason):
      "'\(Self.shown(text))' isn't an id of the hub, ORG/MODEL: \(reason)"
    case .badRevision(let text): "'\(Self.shown(text))' can't be a branch, a tag or a commit"
    case .badSetting(let variable, let reason): "\(variable): \(reason)"
    case .offline(let variable, let id, let revision, let missing):
      "\(variable) is set, and the hub's cache lacks \(missing) of '\(id)' at '\(revision)'; unset it to fetch"
    case .unauthorized(let id, nil):
      "the hub doesn't show '\(id)' to strangers (401): it is private or gated, or doesn't exist; "
        + "check the name, or set HF_TOKEN"
    case .unauthorized(let id, let source?):
      "the hub doesn't accept the token of \(source) for '\(id)' (401)"
    case .gated(let id, let page, let token):
      "'\(id)' is gated: ask for access at \(page)"
        + (token.map { ", as whom the token of \($0) is" } ?? ", and set HF_TOKEN")
    case .forbidden(let id, let reason):
      "the hub refuses '\(id)' (403)" + (reason.map { ": \(Self.shown($0))" } ?? "")
    case .noRepository(let id, let hasToken):
      "the hub has no model '\(id)'" + (hasToken ? " that this token may see" : "")
    case .noRevision(let id, let revision): "'\(id)' has no revision '\(revision)'"
    case .noFile(let path, let id): "'\(id)' has no file '\(path)', though it was listed"
    case .tooMany(let host, let seconds):
      "\(host) has too many requests (429)"
        + (seconds.map { " and asks to wait \($0) s; do the same later" } ?? "; do the same later")
    case .unavailable(let host, let status, let attempts):
      "\(host) answered \(status)\(attempts > 1 ? ", \(attempts) times" : ""); the same command goes on from there"
    case .transport(let error, let attempts):
      attempts > 1
        ? "\(error), \(attempts) times; the same command goes on from there"
        : "\(error)"
    case .unexpected(let host, let status): "\(host) answered \(status), which is no answer to that"
    case .badRedirect(let host, let reason): "\(host) sends elsewhere: \(reason)"
    case .answerTooLong(let host, let bytes):
      "\(host) answered with more than \(bytes) bytes, where a short text was expected"
    case .badListing(let id, let reason):
      "what the hub says of '\(id)' can't be used: \(reason); is HF_ENDPOINT a hub?"
    case .unsafeName(let path, let id):
      "'\(id)' has a file '\(Self.shown(path))', a name that leads out of its folder or can't be shown; nothing is fetched"
    case .nothingMatches(let id, let patterns, let known):
      patterns.isEmpty
        ? "'\(id)' has no file that isn't excluded"
        : "'\(id)' has no file that is \(patterns.map { "'\($0)'" }.joined(separator: " or ")); it has \(someOf(known))"
    case .noConfiguration(let id, let gguf):
      "'\(id)' has no config.json, so that it isn't a model in the hub's layout; \(Self.instead(gguf))"
    case .noWeights(let id, let gguf):
      "'\(id)' has neither model.safetensors nor pytorch_model.bin, whole or in parts; \(Self.instead(gguf))"
    case .badIndex(let path, let reason): "'\(path)' of the repository can't be used: \(reason)"
    case .badFacts(let path, let reason): "what the hub says of '\(path)' can't be used: \(reason)"
    case .wrongSize(let path, let expected, let found):
      "'\(path)' came with the wrong size: expected \(expected) bytes, found \(found)"
    case .wrongDigest(let path, let expected, let found):
      "'\(path)' came with the wrong bytes: expected \(expected.words) \(expected), found \(found); "
        + "they are removed, and the same command fetches them again"
    case .noSpace(let bytes, let free, let folder):
      "\(byteWords(bytes)) are to be fetched, and \(byteWords(free)) are free at '\(folder)'; make room, or name "
        + "another folder with HF_HUB_CACHE"
    case .disk(let error):
      "\(error); what came so far is kept, and the same command goes on from there"
    case .interrupted: "interrupted; the same command goes on from there"
    }
  }

  private static func instead(_ gguf: [String]) -> String {
    gguf.first.map {
      "--include '\($0)' fetches that file" + (gguf.count > 1 ? ", one of \(gguf.count)" : "")
    } ?? "--all fetches what there is"
  }
}

/// The first four names, quoted, and how many more there are.
private func someOf(_ names: [String]) -> String {
  let named = names.prefix(4).map { "'\($0)'" }.joined(separator: ", ")
  return names.count > 4 ? "\(named) and \(names.count - 4) more" : named
}

/// A number of bytes as a person reads it: `512 bytes`, `1.5 KiB`, `12.3 GiB`.
func byteWords(_ bytes: Int) -> String {
  var (value, unit) = (Double(bytes), 0)
  let names = ["bytes", "KiB", "MiB", "GiB", "TiB"]
  while value >= 1024, unit < names.count - 1 {
    value /= 1024
    unit += 1
  }
  if unit == 0 { return "\(bytes) \(bytes == 1 ? "byte" : "bytes")" }
  let tenths = Int((value * 10).rounded())
  return "\(tenths / 10).\(tenths % 10) \(names[unit])"
}
