#pragma once
#include <cstddef>
#include <cstdint>

#include "kindling/distributed.h"

namespace kindling::distributed {

/// The memory of an operation, as a library that carries it is told of it.
struct Elements {
  explicit Elements(const Operation& op)
      : count(op.signature().back()),
        dtype((op.input.defined() ? op.input : op.output).dtype()),
        in(data(op.input)),
        out(data(op.output)) {}
  std::int64_t count;  // of each rank's part
  DType dtype;
  std::byte *in, *out;  // null, if this rank gives or gets nothing

 private:
  static std::byte* data(const Tensor& tensor) {
    if (!tensor.defined()) return nullptr;
    return tensor.storage().data() + tensor.storage_offset() * size_of(tensor.dtype());
  }
};

}  // namespace kindling::distributed
