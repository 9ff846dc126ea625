#!/usr/bin/env python3
"""Computes, with PyTorch, the numbers that Kindling's tests compare against.

    python3 tests/oracle/make_oracle.py

writes ops.json, nn.json, random.json and print.json next to itself and then checks the numbers of
the tutorial. The files are committed, so PyTorch is needed only to make them again. README.md
describes their schema.

Two runs give the same bytes. Inputs are small binary fractions (k/16), so that sums and products
are exact and a disagreement is a mistake, not rounding; where a function amplifies rounding all
the same, other inputs are drawn.
"""

import functools
import itertools
import json
import math
import os
import pathlib
import random
import warnings

# PyTorch picks its kernels by processor, and two results depend on it (README.md): fix the choice.
os.environ["ATEN_CPU_CAPABILITY"] = "avx2"

import numpy as np  # noqa: E402
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402

torch.set_num_threads(1)
warnings.simplefilter("ignore")

HERE = pathlib.Path(__file__).parent
SEEDS = [0, 123, 2147483648 + 5, 123456789012]
DTYPES = {
    "float32": torch.float32,
    "float64": torch.float64,
    "int64": torch.int64,
    "bool": torch.bool,
}
NAMES = {dtype: name for name, dtype in DTYPES.items()}
NAN, INF = float("nan"), float("inf")


# --------------------------------------------------------------------------------------------------
# Tensors as JSON
# --------------------------------------------------------------------------------------------------


def number(value, dtype=torch.float64):
    """A value as JSON: the shortest decimal that reads back exactly; nan and inf as strings."""
    if isinstance(value, (bool, int)):
        return value
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    if dtype == torch.float32:
        short = float(str(np.float32(value)))
        assert np.float32(short) == value
        return short
    return value


def flat(tensor):
    """The elements in row-major order."""
    if tensor is None:
        return None
    return [number(v, tensor.dtype) for v in tensor.detach().contiguous().reshape(-1).tolist()]


def described(tensor):
    return {"shape": list(tensor.shape), "dtype": NAMES[tensor.dtype], "data": flat(tensor)}


def tensor_of(description):
    """The inverse of described; the strings of non-finite numbers are understood."""
    data = [float(v) if isinstance(v, str) else v for v in description["data"]]
    return torch.tensor(data, dtype=DTYPES[description["dtype"]]).reshape(description["shape"])


def write(name, **sections):
    """Writes one JSON file, an entry of a section per line, so that a diff shows what changed."""
    parts = [f'"torch_version": {json.dumps(torch.__version__)}']
    for key, entries in sections.items():
        if isinstance(entries, dict):
            parts.append(f'"{key}": {json.dumps(entries, allow_nan=False)}')
        else:
            lines = ",\n  ".join(
                json.dumps(e, allow_nan=False, ensure_ascii=False) for e in entries
            )
            parts.append(f'"{key}": [\n  {lines}\n]')
    path = HERE / name
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")
    counts = ", ".join(f"{len(e)} {k}" for k, e in sections.items())
    print(f"{name}: {path.stat().st_size:,} bytes ({counts})")


# --------------------------------------------------------------------------------------------------
# Inputs
# --------------------------------------------------------------------------------------------------


class Input:
    """An input still to be drawn: a shape and a kind of values, or the values themselves."""

    def __init__(self, shape, kind="signed", dtype="float32", strided=False, data=None, grad=None):
        self.shape, self.kind, self.strided, self.data = list(shape), kind, strided, data
        self.dtype = DTYPES[dtype]
        self.grad = self.dtype.is_floating_point if grad is None else grad

    def draw(self, rng):
        size = math.prod(self.shape)
        data = self.data if self.data is not None else values(rng, self.kind, size)
        tensor = torch.tensor(data, dtype=self.dtype).reshape(self.shape)
        if self.strided:
            tensor = tensor.transpose(-1, -2).contiguous().transpose(-1, -2)
            assert not tensor.is_contiguous()
        return tensor


def values(rng, kind, size):
    """`size` numbers of a kind, without repetition while the supply lasts."""
    supply = {
        "signed": [k / 16 for k in range(-40, 41) if abs(k) >= 3],
        "positive": [k / 16 for k in range(4, 60) if k not in (15, 16, 17)],
        "moderate": [k / 16 for k in range(-20, 40) if abs(k) >= 3],
        "unit": [k / 64 for k in range(6, 59)],
        "int": [k for k in range(-9, 10) if k],
        "cotangent": [k / 8 for k in range(-16, 17) if k],
        "bool": [False, True],
    }[kind]
    drawn = []
    while len(drawn) < size:
        drawn += rng.sample(supply, min(len(supply), size - len(drawn)))
        if kind == "bool":
            drawn = [rng.random() < 0.5 for _ in range(size)]
    return drawn


def given(data, dtype="float32", grad=None, strided=False):
    """An input with these values; the nesting of the lists is the shape."""
    shape = list(torch.tensor(data).shape)
    return Input(
        shape, dtype=dtype, data=torch.tensor(data).reshape(-1).tolist(), grad=grad, strided=strided
    )


# --------------------------------------------------------------------------------------------------
# Cases: inputs through a function, with gradients
# --------------------------------------------------------------------------------------------------


def evaluate(function, args, inputs, wants_grad, cotangents):
    """Outputs, and the gradients of sum(out · cotangent) over the differentiable outputs."""
    leaves = [
        x.detach().clone(memory_format=torch.preserve_format).requires_grad_(w)
        for x, w in zip(inputs, wants_grad)
    ]
    outputs = function(leaves, args)
    outputs = list(outputs) if isinstance(outputs, (tuple, list)) else [outputs]
    if not any(out.requires_grad for out in outputs) or cotangents is None:
        return outputs, [None] * len(inputs)
    chosen = [(out, c) for out, c in zip(outputs, cotangents(outputs)) if c is not None]
    torch.autograd.backward([out for out, _ in chosen], [c.to(out.dtype) for out, c in chosen])
    return outputs, [x.grad if w else None for x, w in zip(leaves, wants_grad)]


def well_conditioned(single, double):
    """Whether float32 lost so little that no other right implementation can differ by 1e-6."""
    for a, b in zip(single, double):
        if a is None or b is None or a.dtype != torch.float32:
            continue
        a = a.detach().double()
        if not torch.allclose(a, b.detach(), rtol=2.5e-7, atol=1e-30, equal_nan=True):
            return False
    return True


def make_case(name, function, args, specs, check=True, differentiate=True, **extra):
    """Draws inputs until the case is well conditioned, then describes it."""
    check = check and any(s.dtype == torch.float32 for s in specs) and args.get("dtype") is None
    for attempt in range(400):
        rng = random.Random(f"{name} {json.dumps(args)} {[s.shape for s in specs]} {attempt}")
        inputs = [s.draw(rng) for s in specs]
        wants_grad = [s.grad and differentiate for s in specs]
        seed = rng.random()

        def cotangents(outputs):
            draw = random.Random(seed)
            return [
                torch.tensor(values(draw, "cotangent", o.numel()), dtype=o.dtype).reshape(o.shape)
                if o.requires_grad
                else None
                for o in outputs
            ]

        outputs, grads = evaluate(
            function, args, inputs, wants_grad, cotangents if differentiate else None
        )
        if not check:
            break
        doubles = [x.double() if x.dtype == torch.float32 else x for x in inputs]
        outputs64, grads64 = evaluate(
            function, args, doubles, wants_grad, cotangents if differentiate else None
        )
        if well_conditioned(outputs + grads, outputs64 + grads64):
            break
    else:
        raise RuntimeError(f"{name} {args}: no well-conditioned inputs found")

    described_inputs = []
    for spec, x in zip(specs, inputs):
        described_inputs.append(described(x) | ({"strided": True} if spec.strided else {}))
    chosen = cotangents(outputs) if differentiate else [None] * len(outputs)
    grad_fn = next((type(o.grad_fn).__name__ for o in outputs if o.grad_fn is not None), None)
    return {
        "op": name,
        "args": {k: number(v) if isinstance(v, float) else v for k, v in args.items()},
        "inputs": described_inputs,
        "outputs": [described(o) for o in outputs],
        "cotangents": [flat(c) for c in chosen],
        "grads": [flat(g) for g in grads],
        "grad_fn": grad_fn,
        **extra,
    }


# --------------------------------------------------------------------------------------------------
# ops.json
# --------------------------------------------------------------------------------------------------


def binary(function):
    """f(x, y), or f(x, scalar) when the case has args.scalar."""
    return lambda x, a: function(x[0], a["scalar"] if "scalar" in a else x[1])


def unary(function):
    return lambda x, a: function(x[0])


def reduction(function):
    """f over args.dim (absent: everything), keeping the reduced axes if args.keepdim."""

    def reduce(x, a):
        rest = {k: v for k, v in a.items() if k not in ("dim", "keepdim")}
        if a.get("dim") is None:
            return function(x[0], **rest)
        return function(x[0], dim=a["dim"], keepdim=a.get("keepdim", False), **rest)

    return reduce


def variance(function):
    def run(x, a):
        every_dim = list(range(x[0].dim()))
        dim = every_dim if a.get("dim") is None else a["dim"]
        return function(x[0], dim, unbiased=a["unbiased"], keepdim=a.get("keepdim", False))

    return run


def product(x, a):
    """torch.prod takes one axis only."""
    if a.get("dim") is None:
        return torch.prod(x[0])
    result = x[0]
    for dim in sorted([d % max(x[0].dim(), 1) for d in np.atleast_1d(a["dim"])], reverse=True):
        result = torch.prod(result, int(dim), keepdim=a.get("keepdim", False))
    return result


def log_sum_exp(x, a):
    every_dim = list(range(x[0].dim()))
    dim = every_dim if a.get("dim") is None else a["dim"]
    return torch.logsumexp(x[0], dim, keepdim=a.get("keepdim", False))


def slice_step(x, a):
    index = [slice(None)] * x[0].dim()
    index[a["dim"]] = slice(a["start"], a["end"], a["step"])
    return x[0][tuple(index)]


OPS = {
    "add": binary(lambda x, y: x + y),
    "sub": binary(lambda x, y: x - y),
    "mul": binary(lambda x, y: x * y),
    "div": binary(lambda x, y: x / y),
    "rsub": binary(lambda x, s: s - x),
    "rdiv": binary(lambda x, s: s / x),
    "pow": binary(lambda x, y: x**y),
    "rpow": binary(lambda x, s: torch.pow(s, x)),
    "maximum": binary(torch.maximum),
    "minimum": binary(torch.minimum),
    "eq": binary(torch.eq),
    "ne": binary(torch.ne),
    "lt": binary(torch.lt),
    "le": binary(torch.le),
    "gt": binary(torch.gt),
    "ge": binary(torch.ge),
    "logical_and": binary(torch.logical_and),
    "logical_or": binary(torch.logical_or),
    "logical_xor": binary(torch.logical_xor),
    "logical_not": unary(torch.logical_not),
    "neg": unary(torch.neg),
    "exp": unary(torch.exp),
    "log": unary(torch.log),
    "sqrt": unary(torch.sqrt),
    "abs": unary(torch.abs),
    "tanh": unary(torch.tanh),
    "sigmoid": unary(torch.sigmoid),
    "relu": unary(torch.relu),
    "gelu": lambda x, a: F.gelu(x[0], approximate=a.get("approximate", "none")),
    "rsqrt": unary(torch.rsqrt),
    "sin": unary(torch.sin),
    "cos": unary(torch.cos),
    "erf": unary(torch.erf),
    "floor": unary(torch.floor),
    "ceil": unary(torch.ceil),
    "round": unary(torch.round),
    "floor_divide": lambda x, a: torch.div(
        x[0], a["scalar"] if "scalar" in a else x[1], rounding_mode="floor"
    ),
    "remainder": binary(torch.remainder),
    "isnan": unary(torch.isnan),
    "isinf": unary(torch.isinf),
    "isfinite": unary(torch.isfinite),
    "clamp": lambda x, a: torch.clamp(x[0], a.get("min"), a.get("max")),
    "sum": reduction(torch.sum),
    "mean": reduction(torch.mean),
    "var": variance(torch.var),
    "std": variance(torch.std),
    "prod": product,
    "norm": lambda x, a: torch.linalg.vector_norm(
        x[0], a["p"], a.get("dim"), a.get("keepdim", False)
    ),
    "cumsum": lambda x, a: torch.cumsum(x[0], a["dim"]),
    "amax": reduction(torch.amax),
    "amin": reduction(torch.amin),
    "logsumexp": log_sum_exp,
    "max": unary(torch.max),
    "min": unary(torch.min),
    "max_dim": reduction(torch.max),
    "min_dim": reduction(torch.min),
    "argmax": reduction(torch.argmax),
    "argmin": reduction(torch.argmin),
    "all": reduction(torch.all),
    "any": reduction(torch.any),
    "softmax": lambda x, a: torch.softmax(x[0], a["dim"]),
    "log_softmax": lambda x, a: torch.log_softmax(x[0], a["dim"]),
    "matmul": binary(torch.matmul),
    "reshape": lambda x, a: x[0].reshape(a["shape"]),
    "view": lambda x, a: x[0].view(a["shape"]),
    "transpose": lambda x, a: x[0].transpose(a["dim0"], a["dim1"]),
    "T": lambda x, a: x[0].T,
    "permute": lambda x, a: x[0].permute(a["dims"]),
    "squeeze": lambda x, a: x[0].squeeze() if a.get("dim") is None else x[0].squeeze(a["dim"]),
    "unsqueeze": lambda x, a: x[0].unsqueeze(a["dim"]),
    "expand": lambda x, a: x[0].expand(a["shape"]),
    "flatten": lambda x, a: x[0].flatten(a["start_dim"], a["end_dim"]),
    "narrow": lambda x, a: x[0].narrow(a["dim"], a["start"], a["length"]),
    "slice": slice_step,
    "select": lambda x, a: x[0].select(a["dim"], a["index"]),
    "cat": lambda x, a: torch.cat(x, a["dim"]),
    "stack": lambda x, a: torch.stack(x, a["dim"]),
    "split": lambda x, a: x[0].split(
        a["split_size"] if "split_size" in a else a["sizes"], a["dim"]
    ),
    "chunk": lambda x, a: x[0].chunk(a["chunks"], a["dim"]),
    "repeat": lambda x, a: x[0].repeat(a["repeats"]),
    "gather": lambda x, a: x[0].gather(a["dim"], x[1]),
    "index_select": lambda x, a: x[0].index_select(a["dim"], x[1]),
    "masked_fill": lambda x, a: x[0].masked_fill(x[1], a["value"]),
    "where": lambda x, a: torch.where(x[0], x[1], x[2]),
    "one_hot": lambda x, a: F.one_hot(x[0], a.get("num_classes", -1)),
    "unfold": lambda x, a: x[0].unfold(a["dim"], a["size"], a["step"]),
    "as_strided": lambda x, a: x[0].as_strided(a["shape"], a["strides"], a.get("offset")),
    "flip": lambda x, a: x[0].flip(a["dims"]),
    "roll": lambda x, a: x[0].roll(a["shifts"], a.get("dims", [])),
    "pad": lambda x, a: F.pad(x[0], a["pads"], a.get("mode", "constant"), a.get("value")),
    "sort": lambda x, a: torch.sort(x[0], stable=True, **a),
    "argsort": lambda x, a: torch.sort(x[0], stable=True, **a).indices,
    "topk": lambda x, a: torch.topk(x[0], **a),
    "einsum": lambda x, a: torch.einsum(a["equation"], *x),
    "triu": lambda x, a: x[0].triu(a["diagonal"]),
    "tril": lambda x, a: x[0].tril(a["diagonal"]),
    "to": lambda x, a: x[0].to(DTYPES[a["dtype"]]),
    "arange": lambda x, a: torch.arange(
        a["start"], a["end"], a["step"], dtype=DTYPES.get(a.get("dtype"))
    ),
    "linspace": lambda x, a: torch.linspace(
        a["start"], a["end"], a["steps"], dtype=DTYPES.get(a.get("dtype"))
    ),
    "eye": lambda x, a: torch.eye(a["n"], a["m"]),
    "full": lambda x, a: torch.full(a["shape"], a["fill_value"]),
}

