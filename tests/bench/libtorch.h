#pragma once
/// What the benchmarks are written with, over libtorch. kindling.h has the same names over
/// Kindling.
#include <torch/torch.h>

#include <filesystem>
#include <memory>
#include <vector>

namespace library {

using torch::exp, torch::manual_seed, torch::randn, torch::rand, torch::set_num_threads,
    torch::tanh;
using torch::gelu, torch::log_softmax, torch::matmul, torch::relu, torch::softmax;
using torch::Tensor;
using Tensors = std::vector<Tensor>;
using NoGrad = torch::NoGradGuard;

inline Tensor sum_over(const Tensor& x, int dim) { return x.sum(dim); }
inline Tensor mean_of_rows(const Tensor& x) { return x.mean(-1, true); }
inline Tensor var_of_rows(const Tensor& x) { return x.var(-1, false, true); }
inline Tensor random_labels(int classes, std::int64_t n) {
  return torch::randint(classes, {n}, torch::kInt64);
}
inline Tensor cross_entropy(const Tensor& x, const Tensor& target) {
  return torch::nn::functional::cross_entropy(x, target);
}

/// Linear layers of these widths, with a ReLU after each but the last.
class Mlp {
 public:
  explicit Mlp(const std::vector<std::int64_t>& widths) {
    for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
      layers_->push_back(torch::nn::Linear(widths[i], widths[i + 1]));
      if (i + 2 < widths.size()) layers_->push_back(torch::nn::ReLU());
    }
  }
  Tensor operator()(const Tensor& x) { return layers_->forward(x); }
  Tensors parameters() { return layers_->parameters(); }

 private:
  torch::nn::Sequential layers_;
};

struct Sgd : torch::optim::SGD {
  Sgd(const Tensors& parameters, double lr) : SGD(parameters, torch::optim::SGDOptions(lr)) {}
};
struct Adam : torch::optim::Adam {
  explicit Adam(const Tensors& parameters) : torch::optim::Adam(parameters) {}
};

/// Shuffled batches of the rows of `data` and of `targets`.
class Loader {
  struct Rows : torch::data::Dataset<Rows> {
    Tensor data, targets;
    Rows(Tensor data, Tensor targets) : data(std::move(data)), targets(std::move(targets)) {}
    torch::data::Example<> get(std::size_t i) override {
      return {data[static_cast<std::int64_t>(i)], targets[static_cast<std::int64_t>(i)]};
    }
    torch::optional<std::size_t> size() const override { return data.size(0); }
  };
  using Batches = decltype(Rows({}, {}).map(torch::data::transforms::Stack<>()));
  using Random = torch::data::samplers::RandomSampler;

 public:
  Loader(const Tensor& data, const Tensor& targets, std::int64_t batch_size, int workers)
      : loader_(torch::data::make_data_loader<Random>(
            Rows(data, targets).map(torch::data::transforms::Stack<>()),
            torch::data::DataLoaderOptions(batch_size).workers(workers))) {}
  template <class F>
  void for_each_batch(F&& f) {
    for (const auto& batch : *loader_) f(batch.data, batch.target);
  }

 private:
  std::unique_ptr<torch::data::StatelessDataLoader<Batches, Random>> loader_;
};

inline void save(const Tensor& x, const std::filesystem::path& file) {
  torch::save(x, file.string());
}
inline Tensor load(const std::filesystem::path& file) {
  Tensor x;
  torch::load(x, file.string());
  return x;
}

}  // namespace library
