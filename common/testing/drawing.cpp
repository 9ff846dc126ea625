#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

#include "kindling/ops.h"
#include "testing/beside.h"

/// What random programs are made of: numbers, shapes, layouts, tensors.
namespace kindling::testing {

std::int64_t Program::between(std::int64_t lowest, std::int64_t highest) {
  const std::uint64_t many =
      static_cast<std::uint64_t>(highest) - static_cast<std::uint64_t>(lowest);
  std::uint64_t drawn = random_();
  if (many > UINT32_MAX) drawn = drawn << 32 | random_();
  const std::uint64_t steps = many == UINT64_MAX ? drawn : drawn % (many + 1);
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(lowest) + steps);  // wraps
}

double Program::uniform() { return random_() / 4294967296.0; }

std::int64_t Program::length(std::int64_t largest, std::int64_t shortest) {
  if (chance(0.3)) return std::max(shortest, std::min(largest, between(0, 2)));
  const std::int64_t now = 3 + static_cast<std::int64_t>(size() * double(largest - 3));
  return between(shortest, std::max(shortest, std::min(now, largest)));
}

Shape Program::shape(std::int64_t fewest_axes, std::int64_t most_axes, std::int64_t largest,
                     std::int64_t shortest, std::int64_t most_elements) {
  const std::int64_t now = 2 + static_cast<std::int64_t>(size() * double(most_axes - 1));
  Shape out(static_cast<std::size_t>(
      between(fewest_axes, std::max(fewest_axes, std::min(now, most_axes)))));
  const bool may_be_empty = chance(0.2);  // else nearly all shapes of many axes would be
  std::int64_t elements = 1;
  for (std::int64_t& length : out) {
    length = this->length(largest, may_be_empty ? shortest : std::max<std::int64_t>(shortest, 1));
    if (elements * length > most_elements) length = std::max<std::int64_t>(shortest, 1);
    elements *= std::max<std::int64_t>(length, 1);
  }
  return out;
}

Shape Program::narrower(const Shape& shape) {
  Shape out = shape;
  for (std::int64_t& length : out)
    if (chance(0.4)) length = 1;
  if (chance(0.3)) out.erase(out.begin(), out.begin() + between(0, std::ssize(out)));
  return out;
}

/// So many elements at most lie around a tensor that has fewer: of many axes, each with a little
/// room, the product is large.
constexpr std::int64_t most_memory = 60'000;

Layout Program::layout(const Shape& shape, bool repeated, std::int64_t& elements) {
  // The memory is made of axes in some order, with more indices than are used, in steps.
  const std::size_t axes = shape.size();
  std::vector<std::size_t> order(axes);
  for (std::size_t i = 0; i < axes; ++i) order[i] = i;
  if (chance(0.5))
    for (std::size_t i = axes; i > 1; --i)
      std::swap(order[i - 1], order[static_cast<std::size_t>(between(0, std::int64_t(i) - 1))]);
  Layout out;
  out.shape = shape;
  out.strides.resize(axes);
  std::int64_t step = 1, others = 1;
  for (const std::int64_t length : shape) others *= std::max<std::int64_t>(length, 1);
  const bool holes = chance(0.4);
  for (std::size_t i = axes; i-- > 0;) {
    const std::size_t axis = order[i];
    if (repeated && chance(0.3)) {
      others /= std::max<std::int64_t>(shape[axis], 1);
      out.strides[axis] = 0;
      continue;
    }
    const std::int64_t length = std::max<std::int64_t>(shape[axis], 1);
    std::int64_t apart = holes && chance(0.5) ? between(2, 3) : 1, room = holes ? between(0, 2) : 0;
    others /= length;  // the elements of the axes that are still to come
    if (step * (apart * length + room) * others > most_memory) apart = 1, room = 0;
    out.strides[axis] = step * apart;
    step *= apart * length + room;
  }
  out.offset = holes ? between(0, 5) : 0;
  elements = out.offset + step + (holes ? between(1, 7) : 0);
  return out;
}

Tensor Program::tensor(const std::string& name, const Shape& shape, Draw draw) {
  std::int64_t elements = numel(shape);
  Layout layout(shape);
  if (draw.repeated || (draw.strided && chance(0.5)))
    layout = this->layout(shape, draw.repeated, elements);
  Tensor memory({elements}, draw.dtype);
  dispatch(draw.dtype, [&]<class T>() {
    T* x = memory.data_ptr<T>();
    for (std::int64_t i = 0; i < elements; ++i) {
      const auto whole = static_cast<T>(between(-9, 9));
      if constexpr (std::is_same_v<T, bool>) {
        x[i] = random_() % 2 == 0;
      } else if constexpr (std::is_integral_v<T>) {
        x[i] = draw.values == Draw::special && chance(0.1)
                   ? pick<T>({(T(1) << 53) + 1, std::numeric_limits<T>::max(),
                              std::numeric_limits<T>::min()})
               : draw.values == Draw::digits && chance(0.5)
                   ? between(-(std::int64_t(1) << 60), std::int64_t(1) << 60)
               : draw.values == Draw::positive ? std::abs(whole) + 1
                                               : whole;
      } else if (draw.values == Draw::whole) {
        x[i] = whole;
      } else if (draw.values == Draw::whole_special) {
        using Limits = std::numeric_limits<T>;
        x[i] = chance(0.15) ? pick<T>({Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity(),
                                       T(0), -T(0)})
                            : whole;
      } else if (draw.values == Draw::positive) {
        x[i] = static_cast<T>((double(random_()) + 1) / 2147483649.0 * draw.times);
      } else {
        x[i] = static_cast<T>(double(between(-1'000'000'000, 1'000'000'000)) / 4e8 * draw.times);
        using Limits = std::numeric_limits<T>;
        if (draw.values == Draw::infinite && chance(0.15))
          x[i] =
              pick<T>({Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity(), T(0), -T(0)});
        if (draw.values == Draw::special && chance(0.15))
          x[i] = pick<T>({Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity(), T(0), -T(0),
                          Limits::max(), Limits::denorm_min()});
      }
    }
  });
  const Tensor there = draw.onto ? draw.onto(memory) : memory.to(draw.device);
  const Tensor x(there.storage(), layout, draw.dtype);
  Tensor out = x;
  if (draw.requires_grad) out.requires_grad_();
  watch(name, out);
  return out;
}

Device Program::device() { return chance(0.25) && cuda::is_available() ? cuda_device : cpu; }

Tensor Program::indices(const std::string& name, const Shape& shape, std::int64_t below,
                        Device device) {
  Tensor x(shape, int64);
  for (std::int64_t i = 0; i < x.numel(); ++i)
    x.data_ptr<std::int64_t>()[i] = between(0, below - 1);
  x = x.to(device);
  watch(name, x);
  return x;
}

}  // namespace kindling::testing
