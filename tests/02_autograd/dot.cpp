#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "kindling/ops.h"

using namespace kindling;

namespace {

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos;
       at = text.find(part, at + part.size()))
    ++n;
  return n;
}

/// Every node that an edge names must have been declared.
void check_structure(const std::string& dot) {
  CHECK(dot.starts_with("digraph"));
  CHECK(dot.ends_with("}\n"));
  std::istringstream lines(dot);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string from, arrow, to;
    words >> from >> arrow >> to;
    if (arrow != "->") continue;
    for (const std::string& node : {from, to.substr(0, to.find(';'))})
      CHECK_MESSAGE(dot.find("  " + node + " [label=") != std::string::npos, line);
  }
}

/// Whether Graphviz accepts it; true, and a word about it, where Graphviz is not installed.
bool graphviz_accepts(const std::string& dot) {
  if (std::system("dot -V > /dev/null 2>&1") != 0) {
    MESSAGE("skipped: Graphviz is not installed, only the structure of the drawing was checked");
    return true;
  }
  const auto path = std::filesystem::temp_directory_path() /
                    ("kindling_dot_" + std::to_string(std::rand()) + ".dot");
  std::ofstream(path) << dot;
  const int status = std::system(("dot -Tsvg -o /dev/null " + path.string()).c_str());
  std::filesystem::remove(path);
  return status == 0;
}

}  // namespace

TEST_CASE("the logistic neuron of the hour") {
  const Tensor y = tensor({1.0}), x1 = tensor({1.1});
  Tensor w1 = tensor({2.2}).requires_grad_(), b = tensor({0.0}).requires_grad_();
  const Tensor z = x1 * w1 + b, a = sigmoid(z), loss = mean(-(y * log(a) + (1 - y) * log(1 - a)));
  loss.backward(true);
  const std::string dot = to_dot(loss, {{"w1", w1}, {"b", b}, {"z", z}, {"a", a}, {"loss", loss}});
  check_structure(dot);
  CHECK(dot.find(R"("w1 = [2.2]\ngrad = [-0.0898]")") != std::string::npos);
  CHECK(dot.find(R"("b = [0]\ngrad = [-0.0817]")") != std::string::npos);
  CHECK(dot.find(R"("Sigmoid\na = [0.9183]")") != std::string::npos);
  CHECK(dot.find(R"("Mean\nloss = 0.0852")") != std::string::npos);
  CHECK(dot.find("Backward") == std::string::npos);
  CHECK(graphviz_accepts(dot));
}

TEST_CASE("a tensor that is used twice is one node with two edges") {
  Tensor x = tensor({2.0}).requires_grad_();
  const std::string dot = to_dot(x * x);
  check_structure(dot);
  CHECK(count(dot, "label=") == 2);
  CHECK(count(dot, "t1 -> t0") == 2);
}

TEST_CASE("large tensors show their shape, names are escaped") {
  Tensor w = zeros({3, 5}).requires_grad_();
  const std::string dot = to_dot(sum(w), {{"the \"weight\" \\ of\nlayer 1", w}});
  check_structure(dot);
  CHECK(dot.find(R"("the \"weight\" \\ of\nlayer 1, shape [3, 5]")") != std::string::npos);
  CHECK(graphviz_accepts(dot));
}

TEST_CASE("an input without a gradient is a constant, a result that nobody holds has no value") {
  Tensor w = tensor({2.0}).requires_grad_();
  const Tensor loss = sum(tensor({3.0}) * w);
  const std::string dot = to_dot(loss);
  check_structure(dot);
  CHECK(count(dot, "label=\"constant\"") == 1);
  CHECK(dot.find(R"("Mul\nshape [1]")") != std::string::npos);
}

TEST_CASE("a tensor outside of any graph, and a leaf by itself") {
  check_structure(to_dot(tensor({1.0, 2.0})));
  CHECK(to_dot(tensor({1.0, 2.0})).find("[1, 2]") != std::string::npos);
  Tensor leaf = tensor({1.5}).requires_grad_();
  CHECK(to_dot(leaf, {{"leaf", leaf}}).find("leaf = [1.5]") != std::string::npos);
  CHECK(graphviz_accepts(to_dot(leaf)));
}

TEST_CASE("a deep graph does not overflow the stack") {
  Tensor x = tensor({1.0}).requires_grad_(), y = x;
  for (int i = 0; i < 200000; ++i) y = y + 1;
  CHECK(count(to_dot(y), " -> ") == 200000);
}
