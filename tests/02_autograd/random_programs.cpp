/// Random programs over the exercises of chapter 2, which a judge compares with the reference.
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "kindling/autograd.h"
#include "kindling/ops.h"
#include "kindling/tensor.h"
#include "testing/beside.h"

using namespace kindling;
using namespace kindling::testing;

TEST_SUITE_BEGIN("random programs");

namespace {

DType floating(Program& p) { return p.pick({float32, float64}); }

/// Wide enough for 1 − y² as (1 − y)(1 + y).
Tolerance rounding(DType dtype) {
  return dtype == float32 ? Tolerance{4e-6, 2e-6} : Tolerance{1e-11, 1e-13};
}

/// What a rule returns may have the shape and dtype of the result: brought back as the walk does.
Tensors brought_back(const Tensors& grads, const Shape& result, const Tensors& inputs) {
  NoGrad guard;
  Tensors out = grads;
  for (std::size_t i = 0; i < std::min(grads.size(), inputs.size()); ++i) {
    if (!grads[i].defined() || grads[i].device() != inputs[i].device()) continue;
    if (grads[i].shape() == result) out[i] = sum_to(grads[i], inputs[i].shape());
    if (out[i].is_floating_point()) out[i] = out[i].to(inputs[i].dtype());
  }
  return out;
}

Tensors rule_of(const Tensor& y, const Tensor& grad) { return y.autograd()->node->backward(grad); }

/// Whether four threads, each with numbers of its own, get of f's rule what each gets alone.
void see_rules_in_threads(Program& p, const std::function<Tensor(const Tensor&)>& f) {
  Tensors results;
  for (int i = 0; i < 4; ++i)
    results.push_back(f(full({2, 2}, 0.25 * (i + 1), float64).requires_grad_()));
  const Tensor ones_of_it = ones({2, 2}, float64);
  p.see("whether four threads get of its rule what each gets alone",
        agree_in_threads(1500, [&](int i) {
          return rule_of(results[i], ones_of_it).at(0).to_vector<double>();
        }));
}

}  // namespace

// 2.1 ---------------------------------------------------------------------------------------------

TEST_CASE("2.1  random products, beside the reference") {
  about("mul_backward");
  beside_reference(160, [](Program& p) {
    p.allow(Work::elementwise, 1, 0);  // a gradient that nobody wants is not computed
    p.any_memory();                    // of x · x, one tensor may be for both
    const bool large = p.size() == 1;
    const Shape shape = large ? Shape{37, 41, 43} : p.shape(0, p.chance(0.1) ? 16 : 7, 9, 0, 2000);
    const Device device = large ? cpu : p.device();  // the simulator is slow
    const Draw::Values values = p.pick({Draw::whole, Draw::digits, Draw::special});
    const auto operand = [&](const char* name, const Shape& of, bool wanted) {
      DType dtype = floating(p);
      if (!wanted) dtype = p.pick({float32, float64, int64, bool_});
      return p.tensor(name, of,
                      {.dtype = dtype,
                       .values = values,
                       .device = device,
                       .repeated = p.chance(0.2),
                       .requires_grad = wanted});
    };
    const int wanted = static_cast<int>(p.between(1, 3));
    const bool any_shape = p.chance(0.5);
    const Tensor a = operand("A", any_shape ? p.narrower(shape) : shape, wanted & 1);
    Tensor b = a;
    if (p.chance(0.3) && a.dim() > 0 && a.size(0) > 0)
      b = a.narrow(0, 0, 1);  // in one memory, and no more
    else if (p.chance(0.85))
      b = operand("B", any_shape ? p.narrower(shape) : shape, wanted & 2);
    const auto c = p.call("A · B", [&] { return a * b; });
    if (!c || !c->requires_grad()) return;
    if (wanted < 3 && a.storage() != b.storage() && p.chance(0.3)) {
      // Only the gradient that nobody wants needs it.
      p.given("changed since", std::string(wanted == 1 ? "A" : "B"));
      (wanted == 1 ? a : b).storage().bump_version();
    }
    const Tensor dc = p.tensor(
        "dC", c->shape(),
        {.dtype = c->dtype(), .values = values, .device = device, .repeated = p.chance(0.2)});
    for (const char* time : {"the rule of A · B, given dC", "the same once more"})
      p.compare(
          time,
          [&] {
            return brought_back(rule_of(*c, dc), c->shape(), {a, b});
          },
          rounding(float32));
    p.call("(A · B).backward(dC)", [&] { c->backward(dc, p.chance(0.5)); });
    if (p.number() % 80 == 79) see_rules_in_threads(p, [](const Tensor& x) { return x * x; });
  });
}

