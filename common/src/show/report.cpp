#include <algorithm>
#include <cmath>
#include <cstdio>
#include <span>
#include <sstream>

#include "atomic_file.h"
#include "kindling/show.h"

namespace kindling::show {
namespace {

constexpr int width = 760, chart_height = 260, margin = 48, cell = 120, per_row = 6;

/// The loss curve, with a line and a number at each quarter of the axis.
void draw_curve(std::ostream& svg, const std::vector<double>& losses) {
  const double high = *std::ranges::max_element(losses);
  const auto x = [&](std::size_t i) {
    return margin + static_cast<double>(i) * (width - 2 * margin) /
                        std::max<double>(1, static_cast<double>(losses.size() - 1));
  };
  const auto y = [&](double loss) {
    return 60 + (1 - loss / (high > 0 ? high : 1)) * (chart_height - 80);
  };
  for (int quarter = 0; quarter <= 4; ++quarter) {
    const double level = high * quarter / 4;
    char label[32];
    std::snprintf(label, sizeof label, "%.2f", level);
    svg << "<line class='grid' x1='" << margin << "' x2='" << width - margin << "' y1='" << y(level)
        << "' y2='" << y(level) << "'/>"
        << "<text class='axis' text-anchor='end' x='" << margin - 8 << "' y='" << y(level) + 4
        << "'>" << label << "</text>\n";
  }
  svg << "<polyline class='curve' points='";
  for (std::size_t i = 0; i < losses.size(); ++i) svg << x(i) << ',' << y(losses[i]) << ' ';
  svg << "'/>\n<text class='axis' x='" << width - margin << "' y='" << chart_height
      << "' text-anchor='end'>training loss, " << losses.size() << " steps</text>\n";
}

void draw_digit(std::ostream& svg, const Prediction& p, int left, int top) {
  const std::int64_t height = p.image.size(0), columns = p.image.size(1);
  const double pixel = 88.0 / static_cast<double>(std::max(height, columns));
  const std::vector<double> values = p.image.to_vector<double>();
  svg << "<rect class='frame" << (p.label == p.predicted ? "" : " wrong") << "' x='" << left - 3
      << "' y='" << top - 3 << "' width='94' height='94' rx='6'/>\n";
  for (std::int64_t i = 0; i < height * columns; ++i)
    if (const double ink = std::clamp(values[static_cast<std::size_t>(i)], 0.0, 1.0); ink > 0.02)
      svg << "<rect class='ink' x='" << left + static_cast<double>(i % columns) * pixel << "' y='"
          << top + static_cast<double>(i / columns) * pixel << "' width='" << pixel + 0.2
          << "' height='" << pixel + 0.2 << "' fill-opacity='" << ink << "'/>";
  svg << "\n<text class='" << (p.label == p.predicted ? "label" : "label bad") << "' x='"
      << left + 44 << "' y='" << top + 112 << "' text-anchor='middle'>" << p.predicted;
  if (p.label != p.predicted) svg << " (is " << p.label << ")";
  svg << "</text>\n";
}

}  // namespace

void write_report(const std::string& path, const std::string& title,
                  const std::vector<double>& losses, const std::vector<Prediction>& predictions) {
  check(!losses.empty(), "write_report: expected at least one loss to draw, got none");
  const int rows = (static_cast<int>(predictions.size()) + per_row - 1) / per_row;
  const int height = chart_height + 30 + rows * (cell + 10);
  std::ostringstream svg;
  svg << "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 " << width << ' ' << height
      << "' width='" << width << "'>\n"
      << "<style>text{font:13px "
         "system-ui,sans-serif;fill:#444}.title{font-size:18px;font-weight:600;fill:#222}"
         ".grid{stroke:#e4e0da}.axis{font-size:11px;fill:#888}.curve{fill:none;stroke:#d9541e;"
         "stroke-width:1.6;stroke-linejoin:round}"
         ".frame{fill:#fff;stroke:#ddd8d0}.frame.wrong{stroke:#c62828;stroke-width:2}.ink{fill:#"
         "222}.bad{fill:#c62828;font-weight:600}"
         "</style>\n<rect width='100%' height='100%' fill='#faf8f5'/>\n"
      << "<text class='title' x='" << margin << "' y='34'>" << title << "</text>\n";
  draw_curve(svg, losses);
  for (std::size_t i = 0; i < predictions.size(); ++i)
    draw_digit(svg, predictions[i],
               margin + static_cast<int>(i % per_row) * (width - 2 * margin) / per_row + 8,
               chart_height + 24 + static_cast<int>(i / per_row) * (cell + 10));
  svg << "</svg>\n";

  AtomicFile file(path);
  file.write(std::as_bytes(std::span(svg.view())));
  file.commit();
}

}  // namespace kindling::show
