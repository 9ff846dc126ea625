#include <algorithm>
#include <cstdlib>
#include <functional>

#include "distributed/gpu_carrier.h"
#include "kindling/autograd.h"
#include "kindling/cuda.h"
#include "kindling/distributed.h"

/// The public door of every group: what is asked for is checked, and brought into memory that any
/// of them can read. How ranks reach each other is thread_group.cpp and mpi_group.cpp.
namespace kindling::distributed {

using Kind = Operation::Kind;

// What is asked for -------------------------------------------------------------------------------

static const char* name_of(Kind kind) {
  constexpr std::array names = {"all_reduce",     "broadcast", "reduce", "all_gather",
                                "reduce_scatter", "scatter",   "gather", "barrier",
                                "leave",          "send",      "recv"};
  return names[static_cast<std::size_t>(kind)];
}

static bool reduces(Kind kind) {
  return kind == Kind::all_reduce || kind == Kind::reduce || kind == Kind::reduce_scatter;
}

std::ostream& operator<<(std::ostream& out, ReduceOp op) {
  constexpr std::array names = {"sum", "avg", "max", "min", "product"};
  return out << names[static_cast<std::size_t>(op)];
}

Operation::Signature Operation::signature() const {
  const bool gathers = kind == Kind::all_gather || kind == Kind::gather;
  const Tensor& part = gathers || !output.defined() ? input : output;  // what each rank has of it
  return {static_cast<std::int64_t>(kind),
          static_cast<std::int64_t>(op),
          peer,
          part.defined() ? static_cast<std::int64_t>(part.dtype()) : 0,
          gpu != nullptr,
          part.defined() ? part.numel() : 0};
}

std::string Operation::describe(const Signature& signature) {
  const auto [number, op, peer, dtype, on_gpu, elements] = signature;
  const Kind kind = static_cast<Kind>(number);
  std::ostringstream text;
  text << name_of(kind);
  if (kind == Kind::barrier || kind == Kind::leave) return text.str();
  if (reduces(kind)) text << '(' << static_cast<ReduceOp>(op) << ')';
  if (kind == Kind::broadcast || kind == Kind::scatter || kind == Kind::recv)
    text << " from rank " << peer;
  if (kind == Kind::reduce || kind == Kind::gather || kind == Kind::send)
    text << " to rank " << peer;
  text << " of " << elements << ' ' << static_cast<DType>(dtype)
       << (elements == 1 ? " element" : " elements") << (on_gpu ? " between GPUs" : "");
  return text.str();
}

// Waiting -----------------------------------------------------------------------------------------

WorkState::WorkState(std::string what, std::chrono::milliseconds timeout,
                     std::function<void()> finish, std::function<std::string()> others)
    : what_(std::move(what)),
      timeout_(timeout),
      others_(std::move(others)),
      finish_(std::move(finish)) {}

void WorkState::complete(std::string error) {
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
    completed_at_ = std::chrono::steady_clock::now();
    error_ = std::move(error);
  }
  done_changed_.notify_all();
}

bool WorkState::is_completed() {
  const std::lock_guard lock(mutex_);
  return done_;
}

bool WorkState::was_waited_for() {
  const std::lock_guard lock(mutex_);
  return waited_for_;
}

std::chrono::steady_clock::time_point WorkState::completed_at() {
  const std::lock_guard lock(mutex_);
  return completed_at_;
}

void WorkState::wait() {
  std::unique_lock lock(mutex_);
  waited_for_ = true;
  if (!done_changed_.wait_for(lock, timeout_, [this] { return done_; })) {
    lock.unlock();
    const std::string others = others_ ? others_() : "";
    fail(what_, ": the other ranks did not answer within ",
         std::chrono::duration<double>(timeout_).count(),
         " s: ", others.empty() ? "has one not called this, or is it still computing?" : others);
  }
  check(error_.empty(), what_, ": ", error_);
  if (const auto finish = std::exchange(finish_, nullptr)) finish();
}

// The operations ----------------------------------------------------------------------------------

static void check_rank(const char* operation, const char* which, int rank, int world_size) {
  check(rank >= 0 && rank < world_size, operation, ": expected ", which, " to be a rank from 0 to ",
        world_size - 1, ", got ", rank);
}

/// One tensor has a part for each rank, the other is one part.
static void check_parts(const char* operation, const Tensor& whole, const Tensor& part,
                        int world_size) {
  check(whole.dtype() == part.dtype(), operation, ": expected input and output of the same dtype, ",
        "got ", whole.dtype(), " and ", part.dtype());
  check(whole.numel() == world_size * part.numel(), operation, ": expected a tensor of ",
        world_size, " times as many elements as shape ", part.shape(), " has, got shape ",
        whole.shape());
}

