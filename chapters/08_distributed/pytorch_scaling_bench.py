"""What scaling_bench.cpp measures, measured for PyTorch, with a GPU for each rank:
python3 chapters/08_distributed/pytorch_scaling_bench.py 2"""
import os
import sys
import time

import torch
import torch.distributed as dist
import torch.multiprocessing
from torch import nn
from torch.nn.parallel import DistributedDataParallel


def milliseconds(step, steps=20):
    """Of a step, the best of five measurements, on the slowest rank."""
    for _ in range(3):
        step()
    least = float("inf")
    for _ in range(5):
        torch.cuda.synchronize()
        dist.barrier()
        torch.cuda.synchronize()
        start = time.perf_counter()
        for _ in range(steps):
            step()
        torch.cuda.synchronize()
        slowest = torch.tensor((time.perf_counter() - start) / steps * 1e3, device="cuda")
        dist.all_reduce(slowest, dist.ReduceOp.MAX)
        least = min(least, slowest.item())
    return least


def measure(rank, ranks, width=8192, batch=4096):
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT="29511")
    if ranks > torch.cuda.device_count():  # NCCL lets ranks share a GPU if it takes them for hosts
        os.environ["NCCL_HOSTID"] = str(rank)
    gpu = rank % torch.cuda.device_count()
    torch.cuda.set_device(gpu)
    torch.backends.cuda.matmul.allow_tf32 = False
    dist.init_process_group("nccl", rank=rank, world_size=ranks)
    torch.manual_seed(123)
    network = nn.Sequential(nn.Linear(784, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 10))
    network.cuda()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01)
    x = torch.randn(batch, 784, device="cuda")
    y = torch.randint(0, 10, (batch,), device="cuda")

    def step(model):
        loss = nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    alone = milliseconds(lambda: step(network))
    model = DistributedDataParallel(network, device_ids=[gpu])
    together = milliseconds(lambda: step(model))
    gradients = torch.zeros(sum(p.numel() for p in network.parameters()), device="cuda")
    all_reduce = milliseconds(lambda: dist.all_reduce(gradients, dist.ReduceOp.AVG))
    if rank == 0:
        print(f"PyTorch {torch.__version__}, NCCL {'.'.join(map(str, torch.cuda.nccl.version()))}")
        print(f"784-{width}-{width}-10, {batch} examples a step on each of {ranks} ranks")
        print(f"a rank by itself  {alone:8.2f} ms a step")
        print(f"all together      {together:8.2f} ms a step")
        print(f"efficiency        {100 * alone / together:8.1f} %")
        print(f"all_reduce alone  {all_reduce:8.2f} ms for the {gradients.nbytes / 1e6:.0f} MB of gradients")
    dist.destroy_process_group()


if __name__ == "__main__":
    ranks = int(sys.argv[1]) if len(sys.argv) > 1 else torch.cuda.device_count()
    torch.multiprocessing.spawn(measure, (ranks,), ranks)
