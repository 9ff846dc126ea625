#include <doctest/doctest.h>

#include "kindling/nn.h"
#include "kindling/ops.h"
#include "testing/oracle.h"

/// Section 5 of the hour, and the texts of models.
using namespace kindling;
using namespace kindling::testing;

namespace {

struct NeuralNetwork : nn::Module {
  nn::Sequential& layers = add<nn::Sequential>("layers");
  NeuralNetwork(std::int64_t inputs, std::int64_t outputs) {
    layers.append<nn::Linear>(inputs, 30)
        .append<nn::ReLU>()
        .append<nn::Linear>(30, 20)
        .append<nn::ReLU>()
        .append<nn::Linear>(20, outputs);
  }
  Tensor forward(const Tensor& x) override { return layers(x); }
};

/// A user's class, as the oracle describes it: a name and children.
struct Described : nn::Module {
  std::string own_name;
  explicit Described(const Json& model);
  std::string name() const override { return own_name; }
};

/// The module that a description asks for; null for those of a later chapter.
std::unique_ptr<nn::Module> build(const Json& model) {
  const std::string type = model.at("type");
  const Json args = model.value("args", Json::object());
  if (type == "Linear")
    return std::make_unique<nn::Linear>(args.at("in_features"), args.at("out_features"),
                                        args.value("bias", true));
  if (type == "ReLU") return std::make_unique<nn::ReLU>();
  if (type == "GELU") return std::make_unique<nn::GELU>(args.value("approximate", "none"));
  if (type == "Embedding") {
    std::optional<std::int64_t> padding;
    if (args.contains("padding_idx")) padding = args.at("padding_idx").get<std::int64_t>();
    return std::make_unique<nn::Embedding>(args.at("num_embeddings"), args.at("embedding_dim"),
                                           padding);
  }
  if (type == "LayerNorm")
    return std::make_unique<nn::LayerNorm>(to_shape(args.at("normalized_shape")),
                                           args.value("eps", 1e-5),
                                           args.value("elementwise_affine", true));
  if (type == "Tanh") return std::make_unique<nn::Tanh>();
  if (type == "Sigmoid") return std::make_unique<nn::Sigmoid>();
  if (type == "Identity") return std::make_unique<nn::Identity>();
  if (type == "Softmax") return std::make_unique<nn::Softmax>(args.at("dim"));
  if (type == "Dropout") return std::make_unique<nn::Dropout>(args.value("p", 0.5));
  if (type == "Flatten")
    return std::make_unique<nn::Flatten>(args.value("start_dim", 1), args.value("end_dim", -1));
  if (type == "Module") return std::make_unique<Described>(model);
  if (type == "Sequential") {
    auto layers = std::make_unique<nn::Sequential>();
    for (const Json& child : model.at("children")) layers->append(build(child[1]));
    return layers;
  }
  return nullptr;
}

Described::Described(const Json& model) : own_name(model.at("name")) {
  for (const Json& child : model.at("children")) add(child[0].get<std::string>(), build(child[1]));
}

}  // namespace

TEST_CASE("every text of nn.json's models, to the character") {
  int later = 0;
  for (const Json& c : load_oracle("nn").at("repr")) {
    const auto model = build(c.at("model"));
    if (!model) {
      ++later;
      continue;
    }
    CHECK(to_string(*model) == c.at("text").get<std::string>());
    CHECK(model->num_parameters() == c.at("parameters").get<std::int64_t>());
  }
  CHECK(later == 6);  // LogSoftmax and the losses: tests/04_training
}

TEST_CASE("the hour, section 5") {
  const Json& hour = load_oracle("nn").at("hour");
  manual_seed(123);
  NeuralNetwork model(50, 3);
  CHECK(model.num_parameters() == 2213);
  CHECK(model.num_parameters() == hour.at("parameters_50_3").get<std::int64_t>());
  CHECK(NeuralNetwork(2, 2).num_parameters() == hour.at("parameters_2_2").get<std::int64_t>());

  std::vector<std::string> names;
  for (const auto& [name, tensor] : model.named_parameters()) names.push_back(name);
  CHECK(names == std::vector<std::string>{"layers.0.weight", "layers.0.bias", "layers.2.weight",
                                          "layers.2.bias", "layers.4.weight", "layers.4.bias"});

  const Tensor weight = model.layers.get<nn::Linear>(0).weight;
  check_close("layers.0.weight", weight, to_tensor(hour.at("weight0")), exact);
  CHECK("Parameter containing:\n" + to_string(weight) ==
        hour.at("weight0_text").get<std::string>());

  manual_seed(123);
  const Tensor x = rand({1, 50});
  const Tensor out = model(x);
  check_close("forward", out, to_tensor(hour.at("forward")));
  CHECK(to_string(out) == hour.at("forward_text").get<std::string>());
  check_close("softmax", softmax(out, 1), to_tensor(hour.at("softmax")));

  NoGrad guard;
  CHECK(to_string(model(x)) == hour.at("forward_no_grad_text").get<std::string>());
  CHECK(to_string(softmax(model(x), 1)) == hour.at("softmax_no_grad_text").get<std::string>());
}
