package import System

/// What keeps a table from being planned or run; every case ends the program with status 2.
package enum HarnessError: Error, Sendable, Equatable {
  /// The folder isn't in a checkout.
  case noCheckout(String)
  /// There is no such table.
  case unknownTable(String, suggestion: String)
  /// The table is made of words: it has no cells to plan, run or check.
  case tableOfWords(String)
  /// There is no such dataset.
  case unknownDataset(String, suggestion: String)
  /// No scale has that name.
  case unknownScale(String, suggestion: String)
  /// The grid doesn't have that scale.
  case scaleNotInGrid(String, table: String)
  /// A protocol was named for a table whose columns name their texts.
  case severalTexts(table: String)
  /// No cell's name holds the filter's text.
  case nothingMatches(filter: String, rows: [String], columns: [String])
  /// An environment variable names something that isn't there.
  case variableNamesNothing(variable: String, path: String)
  /// An environment variable names something that isn't a folder with a model in it.
  case variableNamesNoModel(variable: String, path: String)
  /// An environment variable names a folder that lacks files, which aren't looked for elsewhere.
  case variableNamesIncomplete(variable: String, path: String, missing: [String])
  /// An environment variable names one file where a folder of several is meant.
  case variableNamesOneFile(variable: String, path: String, count: Int)
  /// A file hasn't the bytes that its manifest says.
  case wrongDigest(path: String, holder: AssetHolder, expected: String, found: String)
  /// A file hasn't the size that its manifest says.
  case wrongSize(path: String, holder: AssetHolder, expected: Int, found: Int)
  /// A file hasn't the bytes any more that it had when it was digested.
  case changedWhileRead(String)
  /// Files that a fetch can bring aren't there.
  case missingFiles([String], table: String, scale: String)
  /// A dataset of tasks, where texts are wanted.
  case noTexts(dataset: String)
  /// Files of a dataset that aren't there.
  case missingTexts([String], dataset: String)
  /// Another runner holds the results folder.
  case resultsInUse(path: String, processID: String)
  /// A task of a cluster is at work on a cell of this results folder.
  case cellInUse(String, results: String)
  /// The results folder can't be written.
  case results(FileError)
  /// A committed record, for this reason, isn't what was published.
  case damagedRecord(String)
  /// Publishing would remove the committed records at these places, for which there is no fresh one.
  case wouldLose([String], table: String)
  /// An option that names a folder is empty.
  case emptyFolder(option: String)
  /// A model of `models/` whose files aren't on this machine.
  case missingModel(String, path: String, environment: String)
  /// A model's files don't hold a model; the reason is the worker's.
  case unreadableModel(reason: String)
  /// The worker couldn't be started at all.
  case cannotStart(FileError)
  /// A program of the cluster refused, in its own words.
  case scheduler(command: String, words: String)
  /// What a job is told to do isn't what this program can do.
  case badTask(String)
}

extension HarnessError: CustomStringConvertible {
  /// What is wrong, and the nearest right thing.
  package var description: String {
    switch self {
    case .noCheckout(let folder):
      "'\(folder)' isn't in a checkout (no folders 'tables' and 'models'); "
        + "change to one or name it with --root"
    case .unknownTable(let name, let suggestion): "unknown table '\(name)'; \(suggestion)"
    case .tableOfWords(let table):
      "\(table) is a table of words and holds no cells; 'zeroqat render \(table)' makes it"
    case .unknownDataset(let name, let suggestion): "unknown dataset '\(name)'; \(suggestion)"
    case .unknownScale(let name, let suggestion): "unknown scale '\(name)'; \(suggestion)"
    case .scaleNotInGrid(let scale, let table):
      "\(table) has no scale '\(scale)' in its grid.json"
    case .severalTexts(let table):
      "the columns of \(table) name their texts, so --protocol can't; "
        + "change \"texts\" in tables/\(table)/grid.json"
    case .nothingMatches(let filter, let rows, let columns):
      "no cell's name contains '\(filter)'; a name reads 'row=… column=… bits=… seed=…', "
        + "the rows are \(rows.joined(separator: ", ")), "
        + "the columns \(columns.joined(separator: ", "))"
    case .variableNamesNoModel(let variable, let path):
      "\(variable) is set to '\(path)', where there is no config.json; "
        + "name the folder that has it or unset it"
    case .variableNamesNothing(let variable, let path):
      "\(variable) is set to '\(path)', which doesn't exist; correct it or unset it"
    case .variableNamesIncomplete(let variable, let path, let missing):
      "\(variable) is set to '\(path)', where there is no \(someOf(missing)); "
        + "name the folder that has \(missing.count > 1 ? "them" : "it") or unset it"
    case .variableNamesOneFile(let variable, let path, let count):
      "\(variable) is set to '\(path)', which isn't a folder; "
        + "name the folder that has all \(count) files or unset it"
    case .wrongDigest(let path, let holder, let expected, let found):
      "'\(path)' has the wrong bytes: expected SHA-256 \(expected), found \(found); "
        + holder.advice
    case .wrongSize(let path, let holder, let expected, let found):
      "'\(path)' has the wrong size: expected \(expected) bytes, found \(found); "
        + holder.advice
    case .changedWhileRead(let path):
      "'\(path)' changed while it was read; do it again once the file stays as it is"
    case .missingFiles(let paths, let table, let scale):
      "missing: \(someOf(paths)); "
        + "./reproduce.sh \(table) --scale \(scale) fetches what is missing"
    case .noTexts(let dataset): "\(dataset) holds tasks, not texts"
    case .missingTexts(let paths, let dataset):
      "missing texts of \(dataset): \(someOf(paths)); 'zeroqat assets --dataset \(dataset)' says where they come from"
    case .resultsInUse(let path, let processID):
      "the results folder '\(path)' is in use by process \(processID); "
        + "wait for it, or name another folder with --results"
    case .cellInUse(let cell, let results):
      "\(cell) is being run by another process in '\(results)', perhaps a task of a cluster; "
        + "follow its run with --executor, or wait for it"
    case .results(let error):
      "\(error); nothing is lost: finished cells are kept, "
        + "free the disk or name another folder with --results"
    case .damagedRecord(let reason):
      // Under an excerpt of the file the advice has a line of its own.
      reason + (reason.contains("\n") ? "\n  " : "; ")
        + "restore the committed record, or publish it again"
    case .wouldLose(let places, let table):
      "publishing would remove \(places.count == 1 ? "a committed record" : "committed records") "
        + "without a new one in place: \(places.joined(separator: ", ")); "
        + "run all of \(table) first, or remove what you no longer want"
    case .emptyFolder(let option): "\(option) is empty; name a folder or leave the option out"
    case .missingModel(let name, let path, let environment):
      "the files of \(name) aren't on this machine: expected '\(path)'; \(environment) can name your copy"
    case .unreadableModel(let reason): "the model can't be used: \(reason)"
    case .cannotStart(let error): "\(error)"
    case .scheduler(let command, let words): "'\(command)' refused: \(words)"
    case .badTask(let reason): reason
    }
  }
}

/// The first four paths, quoted, and how many more there are: a dataset can have fifty files.
private func someOf(_ paths: [String]) -> String {
  let named = paths.prefix(4).map { "'\($0)'" }.joined(separator: ", ")
  return paths.count > 4 ? "\(named) and \(paths.count - 4) more" : named
}
