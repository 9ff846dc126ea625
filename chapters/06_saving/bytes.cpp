/// A saved file, byte by byte: `06_saving/bytes` as text, `06_saving/bytes picture` as SVG.
/// `06_saving/bytes FILE` leaves the file there, for other programs to read.
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "kindling/ops.h"
#include "kindling/serialize.h"

using namespace kindling;
namespace fs = std::filesystem;

constexpr std::size_t row = 16;  // bytes

static std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

static unsigned byte(char c) { return static_cast<unsigned char>(c); }
static bool is_letter(char c) { return c >= 33 && c < 127; }

/// A row of 16 bytes: where it begins, the bytes, and those of them that are letters.
static void dump(const std::string& bytes) {
  for (std::size_t at = 0; at < bytes.size(); at += row) {
    std::string numbers, letters;
    for (const char c : bytes.substr(at, row)) {
      numbers += fmt::format("{:02x} ", byte(c));
      letters += is_letter(c) ? c : '.';
    }
    fmt::print("{:3}  {:<48} {}\n", at, numbers, letters);
  }
}

/// One box a byte, coloured by what it belongs to.
static void draw(const std::string& bytes) {
  const std::size_t length = byte(bytes[0]), data = 8 + length;
  const std::size_t rows = (bytes.size() + row - 1) / row;
  fmt::print("<svg xmlns='http://www.w3.org/2000/svg' viewBox=\"0 0 {} {}\" ", 44 + row * 36 + 8,
             rows * 40 + 34);
  fmt::print("font-family='Inter, sans-serif' text-anchor='middle'>\n");
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::size_t x = 44 + i % row * 36, y = 4 + i / row * 40;
    const char* fill = i < 8             ? "#fdebd0"
                       : i >= data + 8   ? "#d9f2e3"
                       : i >= data       ? "#ebe3fb"
                       : bytes[i] == ' ' ? "white"
                                         : "#dbeafe";
    if (i % row == 0)
      fmt::print("<text x='20' y='{}' font-size='12' fill='#8a8f98'>{}</text>\n", y + 22, i);
    fmt::print("<rect x='{}' y='{}' width='36' height='36' fill='{}' stroke='#8a8f98'/>\n", x, y,
               fill);
    fmt::print("<text x='{}' y='{}' font-size='13' fill='black'>{:02x}</text>\n", x + 18, y + 16,
               byte(bytes[i]));
    if (i >= 8 && i < data && is_letter(bytes[i]))
      fmt::print("<text x='{}' y='{}' font-size='12' fill='#1f6feb'>&#{};</text>\n", x + 18, y + 31,
                 byte(bytes[i]));
  }
  const std::size_t y = rows * 40 + 10;
  const std::pair<const char*, const char*> legend[] = {{"#fdebd0", "length of the header"},
                                                        {"#dbeafe", "header"},
                                                        {"#ebe3fb", "elements of w"},
                                                        {"#d9f2e3", "elements of on"}};
  std::size_t x = 44;
  for (const auto& [fill, words] : legend) {
    fmt::print("<rect x='{}' y='{}' width='16' height='16' fill='{}' stroke='#8a8f98'/>\n", x, y,
               fill);
    fmt::print("<text x='{}' y='{}' font-size='13' text-anchor='start' fill='black'>{}</text>\n",
               x + 22, y + 13, words);
    x += 40 + 8 * std::string_view(words).size();
  }
  fmt::print("</svg>\n");
}

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  const bool is_kept = !what.empty() && what != "picture" && !what.starts_with('-');
  const fs::path path =
      is_kept ? fs::path(what)
              : fs::temp_directory_path() / fmt::format("kindling-bytes-{}", getpid());
  const Tensor w = tensor({{1.0f, 2.0f}});  // [1, 2]
  const Tensor on = tensor({true, false});  // [2]
  save_safetensors(path, {{"w", w}, {"on", on}});
  if (what == "picture")
    draw(read(path));
  else
    dump(read(path));
  if (!is_kept) fs::remove(path);
}