TEST_CASE("2.1  random values of tanh, beside the reference") {
  about("tanh_backward");
  beside_reference(120, [](Program& p) {
    const bool large = p.size() == 1;
    const Shape shape = large ? Shape{37, 41, 43} : p.shape(0, p.chance(0.1) ? 16 : 7, 9, 0, 2000);
    const Device device = large ? cpu : p.device();  // the simulator is slow
    const Tensor x =
        p.tensor("x", shape,
                 {.dtype = floating(p),
                  .values = p.pick({Draw::whole, Draw::digits, Draw::special, Draw::positive}),
                  .device = device,
                  .repeated = p.chance(0.2),
                  .requires_grad = true});
    const auto y = p.call("tanh(x)", [&] { return tanh(x); });
    if (!y) return;
    p.watch("y", *y);
    const Tensor dy = p.tensor("dy", shape,
                               {.dtype = x.dtype(),
                                .values = p.chance(0.4) ? Draw::infinite : Draw::digits,
                                .device = device,
                                .repeated = p.chance(0.2)});
    for (const char* time : {"the rule of tanh, given dy", "the same once more"})
      p.compare(
          time, [&] { return rule_of(*y, dy); }, rounding(x.dtype()));
    p.call("tanh(x).backward(dy)", [&] { y->backward(dy, p.chance(0.5)); });
    if (p.number() % 60 == 59) see_rules_in_threads(p, [](const Tensor& a) { return tanh(a); });
  });
}

TEST_CASE("2.1  random products of values of tanh, beside the reference") {
  beside_reference(60, [](Program& p) {
    const Shape shape = p.shape(0, 4, 6);
    const Draw draw{
        .dtype = float64, .values = Draw::digits, .device = p.device(), .requires_grad = true};
    const Tensor x = p.tensor("x", shape, draw), w = p.tensor("w", p.narrower(shape), draw);
    // The gradient of a sum is one tensor for both of its operands, and has strides 0.
    about("mul_backward");
    p.call("sum(x · w + x).backward()", [&] { sum(x * w + x).backward(); });
    about("tanh_backward");
    p.call("sum(tanh(x) + x).backward()", [&] { sum(tanh(x) + x).backward(); });
    about("mul_backward");
    p.call("y = tanh(x · w); (y · y + y · w).backward(x)", [&] {
      const Tensor y = tanh(x * w);
      (y * y + y * w).backward(x.detach());
    });
  });
}

// 2.2 ---------------------------------------------------------------------------------------------

TEST_CASE("2.2  random broadcasts, beside the reference") {
  beside_reference(250, [](Program& p) {
    p.any_memory().allow(Work::reductions, 60, 4);  // one for each axis is right, too
    const bool large = p.size() == 1;
    // In one program of six, the first axes go and nothing else; in another, one that was
    // stretched.
    const bool adds = p.number() % 6 == 1, stretches = p.number() % 6 == 4;
    const bool plain = adds || stretches;
    Shape from = large   ? Shape{37, 41, 43}
                 : plain ? p.shape(1, 4, 5, 1, 3000)
                         : p.shape(0, 12, 5, 0, 3000);
    if (!large && !plain && p.chance(0.09)) {
      from = Shape(static_cast<std::size_t>(p.between(13, 50)), 1);
      for (int i = 0; i < 6; ++i)
        from[static_cast<std::size_t>(p.between(0, std::ssize(from) - 1))] = p.between(1, 3);
    }
    Shape to = p.chance(0.15) ? from : p.narrower(from);
    if (plain) to = from;
    if (adds) to.erase(to.begin(), to.begin() + (p.chance(0.7) ? 1 : p.between(1, std::ssize(to))));
    if (stretches) to[static_cast<std::size_t>(p.between(0, std::ssize(to) - 1))] = 1;
    const DType dtype = p.pick({float32, float64, int64});
    const Draw::Values values = dtype == int64 ? p.pick({Draw::digits, Draw::special})
                                : numel(from) < 500 || dtype == float64
                                    ? p.pick({Draw::whole, Draw::whole_special, Draw::digits})
                                    : Draw::whole;
    const Tensor x = p.tensor("x", from,
                              {.dtype = dtype,
                               .values = values,
                               .device = large ? cpu : p.device(),
                               .strided = !plain || p.chance(0.5),
                               .repeated = !plain && p.chance(0.3)});
    const auto is_x = [&](const Tensor& y) { return y.shared_impl() == x.shared_impl(); };
    const std::string what = text("sum_to(x, ", to, ")");
    const Tolerance tolerance = dtype == int64     ? exact
                                : dtype == float32 ? Tolerance{1e-5, 1e-5}
                                                   : Tolerance{1e-12, 1e-12};
    if (const auto y = p.compare(
            what, [&] { return sum_to(x, to); }, tolerance))
      p.see("whether that is x itself", is_x(*y));
    NoGrad guard;
    p.compare(
        "the same under NoGrad", [&] { return sum_to(x, to); }, tolerance);
    if (p.number() % 125 != 124) return;
    const Tensor a = arange(24).view({2, 3, 4});
    p.see("whether four threads get the sums that each gets alone",
          agree_in_threads(4000, [&](int i) {
            return sum_to(a, i % 2 ? Shape{3, 1} : Shape{2, 1, 4}).to_vector<std::int64_t>();
          }));
  });
}

