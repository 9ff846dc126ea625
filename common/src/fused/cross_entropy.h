#pragma once
#include "kindling/fused.h"
#include "kindling/loss.h"

/// The loss of rows of logits in one kernel. All tensors are row-major.
namespace kindling {

/// What cross_entropy_rows leaves for its caller, and for the way back.
struct CrossEntropyResults {
  std::int64_t ignore_index;
  Tensor losses;    ///< [rows]: −log softmax(x)[label]; 0 where ignored
  Tensor maxima;    ///< [rows]: max x
  Tensor log_sums;  ///< [rows]: log Σ eˢ with s = x − max x
  Tensor totals;    ///< [3]: the losses' sum, their mean over rows not ignored, how many these are
};

/// x [rows, classes], labels [rows].
inline constinit FusedOperation<void(const Tensor& x, const Tensor& labels,
                                     const CrossEntropyResults&)>
    cross_entropy_rows;

/// dx[r, c] = each (softmax(x)[r, c] − (c is r's label)), 0 where ignored; `grad` is that of a loss
/// for each row, [rows], or, [], that of the mean over the rows not ignored.
inline constinit FusedOperation<void(const Tensor& grad, const Tensor& x, const Tensor& labels,
                                     const CrossEntropyResults&, const Tensor& dx)>
    cross_entropy_rows_backward;

}  // namespace kindling
