#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "kindling/ops.h"
#include "kindling/optim.h"
#include "testing/oracle.h"

using namespace kindling;
using namespace kindling::testing;

namespace {

std::unique_ptr<optim::Optimizer> make(const std::string& name, const Tensors& params,
                                       const Json& args) {
  if (name == "SGD") {
    return std::make_unique<optim::SGD>(
        params, optim::SGDOptions{.lr = args.at("lr"),
                                  .momentum = args.value("momentum", 0.0),
                                  .dampening = args.value("dampening", 0.0),
                                  .weight_decay = args.value("weight_decay", 0.0),
                                  .nesterov = args.value("nesterov", false)});
  }
  const auto fill = [&args](auto options) {
    options.lr = args.value("lr", options.lr);
    if (args.contains("betas")) options.betas = {args.at("betas")[0], args.at("betas")[1]};
    options.eps = args.value("eps", options.eps);
    options.weight_decay = args.value("weight_decay", options.weight_decay);
    return options;
  };
  if (name == "Adam") return std::make_unique<optim::Adam>(params, fill(optim::AdamOptions{}));
  if (name == "AdamW") return std::make_unique<optim::AdamW>(params, fill(optim::AdamWOptions{}));
  fail("nn.json has an optimiser that this test does not know: ", name);
}

Tensors parameters_of(const Json& c) {
  Tensors params;
  for (const Json& p : c.at("params")) params.push_back(to_tensor(p).requires_grad_());
  return params;
}

void set_gradients(Tensors& params, const Json& grads) {
  for (std::size_t i = 0; i < params.size(); ++i)
    params[i].set_grad(
        grads[i].is_null() ? Tensor() : to_tensor(grads[i], params[i].shape(), params[i].dtype()));
}

/// Every case of nn.json of one optimiser.
void check_cases(const std::string& name) {
  int cases = 0;
  for (const Json& c : load_oracle("nn").at("optimizers")) {
    if (c.at("optimizer") != name) continue;
    ++cases;
    Tensors params = parameters_of(c);
    const auto optimizer = make(name, params, c.at("args"));
    for (std::size_t step = 0; step < c.at("grads").size(); ++step) {
      set_gradients(params, c.at("grads")[step]);
      optimizer->step();
      for (std::size_t i = 0; i < params.size(); ++i) {
        const std::string what =
            name + " " + c.at("args").dump() + ", step " + std::to_string(step);
        check_close(what, params[i].detach(),
                    to_tensor(c.at("after")[step][i], params[i].shape(), params[i].dtype()));
        if (!c.at("grads")[step][i].is_null())
          check_close(what + ": the gradient is as it was", params[i].grad(),
                      to_tensor(c.at("grads")[step][i], params[i].shape(), params[i].dtype()),
                      exact);
      }
    }
  }
  CHECK(cases > 0);
}

Tensor parameter() { return tensor({1.0, 2.0}).requires_grad_(); }

}  // namespace

TEST_CASE("4.3 SGD: PyTorch's steps") { check_cases("SGD"); }
TEST_CASE("4.4 Adam: PyTorch's steps") { check_cases("Adam"); }
TEST_CASE("4.4 AdamW: PyTorch's steps") { check_cases("AdamW"); }

TEST_CASE("4.3 SGD: by hand") {
  Tensor p = tensor({1.0}).requires_grad_();
  optim::SGD optimizer({p}, {.lr = 0.5, .momentum = 0.5});
  p.set_grad(tensor({1.0}));
  optimizer.step();
  CHECK(p.item() == 0.5);  // b = 1
  optimizer.step();
  CHECK(p.item() == -0.25);  // b = 0.5 + 1
}

TEST_CASE("a step needs no guard, records nothing, and is seen by what was saved before") {
  Tensor p = parameter();
  const Tensor loss = sum(p * p);
  p.set_grad(tensor({1.0, 1.0}));
  optim::SGD optimizer({p}, {.lr = 0.1});
  optimizer.step();
  CHECK(p.is_leaf());
  CHECK(p.requires_grad());
  CHECK_THROWS_WITH_AS(loss.backward(), doctest::Contains("modified by an inplace operation"),
                       Error);
}

TEST_CASE("zero_grad leaves no gradient, so the parameter takes no part in the next step") {
  Tensor p = parameter();
  optim::Adam optimizer({p});
  p.set_grad(tensor({1.0, 1.0}));
  optimizer.zero_grad();
  CHECK_FALSE(p.grad().defined());
  optimizer.step();
  CHECK(p.to_vector<double>() == std::vector<double>{1, 2});
  CHECK(optimizer.named_state().size() == 2);  // "lr" and whose state it is
}

