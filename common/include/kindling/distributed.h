#pragma once
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <ostream>
#include <string>

#include "kindling/cuda.h"
#include "kindling/data.h"
#include "kindling/tensor.h"

/// Several processes that compute as one: torch.distributed. Each is a rank, with a number from 0.
///
/// Threads: a ProcessGroup is for the thread of its rank, which calls the operations in the same
/// order as all other ranks; a Work may be waited for in any one thread.
namespace kindling::distributed {

/// How the ranks' elements become one. `max` and `min` are NaN where any rank's element is, as
/// torch.maximum and torch.minimum are; so every rank gets the same, whoever carries it.
enum class ReduceOp : std::uint8_t { sum, avg, max, min, product };
std::ostream& operator<<(std::ostream&, ReduceOp);

class GpuCarrier;  // NCCL

/// What one rank asks its group for. Every rank has to ask for the same, in the same order; send
/// and recv have to come in pairs only.
struct Operation {
  enum class Kind : std::uint8_t {
    all_reduce,
    broadcast,
    reduce,
    all_gather,
    reduce_scatter,
    scatter,
    gather,
    barrier,
    leave,
    send,
    recv
  } kind;
  ReduceOp op = ReduceOp::sum;
  int peer = 0;        ///< the rank that has or gets everything; of send and recv, the other side
  int tag = 0;         ///< of send and recv
  Tensor input = {};   ///< what this rank gives; undefined, if nothing
  Tensor output = {};  ///< what it gets; the same tensor as `input`, if that is overwritten

  /// Of tensors that stay on the GPU: who carries them, after what, and what comes afterwards.
  struct OnGpu {
    GpuCarrier& carrier;
    Device device;
    cuda::Event ready;  ///< recorded: until then, the tensors are being computed
    cuda::Event done;   ///< recorded by the carrier
  };
  std::shared_ptr<OnGpu> gpu = {};  ///< null, if the tensors are on the CPU

  /// What has to be the same on all ranks, as numbers that can be sent and compared.
  using Signature = std::array<std::int64_t, 6>;
  Signature signature() const;
  /// "all_reduce(sum) of 3 float32 elements"
  static std::string describe(const Signature&);
};

/// How far an operation is; shared by whoever waits for it and the group that does it.
class WorkState {
 public:
  /// \param what the operation, in words, for errors
  /// \param finish what is left to do in the thread that waits, once all has arrived
  /// \param others says, if it never does, what the other ranks are doing instead
  WorkState(std::string what, std::chrono::milliseconds timeout, std::function<void()> finish,
            std::function<std::string()> others = {});
  /// For the group: all has arrived, or, if there is an `error`, never will.
  void complete(std::string error = "");
  void wait();
  bool is_completed();
  bool was_waited_for();
  std::chrono::steady_clock::time_point completed_at();

 private:
  const std::string what_;
  const std::chrono::milliseconds timeout_;
  const std::function<std::string()> others_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable done_changed_;
  bool done_ = false, waited_for_ = false;
  std::string error_;
  std::chrono::steady_clock::time_point completed_at_;
  std::function<void()> finish_;
};

/// An operation that is under way. Until wait() has returned, its tensors belong to the group: what
/// is read of them is undefined, and they must not be changed. The group has to outlive it.
class Work {
 public:
  Work() = default;  ///< of nothing: there is nothing to wait for
  explicit Work(std::shared_ptr<WorkState> state) : state_(std::move(state)) {}
  /// Returns when this rank's part is done. \throws Error why it never will be
  void wait() const {
    if (state_) state_->wait();
  }
  /// Whether wait() would return, or throw, at once.
  bool is_completed() const { return !state_ || state_->is_completed(); }
  /// When it was, or, between GPUs, when it was given to them; to be asked after wait().
  /// \throws Error if it is of nothing
  std::chrono::steady_clock::time_point completed_at() const {
    check(state_ != nullptr, "Work::completed_at: nothing has begun");
    return state_->completed_at();
  }
  bool is_defined() const { return state_ != nullptr; }

 private:
  std::shared_ptr<WorkState> state_;
};

/// For the last argument of an operation: it begins, and its Work says when it has ended.
inline constexpr bool async_op = true;

/// The ranks of a job, as one of them sees it. Every collective operation is called by all of them,
/// in the same order, on tensors of the same dtype and number of elements; where they are not,
/// every rank gets an Error that says who called what. Tensors may have any dtype, layout and
/// device; those that are no row-major memory of the CPU are copied there and back, unless
/// use_device() has found a way from GPU to GPU. With `async`, a call returns at once, and the Work
/// that it returns tells when it is done.
class ProcessGroup {
 public:
  virtual ~ProcessGroup();
  ProcessGroup(const ProcessGroup&) = delete;
  ProcessGroup& operator=(const ProcessGroup&) = delete;