// 2.3 ---------------------------------------------------------------------------------------------

TEST_CASE("2.3  random matrix products, beside the reference") {
  beside_reference(160, [](Program& p) {
    p.any_memory().allow(Work::copies, 3, 20);  // of an operand that BLAS cannot read
    const bool large = p.size() == 1;
    const std::int64_t m = large ? 37 : p.length(), n = large ? 43 : p.length();
    const bool is_long = !large && p.chance(0.1);
    const std::int64_t k = large ? 41 : is_long ? p.between(50, 300) : p.length();
    const Device device = large || is_long ? cpu : p.device();
    const DType dtype = is_long ? float64 : floating(p);
    const bool zero = p.chance(0.15);  // dC, and 0 times infinity is NaN
    const Draw::Values values = zero || p.chance(0.35) ? Draw::whole_special
                                : dtype == float64     ? p.pick({Draw::whole, Draw::digits})
                                                       : Draw::whole;
    const auto operand = [&](const char* name, const Shape& shape, bool wanted) {
      return p.tensor(name, shape,
                      {.dtype = dtype,
                       .values = values,
                       .device = device,
                       .repeated = p.chance(0.2),
                       .requires_grad = wanted});
    };
    const std::int64_t batch = p.chance(0.2) && !large ? p.between(5, 40) : p.length(4);
    const bool batched = p.chance(0.4);
    const auto shape = [&](std::int64_t rows, std::int64_t columns) {
      return batched ? Shape{batch, rows, columns} : Shape{rows, columns};
    };
    const int wanted = static_cast<int>(p.between(1, 3));
    const Tensor a = operand("A", shape(m, k), wanted & 1);
    Tensor b = p.chance(0.3) && m == k ? a : Tensor();
    std::string product = "A · A";
    if (!b.defined() && p.chance(0.1)) {
      b = a.transpose(-2, -1);
      product = "A · Aᵀ";
    } else if (!b.defined()) {
      b = operand("B", shape(k, n), wanted & 2);
      product = "A · B";
    }
    const auto c = p.call(product, [&] { return matmul(a, b); });
    if (!c || !c->requires_grad()) return;
    if (wanted < 3 && a.storage() != b.storage() && p.chance(0.3)) {
      // Only the gradient that nobody wants needs it.
      p.given("changed since", std::string(wanted == 1 ? "A" : "B"));
      (wanted == 1 ? a : b).storage().bump_version();
    }
    Tensor dc;
    if (zero)
      p.watch("dC", dc = zeros(c->shape(), dtype, device));
    else
      dc = operand("dC", c->shape(), false);
    for (const std::string& what :
         {"the rule of " + product + ", given dC", std::string("the same once more")})
      p.compare(
          what, [&] { return rule_of(*c, dc); }, rounding(dtype));
    p.call("(" + product + ").backward(dC)", [&] { c->backward(dc); });
    if (p.number() % 80 == 79)
      see_rules_in_threads(p, [](const Tensor& x) { return matmul(x, x); });
  });
}

