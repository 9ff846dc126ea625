/// What tensors can do before anything learns: a handwritten digit is compared with ten averages
/// and takes the name of the nearest one. `01_tensors/means picture` draws the averages.
#include <fmt/format.h>
#include <zlib.h>

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "kindling/ops.h"

using namespace kindling;

/// [1797, 65]: 64 pixels from 0 to 16, then the label. (Chapter 5 has readers for such files.)
static Tensor read_table() {
  const auto root = std::filesystem::path(__FILE__).parent_path() / "../..";
  gzFile file = gzopen((root / "common/data/digits.csv.gz").c_str(), "rb");
  check(file != nullptr, "means: common/data/digits.csv.gz cannot be read");
  std::vector<float> numbers;
  char line[512];
  while (gzgets(file, line, sizeof line)) {
    std::istringstream fields(line);
    for (std::string field; std::getline(fields, field, ',');) numbers.push_back(std::stof(field));
  }
  gzclose(file);
  return tensor(numbers).reshape({-1, 65});
}

static void draw(const Tensor& pictures) {  // [n, 8, 8], from 0 to 16
  fmt::print("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 600 56\">\n");
  for (std::int64_t n = 0; n < pictures.size(0); ++n)
    for (std::int64_t i = 0; i < 64; ++i) {
      const double ink = pictures[n][i / 8][i % 8].item() / 16;
      if (ink >= 0.005)
        fmt::print("<rect x='{}' y='{}' width='6.2' height='6.2' fill='black' opacity='{:.2f}'/>\n",
                   n * 60 + 6 + i % 8 * 6, 4 + i / 8 * 6, ink);
    }
  fmt::print("</svg>\n");
}

int main(int argc, char**) {
  const Tensor table = read_table();                                          // [1797, 65]
  const Tensor images = table.slice(1, 0, 64), labels = table.select(1, 64);  // views

  const Tensor known = images.slice(0, 0, 1000), unknown = images.slice(0, 1000, 1797);
  const Tensor names = labels.slice(0, 0, 1000);          // [1000]
  const Tensor is = names.unsqueeze(1) == arange(10);     // [1000, 10]
  const Tensor sums = matmul(is.to(float32).T(), known);  // [10, 64]
  const Tensor means = sums / sum(is, 0).unsqueeze(1);    // [10, 64] / [10, 1]

  const Tensor apart = unknown.unsqueeze(1) - means;        // [797, 1, 64] - [10, 64]
  const Tensor nearest = argmin(sum(apart * apart, 2), 1);  // [797, 10, 64] → [797]
  const Tensor right = nearest == labels.slice(0, 1000, 1797);

  if (argc > 1) return draw(means.view({10, 8, 8})), 0;
  const std::int64_t n = sum(right).item<std::int64_t>();
  fmt::print("ten averages of {} digits\n", known.size(0));
  fmt::print("read right: {} of {} others, {:.1f} %\n", n, right.numel(),
             100. * static_cast<double>(n) / static_cast<double>(right.numel()));
}
