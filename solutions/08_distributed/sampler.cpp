#include <numeric>

#include "kindling/distributed.h"

/// Which examples are whose.
namespace kindling::data {

DistributedSampler::DistributedSampler(std::int64_t examples, int num_replicas, int rank,
                                       const DistributedSamplerOptions& options)
    : examples_(examples), num_replicas_(num_replicas), rank_(rank), options_(options) {
  check(examples > 0, "DistributedSampler: expected at least one example, got ", examples);
  check(num_replicas > 0, "DistributedSampler: expected at least one rank, got ", num_replicas);
  check(rank >= 0 && rank < num_replicas, "DistributedSampler: expected a rank from 0 to ",
        num_replicas - 1, ", got ", rank);
  const std::int64_t rest = examples % num_replicas;
  num_samples_ = examples / num_replicas + (rest != 0 && !options.drop_last);
}

DistributedSampler::DistributedSampler(std::int64_t examples,
                                       const distributed::ProcessGroup& group,
                                       const DistributedSamplerOptions& options)
    : DistributedSampler(examples, group.world_size(), group.rank(), options) {}

/// \exercise{8.2} PyTorch's order. All ranks make the same list of all examples, and each takes its
/// own part of it:
/// - With `shuffle`, it is randperm() of a fresh Generator that is seeded with seed + epoch_; else
///   0, 1, 2, …
/// - The list gets exactly num_samples_ · num_replicas_ entries: what is too much is cut off at the
///   end; what is missing comes from its own beginning, again and again where it is shorter than
///   what is missing.
/// - Rank r takes the entries r, r + num_replicas_, r + 2 num_replicas_, …
Indices DistributedSampler::order() {
  Indices all(examples_);
  std::iota(all.begin(), all.end(), 0);
  if (options_.shuffle) {
    Generator generator(options_.seed + epoch_);
    all = randperm(examples_, generator).to_vector<std::int64_t>();
  }
  Indices own;
  own.reserve(num_samples_);
  for (std::int64_t i = rank_; i < num_samples_ * num_replicas_; i += num_replicas_)
    own.push_back(all[i % examples_]);
  return own;
}

}  // namespace kindling::data