TEST_CASE("2.3  random products of vectors, matrices and batches, beside the reference") {
  beside_reference(120, [](Program& p) {
    const std::int64_t m = p.length(), k = p.length(), n = p.length();
    Draw draw{.dtype = floating(p), .device = p.device()};
    const auto operand = [&](const char* name, const Shape& shape) {
      draw.requires_grad = p.chance(0.7);
      return p.tensor(name, shape, draw);
    };
    const Shape batches = p.shape(0, 2, 4);
    const auto batched = [&](std::int64_t rows, std::int64_t columns) {
      Shape shape = p.narrower(batches);
      shape.push_back(rows);
      shape.push_back(columns);
      return shape;
    };
    const Tensor a = operand("A", p.chance(0.2) ? Shape{k} : batched(m, k));
    const Tensor b = operand("B", p.chance(0.2) ? Shape{k} : batched(k, n));
    const Tensor bias = operand("bias", p.narrower({m, n}));
    const bool add = a.dim() == 2 && b.dim() == 2 && p.chance(0.5);
    const std::string what = add ? "addmm(bias, A, B)" : "matmul(A, B)";
    const auto c = p.call(what, [&] { return add ? addmm(bias, a, b) : matmul(a, b); });
    if (!c || !c->requires_grad()) return;
    draw.repeated = p.chance(0.3);
    draw.requires_grad = false;
    const Tensor dc = p.tensor("dC", c->shape(), draw);
    p.call(what + ".backward(dC, true)", [&] { c->backward(dc, true); });
    p.call(what + ".backward(dC)", [&] { c->backward(dc); });
  });
}

// 2.4 ---------------------------------------------------------------------------------------------

namespace {

/// A graph of random operations over a few leaves, and a diary of what happens on the way back.
class Graph {
 public:
  /// A graph that several threads walk keeps no diary, and has no hooks.
  Graph(Program& p, std::int64_t operations, double hooks, bool diary = true)
      : p_(p),
        device_(p.device()),
        widest_(p.shape(0, 3, 4)),
        diary_(diary ? std::make_shared<Diary>() : nullptr) {
    const std::int64_t leaves = p.between(1, 4);
    for (std::int64_t i = 0; i < leaves; ++i) {
      const std::string name = text("x", i);
      tensors_.push_back(p.tensor(
          name, p.narrower(widest_),
          {.dtype = floating(p), .device = device_, .requires_grad = i == 0 || p.chance(0.8)}));
      names_.push_back(name);
      if (tensors_.back().requires_grad() && p.chance(hooks)) after_accumulation(i);
      if (p.chance(hooks)) hook(tensors_.size() - 1);
    }
    aside_ = p.tensor("u", {2}, {.device = device_, .requires_grad = true});
    aside_product_ = aside_ * aside_ + aside_;
    for (std::int64_t i = 0; i < operations; ++i) {
      add_operation();
      if (!tensors_.back().requires_grad()) continue;
      if (p.chance(hooks / 2)) {
        tensors_.back().retain_grad();
        retained_.push_back(tensors_.size() - 1);
      }
      while (p.chance(hooks)) hook(tensors_.size() - 1);
    }
  }

  const Tensor& root() const { return tensors_.back(); }
  std::size_t size() const { return tensors_.size(); }
  const Tensor& tensor(std::size_t i) const { return tensors_[i]; }
  const std::string& name(std::size_t i) const { return names_[i]; }

  /// Leaves may be frozen after the way forward; their hooks are called all the same.
  std::string freeze_a_leaf() {
    const std::size_t i = any();
    Tensor x = tensors_[i];
    if (!x.is_leaf() || !x.requires_grad()) return "none";
    x.requires_grad_(false);
    return names_[i];
  }

  /// What has happened since the last time.
  void see_what_happened() {
    p_.see("hooks and rules, in the order in which they were called", diary_->lines);
    diary_->lines.clear();
    p_.any_memory();
    for (std::size_t i = 0; i < diary_->kept.size(); ++i)
      p_.see(text("gradient ", i, " of those that hooks and rules were given, afterwards"),
             diary_->kept[i]);
    diary_->kept.clear();
    p_.see("grad_enabled()", grad_enabled());
    for (const std::size_t i : retained_) p_.see("the .grad of " + names_[i], tensors_[i].grad());
  }
  void see_what_is_freed() {
    std::vector<std::string> freed;
    for (std::size_t i = 0; i < tensors_.size(); ++i)
      if (tensors_[i].requires_grad() && !tensors_[i].is_leaf() &&
          tensors_[i].autograd()->node->backward == nullptr)
        freed.push_back(names_[i]);
    p_.see("whose backward is nullptr", freed);
  }

 private:
  struct Diary {
    std::vector<std::string> lines;
    Tensors kept;
    void write(const std::string& what, const Tensor& grad) {
      if (lines.size() > 2000)
        wrong_answer("the walk does not end: it calls rules and hooks again");
      lines.push_back(text(what, " of ", grad.dtype(), " ", grad.shape(), " with the sum ",
                           sum(grad.detach().to(float64)).item(),
                           grad_enabled() ? ", recording" : ""));
    }
  };

