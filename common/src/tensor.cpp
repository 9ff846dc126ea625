#include "kindling/tensor.h"

#include <algorithm>
#include <cmath>

#include "kindling/autograd.h"
#include "kindling/backend.h"

namespace kindling {

Storage::Storage(std::int64_t bytes, Device device) : block_(std::make_shared<Block>()) {
  block_->device = device;
  block_->data = backend(device).allocate(bytes);
  block_->bytes = bytes;
}

Storage::Storage(void* data, std::int64_t bytes, Device device, std::shared_ptr<void> keep_alive)
    : block_(std::make_shared<Block>()) {
  block_->device = device;
  block_->data = static_cast<std::byte*>(data);
  block_->bytes = bytes;
  block_->borrowed = true;
  block_->keep_alive = std::move(keep_alive);
}

Storage::Block::~Block() {
  if (data && !borrowed) backend(device).deallocate(data, bytes);
}

static std::int64_t bytes_for(const Shape& shape, DType dtype) {
  std::int64_t bytes = 0;
  check(!__builtin_mul_overflow(numel(shape), size_of(dtype), &bytes), "shape ", shape, " of ",
        dtype, " needs more memory than 63 bits can count");
  return bytes;
}

Tensor::Tensor(Shape shape, DType dtype, Device device) {
  Storage storage(bytes_for(shape, dtype), device);
  impl_ = std::make_shared<TensorImpl>(
      TensorImpl{std::move(storage), Layout(std::move(shape)), dtype, nullptr});
}

Tensor::Tensor(Storage storage, Layout layout, DType dtype) {
  check(storage.defined(), "a tensor needs a storage, got Storage()");
  check(layout.shape.size() == layout.strides.size(),
        "a layout needs one stride for each axis, got shape ", layout.shape, " and strides ",
        layout.strides);
  if (kindling::numel(layout.shape) > 0) {
    std::int64_t first = layout.offset;
    std::int64_t last = layout.offset;
    bool overflows = false;
    for (std::size_t i = 0; i < layout.shape.size(); ++i) {
      std::int64_t& end = layout.strides[i] < 0 ? first : last;
      std::int64_t reach = 0;
      overflows |= __builtin_mul_overflow(layout.shape[i] - 1, layout.strides[i], &reach) ||
                   __builtin_add_overflow(end, reach, &end);
    }
    const std::int64_t held = storage.bytes() / size_of(dtype);
    check(!overflows && first >= 0 && last < held, "a view of shape ", layout.shape, ", strides ",
          layout.strides, " and offset ", layout.offset, " reaches elements ", first, " to ", last,
          " of a storage that holds ", held);
  }
  impl_ = std::make_shared<TensorImpl>(
      TensorImpl{std::move(storage), std::move(layout), dtype, nullptr});
}

Scalar Tensor::item_as_scalar() const {
  check(numel() == 1, "item: a Tensor with ", numel(), " elements cannot be converted to Scalar");
  const Tensor here = to(cpu);
  return dispatch(dtype(), [&]<class T>() { return Scalar(*here.data_ptr<T>()); });
}

template <Number T>
std::vector<T> Tensor::to_vector() const {
  NoGrad guard;
  const Tensor here = to(cpu).contiguous();
  std::vector<T> out(static_cast<std::size_t>(here.numel()));
  dispatch(dtype(), [&]<class Stored>() {
    const Stored* data = here.data_ptr<Stored>();
    if constexpr (std::is_same_v<Stored, T>)
      std::copy_n(data, here.numel(), out.begin());
    else
      std::transform(data, data + here.numel(), out.begin(),
                     [](Stored x) { return Scalar(x).to<T>(); });
  });
  return out;
}
template std::vector<bool> Tensor::to_vector() const;
template std::vector<int> Tensor::to_vector() const;
template std::vector<std::int64_t> Tensor::to_vector() const;
template std::vector<float> Tensor::to_vector() const;
template std::vector<double> Tensor::to_vector() const;

// Making tensors ----------------------------------------------------------------------------------

namespace {

DType dtype_of(const NestedList& list) {
  if (!list.is_list()) return list.number().dtype();
  if (list.items().empty()) return float32;
  DType strongest = bool_;
  for (const NestedList& item : list.items()) strongest = std::max(strongest, dtype_of(item));
  return strongest;
}

Shape shape_of(const NestedList& list) {
  Shape shape;
  for (const NestedList* l = &list; l->is_list(); l = &l->items().front()) {
    shape.push_back(std::ssize(l->items()));
    if (l->items().empty()) break;
  }
  return shape;
}

template <class T>
void copy_numbers(const NestedList& list, const Shape& shape, std::size_t depth, T*& out) {
  if (!list.is_list()) {
    if (depth < shape.size())
      fail("tensor: ragged lists: expected a list of length ", shape[depth], " at depth ", depth,
           ", got a number");
    *out++ = list.number().to<T>();
    return;
  }
  check(depth < shape.size(), "tensor: ragged lists: expected a number at depth ", depth,
        ", got a list");
  check(std::ssize(list.items()) == shape[depth],
        "tensor: ragged lists: expected a list of length ", shape[depth], " at depth ", depth,
        ", got one of length ", list.items().size());
  for (const NestedList& item : list.items()) copy_numbers(item, shape, depth + 1, out);
}

}  // namespace

Tensor tensor(const NestedList& values) { return tensor(values, dtype_of(values)); }

Tensor tensor(const NestedList& values, DType dtype) {
  const Shape shape = shape_of(values);
  Tensor out(shape, dtype);
  dispatch(dtype, [&]<class T>() {
    T* next = out.data_ptr<T>();
    copy_numbers(values, shape, 0, next);
  });
  return out;
}

template <Number T>
Tensor tensor(const std::vector<T>& values) {
  Tensor out({std::ssize(values)}, dtype_of<T>());
  dispatch(out.dtype(),
           [&]<class U>() { std::copy(values.begin(), values.end(), out.data_ptr<U>()); });
  return out;
}
template Tensor tensor(const std::vector<bool>&);
template Tensor tensor(const std::vector<int>&);
template Tensor tensor(const std::vector<std::int64_t>&);
template Tensor tensor(const std::vector<float>&);
template Tensor tensor(const std::vector<double>&);

template <Element T>
Tensor from_blob(T* data, const Shape& shape) {
  const std::int64_t bytes = bytes_for(shape, dtype_of<T>());
  return Tensor(Storage(data, bytes, cpu, nullptr), Layout(shape), dtype_of<T>());
}
template Tensor from_blob(bool*, const Shape&);
template Tensor from_blob(std::int64_t*, const Shape&);
template Tensor from_blob(float*, const Shape&);
template Tensor from_blob(double*, const Shape&);

Tensor empty(const Shape& shape, DType dtype, Device device) {
  return Tensor(shape, dtype, device);
}
Tensor zeros(const Shape& shape, DType dtype, Device device) {
  return full(shape, 0, dtype, device);
}
Tensor ones(const Shape& shape, DType dtype, Device device) {
  return full(shape, 1, dtype, device);
}
Tensor full(const Shape& shape, Scalar value) { return full(shape, value, value.dtype()); }
Tensor full(const Shape& shape, Scalar value, DType dtype, Device device) {
  Tensor out(shape, dtype, device);
  backend(device).fill(out, value);
  return out;
}
Tensor empty_like(const Tensor& x) { return Tensor(x.shape(), x.dtype(), x.device()); }
Tensor zeros_like(const Tensor& x) { return zeros(x.shape(), x.dtype(), x.device()); }
Tensor ones_like(const Tensor& x) { return ones(x.shape(), x.dtype(), x.device()); }

Tensor eye(std::int64_t n, DType dtype, Device device) { return eye(n, n, dtype, device); }

Tensor eye(std::int64_t n, std::int64_t m, DType dtype, Device device) {
  check(n >= 0 && m >= 0, "eye: lengths must be greater or equal to 0, got ", n, " and ", m);
  Tensor out = zeros({n, m}, dtype, device);
  Tensor(out.storage(), Layout({std::min(n, m)}, {m + 1}, 0), dtype).fill_(1);
  return out;
}

Tensor arange(Scalar end) { return arange(0, end); }

Tensor arange(Scalar start, Scalar end, Scalar step) {
  const bool floating =
      start.is_floating_point() || end.is_floating_point() || step.is_floating_point();
  return arange(start, end, step, floating ? float32 : int64);
}

/// first, first + step, … below last, or above it if step is negative.
static Tensor whole_numbers(std::int64_t first, std::int64_t last, std::int64_t step) {
  check(step != 0, "arange: step must be nonzero");
  check(step > 0 ? first <= last : first >= last,
        "arange: upper bound and lower bound inconsistent with step sign, got ", first, " to ",
        last, " by ", step);
  using Unsigned = std::uint64_t;  // a distance may be more than the largest int64
  const Unsigned from = static_cast<Unsigned>(first), by = static_cast<Unsigned>(step);
  const Unsigned distance =
      step > 0 ? static_cast<Unsigned>(last) - from : from - static_cast<Unsigned>(last);
  const Unsigned stride = step > 0 ? by : 0 - by;
  const Unsigned count = distance / stride + (distance % stride != 0);
  check(count <= INT64_MAX, "arange: ", first, " to ", last, " by ", step,
        " are more numbers than a tensor can hold");
  Tensor out({static_cast<std::int64_t>(count)}, int64);
  for (Unsigned i = 0; i < count; ++i)
    out.data_ptr<std::int64_t>()[i] = static_cast<std::int64_t>(from + i * by);
  return out;
}

Tensor arange(Scalar start, Scalar end, Scalar step, DType dtype) {
  if (dtype == int64)
    return whole_numbers(start.to<std::int64_t>(), end.to<std::int64_t>(), step.to<std::int64_t>());
  check(dtype != bool_, "arange: expected a dtype that can count, got ", dtype);
  const auto first = start.to<double>(), last = end.to<double>(), by = step.to<double>();
  check(by > 0 || by < 0, "arange: step must be nonzero, got ", by);
  check(std::isfinite(first) && std::isfinite(last), "arange: unsupported range: ", first, " -> ",
        last);
  check(by > 0 ? first <= last : first >= last,
        "arange: upper bound and lower bound inconsistent with step sign, got ", first, " to ",
        last, " by ", by);
  // The two ends may be further apart than the largest double.
  const double count =
      std::ceil(std::isfinite(last - first) ? (last - first) / by : last / by - first / by);
  check(count < 0x1p63, "arange: ", first, " to ", last, " by ", by,
        " are more numbers than a tensor can hold");
  Tensor out({static_cast<std::int64_t>(count)}, dtype);
  dispatch(dtype, [&]<class T>() {
    for (std::int64_t i = 0; i < out.numel(); ++i)
      out.data_ptr<T>()[i] = Scalar(first + static_cast<double>(i) * by).to<T>();
  });
  return out;
}

Tensor linspace(double start, double end, std::int64_t steps, DType dtype) {
  check(steps >= 0, "linspace: number of steps must be non-negative, got ", steps);
  check(is_floating_point(dtype), "linspace: expected a floating-point dtype, got ", dtype);
  Tensor out({steps}, dtype);
  dispatch(dtype, [&]<class T>() {
    const T first = Scalar(start).to<T>();
    const T last = Scalar(end).to<T>();
    const T intervals = static_cast<T>(std::max<std::int64_t>(steps - 1, 1));
    // The two ends may be further apart than the largest T.
    const T step = std::isfinite(last - first) ? (last - first) / intervals
                                               : last / intervals - first / intervals;
    // From both ends towards the middle, as PyTorch does, so that both ends are exact.
    for (std::int64_t i = 0; i < steps; ++i)
      out.data_ptr<T>()[i] = i < steps / 2 || steps == 1
                                 ? first + step * static_cast<T>(i)
                                 : last - step * static_cast<T>(steps - 1 - i);
  });
  return out;
}

Tensor rand(const Shape& shape, DType dtype, Generator& generator) {
  return Tensor(shape, dtype).uniform_(0, 1, generator);
}
Tensor randn(const Shape& shape, DType dtype, Generator& generator) {
  return Tensor(shape, dtype).normal_(0, 1, generator);
}
Tensor randint(std::int64_t low, std::int64_t high, const Shape& shape, Generator& generator) {
  return Tensor(shape, int64).random_(low, high, generator);
}

Tensor randperm(std::int64_t n, Generator& generator) {
  check(n >= 0, "randperm: n must be non-negative, got ", n);
  check(n < (std::int64_t{1} << 32) / 20, "randperm: at most ", (std::int64_t{1} << 32) / 20,
        " elements can be shuffled evenly by 32-bit words, got ", n);
  Tensor out = arange(n);
  auto* p = out.data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < n - 1; ++i) std::swap(p[i], p[i + generator.random() % (n - i)]);
  return out;
}

}  // namespace kindling