TEST_CASE("the learning rate") {
  optim::SGD optimizer({parameter()}, {.lr = 0.5});
  CHECK(optimizer.lr() == 0.5);
  optimizer.set_lr(0.25);
  CHECK(optimizer.lr() == 0.25);
  CHECK_THROWS_WITH_AS(optimizer.set_lr(-1), "SGD: invalid learning rate: -1", Error);
  CHECK(optimizer.lr() == 0.25);
  CHECK(optim::SGD({parameter()}).lr() == 1e-3);
  CHECK(optim::AdamW({parameter()}).lr() == 1e-3);
}

TEST_CASE("wrong options") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH_AS(optim::SGD({}), "SGD: optimizer got an empty parameter list", Error);
  CHECK_THROWS_WITH_AS(optim::SGD({parameter()}, {.lr = -0.1}), "SGD: invalid learning rate: -0.1",
                       Error);
  CHECK_THROWS_WITH_AS(optim::Adam({parameter()}, {.lr = nan}), "Adam: invalid learning rate: nan",
                       Error);
  CHECK_THROWS_WITH_AS(optim::SGD({parameter()}, {.momentum = -0.5}),
                       "SGD: invalid momentum value: -0.5", Error);
  CHECK_THROWS_WITH_AS(optim::SGD({parameter()}, {.weight_decay = -1}),
                       "SGD: invalid weight_decay value: -1", Error);
  CHECK_THROWS_WITH_AS(optim::SGD({parameter()}, {.nesterov = true}),
                       doctest::Contains("Nesterov momentum requires a momentum"), Error);
  CHECK_THROWS_AS(optim::SGD({parameter()}, {.momentum = 0.9, .dampening = 0.1, .nesterov = true}),
                  Error);
  CHECK_THROWS_WITH_AS(optim::Adam({parameter()}, {.betas = {1.0, 0.9}}),
                       doctest::Contains("Adam: invalid beta parameter at index 0: 1"), Error);
  CHECK_THROWS_WITH_AS(optim::AdamW({parameter()}, {.betas = {0.9, -0.1}}),
                       doctest::Contains("AdamW: invalid beta parameter at index 1: -0.1"), Error);
  CHECK_THROWS_WITH_AS(optim::Adam({parameter()}, {.eps = -1}), "Adam: invalid epsilon value: -1",
                       Error);
}

TEST_CASE("wrong parameters") {
  const Tensor p = parameter();
  CHECK_THROWS_WITH_AS(optim::SGD({p * 2}), doctest::Contains("can't optimize a non-leaf Tensor"),
                       Error);
  CHECK_THROWS_WITH_AS(optim::SGD({p, p}), "SGD: parameter 1 appears more than once", Error);
  CHECK_THROWS_WITH_AS(optim::SGD({Tensor()}), "SGD: parameter 0 is undefined", Error);
}

// Saving ------------------------------------------------------------------------------------------

TEST_CASE("an optimiser that loads another's state goes on as that one does, to the last bit") {
  for (const Json& c : load_oracle("nn").at("optimizers")) {
    Tensors params = parameters_of(c);
    const auto optimizer = make(c.at("optimizer"), params, c.at("args"));
    for (std::size_t step = 0; step < 3; ++step) {
      set_gradients(params, c.at("grads")[step]);
      optimizer->step();
    }
    optimizer->set_lr(0.0625);

    Tensors copies;
    for (const Tensor& p : params) copies.push_back(p.detach().clone().requires_grad_());
    const auto resumed = make(c.at("optimizer"), copies, c.at("args"));
    resumed->load_named_state(optimizer->named_state());
    CHECK(resumed->lr() == 0.0625);
    for (std::size_t step = 3; step < 5; ++step) {
      set_gradients(params, c.at("grads")[step]);
      set_gradients(copies, c.at("grads")[step]);
      optimizer->step();
      resumed->step();
    }
    for (std::size_t i = 0; i < params.size(); ++i) CHECK(equal(params[i], copies[i]));
  }
}

TEST_CASE("the names of the state") {
  Tensor p = parameter();
  optim::Adam optimizer({p, parameter()});
  p.set_grad(ones({2}));
  optimizer.step();
  std::vector<std::string> names;
  for (const auto& [name, tensor] : optimizer.named_state()) names.push_back(name);
  CHECK(names ==
        std::vector<std::string>{"lr", "0.exp_avg", "0.exp_avg_sq", "0.step", "class.Adam"});
}

