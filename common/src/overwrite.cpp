#include "overwrite.h"

#include <cstring>

#include "kindling/backend.h"

namespace kindling {

/// The elements from `axis` on, whose size is `size` bytes each.
static void overwrite_axes(std::byte* to, const Layout& to_layout, const std::byte* from,
                           const Layout& from_layout, std::size_t axis, std::int64_t size) {
  if (axis == to_layout.shape.size()) {
    std::memcpy(to, from, static_cast<std::size_t>(size));
    return;
  }
  for (std::int64_t i = 0; i < to_layout.shape[axis]; ++i)
    overwrite_axes(to + i * to_layout.strides[axis] * size, to_layout,
                   from + i * from_layout.strides[axis] * size, from_layout, axis + 1, size);
}

void overwrite(const Tensor& to, const Tensor& from) {
  if (to.device() != cpu) {
    backend(to.device()).copy(from, to);
  } else if (to.numel() > 0) {
    const std::int64_t size = size_of(to.dtype());
    std::byte* target = to.storage().data() + to.storage_offset() * size;
    const std::byte* source = from.storage().data() + from.storage_offset() * size;
    if (to.is_contiguous() && from.is_contiguous())
      std::memcpy(target, source, static_cast<std::size_t>(to.numel() * size));
    else
      overwrite_axes(target, to.layout(), source, from.layout(), 0, size);
  }
  to.storage().bump_version();
}

}  // namespace kindling
