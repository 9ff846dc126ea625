#include <algorithm>
#include <cstdlib>

#include "error_text.h"
#include "kindling/data.h"
#include "kindling/ops.h"
#include "read_file.h"

namespace kindling::data {

namespace fs = std::filesystem;

TensorDataset digits() {
  const Tensor table = read_csv(fs::path(KINDLING_DATA_DIR) /
                                "digits.csv.gz");  // 64 pixels from 0 to 16, then the label
  return TensorDataset(table.narrow(1, 0, 64).clone().div_(16), table.select(1, 64).to(int64));
}

/// The file of MNIST that is called train-images-idx3-ubyte, say, under one of the names that it
/// has on people's disks.
static fs::path find_mnist_file(const fs::path& folder, const std::string& name) {
  std::string with_point = name;  // train-images.idx3-ubyte
  with_point[with_point.find("-idx")] = '.';
  for (const std::string& stem : {name, with_point})
    for (const char* extension : {"", ".gz"}) {
      const std::string file = stem + extension;
      for (const fs::path& path : {folder / file, folder / file / file, folder / name / file})
        if (why_unreadable(path, false).empty()) return path;
    }
  const fs::path usual = folder / name;
  const std::string why = why_unreadable(usual, false);
  fail("mnist: expected ", printable_path(usual),
       " or the same with .gz, got neither. To get MNIST: ./learn data mnist", " (", why, ")");
}

TensorDataset mnist(const fs::path& folder, bool train) {
  const std::string prefix = train ? "train" : "t10k";
  const fs::path image_file = find_mnist_file(folder, prefix + "-images-idx3-ubyte");
  const fs::path label_file = find_mnist_file(folder, prefix + "-labels-idx1-ubyte");
  const Tensor images = read_idx(image_file, {.dtype = float32, .divisor = 255});
  check(images.dim() == 3, printable_path(image_file),
        ": expected images, of shape [examples, height, width], got ", images.shape());
  const Tensor labels = read_idx(label_file, {.dtype = int64});
  check(labels.dim() == 1, printable_path(label_file),
        ": expected labels, of shape [examples], got ", labels.shape());
  check(images.size(0) == labels.size(0), printable_path(label_file),
        ": expected a label for each of ", images.size(0), " images, got ", labels.size(0));
  for (std::int64_t label : labels.to_vector<std::int64_t>())
    check(0 <= label && label <= 9, printable_path(label_file),
          ": expected labels from 0 to 9, got ", label);
  return TensorDataset(images.unsqueeze(1), labels);
}

TensorDataset mnist(bool train) {
  const char* folder = std::getenv("KINDLING_DATA");
  const fs::path data =
      folder && *folder ? fs::path(folder) : fs::path(KINDLING_DATA_DIR) / "../../data";
  return mnist(data.lexically_normal() / "mnist", train);
}

}  // namespace kindling::data
