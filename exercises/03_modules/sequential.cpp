#include "kindling/nn.h"

namespace kindling::nn {

/// \exercise{3.4} Adds `layer` as the last child, named by its number ("0" is the first), remembers
/// it in layers_, and returns *this. Module::add() refuses a null pointer; there is no further
/// layer then.
Sequential& Sequential::append(std::unique_ptr<Module> layer) {
  throw NotImplemented("3.4");
}

/// \exercise{3.4} x₀ = x,  xᵢ₊₁ = layerᵢ(xᵢ): returns what the last layer returns; x itself, if
/// there are none.
Tensor Sequential::forward(const Tensor& x) {
  throw NotImplemented("3.4");
}

Module& Sequential::operator[](std::int64_t index) const {
  const std::int64_t position = index < 0 ? index + size() : index;
  check(0 <= position && position < size(), "Sequential: index ", index, " is out of range for ",
        size(), " layers");
  return *layers_[position];
}

}  // namespace kindling::nn
