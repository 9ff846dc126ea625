#include <algorithm>
#include <cmath>
#include <numeric>

#include "kindling/data.h"
#include "kindling/ops.h"

/// Lists of examples: tensors cut into rows, and parts of other lists.
namespace kindling::data {

static void check_index(const char* dataset, std::int64_t index, std::int64_t size) {
  check(0 <= index && index < size, dataset, ": example ", index,
        " is out of range, expected 0 to ", size - 1, " for a dataset of size ", size);
}

TensorDataset::TensorDataset(Tensor data, Tensor targets)
    : data_(std::move(data)), targets_(std::move(targets)) {
  check(data_.dim() > 0, "TensorDataset: expected data of shape [examples, ...], got a scalar");
  if (!targets_.defined()) return;
  check(targets_.dim() > 0,
        "TensorDataset: expected targets of shape [examples, ...], got a scalar");
  check(data_.size(0) == targets_.size(0),
        "TensorDataset: expected as many targets as examples, got data of shape ", data_.shape(),
        " and targets of shape ", targets_.shape());
}

/// \exercise{5.1} As many examples as the first axis of data_ is long.
std::int64_t TensorDataset::size() const { return data_.size(0); }

/// \exercise{5.1} Row `index` of data_, and of targets_ if there are any (an undefined target
/// else): views of their memory, not copies. check_index() refuses an index that is not in [0,
/// size()).
Example TensorDataset::get(std::int64_t index) const {
  check_index("TensorDataset", index, size());
  return {data_[index], targets_.defined() ? targets_[index] : Tensor()};
}

Example TensorDataset::get_batch(std::span<const std::int64_t> indices) const {
  for (std::int64_t index : indices) check_index("TensorDataset", index, size());
  const Tensor rows = tensor(Indices(indices.begin(), indices.end()));
  const auto select = [&rows](const Tensor& t) {
    return t.defined() ? index_select(t, 0, rows.to(t.device())) : Tensor();
  };
  return {select(data_), select(targets_)};
}

Subset::Subset(SharedDataset dataset, Indices indices)
    : dataset_(std::move(dataset)), indices_(std::move(indices)) {
  for (std::int64_t index : indices_) check_index("Subset", index, dataset_->size());
}

Example Subset::get(std::int64_t index) const {
  check_index("Subset", index, size());
  return dataset_->get(indices_[index]);
}

Example Subset::get_batch(std::span<const std::int64_t> indices) const {
  Indices inner;
  inner.reserve(indices.size());
  for (std::int64_t index : indices) {
    check_index("Subset", index, size());
    inner.push_back(indices_[index]);
  }
  return dataset_->get_batch(inner);
}

/// How many of `examples` each part gets.
static std::vector<std::int64_t> count_examples(const std::vector<Scalar>& lengths,
                                                std::int64_t examples) {
  const bool fractions = std::ranges::any_of(lengths, &Scalar::is_floating_point);
  std::vector<std::int64_t> counts;
  double total = 0;
  for (const Scalar& length : lengths) {
    const auto part = length.to<double>();
    check(part >= 0 && (!fractions || part <= 1), "random_split: expected ",
          fractions ? "fractions from 0 to 1" : "lengths that are not negative", ", got ", part);
    total += part;
    counts.push_back(
        fractions ? static_cast<std::int64_t>(std::floor(static_cast<double>(examples) * part))
                  : length.to<std::int64_t>());
  }
  if (fractions) {
    check(std::abs(total - 1) < 1e-9,
          "random_split: expected fractions that add up to 1, got a sum of ", total);
    std::int64_t left = examples - std::reduce(counts.begin(), counts.end());
    for (std::size_t i = 0; left > 0; ++i, --left) ++counts[i % counts.size()];
  } else {
    check(total == static_cast<double>(examples),
          "random_split: expected lengths that add up to the size of the dataset, ", examples,
          ", got a sum of ", total);
  }
  return counts;
}

std::vector<Subset> random_split(SharedDataset dataset, const std::vector<Scalar>& lengths,
                                 Generator& generator) {
  const auto counts = count_examples(lengths, dataset->size());
  const Indices order = randperm(dataset->size(), generator).to_vector<std::int64_t>();
  std::vector<Subset> parts;
  auto begin = order.begin();
  for (std::int64_t count : counts) {
    parts.emplace_back(dataset, Indices(begin, begin + count));
    begin += count;
  }
  return parts;
}

}  // namespace kindling::data
