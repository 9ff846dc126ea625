/// Random programs over the exercises of chapter 3, which a judge compares with the reference.
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "kindling/autograd.h"
#include "kindling/module.h"
#include "kindling/nn.h"
#include "kindling/ops.h"
#include "testing/beside.h"

using namespace kindling;
using namespace kindling::testing;

TEST_SUITE_BEGIN("random programs");

namespace {

/// Lets a program reach what a subclass would call.
struct Open : nn::Module {
  using Module::add;
  using Module::buffer;
  using Module::parameter;
};

/// Another class, with something of its own.
struct Scaled : Open {
  Tensor& scale = parameter("scale", ones({1}));
};

/// What is done at once, or when all else has been called.
class Later {
 public:
  explicit Later(Program& p) : p_(p) {}
  void now_or_then(const std::function<void()>& f) {
    if (p_.chance(0.7)) return f();
    waiting_.push_back(f);
  }
  void then() {
    for (const auto& f : waiting_) f();
    waiting_.clear();
  }

 private:
  Program& p_;
  std::vector<std::function<void()>> waiting_;
};

/// A tree of modules, all of whose parameters are known.
class Forest {
 public:
  explicit Forest(Program& p) : p_(p) {}

  std::unique_ptr<Open> grow(std::int64_t most_modules) {
    auto root = p_.chance(0.2) ? std::make_unique<Scaled>() : std::make_unique<Open>();
    modules_ = {root.get()};
    remember(*root);
    std::vector<std::string> paths = {"module"};
    text_ = "the root";
    declare(*root);
    while (std::ssize(modules_) < most_modules) {
      const auto at = static_cast<std::size_t>(
          p_.chance(0.3) ? std::ssize(modules_) - 1 : p_.between(0, std::ssize(modules_) - 1));
      const std::string name = fresh_name();
      Open& child =
          p_.chance(0.2) ? modules_[at]->add<Scaled>(name) : modules_[at]->add<Open>(name);
      remember(child);
      modules_.push_back(&child);
      paths.push_back(paths[at] + "/" + name);
      text_ += "\n" + paths.back();
      declare(child);
      if (p_.chance(0.3)) {  // something behind the child
        text_ += "\nagain " + paths[at];
        declare(*modules_[at]);
      }
    }
    p_.given("module", text_);
    if (p_.chance(0.2)) any().eval();
    return root;
  }

  /// Puts another tensor, or none, in the place of a parameter.
  void change() {
    if (places_.empty()) return;
    const auto at = static_cast<std::size_t>(p_.between(0, std::ssize(places_) - 1));
    *places_[at] = draw();
    if (p_.chance(0.3)) {  // what parameter() would not take
      tensors_.push_back(p_.chance(0.5) ? zeros({2}, int64) : ones({2}).requires_grad_() * 2);
      *places_[at] = tensors_.back();
    }
  }

  /// Which of the tensors it is.
  std::string number_of(const Tensor& x) const {
    for (std::size_t i = 0; i < tensors_.size(); ++i)
      if (tensors_[i].shared_impl() == x.shared_impl()) return text("tensor ", i);
    return "a tensor that is none of the module's";
  }

  /// What a list of names leaves as it is.
  std::string flags() const {
    std::string out;
    for (const Tensor& x : tensors_)
      out += text(x.requires_grad(),
                  x.is_floating_point() && x.requires_grad() && x.is_leaf() && x.grad().defined());
    for (const Open* module : modules_) out += text(" ", module->is_training());
    return out;
  }
  void give_a_gradient() {
    for (Tensor& x : tensors_)
      if (x.requires_grad() && x.is_leaf() && p_.chance(0.5)) x.set_grad(zeros_like(x).detach());
  }

  std::int64_t held() const {
    return std::ranges::count_if(tensors_,
                                 [](const Tensor& x) { return x.shared_impl().use_count() > 1; });
  }
  Open& any() const {
    return *modules_[static_cast<std::size_t>(p_.between(0, std::ssize(modules_) - 1))];
  }

