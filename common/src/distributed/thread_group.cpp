#include <algorithm>
#include <map>
#include <optional>
#include <thread>
#include <vector>

#include "distributed/disagreement.h"
#include "distributed/extremes.h"
#include "distributed/missing_ranks.h"
#include "kindling/distributed.h"
#include "kindling/functors.h"
#include "kindling/threads.h"
#include "processors.h"

/// Ranks that are threads of one process. The last of them to ask for an operation does it for all,
/// in the order of the ranks: the results do not depend on who came when.
namespace kindling::distributed {
namespace {

using Kind = Operation::Kind;

template <class T>
T reduced(ReduceOp op, T a, T b) {
  if constexpr (std::is_same_v<T, bool>) {
    return op == ReduceOp::min || op == ReduceOp::product ? a && b : a || b;
  } else {
    switch (op) {
      case ReduceOp::max:
        return larger(a, b);
      case ReduceOp::min:
        return smaller(a, b);
      case ReduceOp::product:
        return functors::Mul{}(a, b);
      default:
        return functors::Add{}(a, b);  // of avg, too: the division follows in Work::wait()
    }
  }
}

/// `count` elements of every rank's input, from its element `first` on, made one.
Tensor reduce_inputs(const std::vector<Operation>& calls, std::int64_t first, std::int64_t count) {
  const Tensor total = calls[0].input.reshape({-1}).narrow(0, first, count).clone();
  dispatch(total.dtype(), [&]<class T>() {
    T* sum = total.data_ptr<T>();
    for (std::size_t r = 1; r < calls.size(); ++r) {
      const T* part = calls[r].input.data_ptr<T>() + first;
      for (std::int64_t i = 0; i < count; ++i) sum[i] = reduced(calls[r].op, sum[i], part[i]);
    }
  });
  return total;
}

/// Copies the bytes of `from` into those of `to`, from its byte `at` on.
void copy_bytes(const Tensor& from, std::int64_t first, std::int64_t count, const Tensor& to,
                std::int64_t at) {
  const std::int64_t size = size_of(from.dtype());
  const std::byte* source = from.storage().data() + (from.storage_offset() + first) * size;
  std::byte* target = to.storage().data() + (to.storage_offset() + at) * size;
  if (source != target) std::copy_n(source, count * size, target);
}

/// Does what all ranks ask for. \param calls of each rank, alike
void perform(const std::vector<Operation>& calls) {
  const Operation& first = calls.front();
  const std::int64_t n = first.signature().back();  // elements of each rank's part
  const auto ranks = static_cast<std::int64_t>(calls.size());
  const Operation& root = calls[first.peer];
  switch (first.kind) {
    case Kind::all_reduce:
    case Kind::reduce: {
      const Tensor total = reduce_inputs(calls, 0, n);
      for (const Operation& call : calls)
        if (call.output.defined()) copy_bytes(total, 0, n, call.output, 0);
      break;
    }
    case Kind::reduce_scatter: {
      const Tensor total = reduce_inputs(calls, 0, ranks * n);
      for (std::int64_t r = 0; r < ranks; ++r) copy_bytes(total, r * n, n, calls[r].output, 0);
      break;
    }
    case Kind::broadcast:
      for (const Operation& call : calls) copy_bytes(root.input, 0, n, call.output, 0);
      break;
    case Kind::scatter:
      for (std::int64_t r = 0; r < ranks; ++r) copy_bytes(root.input, r * n, n, calls[r].output, 0);
      break;
    case Kind::all_gather:
    case Kind::gather:
      for (const Operation& call : calls)
        if (call.output.defined())
          for (std::int64_t r = 0; r < ranks; ++r)
            copy_bytes(calls[r].input, 0, n, call.output, r * n);
      break;
    default:  // to have met is all that there is to a barrier, and to leaving
      break;
  }
}

/// What an operation is waiting for, and who asked for it.
struct Asked {
  Operation operation;
  std::shared_ptr<WorkState> work;
};

/// What the ranks share.
class World {
 public:
  explicit World(int ranks) : ranks_(ranks), calls_(ranks) {}
  int ranks() const { return ranks_; }

  void begin(int rank, Asked asked) {
    std::vector<Asked> met;
    {
      const std::lock_guard lock(mutex_);
      check(broken_.empty(), "rank ", rank, ": ", Operation::describe(asked.operation.signature()),
            ": ", broken_);
      if (asked.operation.kind == Kind::send || asked.operation.kind == Kind::recv) {
        met = meet_peer(rank, std::move(asked));
      } else {
        met = meet_all(rank, std::move(asked));
      }
    }
    finish(met);
  }

  /// What has been asked for and not been done, a rank after the other.
  std::string who_waits() {
    std::vector<std::string> asked(ranks_);
    const auto add = [&](int rank, const Operation& operation) {
      asked[rank] += (asked[rank].empty() ? "" : ", ") + describe_wait(operation.signature());
    };
    bool all_send = true;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [path, letters] : mail_)
        for (const Asked& letter : letters) {
          const bool sends = letter.operation.kind == Kind::send;
          all_send &= sends;
          add(path[sends ? 0 : 1], letter.operation);
        }
      for (const auto& [number, meeting] : meetings_)
        for (int r = 0; r < ranks_; ++r)
          if (meeting[r]) {
            add(r, meeting[r]->operation);
            all_send = false;
          }
    }
    for (const std::string& what : asked) all_send &= !what.empty();
    return describe_waits(asked) +
           (all_send ? "; and nobody receives: begin both with isend() and irecv(), and then wait "
                       "for them"
                     : "");
  }

