#include <algorithm>
#include <limits>

#include "cpu/parallel.h"
#include "kindling/cpu_backend.h"
#include "kindling/functors.h"

/// Folding an axis. Every reduction is brought to one picture: x is [outer, n, inner], the middle
/// axis goes.
namespace kindling {
namespace {

/// Folds the upper half of `results` into the lower one, and that in the same way, down to one.
template <int half, class T, class Fold>
T fold_halves(T* results, Fold fold) {
  for (int lane = 0; lane < half; ++lane) results[lane] = fold(results[lane], results[lane + half]);
  if constexpr (half == 1)
    return results[0];
  else
    return fold_halves<half / 2>(results, fold);
}

/// Folds n elements by 32 running results, which four SIMD registers hold; a single one would wait
/// for itself at each step. The error of a sum grows with n / 32 instead of n, too.
template <class T, class Fold>
T fold_dense(const T* x, std::int64_t n, T start, Fold fold) {
  constexpr int lanes = 32;
  T results[lanes];
  if (n < lanes) {
    std::fill_n(results, lanes, start);
    for (std::int64_t i = 0; i < n; ++i) results[i] = fold(start, x[i]);
    return fold_halves<lanes / 2>(results, fold);
  }
  for (int lane = 0; lane < lanes; ++lane) results[lane] = fold(start, x[lane]);
  std::int64_t i = lanes;
  for (; i + lanes <= n; i += lanes)
    for (int lane = 0; lane < lanes; ++lane) results[lane] = fold(results[lane], x[i + lane]);
  for (int lane = 0; i < n; ++i, ++lane) results[lane] = fold(results[lane], x[i]);
  return fold_halves<lanes / 2>(results, fold);
}

/// Long sums are cut into halves, so that rounding errors grow with log n (Higham, 1993).
template <class T>
T sum_pairwise(const T* x, std::int64_t n) {
  constexpr std::int64_t block = 1024;
  if (n <= block) return fold_dense(x, n, T(0), functors::Add{});
  const std::int64_t half = (n / block + 1) / 2 * block;
  return sum_pairwise(x, half) + sum_pairwise(x + half, n - half);
}

/// \exercise{1.5} Folds the middle axis of x [outer, n, inner], row-major, into out [outer, inner]:
/// out[o, i] begins as `start` and takes in x[o, 0, i], x[o, 1, i], …, x[o, n − 1, i] in this
/// order, by fold(so far, element). If n is 0, it is `start`. What `out` held before does not
/// matter. x[o, k, i] is at (o · n + k) · inner + i. For a sum, start is 0 and fold is +.
template <class To, class From, class Fold>
void fold_axis(const From* x, std::int64_t outer, std::int64_t n, std::int64_t inner, To start,
               Fold fold, To* out) {
  std::fill_n(out, outer * inner, start);
  for (std::int64_t o = 0; o < outer; ++o)
    for (std::int64_t k = 0; k < n; ++k)
      for (std::int64_t i = 0; i < inner; ++i) {
        To& so_far = out[o * inner + i];
        so_far = fold(so_far, x[(o * n + k) * inner + i]);
      }
}

/// A running sum rounds each element to its own last place, and so loses more of it the longer it
/// runs: in float32, 2²⁴ + 1 is 2²⁴. So many elements are added up like that, and no more.
constexpr std::int64_t longest_running_sum = 32;

/// The sums down the columns of x [outer, n, inner], floating-point numbers, into out [outer,
/// inner]. Blocks of rows are added up in T, which is quick, and the sums of the blocks in float64.
template <class T>
void sum_columns(const T* x, std::int64_t outer, std::int64_t n, std::int64_t inner, T* out) {
  constexpr std::int64_t block = longest_running_sum;
  const std::int64_t blocks = (n + block - 1) / block;
  const Tensor partial({outer, blocks, inner}, dtype_of<T>()), totals({outer, inner}, float64);
  T* of_blocks = partial.data_ptr<T>();
  parallel_for(outer * blocks, parallel_grain / (block * inner) + 1,
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) {
                   const std::int64_t o = i / blocks, first = i % blocks * block;
                   fold_axis(x + (o * n + first) * inner, 1, std::min(block, n - first), inner,
                             T(0), functors::Add{}, of_blocks + i * inner);
                 }
               });
  fold_axis(
      of_blocks, outer, blocks, inner, 0.0, [](double sum, T element) { return sum + element; },
      totals.data_ptr<double>());
  std::copy_n(totals.data_ptr<double>(), outer * inner, out);
}

