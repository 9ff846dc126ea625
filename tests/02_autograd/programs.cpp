/// Random programs of operations, each with what PyTorch made of it: tests/oracle/make_programs.py.
#include <doctest/doctest.h>

#include <sstream>

#include "kindling/ops.h"
#include "testing/oracle_ops.h"

using namespace kindling;
using namespace kindling::testing;

namespace {

Scalar scalar_of(const Json& number) {
  if (number.is_boolean()) return number.get<bool>();
  if (number.is_number_integer()) return number.get<std::int64_t>();
  return number.get<double>();
}

/// Operations that ops.json has not.
const std::map<std::string, OracleOp>& further_ops() {
  static const std::map<std::string, OracleOp> ops = {
      {"log1p", [](const Tensors& x, const Json&) -> Tensors { return {log1p(x[0])}; }},
      {"addmm", [](const Tensors& x, const Json&) -> Tensors { return {addmm(x[0], x[1], x[2])}; }},
      {"detach", [](const Tensors& x, const Json&) -> Tensors { return {x[0].detach()}; }},
      {"clone", [](const Tensors& x, const Json&) -> Tensors { return {x[0].clone()}; }},
      {"contiguous", [](const Tensors& x, const Json&) -> Tensors { return {x[0].contiguous()}; }},
  };
  return ops;
}

using InPlace = std::function<void(Tensor&, const Tensors&, const Json&)>;

/// x[0].op_(x[1]), or x[0].op_(scalar)
template <class F>
InPlace with(F change) {
  return [change](Tensor& self, const Tensors& x, const Json& args) {
    if (args.contains("scalar"))
      change(self, scalar_of(args.at("scalar")));
    else
      change(self, x.at(1));
  };
}

const std::map<std::string, InPlace>& changes() {
  static const std::map<std::string, InPlace> all = {
      {"add_", with([](Tensor& self, const auto& other) { self.add_(other); })},
      {"mul_", with([](Tensor& self, const auto& other) { self.mul_(other); })},
      {"div_", with([](Tensor& self, const auto& other) { self.div_(other); })},
      {"sub_", [](Tensor& self, const Tensors& x, const Json&) { self.sub_(x.at(1)); }},
      {"copy_", [](Tensor& self, const Tensors& x, const Json&) { self.copy_(x.at(1)); }},
      {"zero_", [](Tensor& self, const Tensors&, const Json&) { self.zero_(); }},
      {"fill_", [](Tensor& self, const Tensors&,
                   const Json& args) { self.fill_(scalar_of(args.at("value"))); }},
      {"clamp_",
       [](Tensor& self, const Tensors&, const Json& args) {
         self.clamp_(scalar_of(args.at("min")), scalar_of(args.at("max")));
       }},
  };
  return all;
}

/// What rounding in another order may come to over a whole program.
Tolerance tolerance(DType dtype) {
  const Tolerance one = tolerance_for(dtype);
  return {4 * one.rtol, 4 * one.atol};
}
/// The same for tensors that float32 may have had a part in.
Tolerance tolerance_if_rounded(DType dtype) {
  return tolerance(is_floating_point(dtype) ? float32 : dtype);
}

class Program {
 public:
  explicit Program(const Json& described) : described_(described) {}

  void run() {
    for (const Json& input : described_.at("inputs")) {
      variables_.push_back(to_tensor(input));
      if (input.value("leaf", false)) variables_.back().requires_grad_();
    }
    for (const Json& step : described_.at("steps"))
      if (!carry_out(step)) return;
    walk_back();
  }

 private:
  /// What a message begins with: the program, the step, and what it works on.
  std::string where(const Json& step) const {
    std::ostringstream text;
    text << "program " << described_.at("seed") << ": " << step.at("op").get<std::string>() << ' '
         << step.at("args").dump();
    for (const Json& i : step.at("x"))
      text << ' ' << variables_.at(i).dtype() << variables_.at(i).shape();
    return text.str();
  }

