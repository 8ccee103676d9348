import Glibc

// What references need from the system's mathematics library, in double precision.

/// e^x.
func exponentialOf(_ x: Double) -> Double { exp(x) }

/// ln x.
func logarithmOf(_ x: Double) -> Double { log(x) }

/// sin x.
func sineOf(_ x: Double) -> Double { sin(x) }

/// cos x.
func cosineOf(_ x: Double) -> Double { cos(x) }
