import JSONText
import Reporting
import Testing

/// The manual page of a small parser.
@Suite struct ManualPageTests {
  private static let description = #"""
    {"serializationVersion": 0, "command": {"commandName": "tool", "abstract": "Does a thing.",
      "discussion": "Exit status: 0.\n\n.dots and \\ and 'quotes'", "shouldDisplay": true,
      "arguments": [], "subcommands": [
        {"commandName": "run", "abstract": "Runs.", "shouldDisplay": true, "arguments": [
          {"kind": "positional", "isOptional": false, "isRepeating": true, "shouldDisplay": true,
           "valueName": "file", "abstract": "The file."},
          {"kind": "option", "isOptional": true, "isRepeating": false, "shouldDisplay": true,
           "names": [{"kind": "long", "name": "bits"}], "preferredName": {"kind": "long", "name": "bits"},
           "valueName": "n", "abstract": "Bits.", "defaultValue": "4", "allValues": ["4", "8"]},
          {"kind": "flag", "isOptional": true, "isRepeating": false, "shouldDisplay": true,
           "names": [{"kind": "short", "name": "v"}, {"kind": "long", "name": "very-loud"}],
           "preferredName": {"kind": "long", "name": "very-loud"}, "valueName": "very-loud"},
          {"kind": "option", "isOptional": true, "isRepeating": false, "shouldDisplay": false,
           "names": [{"kind": "long", "name": "secret"}], "preferredName": {"kind": "long", "name": "secret"},
           "valueName": "x"},
          {"kind": "flag", "isOptional": true, "isRepeating": false, "shouldDisplay": true,
           "names": [{"kind": "long", "name": "help"}], "preferredName": {"kind": "long", "name": "help"},
           "valueName": "help", "abstract": "Help."}],
         "subcommands": [
           {"commandName": "inner", "abstract": "Below.", "shouldDisplay": true, "arguments": []}]},
        {"commandName": "keep", "shouldDisplay": false, "arguments": []}]}}
    """#

  @Test func requestsOfMan() throws {
    #expect(
      try ManualPage(description: Self.description).text == #"""
        .\" Made by 'tool manual' of what the parser says; never edited by hand.
        .TH TOOL 1 "" "" "User Commands"
        .SH NAME
        tool \- does a thing
        .SH SYNOPSIS
        .B tool
        .I command
        [options]
        .SH DESCRIPTION
        Exit status: 0.
        .PP
        \&.dots and \e and 'quotes'
        .PP
        Any command with
        .B \-\-help
        says what it takes, with
        .B \-\-version
        what it was built from.
        .SH COMMANDS
        .SS run
        .B tool run
        \fIfile\fR ... [\fB\-\-bits\fR \fIn\fR] [\fB\-v\fR]
        .PP
        Runs.
        .TP
        \fIfile\fR
        The file.
        .TP
        \fB\-\-bits\fR \fIn\fR
        Bits. (4, 8) (default: 4)
        .TP
        \fB\-v\fR, \fB\-\-very\-loud\fR
        See above.
        .SS run inner
        .B tool run inner
        .PP
        Below.

        """#)
  }

  @Test func descriptionsThatAreNone() {
    for text in ["{}", "[", #"{"serializationVersion": 1, "command": {}}"#] {
      #expect(throws: JSONError.self) { try ManualPage(description: text) }
    }
  }
}
