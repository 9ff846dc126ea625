/// The last piece has all of the elements that do not divide.
/// \caught_at_random bytes of the largest piece
void ring_all_reduce(ProcessGroup& group, const Tensor& tensor) {
  check(tensor.is_contiguous(), "ring_all_reduce: expected a row-major tensor, got strides ",
        tensor.strides());
  const Tensor flat = tensor.detach().view({-1});
  const int ranks = group.world_size(), rank = group.rank();
  const int next = (rank + 1) % ranks, previous = (rank + ranks - 1) % ranks;
  const auto piece = [&](int i) {
    const std::int64_t k = ((i % ranks) + ranks) % ranks, each = flat.numel() / ranks;
    return flat.narrow(0, k * each, k == ranks - 1 ? flat.numel() - k * each : each);
  };
  for (int step = 0; step < ranks - 1; ++step) {
    Tensor mine = piece(rank - step - 1);
    const Tensor theirs = empty_like(mine);
    const Work sent = group.isend(piece(rank - step), next);
    const Work received = group.irecv(theirs, previous);
    sent.wait();
    received.wait();
    mine.add_(theirs);
  }
  for (int step = 0; step < ranks - 1; ++step) {
    const Work sent = group.isend(piece(rank + 1 - step), next);
    const Work received = group.irecv(piece(rank - step), previous);
    sent.wait();
    received.wait();
  }
}
