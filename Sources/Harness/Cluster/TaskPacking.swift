internal import Records

/// Cells put together to tasks, and tasks to arrays.
///
/// Cells that share a training are in one task, one after the other: the first does it, the others take it up. Of
/// others, short ones fill a task of ``ClusterProfile/taskMinutes``.
package struct TaskPacking: Sendable {
  /// A cell that is to be submitted.
  package struct Item: Sendable {
    /// Its entry in the plan.
    package var entry: PlanEntry
    /// MiB that it needs, where it was found to need more than estimated.
    package var mebibytes: Double?
    /// Submissions that must be at their end before it may run, by their numbers.
    package var after: [Int]

    /// An item from its parts.
    package init(entry: PlanEntry, mebibytes: Double? = nil, after: [Int] = []) {
      self.entry = entry
      self.mebibytes = mebibytes
      self.after = after
    }
  }

  /// Cells that run one after the other.
  package struct Task: Sendable {
    /// In this order.
    package var entries: [PlanEntry]
    /// What they should take together, minutes.
    package var minutes: Double
  }

  /// Tasks that are submitted together.
  package struct Group: Sendable {
    /// What each asks for.
    package var request: TaskRequest
    /// What must be at its end before.
    package var after: [Int]
    /// The tasks.
    package var tasks: [Task]
  }

  private let profile: ClusterProfile
  private let threads: Int
  private let sharing: Set<String>

  /// A way to pack.
  ///
  /// - Parameters:
  ///   - profile: What the cluster takes.
  ///   - threads: Processors of each task.
  ///   - sharing: Methods whose cells may share one training.
  package init(_ profile: ClusterProfile, threads: Int, sharing: Set<String>) {
    self.profile = profile
    self.threads = threads
    self.sharing = sharing
  }

  /// What can't be parted, and what it asks for but for its time.
  private struct Unit {
    var entries: [PlanEntry]
    var minutes: Double
    var place: Place
  }

  private struct Place: Hashable {
    var mebibytes: Int
    var isExclusive: Bool
    var after: [Int]
  }

  /// Packs cells in the order of the plan.
  ///
  /// - Returns: Groups, in the order of their first cells.
  package func groups(of items: [Item]) -> [Group] {
    var places: [Place] = []
    var byPlace: [Place: [Unit]] = [:]
    for unit in units(of: items) {
      if byPlace[unit.place] == nil { places.append(unit.place) }
      byPlace[unit.place, default: []].append(unit)
    }
    var groups: [Group] = []
    for place in places {
      for task in tasks(of: byPlace[place] ?? []) {
        let request = TaskRequest(
          minutes: TaskRequest.minutes(for: task.minutes, limit: profile.limits.minutes),
          mebibytes: place.mebibytes, threads: threads, isExclusive: place.isExclusive)
        if let index = groups.firstIndex(where: { $0.request == request && $0.after == place.after }
        ) {
          groups[index].tasks.append(task)
        } else {
          groups.append(Group(request: request, after: place.after, tasks: [task]))
        }
      }
    }
    return groups
  }

  private func units(of items: [Item]) -> [Unit] {
    var units: [Unit] = []
    var trainings: [String: Int] = [:]
    for item in items {
      let expected = item.mebibytes ?? Double(item.entry.expectedBytes) / 1_048_576
      let unit = Unit(
        entries: [item.entry], minutes: item.entry.minutes ?? profile.unknownMinutes,
        place: Place(
          mebibytes: TaskRequest.mebibytes(for: expected, limit: profile.limits.mebibytes),
          isExclusive: item.entry.needsQuiet, after: item.after))
      guard let training = item.entry.training(sharedBy: sharing) else {
        units.append(unit)
        continue
      }
      guard let index = trainings[training] else {
        trainings[training] = units.count
        units.append(unit)
        continue
      }
      units[index].entries += unit.entries
      units[index].minutes += unit.minutes
      let place = units[index].place
      units[index].place = Place(
        mebibytes: max(place.mebibytes, unit.place.mebibytes),
        isExclusive: place.isExclusive || unit.place.isExclusive,
        after: Set(place.after + unit.place.after).sorted())
    }
    return units
  }

  private func tasks(of units: [Unit]) -> [Task] {
    var tasks: [Task] = []
    for unit in units {
      if let last = tasks.last, last.minutes + unit.minutes <= profile.taskMinutes {
        tasks[tasks.count - 1].entries += unit.entries
        tasks[tasks.count - 1].minutes += unit.minutes
      } else {
        tasks.append(Task(entries: unit.entries, minutes: unit.minutes))
      }
    }
    return tasks
  }
}