TEST_CASE("the state follows its parameter into another dtype, as if it had been there before") {
  // What a parameter that has always been float64 would come to, from what was known in float32.
  const auto check_kind = [](const std::string& kind, auto make) {
    INFO(kind);
    Tensor p = parameter(), q = parameter();
    const auto moved = make(Tensors{p});
    for (int k = 1; k <= 3; ++k) {
      p.set_grad(tensor({0.1 * k, -0.7}).to(p.dtype()));
      moved->step();
    }
    q.set_data(p.detach().to(float64));
    const auto always = make(Tensors{q});
    NamedTensors known = moved->named_state();
    for (auto& [name, tensor] : known)
      if (tensor.dtype() == float32) tensor = tensor.to(float64);
    always->load_named_state(known);

    p.set_grad(Tensor());
    p.set_data(p.detach().to(float64));
    for (const auto& [name, tensor] : moved->named_state()) {  // before the next step, too
      const bool follows = name.starts_with("0.") && name != "0.step";
      if (follows) CHECK(tensor.dtype() == float64);
    }
    moved->load_named_state(moved->named_state());
    for (int k = 1; k <= 3; ++k) {
      p.set_grad(tensor({0.3, 0.2 * k}, float64));
      q.set_grad(tensor({0.3, 0.2 * k}, float64));
      moved->step();
      always->step();
      CHECK(p.dtype() == float64);
      CHECK(equal(p.detach(), q.detach()));
    }
  };
  check_kind("SGD", [](Tensors p) {
    return std::make_unique<optim::SGD>(p, optim::SGDOptions{.lr = 0.1, .momentum = 0.9});
  });
  check_kind("Nesterov", [](Tensors p) {
    return std::make_unique<optim::SGD>(
        p, optim::SGDOptions{.lr = 0.1, .momentum = 0.9, .weight_decay = 0.1, .nesterov = true});
  });
  check_kind("Adam", [](Tensors p) { return std::make_unique<optim::Adam>(p); });
  check_kind("AdamW", [](Tensors p) { return std::make_unique<optim::AdamW>(p); });
}

TEST_CASE("the state of another kind of optimiser is refused, with both names") {
  optim::SGD plain({parameter()});
  optim::SGD momentum({parameter()}, {.momentum = 0.9});
  optim::Adam adam({parameter()});
  optim::AdamW adamw({parameter()});
  const auto refused = [](optim::Optimizer& into, const optim::Optimizer& from, const char* text) {
    CHECK_THROWS_WITH_AS(into.load_named_state(from.named_state()), doctest::Contains(text), Error);
  };
  refused(adam, plain, "Adam: expected the state of Adam, got that of SGD");
  refused(plain, adam, "SGD: expected the state of SGD, got that of Adam");
  refused(adamw, adam, "AdamW: expected the state of AdamW, got that of Adam");
  refused(adam, adamw, "Adam: expected the state of Adam, got that of AdamW");
  momentum.load_named_state(plain.named_state());  // the same kind: its buffers begin now
  NamedTensors unmarked = plain.named_state();     // of a version that had no marks
  unmarked.pop_back();
  momentum.load_named_state(unmarked);
}

TEST_CASE("a state in another floating-point dtype is converted to the parameter's") {
  Tensor p = parameter();
  optim::SGD optimizer({p}, {.lr = 1, .momentum = 0.5});
  optimizer.load_named_state(
      {{"lr", tensor(1.0)}, {"0.momentum_buffer", tensor({0.1, -1.0}, float64)}});
  CHECK(optimizer.named_state()[1].second.dtype() == float32);
  CHECK(equal(optimizer.named_state()[1].second, tensor({0.1, -1.0})));
}