  std::size_t any() { return static_cast<std::size_t>(p_.between(0, std::ssize(tensors_) - 1)); }
  /// One of the latest, so that graphs are deep.
  std::size_t late() {
    return static_cast<std::size_t>(
        p_.between(std::max<std::int64_t>(0, std::ssize(tensors_) - 3), std::ssize(tensors_) - 1));
  }

  void add(const Tensor& result, const std::string& formula) {
    const std::string name = text("t", tensors_.size());
    tensors_.push_back(result);
    names_.push_back(name);
    p_.given(name, formula + text(", ", result.dtype(), " ", result.shape()));
  }

  void add_operation() {
    const std::size_t i = late(), j = any();
    const Tensor &a = tensors_[i], &b = tensors_[j];
    const std::string &x = names_[i], &y = names_[j];
    switch (p_.between(0, 9)) {
      case 0:
      case 1:
        return add(a + b, x + " + " + y);
      case 2:
        return add(b - a, y + " - " + x);
      case 3: {
        const std::int64_t factor = p_.pick<std::int64_t>({-1, 1, 2});
        return add(a * factor, text(x, " · ", factor));
      }
      case 4: {
        const DType dtype = floating(p_);
        return add(a.to(dtype), text(x, ".to(", dtype, ")"));
      }
      case 5:
        if (a.dim() == 0) return add(a.reshape({1}), x + ".reshape({1})");
        return add(sum(a, {p_.between(0, a.dim() - 1)}, true), "sums along an axis of " + x);
      case 6:
        return add(a.expand(broadcast_shapes(a.shape(), widest_)), x + ".expand()");
      default:
        return custom();
    }
  }

  /// An operation with a rule that writes into the diary, and may send nothing to some inputs.
  void custom() {
    Tensors inputs;
    std::vector<std::int64_t> weights;
    std::string formula = "op(";
    const std::int64_t count = p_.between(1, 4);
    Tensor out;
    const std::size_t number = tensors_.size();
    for (std::int64_t i = 0; i < count; ++i) {
      const std::size_t at = i == 0 ? late() : any();
      inputs.push_back(tensors_[at]);
      weights.push_back(p_.chance(0.25) ? 0 : p_.pick<std::int64_t>({-1, 1, 1, 2}));
      formula += (i ? ", " : "") + names_[at] + (weights.back() == 0 ? " (sent nothing)" : "");
      NoGrad guard;
      const Tensor x = tensors_[at].detach();
      out = out.defined() ? out + x : x.clone();
    }
    const bool keeps = diary_ && p_.chance(0.3);
    if (diary_ && p_.chance(0.02)) {
      weights.resize(p_.chance(0.5) ? weights.size() + 1 : weights.size() - 1, 1);
    }
    record(out, "TestBackward", inputs, [=, diary = diary_](const Tensor& grad) {
      if (diary) diary->write(text("rule of t", number), grad);
      if (keeps) diary->kept.push_back(grad);
      Tensors grads;
      for (const std::int64_t weight : weights)
        grads.push_back(weight == 0 ? Tensor() : weight == 1 ? grad : grad * weight);
      return grads;
    });
    add(out, formula + ")");
  }

  void after_accumulation(std::int64_t leaf) {
    Tensor x = tensors_[static_cast<std::size_t>(leaf)];
    x.register_post_accumulate_grad_hook([diary = diary_, leaf](Tensor& t) {
      diary->write(text("x", leaf, " has taken in a gradient; .grad"), t.grad());
    });
  }

  void hook(std::size_t i) {
    Tensor t = tensors_[i];
    if (!t.requires_grad()) return;
    const std::string name = text("hook ", ++hooks_, " of ", names_[i]);
    const auto remove = std::make_shared<RemoveHook>();
    const std::int64_t kind = p_.chance(0.03) ? 8 : p_.between(0, 7);
    const char* kinds[] = {"looks",
                           "doubles",
                           "keeps what it is given",
                           "returns a sum",
                           "takes itself off",
                           "takes the one before off",
                           "adds another",
                           "walks another graph",
                           "throws an Error"};
    p_.given(name, kinds[kind]);
    const std::weak_ptr<TensorImpl> impl = t.shared_impl();
    *remove = t.register_hook(
        [=, diary = diary_, before = last_, u = aside_product_](const Tensor& grad) -> Tensor {
          diary->write(name, grad);
          switch (kind) {
            case 1:
              return grad * 2;
            case 2:
              diary->kept.push_back(grad);
              return {};
            case 3:
              diary->kept.push_back(grad + grad);
              return diary->kept.back();
            case 4:
              (*remove)();
              return {};
            case 5:
              if (before) (*before)();
              return {};
            case 6:
              if (auto alive = impl.lock(); alive && alive->autograd->requires_grad) {
                Tensor self(std::move(alive));
                self.register_hook([=](const Tensor& later) {
                  diary->write("one that was added to " + name, later);
                  return Tensor();
                });
              }
              return {};
            case 7:
              u.backward(ones_like(u), true);
              return {};
            case 8:
              throw Error(name + " throws");
            default:
              return {};
          }
        });
    last_ = remove;
  }