  Tensors compute(const Json& step) {
    const auto name = step.at("op").get<std::string>();
    Tensors x;
    for (const Json& i : step.at("x")) x.push_back(variables_.at(i));
    if (name == "tensor") return {to_tensor(step.at("out").at(0))};
    if (const auto change = changes().find(name); change != changes().end()) {
      change->second(x.at(0), x, step.at("args"));
      return {};
    }
    const auto& ops = oracle_ops().contains(name) ? oracle_ops() : further_ops();
    return ops.at(name)(x, step.at("args"));
  }

  bool carry_out(const Json& step) {
    Tensors made;
    std::string error;
    try {
      made = compute(step);
      if (step.contains("refused"))  // a GPU finds wrong indices later, when somebody waits for it
        for (const Tensor& result : made) static_cast<void>(result.to(cpu));
    } catch (const Error& refused) {
      error = refused.what();
    }
    if (step.contains("refused")) {
      CHECK_MESSAGE(!error.empty(), where(step),
                    ": expected an error, as PyTorch has: ", step.at("refused").get<std::string>());
      return !error.empty();
    }
    if (!error.empty()) {
      FAIL_CHECK(where(step), ": refused: ", error);
      return false;
    }
    const Json expected = step.value("out", Json::array());
    if (made.size() != expected.size()) {
      FAIL_CHECK(where(step), ": expected ", expected.size(), " results, got ", made.size());
      return false;
    }
    bool good = true;
    for (std::size_t i = 0; i < made.size(); ++i) {
      const DType dtype = made[i].dtype();
      good &= compare(
          where(step), made[i], to_tensor(expected[i]),
          expected[i].value("rounded", false) ? tolerance_if_rounded(dtype) : tolerance(dtype));
      const bool wants_grad = expected[i].value("requires_grad", false);
      CHECK_MESSAGE(made[i].requires_grad() == wants_grad, where(step),
                    ": requires_grad: expected ", wants_grad);
      if (const auto name = expected[i].value("grad_fn", ""); !name.empty())
        CHECK_MESSAGE(made[i].grad_fn() == name, where(step), ": grad_fn: expected ", name,
                      ", got ", made[i].grad_fn());
    }
    const Json changes_seen = step.value("now", Json::object());
    for (const auto& [number, now] : changes_seen.items()) {
      const Tensor& changed = variables_.at(std::stoul(number));
      good &= compare(where(step) + ", variable " + number, changed,
                      to_tensor(now, changed.shape(), changed.dtype()),
                      tolerance_if_rounded(changed.dtype()));
    }
    variables_.insert(variables_.end(), made.begin(), made.end());
    return good;
  }

  static bool compare(const std::string& what, const Tensor& got, const Tensor& expected,
                      Tolerance allowed) {
    const std::string differs = difference(got, expected, allowed);
    CHECK_MESSAGE(differs.empty(), what, ": ", differs);
    return differs.empty();
  }

  void walk_back() {
    const std::string what = "program " + described_.at("seed").dump() + ": backward";
    for (const Json& call : described_.at("backward")) {
      const Tensor& root = variables_.at(call.at("of"));
      std::string error;
      try {
        root.backward(to_tensor(call.at("cotangent"), root.shape(), root.dtype()), true);
      } catch (const Error& refused) {
        error = refused.what();
      }
      CHECK_MESSAGE(error.empty() != call.contains("refused"), what, ": expected ",
                    call.value("refused", "no error"), ", got ", error);
      if (!error.empty()) return;
    }
    if (!described_.contains("grads")) return;
    for (std::size_t i = 0; i < described_.at("grads").size(); ++i) {
      const Json& grad = described_.at("grads").at(i);
      const Tensor got = variables_[i].grad();
      CHECK_MESSAGE(got.defined() != grad.is_null(), what, ": a gradient of input ", i,
                    ": expected ", !grad.is_null(), ", got ", got.defined());
      if (got.defined() && !grad.is_null())
        compare(what + ", gradient of input " + std::to_string(i), got,
                to_tensor(grad, variables_[i].shape(), variables_[i].dtype()),
                tolerance_if_rounded(variables_[i].dtype()));
    }
  }

  const Json& described_;
  Tensors variables_;
};

}  // namespace

TEST_CASE("random programs give PyTorch's numbers, gradients and errors") {
  for (const Json& program : load_oracle("programs").at("programs")) Program(program).run();
}