TEST_CASE("a state that does not fit is refused, and nothing has changed") {
  Tensor p = parameter();
  optim::Adam optimizer({p}, {.lr = 0.5});
  p.set_grad(ones({2}));
  optimizer.step();
  const NamedTensors good = optimizer.named_state();

  const auto refused = [&](NamedTensors state, const char* text) {
    CHECK_THROWS_WITH_AS(optimizer.load_named_state(state), doctest::Contains(text), Error);
    CHECK(optimizer.lr() == 0.5);
    CHECK(optimizer.named_state()[1].second.shared_impl() == good[1].second.shared_impl());
  };
  const auto with = [&good](const char* name, const Tensor& tensor) {
    NamedTensors state = good;
    state.emplace_back(name, tensor);
    return state;
  };
  const auto with_instead = [&good](std::size_t i, const Tensor& tensor) {
    NamedTensors state = good;
    state[i].second = tensor;
    return state;
  };
  refused({}, "the state has no \"lr\"");
  refused({good[0], good[1]}, "the state of parameter 0 has no \"step\"");
  refused(with("0.momentum_buffer", zeros({2})), "unexpected state \"0.momentum_buffer\"");
  refused(with("exp_avg", zeros({2})), "unexpected state \"exp_avg\"");
  refused(with("-1.exp_avg", zeros({2})), "unexpected state \"-1.exp_avg\"");
  refused(with("99999999999999999999.exp_avg", zeros({2})), "unexpected state");
  refused(with("1.exp_avg", zeros({2})), "for a parameter that is not there");
  refused(with("0.exp_avg", zeros({2})), "\"0.exp_avg\" occurs twice");
  refused(with("lr", tensor(0.1)), "expected one number \"lr\"");
  refused(with_instead(0, tensor(-0.1)), "invalid learning rate");
  refused(with_instead(1, zeros({3})), "to be float32 [2], got float32 [3]");
  refused(with_instead(1, zeros({2}, int64)), "to be float32 [2], got int64 [2]");
  refused(with_instead(3, tensor(1.0)), "to be int64 [], got float32 []");
  refused(with_instead(3, tensor(-1)), "a number of steps from 0 to 2^53, got -1");
  refused(with_instead(3, tensor(INT64_MAX)), "from 0 to 2^53, got 9223372036854775807");
  refused(with("class.SGD", tensor(true)), "expected the state of Adam, got that of SGD");
  refused(with("0.exp\r_avg", zeros({2})), "unexpected state \"0.exp\\r_avg\"");
}

// Schedulers --------------------------------------------------------------------------------------

namespace {

std::unique_ptr<optim::lr_scheduler::LRScheduler> make_scheduler(const std::string& name,
                                                                 optim::Optimizer& optimizer,
                                                                 const Json& args) {
  using namespace optim::lr_scheduler;
  if (name == "StepLR")
    return std::make_unique<StepLR>(optimizer, args.at("step_size"), args.value("gamma", 0.1));
  if (name == "MultiStepLR") {
    const std::vector<std::int64_t> milestones = args.at("milestones");
    return std::make_unique<MultiStepLR>(optimizer, milestones, args.value("gamma", 0.1));
  }
  if (name == "ExponentialLR") return std::make_unique<ExponentialLR>(optimizer, args.at("gamma"));
  if (name == "CosineAnnealingLR")
    return std::make_unique<CosineAnnealingLR>(optimizer, args.at("T_max"),
                                               args.value("eta_min", 0.0));
  if (name == "LinearLR")
    return std::make_unique<LinearLR>(optimizer, args.value("start_factor", 1.0 / 3),
                                      args.value("end_factor", 1.0), args.value("total_iters", 5));
  if (name == "ConstantLR")
    return std::make_unique<ConstantLR>(optimizer, args.value("factor", 1.0 / 3),
                                        args.value("total_iters", 5));
  fail("nn.json has a scheduler that this test does not know: ", name);
}

}  // namespace

TEST_CASE("schedulers: PyTorch's rates") {
  for (const Json& c : load_oracle("nn").at("schedulers")) {
    optim::SGD optimizer({parameter()}, {.lr = c.at("lr")});
    const auto scheduler = make_scheduler(c.at("scheduler"), optimizer, c.at("args"));
    for (std::size_t k = 0; k < c.at("lrs").size(); ++k) {
      if (k > 0) scheduler->step();
      const double expected = c.at("lrs")[k];
      CHECK_MESSAGE(std::abs(optimizer.lr() - expected) <= 1e-15 + 1e-12 * expected,
                    c.at("scheduler"), c.at("args"), " after ", k);
      CHECK(scheduler->get_last_lr() == optimizer.lr());
    }
    CHECK(scheduler->last_epoch() == 12);
  }
}

