/// Damaged IDX files under a reader that believes them, and under ours. `05_data/damaged draw`
/// draws a good file byte by byte, as SVG.
#include <fmt/ranges.h>

#include <sstream>
#include <string>

#include "kindling/data.h"
#include "kindling/ops.h"

using namespace kindling;

/// What a file that believes itself says, and what reading it took.
struct Believed {
  std::vector<std::int64_t> shape;
  std::string elements;
};

/// The wrong way: it does what the header says.
static Believed read_and_believe(const std::string& file) {
  std::istringstream in(file);
  const auto length = [&in] {
    std::int64_t found = 0;
    for (int i = 0; i < 4; ++i) found = found * 256 + std::max(in.get(), 0);
    return found;
  };
  in.ignore(3);
  Believed read;
  std::int64_t count = 1;
  for (int axes = in.get(); axes > 0; --axes) {
    read.shape.push_back(length());
    count *= read.shape.back();
  }
  read.elements.resize(static_cast<std::size_t>(count));
  in.read(read.elements.data(), count);
  return read;
}

static void compare(const char* what, const std::string& file) {
  fmt::print("{}, {} bytes\n", what, file.size());
  const Believed read = read_and_believe(file);
  if (read.shape.size() > 4)
    fmt::print("  believed: a tensor of {} axes", read.shape.size());
  else
    fmt::print("  believed: shape [{}]", fmt::join(read.shape, ", "));
  if (read.elements.size() > 8)
    fmt::print(", {} bytes of memory", read.elements.size());
  else
    for (const char element : read.elements) fmt::print(" {}", int{element});
  fmt::print("\n  ours:     ");
  try {
    const Tensor read_by_us =
        data::parse_idx(std::as_bytes(std::span(file)), "file", {.dtype = int64});
    fmt::print("shape [{}]", fmt::join(read_by_us.shape(), ", "));
    for (const auto element : read_by_us.flatten().to_vector<std::int64_t>())
      fmt::print(" {}", element);
    fmt::print("\n");
  } catch (const Error& error) {
    fmt::print("{}\n", error.what());
  }
}

static const std::string good("\0\0\x08\x02\0\0\0\x02\0\0\0\x03\1\2\3\4\5\6", 18);

static void draw() {
  fmt::print(
      "<svg xmlns='http://www.w3.org/2000/svg' viewBox=\"0 0 720 112\" "
      "font-family='Inter, sans-serif' text-anchor='middle' font-size='13'>\n");
  const auto colour = [](std::size_t i) {
    return i < 2    ? "white"
           : i == 2 ? "#ebe3fb"
           : i == 3 ? "#fdebd0"
           : i < 8  ? "#dbeafe"
           : i < 12 ? "#fbe0e4"
                    : "#d9f2e3";
  };
  for (std::size_t i = 0; i < good.size(); ++i)
    fmt::print(
        "<rect x='{0}' y='26' width='38' height='34' fill='{1}' stroke='#8a8f98'/>\n"
        "<text x='{2}' y='48' fill='black'>{3:02x}</text>\n"
        "<text x='{2}' y='76' fill='#8a8f98' font-size='11'>{4}</text>\n",
        18 + 38 * i, colour(i), 37 + 38 * i, int{good[i]}, i);
  const auto note = [](int x, int y, const char* what) {
    fmt::print("<text x='{}' y='{}' fill='black'>{}</text>\n", x, y, what);
  };
  note(56, 18, "always 0");
  note(113, 100, "type");
  note(151, 18, "axes");
  note(246, 18, "length of axis 0");
  note(398, 18, "length of axis 1");
  note(588, 18, "the elements, row-major");
  fmt::print("</svg>\n");
}

int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == "draw") {
    draw();
    return 0;
  }
  compare("a good file", good);
  compare("cut off", good.substr(0, 15));
  compare("cut off in the header", good.substr(0, 10));
  compare("a liar", std::string("\0\0\x08\x02\0\0\x20\0\0\0\x20\0\1\2\3\4\5\6", 18));
  compare("the head of a picture", "\x89PNG\r\n");
}
