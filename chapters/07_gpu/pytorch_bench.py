"""What bench.cpp measures, measured for PyTorch: python3 chapters/07_gpu/pytorch_bench.py"""
import time

import torch
from torch import nn

device = torch.device("cuda")
torch.backends.cuda.matmul.allow_tf32 = False


def seconds_of(call, repeats=20):
    """Seconds that one call takes on the device: the least of five measurements."""
    for _ in range(3):
        call()
    least = 1e9
    for _ in range(5):
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        for _ in range(repeats):
            call()
        end.record()
        end.synchronize()
        least = min(least, start.elapsed_time(end) / 1e3 / repeats)
    return least


copy = None


def row(name, elements_moved, call):
    global copy
    seconds = seconds_of(call)
    rate = elements_moved * 4 / seconds / 1e12
    copy = copy or rate
    print(f"| {name} | {seconds * 1e6:.1f} | {rate:.3f} | {100 * rate / copy:.1f} % |", flush=True)


def training_step(widths, batch, steps=300):
    """Microseconds of one step: the least of five measurements of `steps` steps."""
    torch.manual_seed(1)
    layers = []
    for i in range(len(widths) - 1):
        if i > 0:
            layers.append(nn.ReLU())
        layers.append(nn.Linear(widths[i], widths[i + 1]))
    model = nn.Sequential(*layers).to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    x = torch.randn(batch, widths[0], device=device)
    labels = torch.randint(0, widths[-1], (batch,), device=device)

    def step():
        loss = nn.functional.cross_entropy(model(x), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    for _ in range(steps // 5 + 3):
        step()
    least = 1e9
    for _ in range(5):
        torch.cuda.synchronize()
        start = time.perf_counter()
        for _ in range(steps):
            step()
        torch.cuda.synchronize()
        least = min(least, (time.perf_counter() - start) / steps * 1e6)
    return least


print(f"PyTorch {torch.__version__}, {torch.cuda.get_device_name()}\n")
print("| work | µs | TB/s | of a copy |\n|---|---|---|---|")
with torch.no_grad():
    n = 2**28
    x, y, out = (torch.randn(n, device=device) for _ in range(3))
    row(f"copy of {n} floats", 2 * n, lambda: out.copy_(x))
    row("relu", 2 * n, lambda: torch.clamp_min(x, 0, out=out))
    row("exp", 2 * n, lambda: torch.exp(x, out=out))
    row("add", 3 * n, lambda: torch.add(x, y, out=out))
    row("mul", 3 * n, lambda: torch.mul(x, y, out=out))
    del x, y, out
    torch.cuda.empty_cache()

    side = 16384
    x = torch.randn(side, side, device=device)
    shape = f" [{side}, {side}]"
    row("sum of rows" + shape, side * side, lambda: x.sum(1))
    row("sum of columns" + shape, side * side, lambda: x.sum(0))
    row("sum of all" + shape, side * side, lambda: x.sum())
    row("max of rows" + shape, side * side, lambda: x.amax(1))
    row("max of columns" + shape, side * side, lambda: x.amax(0))
    row("max of all" + shape, side * side, lambda: x.max())
    row("transpose" + shape, 2 * side * side, lambda: x.T.contiguous())
    del x
    torch.cuda.empty_cache()

    rows, n = 65536, 1024
    x, weight, bias = torch.randn(rows, n, device=device), torch.randn(n, device=device), torch.randn(n, device=device)
    shape = f" [{rows}, {n}]"
    row("softmax of rows" + shape, 2 * rows * n, lambda: torch.softmax(x, 1))
    row("log_softmax of rows" + shape, 2 * rows * n, lambda: torch.log_softmax(x, 1))
    row("layer norm of rows" + shape, 2 * rows * n, lambda: nn.functional.layer_norm(x, (n,), weight, bias))
    del x

    a, b = (torch.randn(4096, 4096, device=device) for _ in range(2))
    seconds = seconds_of(lambda: a @ b)
    print(f"\nmatmul 4096³, float32: {2 * 4096**3 / seconds / 1e12:.1f} TFLOP/s")

print("\n| a step of training | µs |\n|---|---|")
print(f"| 2-30-20-2, batch 2 | {training_step([2, 30, 20, 2], 2):.0f} |", flush=True)
print(f"| 784-512-256-10, batch 64 | {training_step([784, 512, 256, 10], 64):.0f} |", flush=True)
print(f"| 784-4096-4096-10, batch 1024 | {training_step([784, 4096, 4096, 10], 1024):.0f} |")