TEST_CASE("schedulers: one that loads another's state goes on as that one does") {
  for (const Json& c : load_oracle("nn").at("schedulers")) {
    optim::SGD optimizer({parameter()}, {.lr = c.at("lr")}),
        fresh({parameter()}, {.lr = c.at("lr")});
    const auto scheduler = make_scheduler(c.at("scheduler"), optimizer, c.at("args"));
    for (int k = 0; k < 5; ++k) scheduler->step();
    const auto resumed = make_scheduler(c.at("scheduler"), fresh, c.at("args"));
    fresh.load_named_state(optimizer.named_state());
    resumed->load_named_state(scheduler->named_state());
    for (int k = 0; k < 5; ++k) {
      CHECK(fresh.lr() == optimizer.lr());
      scheduler->step();
      resumed->step();
    }
  }
}

TEST_CASE("schedulers: several of one optimiser multiply, and start from the same rate") {
  optim::SGD optimizer({parameter()}, {.lr = 1});
  optim::lr_scheduler::ConstantLR warm_up(optimizer, 0.5, 2);
  optim::lr_scheduler::CosineAnnealingLR cosine(optimizer, 2);
  CHECK(optimizer.lr() == 0.5);
  warm_up.step();
  cosine.step();
  CHECK(optimizer.lr() == doctest::Approx(0.25));
}

