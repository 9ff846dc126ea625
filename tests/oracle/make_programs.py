#!/usr/bin/env python3
"""Writes random programs of operations, with what PyTorch makes of them: programs.json.

    python3 tests/oracle/make_programs.py

ops.json has each operation by itself; here one operation works on the results of others: views of
views, in-place changes under views, broadcasts of broadcasts, gradients through all of it, and
calls that are refused. Seed n makes program n, so that two runs give the same bytes. README.md
describes the schema, and DECIDED below says where Kindling follows a newer PyTorch.
"""

import json
import math
import random

import make_oracle as oracle  # fixes the kernels; runs nothing
import torch

FIRST, PROGRAMS = 0, 600
STEPS = 9
LARGEST = 40  # elements of a tensor
F32, F64, I64, BOOL = torch.float32, torch.float64, torch.int64, torch.bool

# Where Kindling does as PyTorch 2.x does, or has decided otherwise, a step is not generated, or its
# name in the graph is not compared:
DECIDED = {
    "names": "view, reshape, flatten and squeeze have other names since 2.0; products of matrices, "
    "repeat and slices of everything are composed of other operations there",
    "nan": "max, min, amax, amin and maximum of NaN: their gradients changed in 2.x",
    "index_select": "of a scalar with two indices reads what is not there in 1.13; refused since",
    "in place": "Kindling does not record changes in place; it refuses those that PyTorch records",
    "bool": "clamp_ with bounds that PyTorch promotes is tried on numbers only",
    "kernel": "PyTorch takes what it refuses otherwise where no kernel has to run: argmax of bools "
    "along an axis of length 1, softmax of integers without elements, triu of [0]",
    "overlap": "where the elements that are read and written overlap, Kindling reads first; PyTorch "
    "refuses that. fill_, zero_ and copy_ to elements that are one and the same are refused by "
    "Kindling",
    "views": "PyTorch forbids some views of a memory that was changed",
    "unused": "max and min of a scalar along its axis save an index that nobody reads",
    "bug": "1.13 fails an assertion of its own",
}
NAMELESS = {"view", "reshape", "flatten", "squeeze", "matmul", "repeat", "slice", "narrow", "to",
            "contiguous", "T", "gather", "where", "sum", "mean", "chunk", "expand"}


class Rejected(Exception):
    """The step would test rounding, or nothing."""


# --------------------------------------------------------------------------------------------------
# What an operation does. x: tensors, a: arguments.
# --------------------------------------------------------------------------------------------------


def with_scalar(f):
    return lambda x, a: f(x[0], a["scalar"]) if "scalar" in a else f(x[0], x[1])


def reduction(f):
    def run(x, a):
        dim = a.get("dim")
        dims = list(range(x[0].dim())) if dim is None else dim
        if f in (torch.sum, torch.mean) and dim is None:
            return f(x[0])
        return f(x[0], dims, a["keepdim"])

    return run


def logical(f):
    def run(x, a):
        y = x[0]
        dims = range(y.dim()) if a.get("dim") is None else [a["dim"]]
        if y.dim() == 0:
            return f(y) if a.get("dim") is None else f(y, a["dim"])
        for d in sorted((d if -y.dim() <= d < 0 else d for d in dims), reverse=True):
            y = f(y, d, keepdim=True)
        if not a["keepdim"]:
            for d in sorted((d % x[0].dim() for d in dims), reverse=True):
                y = y.squeeze(d)
        return y.bool()

    return run


def var(x, a):
    dim = a.get("dim")
    dims = list(range(x[0].dim())) if dim is None else dim
    return torch.var(x[0], dims, unbiased=a["unbiased"], keepdim=a["keepdim"])


def slice_(x, a):
    dim = a["dim"]
    if x[0].dim() == 0:
        raise IndexError("slice() cannot be applied to a 0-dim tensor")
    index = [slice(None)] * x[0].dim()
    index[dim] = slice(a["start"], a["end"], a["step"])
    return x[0][tuple(index)]


