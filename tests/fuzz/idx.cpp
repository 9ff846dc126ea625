#include "kindling/data.h"
#include "target.h"

using namespace kindling;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const std::optional<DType> dtype :
       {std::optional<DType>{}, std::optional(bool_), std::optional(int64), std::optional(float32)})
    fuzz::expect_error_only(
        [&] { data::parse_idx(std::as_bytes(std::span(data, size)), "fuzz", {.dtype = dtype}); });
  return 0;
}
