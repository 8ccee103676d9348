internal import Glibc
internal import Records
internal import System

/// Looks at a machine for ``MachineReport``: processor, memory, disk, caches, tools.
package struct MachineExamination {
  private let site: Site
  private let catalog: Catalog
  private let blas: (version: String, core: String)

  /// An examination of this machine.
  ///
  /// - Parameters:
  ///   - catalog: The checkout.
  ///   - blas: The library's name and version, and the kernel set that cells get.
  package init(_ catalog: Catalog, blas: (version: String, core: String)) {
    self.catalog = catalog
    site = catalog.site
    self.blas = blas
  }

  /// Everything, in the order in which a reader wants it.
  package func callAsFunction() -> MachineReport {
    MachineReport(
      [processor, library, memory] + disks + [hub] + copies + [texts] + [swift]
        + libraries + [git, gnuplot, pip])
  }

  // MARK: - The machine

  private var processor: MachineReport.Item {
    let set = KernelSet(processorFlags: BLASCore.processorFlags)
    let name =
      (smallFile("/proc/cpuinfo") ?? "").split(separator: "\n")
      .first { $0.hasPrefix("model name") }
      .flatMap { $0.split(separator: ":", maxSplits: 1).last }
      .map { String($0.drop { $0 == " " }) } ?? "unknown processor"
    let path = set == .portable ? "plain C kernels" : "kernels for \(set.rawValue)"
    return .init("processor", .good, "\(name), \(onlineProcessors()) logical processors; \(path)")
  }

  private var library: MachineReport.Item {
    let inherited = site.environment["OPENBLAS_CORETYPE"].flatMap { $0.isEmpty ? nil : $0 }
    let aside = inherited.map {
      $0 == blas.core ? "" : " (not OPENBLAS_CORETYPE's \($0); --blas-core inherit takes that)"
    }
    return .init(
      "BLAS", .good, "\(blas.version), cells get its \(blas.core) kernels" + (aside ?? ""))
  }

  private var memory: MachineReport.Item {
    let bytes = MachineMemory.bytes
    let limit = MachineMemory.controlGroupBytes(smallFile("/proc/self/cgroup") ?? "")
    let words =
      "\(gibibytes(bytes)) GiB"
      + (limit.map { $0 <= bytes ? ", as the control group permits" : "" }
        ?? ", no control group limits it")
    guard bytes >= 2 << 30 else {
      return .init(
        "memory", .lacking, words, remedy: "the build and scale small want 4 GiB; raise the limit")
    }
    return .init("memory", .good, words)
  }

  /// Where records and fetched files go.
  private var disks: [MachineReport.Item] {
    [
      disk(
        "results", site.results, variable: nil, remedy: "free some, or name another --results"),
      disk(
        "cache", site.cache,
        variable: site.environment["XDG_CACHE_HOME"].flatMap {
          $0.hasPrefix("/") ? "XDG_CACHE_HOME" : nil
        }, remedy: "free some, or name another folder with XDG_CACHE_HOME"),
    ]
  }

  private func disk(_ name: String, _ path: String, variable: String?, remedy: String)
    -> MachineReport.Item
  {
    var there = path
    while FileStatus(of: there) == nil, there != "/", there != "." { there = parent(of: there) }
    var status = statvfs()
    guard statvfs(there, &status) == 0 else {
      return .init(
        name, .missing, "'\(path)' can't be looked at: \(systemWords(errno))", remedy: remedy)
    }
    let free = Int(
      clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        .partialValue)
    let words =
      "'\(path)'" + (variable.map { " (\($0))" } ?? "") + ", \(gibibytes(free)) GiB free"
    if access(there, W_OK) != 0 {
      return .init(name, .missing, words + ", not writable", remedy: remedy)
    }
    return free < 1 << 30 ? .init(name, .lacking, words, remedy: remedy) : .init(name, .good, words)
  }

  // MARK: - Models and texts

  private var hub: MachineReport.Item {
    let hub = HubCache(site.environment)
    let models = hub.models
    let count = FileStatus(of: hub.path) == nil ? "not there" : counted(models.count, "model")
    return .init("hub's cache", .good, "\(hub.words), \(count)")
  }

  /// The user's own copies, by variable.
  private var copies: [MachineReport.Item] {
    var variables: [String] = []
    for name in catalog.models {
      variables += (try? catalog.model(name).environment).map { [$0] } ?? []
    }
    for name in catalog.datasets {
      variables += (try? catalog.dataset(name).environment).map { [$0] } ?? []
    }
    return Set(variables).sorted().compactMap { variable in
      guard let path = site.environment[variable], !path.isEmpty else { return nil }
      guard FileStatus(of: path) != nil else {
        return .init(
          variable, .missing, "'\(path)', where there is nothing", remedy: "correct it or unset it")
      }
      return .init(variable, .good, "'\(path)'")
    }
  }

  private var texts: MachineReport.Item {
    var locator = AssetLocator(site)
    var (here, absent) = ([String](), [String]())
    for name in catalog.datasets {
      guard let texts = try? DatasetTexts(of: name, catalog: catalog, locator: &locator) else {
        continue
      }
      if texts.assets.allSatisfy(\.exists) { here.append(name) } else { absent.append(name) }
    }
    let words =
      "here: \(here.isEmpty ? "none" : here.joined(separator: ", "))"
      + (absent.isEmpty ? "" : "; not here: \(absent.joined(separator: ", "))")
    return here.isEmpty && !absent.isEmpty
      ? .init("texts", .lacking, words, remedy: "./reproduce.sh table2 fetches those of its scale")
      : .init("texts", .good, words)
  }

  // MARK: - Tools

  private var swift: MachineReport.Item {
    let remedy = "Swift 6.2 or later: https://www.swift.org/install/linux/"
    guard let path = program("swift") else {
      return .init("Swift", .missing, "no 'swift' in PATH", remedy: remedy)
    }
    guard let answer = answer(of: path, "--version"),
      let version = answer.firstMatch(of: /Swift version (\d+)\.(\d+)[^ ]*/)
    else {
      return .init("Swift", .missing, "'\(path) --version' doesn't answer", remedy: remedy)
    }
    let (major, minor) = (Int(version.1) ?? 0, Int(version.2) ?? 0)
    let words = "\(version.0.dropFirst("Swift version ".count)) at \(path)"
    return (major, minor) >= (6, 2)
      ? .init("Swift", .good, words)
      : .init("Swift", .missing, words + ", older than 6.2", remedy: remedy)
  }

  /// What the build links with.
  private var libraries: [MachineReport.Item] {
    guard let tool = program("pkg-config") else {
      return [package("pkg-config", "pkg-config", "not in PATH")]
    }
    return [("openblas", "libopenblas-dev"), ("json-c", "libjson-c-dev")].map { name, debian in
      guard let version = answer(of: tool, "--modversion", name) else {
        return package(name, debian, "pkg-config doesn't know it")
      }
      return .init(name, .good, version)
    }
  }

  private var git: MachineReport.Item {
    program("git").map { .init("git", .good, $0) } ?? package("git", "git", "not in PATH")
  }

  private var gnuplot: MachineReport.Item {
    program("gnuplot").map { .init("gnuplot", .good, $0) }
      ?? package("gnuplot", "gnuplot-nox", "not in PATH: tables have no pictures", .lacking)
  }

  private var pip: MachineReport.Item {
    guard let python = program("python3") else {
      return package(
        "pip", "python3 python3-pip", "no python3 in PATH: models and texts can't be fetched",
        .lacking)
    }
    return answer(of: python, "-m", "pip", "--version").map {
      .init("pip", .good, $0.split(separator: " ").prefix(2).joined(separator: " "))
    }
      ?? package(
        "pip", "python3-pip", "python3 has none: models and texts can't be fetched", .lacking)
  }

  private func package(
    _ name: String, _ debian: String, _ words: String, _ state: MachineReport.Item.State = .missing
  ) -> MachineReport.Item {
    let sudo = getuid() == 0 ? "" : "sudo "
    return .init(
      name, state, words,
      remedy: "\(sudo)apt-get update && \(sudo)apt-get install -y --no-install-recommends \(debian)"
    )
  }

  /// Where PATH has a program.
  private func program(_ name: String) -> String? {
    (site.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }.first {
      FileStatus(of: $0)?.isRegular == true && access($0, X_OK) == 0
    }
  }

  /// What a program says, its first line; nil where it fails.
  private func answer(of program: String, _ arguments: String...) -> String? {
    var output: [UInt8] = []
    let child = ChildProcess(
      executable: program, arguments: arguments, environment: site.environment)
    guard let ending = try? child.run(output: { output += $0 }), ending.exit == .status(0) else {
      return nil
    }
    let text = String(decoding: output, as: UTF8.self)
    return text.split(separator: "\n").first { $0.contains("Swift version") }.map(String.init)
      ?? text.split(separator: "\n").first.map(String.init)
  }

  private func gibibytes(_ bytes: Int) -> String {
    rounded(Double(bytes) / Double(1 << 30), digits: 1)
  }
}