OPS = {
    "add": with_scalar(torch.add),
    "sub": with_scalar(torch.sub),
    "mul": with_scalar(torch.mul),
    "div": with_scalar(torch.div),
    "pow": with_scalar(torch.pow),
    "rsub": lambda x, a: a["scalar"] - x[0],
    "rpow": lambda x, a: torch.pow(a["scalar"], x[0]),
    "maximum": lambda x, a: torch.maximum(*x),
    "minimum": lambda x, a: torch.minimum(*x),
    "neg": lambda x, a: -x[0],
    "exp": lambda x, a: torch.exp(x[0]),
    "log": lambda x, a: torch.log(x[0]),
    "log1p": lambda x, a: torch.log1p(x[0]),
    "sqrt": lambda x, a: torch.sqrt(x[0]),
    "abs": lambda x, a: torch.abs(x[0]),
    "tanh": lambda x, a: torch.tanh(x[0]),
    "sigmoid": lambda x, a: torch.sigmoid(x[0]),
    "relu": lambda x, a: torch.relu(x[0]),
    "gelu": lambda x, a: torch.nn.functional.gelu(x[0]),
    "clamp": lambda x, a: torch.clamp(x[0], a.get("min"), a.get("max")),
    "eq": with_scalar(torch.eq),
    "ne": with_scalar(torch.ne),
    "lt": with_scalar(torch.lt),
    "le": with_scalar(torch.le),
    "gt": with_scalar(torch.gt),
    "ge": with_scalar(torch.ge),
    "logical_and": lambda x, a: torch.logical_and(*x),
    "logical_or": lambda x, a: torch.logical_or(*x),
    "logical_xor": lambda x, a: torch.logical_xor(*x),
    "logical_not": lambda x, a: torch.logical_not(x[0]),
    "sum": reduction(torch.sum),
    "mean": reduction(torch.mean),
    "amax": reduction(torch.amax),
    "amin": reduction(torch.amin),
    "logsumexp": reduction(torch.logsumexp),
    "all": logical(torch.all),
    "any": logical(torch.any),
    "var": var,
    "max": lambda x, a: torch.max(x[0]),
    "min": lambda x, a: torch.min(x[0]),
    "max_dim": lambda x, a: torch.max(x[0], a["dim"], a["keepdim"]),
    "min_dim": lambda x, a: torch.min(x[0], a["dim"], a["keepdim"]),
    "argmax": lambda x, a: torch.argmax(x[0], a.get("dim"), a["keepdim"]),
    "argmin": lambda x, a: torch.argmin(x[0], a.get("dim"), a["keepdim"]),
    "softmax": lambda x, a: torch.softmax(x[0], a["dim"]),
    "reshape": lambda x, a: x[0].reshape(a["shape"]),
    "view": lambda x, a: x[0].view(a["shape"]),
    "expand": lambda x, a: x[0].expand(a["shape"]),
    "permute": lambda x, a: x[0].permute(a["dims"]),
    "transpose": lambda x, a: x[0].transpose(a["dim0"], a["dim1"]),
    "squeeze": lambda x, a: x[0].squeeze(a["dim"]) if "dim" in a else x[0].squeeze(),
    "unsqueeze": lambda x, a: x[0].unsqueeze(a["dim"]),
    "flatten": lambda x, a: x[0].flatten(a["start_dim"], a["end_dim"]),
    "narrow": lambda x, a: x[0].narrow(a["dim"], a["start"], a["length"]),
    "slice": slice_,
    "select": lambda x, a: x[0].select(a["dim"], a["index"]),
    "to": lambda x, a: x[0].to(oracle.DTYPES[a["dtype"]]),
    "cat": lambda x, a: torch.cat(x, a["dim"]),
    "stack": lambda x, a: torch.stack(x, a["dim"]),
    "split": lambda x, a: torch.split(x[0], a.get("split_size", a.get("sizes")), a["dim"]),
    "chunk": lambda x, a: torch.chunk(x[0], a["chunks"], a["dim"]),
    "repeat": lambda x, a: x[0].repeat(a["repeats"]),
    "gather": lambda x, a: torch.gather(x[0], a["dim"], x[1]),
    "index_select": lambda x, a: torch.index_select(x[0], a["dim"], x[1]),
    "masked_fill": lambda x, a: x[0].masked_fill(x[1], a["value"]),
    "where": lambda x, a: torch.where(*x),
    "triu": lambda x, a: torch.triu(x[0], a["diagonal"]),
    "tril": lambda x, a: torch.tril(x[0], a["diagonal"]),
    "matmul": lambda x, a: torch.matmul(*x),
    "addmm": lambda x, a: torch.addmm(*x),
    "detach": lambda x, a: x[0].detach(),
    "clone": lambda x, a: x[0].clone(memory_format=torch.contiguous_format),
    "contiguous": lambda x, a: x[0].contiguous(),
}
IN_PLACE = {
    "add_": with_scalar(torch.Tensor.add_),
    "sub_": lambda x, a: x[0].sub_(x[1]),
    "mul_": with_scalar(torch.Tensor.mul_),
    "div_": with_scalar(torch.Tensor.div_),
    "clamp_": lambda x, a: x[0].clamp_(a["min"], a["max"]),
    "fill_": lambda x, a: x[0].fill_(a["value"]),
    "zero_": lambda x, a: x[0].zero_(),
    "copy_": lambda x, a: x[0].copy_(x[1]),
}


