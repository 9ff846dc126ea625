#include <mpi.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <deque>
#include <exception>
#include <iostream>
#include <limits>
#include <list>
#include <optional>
#include <sstream>
#include <thread>
#include <vector>

#include "distributed/disagreement.h"
#include "distributed/gpu_carrier.h"
#include "distributed/last_words.h"
#include "distributed/missing_ranks.h"
#include "distributed/mpi_calls.h"
#include "distributed/shared_memory.h"
#include "kindling/distributed.h"

/// Ranks that are processes, started by mpirun. One thread of each, the engine, makes every call to
/// MPI, MPI_Init included: so operations go on while the trainer computes, and MPI need not cope
/// with more than one thread that calls it.
namespace kindling::distributed {
namespace {

using Kind = Operation::Kind;
using namespace std::chrono_literals;

/// A whole line at once: mpirun and other ranks write to the same terminal.
void say(const std::string& text) { std::cerr << text + '\n' << std::flush; }

struct Task {
  Operation operation;
  std::shared_ptr<WorkState> work;
  MPI_Request request = MPI_REQUEST_NULL;
};

/// The thread that talks to MPI.
class Engine {
 public:
  explicit Engine(std::chrono::milliseconds timeout)
      : tells_after_(std::min<std::chrono::milliseconds>(timeout / 4, 200ms)),
        thread_([this] { run(); }) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, timeout, [this] { return joined_ || !broken_.empty(); }))
      complain(timeout);
    arrivals_.reset();
    if (!joined_) {
      lock.unlock();
      thread_.join();
      fail(broken_);
    }
  }
  ~Engine() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  int rank() const { return rank_; }
  int ranks() const { return ranks_; }
  int local_rank() const { return local_rank_; }

  void begin(Task task) {
    {
      const std::lock_guard lock(mutex_);
      check(broken_.empty(), Operation::describe(task.operation.signature()), ": ", broken_);
      queue_.push_back(std::move(task));
    }
    changed_.notify_all();
  }
  /// Whether no rank of this host has said yet why the job has failed.
  bool is_first_to_fail() { return !job_has_failed_->exchange(true); }
  /// Whether something went wrong that all ranks know of.
  bool all_know_what_is_wrong() {
    const std::lock_guard lock(mutex_);
    return all_know_;
  }
  /// What each rank is waiting at, as far as it has told the others.
  std::string who_waits() {
    const std::lock_guard lock(mutex_);
    return describe_waits(waits_);
  }
  /// Whether all ranks have said that they leave.
  bool has_left() {
    const std::lock_guard lock(mutex_);
    return left_;
  }

 private:
  /// Not all ranks have come. One of each host says who has.
  [[noreturn]] void complain(std::chrono::milliseconds timeout) {
    if (!arrivals_->is_first_to_complain()) std::this_thread::sleep_for(10s);  // as in abort()
    const std::string here = arrivals_->who_is_here();
    std::ostringstream text;
    text << "init_process_group: not all ranks have come together within "
         << std::chrono::duration<double>(timeout).count() << " s" << (here.empty() ? "" : ": ")
         << here
         << ". If they are on several machines: which network are they to use? "
            "OMPI_MCA_btl_tcp_if_include=eth0 names it";
    say(text.str());
    arrivals_.reset();
    std::_Exit(1);  // MPI_Init cannot be called off
  }

  void run() {
    try {
      join();
    } catch (const std::exception& error) {
      give_up(error.what());
      return;
    }
    try {
      while (take_new()) go_on();
    } catch (const std::exception& error) {
      give_up(error.what());
    }
    // MPI cannot be left while a rank still wants something of another.
    if (!has_left()) return;
    be_silent_when_ended();
    MPI_Win_free(&shared_);
    MPI_Finalize();
  }

  void join() {
    int provided = 0;
    spare_forbidden_reads();
    must(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided), "MPI_Init_thread");
    check(provided >= MPI_THREAD_FUNNELED,
          "MPI_Init_thread: expected an MPI for programs with several threads, got ", mpi_version(),
          " without");
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    must(MPI_Comm_dup(MPI_COMM_WORLD, &checks_), "MPI_Comm_dup");
    must(MPI_Comm_dup(MPI_COMM_WORLD, &collectives_), "MPI_Comm_dup");
    must(MPI_Comm_dup(MPI_COMM_WORLD, &messages_), "MPI_Comm_dup");
    must(MPI_Comm_dup(MPI_COMM_WORLD, &news_), "MPI_Comm_dup");
    MPI_Comm host = MPI_COMM_NULL;
    must(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &host),
         "MPI_Comm_split_type");
    job_has_failed_ = &shared_flag(host, shared_);
    speak_when_ended(*job_has_failed_);
    const std::lock_guard lock(mutex_);
    MPI_Comm_rank(host, &local_rank_);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks_);
    MPI_Comm_free(&host);
    signatures_.resize(ranks_);
    waits_.resize(ranks_);
    told_.resize(ranks_);
    heard_.resize(ranks_);
    joined_ = true;
    changed_.notify_all();
  }

  /// Takes what was asked for meanwhile; waits, if there is nothing else to do. False: the end.
  bool take_new() {
    std::unique_lock lock(mutex_);
    const bool idle = waiting_.empty() && under_way_.empty();
    if (idle) changed_.wait(lock, [this] { return stop_ || !queue_.empty(); });
    if (stop_) return false;
    for (; !queue_.empty(); queue_.pop_front()) {
      last_news_ = std::chrono::steady_clock::now();
      const Kind kind = queue_.front().operation.kind;
      const bool is_message = kind == Kind::send || kind == Kind::recv;
      (is_message ? messages_to_start_ : waiting_).push_back(std::move(queue_.front()));
    }
    return true;
  }

  /// A step with all that is under way.
  void go_on() {
    for (; !messages_to_start_.empty(); messages_to_start_.pop_front()) {
      under_way_.push_back(std::move(messages_to_start_.front()));
      under_way_.back().request = start_message(messages_, under_way_.back().operation);
    }
    if (!has_last_words_) prepare_last_words();
    hear_from_others();
    bool news = advance_collective();
    for (auto task = under_way_.begin(); task != under_way_.end();) {
      MPI_Status status;
      if (!is_done(task->request, &status)) {
        ++task;
        continue;
      }
      task->work->complete(wrong_length(task->operation, status));
      task = under_way_.erase(task);
      news = true;
    }
    // A rank that waits for a slower one leaves it the processor, which it may need itself.
    const auto now = std::chrono::steady_clock::now();
    if (news) {
      last_news_ = now;
      set_last_words("");
      has_last_words_ = false;
      if (has_told_) tell_others({});
    } else if (!has_told_ && now - last_news_ >= tells_after_) {
      tell_others(oldest().operation.signature());
    }
    if (now - last_news_ < 1ms)
      std::this_thread::yield();
    else
      std::this_thread::sleep_for(20us);
  }

  const Task& oldest() const { return waiting_.empty() ? under_way_.front() : waiting_.front(); }

  void prepare_last_words() {
    set_last_words("rank " + std::to_string(rank_) + ": " +
                   Operation::describe(oldest().operation.signature()) +
                   ": ended while it waited for other ranks\n");
    has_last_words_ = true;
  }

  // MPI does not say which rank an operation waits for. So a rank that has waited for a while tells
  // all others what for, and when it goes on, that it does: who has told nothing is the one.

  /// \param signature of what this rank waits at; empty, if it goes on
  void tell_others(const std::optional<Operation::Signature>& signature) {
    has_told_ = signature.has_value();
    note_wait(rank_, signature);
    Note& note = notes_.emplace_back();
    note.text = {has_told_ ? 1 : 0, signature.value_or(Operation::Signature{})};
    for (int r = 0; r < ranks_; ++r) {
      if (r == rank_) continue;
      ++told_[r];
      must(MPI_Isend(&note.text, sizeof(note.text), MPI_BYTE, r, 0, news_,
                     &note.requests.emplace_back()),
           "MPI_Isend");
    }
    while (notes_.front().is_sent()) {
      notes_.pop_front();
      if (notes_.empty()) break;
    }
  }

  void hear_from_others() {
    int is_there = 1;
    while (true) {
      MPI_Status status;
      must(MPI_Iprobe(MPI_ANY_SOURCE, 0, news_, &is_there, &status), "MPI_Iprobe");
      if (!is_there) return;
      hear_from(status.MPI_SOURCE);
    }
  }
  void hear_from(int rank) {
    Note::Text text;
    must(MPI_Recv(&text, sizeof(text), MPI_BYTE, rank, 0, news_, MPI_STATUS_IGNORE), "MPI_Recv");
    ++heard_[rank];
    note_wait(rank, text.waits ? std::optional(text.signature) : std::nullopt);
  }
  void note_wait(int rank, const std::optional<Operation::Signature>& signature) {
    const std::lock_guard lock(mutex_);
    waits_[rank] = signature ? describe_wait(*signature) : "";
  }
  /// All that ranks have told each other is heard: MPI has to be left without messages under way.
  void hear_all() {
    std::vector<std::int64_t> told_to_me(ranks_);
    must(MPI_Alltoall(told_.data(), 1, MPI_INT64_T, told_to_me.data(), 1, MPI_INT64_T, news_),
         "MPI_Alltoall");
    for (int r = 0; r < ranks_; ++r)
      while (heard_[r] < told_to_me[r]) hear_from(r);
    while (!notes_.empty()) {
      if (notes_.front().is_sent()) notes_.pop_front();
    }
  }

  /// One collective operation after the other. The ranks first tell each other what they are about
  /// to do; when all have, they do it, if it is the same.
  bool advance_collective() {
    if (waiting_.empty()) return false;
    Task& task = waiting_.front();
    if (!telling_) {
      own_signature_ = task.operation.signature();
      constexpr int count = std::tuple_size_v<Operation::Signature>;
      must(MPI_Iallgather(own_signature_.data(), count, MPI_INT64_T, signatures_.data(), count,
                          MPI_INT64_T, checks_, &task.request),
           "MPI_Iallgather");
      telling_ = true;
    }
    if (!is_done(task.request)) return false;
    telling_ = false;
    const std::string text = disagreement(signatures_);
    if (!text.empty()) {
      {
        const std::lock_guard lock(mutex_);
        all_know_ = true;
      }
      fail(text);
    }
    if (task.operation.gpu)
      task.operation.gpu->carrier.begin(task.operation);
    else
      perform(collectives_, task.operation, rank_);
    if (task.operation.kind == Kind::leave) {
      hear_all();
      const std::lock_guard lock(mutex_);
      left_ = true;
    }
    task.work->complete();
    waiting_.pop_front();
    return true;
  }

  /// Nothing works any more: whoever waits, now or later, gets an Error.
  void give_up(const std::string& why) {
    std::deque<Task> unanswered;
    {
      const std::lock_guard lock(mutex_);
      broken_ = why;
      unanswered.swap(queue_);
    }
    changed_.notify_all();
    for (auto* tasks : {&waiting_, &messages_to_start_, &unanswered})
      for (const Task& task : *tasks) task.work->complete(why);
    for (const Task& task : under_way_) task.work->complete(why);
  }

  /// What this rank has told the others, until they have it.
  struct Note {
    struct Text {
      std::int64_t waits;
      Operation::Signature signature;
    } text;
    std::vector<MPI_Request> requests;

    bool is_sent() {
      return std::ranges::all_of(requests, [](MPI_Request& request) { return is_done(request); });
    }
  };

  std::optional<Arrivals> arrivals_{std::in_place};  // until it has joined
  const std::chrono::milliseconds tells_after_;

  // Of the engine's thread alone.
  bool has_told_ = false;                   // the others what this rank waits at
  std::list<Note> notes_;                   // in place, as MPI reads them
  std::vector<std::int64_t> told_, heard_;  // how many notes to and from each rank
  bool telling_ = false;                    // the others about waiting_.front()
  bool has_last_words_ = false;             // for what is oldest of what is under way
  std::deque<Task> waiting_, messages_to_start_;
  std::list<Task> under_way_;
  Operation::Signature own_signature_{};
  std::vector<Operation::Signature> signatures_;  // of all ranks
  MPI_Win shared_ = MPI_WIN_NULL;
  MPI_Comm checks_ = MPI_COMM_NULL, collectives_ = MPI_COMM_NULL, messages_ = MPI_COMM_NULL,
           news_ = MPI_COMM_NULL;
  std::chrono::steady_clock::time_point last_news_;

  // Known once it has joined.
  int rank_ = 0, ranks_ = 1, local_rank_ = 0;
  std::atomic<bool>* job_has_failed_ = nullptr;

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<Task> queue_;
  std::vector<std::string> waits_;  // at what, by rank; empty, if not that we know of
  bool joined_ = false, left_ = false, stop_ = false, all_know_ = false;
  std::string broken_;
  std::thread thread_;  // the last member: it uses all others
};

