/// What stands for common/src/backend.cpp in judges, and in the programs of the reference that they
/// compare with: backends that count what they are asked to do.
#include "judge/counting_backend.h"

#include <array>
#include <atomic>
#include <thread>

#include "kindling/backend.h"
#include "kindling/cpu_backend.h"

namespace kindling {

Backend& cuda_backend(int index);

namespace {

using testing::Work;

std::array<std::atomic<std::int64_t>, Work::kinds> calls{}, elements{};
std::atomic<std::int64_t> allocations = 0, bytes_held = 0;

void count(Work::Kind kind, std::int64_t many) {
  if (++calls[kind] % 8 == 0 && testing::threads_take_turns) std::this_thread::yield();
  elements[kind] += many;
}

/// Another backend, which does the work.
class Counting : public Backend {
 public:
  explicit Counting(Backend& worker) : worker_(worker) {}

  std::byte* allocate(std::int64_t bytes) override {
    std::byte* data = worker_.allocate(bytes);
    ++allocations;
    bytes_held += bytes;
    return data;
  }
  void deallocate(std::byte* data, std::int64_t bytes) noexcept override {
    bytes_held -= bytes;
    worker_.deallocate(data, bytes);
  }
  void copy(const Tensor& from, const Tensor& out) override {
    count(Work::copies, out.numel());
    worker_.copy(from, out);
  }
  void copy_non_blocking(const Tensor& from, const Tensor& out) override {
    count(Work::copies, out.numel());
    worker_.copy_non_blocking(from, out);
  }
  void fill(const Tensor& out, Scalar value) override {
    count(Work::copies, out.numel());
    worker_.fill(out, value);
  }
  void map(const Unary& f, const Tensor& x, const Tensor& out) override {
    count(Work::elementwise, out.numel());
    worker_.map(f, x, out);
  }
  void zip(const Binary& f, const Tensor& a, const Tensor& b, const Tensor& out) override {
    count(Work::elementwise, out.numel());
    worker_.zip(f, a, b, out);
  }
  void compare(const Comparison& f, const Tensor& a, const Tensor& b, const Tensor& out) override {
    count(Work::elementwise, out.numel());
    worker_.compare(f, a, b, out);
  }
  void where(const Tensor& condition, const Tensor& a, const Tensor& b,
             const Tensor& out) override {
    count(Work::elementwise, out.numel());
    worker_.where(condition, a, b, out);
  }
  void reduce(Reduction op, const Tensor& x, const Tensor& out) override {
    count(Work::reductions, x.numel());
    worker_.reduce(op, x, out);
  }
  void arg_reduce(Reduction op, const Tensor& x, const Tensor& values,
                  const Tensor& indices) override {
    count(Work::reductions, x.numel());
    worker_.arg_reduce(op, x, values, indices);
  }
  void matmul(const Tensor& a, const Tensor& b, const Tensor& out, bool accumulate) override {
    count(Work::products, out.numel() * a.size(2));
    worker_.matmul(a, b, out, accumulate);
  }
  void addmm(const Tensor& bias, const Tensor& a, const Tensor& b, const Tensor& out) override {
    count(Work::products, out.numel() * a.size(2));
    worker_.addmm(bias, a, b, out);
  }
  void gather(const Tensor& x, const Tensor& index, const Tensor& out) override {
    count(Work::indexing, out.numel());
    worker_.gather(x, index, out);
  }
  void scatter_add(const Tensor& x, const Tensor& index, const Tensor& out) override {
    count(Work::indexing, x.numel());
    worker_.scatter_add(x, index, out);
  }
  void index_select(const Tensor& x, const Tensor& index, const Tensor& out) override {
    count(Work::indexing, out.numel());
    worker_.index_select(x, index, out);
  }
  void index_add(const Tensor& x, const Tensor& index, const Tensor& out) override {
    count(Work::indexing, x.numel());
    worker_.index_add(x, index, out);
  }
  void uniform(const Tensor& out, double from, double to, Generator& generator) override {
    count(Work::random, out.numel());
    worker_.uniform(out, from, to, generator);
  }
  void normal(const Tensor& out, double mean, double std, Generator& generator) override {
    count(Work::random, out.numel());
    worker_.normal(out, mean, std, generator);
  }
  void bernoulli(const Tensor& out, double p, Generator& generator) override {
    count(Work::random, out.numel());
    worker_.bernoulli(out, p, generator);
  }
  void random(const Tensor& out, std::int64_t low, std::int64_t high,
              Generator& generator) override {
    count(Work::random, out.numel());
    worker_.random(out, low, high, generator);
  }

 private:
  Backend& worker_;
};

}  // namespace

Device best_device() { return cuda::is_available() ? cuda_device : cpu; }

Backend& backend(Device device) {
  // Never destroyed: tensors with static lifetime still need them to give back their memory.
  static CpuBackend& cpu_worker = *new CpuBackend;
  static Counting& cpu_backend = *new Counting(cpu_worker);
  if (device.type == Device::Type::cpu) return cpu_backend;
  static Counting& of_cuda = *new Counting(cuda_backend(device.index));
  return of_cuda;
}

namespace testing {

Work count_work() {
  Work work;
  for (std::size_t kind = 0; kind < Work::kinds; ++kind) {
    work.calls[kind] = calls[kind];
    work.elements[kind] = elements[kind];
  }
  work.allocations = allocations;
  work.bytes_held = bytes_held;
  return work;
}

}  // namespace testing
}  // namespace kindling
