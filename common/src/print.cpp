#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "kindling/tensor.h"

/// The text of a tensor, as torch/_tensor_str.py makes it. Elements are read where they lie,
/// through their strides and without a backend, so that a tensor can be looked at while the backend
/// is still being written.
namespace kindling {
namespace {

constexpr std::int64_t dots = -1;  // stands for the elements that a summary leaves out

/// The indices of an axis that are shown: all of them, or those at its two ends with dots between.
std::vector<std::int64_t> shown_indices(std::int64_t length, bool summarize) {
  const std::int64_t edge = print_options().edgeitems;
  const bool cut = summarize && length / 2 >= edge && length > 2 * edge;
  std::vector<std::int64_t> shown;
  for (std::int64_t i = 0; i < (cut ? edge : length); ++i) shown.push_back(i);
  if (cut) shown.push_back(dots);
  for (std::int64_t i = cut ? length - edge : length; i < length; ++i) shown.push_back(i);
  return shown;
}

// One number --------------------------------------------------------------------------------------

/// How the floating-point numbers of a tensor are written; the others have one way only.
enum class Style { whole, fixed, scientific };  // 1.  1.0000  1.0000e+00

std::string digits(double value, std::chars_format format, int precision) {
  if (std::isnan(value)) return "nan";  // whatever its sign
  constexpr std::size_t longest = std::numeric_limits<double>::max_exponent10 + 8;
  std::string text(longest + static_cast<std::size_t>(std::max(precision, 0)), '\0');
  const auto result =
      std::to_chars(text.data(), text.data() + text.size(), value, format, precision);
  text.resize(static_cast<std::size_t>(result.ptr - text.data()));
  return text;
}

std::string number_text(bool value, Style) { return value ? "True" : "False"; }
std::string number_text(std::int64_t value, Style) { return std::to_string(value); }
std::string number_text(double value, Style style) {
  const int precision = print_options().precision;
  switch (style) {
    case Style::whole:
      return digits(value, std::chars_format::fixed, 0) + (std::isfinite(value) ? "." : "");
    case Style::fixed:
      return digits(value, std::chars_format::fixed, precision);
    case Style::scientific:
      return digits(value, std::chars_format::scientific, precision);
  }
  __builtin_unreachable();
}

/// Zeros, infinities and NaNs have no say in how numbers are written, nor in how wide a column is.
template <class T>
bool counts(T value) {
  if constexpr (std::is_floating_point_v<T>) return std::isfinite(value) && value != 0;
  return true;
}

/// Scientific where fixed digits would show some numbers as 0.0000, or need columns too wide to
/// compare.
template <class T>
Style style_for(const std::vector<T>& values, bool may_be_scientific = true) {
  bool whole = true;
  double smallest = INFINITY, largest = 0;
  for (const T value : values) {
    if (!counts(value)) continue;
    const double size = std::abs(static_cast<double>(value));
    whole = whole && size == std::ceil(size);
    smallest = std::min(smallest, size);
    largest = std::max(largest, size);
  }
  if (largest == 0) return Style::whole;
  if (may_be_scientific &&
      (largest / smallest > 1000 || largest > 1e8 || (!whole && smallest < 1e-4)))
    return Style::scientific;
  return whole ? Style::whole : Style::fixed;
}

template <class T>
std::size_t width_for(const std::vector<T>& values, Style style) {
  std::size_t width = 1;
  for (const T value : values)
    if (counts(value)) width = std::max(width, number_text(value, style).size());
  return width;
}

// All of them -------------------------------------------------------------------------------------

/// Writes the elements of one tensor, all in the same style and width.
template <class T>
class ElementPrinter {
 public:
  explicit ElementPrinter(const Tensor& x)
      : data_(x.data_ptr<T>()),
        layout_(x.layout()),
        summarize_(x.numel() > print_options().threshold) {
    std::vector<T> shown;
    collect(data_, 0, shown);
    if constexpr (std::is_floating_point_v<T>) style_ = style_for(shown);
    width_ = width_for(shown, style_);
    if constexpr (std::is_floating_point_v<T>) {  // PyTorch keeps the width of the style that it
                                                  // would have chosen
      if (const auto scientific = print_options().sci_mode)
        style_ = *scientific ? Style::scientific : style_for(shown, false);
    }
  }

  /// \param indent the column in which the text will begin
  std::string text(std::size_t indent) const { return text(data_, 0, indent); }

 private:
  bool is_number(std::size_t axis) const { return axis == layout_.shape.size(); }
  bool is_row(std::size_t axis) const { return axis + 1 == layout_.shape.size(); }

  void collect(const T* x, std::size_t axis, std::vector<T>& shown) const {
    if (is_number(axis)) {
      shown.push_back(*x);
      return;
    }
    for (const std::int64_t i : shown_indices(layout_.shape[axis], summarize_))
      if (i != dots) collect(x + i * layout_.strides[axis], axis + 1, shown);
  }