# --------------------------------------------------------------------------------------------------
# Running a program, in its own types or with float64 for float32
# --------------------------------------------------------------------------------------------------


class Machine:
    """The variables of a program. With `wide`, float32 is float64: what rounding does, shows."""

    def __init__(self, wide):
        self.wide, self.variables = wide, []

    def dtype(self, dtype):
        return F64 if self.wide and dtype == F32 else dtype

    def make(self, tensor, leaf, strided=False):
        made = tensor.to(self.dtype(tensor.dtype), copy=True)
        if strided:
            made = made.transpose(-1, -2).contiguous().transpose(-1, -2)
        self.variables.append(made.requires_grad_(leaf))

    def run(self, op, x, args):
        inputs = [self.variables[i] for i in x]
        if op in IN_PLACE:
            with torch.no_grad():
                IN_PLACE[op](inputs, args)
            return []
        if self.wide and op == "to" and args["dtype"] == "float32":
            args = {"dtype": "float64"}
        made = OPS[op](inputs, args)
        return list(made) if isinstance(made, (tuple, list)) else [made]


def agree(narrow, wide):
    """Whether float32 was exact enough for other correct implementations to come out close."""
    if narrow.shape != wide.shape:
        return False
    if not narrow.dtype.is_floating_point:
        return torch.equal(narrow, wide.to(narrow.dtype))
    a, b = narrow.detach().to(F64), wide.detach().to(F64)
    return torch.allclose(a, b, rtol=6e-7, atol=1e-7, equal_nan=True)


# --------------------------------------------------------------------------------------------------
# Drawing a program
# --------------------------------------------------------------------------------------------------


