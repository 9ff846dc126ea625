#include "kindling/data.h"
#include "target.h"

using namespace kindling;

/// The first byte chooses the options.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const data::CsvOptions options{.delimiter = ",;\t "[data[0] & 3],
                                 .skip_rows = data[0] >> 2 & 1,
                                 .dtype = data[0] & 8 ? int64 : float32};
  const std::filesystem::path path = fuzz::file_of({data + 1, size - 1});
  fuzz::expect_error_only([&] { data::read_csv(path, options); });
  return 0;
}