  /// Whoever waits, now or later, gets an Error with this reason.
  void abort(const std::string& why) {
    std::vector<Asked> waiting;
    {
      const std::lock_guard lock(mutex_);
      if (broken_.empty()) broken_ = why;
      for (auto& [number, meeting] : meetings_)
        for (auto& asked : meeting)
          if (asked) waiting.push_back(std::move(*asked));
      for (auto& [path, letters] : mail_)
        for (auto& letter : letters) waiting.push_back(std::move(letter));
      meetings_.clear();
      mail_.clear();
    }
    for (const Asked& asked : waiting) asked.work->complete(why);
  }

 private:
  using Meeting = std::vector<std::optional<Asked>>;  // of each rank

  /// All ranks' calls of this number, if this was the last to come. The caller holds the mutex.
  std::vector<Asked> meet_all(int rank, Asked asked) {
    const std::int64_t number = calls_[rank]++;
    Meeting& meeting = meetings_.try_emplace(number, ranks_).first->second;
    meeting[rank] = std::move(asked);
    if (!std::ranges::all_of(meeting, [](const auto& call) { return call.has_value(); })) return {};
    std::vector<Asked> met;
    for (auto& call : meeting) met.push_back(std::move(*call));
    meetings_.erase(number);
    return met;
  }

  /// The pair of send and recv, if the other side was there already. The caller holds the mutex.
  std::vector<Asked> meet_peer(int rank, Asked asked) {
    const Operation& op = asked.operation;
    const bool sends = op.kind == Kind::send;
    const int from = sends ? rank : op.peer, to = sends ? op.peer : rank;
    auto& letters = mail_[{from, to, op.tag}];
    if (letters.empty() || letters.front().operation.kind == op.kind) {
      letters.push_back(std::move(asked));
      return {};
    }
    Asked other = std::move(letters.front());
    letters.erase(letters.begin());
    std::vector<Asked> met;
    met.push_back(sends ? std::move(asked) : std::move(other));
    met.push_back(sends ? std::move(other) : std::move(asked));
    return met;
  }

  static std::string deliver(const Tensor& sent, const Tensor& wanted) {
    if (sent.dtype() == wanted.dtype() && sent.numel() == wanted.numel()) {
      copy_bytes(sent, 0, sent.numel(), wanted, 0);
      return "";
    }
    std::ostringstream text;
    text << "recv: expected " << wanted.numel() << ' ' << wanted.dtype() << " elements, got "
         << sent.numel() << ' ' << sent.dtype();
    return text.str();
  }

  void finish(const std::vector<Asked>& met) {
    if (met.empty()) return;
    std::string error;
    if (met[0].operation.kind == Kind::send) {
      error = deliver(met[0].operation.input, met[1].operation.output);
    } else {
      std::vector<Operation> calls;
      std::vector<Operation::Signature> signatures;
      for (const Asked& asked : met) {
        calls.push_back(asked.operation);
        signatures.push_back(asked.operation.signature());
      }
      error = disagreement(signatures);
      if (error.empty())
        perform(calls);
      else
        abort(error);
    }
    for (const Asked& asked : met) asked.work->complete(error);
  }

  const int ranks_;
  std::mutex mutex_;                          // guards what follows
  std::vector<std::int64_t> calls_;           // how many collective operations each rank has begun
  std::map<std::int64_t, Meeting> meetings_;  // by the number of the call
  std::map<std::array<int, 3>, std::vector<Asked>> mail_;  // by sender, receiver and tag
  std::string broken_;                                     // why nothing works any more
};

class ThreadGroup : public ProcessGroup {
 public:
  ThreadGroup(std::shared_ptr<World> world, int rank, const ProcessGroupOptions& options)
      : ProcessGroup("threads", rank, world->ranks(), rank, options.timeout),
        world_(std::move(world)) {}
  void abort(const std::string& why) override {
    world_->abort("rank " + std::to_string(rank()) + " has failed: " + why);
  }

  void begin(const Operation& operation, std::shared_ptr<WorkState> work) override {
    world_->begin(rank(), {operation, std::move(work)});
  }
  std::string who_waits() override { return world_->who_waits(); }

 private:
  std::shared_ptr<World> world_;
};

}  // namespace

std::unique_ptr<ProcessGroup> single_group(const ProcessGroupOptions& options) {
  return std::make_unique<ThreadGroup>(std::make_shared<World>(1), 0, options);
}

void spawn(int world_size, const std::function<void(ProcessGroup&)>& program,
           const ProcessGroupOptions& options) {
  check(world_size > 0, "spawn: expected a positive number of ranks, got ", world_size);
  const auto world = std::make_shared<World>(world_size);
  std::mutex mutex;
  std::exception_ptr first;
  const int threads = std::max(1, get_num_threads() / world_size);
  const auto be_rank = [&](int rank) {
    ThreadGroup group(world, rank, options);
    const auto give_up = [&](const std::string& why) {
      {
        const std::lock_guard lock(mutex);
        if (!first) first = std::current_exception();
      }
      group.abort(why);
    };
    try {
      set_num_threads(threads);
      program(group);
      group.leave();
    } catch (const std::exception& error) {
      give_up(error.what());
    } catch (...) {
      give_up("an exception that is no std::exception");
    }
  };
  const int startable = startable_threads(world_size + 1) - 1;
  check(startable >= world_size, "spawn: expected to start ", world_size,
        " ranks, which are threads, but ", startable,
        " can be started here: see ulimit -u, and the limits of the container");
  std::vector<std::thread> ranks;
  for (int rank = 0; rank < world_size; ++rank) ranks.emplace_back(be_rank, rank);
  for (std::thread& thread : ranks) thread.join();
  if (first) std::rethrow_exception(first);
}

}  // namespace kindling::distributed
