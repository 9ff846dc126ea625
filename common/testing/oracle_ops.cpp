#include "testing/oracle_ops.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

#include "kindling/ops.h"

namespace kindling::testing {
namespace {

Scalar to_scalar(const Json& number) {
  if (number.is_boolean()) return number.get<bool>();
  if (number.is_number_integer()) return number.get<std::int64_t>();
  return to_number<double>(number);
}

std::int64_t integer(const Json& args, const char* name) {
  return args.at(name).get<std::int64_t>();
}
bool is_given(const Json& args, const char* name) {
  return args.contains(name) && !args.at(name).is_null();
}
Dims dims(const Json& args) {
  return is_given(args, "dim") ? Dims(to_shape(args.at("dim"))) : Dims();
}
bool keepdim(const Json& args) { return args.value("keepdim", false); }

std::optional<Scalar> bound(const Json& args, const char* name) {
  if (!is_given(args, name)) return std::nullopt;
  return to_scalar(args.at(name));
}

Tensor in_dtype(const Tensor& x, const Json& args) {
  return is_given(args, "dtype") ? x.to(to_dtype(args.at("dtype").get<std::string>())) : x;
}

/// f(x, y), or f(x, scalar) where the case has a scalar.
template <class F>
OracleOp binary(F f) {
  return [f](const Tensors& x, const Json& args) -> Tensors {
    if (args.contains("scalar")) return {f(x.at(0), to_scalar(args.at("scalar")))};
    return {f(x.at(0), x.at(1))};
  };
}

OracleOp of_tensors(Tensor (*f)(const Tensor&, const Tensor&)) {
  return [f](const Tensors& x, const Json&) -> Tensors { return {f(x.at(0), x.at(1))}; };
}

/// f(scalar, x)
OracleOp scalar_first(Tensor (*f)(Scalar, const Tensor&)) {
  return [f](const Tensors& x, const Json& args) -> Tensors {
    return {f(to_scalar(args.at("scalar")), x.at(0))};
  };
}

OracleOp unary(Tensor (*f)(const Tensor&)) {
  return [f](const Tensors& x, const Json&) -> Tensors { return {f(x.at(0))}; };
}

OracleOp reduction(Tensor (*f)(const Tensor&, const Dims&, bool)) {
  return [f](const Tensors& x, const Json& args) -> Tensors {
    return {f(x.at(0), dims(args), keepdim(args))};
  };
}

OracleOp along(ValuesAndIndices (*f)(const Tensor&, std::int64_t, bool)) {
  return [f](const Tensors& x, const Json& args) -> Tensors {
    const auto [values, indices] = f(x.at(0), integer(args, "dim"), keepdim(args));
    return {values, indices};
  };
}

OracleOp arg(Tensor (*f)(const Tensor&, std::optional<std::int64_t>, bool)) {
  return [f](const Tensors& x, const Json& args) -> Tensors {
    std::optional<std::int64_t> dim;
    if (is_given(args, "dim")) dim = integer(args, "dim");
    return {f(x.at(0), dim, keepdim(args))};
  };
}

/// What needs no more than its first input and its arguments.
template <class F>
OracleOp with_args(F f) {
  return [f](const Tensors& x, const Json& args) -> Tensors { return {f(x.at(0), args)}; };
}

/// What makes a tensor from nothing.
template <class F>
OracleOp maker(F f) {
  return [f](const Tensors&, const Json& args) -> Tensors { return {f(args)}; };
}

Tensors split_case(const Tensors& x, const Json& args) {
  if (args.contains("split_size"))
    return split(x.at(0), integer(args, "split_size"), integer(args, "dim"));
  return split(x.at(0), args.at("sizes").get<std::vector<std::int64_t>>(), integer(args, "dim"));
}

std::map<std::string, OracleOp> elementwise_ops() {
  const auto add = [](const Tensor& a, const auto& b) { return a + b; };
  const auto sub = [](const Tensor& a, const auto& b) { return a - b; };
  const auto mul = [](const Tensor& a, const auto& b) { return a * b; };
  const auto div = [](const Tensor& a, const auto& b) { return a / b; };
  const auto power = [](const Tensor& a, const auto& b) { return pow(a, b); };
  return {
      {"add", binary(add)},
      {"sub", binary(sub)},
      {"mul", binary(mul)},
      {"div", binary(div)},
      {"pow", binary(power)},
      {"rsub", scalar_first(operator-)},
      {"rdiv", scalar_first(operator/)},
      {"rpow", scalar_first(pow)},
      {"maximum", of_tensors(maximum)},
      {"minimum", of_tensors(minimum)},
      {"neg", unary(operator-)},
      {"exp", unary(exp)},
      {"log", unary(log)},
      {"sqrt", unary(sqrt)},
      {"abs", unary(abs)},
      {"tanh", unary(tanh)},
      {"sigmoid", unary(sigmoid)},
      {"relu", unary(relu)},
      {"gelu", with_args([](const Tensor& x, const Json& args) {
         if (!is_given(args, "approximate")) return gelu(x);
         return gelu(x, args.at("approximate").get<std::string>());
       })},
      {"rsqrt", unary(rsqrt)},
      {"sin", unary(sin)},
      {"cos", unary(cos)},
      {"erf", unary(erf)},
      {"floor", unary(floor)},
      {"ceil", unary(ceil)},
      {"round", unary(round)},
      {"floor_divide", binary([](const Tensor& a, const auto& b) { return floor_divide(a, b); })},
      {"remainder", binary([](const Tensor& a, const auto& b) { return remainder(a, b); })},
      {"clamp", with_args([](const Tensor& x, const Json& args) {
         return clamp(x, bound(args, "min"), bound(args, "max"));
       })}};
}

std::map<std::string, OracleOp> comparison_ops() {
  return {{"eq", binary([](const Tensor& a, const auto& b) { return a == b; })},
          {"ne", binary([](const Tensor& a, const auto& b) { return a != b; })},
          {"lt", binary([](const Tensor& a, const auto& b) { return a < b; })},
          {"le", binary([](const Tensor& a, const auto& b) { return a <= b; })},
          {"gt", binary([](const Tensor& a, const auto& b) { return a > b; })},
          {"ge", binary([](const Tensor& a, const auto& b) { return a >= b; })},
          {"logical_and", of_tensors(logical_and)},
          {"logical_or", of_tensors(logical_or)},
          {"logical_xor", of_tensors(logical_xor)},
          {"logical_not", unary(logical_not)},
          {"isnan", unary(isnan)},
          {"isinf", unary(isinf)},
          {"isfinite", unary(isfinite)}};
}

std::map<std::string, OracleOp> reduction_ops() {
  return {{"sum", reduction(sum)},
          {"mean", reduction(mean)},
          {"amax", reduction(amax)},
          {"amin", reduction(amin)},
          {"logsumexp", reduction(logsumexp)},
          {"all", reduction(all)},
          {"any", reduction(any)},
          {"var", with_args([](const Tensor& x, const Json& args) {
             return var(x, dims(args), keepdim(args), args.at("unbiased").get<bool>() ? 1 : 0);
           })},
          {"std", with_args([](const Tensor& x, const Json& args) {
             return kindling::std(x, dims(args), keepdim(args),
                                  args.at("unbiased").get<bool>() ? 1 : 0);
           })},
          {"norm", with_args([](const Tensor& x, const Json& args) {
             return norm(x, to_number<double>(args.at("p")), dims(args), keepdim(args));
           })},
          {"prod", reduction(prod)},
          {"cumsum", with_args([](const Tensor& x, const Json& args) {
             return cumsum(x, integer(args, "dim"));
           })},
          {"max", unary(max)},
          {"min", unary(min)},
          {"max_dim", along(max)},
          {"min_dim", along(min)},
          {"argmax", arg(argmax)},
          {"argmin", arg(argmin)},
          {"softmax", with_args([](const Tensor& x, const Json& args) {
             return softmax(x, integer(args, "dim"));
           })}};
}

std::map<std::string, OracleOp> view_ops() {
  return {{"reshape", with_args([](const Tensor& x, const Json& args) {
             return x.reshape(to_shape(args.at("shape")));
           })},
          {"view", with_args([](const Tensor& x, const Json& args) {
             return x.view(to_shape(args.at("shape")));
           })},
          {"expand", with_args([](const Tensor& x, const Json& args) {
             return x.expand(to_shape(args.at("shape")));
           })},
          {"permute", with_args([](const Tensor& x, const Json& args) {
             return x.permute(to_shape(args.at("dims")));
           })},
          {"T", with_args([](const Tensor& x, const Json&) { return x.T(); })},
          {"transpose", with_args([](const Tensor& x, const Json& args) {
             return x.transpose(integer(args, "dim0"), integer(args, "dim1"));
           })},
          {"squeeze", with_args([](const Tensor& x, const Json& args) {
             return is_given(args, "dim") ? x.squeeze(integer(args, "dim")) : x.squeeze();
           })},
          {"unsqueeze", with_args([](const Tensor& x, const Json& args) {
             return x.unsqueeze(integer(args, "dim"));
           })},
          {"flatten", with_args([](const Tensor& x, const Json& args) {
             return x.flatten(integer(args, "start_dim"), integer(args, "end_dim"));
           })},
          {"narrow", with_args([](const Tensor& x, const Json& args) {
             return x.narrow(integer(args, "dim"), integer(args, "start"), integer(args, "length"));
           })},
          {"slice", with_args([](const Tensor& x, const Json& args) {
             return x.slice(integer(args, "dim"), integer(args, "start"), integer(args, "end"),
                            integer(args, "step"));
           })},
          {"select", with_args([](const Tensor& x, const Json& args) {
             return x.select(integer(args, "dim"), integer(args, "index"));
           })},
          {"unfold", with_args([](const Tensor& x, const Json& args) {
             return x.unfold(integer(args, "dim"), integer(args, "size"), integer(args, "step"));
           })},
          {"as_strided", with_args([](const Tensor& x, const Json& args) {
             std::optional<std::int64_t> offset;
             if (is_given(args, "offset")) offset = integer(args, "offset");
             return x.as_strided(to_shape(args.at("shape")), to_shape(args.at("strides")), offset);
           })},
          {"to", with_args(in_dtype)}};
}

Tensor pad_case(const Tensor& x, const Json& args) {
  const std::string mode = args.value("mode", "constant");
  const Shape pads = to_shape(args.at("pads"));
  if (mode != "constant")
    return pad(x, pads, mode == "reflect" ? Padding::reflect : Padding::replicate);
  return is_given(args, "value") ? pad(x, pads, Padding::constant, to_scalar(args.at("value")))
                                 : pad(x, pads);
}

/// The values and the indices, as two outputs.
Tensors both(const ValuesAndIndices& found) { return {found.values, found.indices}; }

std::map<std::string, OracleOp> moving_ops() {
  return {{"flip", with_args([](const Tensor& x, const Json& args) {
             return flip(x, to_shape(args.at("dims")));
           })},
          {"roll", with_args([](const Tensor& x, const Json& args) {
             const Shape shifts = to_shape(args.at("shifts"));
             return is_given(args, "dims") ? roll(x, shifts, to_shape(args.at("dims")))
                                           : roll(x, shifts);
           })},
          {"pad", with_args(pad_case)},
          {"sort",
           [](const Tensors& x, const Json& args) {
             return both(sort(x.at(0), integer(args, "dim"), args.at("descending").get<bool>()));
           }},
          {"argsort", with_args([](const Tensor& x, const Json& args) {
             return argsort(x, integer(args, "dim"), args.at("descending").get<bool>());
           })},
          {"topk",
           [](const Tensors& x, const Json& args) {
             return both(topk(x.at(0), integer(args, "k"), integer(args, "dim"),
                              args.at("largest").get<bool>()));
           }},
          {"one_hot", with_args([](const Tensor& x, const Json& args) {
             return is_given(args, "num_classes") ? one_hot(x, integer(args, "num_classes"))
                                                  : one_hot(x);
           })},
          {"einsum", [](const Tensors& x, const Json& args) -> Tensors {
             return {einsum(args.at("equation").get<std::string>(), x)};
           }}};
}

std::map<std::string, OracleOp> other_ops() {
  return {
      {"cat",
       [](const Tensors& x, const Json& args) -> Tensors {
         return {cat(x, integer(args, "dim"))};
       }},
      {"stack",
       [](const Tensors& x, const Json& args) -> Tensors {
         return {stack(x, integer(args, "dim"))};
       }},
      {"split", split_case},
      {"chunk",
       [](const Tensors& x, const Json& args) {
         return chunk(x.at(0), integer(args, "chunks"), integer(args, "dim"));
       }},
      {"repeat", with_args([](const Tensor& x, const Json& args) {
         return repeat(x, to_shape(args.at("repeats")));
       })},
      {"gather",
       [](const Tensors& x, const Json& args) -> Tensors {
         return {gather(x.at(0), integer(args, "dim"), x.at(1))};
       }},
      {"index_select",
       [](const Tensors& x, const Json& args) -> Tensors {
         return {index_select(x.at(0), integer(args, "dim"), x.at(1))};
       }},
      {"masked_fill",
       [](const Tensors& x, const Json& args) -> Tensors {
         return {masked_fill(x.at(0), x.at(1), to_scalar(args.at("value")))};
       }},
      {"where",
       [](const Tensors& x, const Json&) -> Tensors { return {where(x.at(0), x.at(1), x.at(2))}; }},
      {"triu", with_args([](const Tensor& x, const Json& args) {
         return triu(x, integer(args, "diagonal"));
       })},
      {"tril", with_args([](const Tensor& x, const Json& args) {
         return tril(x, integer(args, "diagonal"));
       })},
      {"matmul", of_tensors(matmul)},
      {"arange", maker([](const Json& args) {
         const Scalar start = to_scalar(args.at("start")), end = to_scalar(args.at("end")),
                      step = to_scalar(args.at("step"));
         if (!is_given(args, "dtype")) return arange(start, end, step);
         return arange(start, end, step, to_dtype(args.at("dtype").get<std::string>()));
       })},
      {"linspace", maker([](const Json& args) {
         const DType dtype =
             is_given(args, "dtype") ? to_dtype(args.at("dtype").get<std::string>()) : float32;
         return linspace(args.at("start"), args.at("end"), integer(args, "steps"), dtype);
       })},
      {"eye", maker([](const Json& args) { return eye(integer(args, "n"), integer(args, "m")); })},
      {"full", maker([](const Json& args) {
         return full(to_shape(args.at("shape")), to_scalar(args.at("fill_value")));
       })}};
}

/// The inputs of a case; with `leaves`, those that PyTorch has a gradient for require one.
Tensors make_inputs(const Json& c, bool leaves) {
  Tensors inputs;
  for (const Json& described : c.at("inputs")) {
    inputs.push_back(to_tensor(described));
    const Json& grad = c.at("grads").at(inputs.size() - 1);
    if (leaves && !grad.is_null()) inputs.back().requires_grad_();
  }
  return inputs;
}

/// The name that Kindling gives a graph node. The oracle has PyTorch 1.13's; we have those of 2.x,
/// but for three that show how PyTorch works inside and not what was asked for.
std::string our_name(const std::string& of_pytorch) {
  static const std::map<std::string, std::string> renamed = {
      {"ReshapeAliasBackward0", "ViewBackward0"},  // since 2.0
      {"SqueezeBackward3", "SqueezeBackward1"},    // vector times matrix is squeezed in place there
      {"SortBackward1", "SortBackward0"},          // of the overload that is asked to be stable
      {"AliasBackward0",
       "SliceBackward0"},  // x[:] of everything is found out and made an alias there
      {"CloneBackward0",
       "UnsafeViewBackward0"},  // matrix times batch is computed transposed, and copied, there
  };
  const auto found = renamed.find(of_pytorch);
  return found == renamed.end() ? of_pytorch : found->second;
}

/// Reports an exception as a failure of the case, so that the others still run.
template <class F>
void guarded(const Json& c, F run) {
  try {
    run();
  } catch (const std::exception& error) {
    FAIL_CHECK(case_name(c), ": ", std::string(error.what()));
  }
}

}  // namespace

const std::map<std::string, OracleOp>& oracle_ops() {
  static const auto all = [] {
    std::map<std::string, OracleOp> ops;
    for (auto part : {elementwise_ops(), comparison_ops(), reduction_ops(), view_ops(),
                      moving_ops(), other_ops()})
      ops.merge(part);
    return ops;
  }();
  return all;
}

std::string case_name(const Json& c) {
  std::ostringstream name;
  name << c.at("op").get<std::string>() << ' ' << c.at("args").dump();
  for (const Json& input : c.at("inputs"))
    name << ' ' << input.at("dtype").get<std::string>() << to_shape(input.at("shape"))
         << (input.value("strided", false) ? " strided" : "");
  return name.str();
}

void check_outputs(const Json& c, const OracleOp& op) {
  guarded(c, [&] {
    const Tensors outputs = op(make_inputs(c, false), c.at("args"));
    const Json& expected = c.at("outputs");
    if (outputs.size() != expected.size())
      FAIL_CHECK(case_name(c), ": expected ", expected.size(), " outputs, got ", outputs.size());
    for (std::size_t i = 0; i < std::min(outputs.size(), expected.size()); ++i)
      check_close(case_name(c) + ", output " + std::to_string(i), outputs[i],
                  to_tensor(expected[i]));
  });
}

bool check_gradients(const Json& c, const OracleOp& op) {
  bool checked = false;
  guarded(c, [&] {
    Tensors inputs = make_inputs(c, true);
    const Tensors outputs = op(inputs, c.at("args"));
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const Json& cotangent = c.at("cotangents").at(i);
      if (cotangent.is_null()) continue;
      outputs[i].backward(to_tensor(cotangent, outputs[i].shape(), outputs[i].dtype()), true);
    }
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const Json& grad = c.at("grads").at(i);
      if (grad.is_null()) continue;
      checked = true;
      check_close(case_name(c) + ", gradient of input " + std::to_string(i), inputs[i].grad(),
                  to_tensor(grad, inputs[i].shape(), inputs[i].dtype()));
    }
    const std::string name = c.at("grad_fn").is_null() ? "" : our_name(c.at("grad_fn"));
    const bool composed = c.value("composed", false);  // of others, whose names are theirs
    if (checked && !composed)
      CHECK_MESSAGE(outputs.at(0).grad_fn() == name, case_name(c), ": grad_fn: expected ", name,
                    ", got ", outputs.at(0).grad_fn());
  });
  return checked;
}

}  // namespace kindling::testing
