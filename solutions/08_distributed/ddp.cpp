#include "kindling/ddp.h"

#include <algorithm>
#include <sstream>

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
  for (const auto& [name, tensor] : module.named_parameters()) {
    const auto is_this = [&tensor](const auto& other) {
      return other.second.shared_impl() == tensor.shared_impl();
    };
    if (tensor.requires_grad() && std::ranges::none_of(found, is_this))
      found.emplace_back(name, tensor);
  }
  return found;
}

DistributedDataParallel::DistributedDataParallel(Module& module, ProcessGroup& group,
                                                 const DistributedDataParallelOptions& options)
    : module_(module), group_(group), options_(options), trained_(trained_parameters(module)) {
  check_same_model(group, module);
  broadcast_all(group, module.named_parameters());
  broadcast_all(group, module.named_buffers());
  make_reducer();
}

void DistributedDataParallel::make_reducer() {
  Tensors parameters;
  for (const auto& [name, tensor] : trained_) parameters.push_back(tensor);
  const auto buckets = distributed::make_buckets(parameters, options_.bucket_bytes);
  reducer_.emplace(group_, parameters, buckets);
  for (const RemoveHook& remove : hooks_) remove();
  hooks_.clear();
  for (std::size_t i = 0; i < parameters.size(); ++i)
    hooks_.push_back(parameters[i].register_post_accumulate_grad_hook(
        [this, i](Tensor&) { gradient_is_ready(static_cast<std::int64_t>(i)); }));
}

/// Buckets are filled from the last parameter to the first, in the hope that gradients come in this
/// order. After the first backward() the order is known, and the buckets are made anew, as PyTorch
/// does: else one gradient that comes late holds back all buckets from its own on.
void DistributedDataParallel::follow_arrivals() {
  const Tensor order = tensor(arrived_);
  group_.broadcast(order, 0);  // rank 0's, so that all have the same buckets
  NamedTensors in_order;
  for (const std::int64_t i : order.to_vector<std::int64_t>()) in_order.push_back(trained_[i]);
  trained_.assign(in_order.rbegin(), in_order.rend());
  make_reducer();
}

DistributedDataParallel::~DistributedDataParallel() {
  for (const RemoveHook& remove : hooks_) remove();
}

// A step ------------------------------------------------------------------------------------------

Tensor DistributedDataParallel::forward(const Tensor& x) {
  check(!averaging_, "DistributedDataParallel: the last backward() ended with an error before all ",
        "gradients were averaged, so the ranks may differ by now. Build the model anew on all of ",
        "them, or end the job");
  if (options_.broadcast_buffers && sync_ && module_.is_training())
    broadcast_all(group_, module_.named_buffers());
  return module_(x);
}

void DistributedDataParallel::gradient_is_ready(std::int64_t parameter) {
  if (!sync_) return;
  if (!std::exchange(averaging_, true)) call_after_backward([this] { finish_backward(); });
  if (!follows_arrivals_) arrived_.push_back(parameter);
  reducer_->mark_ready(parameter);
}

void DistributedDataParallel::finish_backward() {
  std::string names;
  for (const std::int64_t i : reducer_->missing())
    names += (names.empty() ? "" : ", ") + trained_[i].first;
  check(names.empty(), "DistributedDataParallel: expected a gradient for every parameter, but on ",
        "rank ", group_.rank(), " backward() brought none to ", names,
        ". Was it not used to compute the loss? Then freeze it: requires_grad_(false)");
  reducer_->finish();
  if (!std::exchange(follows_arrivals_, true)) follow_arrivals();
  averaging_ = false;
}

}  // namespace kindling::nn
