internal import Transformers

/// Loads all parameters, to be trained.
package func fullyTrained(_ context: MethodContext) throws -> FullyTrained {
  try context.observer.during(.load) {
    FullyTrained(try ModelValues(context.source), context.source.configuration)
  }
}