static void check_op(const char* operation, const Tensor& tensor, ReduceOp op) {
  check(op != ReduceOp::avg || tensor.is_floating_point(), operation,
        ": expected a floating-point dtype to average, got ", tensor.dtype());
}

Work ProcessGroup::all_reduce(const Tensor& tensor, ReduceOp op, bool async) {
  check_op("all_reduce", tensor, op);
  return start({.kind = Kind::all_reduce, .op = op, .input = tensor, .output = tensor}, async);
}

Work ProcessGroup::broadcast(const Tensor& tensor, int src, bool async) {
  check_rank("broadcast", "src", src, world_size_);
  return start({.kind = Kind::broadcast, .peer = src, .input = tensor, .output = tensor}, async);
}

Work ProcessGroup::reduce(const Tensor& tensor, int dst, ReduceOp op, bool async) {
  check_rank("reduce", "dst", dst, world_size_);
  check_op("reduce", tensor, op);
  return start({.kind = Kind::reduce,
                .op = op,
                .peer = dst,
                .input = tensor,
                .output = rank_ == dst ? tensor : Tensor()},
               async);
}

Work ProcessGroup::all_gather(const Tensor& output, const Tensor& input, bool async) {
  check_parts("all_gather", output, input, world_size_);
  return start({.kind = Kind::all_gather, .input = input, .output = output}, async);
}

Work ProcessGroup::reduce_scatter(const Tensor& output, const Tensor& input, ReduceOp op,
                                  bool async) {
  check_parts("reduce_scatter", input, output, world_size_);
  check_op("reduce_scatter", input, op);
  return start({.kind = Kind::reduce_scatter, .op = op, .input = input, .output = output}, async);
}

Work ProcessGroup::scatter(const Tensor& output, const Tensor& input, int src, bool async) {
  check_rank("scatter", "src", src, world_size_);
  if (rank_ == src) check_parts("scatter", input, output, world_size_);
  return start({.kind = Kind::scatter,
                .peer = src,
                .input = rank_ == src ? input : Tensor(),
                .output = output},
               async);
}

Work ProcessGroup::gather(const Tensor& input, const Tensor& output, int dst, bool async) {
  check_rank("gather", "dst", dst, world_size_);
  if (rank_ == dst) check_parts("gather", output, input, world_size_);
  return start({.kind = Kind::gather,
                .peer = dst,
                .input = input,
                .output = rank_ == dst ? output : Tensor()},
               async);
}

Work ProcessGroup::barrier(bool async) { return start({.kind = Kind::barrier}, async); }

Work ProcessGroup::isend(const Tensor& tensor, int dst, int tag) {
  check_rank("send", "dst", dst, world_size_);
  check(dst != rank_, "send: rank ", rank_, " cannot send to itself");
  check(tag >= 0, "send: expected a tag that is not negative, got ", tag);
  return start({.kind = Kind::send, .peer = dst, .tag = tag, .input = tensor}, async_op);
}

Work ProcessGroup::irecv(const Tensor& tensor, int src, int tag) {
  check_rank("recv", "src", src, world_size_);
  check(src != rank_, "recv: rank ", rank_, " cannot receive from itself");
  check(tag >= 0, "recv: expected a tag that is not negative, got ", tag);
  return start({.kind = Kind::recv, .peer = src, .tag = tag, .output = tensor}, async_op);
}

void ProcessGroup::leave() {
  if (std::exchange(left_, true)) return;
  start({.kind = Kind::leave}, false);
}

// Between GPUs ------------------------------------------------------------------------------------

ProcessGroup::ProcessGroup(std::string carrier, int rank, int world_size, int local_rank,
                           std::chrono::milliseconds timeout)
    : carrier_(std::move(carrier)),
      rank_(rank),
      world_size_(world_size),
      local_rank_(local_rank),
      timeout_(timeout) {}

ProcessGroup::~ProcessGroup() = default;

/// A number for the computer, as NCCL sees it: ranks on which NCCL_HOSTID differs are taken for
/// ranks of several hosts, even where they are neighbours. So NCCL can be tried out on one GPU.
static std::int64_t nccl_host() {
  const char* id = std::getenv("NCCL_HOSTID");
  return id ? static_cast<std::int64_t>(std::hash<std::string>{}(id)) : 0;
}

