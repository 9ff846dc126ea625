#include <algorithm>
#include <limits>

#include "kindling/cpu_backend.h"

/// Folding an axis. Every reduction is brought to one picture: x is [outer, n, inner], the middle
/// axis goes.
namespace kindling {
namespace {

/// Adds n numbers by eight running sums, which one SIMD register holds; a single sum would wait for
/// itself at each step. The error grows with n / 8 instead of n, too.
template <class T>
T sum_dense(const T* x, std::int64_t n) {
  T lanes[8] = {};
  std::int64_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (int lane = 0; lane < 8; ++lane) lanes[lane] += x[i + lane];
  T total = 0;
  for (; i < n; ++i) total += x[i];
  for (T lane : lanes) total += lane;
  return total;
}

/// Long sums are cut into halves, so that rounding errors grow with log n (Higham, 1993).
template <class T>
T sum_pairwise(const T* x, std::int64_t n) {
  constexpr std::int64_t block = 1024;
  if (n <= block) return sum_dense(x, n);
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
  throw NotImplemented("1.5");
}

/// Whether x is a better extreme than best; NaN is better than everything, so that it shows.
template <class T>
bool beats(Reduction op, T x, T best) {
  if (x != x) return best == best;
  return op == Reduction::max ? x > best : x < best;
}

}  // namespace

void CpuBackend::reduce(Reduction op, const Tensor& x, const Tensor& out) {
  const std::int64_t outer = x.size(0), n = x.size(1), inner = x.size(2);
  dispatch(x.dtype(), [&]<class T>() {
    const T* in = x.data_ptr<T>();
    const auto fold = [&]<class To>(To start, auto f) {
      fold_axis(in, outer, n, inner, start, f, out.data_ptr<To>());
    };
    using Limits = std::numeric_limits<T>;
    const T lowest = Limits::has_infinity ? static_cast<T>(-Limits::infinity()) : Limits::lowest();
    const T highest = Limits::has_infinity ? Limits::infinity() : Limits::max();
    switch (op) {
      case Reduction::sum:
        if (std::is_floating_point_v<T> && inner == 1) {
          for (std::int64_t o = 0; o < outer; ++o)
            out.data_ptr<T>()[o] = sum_pairwise(in + o * n, n);
        } else {
          fold(T(0), [](T a, T b) { return static_cast<T>(a + b); });
        }
        break;
      case Reduction::max:
        fold(lowest, [](T a, T b) { return beats(Reduction::max, b, a) ? b : a; });
        break;
      case Reduction::min:
        fold(highest, [](T a, T b) { return beats(Reduction::min, b, a) ? b : a; });
        break;
      case Reduction::all:
        fold(true, [](bool a, T b) { return a && b != T(0); });
        break;
      case Reduction::any:
        fold(false, [](bool a, T b) { return a || b != T(0); });
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