  std::string number(T value) const {
    const std::string text = number_text(value, style_);
    return std::string(width_ - std::min(width_, text.size()), ' ') + text;
  }

  std::string text(const T* x, std::size_t axis, std::size_t indent) const {
    if (is_number(axis)) return number(*x);
    if (is_row(axis)) return row(x, axis, indent);
    // Matrices are set apart by an empty line, stacks of matrices by two, and so on.
    const std::size_t inner_axes = layout_.shape.size() - axis - 1;
    const std::string separator =
        "," + std::string(inner_axes, '\n') + std::string(indent + 1, ' ');
    std::string out = "[";
    for (const std::int64_t i : shown_indices(layout_.shape[axis], summarize_)) {
      if (out.size() > 1) out += separator;
      out += i == dots ? "..." : text(x + i * layout_.strides[axis], axis + 1, indent + 1);
    }
    return out + "]";
  }

  /// As many numbers to a line as fit.
  std::string row(const T* x, std::size_t axis, std::size_t indent) const {
    const std::size_t column = width_ + 2;  // with ", "
    const std::size_t line = static_cast<std::size_t>(std::max(print_options().linewidth, 0));
    const std::size_t per_line =
        std::max<std::size_t>(1, line > indent ? (line - indent) / column : 0);
    std::string out = "[";
    std::size_t written = 0;
    for (const std::int64_t i : shown_indices(layout_.shape[axis], summarize_)) {
      if (written > 0) out += written % per_line == 0 ? ",\n" + std::string(indent + 1, ' ') : ", ";
      out += i == dots ? " ..." : number(x[i * layout_.strides[axis]]);
      ++written;
    }
    return out + "]";
  }

  const T* data_;
  const Layout& layout_;
  bool summarize_;
  Style style_ = Style::whole;
  std::size_t width_ = 1;
};

// What follows the numbers ------------------------------------------------------------------------

struct Suffix {
  std::string text;
  std::size_t width;  // what it counts for when lines are filled
  explicit Suffix(std::string text, std::size_t extra = 0)
      : text(std::move(text)), width(this->text.size() + extra) {}
};

template <class T>
std::string streamed(const T& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

/// PyTorch's torch.float64 is our float64, but lines are broken where PyTorch breaks them.
Suffix dtype_suffix(DType dtype) {
  return Suffix("dtype=" + streamed(dtype), std::string_view("torch.").size());
}

Suffix size_suffix(const Shape& shape) {
  std::string size = streamed(shape);
  size.front() = '(';
  size.back() = ')';
  return Suffix("size=" + size);
}

/// Everything about a tensor that its numbers do not show.
std::vector<Suffix> suffixes_of(const Tensor& x) {
  std::vector<Suffix> out;
  if (x.device().type != Device::Type::cpu)
    out.emplace_back("device='" + streamed(x.device()) + "'");
  const bool empty = x.numel() == 0;
  if (empty && x.dim() != 1) out.push_back(size_suffix(x.shape()));
  // 1. is a float32, 1 an int64 and True a bool; without an element there is only float32 to
  // assume.
  if (empty ? x.dtype() != float32 : x.dtype() == float64) out.push_back(dtype_suffix(x.dtype()));
  if (!x.grad_fn().empty())
    out.emplace_back("grad_fn=<" + std::string(x.grad_fn()) + ">");
  else if (x.requires_grad())
    out.emplace_back("requires_grad=True");
  return out;
}

/// Appends each suffix to the last line, or to a new one where the last is full.
std::string with_suffixes(std::string text, const std::vector<Suffix>& suffixes,
                          std::size_t indent) {
  const std::size_t line_start = text.rfind('\n') + 1;  // 0 if there is but one line
  std::size_t column = text.size() - line_start + 2;    // PyTorch counts two more than there are
  for (const Suffix& suffix : suffixes) {
    const bool fits = column + suffix.width + 2 <=
                      static_cast<std::size_t>(std::max(print_options().linewidth, 0));
    text += fits ? ", " : ",\n" + std::string(indent, ' ');
    text += suffix.text;
    column = fits ? column + suffix.width + 2 : indent + suffix.width;
  }
  return text;
}

}  // namespace

PrintOptions& print_options() {
  static PrintOptions options;
  return options;
}

std::string to_string(const Tensor& x) {
  if (!x.defined()) return "undefined";
  static const std::string prefix = "tensor(";
  std::string elements = "[]";
  if (x.numel() > 0) {
    const Tensor here = x.device() == cpu ? x : x.detach().to(cpu);
    elements =
        dispatch(x.dtype(), [&]<class T>() { return ElementPrinter<T>(here).text(prefix.size()); });
  }
  return with_suffixes(prefix + elements, suffixes_of(x), prefix.size()) + ")";
}

std::ostream& operator<<(std::ostream& out, const Tensor& x) { return out << to_string(x); }

}  // namespace kindling
