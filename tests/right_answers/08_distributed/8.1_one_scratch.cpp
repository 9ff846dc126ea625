/// One memory for all that arrives, and the pieces are cut up once, by their lengths rounded up.
void ring_all_reduce(ProcessGroup& group, const Tensor& tensor) {
  check(tensor.is_contiguous(), "ring_all_reduce: expected a row-major tensor, got strides ",
        tensor.strides());
  const int ranks = group.world_size(), rank = group.rank();
  const Tensor flat = tensor.detach().reshape({tensor.numel()});
  const std::int64_t n = flat.numel(), most = (n + ranks - 1) / ranks;
  Tensors pieces;
  for (int i = 0; i < ranks; ++i) {
    const std::int64_t begin = std::min(n, i * most), end = std::min(n, begin + most);
    pieces.push_back(flat.narrow(0, begin, end - begin));
  }
  const auto piece = [&](int i) { return pieces[(i + 2 * ranks) % ranks]; };
  const int right = (rank + 1) % ranks, left = (rank - 1 + ranks) % ranks;
  const Tensor scratch = empty({most}, flat.dtype(), flat.device());
  for (int step = 0; step + 1 < ranks; ++step) {
    Tensor mine = piece(rank - step - 1);
    const Tensor arriving = scratch.narrow(0, 0, mine.numel());
    const Work in = group.irecv(arriving, left), out = group.isend(piece(rank - step), right);
    in.wait();
    out.wait();
    mine.copy_(mine + arriving);
  }
  for (int step = 0; step + 1 < ranks; ++step) {
    const Work in = group.irecv(piece(rank - step), left);
    const Work out = group.isend(piece(rank + 1 - step), right);
    out.wait();
    in.wait();
  }
}