 private:
  std::string fresh_name() {
    const std::string name = p_.pick<std::string>({"a", "weight", "bias", "0", "10", "größe",
                                                   "the b", "_", "Layer", "child", "state", "b-1"});
    return p_.chance(0.05) ? std::string(60, 'n') + std::to_string(++number_)
                           : name + std::to_string(++number_);
  }
  Tensor draw() {
    if (p_.chance(0.15)) return {};
    if (!tensors_.empty() && p_.chance(0.2))
      return tensors_[static_cast<std::size_t>(p_.between(0, std::ssize(tensors_) - 1))];
    Tensor made = zeros(p_.shape(0, 3, 3), p_.chance(0.3) ? float64 : float32, p_.device());
    if (!tensors_.empty() && p_.chance(0.1) && tensors_.back().is_floating_point())
      made = tensors_.back().detach();  // another tensor over the same memory
    tensors_.push_back(made);
    return made;
  }
  void remember(Open& module) {
    if (auto* scaled = dynamic_cast<Scaled*>(&module)) {
      tensors_.push_back(scaled->scale);
      places_.push_back(&scaled->scale);
    }
  }
  void declare(Open& module) {
    const std::int64_t many = p_.chance(0.03) ? 30 : p_.between(0, 4);
    for (std::int64_t i = 0; i < many; ++i) {
      const std::string name = fresh_name();
      if (p_.chance(0.2)) {
        module.buffer(name, p_.chance(0.2) ? Tensor() : zeros({1}));
        if (p_.chance(0.2)) module.buffer(name + "+", zeros({1}).requires_grad_());
        text_ += text(" buffer ", name);
        continue;
      }
      places_.push_back(&module.parameter(name, draw()));
      const Tensor& made = *places_.back();
      if (made.defined() && p_.chance(0.2)) Tensor(made).requires_grad_(false);
      text_ += text(" ", name, made.defined() ? "" : " (absent)");
    }
  }

  Program& p_;
  std::vector<Open*> modules_;
  std::vector<Tensor*> places_;
  Tensors tensors_;
  std::string text_;
  std::int64_t number_ = 0;
};

}  // namespace

namespace {

/// Modules below each other.
void list_a_chain(Program& p, std::int64_t depth) {
  Open root;
  Open* last = &root;
  for (std::int64_t i = 0; i < depth; ++i) {
    last = &last->add<Open>("c");
    if (p.chance(0.05)) last->parameter("w", zeros({1}));
  }
  last->parameter("end", zeros({1}));
  p.given("module", text("a chain of ", depth, " modules, each the child \"c\" of the one before"));
  const auto found = p.call("module.named_parameters()", [&] { return root.named_parameters(); });
  if (!found) return;
  p.see("how many", found->size());
  for (std::size_t i = 0; i < found->size(); ++i)
    p.see(text("the length of the name of [", i, "]"), (*found)[i].first.size());
}

}  // namespace

TEST_CASE("3.1  random trees of modules, beside the reference") {
  beside_reference(150, [](Program& p) {
    if (p.number() % 50 == 49) return list_a_chain(p, 2 * p.number());
    Forest forest(p);
    {
      const std::unique_ptr<Open> root = forest.grow(1 + p.between(0, p.number() / 6));
      const auto look = [&](const std::string& what, const nn::Module& module) {
        const auto found = p.call(what, [&] { return module.named_parameters(); });
        if (!found) return;
        p.see(what + ", how many", found->size());
        for (std::size_t i = 0; i < found->size(); ++i) {
          const auto& [name, tensor] = (*found)[i];
          p.see(text(what, "[", i, "]"), name);
          p.see(text(what, "[", i, "], whose name is \"", name, "\""),
                tensor.defined() ? forest.number_of(tensor) : "an undefined tensor");
        }
      };
      if (p.chance(0.4)) forest.give_a_gradient();
      const std::string before = forest.flags();
      look("module.named_parameters()", *root);
      p.see("gradients, what requires some, and modes, before and after that",
            before == forest.flags() ? "the same" : "others");
      look("the list of one of the modules", forest.any());
      for (std::int64_t i = p.between(0, 4); i > 0; --i) forest.change();
      look("the list after some parameters were replaced", *root);
      if (p.chance(0.3)) {
        Open& last = forest.any().add<Open>("the last");
        last.parameter("one more", Tensor());
        last.parameter("late", zeros({2}));
        NoGrad guard;
        const auto found = p.call("module.named_parameters(), after one more was added",
                                  [&] { return std::as_const(*root).named_parameters(); });
        if (found) p.see("how many there are, after one more was added", found->size());
      }
      if (p.chance(0.1))
        p.see("whether four threads see the same", agree_in_threads(20, [&](int) {
                std::string names;
                for (const auto& [name, tensor] : root->named_parameters()) names += name + "\n";
                return names;
              }));
    }
    p.see("how many parameters somebody holds when the module is gone", forest.held());
  });
}

