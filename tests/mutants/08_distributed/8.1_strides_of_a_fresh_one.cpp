/// Wants the strides of a fresh tensor, even of axes of length 1.
/// \caught expected a row-major tensor, got strides [1, 1]
void ring_all_reduce(ProcessGroup& group, const Tensor& tensor) {
  check(tensor.strides() == row_major_strides(tensor.shape()),
        "ring_all_reduce: expected a row-major tensor, got strides ", tensor.strides());
  const Tensor flat = tensor.detach().view({-1});
  const int ranks = group.world_size(), rank = group.rank();
  const int next = (rank + 1) % ranks, previous = (rank + ranks - 1) % ranks;

  for (int step = 0; step < ranks - 1; ++step) {
    Tensor mine = piece_of(flat, rank - step - 1, ranks);
    const Tensor theirs = empty_like(mine);
    const Work sent = group.isend(piece_of(flat, rank - step, ranks), next);
    const Work received = group.irecv(theirs, previous);
    sent.wait();
    received.wait();
    mine.add_(theirs);
  }
  for (int step = 0; step < ranks - 1; ++step) {
    const Work sent = group.isend(piece_of(flat, rank + 1 - step, ranks), next);
    const Work received = group.irecv(piece_of(flat, rank - step, ranks), previous);
    sent.wait();
    received.wait();
  }
}
