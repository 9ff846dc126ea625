#include "kindling/ddp.h"

#include <algorithm>
#include <numeric>
#include <sstream>
#include <unordered_set>

#include "kindling/autograd.h"

/// One model on several ranks.
namespace kindling::nn {

using distributed::ProcessGroup;
using distributed::ReduceOp;

// The same model everywhere ----------------------------------------------------------------------

/// Rank src's text, on every rank.
static std::string broadcast_text(ProcessGroup& group, const std::string& text, int src) {
  const Tensor length = tensor({std::ssize(text)});
  group.broadcast(length, src);
  std::vector<std::int64_t> letters(text.begin(), text.end());
  letters.resize(length.item<std::int64_t>());
  const Tensor sent = tensor(letters);
  group.broadcast(sent, src);
  const auto received = sent.to_vector<std::int64_t>();
  return std::string(received.begin(), received.end());
}

/// "parameter layers.0.weight, float32 [30, 2]", a line for each parameter and buffer.
static std::vector<std::string> describe(const Module& module) {
  std::vector<std::string> lines;
  const auto add = [&lines](const char* kind, const NamedTensors& tensors) {
    for (const auto& [name, tensor] : tensors) {
      std::ostringstream text;
      text << kind << ' ' << name << ", " << tensor.dtype() << ' ' << tensor.shape()
           << (tensor.requires_grad() ? "" : ", frozen");
      lines.push_back(text.str());
    }
  };
  add("parameter", module.named_parameters());
  add("buffer", module.named_buffers());
  return lines;
}

/// \throws Error on every rank if a rank's module is another than rank 0's: what the first such
/// rank has, and what rank 0
static void check_same_model(ProcessGroup& group, const Module& module) {
  const std::vector<std::string> own = describe(module);
  std::string joined;
  for (const std::string& line : own) joined += line + '\n';
  std::istringstream expected(broadcast_text(group, joined, 0));

  std::string difference;
  std::string line;
  const auto note = [&](const std::string& theirs, const std::string& ours) {
    if (difference.empty())
      difference =
          "DistributedDataParallel: expected the same model on all ranks, but rank 0 has " +
          theirs + ", and rank " + std::to_string(group.rank()) + " has " + ours;
  };
  for (const std::string& ours : own)
    if (!std::getline(expected, line))
      note("nothing more", ours);
    else if (line != ours)
      note(line, ours);
  if (std::getline(expected, line)) note(line, "nothing more");

  const std::int64_t nobody = group.world_size();
  const Tensor first = tensor({difference.empty() ? nobody : group.rank()});
  group.all_reduce(first, ReduceOp::min);
  const auto culprit = first.item<std::int64_t>();
  if (culprit != nobody) fail(broadcast_text(group, difference, static_cast<int>(culprit)));
}

static void broadcast_all(ProcessGroup& group, const NamedTensors& tensors) {
  std::vector<distributed::Work> works;
  for (const auto& [name, tensor] : tensors)
    works.push_back(group.broadcast(tensor, 0, distributed::async_op));
  for (const distributed::Work& work : works) work.wait();
}

// Construction ------------------------------------------------------------------------------------

/// The parameters that get gradients, each once.
static NamedTensors trained_parameters(const Module& module) {
  NamedTensors found;
  std::unordered_set<const TensorImpl*> seen;
  for (const auto& [name, tensor] : module.named_parameters())
    if (tensor.requires_grad() && seen.insert(tensor.shared_impl().get()).second)
      found.emplace_back(name, tensor);
  return found;
}

DistributedDataParallel::DistributedDataParallel(Module& module, ProcessGroup& group,
                                                 const DistributedDataParallelOptions& options)
    : module_(module), group_(group), options_(options), trained_(trained_parameters(module)) {
  check_same_model(group, module);
  broadcast_all(group, module.named_parameters());
  broadcast_all(group, module.named_buffers());
  for (const auto& [name, tensor] : module.named_parameters())
    as_built_.push_back({name, tensor, tensor.requires_grad(), tensor.dtype(), tensor.device()});

  data::Indices in_order(trained_.size());
  std::iota(in_order.begin(), in_order.end(), 0);
  make_reducer(in_order);
  for (const std::int64_t i : in_order)
    hooks_.push_back(trained_[i].second.register_post_accumulate_grad_hook(
        [this, i](Tensor&) { gradient_is_ready(i); }));
}

/// \param order the numbers of the parameters, from the one whose gradient is expected last
void DistributedDataParallel::make_reducer(const data::Indices& order) {
  Tensors parameters, in_order;
  for (const auto& [name, tensor] : trained_) parameters.push_back(tensor);
  for (const std::int64_t i : order) in_order.push_back(parameters[i]);
  auto buckets = distributed::make_buckets(in_order, options_.bucket_bytes);
  for (data::Indices& bucket : buckets)
    for (std::int64_t& i : bucket) i = order[i];
  reducer_.emplace(group_, parameters, buckets);
}

/// Buckets are filled from the last parameter to the first, in the hope that gradients come in this
/// order. After the first backward() the order is known, and the buckets are made anew, as PyTorch
/// does: else one gradient that comes late holds back all buckets from its own on.
void DistributedDataParallel::follow_arrivals() {
  const Tensor arrived = tensor(arrived_);
  group_.broadcast(arrived, 0);  // rank 0's, so that all have the same buckets
  auto order = arrived.to_vector<std::int64_t>();
  std::ranges::reverse(order);
  make_reducer(order);
}

DistributedDataParallel::~DistributedDataParallel() {
  for (const RemoveHook& remove : hooks_) remove();
}

// A step ------------------------------------------------------------------------------------------

/// Frozen, thawed or moved parameters would be averaged on no rank, or in the old place.
void DistributedDataParallel::check_as_built() const {
  const auto kind = [](DType dtype, Device device, bool trained) {
    std::ostringstream text;
    text << dtype << " on " << device << (trained ? "" : ", frozen");
    return text.str();
  };
  for (const auto& [name, tensor, trained, dtype, device] : as_built_)
    if (tensor.requires_grad() != trained || tensor.dtype() != dtype || tensor.device() != device)
      fail("DistributedDataParallel: ", name, " was ", kind(dtype, device, trained),
           " when this model was built, and now is ",
           kind(tensor.dtype(), tensor.device(), tensor.requires_grad()),
           ". Change the parameters first, on all ranks, and then build it anew");
}

void DistributedDataParallel::check_averaged() const {
  check(!averaging_ || !backward_.expired(),
        "DistributedDataParallel: the last backward() ended with an error before all gradients ",
        "were averaged, so the ranks may differ by now. Build the model anew on all of them, or ",
        "end the job");
}

Tensor DistributedDataParallel::forward(const Tensor& x) {
  check_averaged();
  check_as_built();
  if (options_.broadcast_buffers && sync_ && module_.is_training())
    broadcast_all(group_, module_.named_buffers());
  return module_(x);
}

void DistributedDataParallel::gradient_is_ready(std::int64_t parameter) {
  if (!sync_) return;
  check_averaged();
  if (!std::exchange(averaging_, true)) {
    const auto alive = std::make_shared<char>();  // as long as this backward() runs
    backward_ = alive;
    call_after_backward([this, alive] { finish_backward(); });
  }
  if (!follows_arrivals_) arrived_.push_back(parameter);
  reducer_->mark_ready(parameter);
}

void DistributedDataParallel::finish_backward() {
  std::string names;
  for (const std::int64_t i : reducer_->missing())
    names += (names.empty() ? "" : ", ") + trained_[i].first;
  check(names.empty(), "DistributedDataParallel: expected a gradient for every parameter, but on ",
        "rank ", group_.rank(), " backward() brought none to ", names,
        ". Was it not used to compute the loss? Then freeze it, by requires_grad_(false), before ",
        "the model is built");
  reducer_->finish();
  if (!std::exchange(follows_arrivals_, true)) follow_arrivals();
  averaging_ = false;
}

}  // namespace kindling::nn