TEST_CASE("3.2  random layers, beside the reference") {
  beside_reference(150, [](Program& p) {
    const std::int64_t largest = p.size() > 0.9 ? 41 : 7;
    const std::int64_t in = p.length(largest), out = p.length(largest);
    const bool with_bias = p.chance(0.7);
    const std::string described = text("Linear(", in, ", ", out, with_bias ? ")" : ", no bias)");
    p.given("layer", described);
    const auto made =
        p.call(described, [&] { return std::make_unique<nn::Linear>(in, out, with_bias); });
    if (!made) return;
    nn::Linear& layer = **made;
    p.see("the weight that it begins with", layer.weight.detach().clone());
    if (with_bias) p.see("the bias that it begins with", layer.bias.detach().clone());

    // Other parameters, which may lie in memory in other ways.
    const Device device = p.device();
    Draw draw{.dtype = p.pick({float32, float64}), .device = device};
    const bool may_be_expanded = p.chance(0.3);
    const auto draw_parameters = [&] {
      draw.requires_grad = p.chance(0.8);
      layer.weight = p.tensor("weight", {out, in}, draw);
      draw.requires_grad = p.chance(0.8);
      if (with_bias) layer.bias = p.tensor("bias", {out}, draw);
    };
    if (!may_be_expanded && p.chance(0.5)) {
      draw_parameters();
      const Storage memory = layer.weight.storage();
      if (p.chance(0.3)) layer.train(p.chance(0.3));
      for (const Tensor& parameter : {layer.weight, layer.bias})
        if (parameter.defined() && parameter.requires_grad() && p.chance(0.4))
          Tensor(parameter).set_grad(ones_like(parameter.detach()));
      p.call("layer.reset_parameters()", [&] { layer.reset_parameters(); });
      p.see("whether the weight is where it was", layer.weight.storage() == memory);
      if (p.chance(0.3))
        p.call("layer.reset_parameters() once more", [&] { layer.reset_parameters(); });
      p.unwatch();
    }
    draw.repeated = may_be_expanded;
    draw_parameters();

    p.with_words();
    Later later(p);
    for (std::int64_t i = p.between(1, 3); i > 0; --i) {
      if (p.chance(0.2)) layer.train(p.chance(0.4));
      Shape shape = p.shape(0, 4, p.size() > 0.9 ? 43 : 7, 0, 500);
      if (p.chance(0.03)) shape = {p.between(120, 400)};
      if (p.chance(0.95)) shape.push_back(in);
      if (!shape.empty() && p.chance(0.05)) shape.back() = p.between(0, 3);
      draw.requires_grad = p.chance(0.6);
      draw.repeated = p.chance(0.2);
      const DType dtype = draw.dtype;
      // An Error of the product, not of this layer.
      if (p.chance(0.05)) draw.dtype = dtype == float32 ? float64 : float32;
      draw.values = p.chance(0.15) ? Draw::whole_special : Draw::whole;
      const Tensor x = p.chance(0.1) ? layer.weight : p.tensor("x", shape, draw);
      draw.dtype = dtype;
      draw.values = Draw::whole;
      p.with_words(x.dtype() == dtype);  // else an Error of one product or another
      const bool without = p.chance(0.15);
      std::optional<Tensor> y;
      if (without) {
        NoGrad guard;
        y = p.compare("layer(x), under NoGrad", [&] { return layer(x); });
      } else {
        y = p.compare("layer(x)", [&] { return layer(x); });
      }
      if (!y) continue;
      if (x.dim() != 1 || with_bias) p.see("the operation behind y", y->grad_fn());
      if (!y->requires_grad() || p.chance(0.1)) continue;
      draw.requires_grad = false;
      draw.repeated = p.chance(0.2);
      const Tensor dy = p.tensor("dy", y->shape(), draw);
      const bool twice = p.chance(0.2);
      later.now_or_then([&p, y = *y, dy, twice] {
        p.allow(Work::products, 2, 1);  // as the library has it
        p.call("y.backward(dy)", [&] { y.backward(dy, twice); });
        if (twice) p.call("y.backward(dy), once more", [&] { y.backward(dy); });
        p.allow(Work::products, 1, 0);
      });
    }
    later.then();
    if (p.chance(0.1) && device == cpu) {
      const Tensor x = ones({3, 2, in}, draw.dtype);
      p.see("whether four threads compute the same",
            agree_in_threads(20, [&](int) { return text(layer(x).detach()); }));
    }
  });
}

