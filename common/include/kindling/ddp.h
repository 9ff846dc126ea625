#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kindling/distributed.h"
#include "kindling/module.h"

/// Training one model on several ranks: each has a copy of it, and its own part of every batch.
///
/// Threads: all of this is for the thread of the rank.
namespace kindling::distributed {

/// Averages the gradient of each parameter over the ranks as soon as backward() has brought it
/// there: data parallelism in its simplest form, one all_reduce a parameter, and the trainer waits
/// for each.
/// \param group has to outlive the hooks
/// \return what takes the hooks off again
std::vector<RemoveHook> average_gradients(ProcessGroup& group, const Tensors& parameters);

/// Puts parameters together, whose gradients are then sent together: many small messages cost more
/// than a large one.
/// \param bucket_bytes a bucket is full as soon as it has so many bytes
/// \return the numbers of the parameters in each bucket, all from the last parameter to the first,
/// as backward() comes to the last layer first; the buckets in the order in which they were begun.
/// In a bucket, all have one dtype and one device
std::vector<data::Indices> make_buckets(const Tensors& parameters, std::int64_t bucket_bytes);

/// Averages gradients a bucket at a time, while backward() is still computing others.
class Reducer {
 public:
  /// \param buckets what make_buckets() made of `parameters`
  Reducer(ProcessGroup& group, Tensors parameters, const std::vector<data::Indices>& buckets);
  /// The gradient of this parameter is complete: it goes into its bucket. Full buckets set out, one
  /// after the other, without waiting for them to arrive.
  void mark_ready(std::int64_t parameter);
  /// The parameters that have not been ready since the last finish(), in their order.
  data::Indices missing() const;
  /// Waits for all buckets and gives the parameters their averages. Every one has to be ready.
  void finish();

  /// When a bucket set out, and when its averages were there.
  struct Journey {
    std::int64_t bytes;
    std::chrono::steady_clock::time_point began, ended;
  };
  /// Those of the last finish().
  const std::vector<Journey>& journeys() const { return journeys_; }

 private:
  struct Bucket {
    Tensor flat;               ///< the gradients of its parameters, one behind the other
    std::int64_t missing = 0;  ///< how many of them are not there yet
    std::int64_t size = 0;     ///< how many there are
    Work work = {};            ///< its all_reduce, once it has set out
    std::chrono::steady_clock::time_point began = {};
  };
  struct Place {
    std::size_t bucket;
    Tensor part;  ///< of the bucket's `flat`, with the shape of the gradient
    bool ready = false;
  };

  void send(Bucket& bucket);
  void receive(Bucket& bucket);

  ProcessGroup& group_;
  Tensors parameters_;
  std::vector<Bucket> buckets_;
  std::vector<Place> places_;  ///< of each parameter
  std::size_t next_ = 0;  ///< the bucket that sets out next: the order is the same on all ranks
  std::vector<Journey> journeys_;
};

}  // namespace kindling::distributed

namespace kindling::nn {

struct DistributedDataParallelOptions {
  std::int64_t bucket_bytes = 25 << 20;  ///< PyTorch's bucket_cap_mb, in bytes
  bool broadcast_buffers = true;  ///< whether training begins each forward() with rank 0's buffers
};

/// A model that is trained on all ranks at once: after backward(), every rank has the gradients'
/// averages, so copies that were equal once stay equal. torch.nn.parallel.DistributedDataParallel;
/// source: S. Li et al., PyTorch Distributed: Experiences on Accelerating Data Parallel Training,
/// 2020.
///
///     nn::DistributedDataParallel model(network, group);
///     const Tensor loss = nn::cross_entropy(model(features), labels);
///     loss.backward();   // averages the gradients, while it is computing
///     optimizer.step();
///
/// Every backward() that comes to a parameter averages, even if the forward() was the module's own:
/// so all ranks have to do it, or none, unless no_sync() is alive.
///
/// In PyTorch it is a Module itself, and all names of its state_dict() begin with "module.". Here
/// it is none: its module(), which an optimiser, a checkpoint or train_epoch() is given, has the
/// names that it always had.
class DistributedDataParallel {
 public:
  /// Every rank's module becomes like rank 0's.
  /// \param module has to outlive this object, as has `group`
  /// \throws Error on all ranks, naming the first parameter or buffer that differs, if the modules
  /// differ in more than their numbers
  DistributedDataParallel(Module& module, distributed::ProcessGroup& group,
                          const DistributedDataParallelOptions& options = {});
  ~DistributedDataParallel();
  DistributedDataParallel(const DistributedDataParallel&) = delete;
  DistributedDataParallel& operator=(const DistributedDataParallel&) = delete;

  /// \throws Error if the last backward() failed, as some gradients may be averages, and others
  /// not; or if a parameter has been frozen, thawed or moved since the model was built
  Tensor forward(const Tensor& x);
  Tensor operator()(const Tensor& x) { return forward(x); }
  Module& module() { return module_; }
  StateDict state_dict() const { return module_.state_dict(); }
  Tensors parameters() const { return module_.parameters(); }

  /// While one lives, backward() leaves gradients as they are, to add up several batches; the first
  /// one after it averages the sums.
  class NoSync {
   public:
    explicit NoSync(bool& sync) : sync_(sync), before_(sync) { sync_ = false; }
    ~NoSync() { sync_ = before_; }
    NoSync(const NoSync&) = delete;
    NoSync& operator=(const NoSync&) = delete;

   private:
    bool& sync_;
    bool before_;
  };
  [[nodiscard]] NoSync no_sync() { return NoSync(sync_); }

  /// After the first backward() another one, as the buckets then follow the gradients.
  const distributed::Reducer& reducer() const { return *reducer_; }

 private:
  void make_reducer(const data::Indices& order);
  void follow_arrivals();
  void check_as_built() const;
  void check_averaged() const;
  void gradient_is_ready(std::int64_t parameter);
  void finish_backward();

  Module& module_;
  distributed::ProcessGroup& group_;
  DistributedDataParallelOptions options_;
  NamedTensors trained_;  ///< the parameters that require gradients
  struct Parameter {
    std::string name;
    Tensor tensor;
    bool trained;
    DType dtype;
    Device device;
  };
  std::vector<Parameter> as_built_;  ///< all parameters, as they were when the hooks were set
  std::optional<distributed::Reducer> reducer_;
  std::vector<RemoveHook> hooks_;
  bool sync_ = true;
  /// From the first gradient that backward() brings until all are averaged; if it fails, for ever.
  bool averaging_ = false;
  std::weak_ptr<void> backward_;  ///< of what lives as long as that backward() runs
  data::Indices arrived_;         ///< the order in which the first backward() brought gradients
  bool follows_arrivals_ = false;
};

}  // namespace kindling::nn
