/// What is measured: one source for both libraries. `./learn bench` runs it over each in turn.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <cstdlib>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "library.h"

namespace {

using namespace library;
using Shape = std::vector<std::int64_t>;

struct Work {
  std::string name;
  std::function<void()> add;  // to what Google Benchmark runs
};
std::vector<Work> works;

/// Measures what `prepare` returns: what that one does itself is not measured.
template <class Prepare>
void measure(const std::string& name, Prepare prepare) {
  works.push_back({name, [name, prepare] {
                     benchmark::RegisterBenchmark(name.c_str(),
                                                  [prepare](benchmark::State& state) {
                                                    manual_seed(1);
                                                    auto work = prepare();
                                                    for (int i = 0; i < 3; ++i)
                                                      work();  // memory and caches as they will be
                                                    for (auto _ : state) work();
                                                  })
                         ->Unit(benchmark::kMicrosecond)
                         ->UseRealTime()
                         ->MinTime(0.2);
                   }});
}

template <class F>
auto without_gradients(F f) {
  return [f] {
    NoGrad guard;
    benchmark::DoNotOptimize(f());
  };
}

// One operation -----------------------------------------------------------------------------------

void operations() {
  const auto unary = [](const std::string& name, auto f) {
    for (const auto& [size, n] : {std::pair{"10⁶", 1'000'000}, {"10³", 1000}, {"10", 10}})
      measure(name + " " + size, [f, n = n] {
        const Tensor x = randn({n});
        return without_gradients([f, x] { return f(x); });
      });
  };
  unary("add", [](const Tensor& x) { return x + x; });
  unary("relu", [](const Tensor& x) { return relu(x); });
  unary("exp", [](const Tensor& x) { return exp(x); });
  unary("tanh", [](const Tensor& x) { return tanh(x); });
  unary("gelu", [](const Tensor& x) { return gelu(x); });
  measure("bias broadcast [1000, 1000]", [] {
    const Tensor x = randn({1000, 1000}), bias = randn({1000});
    return without_gradients([x, bias] { return x + bias; });
  });
  measure("column broadcast [1000, 1000]", [] {
    const Tensor x = randn({1000, 1000}), column = randn({1000, 1});
    return without_gradients([x, column] { return x * column; });
  });
  measure("add transposed [1000, 1000]", [] {
    const Tensor x = randn({1000, 1000}), y = randn({1000, 1000}).transpose(0, 1);
    return without_gradients([x, y] { return x + y; });
  });

  const auto rows = [](const std::string& name, auto f) {
    measure(name + " [1024, 1024]", [f] {
      const Tensor x = randn({1024, 1024});
      return without_gradients([f, x] { return f(x); });
    });
  };
  rows("sum of columns", [](const Tensor& x) { return sum_over(x, 0); });
  rows("sum of rows", [](const Tensor& x) { return sum_over(x, 1); });
  rows("softmax", [](const Tensor& x) { return softmax(x, 1); });
  rows("log_softmax", [](const Tensor& x) { return log_softmax(x, 1); });
  rows("mean of rows", [](const Tensor& x) { return mean_of_rows(x); });
  rows("var of rows", [](const Tensor& x) { return var_of_rows(x); });
  measure("transposed copy [2048, 2048]", [] {
    const Tensor x = randn({2048, 2048}).transpose(0, 1);
    return without_gradients([x] { return x.contiguous(); });
  });
  measure("matmul [64, 128, 128]", [] {
    const Tensor a = randn({64, 128, 128}), b = randn({64, 128, 128});
    return without_gradients([a, b] { return matmul(a, b); });
  });
  measure("matmul [512, 512]", [] {
    const Tensor a = randn({512, 512}), b = randn({512, 512});
    return without_gradients([a, b] { return matmul(a, b); });
  });
}

// Training ----------------------------------------------------------------------------------------

/// One step of training: forward, backward, SGD.
auto training_step(const Shape& widths, std::int64_t batch) {
  auto model = std::make_shared<Mlp>(widths);
  auto optimizer = std::make_shared<Sgd>(model->parameters(), 0.01);
  const Tensor x = randn({batch, widths.front()});
  const Tensor target = random_labels(static_cast<int>(widths.back()), batch);
  return [=] {
    const Tensor loss = cross_entropy((*model)(x), target);
    optimizer->zero_grad();
    loss.backward();
    optimizer->step();
  };
}

const Shape hour{2, 30, 20, 2}, mnist{784, 512, 256, 10};

void training() {
  measure("step 2-30-20-2, batch 2", [] { return training_step(hour, 2); });
  measure("step 784-512-256-10, batch 64", [] { return training_step(mnist, 64); });
  measure("Adam step, 10⁶ parameters", [] {
    Tensor x = randn({1'000'000}).requires_grad_();
    (x * x).backward(randn({1'000'000}));
    auto optimizer = std::make_shared<Adam>(Tensors{x});
    return [=] { optimizer->step(); };
  });
  measure("epoch 784-512-256-10, 6,400 images", [] {
    auto model = std::make_shared<Mlp>(mnist);
    auto optimizer = std::make_shared<Sgd>(model->parameters(), 0.01);
    auto loader = std::make_shared<Loader>(randn({6400, 784}), random_labels(10, 6400), 64, 0);
    return [=] {
      loader->for_each_batch([&](const Tensor& images, const Tensor& labels) {
        const Tensor loss = cross_entropy((*model)(images), labels);
        optimizer->zero_grad();
        loss.backward();
        optimizer->step();
      });
    };
  });
}

// Data and files ----------------------------------------------------------------------------------

void loading() {
  for (const int workers : {0, 2})
    measure("60,000 images, " + std::to_string(workers) + " workers", [workers] {
      auto loader = std::make_shared<Loader>(rand({60'000, 1, 28, 28}), random_labels(10, 60'000),
                                             64, workers);
      return [=] {
        loader->for_each_batch(
            [](const Tensor& images, const Tensor&) { benchmark::DoNotOptimize(images); });
      };
    });
}

/// 400 MB, in $TMPDIR or /tmp, and how fast the same file is copied by write() and read() alone.
void saving() {
  static const std::filesystem::path folder = std::filesystem::temp_directory_path();
  static const std::filesystem::path file = folder / "kindling_bench_400MB";
  measure("save 400 MB", [] {
    const Tensor x = randn({100'000'000});
    return [x] { save(x, file); };
  });
  measure("load 400 MB", [] {
    save(randn({100'000'000}), file);
    return [] { benchmark::DoNotOptimize(load(file)); };
  });
  measure("cp 400 MB", [] {
    save(randn({100'000'000}), file);
    return [] {
      const std::string copy = file.string() + ".copy";
      if (std::system(("cp '" + file.string() + "' '" + copy + "'").c_str()) != 0) std::abort();
    };
  });
}

/// The most memory that the process had at any time, in MB.
void print_peak_memory() {
  auto step = training_step(mnist, 64);
  for (int i = 0; i < 100; ++i) step();
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  std::cout << static_cast<double>(used.ru_maxrss) / 1024 << "\n";
}

/// Prints a line of microseconds for each repetition.
class Times : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) std::cout << run.GetAdjustedRealTime() << "\n";
  }
};

}  // namespace

/// workloads --list | --peak-memory | WORK
int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() != 1) {
    std::cerr << "expected --list | --peak-memory | WORK\n";
    return 2;
  }
  if (words[0] == "--peak-memory") {
    print_peak_memory();
    return 0;
  }
  operations();
  training();
  loading();
  saving();
  if (words[0] == "--list") {
    for (const Work& work : works) std::cout << work.name << "\n";
    return 0;
  }
  for (const Work& work : works)
    if (work.name == words[0]) work.add();
  Times times;
  return benchmark::RunSpecifiedBenchmarks(&times) == 1 ? 0 : 2;
}