# What a broadcast must survive: equal shapes, missing and size-1 axes on either side, 0-d, empty.
BROADCASTS = [
    ([3], [3]),
    ([2, 3], [3]),
    ([2, 1], [1, 3]),
    ([], [2, 3]),
    ([2, 2], []),
    ([], []),
    ([1], [4]),
    ([1, 1], [1]),
    ([4, 1, 3], [2, 1]),
    ([2, 1, 2, 1], [3, 1, 2]),
    ([0], [0]),
    ([0], []),
    ([0, 3], [3]),
    ([2, 0], [1]),
    ([2, 0], [2, 1]),
]
SHAPES = [[], [1], [5], [2, 3], [2, 1, 3], [0], [0, 3]]


class Cases:
    """The growing list of ops.json."""

    def __init__(self):
        self.list = []

    def add(self, op, *inputs, check=True, grads=True, group=None, composed=False, **args):
        extra = {"group": group} if group else {}
        if composed:
            extra["composed"] = True
        self.list.append(
            make_case(op, OPS[op], args, list(inputs), check=check, differentiate=grads, **extra)
        )


def arithmetic(cases):
    for op in ("add", "sub", "mul", "div", "maximum", "minimum", "pow"):
        first = "positive" if op == "pow" else "signed"
        for a, b in BROADCASTS:
            cases.add(op, Input(a, first), Input(b))
        cases.add(op, Input([3, 4], first, strided=True), Input([3, 4]))
        cases.add(op, Input([3, 4], first, strided=True), Input([3, 4], strided=True))
        cases.add(op, Input([3, 4], first), Input([2, 3, 4], strided=True))
        cases.add(op, Input([2, 3, 2], first, strided=True), Input([3, 1]))
        cases.add(op, Input([2, 3], first, "float64"), Input([3], dtype="float64"))

    for op, scalar in itertools.product(("add", "sub", "mul", "div", "rsub", "rdiv"), (2.5, -3)):
        for shape in SHAPES:
            cases.add(op, Input(shape), scalar=scalar)
        cases.add(op, Input([3, 4], strided=True), scalar=scalar)
        cases.add(op, Input([2, 2], dtype="float64"), scalar=scalar)

    for exponent in (2, 3, 0.5, -1, -0.5, 1.5, 1, 0):
        kind = "positive" if exponent != int(exponent) else "signed"
        for shape in ([], [5], [2, 3], [0]):
            cases.add("pow", Input(shape, kind), scalar=exponent)
        cases.add("pow", Input([3, 2], kind, strided=True), scalar=exponent)
    for base in (2, 0.5, 10.0):
        for shape in ([], [5], [2, 3], [0]):
            cases.add("rpow", Input(shape), scalar=base)
    cases.add(
        "pow", given([0.0, 0.0, 0.0, 2.0, -2.0]), given([0.0, 2.0, 1.0, 0.0, 3.0], grad=False)
    )
    cases.add("pow", given([0.0, 2.0, -2.0]), scalar=0)
    cases.add("pow", given([0.0, 2.0, -2.0]), scalar=2)
    cases.add("pow", given([0.0, 2.0, -2.0]), scalar=1)
    cases.add("pow", given([0.0, 4.0, -4.0]), scalar=0.5)
    cases.add("pow", given([0.0, 2.0, 1.0]), given([2.0, 0.0, 3.0]))
    cases.add("pow", given([1, 2, -3, 0], "int64"), scalar=3)
    cases.add("pow", given([1, 2, -3, 0], "int64"), scalar=2.0)
    cases.add("pow", given([1, 2, -3, 5], "int64"), given([3, 2, 1, 0], "int64"))
    cases.add("rpow", given([0, 1, 5], "int64"), scalar=2)

    tied = given([1.0, 2.0, 3.0, -1.0]), given([1.0, 5.0, 3.0, -2.0])
    for op in ("maximum", "minimum"):
        cases.add(op, *tied)
        cases.add(op, given([[1.0], [2.0]]), given([1.0, 2.0]))
        cases.add(op, given([1.0, NAN, 3.0]), given([NAN, 5.0, 3.0]), grads=False)
        cases.add(op, given([3, -4], "int64"), given([2, 7], "int64"))
    cases.add("div", given([1.0, -1.0, 0.0, 4.0]), given([0.0, 0.0, 0.0, INF]), grads=False)
    cases.add("div", given([7, -7, 1], "int64"), given([2, 2, 3], "int64"))
    cases.add("mul", given([INF, NAN, -INF]), given([0.0, 1.0, 2.0]), grads=False)


def elementwise(cases):
    kinds = {"log": "positive", "sqrt": "positive", "gelu": "moderate", "tanh": "moderate"}
    for op in ("neg", "exp", "log", "sqrt", "abs", "tanh", "sigmoid", "relu", "gelu"):
        for shape in SHAPES:
            cases.add(op, Input(shape, kinds.get(op, "signed")))
        cases.add(op, Input([3, 4], kinds.get(op, "signed"), strided=True))
        cases.add(op, Input([2, 2, 3], kinds.get(op, "signed"), strided=True))
        cases.add(op, Input([2, 3], kinds.get(op, "signed"), "float64"))

    cases.add("relu", given([-1.0, 0.0, -0.0, 2.0]))
    cases.add("abs", given([-1.0, 0.0, 2.0]))
    cases.add("sqrt", given([0.0, 1.0, 4.0]))
    cases.add("sqrt", given([-1.0]), grads=False)
    cases.add("log", given([0.0, -1.0, 1.0, INF]), grads=False)
    cases.add("gelu", given([0.0, 10.0, 3.0]))
    cases.add("gelu", given([-10.0, -100.0, -1e6, 1e6]), check=False)
    cases.add("sigmoid", given([0.0, 20.0, -80.0, 100.0, -120.0]), check=False)
    cases.add("sigmoid", given([INF, -INF, NAN]), grads=False)
    cases.add("tanh", given([0.0, 20.0, -20.0]))
    cases.add("tanh", given([INF, -INF, NAN]), grads=False)
    cases.add("exp", given([0.0, -INF, INF, 88.0, -80.0]), check=False)
    for op in ("relu", "abs", "neg", "exp", "log", "sqrt", "tanh", "sigmoid"):
        data = [1, 4, 9] if op in ("log", "sqrt") else [-3, 0, 2]
        cases.add(op, given(data, "int64"), check=False)
    cases.add("exp", given([True, False], "bool"), check=False)

    more = ("rsqrt", "sin", "cos", "erf", "floor", "ceil", "round")
    for op in more:
        for shape in SHAPES:
            cases.add(op, Input(shape, "positive" if op == "rsqrt" else "moderate"))
        cases.add(op, Input([3, 4], "positive", strided=True))
        cases.add(op, Input([2, 2, 3], "positive", strided=True))
        cases.add(op, Input([2, 3], "positive", "float64"))
        cases.add(op, given([1, 4, 9] if op == "rsqrt" else [-3, 0, 2], "int64"), check=False)
        cases.add(op, given([INF, -INF, NAN, 0.0, -0.0]), grads=False)
    for op in ("floor", "ceil", "round"):
        cases.add(op, given([0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.49999997, 8388609.0, 1e10, -3.7]))
    cases.add("rsqrt", given([4.0, 0.25, -1.0, 1e-30]), grads=False)
    cases.add("sin", given([100.0, -1000.0, 1e-5]), grads=False)
    cases.add("cos", given([100.0, -1000.0, 1e-5]), grads=False)
    for shape in SHAPES:
        cases.add("gelu", Input(shape, "moderate"), approximate="tanh")
    cases.add("gelu", Input([3, 4], "moderate", strided=True), approximate="tanh")
    cases.add("gelu", Input([2, 3], "moderate", "float64"), approximate="tanh")
    cases.add("gelu", given([0.0, 3.0, 100.0, 1e6]), approximate="tanh")
    cases.add("gelu", given([0.5, -1.5]), approximate="none", check=False)

    for op in ("floor_divide", "remainder"):
        for a, b in BROADCASTS:
            cases.add(op, Input(a), Input(b, "unit"))
        cases.add(op, Input([3, 4], strided=True), Input([3, 4], "unit", strided=True))
        cases.add(op, Input([2, 3], dtype="float64"), Input([3], "unit", dtype="float64"))
        signs = [7.0, -7.0, 7.0, -7.0, 6.0, -6.0, 0.0]
        cases.add(op, given(signs), given([2.0, 2.0, -2.0, -2.0, 3.0, 3.0, -2.0]))
        cases.add(op, given([7, -7, 7, -7, 6, 0], "int64"), given([2, 2, -2, -2, 3, -2], "int64"))
        cases.add(op, given([7, -7, 6], "int64"), given([2.5, 2.0, -4.0]), check=False)
        cases.add(op, given([1.0, -1.0, 0.0, NAN, INF]), given([0.0, 0.0, 0.0, 2.0, 2.0]), grads=False)
        cases.add(op, given([5.0, -5.0]), given([INF, INF]), grads=False)
        for scalar in (2.5, -3):
            cases.add(op, Input([5]), scalar=scalar)
            cases.add(op, given([7, -7, 6], "int64"), scalar=scalar, check=False)
        cases.add(op, given([True, False], "bool"), scalar=2)

    bounds = [
        {"min": -1.0},
        {"max": 0.5},
        {"min": -0.75, "max": 1.25},
        {"min": 1, "max": 2},
        {"min": 2.0, "max": 1.0},
    ]
    for bound in bounds:
        for shape in ([], [5], [2, 3], [0]):
            cases.add("clamp", Input(shape), **bound)
        cases.add("clamp", Input([3, 4], strided=True), **bound)
    cases.add("clamp", given([-1.0, 0.0, 1.0, 2.0]), min=-1.0, max=1.0)
    cases.add("clamp", given([-5, 0, 5], "int64"), min=-2, max=3)
    cases.add("clamp", given([NAN, INF, -INF]), grads=False, min=-1.0, max=1.0)


def comparisons(cases):
    for op in ("eq", "ne", "lt", "le", "gt", "ge"):
        cases.add(op, given([1.0, 2.0, 3.0]), given([1.0, 3.0, 2.0]))
        cases.add(op, given([[1.0], [2.0]]), given([1.0, 2.0, 3.0]))
        cases.add(op, given([1, 2, 3], "int64"), given([1.0, 2.5, 2.0]))
        cases.add(op, given([1, 2, 3], "int64"), given([3, 2, 1], "int64"))
        cases.add(op, given([True, False], "bool"), given([True, True], "bool"))
        cases.add(op, given([NAN, INF, -0.0]), given([NAN, INF, 0.0]))
        cases.add(op, given(1.0), given([[0.5, 1.0], [1.5, 2.0]]))
        cases.add(op, Input([0, 3]), Input([3]))
        cases.add(op, Input([3, 4], "int", "int64", strided=True), Input([4], "int", "int64"))
        cases.add(op, given([1.0, 2.0, 2.5]), scalar=2)
        cases.add(op, given([1, 2, 3], "int64"), scalar=2.5)
        cases.add(op, given([1.0, 2.0], "float64"), scalar=2.0)
    for op in ("logical_and", "logical_or", "logical_xor"):
        cases.add(
            op, given([True, True, False, False], "bool"), given([True, False, True, False], "bool")
        )
        cases.add(op, given([0.0, 1.5, NAN]), given([[1], [0]], "int64"))
        cases.add(op, Input([0], "bool", "bool"), Input([1], "bool", "bool"))
        cases.add(
            op, given(True, "bool"), given([[True, False], [False, True]], "bool", strided=True)
        )
    cases.add("logical_not", given([True, False], "bool"))
    cases.add("logical_not", given([0.0, -0.0, 2.0, NAN]))
    cases.add("logical_not", given([0, 3], "int64"))
    cases.add("logical_not", Input([0, 2], "bool", "bool"))
    for op in ("isnan", "isinf", "isfinite"):
        cases.add(op, given([0.0, -1.5, NAN, INF, -INF, 3e38]))
        cases.add(op, given([[1e300, NAN], [-INF, 2.0]], "float64", strided=True))
        cases.add(op, given([1, -2], "int64"))
        cases.add(op, given([True, False], "bool"))
        cases.add(op, Input([0, 2]))


REDUCED = [
    ([2, 3], None),
    ([2, 3], 0),
    ([2, 3], 1),
    ([2, 3], -1),
    ([2, 3], [0, 1]),
    ([2, 3, 4], None),
    ([2, 3, 4], 1),
    ([2, 3, 4], [0, 2]),
    ([2, 3, 4], [-1, 0]),
    ([4, 1, 2], 1),
    ([5], 0),
    ([5], None),
    ([1], None),
    ([], None),
    ([1, 1], [0]),
]


