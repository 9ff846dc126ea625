#pragma once
#include <limits>

#include "kindling/backend.h"
#include "kindling/functors.h"
#include "kindling/kernel.h"

/// How two elements become one, for each kind of reduction: what read() makes of an element is
/// combined by (), beginning with start().
namespace kindling::cuda {

template <class T>
struct Sum {
  using From = T;
  using Result = T;
  __device__ Result start() const { return T(0); }
  __device__ Result read(T x) const { return x; }
  __device__ Result operator()(Result a, Result b) const { return functors::Add{}(a, b); }
};

/// The larger one; NaN if either is.
template <class T>
struct Largest {
  using From = T;
  using Result = T;
  T lowest = std::numeric_limits<T>::has_infinity
                 ? static_cast<T>(-std::numeric_limits<T>::infinity())
                 : std::numeric_limits<T>::lowest();
  __device__ Result start() const { return lowest; }
  __device__ Result read(T x) const { return x; }
  __device__ Result operator()(Result a, Result b) const { return b > a || b != b ? b : a; }
};

template <class T>
struct Smallest {
  using From = T;
  using Result = T;
  T highest = std::numeric_limits<T>::has_infinity ? std::numeric_limits<T>::infinity()
                                                   : std::numeric_limits<T>::max();
  __device__ Result start() const { return highest; }
  __device__ Result read(T x) const { return x; }
  __device__ Result operator()(Result a, Result b) const { return b < a || b != b ? b : a; }
};

template <class T>
struct AllTrue {
  using From = T;
  using Result = bool;
  __device__ Result start() const { return true; }
  __device__ Result read(T x) const { return x != T(0); }
  __device__ Result operator()(Result a, Result b) const { return a && b; }
};

template <class T>
struct AnyTrue {
  using From = T;
  using Result = bool;
  __device__ Result start() const { return false; }
  __device__ Result read(T x) const { return x != T(0); }
  __device__ Result operator()(Result a, Result b) const { return a || b; }
};

/// Calls f(fold) with the fold of that kind over elements of that type.
template <class F>
void with_fold(Reduction op, DType dtype, F&& f) {
  dispatch(dtype, [&]<class T>() {
    switch (op) {
      case Reduction::sum:
        return f(Sum<T>{});
      case Reduction::max:
        return f(Largest<T>{});
      case Reduction::min:
        return f(Smallest<T>{});
      case Reduction::all:
        return f(AllTrue<T>{});
      case Reduction::any:
        return f(AnyTrue<T>{});
      case Reduction::prod:  // cuda/reduce.cu folds all products
        return;
    }
  });
}

}  // namespace kindling::cuda
