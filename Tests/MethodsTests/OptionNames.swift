import JSONText
import MethodKit

/// The names of the options of a method, found by writing out its defaults.
///
/// So that the contract suite covers the options of a method that it has never heard of.
func optionNames<M: QuantizationMethod>(of method: M.Type) throws -> [String] {
  guard case .object(let members) = try JSON(whole: M.Options.defaults) else { return [] }
  return members.map(\.name)
}
