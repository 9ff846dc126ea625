/// Lengths and distances of more than 31 bits, in memory that is promised and never touched.
#include <doctest/doctest.h>
#include <sys/mman.h>

#include "kindling/ops.h"
#include "kindling/primitives.h"
#include "kindling/threads.h"
#include "testing/oracle.h"

using namespace kindling;
using namespace kindling::testing;

extern "C" int openblas_get_num_threads();

namespace {

#ifndef MAP_NORESERVE
constexpr int MAP_NORESERVE = 0;
#endif

/// Zeros, of which the system makes a page when somebody looks.
Storage promised(std::int64_t bytes) {
  void* memory = mmap(nullptr, static_cast<std::size_t>(bytes), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  REQUIRE(memory != MAP_FAILED);
  const std::shared_ptr<void> owner(
      memory, [bytes](void* m) { munmap(m, static_cast<std::size_t>(bytes)); });
  return Storage(static_cast<std::byte*>(memory), bytes, cpu, owner);
}

}  // namespace

TEST_CASE("products of matrices whose rows lie more than 2^31 elements apart") {
  constexpr std::int64_t apart = (std::int64_t{1} << 31) + 100;  // as an int: negative
  for (const DType dtype : {float32, float64}) {
    const Storage storage = promised(2 * apart * size_of(dtype));
    const Tensor left = tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}}, dtype);
    const Tensor right = tensor({{1.0, -1.0}, {0.5, 2.0}, {3.0, 1.0}}, dtype);
    Tensor rows(storage, Layout({2, 3}, {apart, 1}, 0), dtype);  // [2, 3]
    rows.copy_(left);
    const Tensor columns = rows.T();  // [3, 2]
    check_close("A B", matmul(rows, right), matmul(left, right), exact);
    check_close("Aᵀ Bᵀ", matmul(columns, right.T()), matmul(left.T(), right.T()), exact);
    check_close("B A", matmul(right, rows), matmul(right, left), exact);
    check_close("Bᵀ Aᵀ", matmul(right.T(), columns), matmul(right.T(), left.T()), exact);
    // How far apart rows are does not matter where there is one, and BLAS takes that.
    check_close("one row", matmul(rows.narrow(0, 1, 1), right), matmul(left.narrow(0, 1, 1), right),
                exact);
    check_close("one column", matmul(right.T(), columns.narrow(1, 1, 1)),
                matmul(right.T(), left.T().narrow(1, 1, 1)), exact);
  }
}

TEST_CASE("OpenBLAS computes on one thread, as threads.h says") {
  get_num_threads();
  CHECK(openblas_get_num_threads() == 1);
}
