import Glibc

/// e to the x, in float32 as the reference computed it.
func exponential(_ x: Float) -> Float { expf(x) }