class Writer:
    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.seed = seed
        self.narrow, self.wide = Machine(False), Machine(True)
        self.steps, self.inputs = [], []
        self.base = [self.rng.choice([1, 2, 3, 4]) for _ in range(self.rng.choice([1, 2, 2, 3]))]
        if self.rng.random() < 0.06:
            self.base[self.rng.randrange(len(self.base))] = 0

    # Small draws ----------------------------------------------------------------------------------

    def chance(self, p):
        return self.rng.random() < p

    def shape(self):
        r = self.rng.random()
        if r < 0.1:
            return []
        if r < 0.2:
            return [self.rng.choice([1, 2, 3, 4]) for _ in range(self.rng.choice([1, 2, 3]))]
        cut = self.rng.randrange(len(self.base)) if self.chance(0.3) else 0
        return [1 if self.chance(0.15) else n for n in self.base[cut:]]

    def tensor(self, shape, dtype, kind="signed"):
        size = math.prod(shape)
        kind = {I64: "int", BOOL: "bool"}.get(dtype, kind)
        return torch.tensor(oracle.values(self.rng, kind, size), dtype=dtype).reshape(shape)

    def dim(self, nd, extra=0):
        """An axis, now and then one that is not there."""
        if self.chance(0.04):
            return self.rng.choice([nd + extra, -nd - extra - 1, 7])
        n = max(nd + extra, 1)
        return self.rng.randrange(-n, n)

    def dims(self, nd):
        if self.chance(0.35):
            return None
        if nd > 1 and self.chance(0.35):
            return self.rng.sample(range(nd), self.rng.randrange(1, nd + 1))
        return self.dim(nd)

    def scalar(self, dtype=None):
        kinds = [2, 3, -1, 0.5, -1.5, 2.0, 1, 0]
        return self.rng.choice([True, False]) if self.chance(0.08) else self.rng.choice(kinds)

    def pick(self, want=lambda t: True):
        """The number of a variable, rather a late one."""
        candidates = [i for i, t in enumerate(self.narrow.variables) if want(t)]
        if not candidates:
            raise Rejected("nothing to work on")
        return self.rng.choice(candidates[-4:] if self.chance(0.6) else candidates)

    def of(self, i):
        return self.narrow.variables[i]

    def constant(self, tensor):
        """A new variable, which the program itself brings along."""
        self.narrow.make(tensor, False)
        self.wide.make(tensor, False)
        self.steps.append({"op": "tensor", "x": [], "args": {}, "out": [oracle.described(tensor)]})
        return len(self.narrow.variables) - 1

    def partner(self, i):
        """Something that can be broadcast with variable i, most of the time."""
        def fits(t):
            try:
                torch.broadcast_shapes(t.shape, self.of(i).shape)
                return True
            except RuntimeError:
                return False

        return self.pick(fits) if self.chance(0.95) else self.pick()

    # Arguments ------------------------------------------------------------------------------------

    def draw(self):
        op = self.rng.choice(CHOICES)
        x, args = [], {}
        first = lambda want=lambda t: True: x.append(self.pick(want))  # noqa: E731
        if op in ("add", "sub", "mul", "div", "pow", "eq", "ne", "lt", "le", "gt", "ge"):
            first()
            if self.chance(0.4):
                args["scalar"] = self.scalar()
            else:
                x.append(self.partner(x[0]))
        elif op in ("rsub", "rpow"):
            first()
            args["scalar"] = self.scalar()
        elif op in ("maximum", "minimum", "logical_and", "logical_or", "logical_xor"):
            first()
            x.append(self.partner(x[0]))
        elif op == "clamp":
            first()
            low = self.scalar()
            if self.chance(0.7):
                args["min"] = low
            if self.chance(0.7) or not args:
                args["max"] = low + self.rng.choice([0, 1, 0.5])
        elif op in ("sum", "mean", "amax", "amin", "logsumexp", "var"):
            first()
            args = {"dim": self.dims(self.of(x[0]).dim()), "keepdim": self.chance(0.3)}
            if op in ("sum", "mean") and args["dim"] is None:
                args["keepdim"] = False
            if op == "var":
                args["unbiased"] = self.chance(0.5)
        elif op in ("all", "any"):
            first()
            nd = self.of(x[0]).dim()
            dim = None if self.chance(0.4) else self.rng.randrange(-max(nd, 1), max(nd, 1))
            args = {"dim": dim, "keepdim": self.chance(0.3)}
        elif op in ("max_dim", "min_dim", "argmax", "argmin", "softmax"):
            first()
            args = {"dim": self.dim(self.of(x[0]).dim()), "keepdim": self.chance(0.3)}
            if op.startswith("arg") and self.chance(0.4):
                args = {"keepdim": False}
            if op == "softmax":
                del args["keepdim"]
        elif op in ("reshape", "view"):
            first()
            args["shape"] = self.new_shape(self.of(x[0]).numel())
        elif op == "expand":
            first()
            shape = [self.rng.choice([2, 3]) if n == 1 and self.chance(0.7) else n
                     for n in self.of(x[0]).shape]
            args["shape"] = [2] * self.chance(0.4) + shape
        elif op == "permute":
            first()
            dims = list(range(self.of(x[0]).dim()))
            self.rng.shuffle(dims)
            args["dims"] = dims
        elif op == "transpose":
            first()
            nd = self.of(x[0]).dim()
            args = {"dim0": self.dim(nd), "dim1": self.dim(nd)}
        elif op in ("squeeze", "unsqueeze"):
            first()
            if op == "unsqueeze" or self.chance(0.5):
                args["dim"] = self.dim(self.of(x[0]).dim(), op == "unsqueeze")
        elif op == "flatten":
            first()
            nd = self.of(x[0]).dim()
            args = {"start_dim": self.dim(nd), "end_dim": self.dim(nd) if self.chance(0.5) else -1}
        elif op in ("narrow", "slice", "select"):
            first()
            t = self.of(x[0])
            args["dim"] = self.dim(t.dim())
            n = t.shape[args["dim"]] if -t.dim() <= args["dim"] < t.dim() else 1
            if op == "select":
                args["index"] = self.rng.randrange(-n - 1, n + 1) if self.chance(0.2) else (
                    self.rng.randrange(-n, n) if n else 0)
            elif op == "narrow":
                args["start"] = self.rng.randrange(0, n + 1)
                args["length"] = self.rng.randrange(0, n - args["start"] + 1 + self.chance(0.05))
            else:
                args["start"] = self.rng.randrange(-n - 1, n + 1)
                args["end"] = self.rng.randrange(-n - 1, n + 2)
                args["step"] = self.rng.choice([1, 1, 2, 3])
        elif op == "to":
            first()
            args["dtype"] = self.rng.choice(["float32", "float64", "int64", "bool"])
        elif op in ("cat", "stack"):
            first()
            like = self.of(x[0]).shape
            for _ in range(self.rng.choice([1, 1, 2])):
                same = self.chance(0.9)
                x.append(self.pick((lambda t: t.shape == like) if same else (lambda t: True)))
            args["dim"] = self.dim(len(like), op == "stack")
        elif op in ("split", "chunk"):
            first()
            t = self.of(x[0])
            args["dim"] = self.dim(t.dim())
            n = t.shape[args["dim"]] if -t.dim() <= args["dim"] < t.dim() else 1
            if op == "chunk":
                args["chunks"] = self.rng.choice([1, 2, 3])
            elif self.chance(0.5):
                args["split_size"] = self.rng.choice([1, 2, 3])
            else:
                cut = self.rng.randrange(n + 1)
                args["sizes"] = [cut, n - cut + (self.chance(0.05))]
        elif op == "repeat":
            first()
            nd = self.of(x[0]).dim() + self.chance(0.3)
            args["repeats"] = [self.rng.choice([1, 1, 2, 2, 0 if self.chance(0.1) else 3])
                               for _ in range(nd)]
        elif op == "gather":
            first()
            t = self.of(x[0])
            args["dim"] = self.dim(t.dim())
            d = args["dim"] if -t.dim() <= args["dim"] < t.dim() else 0
            n = t.shape[d] if t.dim() else 1
            shape = [self.rng.randrange(1, m + 1) if m else 0 for m in t.shape]
            if t.dim():
                shape[d] = self.rng.choice([1, 2, 3])
            high = n + (1 if self.chance(0.05) else 0)
            numbers = [self.rng.randrange(high) if high else 0 for _ in range(math.prod(shape))]
            x.append(self.constant(torch.tensor(numbers, dtype=I64).reshape(shape)))
        elif op == "index_select":
            first()
            t = self.of(x[0])
            args["dim"] = self.dim(t.dim())
            n = t.shape[args["dim"]] if -t.dim() <= args["dim"] < t.dim() else 1
            count = 1 if t.dim() == 0 else self.rng.choice([1, 2, 3])
            high = n + (1 if self.chance(0.05) and t.dim() else 0)
            if high == 0:
                raise Rejected("no rows")
            numbers = [self.rng.randrange(high) for _ in range(count)]
            x.append(self.constant(torch.tensor(numbers, dtype=I64)))
        elif op in ("masked_fill", "where"):
            first()
            if op == "where":
                x.append(self.partner(x[0]))
            mask = self.tensor([1 if self.chance(0.1) else n for n in self.of(x[0]).shape], BOOL)
            mask = self.constant(mask)
            if op == "where":
                x.insert(0, mask)
            else:
                x.append(mask)
                args["value"] = self.scalar()
        elif op in ("triu", "tril"):
            first()
            args["diagonal"] = self.rng.choice([-1, 0, 0, 1, 2])
        elif op in ("matmul", "addmm"):
            first(lambda t: t.dtype.is_floating_point)
            t = self.of(x[0])
            k = t.shape[-1] if t.dim() else 2
            if op == "addmm" and t.dim() != 2:
                raise Rejected("addmm is for matrices")
            n = self.rng.choice([1, 2, 3])
            shape = self.rng.choice([[k, n], [k], [k, n]]) if op == "matmul" else [k, n]
            if op == "matmul" and t.dim() > 1 and self.chance(0.3):
                shape = list(t.shape[:-2]) + [k, n]
            if self.chance(0.04):
                shape[0] += 1
            x.append(self.constant(self.tensor(shape, t.dtype)))
            if op == "addmm":
                x.insert(0, self.constant(self.tensor(self.rng.choice([[n], [1], []]), t.dtype)))
        elif op in IN_PLACE:
            free = lambda t: not t.requires_grad  # noqa: E731
            first(free)
            if op in ("sub_", "copy_") or (op in ("add_", "mul_", "div_") and self.chance(0.5)):
                want = lambda t: free(t) or not self.of(x[0]).is_floating_point()  # noqa: E731
                x.append(self.pick(lambda t: want(t) and fits_into(t, self.of(x[0])))
                         if self.chance(0.9) else self.pick(free))
                if self.of(x[1]).requires_grad and op != "copy_":
                    raise Rejected("refused for two reasons")
            elif op == "clamp_":
                low = self.rng.choice([-1, 0, -0.5, 0.5])
                args = {"min": low, "max": low + self.rng.choice([1, 1.5])}
                if self.of(x[0]).dtype == BOOL:
                    raise Rejected(DECIDED["bool"])
            elif op == "fill_":
                args["value"] = self.scalar()
            elif op != "zero_":
                args["scalar"] = self.scalar()
        else:
            first()
        return op, x, args

    def new_shape(self, numel):
        shape, left = [], numel
        while left > 1 and len(shape) < 3:
            divisors = [d for d in range(1, left + 1) if left % d == 0]
            shape.append(self.rng.choice(divisors))
            left //= shape[-1]
        shape.append(left)
        if self.chance(0.3) and numel:
            shape[self.rng.randrange(len(shape))] = -1
        if self.chance(0.04):
            shape.append(2)
        return shape

    # Steps ----------------------------------------------------------------------------------------

    def step(self):
        steps, variables = len(self.steps), len(self.narrow.variables)
        try:
            op, x, args = self.draw()
            self.carry_out(op, x, args)
        except Rejected:
            del self.steps[steps:]
            del self.narrow.variables[variables:], self.wide.variables[variables:]
            return False
        return True

    def carry_out(self, op, x, args):
        narrow, wide = self.narrow, self.wide
        step = {"op": op, "x": x, "args": args}
        inputs = [self.of(i) for i in x]
        if op in ("max", "min", "amax", "amin", "maximum", "minimum", "max_dim", "min_dim",
                  "clamp", "argmax", "argmin") and any(has_nan(t) for t in inputs):
            raise Rejected(DECIDED["nan"])
        if op == "to" and args["dtype"] in ("int64",) and not torch.isfinite(
                inputs[0].detach().to(F64)).all():
            raise Rejected("undefined in C++")
        if op in ("max_dim", "min_dim") and inputs[0].dim() == 0:
            raise Rejected(DECIDED["unused"])
        if op in ("fill_", "zero_", "copy_") and overlaps(inputs[0]):
            raise Rejected(DECIDED["overlap"])
        before = [v.detach().clone() for v in narrow.variables]
        try:
            made = narrow.run(op, x, args)
        except (RuntimeError, IndexError, TypeError) as error:
            if "is a view and its base" in str(error):
                self.start_again()
                raise Rejected(DECIDED["views"])
            if self.chance(0.55) or "some elements of the input" in str(error):
                raise Rejected(DECIDED["overlap"])
            if "INTERNAL ASSERT" in str(error):
                raise Rejected(DECIDED["bug"])
            step["refused"] = str(error).split("\n")[0][:90]
            self.steps.append(step)
            return
        try:
            made_wide = wide.run(op, x, args)
        except (RuntimeError, IndexError, TypeError):
            made_wide = None

        try:
            ok = made_wide is not None and self.is_worth_it(made, made_wide)
        except RuntimeError:  # split() forbids its results to be changed, when they are looked at
            ok = False
        if (op in ("triu", "tril") and inputs[0].dim() < 2
                or op in ("argmax", "argmin") and inputs[0].dtype == BOOL
                or op == "softmax" and not inputs[0].is_floating_point()):
            raise Rejected(DECIDED["kernel"])
        if not ok:
            if op in IN_PLACE:
                self.start_again()
            raise Rejected("rounding, or too large")
        if op in IN_PLACE:
            step["now"] = {str(i): oracle.flat(v) for i, (v, b) in
                           enumerate(zip(narrow.variables, before)) if not same(v, b)}
        else:
            step["out"] = []
            for t, exact in zip(made, made_wide):
                entry = oracle.described(t)
                if t.dtype == F64 and not torch.equal(t, exact):
                    entry["rounded"] = True
                entry["requires_grad"] = t.requires_grad
                if t.grad_fn is not None and op not in NAMELESS:
                    entry["grad_fn"] = t.grad_fn.name()
                step["out"].append(entry)
        narrow.variables += made
        wide.variables += made_wide
        self.steps.append(step)

    def is_worth_it(self, made, made_wide):
        narrow = made + self.narrow.variables
        wide = made_wide + self.wide.variables
        return (all(agree(a, b) for a, b in zip(narrow, wide))
                and all(t.numel() <= LARGEST for t in made) and all(small(t) for t in narrow)
                and (self.chance(0.06) or all(finite(t) for t in narrow)))

    def start_again(self):
        """Makes all variables anew: a change in place cannot be undone, as it is counted."""
        for machine in (self.narrow, self.wide):
            machine.variables = []
            for entry in self.inputs:
                machine.make(oracle.tensor_of(entry), "leaf" in entry, "strided" in entry)
            for step in self.steps:
                if step["op"] == "tensor":
                    machine.make(oracle.tensor_of(step["out"][0]), False)
                elif "refused" not in step:
                    machine.variables += machine.run(step["op"], step["x"], step["args"])

    def program(self):
        for k in range(self.rng.choice([2, 3, 3])):
            dtype = F32 if k == 0 else self.rng.choice([F32] * 6 + [F64, I64, I64, BOOL])
            shape = self.shape()
            kind = "positive" if self.chance(0.3) else "signed"
            leaf = dtype.is_floating_point and (k == 0 or self.chance(0.6))
            strided = len(shape) > 1 and min(shape[-2:]) > 1 and self.chance(0.25)
            t = self.tensor(shape, dtype, kind)
            self.narrow.make(t, leaf, strided)
            self.wide.make(t, leaf, strided)
            entry = oracle.described(t)
            entry.update({"strided": True} if strided else {}, **({"leaf": True} if leaf else {}))
            self.inputs.append(entry)
        done = tries = 0
        while done < STEPS and tries < 20 * STEPS:
            done += self.step()
            tries += 1
        return {"seed": self.seed, "inputs": self.inputs, "steps": self.steps, **self.backward()}

    def backward(self):
        outputs = [i for i, t in enumerate(self.narrow.variables)
                   if t.requires_grad and i >= len(self.inputs)]
        calls = []
        for i in self.rng.sample(outputs[-3:], min(len(outputs), self.rng.choice([1, 1, 2]))):
            shape = self.of(i).shape
            call = {"of": i, "cotangent": oracle.values(self.rng, "cotangent", math.prod(shape))}
            for machine in (self.narrow, self.wide):
                root = machine.variables[i]
                cotangent = torch.tensor(call["cotangent"], dtype=root.dtype).reshape(shape)
                try:
                    root.backward(cotangent, retain_graph=True)
                except RuntimeError as error:
                    if "modified by an inplace" not in str(error):
                        return {"backward": []}  # DECIDED: bug, views
                    call["refused"] = str(error).split("\n")[0][:90]
            calls.append(call)
            if "refused" in call:
                return {"backward": calls}
        leaves = [(self.narrow.variables[i], self.wide.variables[i])
                  for i in range(len(self.inputs))]
        grads = []
        for a, b in leaves:
            if a.grad is not None and not (agree(a.grad, b.grad) and small(a.grad)
                                           and finite(a.grad)):
                return {"backward": []}
            grads.append(oracle.flat(a.grad))
        return {"backward": calls, "grads": grads}


def fits_into(t, target):
    try:
        return torch.broadcast_shapes(t.shape, target.shape) == target.shape
    except RuntimeError:
        return False


def overlaps(t):
    return t.numel() > 1 and any(s == 0 and n > 1 for s, n in zip(t.stride(), t.shape))


def has_nan(t):
    return t.dtype.is_floating_point and bool(torch.isnan(t).any())


def finite(t):
    return not t.dtype.is_floating_point or bool(torch.isfinite(t).all())


def small(t):
    values = t.detach().to(F64)
    values = values[torch.isfinite(values)]
    return values.numel() == 0 or float(values.abs().max()) < 1e5


def same(a, b):
    return torch.equal(torch.nan_to_num(a.detach().to(F64)), torch.nan_to_num(b.to(F64)))


CHOICES = list(OPS) + 3 * ["add", "mul", "sub", "sum", "slice", "transpose", "cat"] + 3 * list(
    IN_PLACE)


if __name__ == "__main__":
    seeds = range(FIRST, FIRST + PROGRAMS)
    oracle.write("programs.json", programs=[Writer(seed).program() for seed in seeds])
