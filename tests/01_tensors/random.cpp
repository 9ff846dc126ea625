#include <doctest/doctest.h>

#include <algorithm>

#include "kindling/ops.h"
#include "testing/oracle.h"

using namespace kindling;
using namespace kindling::testing;

namespace {

/// A tensor in the shape and dtype that a step asks for.
Tensor target(const Json& args, DType otherwise) {
  const DType dtype =
      args.contains("dtype") ? to_dtype(args.at("dtype").get<std::string>()) : otherwise;
  return empty(to_shape(args.at("shape")), dtype);
}

/// torch.bernoulli(p) of a float32 tensor full of p, which Kindling has no function for: one float
/// uniform an element.
Tensor bernoulli(Tensor out, double p) {
  for (std::int64_t i = 0; i < out.numel(); ++i)
    out.data_ptr<float>()[i] = default_generator().uniform<float>() < static_cast<float>(p);
  return out;
}

/// random_() without bounds, which Kindling has no function for: all non-negative int64.
Tensor random_int64(Tensor out) {
  for (std::int64_t i = 0; i < out.numel(); ++i)
    out.data_ptr<std::int64_t>()[i] =
        static_cast<std::int64_t>(default_generator().random64() % (std::uint64_t{1} << 63));
  return out;
}

Tensor draw(const std::string& call, const Json& args) {
  const auto number = [&](const char* name) { return args.at(name).get<double>(); };
  const auto integer = [&](const char* name) { return args.at(name).get<std::int64_t>(); };
  if (call == "rand") return rand(to_shape(args.at("shape")), target(args, float32).dtype());
  if (call == "randn") return randn(to_shape(args.at("shape")), target(args, float32).dtype());
  if (call == "randint")
    return randint(integer("low"), integer("high"), to_shape(args.at("shape")));
  if (call == "random_") return random_int64(target(args, int64));
  if (call == "randperm") return randperm(integer("n"));
  if (call == "uniform_") return target(args, float32).uniform_(number("from"), number("to"));
  if (call == "normal_") return target(args, float32).normal_(number("mean"), number("std"));
  if (call == "bernoulli_") return target(args, float32).bernoulli_(number("p"));
  if (call == "multinomial") {
    const Json& p = args.at("p");
    Tensors rows;
    if (p[0].is_array())
      for (const Json& row : p) rows.push_back(tensor(row.get<std::vector<double>>()));
    else
      rows.push_back(tensor(p.get<std::vector<double>>()));
    const Tensor all = p[0].is_array() ? stack(rows) : rows[0];
    const DType dtype =
        args.contains("dtype") ? to_dtype(args.at("dtype").get<std::string>()) : float32;
    return multinomial(all.to(dtype), integer("num_samples"), args.value("replacement", false));
  }
  if (call == "bernoulli") return bernoulli(target(args, float32), number("p"));
  if (call == "normal_transposed") {
    const Shape shape = to_shape(args.at("shape"));
    return empty({shape[1], shape[0]}).transpose(0, 1).normal_(number("mean"), number("std"));
  }
  fail("random.json has a call that this test does not know: ", call);
}

void check_step(const std::string& what, const Json& step) {
  const std::string call = step.at("call");
  const Json& args = step.at("args");
  if (call == "manual_seed") {
    manual_seed(args.at("seed").get<std::uint64_t>());
    return;
  }
  const Tensor got = draw(call, args);
  if (step.contains("data")) {
    check_close(what, got, to_tensor(step), exact);
    return;
  }
  // A long permutation is told by its first elements and a checksum.
  const auto p = got.to_vector<std::int64_t>();
  std::int64_t checksum = 0;
  for (std::size_t i = 0; i < p.size(); ++i) checksum += static_cast<std::int64_t>(i) * p[i];
  CHECK_MESSAGE(checksum == step.at("checksum").get<std::int64_t>(), what);
  const auto first = step.at("first").get<std::vector<std::int64_t>>();
  CHECK_MESSAGE(std::equal(first.begin(), first.end(), p.begin()), what);
}

bool has_dropout(const Json& sequence) {
  for (const Json& step : sequence.at("steps"))
    if (step.at("call") == "dropout") return true;
  return false;
}

}  // namespace

TEST_CASE("the generator gives PyTorch's words") {
  for (const Json& c : load_oracle("random").at("words")) {
    Generator generator(c.at("seed").get<std::uint64_t>());
    for (const Json& word : c.at("words")) CHECK(generator.random() == word.get<std::uint32_t>());
  }
}

TEST_CASE("every sequence of draws is PyTorch's, bit for bit") {
  int ran = 0, later = 0;
  for (const Json& sequence : load_oracle("random").at("sequences")) {
    if (has_dropout(sequence)) {  // chapter 3
      ++later;
      continue;
    }
    const std::string name =
        sequence.at("name").get<std::string>() + ", seed " + sequence.at("seed").dump();
    manual_seed(sequence.at("seed").get<std::uint64_t>());
    for (const Json& step : sequence.at("steps"))
      check_step(name + ", " + step.at("call").get<std::string>(), step);
    ++ran;
  }
  CHECK(ran == 208);
  CHECK(later == 4);
}

TEST_CASE("views are filled in the order of memory, as PyTorch fills them") {
  manual_seed(0);
  const Tensor whole = rand({3, 4});
  manual_seed(0);
  const Tensor transposed = empty({3, 4}).transpose(0, 1).uniform_();
  CHECK(difference(transposed, whole.transpose(0, 1), exact).empty());
  manual_seed(0);
  Tensor stepped = zeros({3, 8});
  stepped.slice(1, 0, 8, 2).uniform_();
  CHECK(difference(stepped.slice(1, 0, 8, 2), whole, exact).empty());
  CHECK(difference(stepped.slice(1, 1, 8, 2), zeros({3, 4}), exact).empty());
}
