/// Takes every tensor of one axis for row-major.
/// \caught ring_all_reduce of a column: expected an Error, and none was thrown
void ring_all_reduce(ProcessGroup& group, const Tensor& tensor) {
  check(tensor.is_contiguous() || tensor.dim() == 1,
        "ring_all_reduce: expected a row-major tensor, got strides ", tensor.strides());
  const Tensor flat = tensor.dim() == 1 ? tensor.detach() : tensor.detach().view({-1});
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
