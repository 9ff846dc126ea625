#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

#include "block.h"
#include "counter.h"
#include "kindling/check.h"
#include "limits.h"
#include "runtime.h"

namespace cuda_simulator {

namespace {

int wanted_threads() {
  const char* const text = std::getenv("KINDLING_SIMULATOR_THREADS");
  const int wanted = text ? std::atoi(text) : int(std::thread::hardware_concurrency());
  return std::max(1, wanted);
}

/// The threads of the operating system that run blocks, and what they are doing.
class Pool {
 public:
  Pool() : runners_(std::size_t(wanted_threads())) {
    try {
      for (std::size_t i = 1; i < runners_.size(); ++i)
        std::thread([this, i] { serve(i); }).detach();
    } catch (const std::system_error&) {  // no more may be started: the launching thread does all
    }
  }

  /// Runs all blocks, and throws what the first faulty one did wrong.
  void run(const Launch& launch) {
    const std::lock_guard one_at_a_time(launching_);
    const auto blocks = std::int64_t(launch.grid.x) * launch.grid.y * std::int64_t(launch.grid.z);
    {
      const std::lock_guard lock(mutex_);
      launch_ = &launch;
      next_ = 0;
      blocks_ = blocks;
      fault_.reset();
      open_ = true;
      ++generation_;
    }
    if (blocks > 1 && runners_.size() > 1) work_.notify_all();
    run_blocks(0);
    std::optional<Fault> fault;
    {
      std::unique_lock lock(mutex_);
      open_ = false;
      done_.wait(lock, [this] { return busy_ == 0; });
      fault = std::move(fault_);
    }
    if (!fault) return;
    if (fault->thrown) std::rethrow_exception(fault->thrown);
    throw kindling::Error(fault->text);
  }

 private:
  void serve(std::size_t self) {
    std::uint64_t seen = 0;
    std::unique_lock lock(mutex_);
    while (true) {
      work_.wait(lock, [&] { return generation_ != seen; });
      seen = generation_;
      if (!open_ || next_.load() >= blocks_) continue;
      ++busy_;
      lock.unlock();
      run_blocks(self);
      lock.lock();
      if (--busy_ == 0) done_.notify_all();
    }
  }

  /// Takes one block after the other. A fault keeps later blocks from being begun; the earlier ones
  /// have been begun already, so the fault that is kept does not depend on who was faster.
  void run_blocks(std::size_t self) {
    if (!runners_[self]) runners_[self] = std::make_unique<BlockRunner>();
    for (auto i = next_++; i < blocks_; i = next_++) {
      const auto [gx, gy, gz] = launch_->grid;
      const uint3 block{unsigned(i % gx), unsigned(i / gx % gy), unsigned(i / gx / gy)};
      if (auto fault = runners_[self]->run(*launch_, block)) {
        const std::lock_guard lock(mutex_);
        next_ = blocks_;
        if (!fault_ || i < faulty_block_) {
          faulty_block_ = i;
          fault_ = std::move(fault);
        }
      }
    }
  }

  std::mutex launching_;
  std::vector<std::unique_ptr<BlockRunner>> runners_;  ///< the first is whoever launches

  std::mutex mutex_;  ///< for all that follows
  std::condition_variable work_, done_;
  std::uint64_t generation_ = 0;
  int busy_ = 0;
  bool open_ = false;
  const Launch* launch_ = nullptr;
  std::atomic<std::int64_t> next_ = 0;
  std::int64_t blocks_ = 0;
  std::int64_t faulty_block_ = 0;
  std::optional<Fault> fault_;
};

/// How much dynamic shared memory each kernel may have, where it has asked for more than usual.
std::mutex allowed_mutex;
std::map<const void*, std::size_t>& allowed() {
  static std::map<const void*, std::size_t> bytes;
  return bytes;
}

cudaError_t judge(const Launch& launch) {
  const unsigned grid[] = {launch.grid.x, launch.grid.y, launch.grid.z};
  const unsigned block[] = {launch.block.x, launch.block.y, launch.block.z};
  for (int i = 0; i < 3; ++i)
    if (grid[i] == 0 || grid[i] > limits::grid()[i] || block[i] == 0 || block[i] > limits::block[i])
      return cudaErrorInvalidConfiguration;
  if (block[0] * block[1] * block[2] > limits::threads_of_a_block)
    return cudaErrorInvalidConfiguration;
  const std::lock_guard lock(allowed_mutex);
  const auto found = allowed().find(launch.kernel);
  const auto most = found == allowed().end() ? limits::shared_bytes : found->second;
  return launch.shared_bytes > most ? cudaErrorInvalidValue : cudaSuccess;
}

}  // namespace

bool allow_shared_memory(const void* kernel, std::size_t bytes) {
  if (bytes > limits::shared_bytes_at_most) return false;
  const std::lock_guard lock(allowed_mutex);
  allowed()[kernel] = std::max(bytes, limits::shared_bytes);
  return true;
}

cudaError_t launch(const Launch& launch) {
  if (const auto refused = judge(launch); refused != cudaSuccess) return remember(refused);
  note_work(launch.stream);
  // Never destroyed: its threads serve until the program ends.
  static Pool& pool = *new Pool;
  if (is_counting()) begin_counts();
  pool.run(launch);
  return cudaSuccess;
}

}  // namespace cuda_simulator
