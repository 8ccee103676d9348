"""How many operations a model's passes take, for shares of what a processor can do.

A product of n inputs by m outputs takes 2nm operations a token; attention over what a query may see,
scores and values, 2·(T+1)·d for each of a window's T tokens. Softmax, norms, drawing and rounding
count as nothing, so that a share says how much of the time went into what can't be avoided.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Shape:
    """A decoder with a gated MLP and grouped queries."""

    hidden: int
    layers: int
    heads: int
    key_value_heads: int
    intermediate: int
    vocabulary: int

    def products(self):
        """Weights that every token is multiplied by, the head among them."""
        keys = self.hidden // self.heads * self.key_value_heads
        block = 2 * self.hidden**2 + 2 * self.hidden * keys + 3 * self.hidden * self.intermediate
        return self.layers * block + self.hidden * self.vocabulary

    def pass_operations(self, windows, tokens):
        """Operations of a forward pass over so many windows of so many tokens."""
        seen = tokens * (tokens + 1) // 2
        attention = self.layers * 4 * seen * self.hidden
        return windows * (2 * self.products() * tokens + attention)


SMOLLM2 = Shape(hidden=576, layers=30, heads=9, key_value_heads=3, intermediate=1536, vocabulary=49152)


def operations(group):
    """Operations of what a group's sides are timed for; None where that isn't stated."""
    if group.startswith("step-"):
        # Two losses of one direction.
        return 2 * SMOLLM2.pass_operations(int(group.removeprefix("step-")), 512)
    return SMOLLM2.pass_operations(4, 2048) if group == "perplexity" else None