def reductions(cases):
    for op in ("sum", "mean", "amax", "amin", "logsumexp", "var", "std", "prod", "norm"):
        variants = [{}]
        if op in ("var", "std"):
            variants = [{"unbiased": True}, {"unbiased": False}]
        if op == "norm":
            variants = [{"p": p} for p in (2, 1, INF, 3, 0)]
        for more in variants:
            for shape, dim in REDUCED:
                for keepdim in (False, True):
                    if dim is None:
                        if keepdim:
                            continue
                        args = more
                    else:
                        args = {"dim": dim, "keepdim": keepdim, **more}
                    lonely = more.get("unbiased") and (math.prod(shape) == 1 or shape == [4, 1, 2])
                    lonely = lonely or more.get("p") == 0
                    cases.add(op, Input(shape), grads=not lonely, **args)
            grads = more.get("p") != 0
            cases.add(op, Input([3, 4], strided=True), dim=0, keepdim=False, grads=grads, **more)
            cases.add(op, Input([3, 4], strided=True), dim=1, keepdim=True, grads=grads, **more)
            cases.add(op, Input([3, 4], strided=True), grads=grads, **more)
            cases.add(
                op, Input([2, 3, 4], strided=True), dim=[0, 1], keepdim=False, grads=grads, **more
            )
            cases.add(
                op, Input([2, 3], dtype="float64"), dim=1, keepdim=False, grads=grads, **more
            )
            cases.add(op, Input([2, 0]), dim=0, keepdim=False, grads=grads, **more)
            cases.add(op, Input([2, 0]), dim=0, keepdim=True, grads=grads, **more)
            if op not in ("amax", "amin") and more.get("p") != INF:
                grads = grads and op != "std"
                cases.add(op, Input([2, 0]), dim=1, keepdim=False, grads=grads, **more)
                cases.add(op, Input([0]), grads=op == "sum", **more)
                cases.add(op, Input([0, 3]), dim=0, keepdim=True, grads=grads, **more)

    for op in ("amax", "amin", "max", "min"):
        cases.add(op, given([2.0, 1.0, 2.0, 1.0]))
        cases.add(op, given([[2.0, 1.0], [2.0, 1.0], [0.5, 2.0]]))
        cases.add(op, given([1.0, NAN, 2.0]), grads=False)
        cases.add(op, given([1.0, -INF, INF]))
        cases.add(op, given([3, -4, 2], "int64"))
        cases.add(op, given([True, False], "bool"))
    for op in ("amax", "amin", "max_dim", "min_dim"):
        cases.add(op, given([[2.0, 1.0, 2.0], [1.0, 1.0, 3.0]]), dim=1, keepdim=False)
        cases.add(op, given([[2.0, 1.0, 2.0], [1.0, 1.0, 3.0]]), dim=0, keepdim=True)
        cases.add(op, given([[1.0, NAN, 2.0], [NAN, 1.0, NAN]]), dim=1, keepdim=False, grads=False)
        cases.add(op, given([[3, -4, 2], [7, 7, 1]], "int64"), dim=1, keepdim=False)
        cases.add(op, given([[True, False], [False, False]], "bool"), dim=1, keepdim=False)
    for op in ("max", "min"):
        for shape in ([], [1], [5], [2, 3], [2, 3, 2]):
            cases.add(op, Input(shape))
        cases.add(op, Input([3, 4], strided=True))
    for op in ("max_dim", "min_dim"):
        for shape, dim in REDUCED + [([2, 0], 0)]:
            if isinstance(dim, int):
                for keepdim in (False, True):
                    cases.add(op, Input(shape), dim=dim, keepdim=keepdim)
        cases.add(op, Input([3, 4], strided=True), dim=0, keepdim=False)
        cases.add(op, Input([]), dim=0, keepdim=False)
    for op in ("argmax", "argmin"):
        for shape, dim in REDUCED + [([2, 0], 0)]:
            if dim is None:
                cases.add(op, Input(shape))
            elif isinstance(dim, int):
                cases.add(op, Input(shape), dim=dim, keepdim=False)
                cases.add(op, Input(shape), dim=dim, keepdim=True)
        cases.add(op, Input([3, 4], strided=True))
        cases.add(op, Input([3, 4], strided=True), dim=0, keepdim=False)
        cases.add(op, given([2.0, 1.0, 2.0, 1.0]))
        cases.add(op, given([2.0, NAN, 5.0, NAN]))
        cases.add(op, given([[3, 3, 2], [0, 1, 0]], "int64"), dim=1, keepdim=False)

    for op in ("all", "any"):
        for shape, dim in REDUCED:
            if dim is None:
                cases.add(op, Input(shape, "bool", "bool"))
            elif isinstance(dim, int):
                cases.add(op, Input(shape, "bool", "bool"), dim=dim, keepdim=False)
                cases.add(op, Input(shape, "bool", "bool"), dim=dim, keepdim=True)
        cases.add(
            op, given([[True, True], [False, True]], "bool", strided=True), dim=0, keepdim=False
        )
        cases.add(op, given([True, True], "bool"))
        cases.add(op, given([False, False], "bool"))
        cases.add(op, given([[0.0, 2.0], [NAN, 1.0]]), dim=1, keepdim=False)
        cases.add(op, given([0, 3], "int64"))
        cases.add(op, Input([0], "bool", "bool"))
        cases.add(op, Input([2, 0], "bool", "bool"), dim=1, keepdim=False)

    cases.add("sum", given([1, 2, -5], "int64"))
    cases.add("sum", given([[True, True], [False, True]], "bool"))
    cases.add("sum", given([[True, True], [False, True]], "bool"), dim=0, keepdim=False)
    cases.add("sum", given([[1, 2], [3, 4]], "int64"), dim=1, keepdim=True)
    cases.add("sum", Input([0], "int", "int64"))
    cases.add("logsumexp", given([1000.0, 1000.0]), grads=False)
    cases.add("logsumexp", given([[-INF, 1.0], [2.0, -INF]]), dim=1, keepdim=False)
    cases.add("logsumexp", given([-INF, -INF]), grads=False)
    cases.add("logsumexp", given([INF, 1.0]), grads=False)
    cases.add("mean", given([INF, 1.0]), grads=False)

    cases.add("prod", given([[2.0, 0.0, 3.0], [0.0, 0.0, 5.0], [1.0, 2.0, 4.0]]), dim=1)
    cases.add("prod", given([2.0, 0.0, 3.0]))
    cases.add("prod", given([0.0, 2.0, 0.0]))
    cases.add("prod", given([1, 2, -5], "int64"))
    cases.add("prod", given([[1, 2], [3, 4]], "int64"), dim=1, keepdim=True)
    cases.add("prod", given([[True, True], [False, True]], "bool"), dim=1)
    cases.add("prod", given([INF, 2.0, NAN]), grads=False)
    cases.add("std", given([2.0, 2.0, 2.0]), unbiased=True)
    for p in (2, 1, INF, 3, 0.5, -INF, -1):
        cases.add("norm", given([[3.0, -4.0, 0.0], [1.0, 2.0, -2.0]]), p=p, dim=1, check=False)
        cases.add("norm", given([1.0, -2.0, 2.0, 0.5]), p=p, check=False)
    for p in (2, 1, 3, INF):
        cases.add("norm", given([0.0, 0.0]), p=p)
    for shape, dim in [
        ([5], 0),
        ([1], 0),
        ([], 0),
        ([2, 3], 0),
        ([2, 3], -1),
        ([2, 5, 2], 1),
        ([9, 2], 0),
        ([0], 0),
        ([2, 0], 0),
        ([0, 3], 1),
    ]:
        cases.add("cumsum", Input(shape), dim=dim)
    cases.add("cumsum", Input([3, 4], strided=True), dim=0)
    cases.add("cumsum", Input([3, 4], strided=True), dim=1)
    cases.add("cumsum", Input([2, 3], dtype="float64"), dim=1)
    cases.add("cumsum", given([[1, 2, 3], [4, 5, 6]], "int64"), dim=1)
    cases.add("cumsum", given([True, False, True], "bool"), dim=0)
    cases.add("cumsum", given([1.0, INF, 2.0, -INF, 3.0]), dim=0, grads=False)

    for op in ("softmax", "log_softmax"):
        for shape, dim in [
            ([4], 0),
            ([2, 3], 0),
            ([2, 3], 1),
            ([2, 3], -1),
            ([2, 3, 2], 1),
            ([2, 2, 3], 2),
            ([1], 0),
            ([3, 1], 1),
            ([], 0),
            ([0], 0),
            ([2, 0], 1),
            ([0, 3], 1),
        ]:
            cases.add(op, Input(shape), dim=dim)
        cases.add(op, Input([3, 4], strided=True), dim=0)
        cases.add(op, Input([3, 4], strided=True), dim=1)
        cases.add(op, Input([2, 3], dtype="float64"), dim=1)
        cases.add(op, given([1000.0, 1000.0, 1000.0]), dim=0, check=False)
        cases.add(op, given([[1.0, -INF, 2.0], [-INF, 0.5, -INF]]), dim=1, check=False)
        cases.add(op, given([-INF, -INF]), dim=0, grads=False)


def products(cases):
    pairs = [
        ([3], [3]),
        ([1], [1]),
        ([0], [0]),
        ([2, 3], [3]),
        ([3], [3, 2]),
        ([2, 3], [3, 4]),
        ([1, 3], [3, 1]),
        ([1, 1], [1, 1]),
        ([5, 7], [7, 3]),
        ([2, 0], [0, 3]),
        ([0, 2], [2, 3]),
        ([2, 3], [3, 0]),
        ([0, 3], [3]),
        ([3, 0], [0]),
        ([2, 3, 4], [4, 2]),
        ([2, 3], [4, 3, 2]),
        ([2, 3, 4], [2, 4, 2]),
        ([1, 3, 4], [2, 4, 2]),
        ([2, 1, 2, 3], [4, 3, 2]),
        ([2, 2, 2, 3], [2, 1, 3, 2]),
        ([2, 3, 4], [4]),
        ([4], [2, 4, 3]),
        ([2, 2, 3, 4], [4]),
        ([0, 2, 3], [3, 2]),
        ([2, 2, 0], [2, 0, 3]),
        ([2, 0, 3], [3, 2]),
        ([0, 2, 3], [0, 3, 2]),
        ([0, 2, 3], [1, 3, 2]),
    ]
    for a, b in pairs:
        cases.add("matmul", Input(a), Input(b))
    for a, b in [([2, 3], [3, 4]), ([2, 3, 4], [4, 2]), ([2, 3, 4], [2, 4, 3])]:
        cases.add("matmul", Input(a, strided=True), Input(b))
        cases.add("matmul", Input(a), Input(b, strided=True))
        cases.add("matmul", Input(a, strided=True), Input(b, strided=True))
    cases.add("matmul", Input([3, 2], strided=True), Input([2]))
    cases.add("matmul", Input([2]), Input([2, 3], strided=True))
    cases.add("matmul", Input([2, 3], dtype="float64"), Input([3, 2], dtype="float64"))
    cases.add("matmul", Input([2, 3], "int", "int64"), Input([3, 2], "int", "int64"))
    cases.add("matmul", Input([3], "int", "int64"), Input([3], "int", "int64"))
    cases.add(
        "matmul", given([[1, 2, 3], [4, 5, 6]], "int64"), given([[1, 4], [2, 5], [3, 6]], "int64")
    )


def views(cases):
    for shape, new in [
        ([2, 3], [3, 2]),
        ([2, 3], [6]),
        ([2, 3], [-1]),
        ([2, 3], [-1, 2]),
        ([6], [1, 2, 3]),
        ([1], []),
        ([], [1, 1]),
        ([0], [0, 5]),
        ([2, 0], [0]),
        ([2, 3, 4], [4, -1]),
    ]:
        cases.add("reshape", Input(shape), shape=new)
        cases.add("view", Input(shape), shape=new)
    cases.add("reshape", Input([3, 4], strided=True), shape=[2, 6])
    cases.add("reshape", Input([2, 3, 4], strided=True), shape=[6, 4])
    cases.add("reshape", Input([2, 2], "int", "int64"), shape=[4])
    cases.add("view", Input([4, 2, 3], strided=True), shape=[2, 2, 2, 3])
    for shape, a, b in [
        ([2, 3], 0, 1),
        ([2, 3, 4], 0, 2),
        ([2, 3, 4], -1, 1),
        ([3], 0, 0),
        ([0, 3], 0, 1),
        ([], 0, -1),
    ]:
        cases.add("transpose", Input(shape), dim0=a, dim1=b)
    cases.add("transpose", Input([3, 4], strided=True), dim0=0, dim1=1)
    cases.add("T", Input([2, 3]))
    cases.add("T", Input([3, 2], strided=True))
    for shape, dims in [
        ([2, 3], [1, 0]),
        ([2, 3, 4], [2, 0, 1]),
        ([2, 1, 3, 2], [-1, 1, 0, 2]),
        ([], []),
        ([2, 0, 3], [1, 2, 0]),
    ]:
        cases.add("permute", Input(shape), dims=dims)
    cases.add("permute", Input([2, 3, 4], strided=True), dims=[1, 2, 0])
    for shape, dim in [
        ([1, 3, 1], None),
        ([1, 3, 1], 0),
        ([1, 3, 1], 1),
        ([1, 3, 1], -1),
        ([1], None),
        ([], None),
        ([1, 0], 0),
        ([2, 3], None),
    ]:
        cases.add("squeeze", Input(shape), **({} if dim is None else {"dim": dim}))
    for shape, dim in [([3], 0), ([3], 1), ([3], -1), ([2, 3], 1), ([2, 3], -3), ([], 0), ([0], 0)]:
        cases.add("unsqueeze", Input(shape), dim=dim)
    cases.add("unsqueeze", Input([3, 2], strided=True), dim=1)
    for shape, new in [
        ([3], [2, 3]),
        ([2, 1], [2, 3]),
        ([2, 1], [-1, 4]),
        ([], [2, 2]),
        ([1, 3, 1], [2, 3, 2]),
        ([1], [0]),
        ([0, 1], [0, 3]),
        ([2, 1], [3, -1, 2]),
    ]:
        cases.add("expand", Input(shape), shape=new)
    for shape, start, end in [
        ([2, 3, 4], 0, -1),
        ([2, 3, 4], 1, -1),
        ([2, 3, 4], 0, 1),
        ([3], 0, -1),
        ([], 0, -1),
        ([2, 0, 3], 1, 2),
        ([2, 3], 1, 1),
    ]:
        cases.add("flatten", Input(shape), start_dim=start, end_dim=end)
    cases.add("flatten", Input([2, 3, 4], strided=True), start_dim=1, end_dim=-1)
    for shape, dim, start, length in [
        ([5], 0, 1, 3),
        ([5], 0, 5, 0),
        ([3, 4], 0, 1, 2),
        ([3, 4], 1, 0, 2),
        ([3, 4], -1, 2, 2),
        ([2, 3, 4], 1, 1, 1),
    ]:
        cases.add("narrow", Input(shape), dim=dim, start=start, length=length)
    cases.add("narrow", Input([3, 4], strided=True), dim=1, start=1, length=2)
    for shape, dim, start, end, step in [
        ([7], 0, 0, 7, 2),
        ([7], 0, 1, 6, 3),
        ([7], 0, -3, 7, 1),
        ([7], 0, 2, -1, 2),
        ([3, 5], 1, 1, 5, 2),
        ([3, 5], 0, 0, 3, 2),
        ([3, 5], 1, 4, 2, 1),
        ([5], 0, 2, 100, 1),
        ([0], 0, 0, 0, 1),
        ([5], 0, -100, 2, 1),
    ]:
        cases.add("slice", Input(shape), dim=dim, start=start, end=end, step=step)
    cases.add("slice", Input([4, 5], strided=True), dim=0, start=1, end=4, step=2)
    for shape, dim, index in [
        ([5], 0, 2),
        ([5], 0, -1),
        ([2, 3], 0, 1),
        ([2, 3], 1, -2),
        ([2, 3, 4], 1, 0),
        ([2, 0], 0, 1),
    ]:
        cases.add("select", Input(shape), dim=dim, index=index)
    cases.add("select", Input([3, 4], strided=True), dim=0, index=1)


