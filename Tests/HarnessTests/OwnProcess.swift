import Glibc

/// The id of the process that runs the tests.
func ownProcessID() -> Int32 { getpid() }
