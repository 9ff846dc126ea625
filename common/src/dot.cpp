#include <cmath>
#include <iomanip>
#include <sstream>
#include <unordered_map>

#include "kindling/autograd.h"

/// A picture of the graph. Time runs downwards, as it did when the graph was recorded: leaves at
/// the top, the root at the bottom.
namespace kindling {
namespace {

using Names = std::vector<std::pair<std::string, Tensor>>;

constexpr std::int64_t most_numbers_shown = 4;

constexpr std::string_view header = R"(digraph autograd {
  rankdir=TB; nodesep=0.35; ranksep=0.4; bgcolor="transparent";
  node [fontname="Helvetica,Arial,sans-serif", fontsize=12, color="#8a8f98", penwidth=1.2, style=filled];
  edge [color="#8a8f98", penwidth=1.2, arrowsize=0.7];
)";
constexpr std::string_view leaf_style =
    R"(shape=box, style="rounded,filled", fillcolor="#dbeafe", color="#3b6fb6")";
constexpr std::string_view operation_style =
    R"(shape=ellipse, fillcolor="#fdebd0", color="#c98a2b")";
constexpr std::string_view root_style =
    R"(shape=ellipse, fillcolor="#fdebd0", color="#c98a2b", peripheries=2)";
constexpr std::string_view constant_style =
    R"(shape=box, style="rounded,dashed", fontcolor="#8a8f98", fontsize=10, height=0.3)";

/// Text as it must stand between quotes in Graphviz's language.
std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? std::string("\\n") : c == '\r' ? std::string() : std::string(1, c);
  }
  return out + "\"";
}

/// Four digits after the point, as tensors are printed, or four in all where that would leave
/// nothing to see.
void write_number(std::ostream& out, double x) {
  const double size = std::abs(x);
  if (size == 0)
    out << 0;  // and not -0, the gradient of many a constant
  else if (1e-3 <= size && size < 1e4)
    out << std::setprecision(8) << std::round(x * 1e4) / 1e4;
  else
    out << std::setprecision(4) << x;
}

/// " = [1, 2]"
std::string value_text(const Tensor& x) {
  const std::vector<double> numbers = x.to_vector<double>();
  std::ostringstream out;
  out << (x.dim() > 0 ? " = [" : " = ");
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    out << (i ? ", " : "");
    write_number(out, numbers[i]);
  }
  out << (x.dim() > 0 ? "]" : "");
  return out.str();
}

/// ", shape [3, 5]"
std::string shape_text(const Shape& shape) {
  std::ostringstream out;
  out << ", shape " << shape;
  return out.str();
}

/// What stands behind the name of a tensor: its numbers if they are few.
std::string summary(const Tensor& x) {
  return x.numel() <= most_numbers_shown ? value_text(x) : shape_text(x.shape());
}

/// The same without a name before it.
std::string alone(const std::string& summary) {
  return summary.substr(summary.find_first_not_of(" =,"));
}

/// "MulBackward0" → "Mul"
std::string_view operation_name(std::string_view node_name) {
  return node_name.substr(0, node_name.find("Backward"));
}

/// Walks the graph once, from the root, and writes each tensor when it is first met.
class Drawing {
 public:
  explicit Drawing(const Names& names) {
    for (const auto& [name, tensor] : names)
      if (tensor.defined() && tensor.autograd()) names_.emplace(tensor.autograd(), name);
  }

  std::string draw(const Tensor& root) {
    out_ << header;
    if (AutogradMeta* meta = root.autograd()) {
      number_of(meta);
      // A list and not recursion: graphs can be a million operations deep.
      for (std::size_t next = 0; next < found_.size(); ++next) draw(*found_[next], next);
    } else {
      out_ << "  t0 [label=" << in_quotes(alone(summary(root))) << ", " << leaf_style << "];\n";
    }
    out_ << "}\n";
    return out_.str();
  }

 private:
  std::size_t number_of(AutogradMeta* meta) {
    const auto [at, is_new] = numbers_.emplace(meta, found_.size());
    if (is_new) found_.push_back(meta);
    return at->second;
  }

  void draw(const AutogradMeta& meta, std::size_t number) {
    const std::string_view style = !meta.node    ? leaf_style
                                   : number == 0 ? root_style
                                                 : operation_style;
    out_ << "  t" << number << " [label=" << in_quotes(label(meta)) << ", " << style << "];\n";
    if (!meta.node) return;
    for (const auto& input : meta.node->inputs) {
      if (input)
        out_ << "  t" << number_of(input.get()) << " -> t" << number << ";\n";
      else
        draw_constant(number);
    }
  }

  /// An input that needs no gradient: the graph does not know which tensor it was.
  void draw_constant(std::size_t user) {
    out_ << "  c" << constants_ << " [label=\"constant\", " << constant_style << "];\n";
    out_ << "  c" << constants_++ << " -> t" << user << " [style=dashed];\n";
  }

  std::string label(const AutogradMeta& meta) const {
    const auto held = meta.tensor.lock();
    const std::string about = held ? summary(Tensor(held)) : shape_text(meta.shape);
    const auto name = names_.find(&meta);
    std::string text;
    if (meta.node) text += std::string(operation_name(meta.node->name)) + '\n';
    text += name == names_.end() ? alone(about) : name->second + about;
    if (meta.grad.defined()) text += "\ngrad" + summary(meta.grad);
    return text;
  }

  std::ostringstream out_;
  std::unordered_map<const AutogradMeta*, std::string> names_;
  std::unordered_map<const AutogradMeta*, std::size_t> numbers_;
  std::vector<AutogradMeta*> found_;
  std::size_t constants_ = 0;
};

}  // namespace

std::string to_dot(const Tensor& root, const Names& names) { return Drawing(names).draw(root); }

}  // namespace kindling
