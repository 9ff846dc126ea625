/// Memory, and what tensors make of it, as SVG: `01_tensors/draw view`, or transpose, broadcast,
/// fold. A box has the colour of the memory that it is read from.
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <vector>

#include "kindling/ops.h"

using namespace kindling;

constexpr std::int64_t cell = 34, gap = 28, top = 26;
static const std::vector<std::string> fills = {"#dbeafe", "#fdebd0", "#d9f2e3", "#ebe3fb"};

struct Panel {
  std::string title;
  Tensor t;                                // int64, at most 3-D
  std::int64_t (*colour)(std::int64_t x);  // by the place in memory
  std::string axes = "ijk";                // what the text calls them
  std::int64_t held() const { return t.storage().bytes() / size_of(t.dtype()); }
};

static void text(std::int64_t x, std::int64_t y, int size, const char* ink, std::string words) {
  fmt::print("<text x='{}' y='{}' font-size='{}' fill='{}'>{}</text>\n", x, y, size, ink, words);
}

/// One number, with its place in memory below it.
static void box(std::int64_t x, std::int64_t y, std::int64_t number, std::int64_t place,
                const std::string& fill) {
  fmt::print("<rect x='{}' y='{}' width='34' height='34' fill='{}' stroke='#8a8f98'/>\n", x, y,
             fill);
  text(x + cell / 2, y + 16, 14, "black", std::to_string(number));
  text(x + cell / 2, y + 30, 11, "#8a8f98", std::to_string(place));
}

/// One step along an axis: an arrow from a box of memory to another, or back to the same one.
static void step(std::int64_t x, std::int64_t y, std::int64_t stride, char axis, int rise) {
  const std::int64_t to = x + stride * cell, bend = stride ? 0 : 15, high = y - rise * 4 / 3;
  fmt::print(
      "<path d='M{} {} C{} {} {} {} {} {}' fill='none' stroke='#1f6feb'/>\n"
      "<path d='M{} {} l-3 -6 l6 0 z' fill='#1f6feb'/>\n",
      x, y, x - bend, high, to + bend, high, to, y - 1, to, y);
  text(stride ? to + 17 : x - 18, y - (stride ? 7 : 14), 12, "#1f6feb",
       fmt::format("{} +{}", axis, stride));
}

/// The elements, page beside page; below them the memory, and what the layout says.
static void draw(const Panel& panel, std::int64_t left, std::int64_t y) {
  const Tensor& t = panel.t;
  const auto* memory = reinterpret_cast<const std::int64_t*>(t.storage().data());
  std::vector<std::string> used(static_cast<std::size_t>(panel.held()), "none");
  Layout x = t.layout();
  while (x.shape.size() < 3) x = unsqueeze(x, 0);  // [pages, rows, columns]
  const std::int64_t middle = left + panel.held() * cell / 2;
  const std::int64_t wide = x.shape[0] * x.shape[2] * cell + (x.shape[0] - 1) * 16;
  for (std::int64_t p = 0; p < x.shape[0]; ++p)
    for (std::int64_t i = 0; i < x.shape[1]; ++i)
      for (std::int64_t j = 0; j < x.shape[2]; ++j) {
        const auto place = x.offset + p * x.strides[0] + i * x.strides[1] + j * x.strides[2];
        used[place] = fills[panel.colour(place)];
        box(middle - wide / 2 + (p * x.shape[2] + j) * cell + p * 16, top + i * cell, memory[place],
            place, used[place]);
      }
  for (std::int64_t at = 0; at < panel.held(); ++at)
    box(left + at * cell, y, memory[at], at, used[at]);
  for (std::int64_t axis = 0; axis < t.dim(); ++axis) {
    const auto shorter = std::ranges::count_if(
        t.strides(), [&](std::int64_t stride) { return stride < t.strides()[axis]; });
    step(left + t.storage_offset() * cell + cell / 2, y, t.strides()[axis], panel.axes[axis],
         t.strides()[axis] == 0 ? 20 : 12 + 14 * static_cast<int>(shorter));
  }
  const std::string shape =
      fmt::format("shape [{}], offset {}", fmt::join(t.shape(), ", "), t.storage_offset());
  text(middle, 14, 14, "black", panel.title);
  text(middle, y + 54, 13, "black", shape);
  text(middle, y + 72, 13, "black", fmt::format("strides [{}]", fmt::join(t.strides(), ", ")));
}

int main(int argc, char** argv) {
  const std::string name = argc > 1 ? argv[1] : "view";
  const Tensor t = tensor({{1, 2, 3}, {4, 5, 6}}), b = tensor({10, 20, 30});
  const Tensor x = arange(1, 13).reshape({2, 3, 2});
  const auto row = [](std::int64_t place) { return place / 3; };
  const auto column = [](std::int64_t place) { return place % 3; };
  std::vector<Panel> panels = {
      {"t", t, row}, {"t[1]", t[1], row}, {"t.select(1, 2)", t.select(1, 2), row}};
  if (name == "transpose") panels = {{"t", t, row}, {"t.T()", t.T(), row}};
  if (name == "broadcast")
    panels = {
        {"t", t, column}, {"b, as [2, 3]", b.expand({2, 3}), column}, {"t + b", t + b, column}};
  if (name == "fold")
    panels = {{"x", x, [](std::int64_t place) { return place / 6 * 2 + place % 2; }, "oki"},
              {"sum(x, 1)", sum(x, 1), [](std::int64_t place) { return place; }, "oi"}};

  const std::int64_t rows = name == "transpose" || name == "fold" ? 3 : 2;
  const std::int64_t memory_at = top + rows * cell + (name == "fold" ? 54 : 40);
  std::int64_t width = gap;
  for (const Panel& panel : panels) width += panel.held() * cell + gap;
  fmt::print("<svg xmlns='http://www.w3.org/2000/svg' viewBox=\"0 0 {} {}\" ", width,
             memory_at + 82);
  fmt::print("font-family='Inter, sans-serif' text-anchor='middle'>\n");
  std::int64_t left = gap;
  for (const Panel& panel : panels) {
    draw(panel, left, memory_at);
    left += panel.held() * cell + gap;
  }
  fmt::print("</svg>\n");
}
