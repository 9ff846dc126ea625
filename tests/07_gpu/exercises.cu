/// The verdicts on the exercises of chapter 7: what comes out, and what the kernels do to memory on
/// the way, which the simulator counts. It also reports, by itself, whoever leaves an array, races
/// in shared memory, or waits at a barrier that not all come to: hence each array here is an
/// allocation of its own, as long as it has to be. A build for a GPU runs them there as well, once
/// the simulator has nothing to say: see on_gpu/.
#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "cuda/kernels.h"
#include "kindling/backend.h"
#include "kindling/cuda.h"
#include "kindling/ops.h"
#include "on_device.h"
#include "testing/cuda/access_counts.h"
#include "testing/expect.h"

using namespace kindling;
using testing::about;
using testing::AccessCounts;
using testing::count_accesses;
using testing::expect;
using testing::expect_that;
using testing::on_device;
using testing::rubbish;
using testing::Tolerance;

namespace {

template <class... Parts>
std::string text(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

/// Whole numbers from -9 to 9, which every dtype adds and multiplies exactly.
Tensor whole_numbers(const Shape& shape, DType dtype, std::uint32_t seed = 7) {
  std::mt19937 random(seed);
  Tensor out(shape, dtype);
  dispatch(dtype, [&]<class T>() {
    for (std::int64_t i = 0; i < out.numel(); ++i)
      out.data_ptr<T>()[i] = static_cast<T>(static_cast<int>(random() % 19) - 9);
  });
  return out;
}

/// `got` requests take `sectors` sectors, and should take `per_request` each.
void expect_coalesced(const std::string& what, std::int64_t requests, std::int64_t sectors,
                      double per_request) {
  const double got =
      static_cast<double>(sectors) / static_cast<double>(std::max<std::int64_t>(requests, 1));
  expect_that(
      got <= per_request,
      text(what, ": expected ", per_request, " sectors of 32 bytes a request of a warp, got ", got,
           ": neighbouring threads should touch neighbouring elements"));
}

void expect_no_conflicts(const AccessCounts& counts) {
  expect_that(counts.bank_conflicts == 0,
              text("expected no bank conflicts, got ", counts.bank_conflicts,
                   ": 32 threads that want different words of one bank of shared memory wait for "
                   "each other"));
}

}  // namespace

// 7.1 ---------------------------------------------------------------------------------------------

namespace {

/// map_dense() of 1, 2, 3, … on a grid, beside the same by a loop.
void expect_map(std::int64_t n, unsigned blocks, unsigned threads, bool in_place = false) {
  const Tensor x = on_device((arange(n) + 1).to(float32));
  const Tensor out = in_place ? x : rubbish({n}, float32);
  cuda::map_dense(functors::Neg{}, x.data_ptr<float>(), out.data_ptr<float>(), n,
                  Grid{blocks, threads});
  expect(text("-x of ", n, " elements, by ", blocks, " x ", threads, " threads"), out.to(cpu),
         (arange(n) + 1).to(float32) * -1);
}

}  // namespace

TEST_CASE("7.1  as many threads as packs of four elements") { expect_map(4 * 64, 1, 64); }

TEST_CASE("7.1  more elements than threads: a grid-stride loop") {
  expect_map(1024, 1, 32);
  expect_map(4096, 2, 64);
  expect_map(4096, 3, 32);
}

TEST_CASE("7.1  elements that fill no pack, and threads without an element") {
  for (const std::int64_t n : {1, 2, 3, 4, 5, 7, 127, 130, 1003}) expect_map(n, 2, 64);
  expect_map(11, 1, 1);
  expect_map(3, 4, 128);
}

TEST_CASE("7.1  no elements at all") { expect_map(0, 1, 32); }

TEST_CASE("7.1  out may be x") { expect_map(1001, 2, 32, true); }

TEST_CASE("7.1  any function") {
  const Tensor values = whole_numbers({333}, float32);
  const Tensor x = on_device(values), out = rubbish({333}, float32);
  cuda::map_dense(functors::Relu{}, x.data_ptr<float>(), out.data_ptr<float>(), 333, Grid{2, 32});
  expect("the larger of x and 0", out.to(cpu), clamp(values, 0));
}

TEST_CASE("7.1  each element is read once, by float4, and neighbours by neighbours") {
  constexpr std::int64_t n = 4096;
  const Tensor x = on_device(ones({n})), out = rubbish({n}, float32);
  const auto counts = count_accesses([&] {
    cuda::map_dense(functors::Neg{}, x.data_ptr<float>(), out.data_ptr<float>(), n, Grid{2, 64});
  });
  if (!counts) return;
  expect("bytes that are read, of 4096 elements", counts->bytes_read, 4 * n);
  expect("bytes that are written, of 4096 elements", counts->bytes_written, 4 * n);
  expect("bytes that a thread reads at a time", counts->bytes_read / counts->reads, 16);
  expect("bytes that a thread writes at a time", counts->bytes_written / counts->writes, 16);
  expect_coalesced("reading x", counts->read_requests, counts->read_sectors, 16);
  expect_coalesced("writing out", counts->write_requests, counts->write_sectors, 16);
  expect("requests of the 4 warps, if all of their threads take part", counts->read_requests,
         n / 4 / 32);
  expect("reads and writes by the busiest of 128 threads, of 1024 packs", counts->most_by_a_thread,
         2 * n / 4 / 128);
}

// 7.2 ---------------------------------------------------------------------------------------------

namespace {

/// Transposes planes of [columns, rows] that lie `gap` elements longer than they are.
template <class T>
void expect_transposed(DType dtype, std::int64_t rows, std::int64_t columns,
                       std::int64_t planes = 1, std::int64_t gap = 0) {
  const std::int64_t column_step = rows + gap, row_step = columns + gap;
  const Tensor from = whole_numbers({planes, columns, column_step}, dtype);
  Tensor expected = full({planes, rows, row_step}, dtype == bool_ ? 1 : 77, dtype);
  const T* source = reinterpret_cast<const T*>(from.storage().data());
  T* target = reinterpret_cast<T*>(expected.storage().data());
  for (std::int64_t p = 0; p < planes; ++p)
    for (std::int64_t i = 0; i < rows; ++i)
      for (std::int64_t j = 0; j < columns; ++j)
        target[(p * rows + i) * row_step + j] = source[(p * columns + j) * column_step + i];

  cuda::Strided<2> walk{};
  walk.n = planes;
  walk.rank = planes > 1 ? 1 : 0;
  walk.lengths[0] = planes;
  walk.strides[0][0] = rows * row_step;
  walk.strides[1][0] = columns * column_step;
  const Tensor x = on_device(from), out = rubbish(expected.shape(), dtype);
  cuda::transpose<T>(walk, reinterpret_cast<const T*>(x.storage().data()), column_step,
                     reinterpret_cast<T*>(out.storage().data()), row_step, rows, columns, nullptr);
  expect(text(planes, " planes of ", rows, " rows and ", columns, " columns, ", size_of(dtype),
              " bytes an element"),
         out.to(cpu), expected);
}

}  // namespace

TEST_CASE("7.2  one tile") { expect_transposed<std::uint32_t>(float32, 32, 32); }

TEST_CASE("7.2  many tiles") {
  expect_transposed<std::uint32_t>(float32, 64, 96);
  expect_transposed<std::uint32_t>(float32, 96, 32);
}

TEST_CASE("7.2  tiles that hang over the borders") {
  expect_transposed<std::uint32_t>(float32, 33, 31);
  expect_transposed<std::uint32_t>(float32, 70, 45);
  expect_transposed<std::uint32_t>(float32, 1, 100);
  expect_transposed<std::uint32_t>(float32, 100, 1);
  expect_transposed<std::uint32_t>(float32, 1, 1);
}

TEST_CASE("7.2  several planes, and rows that lie apart") {
  expect_transposed<std::uint32_t>(float32, 40, 33, 3);
  expect_transposed<std::uint32_t>(float32, 35, 64, 2, 5);
}

TEST_CASE("7.2  elements of 1 and of 8 bytes") {
  expect_transposed<std::uint8_t>(bool_, 40, 50);
  expect_transposed<std::uint64_t>(int64, 40, 50, 2);
}

TEST_CASE("7.2  both sides are coalesced, and no bank has to wait") {
  const Tensor x = on_device(whole_numbers({64, 64}, float32)), out = rubbish({64, 64}, float32);
  cuda::Strided<2> one{};
  one.n = 1;
  const auto counts = count_accesses([&] {
    cuda::transpose<std::uint32_t>(one, reinterpret_cast<const std::uint32_t*>(x.storage().data()),
                                   64, reinterpret_cast<std::uint32_t*>(out.storage().data()), 64,
                                   64, 64, nullptr);
  });
  if (!counts) return;
  expect("reads of 64 x 64 elements", counts->reads, 64 * 64);
  expect("writes of 64 x 64 elements", counts->writes, 64 * 64);
  expect_coalesced("reading", counts->read_requests, counts->read_sectors, 4);
  expect_coalesced("writing", counts->write_requests, counts->write_sectors, 4);
  expect_no_conflicts(*counts);
  expect("reads and writes by the busiest of the 8 x 32 threads that have a tile",
         counts->most_by_a_thread, 8);
}

TEST_CASE("7.2  rows and columns that lie more than 2 GiB apart") {
  // Of so much memory there is what somebody has written into.
  constexpr std::int64_t step = (std::int64_t{1} << 31) + 5;
  const auto of_bytes = [](std::int64_t bytes) {
    void* data = nullptr;
    KINDLING_CUDA_CHECK(cudaMalloc(&data, bytes));
    return std::shared_ptr<std::uint8_t>(static_cast<std::uint8_t*>(data), cudaFree);
  };
  const std::uint8_t elements[] = {10, 11, 20, 21};  // [columns, rows]
  const auto set = [&](const std::shared_ptr<std::uint8_t>& x, std::int64_t at, int from) {
    KINDLING_CUDA_CHECK(cudaMemcpy(x.get() + at, elements + from, 2, cudaMemcpyHostToDevice));
  };
  const auto got = [](const std::shared_ptr<std::uint8_t>& x, std::int64_t at) {
    std::uint8_t pair[2];
    KINDLING_CUDA_CHECK(cudaMemcpy(pair, x.get() + at, 2, cudaMemcpyDeviceToHost));
    return std::vector<int>{pair[0], pair[1]};
  };
  cuda::Strided<2> one{};
  one.n = 1;
  const auto near = of_bytes(4), far = of_bytes(step + 2);
  set(far, 0, 0);
  set(far, step, 2);
  cuda::transpose<std::uint8_t>(one, far.get(), step, near.get(), 2, 2, 2, nullptr);
  expect("row 0 of two columns that lie apart", got(near, 0), std::vector{10, 20});
  expect("row 1", got(near, 2), std::vector{11, 21});
  set(near, 0, 0);
  set(near, 2, 2);
  cuda::transpose<std::uint8_t>(one, near.get(), 2, far.get(), step, 2, 2, nullptr);
  expect("row 0 of two that lie apart", got(far, 0), std::vector{10, 20});
  expect("row 1", got(far, step), std::vector{11, 21});
}

// 7.3 ---------------------------------------------------------------------------------------------

namespace {

Tensor reduced(Reduction op, const Tensor& x, DType dtype) {  // x [rows, n]
  const Tensor in = on_device(x.reshape({x.size(0), x.size(1), 1}));
  const Tensor out = rubbish({x.size(0), 1}, dtype);
  cuda::reduce_rows(op, in, out);
  return out.to(cpu).reshape({x.size(0)});
}

/// Row i is all `rest`, but for one element, which is `special`: another one in each row.
Tensor one_special(std::int64_t n, Scalar rest, Scalar special, DType dtype) {
  Tensor x = full({std::min<std::int64_t>(n, 40), n}, rest, dtype);
  for (std::int64_t row = 0; row < x.size(0); ++row)
    x[row][row * (n - 1) / std::max<std::int64_t>(x.size(0) - 1, 1)].fill_(special);
  return x;
}

}  // namespace

TEST_CASE("7.3  a warp adds up 1 … n") {
  about("warp_fold");
  for (const std::int64_t n : {32, 1, 2, 5, 31, 33, 100})
    expect(text("the sum of 1 … ", n),
           reduced(Reduction::sum, (arange(n) + 1).reshape({1, n}), int64),
           full({1}, n * (n + 1) / 2));
}

TEST_CASE("7.3  a block adds up 1 … n") {
  about("block_fold");
  for (const std::int64_t n : {1024, 513, 2000, 2049, 5000})
    expect(text("the sum of 1 … ", n),
           reduced(Reduction::sum, (arange(n) + 1).reshape({1, n}), int64),
           full({1}, n * (n + 1) / 2));
}

TEST_CASE("7.3  wherever the largest is, in a warp's row or in a block's") {
  for (const std::int64_t n : {32, 40, 600, 2100}) {
    const Tensor x = one_special(n, -5, -1, float32);
    expect(text("the largest of ", n, " elements, in each row"),
           reduced(Reduction::max, x, float32), full({x.size(0)}, -1., float32));
  }
}

TEST_CASE("7.3  other folds, other dtypes") {
  for (const std::int64_t n : {33, 700}) {
    const Tensor doubles = whole_numbers({3, n}, float64);
    expect("the sums", reduced(Reduction::sum, doubles, float64), sum(doubles, {1}));
    const Tensor all = one_special(n, 1, 0, int64);
    expect("whether all are true", reduced(Reduction::all, all, bool_),
           full({all.size(0)}, 0, bool_));
    expect("whether any is true", reduced(Reduction::any, all, bool_),
           full({all.size(0)}, 1, bool_));
    expect("the smallest", reduced(Reduction::min, all, int64), full({all.size(0)}, 0));
  }
}

TEST_CASE("7.3  a row so long that several blocks have it") {
  expect("the sum of 20000 ones", reduced(Reduction::sum, ones({1, 20000}, int64), int64),
         full({1}, 20000));
}

TEST_CASE("7.3  a warp needs no shared memory, and a block one place for each warp") {
  const Tensor short_rows = on_device(ones({8, 256, 1})), long_rows = on_device(ones({2, 2048, 1}));
  const Tensor of_short = rubbish({8, 1}, float32), of_long = rubbish({2, 1}, float32);
  const auto by_warps =
      count_accesses([&] { cuda::reduce_rows(Reduction::sum, short_rows, of_short); });
  const auto by_blocks =
      count_accesses([&] { cuda::reduce_rows(Reduction::sum, long_rows, of_long); });
  if (!by_warps || !by_blocks) return;
  expect("how often warps that fold a row each touch shared memory",
         by_warps->shared_reads + by_warps->shared_writes, 0);
  expect("writes to shared memory by 2 blocks of 4 warps: one by each warp",
         by_blocks->shared_writes, 8);
  expect("reads of shared memory by 2 blocks of 4 warps: what each warp left",
         by_blocks->shared_reads, 8);
  expect("shuffles of 8 warps that fold a row each", by_warps->warp_meetings, 8 * 5);
}

// 7.4 ---------------------------------------------------------------------------------------------

namespace {

/// Softmax of the rows of x [rows, n], or its logarithm, in double.
Tensor softmax_by_loops(const Tensor& x, bool log) {
  Tensor y = x.to(float64).clone();
  for (std::int64_t row = 0; row < x.size(0); ++row) {
    double* of = y.data_ptr<double>() + row * x.size(1);
    const double m = *std::max_element(of, of + x.size(1));
    double s = 0;
    for (std::int64_t i = 0; i < x.size(1); ++i) s += std::exp(of[i] - m);
    for (std::int64_t i = 0; i < x.size(1); ++i)
      of[i] = log ? of[i] - m - std::log(s) : std::exp(of[i] - m) / s;
  }
  return y.to(x.dtype());
}

void expect_softmax(const std::string& what, const Tensor& x) {
  const Tolerance tolerance =
      x.dtype() == float32 ? Tolerance{1e-5, 1e-7} : Tolerance{1e-12, 1e-14};
  const Tensor in = on_device(x);
  for (const bool log : {false, true}) {
    const Tensor out = rubbish(x.shape(), x.dtype());
    cuda::softmax_rows(in, out, log);
    expect(text(log ? "log softmax of " : "softmax of ", what), out.to(cpu),
           softmax_by_loops(x, log), tolerance);
  }
}

}  // namespace

TEST_CASE("7.4  a row of 32") {
  expect_softmax("32 zeros", zeros({1, 32}));
  expect_softmax("0, 0.1, …, 3.1", (arange(32).to(float32) * 0.1).reshape({1, 32}));
}

TEST_CASE("7.4  shorter rows, and longer ones") {
  for (const std::int64_t n : {1, 2, 31, 33, 100, 128, 129, 700, 1024})
    expect_softmax(text("a row of ", n), whole_numbers({1, n}, float32) * 0.3);
}

TEST_CASE("7.4  large numbers do not overflow") {
  expect_softmax("[1000, 0, 999]", tensor({{1000., 0., 999.}}));
  expect_softmax("[0, -infinity]", tensor({{0., -std::numeric_limits<double>::infinity()}}));
}

TEST_CASE("7.4  what lies beyond the row is no element of it") {
  expect_softmax("[-100, -101, -102]", tensor({{-100., -101., -102.}}));
  expect_softmax("[-1000, -1001]", tensor({{-1000., -1001.}}));
  expect_softmax("40 times -50", full({1, 40}, -50.));
}

TEST_CASE("7.4  more rows than warps, fewer rows than warps") {
  for (const std::int64_t rows : {2, 4, 5, 9})
    expect_softmax(text(rows, " rows of 37"), whole_numbers({rows, 37}, float32) * 0.3);
}

TEST_CASE("7.4  in double") {
  expect_softmax("3 rows of 200", whole_numbers({3, 200}, float64) * 0.3);
}

TEST_CASE("7.4  each element is read once and written once, neighbours by neighbours") {
  const Tensor x = on_device(whole_numbers({8, 128}, float32)), y = rubbish({8, 128}, float32);
  const auto counts = count_accesses([&] { cuda::softmax_rows(x, y, false); });
  if (!counts) return;
  expect("reads of global memory, for 8 rows of 128 elements", counts->reads, 8 * 128);
  expect("writes to global memory, for 8 rows of 128 elements", counts->writes, 8 * 128);
  expect_coalesced("reading x", counts->read_requests, counts->read_sectors, 4);
  expect_coalesced("writing y", counts->write_requests, counts->write_sectors, 4);
}

// 7.5 ---------------------------------------------------------------------------------------------

namespace {

/// a b of one dtype by three loops; a [batch, m, k], b [batch, k, n], both dense.
Tensor product(const Tensor& a, const Tensor& b) {
  Tensor c = zeros({a.size(0), a.size(1), b.size(2)}, a.dtype());
  dispatch(a.dtype(), [&]<class T>() {
    const T *pa = a.data_ptr<T>(), *pb = b.data_ptr<T>();
    T* pc = c.data_ptr<T>();
    for (std::int64_t row = 0; row < a.size(0) * a.size(1); ++row)
      for (std::int64_t k = 0; k < a.size(2); ++k)
        for (std::int64_t j = 0; j < b.size(2); ++j)
          pc[row * b.size(2) + j] = static_cast<T>(
              pc[row * b.size(2) + j] +
              pa[row * a.size(2) + k] * pb[(row / a.size(1) * a.size(2) + k) * b.size(2) + j]);
  });
  return c;
}

void expect_product(std::int64_t m, std::int64_t k, std::int64_t n, std::int64_t batch = 1,
                    DType dtype = float32) {
  const Tensor a = whole_numbers({batch, m, k}, dtype, 1),
               b = whole_numbers({batch, k, n}, dtype, 2);
  const Tensor out = rubbish({batch, m, n}, dtype);
  cuda::matmul_by_tiles(on_device(a), on_device(b), out, false);
  expect(text(batch, " times [", m, ", ", k, "] by [", k, ", ", n, "]"), out.to(cpu),
         product(a, b));
}

}  // namespace

TEST_CASE("7.5  a part of one tile") { expect_product(2, 2, 2); }

TEST_CASE("7.5  one tile") { expect_product(16, 16, 16); }

TEST_CASE("7.5  several tiles, each way") {
  expect_product(16, 64, 16);
  expect_product(48, 16, 32);
  expect_product(32, 32, 48);
}

TEST_CASE("7.5  sizes that are no multiples of a tile") {
  expect_product(1, 1, 1);
  expect_product(17, 5, 33);
  expect_product(40, 33, 21);
  expect_product(3, 100, 2);
  expect_product(1, 20, 50);
}

TEST_CASE("7.5  where k = 0 the sum is 0") { expect_product(5, 0, 7); }

TEST_CASE("7.5  a batch, and other dtypes") {
  expect_product(18, 20, 19, 3);
  expect_product(20, 17, 18, 2, int64);
  expect_product(20, 17, 18, 1, float64);
}

TEST_CASE("7.5  with accumulate, the product is added to what c holds") {
  const Tensor a = whole_numbers({1, 20, 20}, float32, 1),
               b = whole_numbers({1, 20, 20}, float32, 2);
  const Tensor out = rubbish({1, 20, 20}, float32);
  cuda::matmul_by_tiles(on_device(a), on_device(b), out, true);
  expect("77 + a b", out.to(cpu), product(a, b) + 77);
  cuda::matmul_by_tiles(on_device(a.narrow(2, 0, 0)), on_device(b.narrow(1, 0, 0)), out, true);
  expect("the same, after a product of k = 0 was added", out.to(cpu), product(a, b) + 77);
}

TEST_CASE("7.5  transposed operands") {
  const Tensor a = whole_numbers({1, 21, 18}, float32, 1),
               b = whole_numbers({1, 18, 25}, float32, 2);
  const Tensor out = rubbish({1, 21, 25}, float32);
  cuda::matmul_by_tiles(on_device(a.transpose(1, 2).contiguous()).transpose(1, 2),
                        on_device(b.transpose(1, 2).contiguous()).transpose(1, 2), out, false);
  expect("a b, where a and b lie transposed", out.to(cpu), product(a, b));
}

TEST_CASE("7.5  global memory is read once for each tile of c, and not once for each element") {
  const Tensor a = on_device(whole_numbers({1, 64, 64}, float32)),
               b = on_device(whole_numbers({1, 64, 64}, float32));
  const Tensor out = rubbish({1, 64, 64}, float32);
  const auto counts = count_accesses([&] { cuda::matmul_by_tiles(a, b, out, false); });
  if (!counts) return;
  const std::int64_t elements = 2 * 64 * 64;
  expect("how often each element of a and b is read, where c is 4 x 4 tiles",
         counts->reads / elements, 4);
  expect("writes to c", counts->writes, 64 * 64);
  // A warp is two rows of the block: 16 floats of one row of a matrix, and 16 of the next.
  expect_coalesced("reading a and b", counts->read_requests, counts->read_sectors, 4);
  expect_coalesced("writing c", counts->write_requests, counts->write_sectors, 4);
  expect_no_conflicts(*counts);
}

// 7.6 ---------------------------------------------------------------------------------------------

namespace {

/// SgdStep, where all but the rate is 0 unless it is given.
struct Step {
  double lr = 0.5, momentum = 0, dampening = 0, weight_decay = 0;
  bool nesterov = false;
  operator SgdStep() const { return {lr, momentum, dampening, weight_decay, nesterov}; }
};

/// Parameters of a few sizes with their gradients, on the CPU in double, and on the device.
struct Network {
  std::vector<Tensor> p, g, b;  // [size]; the buffers' numbers are rubbish before the first step
  std::vector<SgdParameter> on_device;