  Program& p_;
  Device device_;
  Shape widest_;
  std::shared_ptr<Diary> diary_;
  Tensors tensors_;
  std::vector<std::string> names_;
  std::vector<std::size_t> retained_;
  Tensor aside_, aside_product_;
  std::shared_ptr<RemoveHook> last_;
  int hooks_ = 0;
};

Tensor cotangent(Program& p, const std::string& name, const Tensor& of) {
  return p.tensor(name, of.shape(),
                  {.dtype = of.dtype(), .device = of.device(), .repeated = p.chance(0.3)});
}

}  // namespace

TEST_CASE("2.4  random graphs, hooks and walks, beside the reference") {
  beside_reference(700, [](Program& p) {
    p.any_memory();
    Graph graph(p, p.between(0, 2 + static_cast<std::int64_t>(p.size() * 12)), 0.25);
    const auto any_up_to = [&](std::size_t last) {
      return static_cast<std::size_t>(p.between(0, static_cast<std::int64_t>(last)));
    };
    const std::int64_t walks = p.between(1, 3);
    for (std::int64_t i = 0; i < walks; ++i) {
      const std::size_t at = p.chance(0.7) ? graph.size() - 1 : any_up_to(graph.size() - 1);
      const Tensor& root = graph.tensor(at);
      const Tensor start = cotangent(p, text("gradient ", i), root);
      if (p.chance(0.3)) p.given("frozen now", graph.freeze_a_leaf());
      const bool retain = p.chance(0.6);
      const std::string how = text(", gradient ", i, retain ? ", retain_graph" : "");
      bool done = true;
      if (p.chance(0.7)) {
        done = p.call(text("backward of ", graph.name(at), how),
                      [&] { root.backward(start, retain); });
      } else {
        Tensors inputs;
        std::string names;
        for (std::int64_t j = p.between(1, 3); j > 0; --j) {
          const std::size_t of = p.chance(0.3) ? at : any_up_to(at);
          if (!graph.tensor(of).requires_grad()) continue;
          inputs.push_back(graph.tensor(of));
          names += (names.empty() ? "" : ", ") + graph.name(of);
        }
        done = p.compare(text("grad of ", graph.name(at), " by {", names, "}", how), [&] {
                  return grad(root, inputs, retain, start);
                }).has_value();
      }
      graph.see_what_happened();
      // How far a walk has come that an exception ends, the contract does not say.
      if (!done) return;
      graph.see_what_is_freed();
    }
  });
}

TEST_CASE("2.4  random graphs that four threads walk at once, beside the reference") {
  beside_reference(12, [](Program& p) {
    const Graph graph(p, p.between(2, 8), 0, false);
    const Tensor start = cotangent(p, "the gradient", graph.root());
    if (!graph.root().requires_grad()) return;
    // While it is walked, hooks come and go: each walk calls those that it has found.
    Tensor leaf = graph.tensor(0);
    for (int i = 0; i < 20; ++i) leaf.register_hook([](const Tensor&) { return Tensor(); });
    p.call("25 walks in each of four threads", [&] {
      std::vector<std::exception_ptr> thrown(4);
      std::vector<std::thread> threads;
      for (std::exception_ptr& here : thrown)
        threads.emplace_back([&] {
          try {
            for (int i = 0; i < 25; ++i) {
              graph.root().backward(start, true);
              const Tensor own = graph.tensor(0) * 2;
              (own + own).backward(ones_like(own));
            }
          } catch (...) {
            here = std::current_exception();
          }
        });
      for (int i = 0; i < 1000; ++i) leaf.register_hook([](const Tensor&) { return Tensor(); })();
      for (std::thread& thread : threads) thread.join();
      for (const std::exception_ptr& here : thrown)
        if (here) std::rethrow_exception(here);
    });
  });
}

// 2.5 ---------------------------------------------------------------------------------------------