TEST_CASE("3.3  random numbers, beside the reference") {
  beside_reference(250, [](Program& p) {
    p.with_words().with_graph().within(20);
    Shape shape = p.size() == 1 ? Shape{7, 41, 43} : p.shape(0, 5);
    if (p.chance(0.15)) shape = Shape(shape.size() % 4, p.length(6, 1));  // all axes alike
    Draw draw{.dtype = p.chance(0.06) ? p.pick({int64, bool_}) : p.pick({float32, float64}),
              .values = p.chance(0.3) ? Draw::infinite : Draw::digits,
              .times = p.pick({0.01, 1., 4., 40., 40.}),
              .device = p.device(),
              .repeated = p.chance(0.2)};
    draw.requires_grad = p.chance(0.8) && is_floating_point(draw.dtype);
    const Tensor leaf = p.tensor("x", shape, draw);
    Later later(p);
    for (int i = 0; i < 2; ++i) {
      // Not only leaves have gradients.
      const Tensor x = p.chance(0.2) && leaf.is_floating_point() ? leaf * 0.5 : leaf;
      if (x.shared_impl() != leaf.shared_impl()) p.watch("x / 2", x);
      const bool without = p.chance(0.15);
      std::optional<Tensor> y;
      if (without) {
        NoGrad guard;
        y = p.compare("silu(x), under NoGrad", [&] { return silu(x); });
      } else {
        y = p.compare("silu(x)", [&] { return silu(x); });
      }
      p.see("whether operations are recorded afterwards", grad_enabled());
      if (!y || !y->requires_grad() || p.chance(0.1)) continue;
      const Tensor dy = p.chance(0.15) ? x.detach()
                                       : p.tensor("dy", shape,
                                                  {.dtype = draw.dtype,
                                                   .values = draw.values,
                                                   .device = draw.device,
                                                   .repeated = p.chance(0.2)});
      const bool twice = p.chance(0.3);
      const bool shared = p.chance(0.3);  // other operations get the same gradient
      const Tensor z = shared ? *y + x * 2 : *y;
      later.now_or_then([&p, z, dy, twice,
                         call = shared ? "(silu(x) + 2 x).backward(dy)" : "silu(x).backward(dy)"] {
        p.call(call, [&] { z.backward(dy, twice); });
        if (twice) p.call(text(call, ", once more"), [&] { z.backward(dy); });
      });
    }
    later.then();
    if (p.number() % 125 != 124) return;
    Tensors results;
    for (int i = 0; i < 4; ++i) results.push_back(silu(full({3}, i, float64).requires_grad_()));
    const Tensor dy = ones({3}, float64);
    p.see("whether four threads get the gradients that each gets alone",
          agree_in_threads(500, [&](int i) {
            return results[i].autograd()->node->backward(dy).at(0).to_vector<double>();
          }));
  });
}

namespace {

/// y = k x + shift, and a note of what it was called with.
struct Noting : nn::Module {
  double k, shift;
  std::vector<std::string>* notes;
  std::string named;
  Noting(std::string named, double k, double shift, std::vector<std::string>* notes)
      : k(k), shift(shift), notes(notes), named(std::move(named)) {}
  Tensor forward(const Tensor& x) override {
    notes->push_back(text(named, is_training() ? " in training" : " in evaluation",
                          grad_enabled() ? "" : " under NoGrad"));
    if (k == 0) fail("this layer refuses every input");
    if (k == 1 && shift == 0) return x;
    return x * k + shift;
  }
};

/// Has a child that is no layer of the chain.
struct WithHead : nn::Sequential {
  std::vector<std::string> unheard;
  Noting& head = add<Noting>("head", "the head, which is no layer", 3., 1., &unheard);
};

/// Takes the name of the third layer.
struct WithTwo : nn::Sequential {
  std::vector<std::string> unheard;
  Noting& two = add<Noting>("2", "two, which is no layer", 3., 1., &unheard);
};

}  // namespace

