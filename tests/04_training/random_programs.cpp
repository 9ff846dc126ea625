/// Random programs over the exercises of chapter 4, which a judge compares with the reference.
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kindling/autograd.h"
#include "kindling/loss.h"
#include "kindling/module.h"
#include "kindling/nn.h"
#include "kindling/ops.h"
#include "kindling/optim.h"
#include "kindling/train.h"
#include "testing/beside.h"

using namespace kindling;
using namespace kindling::testing;

TEST_SUITE_BEGIN("random programs");

namespace {

/// Rounding adds up along an axis, and over several steps.
constexpr double rounding = 60;

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

/// Whether four threads, each with numbers of its own, get of f's rule what each gets alone.
void see_rules_in_threads(Program& p, const std::function<Tensor(const Tensor&)>& f) {
  Tensors results;
  for (int i = 0; i < 4; ++i)
    results.push_back(f((arange(6.).view({2, 3}) * (i + 1)).requires_grad_()));
  p.see("whether four threads get of its rule what each gets alone",
        agree_in_threads(500, [&](int i) {
          const Tensor dy = full(results[i].shape(), i + 1, results[i].dtype());
          return results[i].autograd()->node->backward(dy).at(0).to_vector<double>();
        }));
}

/// f(), sometimes under NoGrad.
template <class F>
std::optional<Tensor> compare(Program& p, const std::string& what, F f) {
  if (!p.chance(0.12)) return p.compare(what, f);
  NoGrad guard;
  return p.compare(what + ", under NoGrad", f);
}

}  // namespace

TEST_CASE("4.1  random axes, beside the reference") {
  beside_reference(300, [](Program& p) {
    p.with_words().with_graph().within(rounding);
    const Device device = p.device();
    if (device != cpu) p.allow_any_work();  // a row may be computed on the CPU
    Shape shape = p.size() == 1 ? Shape{5, 43, 41} : p.shape(0, 5, 12);
    if (p.chance(0.2)) shape = Shape(shape.size() % 4, p.length(6, 1));  // all axes alike
    const bool of_ones = p.number() % 10 == 9;  // whose logarithms are 0, or NaN
    if (of_ones) shape = Shape(static_cast<std::size_t>(p.between(0, 3)), 1);
    const DType dtype = p.chance(0.05) ? p.pick({int64, bool_}) : p.pick({float32, float64});
    Draw draw{.dtype = dtype,
              .values = of_ones || p.chance(0.4) ? Draw::special : Draw::digits,
              .times = p.pick({1., 1., 4., 300.}),
              .device = device,
              .repeated = p.chance(0.15)};
    draw.requires_grad = p.chance(0.8) && is_floating_point(dtype);
    const Tensor leaf = p.tensor("x", shape, draw);
    const std::int64_t axes = std::max<std::int64_t>(std::ssize(shape), 1);
    Later later(p);
    for (int i = 0; i < 2; ++i) {
      const std::int64_t beyond = p.chance(0.1) && leaf.is_floating_point() ? 2 : 0;
      const std::int64_t dim = p.between(-axes - beyond, axes - 1 + beyond);
      const Tensor x = p.chance(0.2) && leaf.is_floating_point() ? leaf * 0.5 : leaf;
      if (x.shared_impl() != leaf.shared_impl()) p.watch("x / 2", x);
      const std::string call = text("log_softmax(x, ", dim, ")");
      auto y = compare(p, call, [&] { return log_softmax(x, dim); });
      p.see("whether operations are recorded after " + call, grad_enabled());
      if (!y || !y->requires_grad() || p.chance(0.1)) continue;
      const Tensor dy =
          p.tensor("dy", shape,
                   {.dtype = dtype,
                    .values = p.pick({Draw::whole, Draw::whole, Draw::digits, Draw::whole_special}),
                    .device = device,
                    .repeated = p.chance(0.2)});
      const bool twice = p.chance(0.3), shared = p.chance(0.2), changed = p.chance(0.1);
      const Tensor z = shared ? *y + x * 2 : *y;
      later.now_or_then([&p, y = *y, z, dy, twice, changed,
                         call = text(shared ? "(y + 2 x)" : "y", ".backward(dy), y = ", call)] {
        p.call(call, [&] { z.backward(dy, twice || changed); });
        if (twice) p.call(call + ", once more", [&] { z.backward(dy, changed); });
        if (!changed) return;
        {
          NoGrad guard;
          Tensor(y).add_(1);
        }
        p.with_words(false);  // they count how often y was changed
        p.call(call + ", after y.add_(1)", [&] { z.backward(dy); });
        p.with_words();
      });
    }
    later.then();
    if (p.number() % 100 == 99)
      see_rules_in_threads(p, [](const Tensor& logits) { return log_softmax(logits, 1); });
  });
}

