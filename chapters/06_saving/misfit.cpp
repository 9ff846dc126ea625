/// A model as a list, and a list that does not fit: everything that is wrong comes in one error,
/// and nothing has changed.
#include <iostream>

#include "kindling/nn.h"
#include "kindling/ops.h"

using namespace kindling;

/// Brings its input to the mean 0 and the spread 1 that it has seen in the data, then answers.
struct Scaled : nn::Module {
  Tensor& mean = buffer("mean", tensor({0.5f, 2.0f}));
  Tensor& spread = buffer("spread", tensor({1.0f, 4.0f}));
  nn::Linear& answer = add<nn::Linear>("answer", 2, 1);

  Tensor forward(const Tensor& x) override { return answer((x - mean) / spread); }
};

struct Reader : nn::Module {
  Scaled& scaled = add<Scaled>("scaled");
  nn::Linear& last = add<nn::Linear>("last", 1, 3);

  Tensor forward(const Tensor& x) override { return last(scaled(x)); }
};

int main() {
  manual_seed(123);
  Reader model;
  for (const auto& [name, tensor] : model.state_dict())
    std::cout << name << " " << tensor.shape() << "\n";
  std::cout << "parameters: " << model.named_parameters().size()
            << ", entries of the state: " << model.state_dict().size() << "\n\n";

  StateDict state = model.state_dict();
  state[0].second.fill_(7);
  std::cout << "mean of the model, after a 7 was written into the list: " << model.scaled.mean
            << "\n\n";

  // Another program's: one name is another, one is new, one shape differs, the rest fits.
  StateDict other = {{"scaled.mean", tensor({1.0f, 1.0f})},   {"scaled.std", tensor({1.0f, 4.0f})},
                     {"scaled.answer.weight", zeros({1, 2})}, {"scaled.answer.bias", zeros({2})},
                     {"last.weight", zeros({3, 1})},          {"last.bias", zeros({3})}};
  try {
    model.load_state_dict(other);
  } catch (const Error& error) {
    std::cout << error.what() << "\n";
  }
  std::cout << "mean of the model, after the error: " << model.scaled.mean << "\n\n";

  other[3].second = zeros({1});
  std::cout << model.load_state_dict(other, false) << "\n";
  std::cout << "mean of the model, now: " << model.scaled.mean << "\n";
}
