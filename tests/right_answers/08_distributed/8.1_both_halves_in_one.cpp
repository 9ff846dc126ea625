/// One loop of 2 (N − 1) steps.
void ring_all_reduce(ProcessGroup& group, const Tensor& tensor) {
  check(tensor.is_contiguous(), "ring_all_reduce: expected a row-major tensor, got strides ",
        tensor.strides());
  const Tensor flat = tensor.detach().view({-1});
  const int ranks = group.world_size(), rank = group.rank();
  for (int step = 0; step < 2 * (ranks - 1); ++step) {
    Tensor gets = piece_of(flat, rank - step - 1, ranks);
    const bool sums = step < ranks - 1;
    const Tensor into = sums ? empty_like(gets) : gets;
    const Work sent = group.isend(piece_of(flat, rank - step, ranks), (rank + 1) % ranks, step);
    const Work received = group.irecv(into, (rank + ranks - 1) % ranks, step);
    received.wait();
    sent.wait();
    if (sums) gets.add_(into);
  }
}