TEST_CASE("schedulers: wrong arguments, wrong states") {
  using namespace optim::lr_scheduler;
  optim::SGD optimizer({parameter()}, {.lr = 1});
  CHECK_THROWS_WITH_AS(StepLR(optimizer, 0), "StepLR: step_size must be positive, got 0", Error);
  CHECK_THROWS_AS(CosineAnnealingLR(optimizer, 0), Error);
  CHECK_THROWS_AS(LinearLR(optimizer, 0), Error);
  CHECK_THROWS_AS(LinearLR(optimizer, 0.5, 1.5), Error);
  CHECK_THROWS_AS(ConstantLR(optimizer, 2), Error);
  CHECK(optimizer.lr() == 1);

  StepLR scheduler(optimizer, 3);
  scheduler.step();
  CHECK_THROWS_WITH_AS(scheduler.load_named_state({}),
                       doctest::Contains("expected \"last_epoch\" and \"base_lr\""), Error);
  CHECK_THROWS_WITH_AS(scheduler.load_named_state({{"gamma", tensor(1.0)}}),
                       doctest::Contains("unexpected state \"gamma\""), Error);
  const auto refused = [&](const Tensor& epoch, const Tensor& base, const Tensor& last,
                           const char* text) {
    CHECK_THROWS_WITH_AS(
        scheduler.load_named_state({{"last_epoch", epoch}, {"base_lr", base}, {"last_lr", last}}),
        doctest::Contains(text), Error);
    CHECK(scheduler.last_epoch() == 1);
    CHECK(optimizer.lr() == 1);
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  refused(tensor(INT64_MAX), tensor(1.0), tensor(0.5), "from 0 to 2^53, got 9223372036854775807");
  refused(tensor(-1), tensor(1.0), tensor(0.5), "from 0 to 2^53, got -1");
  refused(tensor(2.0), tensor(1.0), tensor(0.5), "\"last_epoch\" to be an int64, got float32");
  refused(tensor(2), tensor(nan), tensor(0.5), "\"base_lr\" to be a rate of 0 or more, got nan");
  refused(tensor(2), tensor(1.0), tensor(-0.5), "\"last_lr\" to be a rate of 0 or more, got -0.5");
}

TEST_CASE("schedulers: the state of another kind is refused, with both names") {
  const auto& all = load_oracle("nn").at("schedulers");
  for (const Json& a : all)
    for (const Json& b : all) {
      optim::SGD one({parameter()}, {.lr = 1}), other({parameter()}, {.lr = 1});
      const std::string from = a.at("scheduler"), into = b.at("scheduler");
      const auto saved = make_scheduler(from, one, a.at("args"));
      const auto loaded = make_scheduler(into, other, b.at("args"));
      saved->step();
      const double before = other.lr();
      if (from == into) {
        loaded->load_named_state(saved->named_state());
        CHECK(loaded->last_epoch() == 1);
        continue;
      }
      CHECK_THROWS_WITH_AS(
          loaded->load_named_state(saved->named_state()),
          (into + ": expected the state of " + into + ", got that of " + from).c_str(), Error);
      CHECK(loaded->last_epoch() == 0);
      CHECK(other.lr() == before);
    }
}

TEST_CASE("schedulers: one that is made after the optimiser's state was loaded leaves the rate") {
  for (const Json& c : load_oracle("nn").at("schedulers")) {
    INFO(c.at("scheduler"));
    optim::SGD optimizer({parameter()}, {.lr = c.at("lr")}), fresh({parameter()}, {.lr = 77});
    const auto scheduler = make_scheduler(c.at("scheduler"), optimizer, c.at("args"));
    for (int k = 0; k < 3; ++k) scheduler->step();
    fresh.load_named_state(optimizer.named_state());
    const auto resumed = make_scheduler(c.at("scheduler"), fresh, c.at("args"));
    CHECK(fresh.lr() == optimizer.lr());
    CHECK_THROWS_WITH_AS(resumed->step(), doctest::Contains("load_named_state()"), Error);
    CHECK(fresh.lr() == optimizer.lr());
    resumed->load_named_state(scheduler->named_state());
    for (int k = 0; k < 7; ++k) {
      CHECK(fresh.lr() == optimizer.lr());
      scheduler->step();
      resumed->step();
    }
  }
}

TEST_CASE("schedulers: set_lr() after loading begins a new schedule") {
  optim::SGD optimizer({parameter()}, {.lr = 1}), fresh({parameter()}, {.lr = 1});
  optim::lr_scheduler::LinearLR first(optimizer, 0.5, 1, 2);
  first.step();
  fresh.load_named_state(optimizer.named_state());
  fresh.set_lr(0.2);
  optim::lr_scheduler::LinearLR second(fresh, 0.1, 1, 2);
  CHECK(fresh.lr() == doctest::Approx(0.02));
  second.step();
  second.step();
  CHECK(fresh.lr() == doctest::Approx(0.2));
}

// Clipping ----------------------------------------------------------------------------------------

namespace {

const double infinity = std::numeric_limits<double>::infinity();

double number(const Json& json) { return json.is_string() ? infinity : json.get<double>(); }

Tensors with_gradients(const std::vector<Tensor>& grads) {
  Tensors params;
  for (const Tensor& grad : grads) {
    params.push_back(zeros_like(grad).requires_grad_());
    params.back().set_grad(grad);
  }
  return params;
}

}  // namespace

TEST_CASE("clipping: PyTorch's norms and gradients") {
  for (const Json& c : load_oracle("nn").at("clipping")) {
    Tensors grads;
    for (const Json& grad : c.at("grads")) grads.push_back(to_tensor(grad));
    Tensors params = with_gradients(grads);
    params.push_back(parameter());  // one without a gradient
    const Json& args = c.at("args");
    if (c.at("clip") == "norm") {
      const double total =
          nn::utils::clip_grad_norm_(params, args.at("max_norm"), number(args.at("norm_type")));
      CHECK(total == doctest::Approx(c.at("total_norm").get<double>()).epsilon(1e-6));
    } else {
      nn::utils::clip_grad_value_(params, args.at("clip_value"));
    }
    for (std::size_t i = 0; i < grads.size(); ++i)
      check_close("clip " + args.dump(), params[i].grad(),
                  to_tensor(c.at("after")[i], params[i].shape(), float32));
  }
}

TEST_CASE("clipping: gradients that are not finite") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  Tensors params = with_gradients({tensor({1.0, nan}), tensor({2.0})});
  CHECK(std::isnan(nn::utils::clip_grad_norm_(params, 1)));
  CHECK(std::isnan(params[1].grad().item()));

  params = with_gradients({tensor({1.0, infinity})});
  CHECK_THROWS_WITH_AS(nn::utils::clip_grad_norm_(params, 1, 2, true),
                       doctest::Contains("non-finite (inf)"), Error);
  CHECK(params[0].grad()[0].item() == 1);
  CHECK(nn::utils::clip_grad_norm_(params, 1) == infinity);
  CHECK(params[0].grad()[0].item() == 0);
  CHECK(std::isnan(params[0].grad()[1].item()));
}

TEST_CASE("clipping: nothing to clip, wrong arguments") {
  Tensors params = with_gradients({tensor({3.0, 4.0})});
  CHECK(nn::utils::clip_grad_norm_({}, 1) == 0);
  CHECK(nn::utils::clip_grad_norm_({parameter()}, 1) == 0);
  CHECK_THROWS_AS(nn::utils::clip_grad_norm_(params, -1), Error);
  CHECK_THROWS_AS(nn::utils::clip_grad_norm_(params, 1, 0), Error);
  CHECK_THROWS_AS(nn::utils::clip_grad_value_(params, -1), Error);
  CHECK(nn::utils::clip_grad_norm_(params, 0.5) == 5);
  check_close("direction kept", params[0].grad(), tensor({0.3, 0.4}));
}
