/// The itch, and its cure: a transpose of a vector of vectors is a copy, a transpose of a Tensor is
/// the same memory under other strides.
#include <cstddef>
#include <iostream>
#include <memory>
#include <vector>

#include "kindling/ops.h"

using namespace kindling;

static std::size_t blocks = 0, bytes = 0;

/// std::allocator, which counts what it is asked for.
template <class T>
struct Counting : std::allocator<T> {
  T* allocate(std::size_t count) {
    ++blocks;
    bytes += count * sizeof(T);
    return std::allocator<T>::allocate(count);
  }
};
using Row = std::vector<float, Counting<float>>;
using Rows = std::vector<Row, Counting<Row>>;

static Rows transposed(const Rows& m) {
  Rows out(m[0].size());
  for (std::size_t j = 0; j < out.size(); ++j) {
    out[j].resize(m.size());
    for (std::size_t i = 0; i < m.size(); ++i) out[j][i] = m[i][j];
  }
  return out;
}

int main() {
  const Rows m = {{1, 2, 3}, {4, 5, 6}};
  Rows n = transposed(m);
  n[2][0] = 30;
  std::cout << "n = transposed(m); n[2][0] = 30;\n"
            << "  m[0][2] is still " << m[0][2] << ": n is a copy\n";

  const Rows large(1000, Row(1000));
  blocks = bytes = 0;
  const Rows copy = transposed(large);
  std::cout << "transposed(large), of 1000 x 1000 numbers:\n"
            << "  " << blocks << " new blocks of memory, " << bytes << " bytes\n\n";

  Tensor t = tensor({{1., 2., 3.}, {4., 5., 6.}});  // shape [2, 3], strides [3, 1]
  Tensor u = t.T();                                 // shape [3, 2], strides [1, 3]
  u[2][0].fill_(30);
  std::cout << std::boolalpha << "u = t.T(); u[2][0].fill_(30);\n"
            << "  t[0][2] is now " << t[0][2].item() << ": u is a view\n"
            << "  the same block of memory: " << (u.storage() == t.storage()) << "\n"
            << "t + tensor({10, 20, 30}):\n"
            << t + tensor({10, 20, 30}) << "\n";
}
