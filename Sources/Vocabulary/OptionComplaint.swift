/// An error about the value of one option, so that whoever knows where the option was written can say so.
package protocol OptionComplaint: Error {
  /// The option's name; nil where the error is about something else.
  var optionName: String? { get }
}
