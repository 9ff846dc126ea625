#pragma once
/// The only place that includes xtensor: its headers cost seconds of compile time. Where they lie differs between versions.
#if __has_include(<xtensor/containers/xadapt.hpp>)
#include <xtensor/containers/xadapt.hpp>
#include <xtensor/core/xmath.hpp>
#include <xtensor/core/xnoalias.hpp>
#else
#include <xtensor/xadapt.hpp>
#include <xtensor/xmath.hpp>
#include <xtensor/xnoalias.hpp>
#endif

namespace kindling {

/// A dense row of memory as an xtensor expression. One axis, so that building it costs nothing and xtensor takes its SIMD
/// path; general shapes are merged into rows before (see merge_axes).
template <class T>
auto as_row(T* data, std::int64_t n) {
  return xt::adapt(data, static_cast<std::size_t>(n), xt::no_ownership(), std::array<std::size_t, 1>{static_cast<std::size_t>(n)});
}

}  // namespace kindling
