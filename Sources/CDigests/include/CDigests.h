// SHA-256 by the processor's own instructions, where it has them.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Whether ``zq_sha256_blocks`` may be called on this processor.
int zq_sha256_is_here(void);

/// Works `count` blocks of 64 bytes into `state`, the words H0 to H7 of FIPS 180-4 §6.2.2.
///
/// Does nothing where ``zq_sha256_is_here`` is 0.
void zq_sha256_blocks(uint32_t state[8], const uint8_t *blocks, size_t count);