namespace {

/// c · x, with a rule that is wrong in some way.
struct Scaled {
  enum Fault { none, one_element, sends_nothing, nan, exchanged };
  double factor = 1;
  Fault fault = none;
  std::int64_t at = 0;
  double off_by = 0;  // of one element: so many times what is tolerated
  double atol = 0, rtol = 0;

  std::string described() const {
    switch (fault) {
      case none:
        return "";
      case one_element:
        return text(", with a rule that is off by ", off_by, " times the tolerance in element ",
                    at);
      case sends_nothing:
        return ", with a rule that sends nothing";
      case nan:
        return text(", with a rule that gives NaN for element ", at);
      case exchanged:
        return text(", with a rule that exchanges elements 0 and ", at);
    }
    return "";
  }

  Tensor operator()(const Tensor& x) const {
    Tensor out;
    {
      NoGrad guard;
      out = x.detach() * factor;
    }
    return record(out, "ScaledBackward", {x}, [*this](const Tensor& dy) -> Tensors {
      const Tensor dx = (dy * factor).clone();
      double* elements = dx.data_ptr<double>();
      if (dx.numel() == 0) return {dx};
      switch (fault) {
        case one_element:
          elements[at] += off_by * (atol + rtol * std::abs(elements[at]));
          break;
        case sends_nothing:
          return {Tensor()};
        case nan:
          elements[at] = std::numeric_limits<double>::quiet_NaN();
          break;
        case exchanged:
          std::swap(elements[0], elements[at]);
          break;
        case none:
          break;
      }
      return {dx};
    });
  }
};

/// What a message says, whatever the sign of its NaN.
std::string without_sign_of_nan(std::string message) {
  for (std::size_t at; (at = message.find("-nan")) != message.npos;) message.erase(at, 1);
  return message;
}

}  // namespace

