internal import JSONText
internal import Records

/// Holds the protocols of a grid to what the datasets behind them are: text or tasks.
///
/// The grid's own check knows datasets by name only.
struct ProtocolCheck {
  let grid: Grid
  let document: JSONDocument
  let catalog: Catalog

  /// Checks all scales that run.
  ///
  /// - Throws: `JSONError` at the first protocol that can't be taken, or for a bad manifest.
  func callAsFunction() throws(JSONError) {
    for scale in Scale.allCases {
      guard let settings = grid.scales[scale], settings.notRun == nil else { continue }
      let place = "/scales/\(scale.rawValue)"
      let requests = try requests(settings.protocols, at: place + "/protocols")
      if let index = requests.firstIndex(where: { $0.text == nil }),
        !requests.contains(where: { $0.text != nil && $0.tasks.isEmpty })
      {
        throw document.error(
          at: "\(place)/protocols/\(index)",
          "the scale's 'protocols' name no text to calibrate on; "
            + "name one, as in 'books-512+\(requests[index])'")
      }
      for (key, protocols) in settings.texts.sorted(by: { $0.key < $1.key }) {
        try checkStandIns(protocols, of: key, at: "\(place)/texts/\(key)")
      }
    }
  }

  /// Tasks stand for a task, and a text for a text.
  private func checkStandIns(
    _ protocols: [String], of key: String, at place: String
  ) throws(JSONError) {
    let standIns = try requests(protocols, at: place)
    let isTask = grid.columns.contains { $0.tasks.contains(key) }
    let isText = grid.columns.contains { $0.text == key }
    for (index, request) in standIns.enumerated() {
      if isTask, request.tasks.isEmpty {
        let known = try tasks.map { "'\($0)'" }.joined(separator: ", ")
        throw document.error(
          at: "\(place)/\(index)", "expected a task, found the text '\(request)'; tasks: \(known)")
      }
      if isText, request.text == nil {
        throw document.error(
          at: "\(place)/\(index)",
          "expected a text, as in 'books-512', found the task '\(request)'")
      }
    }
  }

  /// The protocols of a list, each of which its datasets must have.
  private func requests(_ protocols: [String], at place: String) throws(JSONError)
    -> [ProtocolRequest]
  {
    var requests: [ProtocolRequest] = []
    for (index, id) in protocols.enumerated() {
      let place = "\(place)/\(index)"
      let request: ProtocolRequest
      do { request = try ProtocolRequest(id, datasets: catalog.datasets) } catch {
        throw document.error(at: place, error.description)
      }
      if let text = request.text {
        let manifest = try catalog.dataset(text.dataset)
        do { _ = try manifest.firstSplit(for: text) } catch {
          throw document.error(at: place, error.description)
        }
      }
      for name in request.tasks {
        let manifest = try catalog.dataset(name.dataset)
        do { _ = try manifest.tasks(named: name, in: id) } catch {
          throw document.error(at: place, error.description)
        }
      }
      requests.append(request)
    }
    return requests
  }

  /// Datasets that hold tasks.
  private var tasks: [String] {
    get throws(JSONError) {
      var names: [String] = []
      for name in catalog.datasets where try !catalog.dataset(name).tasks.isEmpty {
        names.append(name)
      }
      return names
    }
  }
}
