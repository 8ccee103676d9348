#!/usr/bin/env python3
"""Times training steps in PyTorch on the processor: what one pays for a ZeroQAT step without zeroqat.

    step.py --trains linears    what zeroqat trains: every linear of the blocks. The perturbation is added
                                where the weight is used, so that a step draws z three times: W + εz,
                                W - εz, and the update
    step.py --trains all        every parameter, moved in place as MeZO-style code does: +ε, -2ε, +ε, update
    step.py --trains backprop   QAT by back-propagation through straight-through estimators, with AdamW

Weights are fake-quantized per output row (asymmetric, between sigmoid-clipped extrema), inputs per
token, in every forward pass. One process measures one side; it prints one line of JSON.
"""

import torch

import shape


def fake_quantized(x, bits, up=None, low=None):
    """(clamp(round(x/s) + z) - z)·s over the last dimension, between clipped extrema."""
    most, least = x.amax(-1, keepdim=True), x.amin(-1, keepdim=True)
    if up is not None:
        most, least = up.sigmoid() * most, low.sigmoid() * least
    top = 2**bits - 1
    scale = ((most - least) / top).clamp(1e-4, 1e4)
    zero = (-least / scale).clamp(-1e4, 1e4).round()
    code = straight_through_round(x / scale) + zero
    return (code.clamp(0, top) - zero) * scale


def straight_through_round(x):
    """round(x), whose gradient is that of x."""
    if not torch.is_grad_enabled():
        return x.round()
    return x + (x.round() - x).detach()


class QuantizedLinear(torch.nn.Module):
    """Q(W + εz)·Q(x); ε is the whole model's at the moment, and zero but for 'linears'."""

    epsilon, step_seed = 0.0, 0

    def __init__(self, linear, index, options, product):
        super().__init__()
        self.weight, self.index, self.options, self.product = linear.weight, index, options, product
        clip = torch.full((linear.out_features, 1), 4.0)
        trained = options.trains == "backprop"
        self.up = torch.nn.Parameter(clip.clone(), requires_grad=trained)
        self.low = torch.nn.Parameter(clip.clone(), requires_grad=trained)

    def direction(self):
        """z of this layer at this step."""
        generator = torch.Generator().manual_seed(QuantizedLinear.step_seed * 1000 + self.index)
        return torch.empty_like(self.weight).normal_(generator=generator)

    def forward(self, x):
        weight = self.weight
        if QuantizedLinear.epsilon:
            weight = self.direction().mul_(QuantizedLinear.epsilon).add_(weight)
        weight = fake_quantized(weight, self.options.weight_bits, self.up, self.low)
        return self.product(fake_quantized(x, self.options.activation_bits), weight)


def linears_step(model, layers, tokens, options):
    """Two forward passes beside the weights, and the update of the blocks' linears."""
    def loss(epsilon):
        QuantizedLinear.epsilon = epsilon
        return float(shape.token_losses(model(tokens).logits, tokens))

    difference = loss(options.epsilon) - loss(-options.epsilon)
    gradient = difference / (2 * options.epsilon)
    for layer in layers:
        layer.weight.add_(layer.direction(), alpha=-options.learning_rate * gradient)


def all_step(model, parameters, tokens, options, seed):
    """MeZO's step: every parameter is moved in place, four times, by a z that is drawn again."""
    def move(factor):
        torch.manual_seed(seed)
        for parameter in parameters:
            parameter.add_(torch.normal(0.0, 1.0, parameter.shape), alpha=factor)

    move(options.epsilon)
    plus = float(shape.token_losses(model(tokens).logits, tokens))
    move(-2 * options.epsilon)
    minus = float(shape.token_losses(model(tokens).logits, tokens))
    move(options.epsilon)
    move(-options.learning_rate * (plus - minus) / (2 * options.epsilon))


def main():
    parser = shape.arguments(__doc__.splitlines()[0])
    parser.add_argument("--trains", choices=["linears", "all", "backprop"], default="linears")
    parser.add_argument("--windows", type=int, default=4)
    parser.add_argument("--window-tokens", type=int, default=512)
    parser.add_argument("--steps", type=int, default=2, help="timed steps, after one that isn't")
    parser.add_argument("--weight-bits", type=int, default=4)
    parser.add_argument("--activation-bits", type=int, default=8)
    parser.add_argument("--epsilon", type=float, default=1e-3)
    parser.add_argument("--learning-rate", type=float, default=1e-7)
    options = parser.parse_args()
    if options.trains == "backprop" and options.products != "stock":
        parser.error("--products onednn has no gradients; expected 'stock' with --trains backprop")
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)

    model = shape.model()
    layers = []
    product = shape.product(options.products)

    def make(path, linear):
        if path == "lm_head":
            if options.products == "stock":
                return None
            plain = torch.nn.Module()
            plain.weight = linear.weight
            plain.forward = lambda x: product(x, plain.weight)
            return plain
        layers.append(QuantizedLinear(linear, len(layers), options, product))
        return layers[-1]

    shape.replace_linears(model, make)
    tokens = torch.randint(0, shape.VOCABULARY, (options.windows, options.window_tokens))
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = None
    if options.trains == "backprop":
        optimizer = torch.optim.AdamW(trained, lr=options.learning_rate)

    def step(number):
        if optimizer:
            optimizer.zero_grad(set_to_none=True)
            shape.token_losses(model(tokens).logits, tokens).backward()
            optimizer.step()
            return
        with torch.no_grad():
            QuantizedLinear.step_seed = number + 1
            if options.trains == "linears":
                linears_step(model, layers, tokens, options)
            else:
                all_step(model, trained, tokens, options, number + 1)

    seconds, processor = [], []
    for number in range(options.steps + 1):
        with shape.Stopwatch() as watch:
            step(number)
        if number > 0:
            seconds.append(round(watch.wall, 4))
            processor.append(round(watch.processor, 4))
    shape.report(side=f"torch {options.products} {options.trains}", seconds=seconds,
                 processor_seconds=processor)


if __name__ == "__main__":
    main()