/// Whether x is a better extreme than best; NaN is better than everything, so that it shows.
template <class T>
bool beats(Reduction op, T x, T best) {
  if (x != x) return best == best;
  return op == Reduction::max ? x > best : x < best;
}

/// The same for a whole row, without a branch: the compiler computes with registers full of them.
struct Larger {
  template <class T>
  T operator()(T best, T x) const {
    return (x > best) | (x != x) ? x : best;
  }
};
struct Smaller {
  template <class T>
  T operator()(T best, T x) const {
    return (x < best) | (x != x) ? x : best;
  }
};

}  // namespace

void CpuBackend::reduce(Reduction op, const Tensor& x, const Tensor& out) {
  if (out.numel() == 0) return;
  const std::int64_t outer = x.size(0), n = x.size(1), inner = x.size(2);
  dispatch(x.dtype(), [&]<class T>() {
    const auto fold = [&]<class To>(To start, auto f) {
      parallel_for(outer, parallel_grain / std::max<std::int64_t>(n * inner, 1) + 1,
                   [&](std::int64_t begin, std::int64_t end) {
                     fold_axis(x.data_ptr<T>() + begin * n * inner, end - begin, n, inner, start, f,
                               out.data_ptr<To>() + begin * inner);
                   });
    };
    const auto each_row = [&](auto f) {
      parallel_for(outer, parallel_grain / std::max<std::int64_t>(n, 1) + 1,
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t o = begin; o < end; ++o)
                       out.data_ptr<T>()[o] = f(x.data_ptr<T>() + o * n);
                   });
    };
    using Limits = std::numeric_limits<T>;
    const T lowest = Limits::has_infinity ? static_cast<T>(-Limits::infinity()) : Limits::lowest();
    const T highest = Limits::has_infinity ? Limits::infinity() : Limits::max();
    const bool dense_rows = std::is_floating_point_v<T> && inner == 1;
    switch (op) {
      case Reduction::sum:
        if constexpr (std::is_floating_point_v<T>) {
          if (dense_rows)
            each_row([&](const T* row) { return sum_pairwise(row, n); });
          else if (n <= longest_running_sum)
            fold(T(0), functors::Add{});
          else
            sum_columns(x.data_ptr<T>(), outer, n, inner, out.data_ptr<T>());
        } else {
          fold(T(0), functors::Add{});
        }
        break;
      case Reduction::max:
        if (dense_rows)
          each_row([&](const T* row) { return fold_dense(row, n, lowest, Larger{}); });
        else
          fold(lowest, Larger{});
        break;
      case Reduction::min:
        if (dense_rows)
          each_row([&](const T* row) { return fold_dense(row, n, highest, Smaller{}); });
        else
          fold(highest, Smaller{});
        break;
      case Reduction::all:
        fold(true, [](bool a, T b) { return a && b != T(0); });
        break;
      case Reduction::any:
        fold(false, [](bool a, T b) { return a || b != T(0); });
        break;
      case Reduction::prod:
        if (dense_rows)
          each_row([&](const T* row) { return fold_dense(row, n, T(1), functors::Mul{}); });
        else
          fold(T(1), functors::Mul{});
        break;
    }
  });
}

void CpuBackend::arg_reduce(Reduction op, const Tensor& x, const Tensor& values,
                            const Tensor& indices) {
  const std::int64_t outer = x.size(0), n = x.size(1), inner = x.size(2);
  dispatch(x.dtype(), [&]<class T>() {
    for (std::int64_t o = 0; o < outer; ++o) {
      const T* in = x.data_ptr<T>() + o * n * inner;
      T* best = values.data_ptr<T>() + o * inner;
      auto* at = indices.data_ptr<std::int64_t>() + o * inner;
      std::copy_n(in, inner, best);
      std::fill_n(at, inner, 0);
      for (std::int64_t row = 1; row < n; ++row)
        for (std::int64_t i = 0; i < inner; ++i)
          if (beats(op, in[row * inner + i], best[i])) {
            best[i] = in[row * inner + i];
            at[i] = row;
          }
    }
  });
}

}  // namespace kindling