/// Empty if NCCL can connect the ranks; the same on all of them.
std::string ProcessGroup::why_not_between_gpus(Device device) {
  if (!serves_gpus()) return "the ranks are " + carrier_;
  const auto [first_half, second_half] = cuda::device_uuid(device.index);
  const std::string version = nccl_version();
  const Tensor own = tensor({first_half, second_half, nccl_host(), std::int64_t(version.empty()),
                             std::int64_t(local_rank_), std::int64_t(cuda::is_simulated())});
  const Tensor all = empty({world_size_, own.numel()}, int64);
  all_gather(all, own);
  const auto of = [&](int rank, int what) { return all[rank][what].item<std::int64_t>(); };
  for (int r = 0; r < world_size_; ++r) {
    const std::string rank = "rank " + std::to_string(r);
    if (of(r, 3)) return "the build of " + rank + " has no NCCL";
    if (of(r, 5) && r > 0 && of(r, 4) == 0) return "simulated GPUs are on several hosts";
    for (int other = 0; other < r; ++other)
      if (of(r, 0) == of(other, 0) && of(r, 1) == of(other, 1) && of(r, 2) == of(other, 2))
        return "ranks " + std::to_string(other) + " and " + std::to_string(r) + " share a GPU";
  }
  return "";
}

bool ProcessGroup::use_device(Device device) {
  check(device.type == Device::Type::cuda, "use_device: expected a GPU, got ", device);
  const std::string why_not = why_not_between_gpus(device);
  if (why_not.empty()) {
    const Tensor id = rank_ == 0 ? new_nccl_id() : zeros({16}, int64);
    broadcast(id, 0);
    gpu_carrier_ = connect_by_nccl(device, id, rank_, world_size_);
    gpu_path_ = "; between GPUs " + nccl_version();
  } else {
    gpu_carrier_ = nullptr;
    gpu_path_ = world_size_ == 1 ? "" : "; between GPUs through the CPU's memory (" + why_not + ")";
  }
  return why_not.empty();
}

Device take_gpu(ProcessGroup& group) {
  check(cuda::is_available(), "take_gpu: expected a CUDA device, found none");
  const Device gpu{Device::Type::cuda, group.local_rank() % cuda::device_count()};
  group.use_device(gpu);
  return gpu;
}

/// send() and recv() go through the CPU's memory: NCCL knows no tags, and does in order whatever it
/// is given, so a rank that sends before it receives would wait for one that does the same.
bool ProcessGroup::goes_between_gpus(const Operation& operation) const {
  if (!gpu_carrier_ || operation.kind > Kind::gather) return false;
  for (const Tensor* tensor : {&operation.input, &operation.output})
    if (tensor->defined() && tensor->device() != gpu_carrier_->device()) return false;
  return true;
}

// Beginning ---------------------------------------------------------------------------------------

/// The tensor itself where a group can work on it, else a copy; of a GPU's tensor that has to leave
/// it, in pinned memory, to which and from which the GPU copies by itself.
static Tensor row_major(const Tensor& tensor, bool stays_on_gpu) {
  if (!tensor.defined()) return {};
  if (stays_on_gpu || tensor.device() == cpu) return tensor.detach().contiguous();
  return cuda::empty_pinned(tensor.shape(), tensor.dtype()).copy_(tensor.detach());
}

Work ProcessGroup::start(Operation operation, bool async) {
  NoGrad guard;
  check(!left_ || operation.kind == Kind::leave, name_of(operation.kind),
        ": this rank has left its group, by leave()");
  const bool on_gpu = goes_between_gpus(operation);
  const Tensor wanted = operation.output;
  const bool in_place = wanted.defined() && operation.input.defined() &&
                        wanted.shared_impl() == operation.input.shared_impl();
  operation.input = row_major(operation.input, on_gpu);
  operation.output = in_place ? operation.input : row_major(wanted, on_gpu);
  if (wanted.defined()) wanted.storage().bump_version();
  if (on_gpu) {
    const Device gpu = gpu_carrier_->device();
    operation.gpu = std::make_shared<Operation::OnGpu>(
        Operation::OnGpu{*gpu_carrier_, gpu, cuda::Event(gpu.index), cuda::Event(gpu.index)});
    operation.gpu->ready.record();
  }

  const bool average = operation.op == ReduceOp::avg && !on_gpu;
  const auto finish = [average, wanted, got = operation.output, gpu = operation.gpu,
                       ranks = world_size_]() mutable {
    NoGrad guard;
    if (gpu) cuda::current_stream(gpu->device.index).wait(gpu->done);
    if (!wanted.defined()) return;
    if (average) got.div_(ranks);
    if (got.storage() != wanted.storage()) wanted.detach().copy_(got);
  };
  const std::string what =
      "rank " + std::to_string(rank_) + ": " + Operation::describe(operation.signature());
  const auto state =
      std::make_shared<WorkState>(what, timeout_, finish, [this] { return who_waits(); });
  begin(operation, state);
  if (!async) state->wait();
  return Work(state);
}

}  // namespace kindling::distributed