  Network(const std::vector<std::int64_t>& sizes, DType dtype, bool has_buffers) {
    for (const std::int64_t size : sizes) {
      const auto seed = static_cast<std::uint32_t>(p.size());
      p.push_back(whole_numbers({size}, float64, 3 * seed) * 0.5);
      g.push_back(whole_numbers({size}, float64, 3 * seed + 1) * 0.25);
      b.push_back(full({size}, 77., float64));
      on_device.push_back({testing::on_device(p.back().to(dtype)),
                           testing::on_device(g.back().to(dtype)),
                           has_buffers ? rubbish({size}, dtype) : Tensor(), true});
    }
  }

  /// One step, there and by the formulas.
  void step(const Step& by, bool is_first) {
    for (SgdParameter& each : on_device) each.is_first = is_first;
    cuda::sgd_step(by, on_device, nullptr);
    for (std::size_t i = 0; i < p.size(); ++i) {
      for (std::int64_t j = 0; j < p[i].numel(); ++j) {
        double& value = p[i].data_ptr<double>()[j];
        double& buffer = b[i].data_ptr<double>()[j];
        double grad = g[i].data_ptr<double>()[j] + by.weight_decay * value;
        if (on_device[i].momentum_buffer.defined()) {
          buffer = is_first ? grad : by.momentum * buffer + (1 - by.dampening) * grad;
          grad = by.nesterov ? grad + by.momentum * buffer : buffer;
        }
        value -= by.lr * grad;
      }
    }
  }

