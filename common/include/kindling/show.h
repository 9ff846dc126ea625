#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "kindling/tensor.h"
#include "kindling/terminal.h"

/// Showing a training run to the person who waits for it: in the terminal, and as a picture.
///
/// Threads: the functions may be called from any thread; a Progress is for one.
namespace kindling::show {

/// A line that tells how far a loop has come. In a terminal it is rewritten; elsewhere only the
/// final text of each stage is printed, a line each, so that logs stay readable.
class Progress {
 public:
  Progress(std::int64_t steps, int width = 30);
  /// Counts a step; `text` stands behind the bar.
  void step(const std::string& text);
  /// Ends the line with `text`.
  void finish(const std::string& text);

 private:
  std::int64_t steps_, done_ = 0;
  int width_;
  Terminal terminal_;
  std::chrono::steady_clock::time_point drawn_{};
};

/// A curve through `values`, `rows` lines high, at most `columns` wide, with the axis at the left.
/// Many values are averaged down to the columns.
std::string line_chart(const std::vector<double>& values, int rows = 8, int columns = 64);

/// A grey picture in characters, two for each pixel: one line for each row.
/// \param image [height, width], from 0 (left blank) to 1
std::vector<std::string> text_image(const Tensor& image);

/// Blocks of text side by side, `gap` blanks apart.
std::string side_by_side(const std::vector<std::vector<std::string>>& blocks, int gap = 3);

/// A digit and what a model says it is.
struct Prediction {
  Tensor image;  ///< [height, width], from 0 to 1
  std::int64_t label, predicted;
};

/// Writes an SVG picture with the loss curve and a gallery of predictions, wrong ones marked; any
/// browser shows it. \throws Error if the file cannot be written.
void write_report(const std::string& path, const std::string& title,
                  const std::vector<double>& losses, const std::vector<Prediction>& predictions);

}  // namespace kindling::show
