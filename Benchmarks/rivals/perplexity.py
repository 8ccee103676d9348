#!/usr/bin/env python3
"""Times a perplexity evaluation in PyTorch on the processor: windows of 2,048 tokens, all of them scored.

One window is scored before the clock starts, which favours this side: zeroqat's first window counts.
One process measures one side; it prints one line of JSON.
"""

import torch

import shape


def main():
    parser = shape.arguments(__doc__.splitlines()[0])
    parser.add_argument("--windows", type=int, default=4)
    parser.add_argument("--window-tokens", type=int, default=2048)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)

    model = shape.model()
    if options.products != "stock":
        product = shape.product(options.products)

        def make(_, linear):
            plain = torch.nn.Module()
            plain.weight = linear.weight
            plain.forward = lambda x: product(x, plain.weight)
            return plain

        shape.replace_linears(model, make)
    tokens = torch.randint(0, shape.VOCABULARY, (options.windows + 1, options.window_tokens))

    def score(window):
        return float(shape.token_losses(model(window).logits, window))

    with torch.no_grad():
        score(tokens[:1])
        with shape.Stopwatch() as watch:
            for index in range(1, options.windows + 1):
                score(tokens[index:index + 1])
    shape.report(side=f"torch {options.products}", seconds=[round(watch.wall, 4)],
                 processor_seconds=[round(watch.processor, 4)],
                 tokens=options.windows * options.window_tokens)


if __name__ == "__main__":
    main()
