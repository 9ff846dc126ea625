/// The walk back through w = v · v + v, told by the rules that it calls; and then the same as a
/// drawing, for Graphviz.
#include <fmt/format.h>

#include "kindling/ops.h"

using namespace kindling;

static int turns = 0;
static std::string drawing =
    "digraph walk {\n  rankdir=LR; ranksep=0.55;\n"
    "  node [shape=box, style=\"rounded,filled\", fillcolor=\"#fdebd0\"];\n";

static void begin_turn(const std::string& name, double value, double grad) {
  fmt::print("turn {}: {} has {}", ++turns, name, grad);
  drawing += fmt::format("  {1} [label=\"turn {0}\\n{1} = {2}\\nd{1} = {3}\"];\n", turns, name,
                         value, grad);
}

/// Puts a spy in front of the rule of `t`. It tells what arrives and what the rule sends on.
static void spy_on(const std::string& name, const Tensor& t,
                   const std::vector<std::string>& inputs) {
  t.autograd()->node->backward.wrap([=, value = t.item()](Backward rule) -> Backward {
    return [=](const Tensor& grad) {
      begin_turn(name, value, grad.item());
      const Tensors parts = rule(grad);
      for (std::size_t i = 0; i < parts.size(); ++i) {
        fmt::print("{} {} to {}", i == 0 ? ", sends" : " and", parts[i].item(), inputs[i]);
        drawing += fmt::format("  {} -> {} [label=\" {} \"];\n", name, inputs[i], parts[i].item());
      }
      fmt::print("\n");
      return parts;
    };
  });
}

int main() {
  Tensor u = tensor({2.0}).requires_grad_();
  const Tensor v = u * u, m = v * v, w = m + v;
  spy_on("w", w, {"m", "v"});
  spy_on("m", m, {"v", "v"});
  spy_on("v", v, {"u", "u"});
  u.register_hook([](const Tensor& grad) {
    begin_turn("u", 2, grad.item());
    fmt::print(", and is a leaf\n");
    return Tensor();  // leave it as it is
  });
  w.backward();
  fmt::print("\n{}}}\n", drawing);
}