TEST_CASE("4.2  random labels, beside the reference") {
  beside_reference(200, [](Program& p) {
    p.with_words().with_graph().within(rounding);
    const Device device = p.device();
    // [classes], [batch, classes] or [batch, classes, …]
    Shape shape = p.size() == 1 ? Shape{37, 43, 3} : p.shape(1, 4, p.size() > 0.8 ? 12 : 6);
    if (p.chance(0.2)) shape = Shape(shape.size() % 4 + 1, p.length(6, 1));  // all axes alike
    const std::size_t axis = shape.size() == 1 ? 0 : 1;
    const bool one_class = p.number() % 8 == 7;  // whose loss is 0, or NaN
    if (one_class) shape[axis] = 1;
    const bool no_class = p.number() % 20 == 3;
    if (no_class) shape[axis] = 0;
    const std::int64_t classes = shape[axis];
    Shape of_labels = shape;
    of_labels.erase(of_labels.begin() + static_cast<std::ptrdiff_t>(axis));
    const DType dtype = p.chance(0.04) ? int64 : p.pick({float32, float64});
    Draw draw{.dtype = dtype,
              .values = one_class || p.chance(0.3) ? Draw::infinite : Draw::digits,
              .times = device == cpu ? p.pick({1., 1., 4., 300.}) : 1,
              .device = device,
              .repeated = p.chance(0.15)};
    draw.requires_grad = (no_class || p.chance(0.85)) && is_floating_point(dtype);
    const Tensor leaf = p.tensor("x", shape, draw);

    Later later(p);
    for (int i = 0; i < 2; ++i) {
      nn::LabelLossOptions options;
      options.reduction = p.pick({nn::Reduction::mean, nn::Reduction::sum, nn::Reduction::none});
      if (p.chance(0.4))
        options.ignore_index = p.pick<std::int64_t>(
            {-1, 0, 1, 2, 255, classes, (1LL << 40) + 1, std::numeric_limits<std::int64_t>::min()});
      // All are labels, or some, or none; and sometimes one is wrong.
      const double ignored = p.pick({0., 0., 0.3, 1.});
      const bool wrong = device == cpu && p.chance(0.06);
      std::int64_t elements = numel(of_labels);
      Layout layout(of_labels);
      if (p.chance(0.4)) layout = p.layout(of_labels, p.chance(0.3), elements);
      Tensor memory({elements}, int64);
      for (std::int64_t at = 0; at < elements; ++at)
        memory.data_ptr<std::int64_t>()[at] =
            p.chance(ignored) || classes == 0 ? options.ignore_index
            : wrong && p.chance(0.2)
                ? p.pick<std::int64_t>({-1, classes, classes + 1, -100, 1LL << 32})
                : p.between(0, classes - 1);
      const Tensor labels(memory.to(device).storage(), layout, int64);
      p.watch("labels", labels);
      const std::string reduction = options.reduction == nn::Reduction::mean  ? "mean"
                                    : options.reduction == nn::Reduction::sum ? "sum"
                                                                              : "none";
      const std::string call = text("cross_entropy(x, labels, {", reduction, ", ignore_index ",
                                    options.ignore_index, "})");
      const bool of_other_shape = p.chance(0.03);
      const Tensor x = p.chance(0.2) && leaf.is_floating_point() ? leaf * 0.5 : leaf;
      if (x.shared_impl() != leaf.shared_impl()) p.watch("x / 2", x);
      const auto loss = compare(p, call, [&] {
        return nn::cross_entropy(x, of_other_shape ? labels.unsqueeze(0) : labels, options);
      });
      p.see("whether operations are recorded afterwards", grad_enabled());
      if (!loss || !loss->requires_grad() || p.chance(0.1)) continue;
      // Nobody looks at what comes for ignored examples.
      Tensor dl = p.tensor("dL", loss->shape(),
                           {.dtype = dtype,
                            .values = p.chance(0.3) ? Draw::whole_special : Draw::whole,
                            .device = device,
                            .repeated = p.chance(0.2)});
      if (options.reduction == nn::Reduction::none && p.chance(0.3)) {
        const Tensor at = labels == options.ignore_index;
        dl = where(at,
                   p.pick({std::numeric_limits<double>::infinity(),
                           std::numeric_limits<double>::quiet_NaN()}),
                   dl);
        p.watch("dL, spoilt where examples are ignored", dl);
      }
      if (p.chance(0.15) && device == cpu && labels.numel() > 0 && classes > 0) {
        // The labels were looked at on the way forward.
        later.then();
        const Tensor before = grad(*loss, {x}, true, dl)[0].clone();
        p.call("labels.fill_(0), since", [&] {
          Tensor(labels.storage(), Layout({1}, {1}, labels.storage_offset()), int64).fill_(0);
        });
        Tensor after = before;
        try {
          after = grad(*loss, {x}, true, dl)[0];
        } catch (const Error&) {
        }
        p.any_memory();
        p.see("dx after labels.fill_(0), if no Error says that they were changed", after);
        p.any_memory(false);
      }
      const bool twice = p.chance(0.3);
      later.now_or_then([&p, loss = *loss, dl, twice, call] {
        p.call("backward(dL) of " + call, [&] { loss.backward(dl, true); });
        if (twice) p.call("once more, backward(dL) of " + call, [&] { loss.backward(dl, true); });
      });
      if (p.chance(0.2) && device == cpu && !draw.repeated) {
        // An Error, or what it was computed from.
        later.then();
        const Tensor before = grad(*loss, {x}, true, dl)[0].clone();
        {
          NoGrad guard;
          Tensor(x).mul_(-2);
        }
        Tensor after = before;
        try {
          after = grad(*loss, {x}, true, dl)[0];
        } catch (const Error&) {
        }
        p.any_memory();
        p.see("dx after x.mul_(-2), if no Error says that x was changed", after);
        p.any_memory(false);
        break;
      }
    }
    later.then();
    if (p.number() % 100 == 99)
      see_rules_in_threads(p, [](const Tensor& logits) {
        return nn::cross_entropy(logits, tensor({1, 2}));
      });
  });
}

