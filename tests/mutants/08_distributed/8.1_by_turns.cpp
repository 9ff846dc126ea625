/// Even ranks send, and then receive; the others the other way round.
/// \caught_at_random steps that wait for one of isend
void ring_all_reduce(ProcessGroup& group, const Tensor& tensor) {
  check(tensor.is_contiguous(), "ring_all_reduce: expected a row-major tensor, got strides ",
        tensor.strides());
  const Tensor flat = tensor.detach().view({-1});
  const int ranks = group.world_size(), rank = group.rank();
  const int next = (rank + 1) % ranks, previous = (rank + ranks - 1) % ranks;

  for (int step = 0; step < ranks - 1; ++step) {
    Tensor mine = piece_of(flat, rank - step - 1, ranks);
    const Tensor theirs = empty_like(mine);
    if (rank % 2 == 0) {
      group.send(piece_of(flat, rank - step, ranks), next);
      group.recv(theirs, previous);
    } else {
      group.recv(theirs, previous);
      group.send(piece_of(flat, rank - step, ranks), next);
    }
    mine.add_(theirs);
  }
  for (int step = 0; step < ranks - 1; ++step) {
    if (rank % 2 == 0) {
      group.send(piece_of(flat, rank + 1 - step, ranks), next);
      group.recv(piece_of(flat, rank - step, ranks), previous);
    } else {
      group.recv(piece_of(flat, rank - step, ranks), previous);
      group.send(piece_of(flat, rank + 1 - step, ranks), next);
    }
  }
}