class MpiGroup : public ProcessGroup {
 public:
  MpiGroup(std::unique_ptr<Engine> engine, const ProcessGroupOptions& options)
      : ProcessGroup("MPI: " + mpi_version(), engine->rank(), engine->ranks(), engine->local_rank(),
                     options.timeout),
        engine_(std::move(engine)) {}
  ~MpiGroup() override {
    if (engine_->has_left()) return;
    abort(std::uncaught_exceptions() > 0
              ? "its program has thrown; what, run() would have said"
              : "its process group was destroyed without leave(), which run() calls by itself");
  }

  void abort(const std::string& why) override {
    std::cout << std::flush;
    // One rank of a host speaks, and then ends, whereupon mpirun ends the others. Until then they
    // wait: if one of them went first, the speaker would be ended before it has spoken. What all
    // ranks know, rank 0 says.
    const bool others_do = rank() > 0 && engine_->all_know_what_is_wrong();
    if (others_do || !engine_->is_first_to_fail()) std::this_thread::sleep_for(10s);
    const std::string who = "rank " + std::to_string(rank()) + ": ";
    say((why.starts_with(who) ? "" : who) + why);
    std::_Exit(1);
  }

  void begin(const Operation& operation, std::shared_ptr<WorkState> work) override {
    constexpr std::int64_t most = std::numeric_limits<int>::max();
    const std::int64_t count = operation.signature().back();
    check(operation.gpu || count <= most, Operation::describe(operation.signature()),
          ": MPI counts up to ", most, " elements; call it with parts of the tensor");
    engine_->begin({operation, std::move(work)});
  }

  std::string who_waits() override { return engine_->who_waits(); }

 private:
  bool serves_gpus() const override { return true; }

  std::unique_ptr<Engine> engine_;
};

}  // namespace

std::string mpi_version() {
  std::string text(MPI_MAX_LIBRARY_VERSION_STRING, '\0');
  int length = 0;
  MPI_Get_library_version(text.data(), &length);
  return text.substr(0, text.find(','));
}

std::unique_ptr<ProcessGroup> mpi_group(const ProcessGroupOptions& options) {
  return std::make_unique<MpiGroup>(std::make_unique<Engine>(options.timeout), options);
}

}  // namespace kindling::distributed
