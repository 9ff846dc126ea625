/// What is measured: one source for both libraries. `./learn bench` runs it over each in turn.
#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>
#include <limits>
#include <memory>
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
void measure(const std::string& name, Prepare prepare, int repetitions = 8) {
  works.push_back({name, [name, prepare, repetitions] {
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
                         ->MinTime(0.03)
                         ->Repetitions(repetitions);
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
  measure("epoch 784-512-256-10, 6400 images", [] {
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

/// A file in $TMPDIR or /tmp, and a name for its copy. Both are gone with this.
struct TemporaryFile {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("kindling_bench_" + std::to_string(getpid()));
  const std::filesystem::path copy = path.string() + ".copy";
  ~TemporaryFile() {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
    std::filesystem::remove(copy, ignored);
  }
};

/// 400 MB, and how long cp takes for the same file.
void saving() {
  measure(
      "save 400 MB",
      [] {
        const auto file = std::make_shared<TemporaryFile>();
        const Tensor x = randn({100'000'000});
        return [=] { save(x, file->path); };
      },
      2);
  measure(
      "load 400 MB",
      [] {
        const auto file = std::make_shared<TemporaryFile>();
        save(randn({100'000'000}), file->path);
        return [=] { benchmark::DoNotOptimize(load(file->path)); };
      },
      2);
  measure(
      "cp 400 MB",
      [] {
        const auto file = std::make_shared<TemporaryFile>();
        save(randn({100'000'000}), file->path);
        return [=] {
          const std::string command =
              "cp '" + file->path.string() + "' '" + file->copy.string() + "'";
          if (std::system(command.c_str()) != 0) std::abort();
        };
      },
      2);
}

/// The most memory that the process had at any time, in MB.
void print_peak_memory() {
  auto step = training_step(mnist, 64);
  for (int i = 0; i < 100; ++i) step();
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  std::cout << static_cast<double>(used.ru_maxrss) / 1024 << "\n";
}

/// Prints the microseconds of the quickest repetition: the others were disturbed by what else the
/// machine does, and say nothing about the library. Or the mean, where that is what is looked for.
class PrintTime : public benchmark::BenchmarkReporter {
 public:
  explicit PrintTime(bool mean) : mean_(mean) {}
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    double quickest = std::numeric_limits<double>::infinity(), sum = 0, count = 0;
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration) continue;  // statistics
      quickest = std::min(quickest, run.GetAdjustedRealTime());
      sum += run.GetAdjustedRealTime();
      ++count;
    }
    if (count > 0) std::cout << (mean_ ? sum / count : quickest) << "\n";
  }

 private:
  bool mean_;
};

}  // namespace

/// workloads --list | --peak-memory | WORK [mean]
int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.empty() || words.size() > 2 || (words.size() == 2 && words[1] != "mean")) {
    std::cerr << "expected --list | --peak-memory | WORK [mean]\n";
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
  PrintTime time(words.size() == 2);
  return benchmark::RunSpecifiedBenchmarks(&time) == 1 ? 0 : 2;
}
