package import JSONText

/// What a lab says of its cluster: a JSON file beside its other settings, never part of a record.
///
/// Every member has a default, so that a profile names what differs.
package struct ClusterProfile: HasDefaults, Sendable, Equatable {
  /// The version of this layout.
  package static let currentSchema = 1
  /// A cluster that needs no word.
  package static let defaults = ClusterProfile()

  /// Version of this layout.
  package var schema = ClusterProfile.currentSchema
  /// Tasks of an array that run at a time; null for as many as the cluster gives.
  package var atATime: Int?
  /// Processors of a task, and threads of its cells; null for what `--threads` says, else 1.
  package var threads: Int?
  /// Short cells are packed into tasks of about so many minutes.
  package var taskMinutes = 30.0
  /// Minutes asked for a cell that nobody has an estimate of.
  package var unknownMinutes = 60.0
  /// What may be asked for.
  package var limits = ClusterLimits()
  /// Seconds between the signal that a task's time is up and its end.
  package var graceSeconds = 60
  /// How often a cell is submitted before it is given up, when machines fail.
  package var attempts = 3
  /// Seconds between two looks at the queue.
  package var pollSeconds = 30.0
  /// Seconds that a task may be gone before what it hasn't left counts as lost: network file systems show new
  /// files of other machines late.
  package var settleSeconds = 60.0
  /// Names for `module load`, in this order.
  package var modules: [String] = []
  /// What stands before the program, such as `["apptainer", "exec", "zeroqat.sif"]`.
  package var container: [String] = []
  /// What Slurm is told besides.
  package var slurm = SlurmSettings()
  /// How another scheduler is spoken to; null where there is none.
  package var commands: SchedulerCommands?

  /// A profile that says nothing.
  package init() {}

  /// Reads a profile and holds it to its rules.
  ///
  /// - Throws: ``JSONError`` at the first value that breaks one, or that nobody knows.
  package init(document: JSONDocument) throws(JSONError) {
    self = try document.decode(ClusterProfile.self)
    try check(in: document)
  }
}

/// The most that a cluster takes; null where the scheduler itself is asked, or where it sets no limit.
package struct ClusterLimits: HasDefaults, Sendable, Equatable {
  /// No limit.
  package static let defaults = ClusterLimits()

  /// Minutes of a task.
  package var minutes: Double?
  /// MiB of a task.
  package var mebibytes: Double?
  /// Tasks of one array.
  package var arraySize: Int?
  /// Tasks in the queue, waiting or running.
  package var submitted: Int?

  /// No limit.
  package init() {}
}

/// Options of `sbatch` that a site needs.
package struct SlurmSettings: HasDefaults, Sendable, Equatable {
  /// None.
  package static let defaults = SlurmSettings()

  /// `--partition`.
  package var partition: String?
  /// `--account`.
  package var account: String?
  /// `--qos`.
  package var qos: String?
  /// Further options, one each, such as `--constraint=avx512`.
  package var options: [String] = []

  /// None.
  package init() {}
}

/// Another scheduler's three commands: templates, in which words in braces are replaced.
///
/// Known are `{script}`, the job's shell script; `{name}`; `{output}`, where its output goes; `{minutes}`, `{hms}`
/// (`02:30:00`), `{mebibytes}` and `{threads}`, what is asked for; `{job}`, what the scheduler calls it. `{{` and `}}` are
/// braces of the command's own.
package struct SchedulerCommands: HasDefaults, Sendable, Equatable {
  /// Nothing that could be run.
  package static let defaults = SchedulerCommands()
  /// All but how an answer is read.
  package static let required = ["submit", "status", "cancel"]

  /// Hands in one job and prints what it is called.
  package var submit: [String] = []
  /// Where in that answer the job's name is: text around `{job}`, such as `Job <{job}>`.
  package var answer = "{job}"
  /// Says of one job whether it is still there: a status other than 0 means that it isn't.
  package var status: [String] = []
  /// Words of that answer, one of which a job that waits or runs has; none where the exit status says all.
  package var alive: [String] = []
  /// Takes one job back.
  package var cancel: [String] = []

  /// Nothing.
  package init() {}
}
