#include <cstdlib>

#include "kindling/serialize.h"
#include "target.h"

using namespace kindling;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::filesystem::path path = fuzz::file_of({data, size});
  fuzz::expect_error_only([&] {
    std::uint64_t bytes = 0;
    for (const auto& [name, tensor] : load_safetensors(path))
      bytes += static_cast<std::uint64_t>(tensor.numel() * size_of(tensor.dtype()));
    if (bytes > size) std::abort();
  });
  return 0;
}