// Optimisers --------------------------------------------------------------------------------------

namespace {

using State = optim::Optimizer::State;

/// One step of which can be looked at, for any parameter, gradient and state.
template <class Base>
struct Open : Base {
  using Base::Base;
  void one_step(Tensor& parameter, const Tensor& grad, State& state) {
    NoGrad guard;
    Base::update(parameter, grad, state);
  }
};

/// The state that one of them has, as it would be loaded: in any layout.
State drawn_state(Program& p, const std::vector<std::string>& names, const Shape& shape,
                  const Draw& draw) {
  State state;
  for (const std::string& name : names) {
    if (name == "step") {
      const auto steps = p.pick<std::int64_t>({0, 1, 2, 100, 3'000'000'000, (1LL << 32) + 2});
      p.given("steps", steps);
      state[name] = full({}, steps, int64);
    } else {
      Draw of_state = draw;
      of_state.repeated = false;
      if (name == "exp_avg_sq") of_state.values = Draw::positive;
      state[name] = p.tensor(name, shape, of_state);
    }
  }
  return state;
}

/// Steps of several parameters by one or two optimisers, in turns.
template <class Optimizer, class Options>
void take_steps(Program& p, const std::vector<std::string>& names, const Options& options,
                const std::string& described, bool may_be_infinite) {
  p.within(rounding).allow(Work::elementwise, 10, 30).allow(Work::copies, 10, 30);
  p.given("options", described);
  struct One {
    Tensor parameter;
    State state;
    std::string name;
    Draw draw;
  };
  std::vector<One> all;
  for (std::int64_t i = p.between(1, 3); i > 0; --i) {
    One one;
    one.name = text("p", all.size());
    one.draw = {.dtype = p.pick({float32, float64}), .device = p.device()};
    // λ p of an infinite parameter is NaN, and so is 0 p.
    one.draw.values = may_be_infinite && p.chance(0.2) ? Draw::infinite : Draw::digits;
    const Shape shape = p.size() == 1 ? Shape{7, 41, 43} : p.shape(0, 4);
    one.draw.requires_grad = p.chance(0.8);
    one.parameter = p.tensor(one.name, shape, one.draw);
    one.draw.requires_grad = false;
    one.draw.values = Draw::digits;
    if (!names.empty() && p.chance(0.35)) one.state = drawn_state(p, names, shape, one.draw);
    all.push_back(std::move(one));
  }
  Open<Optimizer> first({all[0].parameter}, options), second({all[0].parameter}, options);
  for (std::int64_t step = p.between(1, 6); step > 0; --step) {
    if (p.chance(0.25)) {
      const double lr = p.pick({0., 0.5, 1e-3, 0.01});
      first.set_lr(lr);
      if (p.chance(0.5)) second.set_lr(lr);
      p.see(text("lr after set_lr(", lr, ")"), first.lr());
    }
    One& one = all[static_cast<std::size_t>(p.between(0, std::ssize(all) - 1))];
    Draw of_grad = one.draw;
    of_grad.repeated = p.chance(0.3);
    if (p.chance(0.25)) of_grad.values = Draw::infinite;
    const Tensor g = p.chance(0.2) ? zeros_like(one.parameter)
                                   : p.tensor("g of " + one.name, one.parameter.shape(), of_grad);
    const State before = one.state;
    const Storage memory = one.parameter.storage();
    Open<Optimizer>& optimizer = p.chance(0.7) ? first : second;
    const std::string call = text("update(", one.name, ", g, state)");
    p.call(call, [&] { optimizer.one_step(one.parameter, g, one.state); });
    p.see("whether the parameter is where it was", one.parameter.storage() == memory);
    std::vector<std::string> got;
    for (const auto& [name, tensor] : one.state) got.push_back(name);
    p.see("the names in the state after " + call, got);
    for (const auto& [name, tensor] : one.state) {
      p.see(text("state[\"", name, "\"] after ", call), tensor);
      if (const auto earlier = before.find(name); earlier != before.end())
        p.see(text("whether state[\"", name, "\"] is the same tensor as before"),
              earlier->second.shared_impl() == tensor.shared_impl());
    }
    p.see("lr after " + call, optimizer.lr());
    p.see("whether operations are recorded after " + call, grad_enabled());
  }
}

/// A whole optimiser, of which one parameter has no gradient.
template <class Optimizer, class Options>
void take_whole_steps(Program& p, const Options& options, const std::string& described) {
  p.within(rounding).allow(Work::elementwise, 10, 60).allow(Work::copies, 10, 60);
  p.given("options", described);
  Tensors parameters;
  Draw draw{.dtype = p.pick({float32, float64}), .values = Draw::digits, .requires_grad = true};
  for (std::int64_t i = p.between(1, 4); i > 0; --i)
    parameters.push_back(p.tensor(text("p", parameters.size()), p.shape(0, 3), draw));
  draw.requires_grad = false;
  Optimizer optimizer(parameters, options);
  for (std::int64_t step = p.between(1, 4); step > 0; --step) {
    for (Tensor& parameter : parameters) {
      Draw of_grad = draw;
      of_grad.repeated = p.chance(0.3);
      parameter.set_grad(p.chance(0.2) ? Tensor() : p.tensor("g", parameter.shape(), of_grad));
    }
    p.call("optimizer.step()", [&] { optimizer.step(); });
    const NamedTensors state = optimizer.named_state();
    p.see("how much is in the state", state.size());
    for (const auto& [name, tensor] : state) {
      p.any_memory();
      p.see(text("named_state(): ", name), tensor);
      p.any_memory(false);
    }
  }
}

}  // namespace

TEST_CASE("4.3  random steps, beside the reference") {
  beside_reference(200, [](Program& p) {
    optim::SGDOptions o;
    o.lr = p.pick({0., 0.5, 0.1, 1e-3});
    o.momentum = p.pick({0., 0., 0.5, 0.9, 1., 1.5});
    o.nesterov = o.momentum > 0 && p.chance(0.3);
    o.dampening = o.nesterov ? 0 : p.pick({0., 0., 0.5, 1., -0.5, 2.});
    o.weight_decay = p.pick({0., 0., 0.1, 1., 1e-4});
    const std::string described =
        text("lr ", o.lr, ", momentum ", o.momentum, ", dampening ", o.dampening, ", weight decay ",
             o.weight_decay, o.nesterov ? ", Nesterov" : "");
    std::vector<std::string> names;
    if (o.momentum != 0) names.push_back("momentum_buffer");
    if (p.chance(0.7))
      take_steps<optim::SGD>(p, names, o, described, true);
    else
      take_whole_steps<optim::SGD>(p, o, described);
  });
}

namespace {

template <class Options>
std::string draw_options(Program& p, Options& o) {
  o.lr = p.pick({0., 0.5, 0.1, 1e-3});
  o.betas = {p.pick({0., 0.5, 0.9, 0.99}), p.pick({0., 0.5, 0.9, 0.999})};
  o.eps = p.pick({0., 0., 1e-8, 1.});
  o.weight_decay = p.pick({0., 0., 0.1, 1.});
  // Else a gradient of 0 would divide by 0, and λ times an infinite parameter is NaN in one formula
  // and not in another.
  if (o.eps == 0 && o.betas.second == 0) o.betas.second = 0.5;
  return text("lr ", o.lr, ", betas ", o.betas.first, " and ", o.betas.second, ", eps ", o.eps,
              ", weight decay ", o.weight_decay);
}

}  // namespace

TEST_CASE("4.4  random steps, beside the reference") {
  beside_reference(200, [](Program& p) {
    const std::vector<std::string> names = {"step", "exp_avg", "exp_avg_sq"};
    const bool whole = p.chance(0.3);
    if (p.chance(0.5)) {
      optim::AdamOptions o;
      const std::string described = "Adam, " + draw_options(p, o);
      if (whole)
        take_whole_steps<optim::Adam>(p, o, described);
      else
        take_steps<optim::Adam>(p, names, o, described, true);
    } else {
      optim::AdamWOptions o;
      const std::string described = "AdamW, " + draw_options(p, o);
      if (whole)
        take_whole_steps<optim::AdamW>(p, o, described);
      else
        take_steps<optim::AdamW>(p, names, o, described, false);
    }
  });
}

// The loop ----------------------------------------------------------------------------------------

namespace {

/// What happens, in its order.
struct Events {
  std::vector<std::string> all;
  std::vector<std::weak_ptr<Node>> graphs;
  bool keeps_graphs = false;
  /// How many of the graphs of earlier batches somebody still holds.
  std::int64_t alive() const {
    return std::ranges::count_if(graphs, [](const auto& g) { return !g.expired(); });
  }
};

/// Tells how it is called.
struct Told : nn::Module {
  nn::Module& inner;
  Events* events;
  bool fails = false;
  Told(std::unique_ptr<nn::Module> inner, Events* events)
      : inner(add("inner", std::move(inner))), events(events) {}
  Tensor forward(const Tensor& x) override {
    events->all.push_back(text(is_training() ? "training" : "evaluation",
                               grad_enabled() ? ", recorded" : ", not recorded"));
    const Tensor y = inner(x);
    // The last two may be here: whoever has the loss in a variable has not let it go yet.
    if (events->alive() > 2) events->keeps_graphs = true;
    if (y.requires_grad() && y.autograd()->node) events->graphs.push_back(y.autograd()->node);
    return y;
  }
};

/// Tells when it takes a step.
struct ToldSGD : optim::SGD {
  Events* events;
  ToldSGD(Tensors params, const optim::SGDOptions& options, Events* events)
      : SGD(std::move(params), options), events(events) {}
  void update(Tensor& parameter, const Tensor& grad, State& state) override {
    events->all.push_back(grad_enabled() ? "step, recorded" : "step");
    SGD::update(parameter, grad, state);
  }
};

/// [batch, classes, places] from [batch, classes, places]: a layer on every place.
struct Everywhere : nn::Module {
  nn::Linear& layer;
  explicit Everywhere(std::int64_t classes) : layer(add<nn::Linear>("layer", classes, classes)) {}
  Tensor forward(const Tensor& x) override {
    return layer(x.transpose(1, -1).contiguous()).transpose(1, -1);
  }
};

/// Batches that tell how often they are walked through.
class Walked {
 public:
  Walked(std::vector<Batch>* batches, Events* events) : batches_(batches), events_(events) {}
  struct Iterator {
    const Walked* of;
    std::size_t at;
    Batch operator*() const {
      of->events_->all.push_back(text("batch ", at, " is taken"));
      return (*of->batches_)[at];
    }
    Iterator& operator++() {
      ++at;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return at != other.at; }
  };
  Iterator begin() const {
    ++walks;
    return {this, 0};
  }
  Iterator end() const { return {this, batches_->size()}; }
  mutable int walks = 0;

 private:
  std::vector<Batch>* batches_;
  Events* events_;
};

}  // namespace

TEST_CASE("4.5  random epochs, beside the reference") {
  beside_reference(160, [](Program& p) {
    p.within(rounding).allow_any_work();
    Events events;
    const Device device = p.device();
    const DType dtype = p.pick({float32, float64});
    const std::int64_t classes = p.between(1, 5), inputs = p.between(1, 4);
    const bool in_places = p.chance(0.35);
    const bool drops = p.chance(0.3);
    std::unique_ptr<nn::Module> inner;
    if (in_places) {
      inner = std::make_unique<Everywhere>(classes);
    } else {
      auto layers = std::make_unique<nn::Sequential>();
      if (drops) layers->append<nn::Dropout>(0.25);
      layers->append<nn::Linear>(inputs, classes, p.chance(0.8));
      inner = std::move(layers);
    }
    Told model(std::move(inner), &events);
    model.to(dtype).to(device);
    if (p.chance(0.1)) model.parameters()[0].requires_grad_(false);
    p.given("model", text(model));
    const Tensors parameters = model.parameters();
    ToldSGD optimizer(parameters, {.lr = p.pick({0.5, 0.1, 0.}), .momentum = p.pick({0., 0.5})},
                      &events);

    const std::int64_t places = p.between(0, 3);
    const auto draw_batches = [&](bool may_be_wrong) {
      std::vector<Batch> batches;
      const std::int64_t many = p.chance(0.05) ? 0 : p.between(1, 5);
      const bool none_count = p.chance(0.05);
      for (std::int64_t i = 0; i < many; ++i) {
        const std::int64_t examples = p.chance(0.1) ? 0 : p.between(1, 4);
        const Shape shape = in_places ? Shape{examples, classes, places} : Shape{examples, inputs};
        const Shape of_labels = in_places ? Shape{examples, places} : Shape{examples};
        Batch batch;
        batch.features = p.tensor(text("features ", i), shape,
                                  {.dtype = dtype,
                                   .values = p.chance(0.05) ? Draw::infinite : Draw::digits,
                                   .device = device});
        Tensor labels(of_labels, int64);
        const bool none = none_count || p.chance(0.1);
        for (std::int64_t at = 0; at < labels.numel(); ++at)
          labels.data_ptr<std::int64_t>()[at] =
              none || p.chance(0.1) ? -100 : p.between(0, classes - 1);
        batch.targets = labels.to(device);
        p.watch(text("targets ", i), batch.targets);
        batches.push_back(std::move(batch));
      }
      if (p.chance(0.1) && !batches.empty() && may_be_wrong)
        batches.back().targets = batches.back().targets.unsqueeze(-1);
      return batches;
    };
    const auto look_at_events = [&](const std::string& what) {
      p.see("what happened in " + what, events.all);
      p.see("whether graphs of earlier batches were still held in " + what, events.keeps_graphs);
      p.see("whether the model is in training mode after " + what, model.is_training());
      p.see("whether its parts are in training mode after " + what, model.inner.is_training());
      p.see("whether operations are recorded after " + what, grad_enabled());
      events = {};
    };
    const Tolerance close = dtype == float32 ? Tolerance{1e-5, 1e-5} : Tolerance{1e-11, 1e-11};

    for (int epoch = 0; epoch < 2; ++epoch) {
      events = {};
      p.unwatch(false);
      for (std::size_t i = 0; i < parameters.size(); ++i)
        p.watch(text("parameter ", i), parameters[i]);
      const bool trains = p.chance(0.6);
      // Where an epoch of training ends by an Error, what it has left of gradients is nobody's
      // business.
      std::vector<Batch> batches = draw_batches(!trains);
      if (p.chance(0.3)) model.train(p.chance(0.5));
      if (p.chance(0.4)) model.inner.train(p.chance(0.5));
      if (trains) {
        Walked walked(&batches, &events);
        struct Looked {
          std::int64_t number;
          double loss;
          bool has_gradient;
        };
        std::vector<Looked> looks;
        AfterBatch after;
        const std::int64_t throws_at = p.chance(0.1) ? p.between(0, 2) : -1;
        if (p.chance(0.7))
          after = [&](std::int64_t number, double loss) {
            events.all.push_back(text("after_batch(", number, ")"));
            looks.push_back({number, loss, parameters[0].grad().defined()});
            if (number == throws_at) throw Error("after_batch() throws");
          };
        const auto mean =
            p.call("train_epoch()", [&] { return train_epoch(model, optimizer, walked, after); });
        if (!mean) continue;
        p.see_close("the result of train_epoch()", *mean, close);
        p.see("how often the batches were walked through", walked.walks);
        look_at_events("train_epoch()");
        for (std::size_t i = 0; i < looks.size(); ++i) {
          const std::string call = text("call ", i, " of after_batch()");
          p.see(call + ", its number", looks[i].number);
          p.see_close(call + ", its loss", looks[i].loss, close);
          p.see(call + ", whether parameter 0 has a gradient", looks[i].has_gradient);
        }
      } else {
        Walked walked(&batches, &events);
        const auto part = p.call("accuracy()", [&] { return accuracy(model, walked); });
        if (!part) continue;
        p.see_close("the result of accuracy()", *part, {1e-12, 1e-12});
        p.see("how often the batches were walked through", walked.walks);
        look_at_events("accuracy()");
      }
    }
  });
}

TEST_SUITE_END();
