#pragma once
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "kindling/module.h"
#include "kindling/optim.h"

/// The loop over batches. Threads: one thread trains a model; no other may change it meanwhile.
namespace kindling {

/// Some examples, stacked along their first axis, and what is wanted for each.
struct Batch {
  Tensor features;
  Tensor targets;
};

/// Any range of batches under one type: a DataLoader, a vector of Batch, whatever a `for` can walk
/// and `auto [x, y]` can take apart. It refers to the range, which must outlive it, and can be
/// walked as often as the range can.
class Batches {
 public:
  template <class Range>
  requires(!std::is_same_v<std::remove_cvref_t<Range>, Batches>) && requires(Range& range) {
    std::begin(range) != std::end(range);
  }
  Batches(Range&& range)  // NOLINT: implicit on purpose, so that a loader can be handed over
      : start_([&range] {
          auto walk = std::make_shared<Walk<Range>>(range);
          return [walk] { return walk->next(); };
        }) {}

  struct End {};
  class Iterator {
   public:
    explicit Iterator(std::function<std::optional<Batch>()> next)
        : next_(std::move(next)), batch_(next_()) {}
    const Batch& operator*() const { return *batch_; }
    Iterator& operator++() {
      batch_ = next_();
      return *this;
    }
    bool operator==(End) const { return !batch_; }

   private:
    std::function<std::optional<Batch>()> next_;
    std::optional<Batch> batch_;
  };
  Iterator begin() const { return Iterator(start_()); }
  End end() const { return {}; }

 private:
  /// One walk through a range. Kept behind a pointer, since a loader's iterators own threads and
  /// are not copied.
  template <class Range>
  struct Walk {
    decltype(std::begin(std::declval<Range&>())) at;
    decltype(std::end(std::declval<Range&>())) end;
    bool started = false;
    explicit Walk(Range& range) : at(std::begin(range)), end(std::end(range)) {}
    std::optional<Batch> next() {
      if (std::exchange(started, true)) ++at;
      if (!(at != end)) return std::nullopt;
      auto&& [features, targets] = *at;
      return Batch{features, targets};
    }
  };

  std::function<std::function<std::optional<Batch>()>()> start_;
};

/// Called after each step of training, with the number of the batch, from 0, and its mean loss.
using AfterBatch = std::function<void(std::int64_t batch, double loss)>;

/// Goes through `batches` once, in training mode, and after each takes one step of the optimiser
/// down the gradient of the cross-entropy between the model's logits and the labels.
/// \return the mean loss of an example over the epoch, each measured before its own update. Those
/// with the label −100, which cross_entropy() ignores, do not count. `after_batch` may put the
/// model into evaluation mode. \throws Error if there are no examples that count
double train_epoch(nn::Module& model, optim::Optimizer& optimizer, const Batches& batches,
                   const AfterBatch& after_batch = {});

/// The part of the examples whose label is the class with the largest logit, from 0 to 1; those
/// with the label −100 do not count. Puts the
/// model into evaluation mode and leaves it there, as train_epoch() leaves it in training mode;
/// records nothing.
/// \throws Error if there are no examples that count
double accuracy(nn::Module& model, const Batches& batches);

}  // namespace kindling