def windows(cases):
    for shape, dim, size, step in [
        ([7], 0, 3, 1),
        ([7], 0, 3, 2),
        ([7], -1, 2, 3),
        ([7], 0, 7, 1),
        ([7], 0, 0, 2),
        ([3, 5], 0, 2, 1),
        ([3, 5], 1, 3, 2),
        ([2, 6, 3], 1, 3, 1),
        ([], 0, 1, 1),
        ([0, 4], 1, 2, 1),
    ]:
        cases.add("unfold", Input(shape), dim=dim, size=size, step=step)
    cases.add("unfold", Input([3, 5], strided=True), dim=1, size=2, step=2)
    cases.add("unfold", Input([5], "int", "int64"), dim=0, size=2, step=1)
    for shape, seen, strides, offset in [
        ([6], [3], [2], 0),
        ([6], [3], [2], 1),
        ([6], [4, 3], [1, 1], 0),
        ([2, 3], [3, 2], [1, 3], None),
        ([2, 3], [2, 2, 2], [0, 1, 2], 1),
        ([4], [], [], 3),
        ([4], [0], [1], 0),
        ([5], [2, 2], [0, 0], 2),
    ]:
        args = {} if offset is None else {"offset": offset}
        cases.add("as_strided", Input(shape), shape=seen, strides=strides, **args)
    cases.add("as_strided", Input([3, 4], strided=True), shape=[5, 2], strides=[2, 1], offset=1)


def moving(cases):
    for shape, dims in [
        ([5], [0]),
        ([2, 3], [0]),
        ([2, 3], [1]),
        ([2, 3], [-1, 0]),
        ([2, 3], []),
        ([2, 3, 2], [0, 2]),
        ([1, 3], [0, 1]),
        ([], []),
        ([0, 3], [0, 1]),
    ]:
        cases.add("flip", Input(shape), dims=dims)
    cases.add("flip", Input([3, 4], strided=True), dims=[1])
    cases.add("flip", Input([3, 2], "int", "int64"), dims=[0])
    for shape, shifts, dims in [
        ([5], [2], [0]),
        ([5], [-2], [0]),
        ([5], [12], [0]),
        ([5], [0], [0]),
        ([2, 3], [1], [1]),
        ([2, 3], [1, -1], [0, 1]),
        ([2, 3], [4], None),
        ([3, 4], [1, 2], [1, 1]),
        ([], [1], None),
        ([0, 3], [1], [1]),
    ]:
        cases.add("roll", Input(shape), shifts=shifts, **({} if dims is None else {"dims": dims}))
    cases.add("roll", Input([3, 4], strided=True), shifts=[1], dims=[0])
    cases.add("roll", Input([3, 4], strided=True), shifts=[5])
    for shape, pads in [
        ([4], [1, 2]),
        ([2, 3], [1, 0]),
        ([2, 3], [0, 1, 2, 1]),
        ([2, 3], [-1, 2, 1, -1]),
        ([2, 3], []),
        ([3], [-1, -2]),
        ([0, 2], [1, 1]),
        ([2, 2, 2], [1, 1, 0, 0, 1, 0]),
    ]:
        cases.add("pad", Input(shape), pads=pads)
        cases.add("pad", Input(shape), pads=pads, value=-1.5)
    cases.add("pad", Input([3, 4], strided=True), pads=[1, 1, 1, 0], value=2.0)
    cases.add("pad", Input([3], "int", "int64"), pads=[1, 2], value=7)
    for mode in ("reflect", "replicate"):
        for shape, pads in [
            ([2, 4], [3, 2]),
            ([1, 2, 3], [1, 0]),
            ([2, 3, 4], [2, 1, 1, 2]),
            ([1, 2, 3, 3], [1, 1, 0, 2]),
            ([1, 2, 2, 3], [0, 1, 1, 1, 1, 0]),
        ]:
            cases.add("pad", Input(shape), pads=pads, mode=mode)
        cases.add("pad", Input([2, 3, 4], strided=True), pads=[2, 1], mode=mode)
    cases.add("pad", Input([2, 4], dtype="float64"), pads=[5, 6], mode="replicate")


