#include <algorithm>
#include <cstdlib>

#include "kindling/data.h"
#include "kindling/ops.h"

namespace kindling::data {

namespace fs = std::filesystem;

TensorDataset digits() {
  const Tensor table = read_csv(fs::path(KINDLING_DATA_DIR) /
                                "digits.csv.gz");  // 64 pixels from 0 to 16, then the label
  return TensorDataset(table.narrow(1, 0, 64).clone().div_(16), table.select(1, 64).to(int64));
}

/// `folder`/`name`, or the same compressed.
static fs::path find_mnist_file(const fs::path& folder, const std::string& name) {
  for (const char* extension : {"", ".gz"})
    if (fs::path path = folder / (name + extension); fs::exists(path)) return path;
  fail("mnist: expected ", (folder / name).string(),
       " or the same with .gz, got neither. To get MNIST: ./learn data mnist");
}

TensorDataset mnist(const fs::path& folder, bool train) {
  const std::string prefix = train ? "train" : "t10k";
  const fs::path image_file = find_mnist_file(folder, prefix + "-images-idx3-ubyte");
  const fs::path label_file = find_mnist_file(folder, prefix + "-labels-idx1-ubyte");
  const Tensor images = read_idx(image_file, {.dtype = float32, .divisor = 255});
  check(images.dim() == 3, image_file.string(),
        ": expected images, of shape [examples, height, width], got ", images.shape());
  const Tensor labels = read_idx(label_file, {.dtype = int64});
  check(labels.dim() == 1, label_file.string(), ": expected labels, of shape [examples], got ",
        labels.shape());
  check(images.size(0) == labels.size(0), label_file.string(), ": expected a label for each of ",
        images.size(0), " images, got ", labels.size(0));
  for (std::int64_t label : labels.to_vector<std::int64_t>())
    check(0 <= label && label <= 9, label_file.string(), ": expected labels from 0 to 9, got ",
          label);
  return TensorDataset(images.unsqueeze(1), labels);
}

TensorDataset mnist(bool train) {
  const char* folder = std::getenv("KINDLING_DATA");
  const fs::path data =
      folder && *folder ? fs::path(folder) : fs::path(KINDLING_DATA_DIR) / "../../data";
  return mnist(data.lexically_normal() / "mnist", train);
}

}  // namespace kindling::data
