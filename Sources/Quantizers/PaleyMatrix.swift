import Glibc

/// A Hadamard matrix of ±1 by Paley's constructions over a prime field, or nil where neither gives the order.
///
/// With `χ` the quadratic character modulo a prime q and `Q[i, j] = χ(i − j)`. Construction I, q ≡ 3 mod 4,
/// order q + 1: `I + [[0, 1], [−1, Q]]`. Construction II, q ≡ 1 mod 4, order 2(q + 1): in `C = [[0, 1], [1, Q]]`
/// every 0 becomes `[[1, −1], [−1, −1]]` and every ±1 becomes `±[[1, 1], [1, −1]]`.
///
/// > Source: Paley 1933, "On orthogonal matrices", doi:10.1002/sapm1933121311.
///
/// - Returns: The matrix, `[order, order]`, row by row.
public func paleyMatrix(order: Int) -> [Float]? {
  if order % 4 == 0, isPrime(order - 1), (order - 1) % 4 == 3 {
    return firstConstruction(order - 1)
  }
  if order % 4 == 0, isPrime(order / 2 - 1), (order / 2 - 1) % 4 == 1 {
    return secondConstruction(order / 2 - 1)
  }
  return nil
}

/// The orthogonal Hartley matrix times √order: `cos(2πij/order) + sin(2πij/order)`.
///
/// Symmetric, with entries of at most √2 in size, for every order.
///
/// > Source: Bracewell 1983, doi:10.1364/JOSA.73.001832.
public func hartleyMatrix(order: Int) -> [Float] {
  (0..<order * order).map { index in
    // The product is reduced first, so that large orders lose no accuracy.
    let angle = 2 * Double.pi * Double(index / order * (index % order) % order) / Double(order)
    return Float(cos(angle) + sin(angle))
  }
}

private func isPrime(_ q: Int) -> Bool {
  guard q > 1 else { return false }
  var divisor = 2
  while divisor * divisor <= q {
    if q % divisor == 0 { return false }
    divisor += 1
  }
  return true
}

/// χ(0) … χ(q − 1): 1 for squares, −1 for the rest, 0 for 0.
private func quadraticCharacter(_ q: Int) -> [Float] {
  var result = [Float](repeating: -1, count: q)
  result[0] = 0
  for x in 1..<q { result[x * x % q] = 1 }
  return result
}

/// Paley's conference-like core: 0 on the diagonal, `corner` below the row of ones, `χ(i − j)` inside.
private func bordered(_ q: Int, corner: Float) -> [Float] {
  let character = quadraticCharacter(q)
  let order = q + 1
  var result = [Float](repeating: 0, count: order * order)
  for i in 1..<order {
    result[i] = 1
    result[i * order] = corner
    for j in 1..<order { result[i * order + j] = character[(i - j + q) % q] }
  }
  return result
}

private func firstConstruction(_ q: Int) -> [Float] {
  var result = bordered(q, corner: -1)
  for i in 0...q { result[i * (q + 1) + i] = 1 }
  return result
}

private func secondConstruction(_ q: Int) -> [Float] {
  let half = q + 1
  let core = bordered(q, corner: 1)
  var result = [Float](repeating: 0, count: 4 * half * half)
  for i in 0..<half {
    for j in 0..<half {
      let sign = core[i * half + j]
      let block: [Float] = sign == 0 ? [1, -1, -1, -1] : [sign, sign, sign, -sign]
      for (k, value) in block.enumerated() {
        result[(2 * i + k / 2) * 2 * half + 2 * j + k % 2] = value
      }
    }
  }
  return result
}
