#pragma once
/// What the benchmarks are written with, over Kindling. libtorch.h has the same names over
/// libtorch, so that both do the same work.
#include <filesystem>
#include <vector>

#include "kindling/data.h"
#include "kindling/loss.h"
#include "kindling/nn.h"
#include "kindling/ops.h"
#include "kindling/optim.h"
#include "kindling/serialize.h"
#include "kindling/threads.h"

namespace library {

using namespace kindling;

inline Tensor sum_over(const Tensor& x, int dim) { return sum(x, dim); }
inline Tensor mean_of_rows(const Tensor& x) { return mean(x, -1, true); }
inline Tensor var_of_rows(const Tensor& x) { return var(x, -1, true, 0); }
inline Tensor random_labels(int classes, std::int64_t n) { return randint(0, classes, {n}); }
inline Tensor cross_entropy(const Tensor& x, const Tensor& target) {
  return nn::cross_entropy(x, target);
}

/// Linear layers of these widths, with a ReLU after each but the last.
class Mlp {
 public:
  explicit Mlp(const std::vector<std::int64_t>& widths) {
    for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
      layers_.append<nn::Linear>(widths[i], widths[i + 1]);
      if (i + 2 < widths.size()) layers_.append<nn::ReLU>();
    }
  }
  Tensor operator()(const Tensor& x) { return layers_(x); }
  Tensors parameters() { return layers_.parameters(); }

 private:
  nn::Sequential layers_;
};

struct Sgd : optim::SGD {
  Sgd(const Tensors& parameters, double lr) : SGD(parameters, {.lr = lr}) {}
};
struct Adam : optim::Adam {
  explicit Adam(const Tensors& parameters) : optim::Adam(parameters) {}
};

/// Shuffled batches of the rows of `data` and of `targets`.
class Loader {
 public:
  Loader(const Tensor& data, const Tensor& targets, std::int64_t batch_size, int workers)
      : loader_(data::TensorDataset(data, targets),
                {.batch_size = batch_size, .shuffle = true, .num_workers = workers}) {}
  template <class F>
  void for_each_batch(F&& f) {
    for (const auto& [data, targets] : loader_) f(data, targets);
  }

 private:
  data::DataLoader loader_;
};

inline void save(const Tensor& x, const std::filesystem::path& file) {
  save_safetensors(file, {{"x", x}});
}
inline Tensor load(const std::filesystem::path& file) { return load_safetensors(file)[0].second; }

}  // namespace library
