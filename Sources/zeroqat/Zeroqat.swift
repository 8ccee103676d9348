import ArgumentParser

@main
struct Zeroqat: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "zeroqat", abstract: "Reproduces and measures the tables of ZeroQAT.")
}