  int rank() const { return rank_; }
  int world_size() const { return world_size_; }
  /// The number of this rank among those of the same host: which of its GPUs to take.
  int local_rank() const { return local_rank_; }
  /// What carries it: "threads", "MPI: Open MPI v4.1.4"; after use_device(), between GPUs, too.
  std::string name() const { return carrier_ + gpu_path_; }

  /// Every rank says which GPU it computes on. If each has one of its own, and the build has NCCL,
  /// collective operations on tensors there go from GPU to GPU from now on, in a stream of their
  /// own, beside what the GPU computes meanwhile. wait() then returns as soon as all ranks have
  /// asked for the operation: what this thread gives the GPU to do afterwards comes after it. All
  /// ranks have to give an operation tensors on these GPUs, or all on the CPU. NCCL multiplies by
  /// 1/N before it adds, so an average of N ranks, N no power of two, may be off in its last digit.
  /// \return whether; else name() says why they go through the CPU's memory
  /// \throws Error if `device` is no GPU
  bool use_device(Device device);

  // Collective operations -------------------------------------------------------------------------
  /// `tensor` becomes, on every rank, what `op` makes of all ranks' tensors.
  /// \throws Error if `op` is avg and the elements are whole numbers
  Work all_reduce(const Tensor& tensor, ReduceOp op = ReduceOp::sum, bool async = false);
  /// `tensor` becomes rank src's.
  Work broadcast(const Tensor& tensor, int src, bool async = false);
  /// Like all_reduce(), but on rank dst only; elsewhere `tensor` stays as it is.
  Work reduce(const Tensor& tensor, int dst, ReduceOp op = ReduceOp::sum, bool async = false);
  /// PyTorch's all_gather_into_tensor. \param output [world_size, ...]: output[r] becomes rank r's
  /// `input`, of shape [...]
  Work all_gather(const Tensor& output, const Tensor& input, bool async = false);
  /// PyTorch's reduce_scatter_tensor. \param input [world_size, ...]
  /// \param output [...]: becomes what `op` makes of all ranks' input[rank()]
  Work reduce_scatter(const Tensor& output, const Tensor& input, ReduceOp op = ReduceOp::sum,
                      bool async = false);
  /// `output`, of shape [...], becomes rank src's input[rank()].
  /// \param input [world_size, ...] on rank src, undefined elsewhere
  Work scatter(const Tensor& output, const Tensor& input, int src, bool async = false);
  /// On rank dst, output[r] becomes rank r's `input`, of shape [...].
  /// \param output [world_size, ...] on rank dst, undefined elsewhere
  Work gather(const Tensor& input, const Tensor& output, int dst, bool async = false);
  /// Returns when every rank has come here.
  Work barrier(bool async = false);

  // From one rank to another ----------------------------------------------------------------------
  /// Sends to rank dst, which receives it by a recv() with this tag, of as many elements of the
  /// same dtype. It may wait until that has happened. \throws Error from recv() if what was
  /// received has another length; between processes, another dtype of the same size is not noticed
  void send(const Tensor& tensor, int dst, int tag = 0) { isend(tensor, dst, tag).wait(); }
  void recv(const Tensor& tensor, int src, int tag = 0) { irecv(tensor, src, tag).wait(); }
  Work isend(const Tensor& tensor, int dst, int tag = 0);
  Work irecv(const Tensor& tensor, int src, int tag = 0);

  // The end ---------------------------------------------------------------------------------------
  /// Waits until every rank leaves: PyTorch's destroy_process_group. Done by run() and spawn().
  /// \throws Error if another rank calls something else instead: the ranks had unequal work.
  void leave();
  /// Tells the others that this rank cannot go on, and why. A job of processes ends with it: `why`
  /// is printed, and the exit status is 1. Ranks that are threads get an Error at what they wait
  /// for.
  virtual void abort(const std::string& why) = 0;