TEST_CASE("2.5  random functions and tensors, beside the reference") {
  beside_reference(300, [](Program& p) {
    p.with_words().allow_any_work();
    const double eps = p.pick({1e-6, 1e-3, 0.25, 1.});
    const double atol = p.pick({1e-5, 0.1}), rtol = p.pick({1e-3, 0.1, 0.5});
    // In one program of six, the fault is in one element of many.
    const bool many = p.number() % 6 == 5;
    Shape widest = many ? Shape{p.between(2, 5), p.between(4, 12)}
                        : p.shape(0, p.chance(0.2) ? 6 : 3, 4, 0, 24);
    if (!many && p.chance(0.06)) widest = {p.between(30, 130)};
    const std::int64_t count = many             ? p.between(1, 2)
                               : p.chance(0.07) ? p.between(5, 14)
                                                : p.between(1, 4);
    const bool turns = p.chance(0.3);
    p.given("eps, atol, rtol", text(eps, ", ", atol, ", ", rtol));

    Tensors inputs;
    std::vector<Scaled> scaled;
    std::vector<std::int64_t> kinds;  // 0: c · x, 1: x², 2: not used, 3: x · what came before
    const std::int64_t in_float32 = p.chance(0.15) ? p.between(0, count - 1) : -1;
    const std::int64_t faulty = many || p.chance(0.7) ? p.between(0, count - 1) : -1;
    for (std::int64_t i = 0; i < count; ++i) {
      const std::string name = text("input ", i);
      // One at least, that is used.
      const bool wanted = i == count - 1 || (many && i == faulty) || p.chance(0.6);
      DType dtype = float64;
      if (!wanted) dtype = p.pick({float64, float32, int64});
      if (wanted && i == in_float32) dtype = float32;
      const bool is_widest = (many && i == faulty) || p.chance(0.5);
      Tensor x = p.tensor(name, is_widest ? widest : p.narrower(widest),
                          {.dtype = dtype, .repeated = p.chance(0.2), .requires_grad = wanted});
      if (dtype == float64 && p.chance(0.05) && x.numel() > 0 && !x.is_contiguous())
        x.data_ptr<double>()[0] = std::numeric_limits<double>::quiet_NaN();
      if (wanted && p.chance(0.2)) {
        x = x * 1;
        p.watch(name + " · 1", x);
      }
      if (i > 0 && i < count - 1 && p.chance(0.2) && inputs[0].dtype() == float64) {
        x = inputs[0];
        p.given(name + " is", std::string("input 0 once more"));
      }
      kinds.push_back(i == faulty ? 0 : i == count - 1 ? p.between(0, 1) : p.between(0, 3));
      Scaled by{
          .factor = double(p.pick<std::int64_t>({-2, -1, 1, 2, 3})), .atol = atol, .rtol = rtol};
      if (i == faulty && x.numel() > 0) {
        by.fault =
            p.pick({Scaled::one_element, Scaled::one_element, Scaled::one_element,
                    Scaled::one_element, Scaled::sends_nothing, Scaled::nan, Scaled::exchanged});
        by.at = p.chance(0.3) ? x.numel() - 1 : p.between(0, x.numel() - 1);
        by.off_by = p.pick({-3., -1.1, -0.9, -0.5, 0.5, 0.9, 1.1, 3.});
        if (many) {
          by.fault = Scaled::one_element;
          by.at = p.between(0, x.numel() - 1);
          by.off_by = p.pick({-3., -1.1, 1.1, 3.});
        }
      }
      inputs.push_back(x);
      scaled.push_back(by);
      const char* uses[] = {"times a factor", "squared", "not at all", "times the sum so far"};
      std::string use = uses[kinds.back()];
      if (kinds.back() == 0) use += text(", ", by.factor, by.described());
      p.given(text("f takes input ", i), use);
    }
    if (turns) p.given("f", std::string("gives the transpose of that"));

    // What f is given: copies, of which one element at a time is eps away from where it was.
    std::set<std::string> complaints;
    std::vector<std::vector<double>> given;
    for (const Tensor& x : inputs) given.push_back(x.to_vector<double>());
    const auto look_at = [&](const Tensors& x) {
      int moved = 0;
      if (x.size() != inputs.size()) complaints.insert("another number of inputs");
      for (std::size_t i = 0; i < std::min(x.size(), inputs.size()); ++i) {
        if (x[i].shape() != inputs[i].shape()) complaints.insert("another shape");
        if (x[i].dtype() != inputs[i].dtype()) complaints.insert("another dtype");
        if (x[i].shape() != inputs[i].shape()) continue;
        if (x[i].requires_grad() != inputs[i].requires_grad())
          complaints.insert(
              "a tensor that requires gradients though the caller's does not, or the "
              "other way round");
        if (!x[i].is_leaf()) complaints.insert("a tensor that is in a graph");
        if (!x[i].is_contiguous()) complaints.insert("a tensor that is not row-major");
        for (const Tensor& mine : inputs)
          if (mine.storage() == x[i].storage()) complaints.insert("the caller's memory");
        for (std::size_t j = 0; j < i; ++j)
          if (x[j].storage() == x[i].storage()) complaints.insert("two inputs in one memory");
        const std::vector<double> now = x[i].to_vector<double>();
        for (std::size_t at = 0; at < now.size(); ++at) {
          if (std::isnan(now[at]) && std::isnan(given[i][at])) continue;  // of whatever bits
          if (std::memcmp(&now[at], &given[i][at], sizeof(double)) == 0) continue;
          ++moved;
          const double above = given[i][at] + eps, below = given[i][at] - eps;
          if (!x[i].requires_grad()) complaints.insert("a change of what wants no gradient");
          if (now[at] != above && now[at] != below && now[at] == now[at])
            complaints.insert("an element that is not at x, x + eps or x − eps");
        }
      }
      if (moved > 1) complaints.insert("several elements away from where they were");
    };
    const auto f = [&](const Tensors& x) {
      look_at(x);
      Tensor out;
      for (std::size_t i = x.size(); i-- > 0;) {
        const Tensor here = x[i].dtype() == float64 ? x[i] : x[i].to(float64);
        const Tensor part = kinds[i] == 0   ? scaled[i](here)
                            : kinds[i] == 1 ? here * here
                            : kinds[i] == 2 ? Tensor()
                                            : here * out;
        if (part.defined()) out = kinds[i] == 3 || !out.defined() ? part : out + part;
      }
      if (turns && out.dim() > 1) return out.transpose(0, -1);
      return out;
    };
    for (const char* time : {"gradcheck(f, inputs, eps, atol, rtol)", "the same once more"}) {
      const auto result = p.call(time, [&] { return gradcheck(f, inputs, eps, atol, rtol); });
      if (result) {
        p.see(text(time, ": whether it is ok"), result->ok);
        p.see(text(time, ": its message"), without_sign_of_nan(result->message));
      }
      p.see(text(time, ": what f was given that it should not be"),
            std::vector<std::string>(complaints.begin(), complaints.end()));
    }
    for (std::size_t i = 0; i < inputs.size(); ++i)
      if (inputs[i].requires_grad() && !inputs[i].is_leaf())
        p.see(text("whether the graph of input ", i, " is still there"),
              inputs[i].autograd()->node->backward != nullptr);
  });
}

TEST_SUITE_END();