def sorting(cases):
    for shape, dim in [
        ([5], 0),
        ([1], 0),
        ([], 0),
        ([2, 3], 0),
        ([2, 3], -1),
        ([2, 5, 2], 1),
        ([9], 0),
        ([0], 0),
        ([2, 0], 1),
        ([0, 3], 1),
    ]:
        for descending in (False, True):
            cases.add("sort", Input(shape), dim=dim, descending=descending)
        cases.add("argsort", Input(shape), dim=dim, descending=True)
        length = shape[dim] if shape else 1
        for k in {0, min(1, length), length // 2, length}:
            cases.add("topk", Input(shape), k=k, dim=dim, largest=True)
            cases.add("topk", Input(shape), k=k, dim=dim, largest=False)
    tied = [2.0, 1.0, NAN, 2.0, -INF, 1.0, INF, NAN, 2.0, 0.0, -0.0]
    for descending in (False, True):
        cases.add("sort", given(tied), grads=False, dim=0, descending=descending)
        cases.add("sort", given([3, -1, 3, 2], "int64"), dim=0, descending=descending)
        cases.add("sort", given([True, False, True], "bool"), dim=0, descending=descending)
        cases.add("sort", Input([3, 4], strided=True), dim=0, descending=descending)
        cases.add("sort", Input([2, 3], dtype="float64"), dim=1, descending=descending)
        cases.add("argsort", given(tied), grads=False, dim=0, descending=descending)
    cases.add("topk", given([1.0, NAN, 3.0, 2.0]), grads=False, k=2, dim=0, largest=True)
    cases.add("topk", given([1.0, NAN, 3.0, 2.0]), grads=False, k=3, dim=0, largest=False)
    cases.add("topk", Input([3, 4], strided=True), k=2, dim=0, largest=True)
    cases.add("topk", given([[3, -4, 2], [7, 5, 1]], "int64"), k=2, dim=1, largest=True)
    for data, more in [
        ([1, 0, 3], {}),
        ([1, 0, 3], {"num_classes": 6}),
        ([[1, 0], [2, 2]], {"num_classes": 3}),
        (2, {"num_classes": 4}),
    ]:
        cases.add("one_hot", given(data, "int64"), **more)
    cases.add("one_hot", Input([0, 2], "int", "int64"), num_classes=3)


def einsums(cases):
    for equation, *shapes in [
        ("i,i->", [3], [3]),
        ("i,j->ij", [2], [3]),
        ("ij,jk->ik", [2, 3], [3, 4]),
        ("ij,jk", [2, 3], [3, 4]),
        ("ij,jk->ki", [2, 3], [3, 4]),
        ("ij->ji", [2, 3]),
        ("ij->", [2, 3]),
        ("ij->j", [2, 3]),
        ("ii->i", [3, 3]),
        ("ii", [3, 3]),
        ("iji->j", [2, 3, 2]),
        ("bij,bjk->bik", [2, 3, 4], [2, 4, 2]),
        ("bhqd,bhkd->bhqk", [2, 2, 3, 4], [2, 2, 2, 4]),
        ("...ij,...jk->...ik", [2, 2, 3], [3, 2]),
        ("...ij,...jk", [2, 1, 2, 3], [2, 3, 2]),
        ("b...,b->...", [2, 3, 2], [2]),
        ("...ii->...i", [2, 3, 3]),
        ("ij,ij->ij", [2, 3], [2, 3]),
        ("ij,kl->", [2, 3], [3, 2]),
        ("i,ij,j->", [2], [2, 3], [3]),
        ("ab,bc,cd->ad", [2, 3], [3, 2], [2, 4]),
        ("ab,cb,db->acd", [2, 3], [2, 3], [3, 3]),
        (" i j , j k -> i k ", [2, 3], [3, 1]),
        ("Ab,bA->A", [2, 3], [3, 2]),
        ("ij,jk->ik", [0, 3], [3, 2]),
        ("ij,jk->ik", [2, 0], [0, 2]),
        (",i->i", [], [3]),
        ("ij,jk->ik", [2, 1], [3, 2]),
    ]:
        cases.add("einsum", *(Input(shape) for shape in shapes), composed=True, equation=equation)
    cases.add(
        "einsum",
        Input([3, 4], strided=True),
        Input([2, 4], strided=True),
        composed=True,
        equation="ij,kj->ik",
    )
    cases.add("einsum", Input([3, 3], strided=True), composed=True, equation="ii->i")


def joining(cases):
    cases.add("cat", Input([2]), Input([3]), dim=0)
    cases.add("cat", Input([2, 3]), Input([1, 3]), Input([2, 3]), dim=0)
    cases.add("cat", Input([2, 3]), Input([2, 1]), dim=1)
    cases.add("cat", Input([2, 3]), Input([2, 1]), dim=-1)
    cases.add("cat", Input([2, 3], strided=True), Input([2, 2]), dim=1)
    cases.add("cat", Input([2, 1, 3]), Input([2, 2, 3]), dim=1)
    cases.add("cat", Input([0, 3]), Input([2, 3]), dim=0)
    cases.add("cat", Input([0]), Input([2]), dim=0)
    cases.add("cat", Input([3]), dim=0)
    cases.add("cat", Input([2], "int", "int64"), Input([2], "int", "int64"), dim=0)
    cases.add("cat", Input([2], "int", "int64"), Input([2]), dim=0, check=False)
    cases.add("cat", Input([2]), Input([2], dtype="float64"), dim=0, check=False)
    cases.add("cat", Input([2], "bool", "bool"), Input([2], "int", "int64"), dim=0)
    for dim in (0, 1, 2, -1):
        cases.add("stack", Input([2, 3]), Input([2, 3]), dim=dim)
    cases.add("stack", Input([3]), Input([3]), Input([3]), dim=0)
    cases.add("stack", Input([]), Input([]), dim=0)
    cases.add("stack", Input([0]), Input([0]), dim=0)
    cases.add("stack", Input([2, 3], strided=True), Input([2, 3]), dim=1)
    cases.add("split", Input([7]), split_size=3, dim=0)
    cases.add("split", Input([6]), split_size=3, dim=0)
    cases.add("split", Input([2, 5]), split_size=2, dim=1)
    cases.add("split", Input([4, 2]), split_size=2, dim=-2)
    cases.add("split", Input([4, 2]), split_size=10, dim=0)
    cases.add("split", Input([6, 2]), sizes=[1, 3, 2], dim=0)
    cases.add("split", Input([3, 4], strided=True), sizes=[1, 0, 3], dim=1)
    cases.add("split", Input([0]), split_size=2, dim=0)
    cases.add("chunk", Input([7]), chunks=3, dim=0)
    cases.add("chunk", Input([5]), chunks=4, dim=0)
    cases.add("chunk", Input([2, 6]), chunks=2, dim=1)
    cases.add("chunk", Input([2]), chunks=5, dim=0)
    cases.add("chunk", Input([3, 4], strided=True), chunks=2, dim=-1)
    for shape, repeats in [
        ([3], [2]),
        ([3], [2, 2]),
        ([2, 3], [1, 2]),
        ([2, 3], [3, 1, 2]),
        ([], [3]),
        ([2], [0]),
        ([0], [2]),
        ([1, 2], [2, 1]),
    ]:
        cases.add("repeat", Input(shape), repeats=repeats)
    cases.add("repeat", Input([2, 3], strided=True), repeats=[2, 1])


def indexing(cases):
    def index(data):
        return given(data, "int64")

    empty_index = Input([0], "int", "int64")
    cases.add("gather", Input([4]), index([0, 3, 3, 1, 0]), dim=0)
    cases.add("gather", Input([2, 3]), index([[0, 1, 1]]), dim=0)
    cases.add("gather", Input([2, 3]), index([[2, 0], [1, 1]]), dim=1)
    cases.add("gather", Input([2, 3]), index([[2], [0]]), dim=-1)
    cases.add("gather", Input([3, 4], strided=True), index([[3], [0], [3]]), dim=1)
    cases.add("gather", Input([2, 2, 3]), index([[[0, 1, 0]], [[1, 1, 0]]]), dim=1)
    cases.add("gather", Input([3]), empty_index, dim=0)
    cases.add("gather", Input([2, 2], "int", "int64"), index([[1, 0], [0, 0]]), dim=0)
    cases.add("index_select", Input([4]), index([3, 0, 3]), dim=0)
    cases.add("index_select", Input([3, 2]), index([2, 0]), dim=0)
    cases.add("index_select", Input([3, 2]), index([1, 1, 0]), dim=1)
    cases.add("index_select", Input([3, 4], strided=True), index([2, 2]), dim=0)
    cases.add("index_select", Input([2, 3, 2]), index([2, 0]), dim=-2)
    cases.add("index_select", Input([3, 2]), empty_index, dim=0)
    cases.add("index_select", Input([3], "int", "int64"), index([2, 1]), dim=0)

    mask = given([[True, False, True], [False, False, True]], "bool")
    cases.add("masked_fill", Input([2, 3]), mask, value=-1.5)
    cases.add("masked_fill", Input([2, 3]), mask, value=-INF)
    cases.add("masked_fill", Input([2, 3], strided=True), mask, value=2)
    cases.add("masked_fill", Input([2, 3]), given([True, False, True], "bool"), value=0.0)
    cases.add("masked_fill", Input([2, 2, 3]), given([[True], [False]], "bool"), value=9.0)
    cases.add("masked_fill", Input([]), given(True, "bool"), value=3.0)
    cases.add("masked_fill", Input([0]), given(True, "bool"), value=3.0)
    cases.add(
        "masked_fill", Input([3], "int", "int64"), given([True, False, True], "bool"), value=7
    )

    cases.add("where", mask, Input([2, 3]), Input([2, 3]))
    cases.add("where", mask, Input([3]), Input([2, 1]))
    cases.add("where", given([True, False, True], "bool"), Input([2, 3]), Input([]))
    cases.add("where", given(True, "bool"), Input([2]), Input([2]))
    cases.add("where", Input([0, 3], "bool", "bool"), Input([3]), Input([1]))
    cases.add("where", mask, Input([2, 3], strided=True), Input([2, 3], strided=True))
    cases.add("where", mask, Input([2, 3], "int", "int64"), Input([2, 3], "int", "int64"))
    cases.add("where", mask, Input([2, 3], dtype="float64"), Input([2, 3], dtype="float64"))

    for op in ("triu", "tril"):
        for shape, diagonal in [
            ([3, 3], 0),
            ([3, 3], 1),
            ([3, 3], -1),
            ([2, 4], 0),
            ([4, 2], -2),
            ([2, 4], 2),
            ([2, 3, 3], 1),
            ([2, 2], 5),
            ([2, 2], -5),
            ([0, 3], 0),
            ([1, 1], 0),
        ]:
            cases.add(op, Input(shape), diagonal=diagonal)
        cases.add(op, Input([3, 4], strided=True), diagonal=0)
        cases.add(op, Input([3, 3], "int", "int64"), diagonal=0)
        cases.add(op, given([[True, True], [True, True]], "bool"), diagonal=0)


SAMPLES = {
    "float32": [1.5, -2.0, 0.1],
    "float64": [0.5, -4.0, 0.1],
    "int64": [3, -2, 7],
    "bool": [True, False, True],
}


def promotion(cases):
    """Every pair of dtypes, 1-D and 0-d, and every dtype with a Python scalar of each type."""
    for op, (a, b) in itertools.product(
        ("add", "sub", "mul", "div", "maximum"), itertools.product(SAMPLES, SAMPLES)
    ):
        if op == "sub" and "bool" in (a, b):
            continue  # an error in PyTorch
        left, right = SAMPLES[a], SAMPLES[b][::-1]
        for x, y in [(left, right), (left[0], right), (left, right[0]), (left[0], right[0])]:
            cases.add(op, given(x, a), given(y, b), check=False, grads=False, group="promotion")
    for op, dtype, scalar in itertools.product(
        ("add", "mul", "div", "rsub", "rdiv", "pow"), SAMPLES, (2, 2.5, True)
    ):
        if (
            dtype == "bool"
            and op == "rsub"
            or op == "rsub"
            and scalar is True
            or op == "pow"
            and (dtype == "bool" or scalar is True)
        ):
            continue
        for x in (SAMPLES[dtype], SAMPLES[dtype][0]):
            cases.add(
                op,
                given(x, dtype),
                scalar=scalar,
                scalar_type=type(scalar).__name__,
                check=False,
                grads=False,
                group="promotion",
            )
    for a, b in itertools.product(SAMPLES, SAMPLES):
        for op in ("eq", "lt"):
            cases.add(
                op,
                given(SAMPLES[a], a),
                given(SAMPLES[b], b),
                check=False,
                grads=False,
                group="promotion",
            )
        cases.add(
            "where",
            given([True, False, True], "bool"),
            given(SAMPLES[a], a),
            given(SAMPLES[b], b),
            check=False,
            grads=False,
            group="promotion",
        )
    # Gradients come back in the dtype of the input, whatever the dtype of the result.
    cases.add(
        "mul", given([1.5, -2.0]), given([0.5, 4.0], "float64"), check=False, group="promotion"
    )
    cases.add(
        "add", given([1.5, -2.0], "float64"), given([[0.5], [4.0]]), check=False, group="promotion"
    )
    cases.add("mul", given([1.5, -2.0]), given([3, 4], "int64"), check=False, group="promotion")
    cases.add("div", given([3, 4], "int64"), given([1.5, -2.0]), check=False, group="promotion")


def casts(cases):
    data = {
        "float32": [0.0, -0.0, 1.0, 1.9, -1.9, 2.5, -2.5, 0.3, -0.3, 1e9, 16777216.0],
        "float64": [0.0, 0.1, 1.9, -1.9, 1e-50, 1e300, 16777217.0, 123456789.125, 1e-320],
        "int64": [0, 1, -1, 16777217, -123456789012, 9007199254740993],
        "bool": [True, False],
    }
    for source, target in itertools.product(DTYPES, DTYPES):
        sample = [
            v
            for v in data[source]
            if not (target == "int64" and isinstance(v, float) and abs(v) > 9e18)
        ]
        cases.add("to", given(sample, source), dtype=target)
        cases.add("to", Input([0, 2], "bool", source), dtype=target)
        cases.add("to", given(sample[1], source), dtype=target)
    cases.add("to", given([NAN, INF, -INF, 0.0]), dtype="bool", grads=False)
    cases.add("to", given([NAN, INF, -INF, 1e39], "float64"), dtype="float32", grads=False)
    cases.add("to", Input([2, 3], strided=True), dtype="float64")


def creation(cases):
    for start, end, step in [
        (0, 5, 1),
        (2, 10, 3),
        (5, 0, -2),
        (0, 0, 1),
        (0.0, 1.0, 0.25),
        (1.0, 2.0, 0.1),
        (0, 1, 0.3),
        (1.0, -1.0, -0.7),
    ]:
        cases.add("arange", start=start, end=end, step=step, grads=False)
    cases.add("arange", start=0, end=3, step=1, dtype="float32", grads=False)
    cases.add("arange", start=0.0, end=1.0, step=0.1, dtype="float64", grads=False)
    for start, end, steps in [
        (0.0, 1.0, 5),
        (-1.0, 1.0, 4),
        (0.0, 1.0, 11),
        (3.0, 3.0, 3),
        (2.0, 5.0, 1),
        (0.0, 1.0, 0),
        (5.0, -2.0, 8),
    ]:
        cases.add("linspace", start=start, end=end, steps=steps, grads=False)
        cases.add("linspace", start=start, end=end, steps=steps, dtype="float64", grads=False)
    for n, m in [(3, 3), (2, 4), (4, 2), (0, 3), (1, 1)]:
        cases.add("eye", n=n, m=m, grads=False)
    for value in (1.5, 3, True):
        cases.add("full", shape=[2, 2], fill_value=value, grads=False)
    cases.add("full", shape=[], fill_value=2.0, grads=False)
    cases.add("full", shape=[0, 2], fill_value=2.0, grads=False)


def make_ops():
    cases = Cases()
    for section in (
        arithmetic,
        elementwise,
        comparisons,
        reductions,
        products,
        einsums,
        views,
        windows,
        moving,
        joining,
        indexing,
        sorting,
        promotion,
        casts,
        creation,
    ):
        section(cases)
    write("ops.json", cases=cases.list)


# --------------------------------------------------------------------------------------------------
# nn.json
# --------------------------------------------------------------------------------------------------


def labels(data):
    return given(data, "int64")


LOSSES = {
    "mse_loss": lambda x, a: F.mse_loss(x[0], x[1], reduction=a["reduction"]),
    "binary_cross_entropy": lambda x, a: F.binary_cross_entropy(
        x[0], x[1], reduction=a["reduction"]
    ),
    "binary_cross_entropy_with_logits": lambda x, a: F.binary_cross_entropy_with_logits(
        x[0], x[1], reduction=a["reduction"]
    ),
    "nll_loss": lambda x, a: F.nll_loss(
        x[0], x[1], reduction=a["reduction"], ignore_index=a.get("ignore_index", -100)
    ),
    "cross_entropy": lambda x, a: F.cross_entropy(
        x[0], x[1], reduction=a["reduction"], ignore_index=a.get("ignore_index", -100)
    ),
}


LOSSES["soft_cross_entropy"] = lambda x, a: F.cross_entropy(
    x[0],
    x[1],
    weight=None if "weight" not in a else torch.tensor(a["weight"], dtype=x[0].dtype),
    reduction=a["reduction"],
    ignore_index=a.get("ignore_index", -100),
    label_smoothing=a.get("label_smoothing", 0.0),
)


def make_losses():
    found = []

    def add(op, *inputs, check=True, grads=True, **args):
        found.append(
            make_case(op, LOSSES[op], args, list(inputs), check=check, differentiate=grads)
        )

    for reduction in ("mean", "sum", "none"):
        for shape in ([], [5], [3, 2], [0], [2, 1, 3]):
            fixed = Input(shape, "unit", grad=False)
            add(
                "mse_loss",
                Input(shape),
                Input(shape),
                reduction=reduction,
                grads=shape != [0] or reduction != "mean",
            )
            add(
                "binary_cross_entropy",
                Input(shape, "unit"),
                fixed,
                reduction=reduction,
                grads=shape != [0] or reduction != "mean",
            )
            add(
                "binary_cross_entropy_with_logits",
                Input(shape),
                fixed,
                reduction=reduction,
                grads=shape != [0] or reduction != "mean",
            )
        add("mse_loss", Input([3, 4], strided=True), Input([3, 4]), reduction=reduction)
        add(
            "mse_loss",
            Input([4], dtype="float64"),
            Input([4], dtype="float64"),
            reduction=reduction,
        )
        hard = given([1.0, 0.0, 0.0, 1.0], grad=False)
        add(
            "binary_cross_entropy",
            given([1.0, 0.0, 1.0, 0.0]),
            hard,
            reduction=reduction,
            check=False,
        )
        add("binary_cross_entropy", given([0.75, 0.25, 0.5, 0.125]), hard, reduction=reduction)
        add(
            "binary_cross_entropy_with_logits",
            given([50.0, -50.0, 50.0, -50.0]),
            hard,
            reduction=reduction,
            check=False,
        )
        add(
            "binary_cross_entropy_with_logits",
            given([0.0, 0.0, 1.0, -1.0]),
            hard,
            reduction=reduction,
        )
        add(
            "binary_cross_entropy",
            Input([2, 3], "unit", "float64"),
            Input([2, 3], "unit", "float64", grad=False),
            reduction=reduction,
        )

        for op in ("nll_loss", "cross_entropy"):
            add(op, Input([3, 4]), labels([1, 0, 3]), reduction=reduction)
            add(op, Input([1, 2]), labels([1]), reduction=reduction)
            add(op, Input([4]), labels(2), reduction=reduction)
            add(op, Input([4, 3], strided=True), labels([2, 2, 0, 1]), reduction=reduction)
            add(op, Input([4, 3]), labels([2, -100, 0, -100]), reduction=reduction)
            add(op, Input([4, 3]), labels([2, 1, 0, 1]), reduction=reduction, ignore_index=1)
            add(op, Input([4, 3]), labels([2, -1, 0, -1]), reduction=reduction, ignore_index=-1)
            add(op, Input([2, 3]), labels([-100, -100]), reduction=reduction)
            add(op, Input([2, 3, 2]), labels([[0, 2], [1, -100]]), reduction=reduction)
            add(op, Input([3, 4], dtype="float64"), labels([1, 0, 3]), reduction=reduction)
            add(op, Input([0, 3]), Input([0], "int", "int64"), reduction=reduction, grads=False)
        for more in (
            {"label_smoothing": 0.25},
            {"weight": [0.5, 2.0, 1.0]},
            {"label_smoothing": 0.1, "weight": [0.5, 2.0, 1.25]},
        ):
            op, more = "soft_cross_entropy", more | {"reduction": reduction}
            add(op, Input([4, 3], strided=True), labels([2, 2, 0, 1]), **more)
            add(op, Input([4, 3]), labels([2, -100, 0, -100]), **more)
            add(op, Input([4, 3]), labels([2, 1, 0, 1]), ignore_index=1, **more)
            add(op, Input([2, 3, 2]), labels([[0, 2], [1, -100]]), **more)
            add(op, Input([3]), labels(1), **more)
            add(op, Input([2, 3], dtype="float64"), labels([0, 2]), **more)
            add(op, Input([4, 3]), Input([4, 3], "unit"), **more)
            add(op, Input([2, 3, 2]), Input([2, 3, 2], "unit", grad=False), **more)
            add(op, Input([3]), Input([3], "unit"), **more)
        add("soft_cross_entropy", Input([4, 3]), Input([4, 3], "unit"), reduction=reduction)
        add(
            "cross_entropy",
            given([[1000.0, 0.0], [0.0, 1000.0]]),
            labels([0, 0]),
            reduction=reduction,
            check=False,
        )
    return found


FUNCTIONS = {
    "embedding": lambda x, a: F.embedding(x[0], x[1], a.get("padding_idx")),
    "layer_norm": lambda x, a: F.layer_norm(
        x[0], a["shape"], *(x[1:] if len(x) > 1 else [None, None]), eps=a.get("eps", 1e-5)
    ),
}


def make_functions():
    found = []

    def add(op, *inputs, **args):
        found.append(make_case(op, FUNCTIONS[op], args, list(inputs)))

    for indices in ([1, 0, 3, 1], [[1, 0], [3, 1]], 2):
        add("embedding", labels(indices), Input([4, 3]))
    add("embedding", labels([[0, 1], [1, 2]]), Input([3, 2], strided=True))
    add("embedding", labels([1, 0, 1]), Input([3, 2]), padding_idx=1)
    add("embedding", labels([2, 0, 2]), Input([3, 2], dtype="float64"), padding_idx=-1)
    add("embedding", Input([0], "int", "int64"), Input([3, 2]))
    for shape, row in [
        ([5], [5]),
        ([2, 5], [5]),
        ([2, 3, 4], [4]),
        ([2, 3, 4], [3, 4]),
        ([3, 70], [70]),
    ]:
        add("layer_norm", Input(shape, dtype="float64"), shape=row)
        wide = {"dtype": "float64"}
        add("layer_norm", Input(shape, **wide), Input(row, **wide), Input(row, **wide), shape=row)
    add(
        "layer_norm",
        Input([3, 4], dtype="float64", strided=True),
        Input([4], dtype="float64"),
        Input([4], dtype="float64"),
        shape=[4],
        eps=0.25,
    )
    return found


def make_linear():
    found = []
    for n_in, n_out, bias, shapes in [
        (3, 4, True, ([2, 3], [3], [2, 2, 3], [0, 3])),
        (3, 2, False, ([2, 3], [3])),
        (1, 1, True, ([4, 1],)),
        (50, 30, True, ([1, 50],)),
    ]:
        for shape in shapes:
            torch.manual_seed(123)
            layer = nn.Linear(n_in, n_out, bias=bias)
            after = torch.rand(1)
            rng = random.Random(f"linear {n_in} {n_out} {bias} {shape}")
            x = Input(shape).draw(rng).requires_grad_()
            out = layer(x)
            cotangent = torch.tensor(values(rng, "cotangent", out.numel())).reshape(out.shape)
            out.backward(cotangent)
            found.append(
                {
                    "seed": 123,
                    "in_features": n_in,
                    "out_features": n_out,
                    "bias": bias,
                    "weight": described(layer.weight),
                    "bias_data": described(layer.bias) if bias else None,
                    "rand_after": number(after.item(), torch.float32),
                    "input": described(x),
                    "output": described(out),
                    "grad_fn": type(out.grad_fn).__name__,
                    "cotangent": flat(cotangent),
                    "input_grad": flat(x.grad),
                    "weight_grad": flat(layer.weight.grad),
                    "bias_grad": flat(layer.bias.grad) if bias else None,
                }
            )
    return found


def make_dropout():
    found = []
    for seed, p, shape, training in [
        (123, 0.5, [20], True),
        (123, 0.1, [20], True),
        (0, 0.3, [3, 4], True),
        (123, 0.5, [2, 3], False),
        (123, 0.0, [4], True),
        (123, 1.0, [4], True),
        (123, 0.5, [0], True),
        (123, 0.5, [17], True),
    ]:
        rng = random.Random(f"dropout {seed} {p} {shape}")
        x = Input(shape).draw(rng).requires_grad_()
        layer = nn.Dropout(p).train(training)
        torch.manual_seed(seed)
        out = layer(x)
        after = torch.rand(1)
        cotangent = torch.tensor(values(rng, "cotangent", out.numel())).reshape(out.shape)
        out.backward(cotangent)
        found.append(
            {
                "seed": seed,
                "p": p,
                "training": training,
                "input": described(x),
                "output": described(out),
                "cotangent": flat(cotangent),
                "input_grad": flat(x.grad),
                "rand_after": number(after.item(), torch.float32),
            }
        )
    return found


def make_init():
    found = []

    def add(name, shape, dtype="float32", **args):
        torch.manual_seed(123)
        tensor = torch.empty(shape, dtype=DTYPES[dtype])
        getattr(nn.init, name)(tensor, **args)
        found.append(
            {
                "init": name,
                "seed": 123,
                "args": args,
                **described(tensor),
                "rand_after": number(torch.rand(1).item(), torch.float32),
            }
        )

    for shape in ([3], [3, 4], [5, 7], [2, 3, 2, 2]):
        add("uniform_", shape)
        add("uniform_", shape, a=-2.0, b=3.0)
        add("normal_", shape)
        add("normal_", shape, mean=1.0, std=0.02)
    add("uniform_", [3, 2], dtype="float64", a=-1.0, b=1.0)
    add("normal_", [3, 2], dtype="float64")
    for shape in ([3, 4], [5, 7], [2, 3, 2, 2]):
        for name in ("xavier_uniform_", "xavier_normal_"):
            add(name, shape)
            add(name, shape, gain=5 / 3)
        for name in ("kaiming_uniform_", "kaiming_normal_"):
            add(name, shape)
            add(name, shape, a=math.sqrt(5))
            add(name, shape, mode="fan_out", nonlinearity="relu")
        add("kaiming_uniform_", shape, nonlinearity="tanh")
    add("constant_", [2, 2], val=0.25)
    add("zeros_", [2, 2])
    add("ones_", [2, 2])
    add("eye_", [2, 3])
    return found


GAINS = [
    (n, nn.init.calculate_gain(n)) for n in ("linear", "sigmoid", "tanh", "relu", "leaky_relu")
]


def make_optimizers():
    """Five steps with given gradients. A null gradient: the parameter took no part in that step."""
    variants = [
        ("SGD", dict(lr=0.1)),
        ("SGD", dict(lr=0.1, momentum=0.9)),
        ("SGD", dict(lr=0.1, momentum=0.9, dampening=0.5)),
        ("SGD", dict(lr=0.1, momentum=0.9, nesterov=True)),
        ("SGD", dict(lr=0.1, weight_decay=0.05)),
        ("SGD", dict(lr=0.1, momentum=0.9, weight_decay=0.05)),
        ("SGD", dict(lr=0.1, momentum=0.9, weight_decay=0.05, nesterov=True)),
        ("Adam", dict()),
        ("Adam", dict(lr=0.1)),
        ("Adam", dict(lr=0.05, betas=[0.8, 0.9], eps=1e-4)),
        ("Adam", dict(lr=0.05, weight_decay=0.1)),
        ("AdamW", dict()),
        ("AdamW", dict(lr=0.1)),
        ("AdamW", dict(lr=0.05, weight_decay=0.2)),
        ("AdamW", dict(lr=0.05, betas=[0.8, 0.9], eps=1e-4, weight_decay=0.0)),
    ]
    found = []
    for (name, args), dtype, absent in itertools.product(
        variants, ("float32", "float64"), (False, True)
    ):
        if absent and dtype == "float64":
            continue
        rng = random.Random("optimizer")
        params = [Input(s, dtype=dtype).draw(rng).requires_grad_() for s in ([3], [2, 2])]
        entry = {
            "optimizer": name,
            "args": args,
            "params": [described(p) for p in params],
            "grads": [],
            "after": [],
        }
        options = {k: tuple(v) if k == "betas" else v for k, v in args.items()}
        optimizer = getattr(torch.optim, name)(params, **options)
        for step in range(5):
            for i, p in enumerate(params):
                gone = absent and (step + i) % 3 == 0
                p.grad = None if gone else Input(p.shape, "cotangent", dtype).draw(rng)
            entry["grads"].append([flat(p.grad) for p in params])
            optimizer.step()
            entry["after"].append([flat(p) for p in params])
        found.append(entry)
    return found


def make_schedulers():
    variants = [
        ("StepLR", dict(step_size=3)),
        ("StepLR", dict(step_size=4, gamma=0.5)),
        ("StepLR", dict(step_size=1, gamma=0.9)),
        ("MultiStepLR", dict(milestones=[2, 5, 6], gamma=0.1)),
        ("ExponentialLR", dict(gamma=0.9)),
        ("CosineAnnealingLR", dict(T_max=12)),
        ("CosineAnnealingLR", dict(T_max=10, eta_min=0.01)),
        ("CosineAnnealingLR", dict(T_max=4)),
        ("LinearLR", dict(start_factor=0.25, total_iters=5)),
        ("LinearLR", dict()),
        ("ConstantLR", dict(factor=0.5, total_iters=4)),
    ]
    found = []
    for name, args in variants:
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
        scheduler = getattr(torch.optim.lr_scheduler, name)(optimizer, **args)
        rates = [optimizer.param_groups[0]["lr"]]
        for _ in range(12):
            optimizer.step()
            scheduler.step()
            rates.append(optimizer.param_groups[0]["lr"])
        found.append({"scheduler": name, "args": args, "lr": 0.5, "lrs": rates})
    return found


def make_clipping():
    found = []
    for data in (
        [[3.0, -4.0], [[12.0, 0.5], [-0.25, 1.0]]],
        [[0.125, -0.25], [[0.5, 0.25], [0.125, 0.0]]],
        [[0.0, 0.0], [[0.0, 0.0], [0.0, 0.0]]],
    ):
        for kind, args in [
            ("norm", dict(max_norm=1.0, norm_type=2.0)),
            ("norm", dict(max_norm=1.0, norm_type=INF)),
            ("norm", dict(max_norm=100.0, norm_type=2.0)),
            ("norm", dict(max_norm=2.0, norm_type=1.0)),
            ("value", dict(clip_value=0.5)),
        ]:
            params = [torch.zeros_like(torch.tensor(g)).requires_grad_() for g in data]
            for p, g in zip(params, data):
                p.grad = torch.tensor(g)
            entry = {
                "clip": kind,
                "args": {k: number(v) for k, v in args.items()},
                "grads": [described(p.grad) for p in params],
            }
            if kind == "norm":
                entry["total_norm"] = number(
                    nn.utils.clip_grad_norm_(params, **args).item(), torch.float32
                )
            else:
                nn.utils.clip_grad_value_(params, **args)
            entry["after"] = [flat(p.grad) for p in params]
            found.append(entry)
    return found


def build(description):
    """The module that a description asks for; the C++ test builds the same from the same."""
    kind, args = description["type"], description.get("args", {})
    if kind == "Sequential":
        return nn.Sequential(*(build(child) for _, child in description["children"]))
    if kind == "Module":
        module = type(description["name"], (nn.Module,), {})()
        for name, child in description["children"]:
            module.add_module(name, build(child))
        return module
    return getattr(nn, kind)(**args)


def make_reprs():
    def layer(kind, **args):
        return {"type": kind, "args": args}

    def sequential(*children):
        return {"type": "Sequential", "children": [[str(i), c] for i, c in enumerate(children)]}

    def module(name, **children):
        return {"type": "Module", "name": name, "children": [[k, c] for k, c in children.items()]}

    linear = functools.partial(layer, "Linear")
    hour = sequential(
        linear(in_features=50, out_features=30),
        layer("ReLU"),
        linear(in_features=30, out_features=20),
        layer("ReLU"),
        linear(in_features=20, out_features=3),
    )
    models = [
        linear(in_features=2, out_features=3),
        linear(in_features=2, out_features=3, bias=False),
        layer("ReLU"),
        layer("GELU"),
        layer("Tanh"),
        layer("Sigmoid"),
        layer("Softmax", dim=1),
        layer("Softmax", dim=-1),
        layer("LogSoftmax", dim=1),
        layer("Identity"),
        layer("GELU", approximate="tanh"),
        layer("Embedding", num_embeddings=10, embedding_dim=3),
        layer("Embedding", num_embeddings=10, embedding_dim=3, padding_idx=-2),
        layer("LayerNorm", normalized_shape=[8]),
        layer("LayerNorm", normalized_shape=[2, 3], eps=1e-6, elementwise_affine=False),
        layer("Dropout"),
        layer("Dropout", p=0.1),
        layer("Dropout", p=0.25),
        layer("Flatten"),
        layer("Flatten", start_dim=0, end_dim=1),
        layer("MSELoss"),
        layer("CrossEntropyLoss"),
        layer("BCELoss"),
        layer("BCEWithLogitsLoss"),
        layer("NLLLoss"),
        sequential(),
        sequential(layer("ReLU")),
        sequential(
            layer("Flatten"),
            linear(in_features=64, out_features=32),
            layer("GELU"),
            layer("Dropout", p=0.5),
            layer("Tanh"),
            layer("Sigmoid"),
            linear(in_features=32, out_features=10, bias=False),
            layer("Softmax", dim=1),
        ),
        sequential(sequential(layer("ReLU"), sequential(layer("Tanh"))), layer("Sigmoid")),
        sequential(*(layer("ReLU") for _ in range(11))),
        module("NeuralNetwork", layers=hour),
        module("Empty"),
        module(
            "Net",
            fc1=linear(in_features=4, out_features=8),
            act=layer("ReLU"),
            tail=module(
                "Head", drop=layer("Dropout", p=0.5), out=linear(in_features=8, out_features=2)
            ),
        ),
    ]
    return [
        {
            "model": m,
            "text": str(build(m)),
            "parameters": sum(p.numel() for p in build(m).parameters()),
        }
        for m in models
    ]


class NeuralNetwork(nn.Module):
    """The network of the tutorial."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(inputs, 30), nn.ReLU(), nn.Linear(30, 20), nn.ReLU(), nn.Linear(20, outputs)
        )

    def forward(self, x):
        return self.layers(x)


X_TRAIN = torch.tensor([[-1.2, 3.1], [-0.9, 2.9], [-0.5, 2.6], [2.3, -1.1], [2.7, -1.5]])
Y_TRAIN = torch.tensor([0, 0, 0, 1, 1])
X_TEST = torch.tensor([[-0.8, 2.8], [2.6, -1.6]])
Y_TEST = torch.tensor([0, 1])


def the_hour():
    """The tutorial, from its graph to its trained network, with every number at full precision."""
    result = {}
    y, x1 = torch.tensor([1.0]), torch.tensor([1.1])
    w1, b = torch.tensor([2.2], requires_grad=True), torch.tensor([0.0], requires_grad=True)
    loss = F.binary_cross_entropy(torch.sigmoid(x1 * w1 + b), y)
    grads = torch.autograd.grad(loss, [w1, b], retain_graph=True)
    loss.backward()
    assert torch.equal(w1.grad, grads[0]) and torch.equal(b.grad, grads[1])
    result |= {
        "bce": described(loss),
        "w1_grad": described(grads[0]),
        "b_grad": described(grads[1]),
    }

    torch.manual_seed(123)
    model = NeuralNetwork(50, 3)
    result["parameters_50_3"] = sum(p.numel() for p in model.parameters())
    result["parameters_2_2"] = sum(p.numel() for p in NeuralNetwork(2, 2).parameters())
    result["weight0"] = described(model.layers[0].weight)
    result["weight0_text"] = str(model.layers[0].weight)
    torch.manual_seed(123)
    x = torch.rand((1, 50))
    out = model(x)
    result |= {
        "forward": described(out),
        "forward_text": str(out),
        "softmax": described(torch.softmax(out, 1)),
    }
    with torch.no_grad():
        result["forward_no_grad_text"] = str(model(x))
        result["softmax_no_grad_text"] = str(torch.softmax(model(x), dim=1))

    torch.manual_seed(123)
    examples = torch.utils.data.TensorDataset(X_TRAIN, Y_TRAIN, torch.arange(5))
    loader = torch.utils.data.DataLoader(examples, batch_size=2, shuffle=True)
    result["shuffled"] = [index.tolist() for _, _, index in loader]
    loader = torch.utils.data.DataLoader(examples, batch_size=2, shuffle=True, drop_last=True)
    result["shuffled_drop_last"] = [index.tolist() for _, _, index in loader]

    # The loader exists already, so the model's seed decides the batches of each epoch too.
    torch.manual_seed(123)
    model = NeuralNetwork(2, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    result["losses"], result["batches"] = [], []
    for _ in range(3):
        model.train()
        for features, wanted, index in loader:
            loss = F.cross_entropy(model(features), wanted)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            result["losses"].append(number(loss.item(), torch.float32))
            result["batches"].append(index.tolist())
    model.eval()
    with torch.no_grad():
        logits = model(X_TRAIN)
    result |= {
        "logits": described(logits),
        "logits_text": str(logits),
        "probabilities": described(torch.softmax(logits, 1)),
        "argmax": logits.argmax(1).tolist(),
        "correct": (logits.argmax(1) == Y_TRAIN).tolist(),
        "correct_sum": (logits.argmax(1) == Y_TRAIN).sum().item(),
        "accuracy_train": (logits.argmax(1) == Y_TRAIN).float().mean().item(),
        "accuracy_test": (model(X_TEST).argmax(1) == Y_TEST).float().mean().item(),
        "state": {name: described(t) for name, t in model.state_dict().items()},
    }
    result["load_state_dict"] = str(NeuralNetwork(2, 2).load_state_dict(model.state_dict()))
    return result


def make_nn():
    hour = the_hour()
    write(
        "nn.json",
        losses=make_losses(),
        functions=make_functions(),
        linear=make_linear(),
        dropout=make_dropout(),
        init=make_init(),
        gains=GAINS,
        optimizers=make_optimizers(),
        schedulers=make_schedulers(),
        clipping=make_clipping(),
        repr=make_reprs(),
        hour=hour,
    )
    return hour


# --------------------------------------------------------------------------------------------------
# random.json
# --------------------------------------------------------------------------------------------------


def draw(call):
    """One call on the global generator; a call is [name, args]."""
    name, a = call
    dtype = DTYPES[a.get("dtype", "float32")]
    shape = a.get("shape")
    if name == "manual_seed":
        torch.manual_seed(a["seed"])
        return None
    if name == "randperm":
        return torch.randperm(a["n"])
    if name == "randint":
        return torch.randint(a["low"], a["high"], shape)
    if name in ("rand", "randn"):
        return getattr(torch, name)(shape, dtype=dtype)
    if name == "random_":
        return torch.empty(shape, dtype=torch.int64).random_()
    if name == "uniform_":
        return torch.empty(shape, dtype=dtype).uniform_(a["from"], a["to"])
    if name == "normal_":
        return torch.empty(shape, dtype=dtype).normal_(a["mean"], a["std"])
    if name == "normal_transposed":  # a view that is not contiguous takes another path
        return torch.empty(shape[::-1], dtype=dtype).T.normal_(a["mean"], a["std"])
    if name == "multinomial":
        p = torch.tensor(a["p"], dtype=dtype)
        return torch.multinomial(p, a["num_samples"], a.get("replacement", False))
    if name == "bernoulli_":
        return torch.empty(shape, dtype=dtype).bernoulli_(a["p"])
    if name == "bernoulli":  # a tensor of probabilities
        return torch.bernoulli(torch.full(shape, a["p"], dtype=dtype))
    if name == "dropout":
        return F.dropout(torch.ones(shape, dtype=dtype), a["p"])
    raise KeyError(name)


def make_random():
    def rand(*shape, **more):
        return "rand", {"shape": list(shape), **more}

    def randn(*shape, **more):
        return "randn", {"shape": list(shape), **more}

    def randint(low, high, *shape):
        return "randint", {"low": low, "high": high, "shape": list(shape)}

    def multinomial(p, num_samples, **more):
        return "multinomial", {"p": p, "num_samples": num_samples, **more}

    some, rows = [0.1, 0.2, 0.0, 0.3, 0.4], [[4.0, 3.0, 0.5], [0.25, 0.5, 0.125]]
    double = {"dtype": "float64"}
    seed = "manual_seed", {"seed": 7}
    sequences = {
        "rand": [rand(5)],
        "rand one": [rand(1)],
        "rand scalar then vector": [rand(), rand(2)],
        "rand float64": [rand(3, **double)],
        "rand float64 then float32": [rand(1, **double), rand(2)],
        "rand empty draws nothing": [rand(0), rand(1)],
        "rand 2-D": [rand(2, 3)],
        **{f"randn {n}": [randn(n), rand(1)] for n in (1, 5, 15, 16, 17, 20, 35)},
        "randn 4x5": [randn(4, 5)],
        "randn float64 5": [randn(5, **double), rand(1)],
        "randn float64 20": [randn(20, **double), rand(1)],
        "randn float64 16": [randn(16, **double)],
        "the second normal waits": [randn(3), rand(2), randn(2), rand(1)],
        "the second normal waits through a large fill": [randn(3), randn(16), randn(1), rand(1)],
        "the second normal waits for another dtype": [randn(1, **double), randn(1), rand(1)],
        "the second normal is scaled when given": [
            ("normal_", {"shape": [1], "mean": 2.0, "std": 3.0}),
            randn(1),
        ],
        "seeding forgets the second normal": [randn(3), seed, randn(2)],
        "randn empty draws nothing": [randn(0), randn(1)],
        "randint": [randint(0, 10, 8)],
        "randint then rand": [randint(0, 10, 3), rand(2)],
        "randint low high": [randint(-5, 6, 8)],
        "randint 2-D": [randint(3, 9, 2, 3)],
        "randint wide": [randint(0, 1 << 40, 3), rand(1)],
        "random_ int64": [("random_", {"shape": [3]}), rand(1)],
        "randperm 10": [("randperm", {"n": 10}), rand(1)],
        "randperm 1": [("randperm", {"n": 1}), rand(1)],
        "randperm 0": [("randperm", {"n": 0}), rand(1)],
        "randperm 2": [("randperm", {"n": 2}), rand(1)],
        "randperm 1000": [("randperm", {"n": 1000}), rand(1)],
        "uniform_": [("uniform_", {"shape": [6], "from": -2.0, "to": 3.0})],
        "uniform_ narrow": [("uniform_", {"shape": [40], "from": -0.1, "to": 0.1})],
        "uniform_ float64": [("uniform_", {"shape": [3], "from": -2.0, "to": 3.0, **double})],
        "normal_ few": [("normal_", {"shape": [5], "mean": 2.0, "std": 3.0}), rand(1)],
        "normal_ many": [("normal_", {"shape": [20], "mean": 2.0, "std": 3.0}), rand(1)],
        "normal_ transposed": [
            ("normal_transposed", {"shape": [4, 5], "mean": 0.0, "std": 1.0}),
            rand(1),
        ],
        "multinomial": [multinomial(some, 1), rand(1)],
        "multinomial of many": [multinomial(some, 3), rand(1)],
        "multinomial of rows": [multinomial(rows, 2), rand(1)],
        "multinomial of float64": [multinomial(rows, 2, dtype="float64"), rand(1)],
        "multinomial with replacement": [multinomial(some, 20, replacement=True), rand(1)],
        "multinomial of rows with replacement": [multinomial(rows, 9, replacement=True), rand(1)],
        "multinomial of float64 with replacement": [
            multinomial(rows, 9, replacement=True, dtype="float64"),
            rand(1),
        ],
        "bernoulli_": [("bernoulli_", {"shape": [20], "p": 0.3}), rand(1)],
        "bernoulli_ float64": [("bernoulli_", {"shape": [5], "p": 0.3, **double}), rand(1)],
        "bernoulli of a float32 tensor": [("bernoulli", {"shape": [20], "p": 0.3}), rand(1)],
        "dropout": [("dropout", {"shape": [20], "p": 0.5}), rand(1)],
        "a mixture": [
            rand(2),
            randn(2),
            randint(0, 100, 2),
            randn(1),
            ("randperm", {"n": 5}),
            randn(16),
            randn(1),
        ],
    }
    found = []
    for start, (name, calls) in itertools.product(SEEDS, sequences.items()):
        torch.manual_seed(start)
        steps = []
        for call in calls:
            out = draw(call)
            step = {"call": call[0], "args": call[1]}
            if out is not None and out.numel() >= 1000:
                step |= {
                    "first": out[:10].tolist(),
                    "checksum": sum(i * v for i, v in enumerate(out.tolist())),
                }
            elif out is not None:
                step |= described(out)
            steps.append(step)
        found.append({"name": name, "seed": start, "steps": steps})

    # The words below everything: NumPy's generator is the same Mersenne twister.
    words = [{"seed": s, "words": [int(w) for w in Words(s).take(8)]} for s in SEEDS]
    write(
        "random.json",
        words=words,
        sequences=found,
        loaders=make_loaders(),
        splits=make_splits(),
        distributed_samplers=make_distributed_samplers(),
    )


def make_loaders():
    """A DataLoader's batches over n examples, by epoch, then what the generator gives next."""
    found = []
    for n, batch, shuffle, drop_last, own in [
        (5, 2, True, False, False),
        (5, 2, True, True, False),
        (7, 3, True, False, False),
        (5, 2, False, False, False),
        (5, 2, True, False, True),
        (40, 8, True, False, False),
    ]:
        torch.manual_seed(123)
        generator = torch.Generator().manual_seed(42) if own else None
        loader = torch.utils.data.DataLoader(
            torch.arange(n),
            batch_size=batch,
            shuffle=shuffle,
            drop_last=drop_last,
            generator=generator,
        )
        epochs = [[b.tolist() for b in loader] for _ in range(4)]
        found.append(
            {
                "seed": 123,
                "n": n,
                "batch_size": batch,
                "shuffle": shuffle,
                "drop_last": drop_last,
                "generator_seed": 42 if own else None,
                "epochs": epochs,
                "rand_after": number(torch.rand(1).item(), torch.float32),
            }
        )
    return found


def make_splits():
    found = []
    for lengths, own in [
        ([7, 3], False),
        ([7, 3], True),
        ([3, 0, 2], False),
        ([20, 5, 5], True),
        ([5], False),
    ]:
        torch.manual_seed(123)
        generator = torch.Generator().manual_seed(42) if own else torch.default_generator
        parts = torch.utils.data.random_split(range(sum(lengths)), lengths, generator=generator)
        found.append(
            {
                "seed": 123,
                "generator_seed": 42 if own else None,
                "lengths": lengths,
                "indices": [list(p.indices) for p in parts],
                "rand_after": number(torch.rand(1).item(), torch.float32),
            }
        )
    return found


def make_distributed_samplers():
    """How DistributedSampler deals n examples out to ranks: [epoch][rank], a list of indices."""
    found = []
    for n, ranks, shuffle, drop_last, seed in [
        (5, 2, False, False, 0),
        (5, 2, False, True, 0),
        (5, 2, True, False, 0),
        (10, 2, True, False, 123),
        (10, 3, True, False, 123),
        (10, 3, True, True, 123),
        (12, 4, True, False, 7),
        (2, 5, True, False, 7),
        (7, 3, False, True, 0),
        (1, 1, True, True, 5),
        (1000, 8, True, False, 2**40),
    ]:
        epochs = []
        for epoch in (0, 1, 5):
            dealt = []
            for rank in range(ranks):
                sampler = torch.utils.data.distributed.DistributedSampler(
                    range(n), ranks, rank, shuffle=shuffle, seed=seed, drop_last=drop_last
                )
                sampler.set_epoch(epoch)
                dealt.append(list(sampler))
                assert len(sampler) == len(dealt[-1])
            epochs.append({"epoch": epoch, "ranks": dealt})
        found.append(
            {
                "n": n,
                "num_replicas": ranks,
                "shuffle": shuffle,
                "drop_last": drop_last,
                "seed": seed,
                "epochs": epochs,
            }
        )
    return found


class Words:
    """The draws that PyTorch's recipes are made of; check_recipes holds the recipes against it."""

    def __init__(self, seed):
        self.twister = np.random.RandomState(seed & 0xFFFFFFFF)

    def take(self, n):
        return [int(w) for w in self.twister.randint(0, 1 << 32, size=n, dtype=np.uint32)]

    def word(self):
        return self.take(1)[0]

    def long(self):
        high, low = self.take(2)
        return high << 32 | low

    def uniform(self):
        return (self.word() & 0xFFFFFF) * 2.0**-24

    def uniform53(self):
        return (self.long() & ((1 << 53) - 1)) * 2.0**-53


def check_recipes():
    """The recipes, each a line, against PyTorch."""
    f = np.float32
    for s in SEEDS:

        def same(recipe, call, tolerance=0.0):
            words = Words(s)
            torch.manual_seed(s)
            got, want = recipe(words), draw(call).reshape(-1).tolist()
            assert np.allclose(got, want, rtol=0, atol=tolerance), (s, call, got, want)
            assert words.uniform() == torch.rand(1).item(), (
                s,
                call,
                "consumed another number of words",
            )

        def normal(words, n):
            out = []
            while len(out) < n:
                u1, u2 = words.uniform53(), words.uniform53()
                r = math.sqrt(-2.0 * math.log1p(-u2))
                out += [r * math.cos(2 * math.pi * u1), r * math.sin(2 * math.pi * u1)]
            return out[:n]

        def fill(words, n, uniform, kind):
            p = np.array([uniform(words) for _ in range(n)], dtype=kind)
            starts = [i for i in range(0, n - 15, 16)]

            def transform(block):
                u1, u2 = 1 - block[:8], block[8:].copy()
                r, theta = np.sqrt(-2 * np.log(u1)), kind(2 * math.pi) * u2
                block[:8], block[8:] = r * np.cos(theta), r * np.sin(theta)

            for i in starts:
                transform(p[i : i + 16])
            if n % 16:
                p[n - 16 :] = [uniform(words) for _ in range(16)]
                transform(p[n - 16 :])
            return p

        def permutation(words, n):
            p = list(range(n))
            for i in range(n - 1):
                j = i + words.word() % (n - i)
                p[i], p[j] = p[j], p[i]
            return p

        same(lambda w: [w.uniform() for _ in range(50)], ("rand", {"shape": [50]}))
        same(
            lambda w: [w.uniform53() for _ in range(50)],
            ("rand", {"shape": [50], "dtype": "float64"}),
        )
        # One rounding, as a fused multiply-add does; in double the product is exact.
        same(
            lambda w: [f(w.uniform() * 5.0 - 2.0) for _ in range(50)],
            ("uniform_", {"shape": [50], "from": -2.0, "to": 3.0}),
        )
        same(
            lambda w: [w.word() % 11 - 5 for _ in range(50)],
            ("randint", {"shape": [50], "low": -5, "high": 6}),
        )
        same(
            lambda w: [w.long() % (1 << 40) for _ in range(50)],
            ("randint", {"shape": [50], "low": 0, "high": 1 << 40}),
        )
        same(lambda w: [w.long() % (1 << 63) for _ in range(50)], ("random_", {"shape": [50]}))
        same(lambda w: permutation(w, 100), ("randperm", {"n": 100}))
        same(
            lambda w: [w.uniform53() < 0.3 for _ in range(50)],
            ("bernoulli_", {"shape": [50], "p": 0.3}),
        )
        same(
            lambda w: [w.uniform53() < 0.3 for _ in range(50)],
            ("bernoulli", {"shape": [50], "p": 0.3, "dtype": "float64"}),
        )
        same(
            lambda w: [w.uniform() < f(0.3) for _ in range(50)],
            ("bernoulli", {"shape": [50], "p": 0.3}),
        )
        same(
            lambda w: [(w.uniform53() < 0.75) * f(1 / 0.75) for _ in range(50)],
            ("dropout", {"shape": [50], "p": 0.25}),
            1e-7,
        )
        same(lambda w: normal(w, 15), ("randn", {"shape": [15]}), 5e-7)
        same(lambda w: normal(w, 15), ("randn", {"shape": [15], "dtype": "float64"}), 1e-14)
        for n in (16, 17, 35, 64, 100):
            same(lambda w: fill(w, n, Words.uniform, np.float32), ("randn", {"shape": [n]}), 5e-7)
            same(
                lambda w: fill(w, n, Words.uniform53, np.float64),
                ("randn", {"shape": [n], "dtype": "float64"}),
                1e-14,
            )
    print("recipes: as described")


# --------------------------------------------------------------------------------------------------
# print.json
# --------------------------------------------------------------------------------------------------

GRADS = {
    "mul": lambda x: x * 1,
    "add": lambda x: x + 0,
    "neg": lambda x: -x,
    "sum": lambda x: x.sum(),
    "sigmoid": lambda x: x.sigmoid(),
    "log_softmax": lambda x: x.log_softmax(-1),
    "mm": lambda x: x.mm(torch.eye(x.shape[1], dtype=x.dtype)),
}


def make_print():
    found = []

    def add(data=None, dtype="float32", shape=None, arange=None, kind="plain", op=None):
        """`arange` = [start, step] stands for the data: start + i · step in double, then cast."""
        if arange is not None:
            tensor = (
                (arange[0] + arange[1] * torch.arange(math.prod(shape), dtype=torch.float64))
                .to(DTYPES[dtype])
                .reshape(shape)
            )
            make = {"shape": shape, "dtype": dtype, "arange": arange}
        else:
            tensor = torch.tensor(data, dtype=DTYPES[dtype])
            tensor = tensor.reshape(shape) if shape is not None else tensor
            make = described(tensor)
        entry = {"make": make, "kind": kind}
        if kind != "plain":
            tensor.requires_grad_()
        if kind == "grad_fn":
            tensor = GRADS[op](tensor)
            entry["op"] = op
        found.append(entry | {"text": str(tensor)})

    # 0-d
    for value in (
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.5,
        -2.25,
        3.14159265,
        1e-3,
        1e-4,
        9.9e-5,
        1e-5,
        1e-10,
        1e4,
        12345.678,
        99999.99,
        1e5,
        1e6,
        1e7,
        1e8,
        1.00000008e8,
        1.5e8,
        123456.7,
        1e9,
        1e10,
        3e38,
        1e-38,
        1e-45,
        NAN,
        INF,
        -INF,
        0.1,
        0.00005,
        2.00005,
        0.03125,
        0.99995,
        0.99999,
        1.99999,
        16777216.0,
        8388607.5,
        0.08517401,
        -0.0898,
    ):
        add(value)
        add(value, "float64")
    add(1e300, "float64")
    add(1e-300, "float64")
    add(123456789.123456789, "float64")
    for value in (0, 1, -1, 42, -123456, 2**53 + 1, 2**63 - 1, -(2**63)):
        add(value, "int64")
    add(True, "bool")
    add(False, "bool")

    # Nothing to print
    for shape, dtype in itertools.product(([0], [0, 3], [2, 0], [0, 0], [2, 0, 3], [1, 0]), DTYPES):
        add([], dtype, shape)
    add([], shape=[0], kind="requires_grad")
    add([], shape=[0, 3], kind="requires_grad")
    add([], "float64", shape=[2, 0], kind="requires_grad")
    add([], shape=[0], kind="grad_fn", op="mul")
    add([], "float64", shape=[2, 0], kind="grad_fn", op="mul")

    # Few elements: integers, fractions, magnitudes
    floats = [
        [1.0, 2.0],
        [1.0, -2.0],
        [0.0],
        [-0.0],
        [0.0, 0.0],
        [-0.0, 0.0, -0.0],
        [-0.0, 1.0],
        [-0.0, 0.5],
        [0.5, 1.0],
        [0.5, -1.0],
        [10.0, 2.5],
        [100.0, 2.5, -3.25],
        [1.0, 1000.0],
        [1.0, 1001.0],
        [1.0, -1001.0],
        [0.5, 500.0],
        [0.5, 501.0],
        [1.0, 2.0, 1e5],
        [1e5, 2e5],
        [1e8, 2e8],
        [1e8],
        [99999999.0],
        [100000008.0],
        [-1e8, 3e8],
        [1e-5, 2e-5],
        [1e-4, 2e-4],
        [9.9e-5, 1.0],
        [1e-3, 1.0],
        [1e-3, 1.1],
        [1e-10],
        [1e-10, 1.0],
        [0.0, 1e-10],
        [0.0, 1e-5, 0.0],
        [1e10, 1.0],
        [1e20, 1e-20],
        [3.4e38, 1.0],
        [-3.4e38],
        [1e-45],
        [0.1, 0.2, 0.3],
        [1.5, 22.25, 333.125],
        [0.00012, 0.0002],
        [0.0, 0.00005, 0.04],
        [0.1, 0.0, 100.0],
        [0.1, 0.0, 100.1],
        [12345.678, 99.9],
        [123456.7, 234567.8],
        [9999.5, 10.25],
        [99999.5, 999999.5],
        [0.99999, 0.5],
        [0.99995, 0.5],
        [9.99999, 1.5],
        [-9.99999, 1.5],
        [0.03125, 0.09375],
        [2.5, 3.5, -4.5],
        [1e5 + 0.5, 1e5 + 1.5],
        [8388607.5, 8388606.5],
        [16777216.0, 1.0],
        [16777216.0, 16777214.0],
        [1000.0, 1.0, 0.0],
        [1000.5, 1.0, 0.0],
        [-1000.0, 1.0],
        [7.0, 77.0, 777.0],
        [-7.0, 77.0, -777.0],
        [1e6, 1e4],
        [1e7, 1e6],
        [1e8, 1e6],
        [1e8, 1e5],
        [1e8, 9e4],
    ]
    special = [
        [NAN],
        [INF],
        [-INF],
        [NAN, NAN],
        [INF, -INF],
        [NAN, INF, -INF],
        [NAN, 1.0],
        [INF, 1.0],
        [-INF, 1.0],
        [-INF, 1.0, 20.0],
        [-INF, 1.0, 200.0, 3000.0],
        [NAN, 0.5],
        [INF, 0.5],
        [-INF, 0.5],
        [NAN, 0.0],
        [-INF, 0.0],
        [-INF, -0.0],
        [NAN, 1e10],
        [INF, 1e-10],
        [-INF, 1e10, 0.5],
        [NAN, -1.0, 2.0],
        [NAN, 0.5, 1e-5],
        [INF, -12.0, 3.0],
        [INF, 1.0, 1001.0],
        [NAN, INF, -INF, 0.0, -0.0, 1.0],
        [NAN, INF, -INF, 0.0, -0.0, 1.5],
    ]
    for data in floats + special:
        add(data)
        add(data, "float64")
    add([1e300, 1e-300], "float64")
    add([0.1, 1 / 3], "float64")
    for data in (
        [1, 2, 3],
        [-1, 2, -3],
        [0],
        [100, -5, 7],
        [2**40, 1],
        [2**63 - 1, -(2**63)],
        [-1],
        [10, 9],
        [-10, 9, 100],
    ):
        add(data, "int64")
    for data in ([True], [False], [True, False], [True, True], [False, False, False]):
        add(data, "bool")

    # Two and more axes
    add([[1.0, 2.0]])
    add([[1.0], [2.0]])
    add([[1.0, 2.5], [-3.0, 40.0]])
    add([[1, 2, 3], [4, 5, 6]], "int64")
    add([[1, -20], [300, 4]], "int64")
    add([[True, False], [False, False]], "bool")
    add([[NAN, 1.0], [2.0, -INF]])
    add([[1e-5, 1.0], [2.0, 3.0]])
    add([[[[[1.0]]]]])
    for dtype in ("float32", "float64", "int64"):
        for shape in (
            [2, 3],
            [3, 2],
            [1, 1],
            [2, 2, 3],
            [1, 2, 3],
            [2, 1, 3],
            [3, 2, 1],
            [2, 2, 2, 2],
            [1, 2, 1, 3],
            [2, 1, 2, 1, 2],
            [1, 1, 1],
        ):
            add(dtype=dtype, shape=shape, arange=[-2, 1])
            if dtype != "int64":
                add(dtype=dtype, shape=shape, arange=[-1.5, 0.375])
    add(dtype="bool", shape=[2, 2, 2], data=[True, False] * 4)

    # Where lines break: every length across the first wraps, at several widths and depths
    for n in range(1, 30):
        add(shape=[n], arange=[0, 1])
        add(shape=[n], arange=[0.5, 1])
        add(dtype="float64", shape=[n], arange=[0.5, 0.25])
        add(dtype="int64", shape=[n], arange=[0, 1])
        add(dtype="int64", shape=[n], arange=[-5, 1])
        add(shape=[n], arange=[0.5, 0.25], kind="requires_grad")
        add(shape=[n], arange=[0.5, 0.25], kind="grad_fn", op="mul")
        add(dtype="float64", shape=[n], arange=[0.5, 0.25], kind="grad_fn", op="mul")
    for n in range(14, 17):
        add(shape=[n], arange=[0, 100.125])
    add(dtype="bool", data=[i % 3 == 0 for i in range(30)])
    add(dtype="bool", data=[[i % 3 == 0 for i in range(14)]] * 2)
    for power in range(0, 19, 2):
        add(dtype="int64", shape=[12], arange=[-(10**power), 0])
        add(dtype="int64", data=[[10**power + i for i in range(9)]] * 2)
    for n in (9, 10, 11, 12, 25):
        add(shape=[2, n], arange=[-1.5, 0.25])
        add(shape=[2, n], arange=[-1.5, 0.25], kind="grad_fn", op="mul")
        add(shape=[2, 2, n], arange=[-1.5, 0.25])
        add(shape=[1, 2, 1, n], arange=[-1.5, 0.25])
        add(dtype="float64", shape=[2, n], arange=[-1.5, 0.25], kind="requires_grad")
    add(data=[[i * 1e-6 for i in range(9)]] * 2)
    add(data=[3e8 * (-1) ** i for i in range(20)])
    add(data=[[0.5] * 3] * 40)

    # Summaries: more than 1000 elements show the first and last three along each long axis
    for shape in (
        [1000],
        [1001],
        [2000],
        [100, 100],
        [20, 30, 40],
        [2, 1000],
        [1000, 2],
        [6, 200],
        [7, 200],
        [200, 6],
        [200, 7],
        [1, 1001],
        [1001, 1],
        [3, 4, 5, 20],
        [8, 2, 2, 50],
        [1500, 1, 1],
    ):
        add(shape=shape, arange=[0, 1])
        add(shape=shape, arange=[-3, 0.125])
    add(dtype="int64", shape=[5000], arange=[0, 1])
    add(dtype="int64", shape=[50, 50], arange=[-100, 7])
    add(dtype="float64", shape=[2000], arange=[0, 0.5])
    add(dtype="bool", shape=[40, 40], arange=[0, 1])
    add(shape=[2000], arange=[0, 0.25], kind="requires_grad")
    add(shape=[2000], arange=[0, 0.25], kind="grad_fn", op="mul")
    add(shape=[100, 100], arange=[0, 0.25], kind="grad_fn", op="mul")
    add(dtype="float64", shape=[100, 100], arange=[0, 0.25], kind="grad_fn", op="log_softmax")
    add(shape=[2000], arange=[-1e-3, 1e-6])

    # Suffixes
    for dtype in ("float32", "float64"):
        for data in (1.0, [1.0], [[1.0, 2.0], [3.0, 4.5]], [[[1.0]], [[2.0]]], [-0.0, 1e-5]):
            add(data, dtype, kind="requires_grad")
            for op in ("mul", "neg", "sum", "sigmoid", "log_softmax"):
                add(data, dtype, kind="grad_fn", op=op)
        add([[1.0, 2.0], [3.0, 4.5]], dtype, kind="grad_fn", op="mm")
        add([[0.125 * i for i in range(8)]], dtype, kind="grad_fn", op="mm")
        for n in range(2, 12):
            add([[0.125 * i for i in range(n)]], dtype, kind="grad_fn", op="log_softmax")

    # Whatever was not thought of
    rng = random.Random("print")
    for _ in range(250):
        shape = rng.choice([[3], [8], [13], [2, 3], [3, 9], [2, 2, 4], [1, 12], [2, 1, 2, 3]])
        size = math.prod(shape)
        style = rng.choice(["normal", "wide", "integers", "holes", "scaled", "ints"])
        if style == "ints":
            add(
                [
                    rng.randint(-(10 ** rng.randint(0, 12)), 10 ** rng.randint(0, 12))
                    for _ in range(size)
                ],
                "int64",
                shape,
            )
            continue
        scale = 10.0 ** rng.randint(-6, 9)
        data = {
            "normal": lambda: rng.gauss(0, 1),
            "wide": lambda: rng.gauss(0, 1) * 10.0 ** rng.randint(-3, 3),
            "integers": lambda: float(rng.randint(-1200, 1200)),
            "holes": lambda: rng.choice(
                [NAN, INF, -INF, 0.0, rng.gauss(0, 10), float(rng.randint(-9, 9))]
            ),
            "scaled": lambda: rng.gauss(0, 1) * scale,
        }[style]
        dtype = rng.choice(["float32", "float32", "float64"])
        kind = rng.choice(["plain", "plain", "requires_grad", "grad_fn"])
        add(
            [data() for _ in range(size)],
            dtype,
            shape,
            kind=kind,
            op="mul" if kind == "grad_fn" else None,
        )
    write("print.json", cases=found)


# --------------------------------------------------------------------------------------------------
# The numbers of the tutorial
# --------------------------------------------------------------------------------------------------


def check_the_hour(hour):
    """Holds PyTorch itself against the tutorial's numbers, to the digits shown there."""
    wrong = []

    def same(what, got, want, digits):
        got, want = torch.as_tensor(got, dtype=torch.float64).reshape(-1), torch.as_tensor(
            want, dtype=torch.float64
        ).reshape(-1)
        shown = [f"{v:.{digits}f}" for v in got.tolist()]
        if shown != [f"{v:.{digits}f}" for v in want.tolist()]:
            wrong.append(f"{what}: PyTorch gives {shown}, the tutorial {want.tolist()}")

    def seeded(call, seed=123):
        torch.manual_seed(seed)
        return draw(call)

    def data(name):
        return tensor_of(hour[name])

    same("§3 loss", data("bce"), 0.0852, 4)
    same("§4 gradient of w1", data("w1_grad"), -0.0898, 4)
    same("§4 gradient of b", data("b_grad"), -0.0817, 4)
    same("§5 parameters of (50, 3)", hour["parameters_50_3"], 2213, 0)
    same("§5 parameters of (2, 2)", hour["parameters_2_2"], 752, 0)
    weight = data("weight0")
    ends = [0, 1, 2, 47, 48, 49]
    same("§5 weight row 0", weight[0][ends], [-0.0577, 0.0047, -0.0702, 0.0222, 0.1260, 0.0865], 4)
    same(
        "§5 weight row 29", weight[29][ends], [0.0790, 0.1343, -0.0293, 0.0344, -0.0971, -0.0509], 4
    )
    same("§5 forward", data("forward"), [-0.1262, 0.1080, -0.1792], 4)
    same("§5 softmax", data("softmax"), [0.3113, 0.3934, 0.2952], 4)
    if hour["shuffled"] != [[3, 1], [0, 2], [4]] or hour["shuffled_drop_last"] != [[0, 2], [3, 1]]:
        wrong.append(f"§6 shuffled batches: {hour['shuffled']} and {hour['shuffled_drop_last']}")
    same("§7 losses", hour["losses"], [0.75, 0.65, 0.44, 0.13, 0.03, 0.00], 2)
    logits = [
        [2.8569, -4.1618],
        [2.5382, -3.7548],
        [2.0944, -3.1820],
        [-1.4814, 1.4816],
        [-1.7176, 1.7342],
    ]
    same("§7 logits", data("logits"), logits, 4)
    softmax = [
        [0.9991, 0.0009],
        [0.9982, 0.0018],
        [0.9949, 0.0051],
        [0.0491, 0.9509],
        [0.0307, 0.9693],
    ]
    same("§7 softmax", data("probabilities"), softmax, 4)
    same("§7 argmax", hour["argmax"], [0, 0, 0, 1, 1], 0)
    same("§7 accuracy", [hour["accuracy_train"], hour["accuracy_test"]], [1, 1], 1)
    same(
        "rand",
        seeded(("rand", {"shape": [5]})),
        [0.2961119413, 0.5165622830, 0.2516707182, 0.6885567904, 0.0739724636],
        10,
    )
    same(
        "randn",
        seeded(("randn", {"shape": [5]})),
        [-0.1114671156, 0.1203629449, -0.3696345091, -0.2404179722, -1.1969243288],
        10,
    )
    many = seeded(("randn", {"shape": [20]}))
    same(
        "randn(20)",
        many[[0, 1, 2, 18, 19]],
        [0.3373701870, -0.1777772158, -0.3035275936, -0.4076268673, 0.7953261137],
        10,
    )
    same(
        "randint",
        seeded(("randint", {"low": 0, "high": 10, "shape": [8]})),
        [2, 9, 2, 0, 0, 2, 6, 7],
        0,
    )
    if seeded(("random_", {"shape": [2]})).tolist() != [3624216819017203053, 5278339153051796802]:
        wrong.append("random_")
    same("randperm", seeded(("randperm", {"n": 10})), [2, 0, 8, 1, 3, 7, 4, 9, 5, 6], 0)
    torch.manual_seed(123)
    loader = torch.utils.data.DataLoader(torch.arange(5), shuffle=True)
    orders = ["".join(str(i.item()) for i in loader) for _ in range(4)]
    if orders != ["31024", "02314", "13420", "34012"]:
        wrong.append(f"loader orders: {orders}")
    if hour["load_state_dict"] != "<All keys matched successfully>":
        wrong.append(hour["load_state_dict"])

    for line in wrong:
        print("!!! DIFFERS FROM THE TUTORIAL:", line)
    print("the hour:", f"{len(wrong)} numbers differ" if wrong else "every number is PyTorch's")
    return not wrong


if __name__ == "__main__":
    make_ops()
    hour = make_nn()
    make_random()
    make_print()
    check_recipes()
    raise SystemExit(0 if check_the_hour(hour) else 1)
