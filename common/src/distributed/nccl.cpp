#include <nccl.h>

#include <cstring>
#include <limits>

#include "distributed/elements.h"
#include "distributed/gpu_carrier.h"
#include "kindling/autograd.h"
#include "kindling/ops.h"

/// From GPU to GPU, by NVIDIA's library for that: over NVLink where there is one, else PCIe or the
/// network. It runs kernels of its own, which here have a stream of their own.
namespace kindling::distributed {
namespace {

using Kind = Operation::Kind;

void must(ncclResult_t result, const char* call) {
  if (result != ncclSuccess)
    fail(call, ": ", ncclGetErrorString(result), " (set NCCL_DEBUG=INFO to see more)");
}

/// A bool is a byte that is 0 or 1.
ncclDataType_t nccl_type(DType dtype) {
  switch (dtype) {
    case DType::bool_:
      return ncclUint8;
    case DType::int64:
      return ncclInt64;
    case DType::float32:
      return ncclFloat32;
    case DType::float64:
      return ncclFloat64;
  }
  __builtin_unreachable();
}

ncclRedOp_t nccl_op(ReduceOp op, DType dtype) {
  const bool logical = dtype == bool_;
  switch (op) {
    case ReduceOp::max:
      return ncclMax;
    case ReduceOp::min:
      return ncclMin;
    case ReduceOp::product:
      return logical ? ncclMin : ncclProd;
    case ReduceOp::avg:
      return ncclAvg;
    case ReduceOp::sum:
      return logical ? ncclMax : ncclSum;
  }
  __builtin_unreachable();
}

class Nccl : public GpuCarrier {
 public:
  Nccl(Device device, const Tensor& id, int rank, int ranks)
      : GpuCarrier(device), ranks_(ranks), stream_(device.index) {
    ncclUniqueId unique;
    std::memcpy(&unique, id.storage().data(), sizeof(unique));
    must(ncclCommInitRank(&comm_, ranks, unique, rank), "ncclCommInitRank");
  }
  ~Nccl() override { ncclCommDestroy(comm_); }

  void begin(const Operation& operation) override {
    const cuda::StreamGuard guard(stream_);
    stream_.wait(operation.gpu->ready);
    for (const Tensor& tensor : {operation.input, operation.output})
      if (tensor.defined()) cuda::record_stream(tensor, stream_);
    const bool is_extreme = operation.op == ReduceOp::max || operation.op == ReduceOp::min;
    if (is_extreme && operation.input.is_floating_point())
      queue_extreme(operation);
    else
      queue(operation);
    operation.gpu->done.record();
  }

 private:
  /// NCCL's largest and smallest leave NaN out. Ours is NaN where any rank's is, as it is for the
  /// other groups: so the ranks tell each other first where that is.
  void queue_extreme(const Operation& op) {
    NoGrad guard;
    Operation nans = op;
    nans.op = ReduceOp::max;  // of bools: whether any is true
    nans.input = op.input != op.input;
    if (op.output.defined())
      nans.output =
          op.kind == Kind::reduce_scatter ? empty(op.output.shape(), bool_, device()) : nans.input;
    queue(nans);
    queue(op);
    if (op.output.defined()) {
      constexpr double nan = std::numeric_limits<double>::quiet_NaN();
      op.output.detach().copy_(masked_fill(op.output, nans.output, nan));
    }
  }

  void queue(const Operation& op) {
    const auto [elements, dtype, in, out] = Elements(op);
    const auto count = static_cast<std::size_t>(elements);
    const ncclDataType_t type = nccl_type(dtype);
    const ncclRedOp_t reduction = nccl_op(op.op, dtype);
    const auto stream = static_cast<cudaStream_t>(stream_.handle());
    switch (op.kind) {
      case Kind::all_reduce:
        must(ncclAllReduce(in, out, count, type, reduction, comm_, stream), "ncclAllReduce");
        break;
      case Kind::reduce:
        must(ncclReduce(in, out, count, type, reduction, op.peer, comm_, stream), "ncclReduce");
        break;
      case Kind::broadcast:
        must(ncclBroadcast(in, out, count, type, op.peer, comm_, stream), "ncclBroadcast");
        break;
      case Kind::all_gather:
        must(ncclAllGather(in, out, count, type, comm_, stream), "ncclAllGather");
        break;
      case Kind::reduce_scatter:
        must(ncclReduceScatter(in, out, count, type, reduction, comm_, stream),
             "ncclReduceScatter");
        break;
      case Kind::gather:  // for these two, NCCL before 2.28 has no function: messages, all at once
      case Kind::scatter: {
        const bool gathers = op.kind == Kind::gather;
        std::byte* whole = gathers ? out : in;  // on rank op.peer, which has a part for each rank
        std::byte* part = gathers ? in : out;
        const auto send = gathers ? send_to : receive_from;
        const auto receive = gathers ? receive_from : send_to;
        must(ncclGroupStart(), "ncclGroupStart");
        send(part, count, type, op.peer, comm_, stream);
        for (int r = 0; whole && r < ranks_; ++r)
          receive(whole + r * elements * size_of(dtype), count, type, r, comm_, stream);
        must(ncclGroupEnd(), "ncclGroupEnd");
        break;
      }
      default:  // nothing else goes between GPUs
        break;
    }
  }

  static void send_to(void* data, std::size_t count, ncclDataType_t type, int peer, ncclComm_t comm,
                      cudaStream_t stream) {
    must(ncclSend(data, count, type, peer, comm, stream), "ncclSend");
  }
  static void receive_from(void* data, std::size_t count, ncclDataType_t type, int peer,
                           ncclComm_t comm, cudaStream_t stream) {
    must(ncclRecv(data, count, type, peer, comm, stream), "ncclRecv");
  }

  int ranks_;
  cuda::Stream stream_;
  ncclComm_t comm_ = nullptr;
};

}  // namespace

std::string nccl_version() {
  int version = 0;
  must(ncclGetVersion(&version), "ncclGetVersion");  // 22803: 2.28.3
  return "NCCL " + std::to_string(version / 10000) + '.' + std::to_string(version / 100 % 100) +
         '.' + std::to_string(version % 100) + (cuda::is_simulated() ? ", simulated" : "");
}

Tensor new_nccl_id() {
  ncclUniqueId unique;
  static_assert(sizeof(unique) == 16 * sizeof(std::int64_t));
  must(ncclGetUniqueId(&unique), "ncclGetUniqueId");
  const Tensor id = empty({16}, int64);
  std::memcpy(id.storage().data(), &unique, sizeof(unique));
  return id;
}

std::unique_ptr<GpuCarrier> connect_by_nccl(Device device, const Tensor& id, int rank, int ranks) {
  return std::make_unique<Nccl>(device, id, rank, ranks);
}

}  // namespace kindling::distributed
