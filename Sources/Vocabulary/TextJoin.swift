/// How parts are joined and lines treated.
public enum TextJoin: String, Codable, Sendable, CaseIterable {
  /// WikiText's rows, as GPTQ, OmniQuant and ZeroQAT join them: split into lines at LF, a line with
  /// something in it keeps its LF, a blank one becomes empty, all are joined by two newlines.
  ///
  /// > Source: Frantar et al. 2022, released code, `datautils.py`: rows of `wikitext-2-raw-v1`.
  case wikitext2
  /// CR LF becomes LF; parts are joined by two newlines.
  case plain
}
