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
  throw NotImplemented("8.1");
}

}  // namespace kindling::distributed