TEST_CASE("3.4  random chains of layers, beside the reference") {
  beside_reference(120, [](Program& p) {
    p.allow_any_work();  // of the layers
    std::vector<std::string> notes;
    std::unique_ptr<nn::Sequential> outer;
    const std::int64_t kind = p.between(0, 9);
    if (kind == 0)
      outer = std::make_unique<WithHead>();
    else if (kind == 1)
      outer = std::make_unique<WithTwo>();
    else
      outer = std::make_unique<nn::Sequential>();
    p.given("layers", kind == 0   ? "a subclass of Sequential with a child \"head\" besides"
                      : kind == 1 ? "a subclass of Sequential with a child \"2\" besides"
                                  : "a Sequential");
    nn::Sequential other;  // that is built and called in between
    std::vector<nn::Sequential*> sequences = {outer.get(), &other};
    std::vector<std::vector<nn::Module*>> appended(2);  // what each was given
    std::int64_t number = 0;

    const auto append = [&](std::size_t to) {
      nn::Sequential& layers = *sequences[to];
      std::unique_ptr<nn::Module> layer;
      std::string what;
      const std::int64_t drawn = p.between(0, 11);
      const std::string name = text("layer number ", number++);
      if (drawn == 0) {
        what = "a null pointer";
      } else if (drawn == 1) {
        layer = std::make_unique<nn::Identity>();
        what = "an Identity";
      } else if (drawn == 2) {
        layer = std::make_unique<nn::ReLU>();
        what = "a ReLU";
      } else if (drawn == 3 && sequences.size() < 5) {
        layer = std::make_unique<nn::Sequential>();
        what = "a Sequential";
      } else {
        const double k = p.pick({1., -1., 0.5, 2.}), shift = double(p.between(0, 3));
        layer = std::make_unique<Noting>(p.chance(0.05) ? name + ", which refuses" : name,
                                         p.chance(0.04) ? 0. : k, shift, &notes);
        if (p.chance(0.2)) layer->eval();
        what = text("a layer y = ", k, " x + ", shift);
      }
      nn::Module* const address = layer.get();
      const std::string call = text(to == 1   ? "other"
                                    : to == 0 ? "layers"
                                              : "inner",
                                    ".append(", what, ")");
      const auto returned =
          p.call(call, [&] { return &layers.append(std::move(layer)) == &layers; });
      if (returned) {
        p.see("whether append() returned the Sequential itself", *returned);
        appended[to].push_back(address);
        if (auto* inner = dynamic_cast<nn::Sequential*>(address)) {
          sequences.push_back(inner);
          appended.emplace_back();
        }
      }
      p.see("the number of layers after " + call, layers.size());
      std::vector<std::string> names;
      for (const auto& [child_name, child] : layers.named_children()) names.push_back(child_name);
      if (!names.empty() && names.size() < 12)
        p.see("the names of the children after " + call, names);
      else if (!names.empty())
        p.see("the name of the last child after " + call, names.back());
      for (std::int64_t i = 0; i < layers.size(); ++i)
        if (&layers[i] != appended[to][static_cast<std::size_t>(i)])
          p.see(text("layer ", i, " after ", call),
                "another module than the one that was appended");
      if (layers.size() > 0 && p.chance(0.2))
        p.see("the last layer's name among the children", [&]() -> std::string {
          for (const auto& [child_name, child] : layers.named_children())
            if (child == &layers[-1]) return child_name;
          return "none";
        }());
    };

    const std::int64_t most = p.size() > 0.9 ? 20 : 3 + p.number() / 25;
    for (int round = 0; round < 3; ++round) {
      for (std::int64_t i = p.between(p.size() > 0.9 ? most / 2 : 0, most); i > 0; --i)
        append(static_cast<std::size_t>(p.between(0, std::ssize(sequences) - 1)));
      if (p.chance(0.3)) outer->train(p.chance(0.5));
      const Tensor x = p.tensor("x", p.shape(0, 3, 4),
                                {.values = p.chance(0.2) ? Draw::whole_special : Draw::whole,
                                 .requires_grad = p.chance(0.3)});
      for (nn::Sequential* layers : {outer.get(), &other, outer.get()}) {
        notes.clear();
        const std::string call = layers == &other ? "other(x)" : "layers(x)";
        const bool without = p.chance(0.1);
        std::optional<Tensor> y;
        if (without) {
          NoGrad guard;
          y = p.compare(call, [&] { return (*layers)(x); });
        } else {
          y = p.compare(call, [&] { return (*layers)(x); });
        }
        p.see("how many layers were called in " + call, notes.size());
        for (std::size_t i = 0; i < notes.size(); ++i)
          p.see(text("call ", i, " in ", call), notes[i]);
        if (y) p.see("whether x itself came out", y->shared_impl() == x.shared_impl());
        if (y && y->requires_grad() && p.chance(0.5)) {
          const Tensor dy = ones(y->shape());
          p.call("backward()", [&] { y->backward(dy); });
        }
      }
    }
  });
}