  // For those who implement a group --------------------------------------------------------------
  /// Begins an operation on row-major tensors, with arguments that have been checked, and returns.
  /// On the CPU, for `avg` it is enough to sum up: the division is done in Work::wait(). What has
  /// `operation.gpu` is for the carrier there to do. \throws Error if the group is broken
  virtual void begin(const Operation& operation, std::shared_ptr<WorkState> work) = 0;
  /// "rank 0 waits at send to rank 1 of 2 float32 elements"; empty, if a rank cannot know.
  virtual std::string who_waits() { return ""; }

 protected:
  ProcessGroup(std::string carrier, int rank, int world_size, int local_rank,
               std::chrono::milliseconds timeout);

 private:
  /// Whether begin() has each rank give what is on its GPU to the carrier there, all at once.
  virtual bool serves_gpus() const { return false; }
  std::string why_not_between_gpus(Device device);
  bool goes_between_gpus(const Operation& operation) const;
  Work start(Operation operation, bool async);

  std::string carrier_, gpu_path_;
  int rank_, world_size_, local_rank_;
  std::unique_ptr<GpuCarrier> gpu_carrier_;
  std::chrono::milliseconds timeout_;
  bool left_ = false;
};

/// This rank's GPU, which the group is told of by use_device(): the first rank of a host takes its
/// first, and so on; ranks share if there are fewer GPUs. \throws Error if there is none
Device take_gpu(ProcessGroup& group);

struct ProcessGroupOptions {
  /// How long to wait for the other ranks; PyTorch's default.
  std::chrono::milliseconds timeout = std::chrono::minutes(30);
};

/// Joins the job that this process was started in, by mpirun; a process that was started
/// by itself is a job of one rank. (Option --ranks of ./learn run calls mpirun.)
/// \throws Error if the launcher is one that this build cannot talk to
std::unique_ptr<ProcessGroup> init_process_group(const ProcessGroupOptions& options = {});

/// The main program of a rank: joins the job, calls `program`, and leaves. What `program` throws is
/// said once on each host, with the number of the rank, and ends the whole job.
///
///     int main() {
///       return distributed::run([](distributed::ProcessGroup& group) { … });
///     }
///
/// \return the exit status
int run(const std::function<void(ProcessGroup&)>& program, const ProcessGroupOptions& options = {});

/// Runs `program` on `world_size` ranks that are threads of this process: for tests, and where
/// there is no MPI. Whatever the order in which they run, the results are the same. \throws what
/// the first rank threw that failed
void spawn(int world_size, const std::function<void(ProcessGroup&)>& program,
           const ProcessGroupOptions& options = {});

/// Whether this build has MPI, and with which library: "Open MPI v4.1.4", or empty.
std::string mpi_version();
/// The ranks that mpirun started. Once a process. \throws Error in a build without MPI
std::unique_ptr<ProcessGroup> mpi_group(const ProcessGroupOptions& options = {});

/// all_reduce(tensor, sum) made of isend() and irecv() alone: each rank sends and receives
/// 2 (N − 1) / N of the tensor, however many ranks there are. Source: P. Patarasuk and X. Yuan,
/// Bandwidth optimal all-reduce algorithms for clusters of workstations, 2009.
/// \param tensor row-major \throws Error if it is not
void ring_all_reduce(ProcessGroup& group, const Tensor& tensor);

}  // namespace kindling::distributed

namespace kindling::data {

struct DistributedSamplerOptions {
  bool shuffle = true;     ///< a new order each epoch, the same on all ranks
  std::uint64_t seed = 0;  ///< the same on all ranks
  /// Whether to leave out the last examples if they cannot be dealt out evenly; else some of the
  /// first come twice.
  bool drop_last = false;
};

/// Deals a dataset out to the ranks, so that each goes through as many examples, and none through
/// another's: torch.utils.data.distributed.DistributedSampler, with its order.
class DistributedSampler : public Sampler {
 public:
  /// \throws Error if there are no examples or no ranks, or no such rank
  DistributedSampler(std::int64_t examples, int num_replicas, int rank,
                     const DistributedSamplerOptions& options = {});
  DistributedSampler(std::int64_t examples, const distributed::ProcessGroup& group,
                     const DistributedSamplerOptions& options = {});
  Indices order() override;
  std::int64_t size() const override { return num_samples_; }
  /// To be called before each epoch: without it, every epoch has the same order.
  void set_epoch(std::int64_t epoch) { epoch_ = epoch; }

 private:
  std::int64_t examples_;
  int num_replicas_, rank_;
  DistributedSamplerOptions options_;
  std::int64_t num_samples_;
  std::int64_t epoch_ = 0;
};

}  // namespace kindling::data