  void expect_same(const std::string& when) const {
    for (std::size_t i = 0; i < p.size(); ++i) {
      const DType dtype = on_device[i].parameter.dtype();
      const Tolerance tolerance =
          dtype == float32 ? Tolerance{1e-5, 1e-5} : Tolerance{1e-12, 1e-12};
      expect(text("parameter ", i, " of ", p.size(), " ", when), on_device[i].parameter.to(cpu),
             p[i].to(dtype), tolerance);
      if (on_device[i].momentum_buffer.defined())
        expect(text("the buffer of parameter ", i, " ", when), on_device[i].momentum_buffer.to(cpu),
               b[i].to(dtype), tolerance);
      expect(text("the gradient of parameter ", i, " ", when), on_device[i].grad.to(cpu),
             g[i].to(dtype));
    }
  }
};

void expect_steps(const Step& by, DType dtype = float32) {
  Network network({5, 1, 300}, dtype, by.momentum != 0);
  network.step(by, true);
  network.expect_same("after the first step");
  network.step(by, false);
  network.expect_same("after the second step");
  network.step(by, false);
  network.expect_same("after the third step");
}

}  // namespace

TEST_CASE("7.6  p - lr g") {
  about("sgd_elements");
  expect_steps({});
}

TEST_CASE("7.6  weight decay") {
  about("sgd_elements");
  expect_steps({.weight_decay = 0.25});
}

TEST_CASE("7.6  momentum, whose first step is the gradient") {
  about("sgd_elements");
  expect_steps({.momentum = 0.5});
  expect_steps({.momentum = 0.75, .dampening = 0.5});
}

TEST_CASE("7.6  Nesterov, and everything together") {
  about("sgd_elements");
  expect_steps({.momentum = 0.5, .nesterov = true});
  expect_steps({.momentum = 0.5, .weight_decay = 0.25, .nesterov = true});
}

TEST_CASE("7.6  in double") {
  about("sgd_elements");
  expect_steps({.lr = 0.1, .momentum = 0.9, .weight_decay = 0.1}, float64);
}

TEST_CASE("7.6  a parameter of more elements than there are threads, beside small ones") {
  about("sgd_elements");
  Network network({2, 40000, 33}, float32, false);
  network.step({}, true);
  network.expect_same("after a step");
}

TEST_CASE("7.6  more parameters than one launch can be told of, and an empty one") {
  about("step");
  std::vector<std::int64_t> sizes(150, 3);
  sizes[7] = 0;
  Network network(sizes, float32, true);
  network.step({.momentum = 0.5}, true);
  network.expect_same("after a step");
}

TEST_CASE("7.6  one launch for all, which reads and writes each element once") {
  const Network network({64, 256, 1024}, float32, true);
  std::vector<SgdParameter> parameters = network.on_device;
  for (SgdParameter& p : parameters) p.is_first = false;
  const auto counts =
      count_accesses([&] { cuda::sgd_step(Step{.momentum = 0.5}, parameters, nullptr); });
  if (!counts) return;
  about("step");
  expect("launches for a step of 3 parameters", counts->launches, 1);
  about("sgd_elements");
  const std::int64_t elements = 64 + 256 + 1024;
  expect("elements of 3 parameters and their buffers that the launch writes", counts->writes,
         2 * elements);
  // What a kernel is given besides, which it may look at as often as it likes, is no global memory.
  expect("reads of their parameters, buffers and gradients by the launch", counts->reads,
         3 * elements);
  expect(
      "reads and writes by the busiest thread, if the largest parameter has a thread for each "
      "of its elements",
      counts->most_by_a_thread, 5);
  expect_coalesced("writing", counts->write_requests, counts->write_sectors, 4);
}
