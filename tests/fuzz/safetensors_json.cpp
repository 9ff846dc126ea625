#include <cstdlib>

#include "kindling/serialize.h"
#include "target.h"

using namespace kindling;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::expect_error_only([&] {
    const SafetensorsHeader header =
        parse_safetensors_json({reinterpret_cast<const char*>(data), size});
    // What was understood can be written, and is understood to be the same.
    const std::string json = to_safetensors_json(header);
    if (to_safetensors_json(parse_safetensors_json(json)) != json) std::abort();
  });
  return 0;
}
