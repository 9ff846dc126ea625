#include <algorithm>
#include <numeric>

#include "kindling/data.h"

/// The order of an epoch, and how it is cut into batches.
namespace kindling::data {

SequentialSampler::SequentialSampler(std::int64_t examples) : examples_(examples) {
  check(examples >= 0, "SequentialSampler: expected a number of examples, got ", examples);
}

Indices SequentialSampler::order() {
  Indices order(examples_);
  std::iota(order.begin(), order.end(), 0);
  return order;
}

RandomSampler::RandomSampler(std::int64_t examples, const RandomSamplerOptions& options)
    : examples_(examples), options_(options) {
  check(examples > 0, "RandomSampler: expected at least one example to draw from, got ", examples);
  check(size() > 0, "RandomSampler: expected a positive num_samples, got ", size());
}

/// With replacement: PyTorch draws in blocks of 32, which makes no difference to the numbers.
static Indices draw_with_replacement(std::int64_t examples, std::int64_t count,
                                     Generator& generator) {
  return randint(0, examples, {count}, generator).to_vector<std::int64_t>();
}

/// \exercise{5.2} PyTorch's draws. If the sampler has no generator of its own, it takes one 64-bit
/// draw from default_generator(), mod 2⁶³, as the seed of a fresh generator. Then, from that or its
/// own:
/// - with replacement: draw_with_replacement();
/// - else randperm()s of all examples, one behind the other, until there are size() indices. The
///   last one is drawn in any case and cut to what is still missing, even if that is nothing:
///   whoever draws from the same generator later depends on it.
Indices RandomSampler::order() {
  throw NotImplemented("5.2");
}

BatchSampler::BatchSampler(std::shared_ptr<Sampler> sampler, std::int64_t batch_size,
                           bool drop_last)
    : sampler_(std::move(sampler)), batch_size_(batch_size), drop_last_(drop_last) {
  check(sampler_ != nullptr, "BatchSampler: expected a sampler, got a null pointer");
  check(batch_size > 0, "BatchSampler: expected a positive batch_size, got ", batch_size);
}

std::vector<Indices> BatchSampler::batches() {
  return cut(sampler_->order(), batch_size_, drop_last_);
}

std::int64_t BatchSampler::size() const {
  const std::int64_t examples = sampler_->size();
  return examples / batch_size_ + (!drop_last_ && examples % batch_size_ != 0);
}

std::vector<Indices> BatchSampler::cut(const Indices& order, std::int64_t batch_size,
                                       bool drop_last) {
  std::vector<Indices> batches;
  for (auto begin = order.begin(); begin != order.end();) {
    const std::int64_t length = std::min<std::int64_t>(batch_size, order.end() - begin);
    if (length < batch_size && drop_last) break;
    batches.emplace_back(begin, begin + length);
    begin += length;
  }
  return batches;
}

}  // namespace kindling::data
