internal import ArgumentParser
internal import Audit
internal import Harness
internal import JSONText
internal import Records
internal import Reporting
internal import System
internal import Worker

/// Everything that can be held to something else without running a cell.
struct Verification {
  private let site: Site
  private let work: WorkOptions
  private let catalog: Catalog
  private let soundness: CommittedSoundness

  init(_ site: Site, _ work: WorkOptions) throws {
    self.site = site
    self.work = work
    catalog = try Catalog(site, architectures: architectureNames)
    soundness = CommittedSoundness(root: site.root)
  }

  /// All items, one after the other; what can't be read is a fault of its item, and the others go on.
  func checklist() throws -> ArtifactChecklist {
    var list = ArtifactChecklist()
    let (files, faults) = try DigestList(root: site.root).faults()
    list.items.append(
      .init(.complete, "files", "\(files) held to \(DigestList.path)", faults: faults))
    list.items.append(manifests())
    list.items.append(data())
    let records = try soundness.records()
    list.items.append(
      .init(
        .consistent, "records",
        "\(records.sound.count + records.faults.count) read: ids by their cells, scores by their windows",
        faults: records.faults))
    let protocols = try soundness.protocols()
    list.items.append(
      .init(
        .consistent, "protocols", "\(protocols.count) read: names by what they say",
        faults: protocols.faults))
    list.items.append(try logs(of: records.sound))
    list.items.append(pages())
    list.items.append(certificates())
    return list
  }

  private func words(_ errors: [any Error]) -> [String] { soundness.words(errors.map { "\($0)" }) }

  /// Grids, claims, and manifests of models and texts.
  private func manifests() -> ArtifactChecklist.Item {
    var errors: [any Error] = []
    var count = 0
    func read(_ body: () throws -> Void) {
      count += 1
      do { try body() } catch { errors.append(error) }
    }
    for table in catalog.tables {
      read {
        let grid = try catalog.grid(of: table, methods: methodRegistry)
        guard FileStatus(of: ClaimFiles.path(of: table, site)) != nil else { return }
        _ = try ClaimFiles.sheet(of: table, grid, site)
      }
    }
    for table in catalog.textTables { read { _ = try catalog.textTable(table) } }
    for model in catalog.models { read { _ = try catalog.model(model) } }
    for dataset in catalog.datasets { read { _ = try catalog.dataset(dataset) } }
    return .init(
      .complete, "manifests", "\(count) grids and manifests read", faults: words(errors))
  }

  /// Files of models and texts, hashed now, whatever is remembered of them.
  private func data() -> ArtifactChecklist.Item {
    var errors: [any Error] = []
    var faults: [String] = []
    var (hashed, absent) = (0, 0)
    var locator = AssetLocator(site)
    func hash(_ assets: [Asset]) throws {
      for asset in assets {
        guard asset.exists else {
          absent += 1
          continue
        }
        guard let expected = asset.file.sha256 else { continue }
        hashed += 1
        let found = try digest(ofFile: asset.path)
        if found != expected {
          faults.append(
            "\(asset.path): expected SHA-256 \(expected.prefix(12))… by the manifest of \(asset.name), found "
              + "\(found.prefix(12))…")
        }
      }
    }
    for name in catalog.models {
      do { try hash(locator.files(of: try catalog.model(name))) } catch { errors.append(error) }
    }
    for name in catalog.datasets {
      do { try hash(locator.files(of: try catalog.dataset(name))) } catch { errors.append(error) }
    }
    // A manifest that can't be read has its fault there.
    let others = errors.filter { !($0 is JSONError) }
    return .init(
      .complete, "data",
      "\(hashed) files of models and texts hashed; \(absent) aren't on this machine",
      faults: soundness.words(faults) + words(others))
  }

  /// Logs of trainings: whole, and those of their records.
  private func logs(of records: [RunRecord]) throws -> ArtifactChecklist.Item {
    var errors: [any Error] = []
    var found: Set<String> = []
    var (read, without) = (0, 0)
    for record in records where record.isReplayable {
      let address = record.cell.address
      guard let scale = Scale(rawValue: address.scale) else { continue }
      let folder = ReplayFolder(root: site.root, table: address.table, scale: scale)
      guard found.insert(folder.path(of: address)).inserted else { continue }
      do {
        if try folder.file(of: record) == nil { without += 1 } else { read += 1 }
      } catch {
        read += 1
        errors.append(error)
      }
    }
    var faults = words(errors)
    for table in try listFolder("\(site.root)/tables") {
      let folder = "\(site.root)/tables/\(table)/replay"
      guard FileStatus(of: folder)?.isFolder == true else { continue }
      for scale in try listFolder(folder) {
        for name in try listFolder("\(folder)/\(scale)")
        where !found.contains("\(folder)/\(scale)/\(name)") {
          faults.append(
            "tables/\(table)/replay/\(scale)/\(name): no sound record is of its training")
        }
      }
    }
    return .init(
      .consistent, "logs",
      "\(read) trainings have a log: its digest, its record's losses; \(without) have none",
      faults: faults)
  }

  /// Every page, rendered again.
  private func pages() -> ArtifactChecklist.Item {
    do {
      let options = try TableOptions.parse([
        "--budget", Budget.full.rawValue, "--root", site.root,
      ])
      let (count, faults) = CommittedPages(catalog, options).faults()
      return .init(
        .consistent, "pages", "\(count) rendered again from their records",
        faults: soundness.words(faults))
    } catch {
      return .init(.consistent, "pages", "not rendered", faults: words([error]))
    }
  }

  /// Whether every record is of today's program, or proven to be what that gives.
  private func certificates() -> ArtifactChecklist.Item {
    do {
      let tables = try CommittedTables(of: nil, scale: nil, work, worker: "")
      let session = Certification(
        today: builtScience, certificates: try tables.file.read(), committed: tables.witnesses)
      let faults = session.stale.map { group in
        let places = group.committed.map(\.place)
        return
          "\(places.first ?? ""): of science \(group.science.short), which nothing leads to today's from"
          + (places.count > 1 ? " (and \(places.count - 1) more)" : "")
      }
      return .init(
        .consistent, "certificates",
        "\(tables.witnesses.count) records: measured by today's program, or certified for it",
        faults: faults)
    } catch {
      return .init(.consistent, "certificates", "not followed", faults: words([error]))
    }
  }
}
