#include "kindling/distributed.h"

/// all_reduce out of send and recv.
namespace kindling::distributed {

/// Piece `i` of `pieces` about equal ones of a tensor of one axis; `i` may be any number: −1 is the
/// last piece, `pieces` the first.
static Tensor piece_of(const Tensor& flat, int i, int pieces) {
  const std::int64_t k = ((i % pieces) + pieces) % pieces;
  const std::int64_t begin = flat.numel() * k / pieces;
  const std::int64_t end = flat.numel() * (k + 1) / pieces;
  return flat.narrow(0, begin, end - begin);
}

/// \exercise{8.1} The ranks stand in a ring: each sends to rank + 1 and receives from rank − 1,
/// only. The tensor is cut into as many pieces as there are ranks.
/// - N − 1 steps sum up. In step s = 0, 1, …, rank r sends piece r − s, receives piece r − s − 1
///   into memory of its own, and adds that to its piece. In the end it has the sum of all in
///   piece r + 1.
/// - N − 1 steps hand out. In step s, rank r sends piece r + 1 − s, which is complete, and receives
///   piece r − s in its place.
/// Every rank sends before it receives: with send() and recv(), all could wait for each other. So a
/// step begins both, by isend() and irecv(), and then waits for both.
/// \throws Error before anything is sent, if the tensor is not row-major: "ring_all_reduce:
/// expected a row-major tensor, got strides [1, 3]"
void ring_all_reduce(ProcessGroup& group, const Tensor& tensor) {
  check(tensor.is_contiguous(), "ring_all_reduce: expected a row-major tensor, got strides ",
        tensor.strides());
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

}  // namespace kindling::distributed
