#include <algorithm>
#include <cmath>
#include <cstdio>

#include "kindling/show.h"

namespace kindling::show {

Progress::Progress(std::int64_t steps, int width)
    : steps_(steps), width_(width), terminal_(Terminal::detect()) {}

void Progress::step(const std::string& text) {
  ++done_;
  const auto now = std::chrono::steady_clock::now();
  if (!terminal_.interactive || now - drawn_ < std::chrono::milliseconds(50)) return;
  drawn_ = now;
  const double part =
      steps_ > 0 ? std::min(1.0, static_cast<double>(done_) / static_cast<double>(steps_)) : 1;
  const int filled = static_cast<int>(part * width_);
  std::string bar;
  for (int i = 0; i < width_; ++i)
    bar += i < filled ? (terminal_.unicode ? "━" : "=") : (terminal_.unicode ? "╌" : "-");
  if (terminal_.colour) bar = "\033[33m" + bar + "\033[0m";
  std::printf("\r\033[K%s %3.0f%%  %s", bar.c_str(), 100 * part, text.c_str());
  std::fflush(stdout);
}

void Progress::finish(const std::string& text) {
  std::printf("%s%s\n", terminal_.interactive ? "\r\033[K" : "", text.c_str());
  std::fflush(stdout);
}

/// `values`, averaged down to at most `columns` numbers.
static std::vector<double> condense(const std::vector<double>& values, int columns) {
  const std::size_t n = std::min(values.size(), static_cast<std::size_t>(columns));
  std::vector<double> out(n);
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t from = i * values.size() / n, to = (i + 1) * values.size() / n;
    for (std::size_t j = from; j < to; ++j) out[i] += values[j] / static_cast<double>(to - from);
  }
  return out;
}

std::string line_chart(const std::vector<double>& values, int rows, int columns) {
  const std::vector<double> points = condense(values, columns);
  if (points.empty()) return "";
  const bool unicode = Terminal::detect().unicode;
  const auto [low, high] = std::ranges::minmax(points);
  const double span = high > low ? high - low : 1;
  std::string out;
  for (int row = 0; row < rows; ++row) {
    const double level = high - span * row / (rows - 1);
    char label[16];
    std::snprintf(label, sizeof label, "%7.3f ", level);
    out += label;
    out += unicode ? "┤" : "|";
    std::string line;
    std::size_t last_mark = 0;
    for (double point : points) {
      const bool here = static_cast<int>(std::lround((high - point) / span * (rows - 1))) == row;
      line += here ? (unicode ? "•" : "*") : " ";
      if (here) last_mark = line.size();
    }
    out += line.substr(0, last_mark) + '\n';
  }
  return out;
}

std::vector<std::string> text_image(const Tensor& image) {
  check(image.dim() == 2, "text_image: expected [height, width], got shape ", image.shape());
  static constexpr const char* shades[] = {"  ", "░░", "▒▒", "▓▓", "██"};
  static constexpr const char* plain_shades[] = {"  ", "..", "::", "**", "##"};
  const auto& shade = Terminal::detect().unicode ? shades : plain_shades;
  const std::vector<double> pixels = image.to_vector<double>();
  std::vector<std::string> lines(static_cast<std::size_t>(image.size(0)));
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    const double brightness = pixels[i] > 0 ? std::min(pixels[i], 1.0) : 0;  // NaN is dark
    lines[i / static_cast<std::size_t>(image.size(1))] +=
        shade[static_cast<int>(brightness * 4.99)];
  }
  return lines;
}

/// How many columns a text takes: bytes that continue a UTF-8 character take none.
static std::size_t columns_of(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string side_by_side(const std::vector<std::vector<std::string>>& blocks, int gap) {
  std::size_t height = 0;
  for (const auto& block : blocks) height = std::max(height, block.size());
  std::string out;
  for (std::size_t row = 0; row < height; ++row) {
    std::string line;
    for (const auto& block : blocks) {
      std::size_t width = 0;
      for (const std::string& text : block) width = std::max(width, columns_of(text));
      const std::string text = row < block.size() ? block[row] : "";
      line += text + std::string(width - columns_of(text) + static_cast<std::size_t>(gap), ' ');
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
  }
  return out;
}

}  // namespace kindling::show
