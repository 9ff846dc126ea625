#include "read_file.h"
#include "target.h"

using namespace kindling;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::filesystem::path path = fuzz::file_of({data, size});
  fuzz::expect_error_only([&] { read_file(path); });
  return 0;
}
