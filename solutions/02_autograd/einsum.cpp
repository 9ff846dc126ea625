#include <algorithm>
#include <array>
#include <string>

#include "kindling/ops.h"

/// Einstein's notation. All operands get the same axes, in one order: first those of the result,
/// then those that are summed over; an axis that an operand has not is one of length 1. Two
/// operands are then multiplied by one matmul(): axes that both have and the result keeps are
/// batches, and those that are summed over are the inner ones.
namespace kindling {
namespace {

constexpr std::string_view ellipsis = "...";

/// "ij,jk->ik", in parts.
struct Equation {
  std::vector<std::string> operands;  // an ellipsis is one '.'
  std::string result;
};

/// Letters, and at most one ellipsis, which becomes one '.'.
std::string read_term(std::string_view term) {
  std::string labels;
  for (std::size_t i = 0; i < term.size(); ++i) {
    if (term.substr(i, ellipsis.size()) == ellipsis) {
      check(labels.find('.') == labels.npos, "einsum: found '", term, "' with two ellipses");
      labels += '.';
      i += ellipsis.size() - 1;
      continue;
    }
    const bool is_letter = ('a' <= term[i] && term[i] <= 'z') || ('A' <= term[i] && term[i] <= 'Z');
    check(is_letter, "einsum: expected letters and ... as names of axes, got '", term[i], "' in '",
          term, "'");
    labels += term[i];
  }
  return labels;
}

Equation read_equation(std::string_view text) {
  std::string equation(text);
  std::erase(equation, ' ');
  const std::size_t arrow = equation.find("->");
  Equation read;
  std::string_view left = std::string_view(equation).substr(0, arrow);
  for (std::size_t comma = 0; comma != left.npos;) {
    comma = left.find(',');
    read.operands.push_back(read_term(left.substr(0, comma)));
    if (comma != left.npos) left.remove_prefix(comma + 1);
  }
  if (arrow != equation.npos) {
    read.result = read_term(std::string_view(equation).substr(arrow + 2));
    return read;
  }
  std::string all;
  for (const std::string& labels : read.operands) all += labels;
  if (all.find('.') != all.npos) read.result += '.';
  std::ranges::sort(all);
  for (const char label : all)
    if (label != '.' && std::ranges::count(all, label) == 1) read.result += label;
  return read;
}

/// Which axis each letter has, of those that all operands get; those of an ellipsis come first of
/// all where it stands in the result.
struct Axes {
  std::array<std::int64_t, 128> of_label;
  std::int64_t first_of_ellipsis = 0, in_ellipsis = 0;
  std::int64_t kept = 0, count = 0;  // those of the result, and all
};

/// How many axes the ellipsis of an operand stands for.
std::int64_t axes_in_ellipsis(const std::string& labels, const Tensor& x, std::size_t number) {
  const auto letters = std::ssize(labels) - std::ranges::count(labels, '.');
  const bool has_ellipsis = labels.find('.') != labels.npos;
  check(has_ellipsis ? letters <= x.dim() : letters == x.dim(), "einsum: operand ", number,
        " has shape ", x.shape(), ", but the equation names ", letters, " axes of it");
  return x.dim() - letters;
}

Axes number_axes(const Equation& equation, const Tensors& operands) {
  Axes axes;
  axes.of_label.fill(-1);
  for (std::size_t i = 0; i < operands.size(); ++i)
    axes.in_ellipsis =
        std::max(axes.in_ellipsis, axes_in_ellipsis(equation.operands[i], operands[i], i));
  std::string known;
  for (const std::string& labels : equation.operands) known += labels;
  for (const char label : equation.result) {
    check(known.find(label) != known.npos || label == '.', "einsum: output subscript ", label,
          " does not appear in the equation for any input operand");
    check(axes.of_label[label] < 0, "einsum: output subscript ", label,
          " appears more than once in the output");
    axes.of_label[label] = axes.count;
    axes.count += label == '.' ? axes.in_ellipsis : 1;
  }
  axes.kept = axes.count;
  for (const char label : known) {
    if (axes.of_label[label] >= 0) continue;
    axes.of_label[label] = axes.count;
    axes.count += label == '.' ? axes.in_ellipsis : 1;
  }
  axes.first_of_ellipsis = std::max<std::int64_t>(axes.of_label['.'], 0);
  return axes;
}

/// A letter that occurs twice is one axis, along which both step at once: a diagonal.
Tensor take_diagonals(const Tensor& x, std::string& labels) {
  Tensor out = x;
  for (std::size_t second = 1; second < labels.size();) {
    const std::size_t first = labels.find(labels[second]);
    if (first == second) {
      ++second;
      continue;
    }
    // Behind an ellipsis, letters are counted from the end.
    const auto axis_of = [&](std::size_t at) {
      const std::size_t dots = labels.find('.');
      return dots == labels.npos || at < dots
                 ? static_cast<std::int64_t>(at)
                 : out.dim() - std::ssize(labels) + static_cast<std::int64_t>(at);
    };
    const std::int64_t a = axis_of(first), b = axis_of(second);
    check(out.size(a) == out.size(b), "einsum: subscript ", labels[second],
          " is repeated for an operand, but its lengths ", out.size(a), " and ", out.size(b),
          " differ");
    Shape shape = out.shape(), strides = out.strides();
    strides[a] += strides[b];
    shape.erase(shape.begin() + b);
    strides.erase(strides.begin() + b);
    out = out.as_strided(shape, strides);
    labels.erase(second, 1);
  }
  return out;
}

/// x with the axes that all operands have.
Tensor with_all_axes(const Tensor& operand, std::string labels, const Axes& axes) {
  const Tensor x = take_diagonals(operand, labels);
  Shape target;  // of each axis of x
  for (const char label : labels) {
    if (label != '.') {
      target.push_back(axes.of_label[label]);
      continue;
    }
    const std::int64_t here = x.dim() - (std::ssize(labels) - 1);  // aligned at the right
    for (std::int64_t i = axes.in_ellipsis - here; i < axes.in_ellipsis; ++i)
      target.push_back(axes.first_of_ellipsis + i);
  }
  Shape order, shape(static_cast<std::size_t>(axes.count), 1);
  for (std::int64_t axis = 0; axis < axes.count; ++axis)
    if (const auto at = std::ranges::find(target, axis); at != target.end()) {
      order.push_back(at - target.begin());
      shape[axis] = x.size(order.back());
    }
  return x.permute(order).reshape(shape);
}

/// Σ a b over those axes, which become 1 long.
Tensor multiply(Tensor a, Tensor b, const std::vector<bool>& is_summed) {
  Shape batch, only_a, only_b, inner;
  for (std::int64_t axis = 0; axis < a.dim(); ++axis) {
    const bool in_a = a.size(axis) != 1, in_b = b.size(axis) != 1;
    if (is_summed[axis] && in_a && in_b)
      inner.push_back(axis);
    else if (is_summed[axis])
      only_b.push_back(axis);  // 1 long in both, once the one that has it is summed
    else
      (in_a && in_b ? batch : in_a ? only_a : only_b).push_back(axis);
    if (is_summed[axis] && in_a && !in_b) a = sum(a, axis, true);
    if (is_summed[axis] && in_b && !in_a) b = sum(b, axis, true);
  }
  const auto lengths = [](const Tensor& t, const Shape& of) {
    Shape shape;
    for (const std::int64_t axis : of) shape.push_back(t.size(axis));
    return shape;
  };
  const auto join = [](std::initializer_list<Shape> parts) {
    Shape all;
    for (const Shape& part : parts) all.insert(all.end(), part.begin(), part.end());
    return all;
  };
  const std::int64_t batches = numel(lengths(a, batch)), k = numel(lengths(a, inner));
  const Shape rows = lengths(a, only_a), columns = lengths(b, only_b);
  const Tensor left =
      a.permute(join({batch, only_a, inner, only_b})).reshape({batches, numel(rows), k});
  const Tensor right =
      b.permute(join({batch, inner, only_b, only_a})).reshape({batches, k, numel(columns)});
  const Tensor product =
      matmul(left, right).view(join({lengths(a, batch), rows, Shape(inner.size(), 1), columns}));
  const Shape order = join({batch, only_a, inner, only_b});
  Shape back(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) back[order[i]] = static_cast<std::int64_t>(i);
  return product.permute(back);
}

/// All operands agree about the length of an axis, or have length 1.
void check_lengths(std::string_view equation, const Tensors& operands) {
  for (std::int64_t axis = 0; axis < operands[0].dim(); ++axis) {
    std::int64_t length = 1;
    for (const Tensor& x : operands) {
      check(length == 1 || x.size(axis) == 1 || x.size(axis) == length, "einsum: in '", equation,
            "', one axis has lengths ", length, " and ", x.size(axis));
      if (x.size(axis) != 1) length = x.size(axis);
    }
  }
}

}  // namespace

Tensor einsum(std::string_view text, const Tensors& operands) {
  check(!operands.empty(), "einsum: must provide at least one operand");
  const Equation equation = read_equation(text);
  check(equation.operands.size() == operands.size(), "einsum: '", text, "' is about ",
        equation.operands.size(), " operands, got ", operands.size());
  const Axes axes = number_axes(equation, operands);
  Tensors wide;
  for (std::size_t i = 0; i < operands.size(); ++i)
    wide.push_back(with_all_axes(operands[i], equation.operands[i], axes));
  check_lengths(text, wide);

  Tensor result = wide[0];
  for (std::size_t i = 1; i < wide.size(); ++i) {
    // What no later operand has, and the result has not, can be summed over now.
    std::vector<bool> is_summed(static_cast<std::size_t>(axes.count));
    for (std::int64_t axis = axes.kept; axis < axes.count; ++axis)
      is_summed[axis] = std::all_of(wide.begin() + static_cast<std::ptrdiff_t>(i) + 1, wide.end(),
                                    [axis](const Tensor& x) { return x.size(axis) == 1; });
    result = multiply(result, wide[i], is_summed);
  }
  Dims summed;
  for (std::int64_t axis = axes.kept; axis < axes.count; ++axis) summed.push_back(axis);
  return summed.empty() ? result : sum(result, summed);
}

}  // namespace kindling