TEST_CASE("3.5  random masks, beside the reference") {
  beside_reference(250, [](Program& p) {
    p.within(20);
    const auto draw_p = [&] {
      return p.chance(0.5) ? p.pick({0., 1., 0.5, 0.1, 1e-12, 1 - 1e-12}) : p.uniform();
    };
    const double p_of_first = draw_p(), p_of_second = draw_p();
    nn::Dropout first(p_of_first), second(p_of_second);
    p.given("first", text("Dropout(", p_of_first, ")"));
    p.given("second", text("Dropout(", p_of_second, ")"));
    const DType dtype = p.pick({float32, float64});
    const Device device = p.device();
    Shape shape = p.size() == 1 ? Shape{7, 41, 43} : p.shape(0, 5);
    if (p.chance(0.15)) shape = Shape(shape.size() % 4, p.length(6, 1));  // all axes alike
    const bool always_one = p_of_first == 1 && p_of_second == 1;
    const Tensor leaf = p.tensor("x", shape,
                                 {.dtype = dtype,
                                  .values = !p.chance(0.3) ? Draw::digits
                                            : always_one   ? Draw::special
                                                           : Draw::infinite,
                                  .device = device,
                                  .repeated = p.chance(0.2),
                                  .requires_grad = p.chance(0.7)});
    Later later(p);
    for (std::int64_t i = p.between(2, 5); i > 0; --i) {
      const bool is_first = p.chance(0.6);
      nn::Dropout& layer = is_first ? first : second;
      if (p.chance(0.4)) layer.train(p.chance(0.6));
      const Tensor x = p.chance(0.2) ? leaf * 2 : leaf;
      if (x.shared_impl() != leaf.shared_impl()) p.watch("2 x", x);
      const std::string call = text(is_first ? "first" : "second", "(x), in ",
                                    layer.is_training() ? "training" : "evaluation");
      std::optional<Tensor> y;
      if (p.chance(0.15)) {
        NoGrad guard;
        y = p.compare(call + ", under NoGrad", [&] { return layer(x); });
      } else {
        y = p.compare(call, [&] { return layer(x); });
      }
      if (!y) continue;
      p.see("whether x itself came out", y->shared_impl() == x.shared_impl());
      if (!y->requires_grad() || y->is_leaf() || p.chance(0.1)) continue;
      const Tensor dy = p.tensor("dy", shape,
                                 {.dtype = dtype,
                                  .values = p.chance(0.3) ? Draw::infinite : Draw::digits,
                                  .device = device});
      const bool twice = p.chance(0.2);
      later.now_or_then([&p, y = *y, dy, twice] {
        p.call("y.backward(dy)", [&] { y.backward(dy, twice); });
        if (twice) p.call("y.backward(dy), once more", [&] { y.backward(dy); });
      });
    }
    later.then();
    if (p.number() % 125 != 124) return;
    nn::Dropout half(0.5);
    p.see("whether four threads, from the same seed, drop what each drops alone",
          agree_in_threads(200, [&](int i) {
            manual_seed(static_cast<std::uint64_t>(i));  // the thread's own
            return half(ones({5 + i})).to_vector<float>();
          }));
  });
}

TEST_SUITE_END();
