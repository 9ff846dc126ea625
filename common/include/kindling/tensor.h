#pragma once
#include <atomic>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kindling/check.h"
#include "kindling/device.h"
#include "kindling/dtype.h"
#include "kindling/random.h"
#include "kindling/shape.h"

/// The tensor. Threads: any number of threads may read the same tensor, views included, while
/// nobody changes it. Different tensors are independent of each other, and so are separate parts of
/// one memory: each may be changed by another thread. Assigning to a handle, set_data(),
/// requires_grad_(), retain_grad() and print_options() are for one thread, while no other uses the
/// same handle, tensor or options. What several threads may do with gradients stands in autograd.h.
namespace kindling {

/// One block of memory on one device, shared by every view of it.
class Storage {
 public:
  Storage() = default;  ///< none: only defined() may be asked
  /// Uninitialised memory, aligned to 64 bytes.
  Storage(std::int64_t bytes, Device device);
  /// Memory that somebody else owns; `keep_alive` is held for as long as the storage lives.
  Storage(void* data, std::int64_t bytes, Device device, std::shared_ptr<void> keep_alive);

  bool defined() const { return block_ != nullptr; }
  std::byte* data() const { return block_->data; }
  std::int64_t bytes() const { return block_->bytes; }
  Device device() const { return block_->device; }
  /// How often the memory has been changed in place: autograd compares it with what it saw earlier.
  std::uint64_t version() const { return block_->version; }
  void bump_version() const { ++block_->version; }
  bool is_shared() const { return block_.use_count() > 1; }
  bool operator==(const Storage&) const = default;

 private:
  struct Block {
    std::byte* data = nullptr;
    std::int64_t bytes = 0;
    Device device;
    std::atomic<std::uint64_t> version = 0;  // threads may change separate parts of the memory
    bool borrowed = false;
    std::shared_ptr<void> keep_alive;
    Block() = default;
    Block(const Block&) = delete;
    ~Block();
  };
  std::shared_ptr<Block> block_;
};

struct AutogradMeta;  // chapter 2

/// What every copy of a Tensor shares.
struct TensorImpl {
  Storage storage;
  Layout layout;
  DType dtype = DType::float32;
  std::shared_ptr<AutogradMeta> autograd;  // null while nothing needs a gradient
};

class Tensor;
using Tensors = std::vector<Tensor>;
/// Called with a gradient; returns the gradient to use instead, or an undefined Tensor to leave it
/// as it is.
using Hook = std::function<Tensor(const Tensor& grad)>;
/// Removes the hook that it was returned for.
using RemoveHook = std::function<void()>;

/// A handle on an n-dimensional array: a strided view of a Storage. Copying a Tensor copies the
/// handle, not the data. Methods are named as in PyTorch. Views share memory with the tensor that
/// they were taken from; mathematics stands in ops.h as functions. A default-constructed Tensor is
/// undefined: it holds nothing until something is assigned to it.
class Tensor {
 public:
  Tensor() = default;
  /// Uninitialised elements; see empty(), zeros(), tensor() below.
  explicit Tensor(Shape shape, DType dtype = float32, Device device = cpu);
  /// A view of memory that exists. \throws Error if the layout reaches outside of the storage.
  Tensor(Storage storage, Layout layout, DType dtype);
  /// Another handle on the same tensor.
  explicit Tensor(std::shared_ptr<TensorImpl> impl) : impl_(std::move(impl)) {}

  // What it is ------------------------------------------------------------------------------------
  bool defined() const { return impl_ != nullptr; }
  const Shape& shape() const { return impl().layout.shape; }
  const Shape& strides() const { return impl().layout.strides; }  ///< in elements
  const Layout& layout() const { return impl().layout; }
  std::int64_t storage_offset() const { return impl().layout.offset; }
  std::int64_t dim() const { return std::ssize(shape()); }  ///< number of axes
  std::int64_t size(std::int64_t dim) const {
    return shape()[normalize_dim("size", dim, this->dim())];
  }
  std::int64_t numel() const { return kindling::numel(shape()); }
  DType dtype() const { return impl().dtype; }
  Device device() const { return impl().storage.device(); }
  const Storage& storage() const { return impl().storage; }
  bool is_contiguous() const { return layout().is_contiguous(); }
  bool is_floating_point() const { return kindling::is_floating_point(dtype()); }

  // Its elements ----------------------------------------------------------------------------------
  /// The address of the first element. \throws Error if the elements are not of type T.
  template <Element T>
  T* data_ptr() const {
    check(dtype_of<T>() == dtype(), "data_ptr: asked for ", dtype_of<T>(), " elements of a ",
          dtype(), " tensor");
    return reinterpret_cast<T*>(storage().data()) + storage_offset();
  }
  /// The only element, as a T. \throws Error if there is not exactly one, or a T cannot hold it.
  template <class T = double>
  T item() const {
    return item_as_scalar().template to<T>();
  }
  /// All elements in row-major order, each as item<T>() would give it.
  template <Number T>
  std::vector<T> to_vector() const;

  // Copies ----------------------------------------------------------------------------------------
  Tensor to(DType) const;  ///< itself if nothing changes
  /// Itself if nothing changes. With `non_blocking`, a copy between a GPU and pinned memory of the
  /// CPU may still be under way when this returns: do not change the tensor before it is done.
  Tensor to(Device, bool non_blocking = false) const;
  /// A row-major copy in memory of the CPU that the system never moves, so that a GPU reads it by
  /// itself: `x.pin_memory().to(cuda_device, true)` comes back at once. Itself, if it is pinned. It
  /// is for data: gradients do not flow through it.
  /// \throws Error if the tensor is not on the CPU, or there is no GPU
  Tensor pin_memory() const;
  bool is_pinned() const;
  Tensor clone() const;       ///< a row-major copy, through which gradients flow
  Tensor contiguous() const;  ///< itself if it is row-major, else a row-major copy

  // Views (solutions/02_autograd/views.cpp over the layouts of solutions/01_tensors/layout.cpp) ---
  /// One length may be -1. \throws Error if no strides can express it; reshape() copies then
  Tensor view(const Shape&) const;
  Tensor reshape(const Shape&) const;  ///< a view where possible, else a copy; one length may be -1
  Tensor flatten(std::int64_t start_dim = 0, std::int64_t end_dim = -1) const;
  Tensor transpose(std::int64_t dim0, std::int64_t dim1) const;
  Tensor permute(const Shape& dims) const;
  Tensor T() const;  ///< axes in reverse order
  Tensor squeeze() const;
  Tensor squeeze(std::int64_t dim) const;
  Tensor unsqueeze(std::int64_t dim) const;
  Tensor expand(const Shape&) const;  ///< -1 keeps a length
  Tensor select(std::int64_t dim, std::int64_t index) const;
  Tensor operator[](std::int64_t index) const { return select(0, index); }
  Tensor narrow(std::int64_t dim, std::int64_t start, std::int64_t length) const;
  /// x[start:end:step] along `dim`; bounds beyond the end are cut, negative ones count from the
  /// end, as in Python.
  Tensor slice(std::int64_t dim, std::int64_t start, std::int64_t end, std::int64_t step = 1) const;
  /// All windows of `size` elements along `dim`, whose beginnings lie `step` apart; each is a row
  /// of the axis that comes last: [batch, 10] becomes [batch, 8, 3] for windows of 3. (windows.cpp)
  /// \throws Error if size is negative or larger than the axis, or step not positive
  Tensor unfold(std::int64_t dim, std::int64_t size, std::int64_t step) const;
  /// A view of the same memory, wherever its elements lie: element (i, j, …) at offset +
  /// i·strides[0]
  /// + j·strides[1] + …; without an offset, at this tensor's. The gradient of an element goes to
  /// those of this tensor that lie at its place. (windows.cpp)
  /// \throws Error if a stride is negative, or the view leaves the memory
  Tensor as_strided(const Shape& shape, const Shape& strides,
                    std::optional<std::int64_t> storage_offset = {}) const;

  // Changes in place (solutions/02_autograd/inplace.cpp): never recorded by autograd, so refused
  // where they would be lost
  Tensor& add_(const Tensor& other, double alpha = 1);  ///< this += alpha · other
  Tensor& add_(Scalar);
  Tensor& sub_(const Tensor& other);
  Tensor& mul_(const Tensor&);
  Tensor& mul_(Scalar);
  Tensor& div_(const Tensor&);
  Tensor& div_(Scalar);
  Tensor& clamp_(Scalar min, Scalar max);
  Tensor& zero_() { return fill_(0); }
  Tensor& fill_(Scalar);
  Tensor& copy_(const Tensor& source);  ///< broadcasts and converts
  Tensor& uniform_(double from = 0, double to = 1, Generator& = default_generator());
  Tensor& normal_(double mean = 0, double std = 1, Generator& = default_generator());
  Tensor& bernoulli_(double p = 0.5, Generator& = default_generator());
  /// int64: every element a random number in [low, high).
  Tensor& random_(std::int64_t low, std::int64_t high, Generator& = default_generator());

  // Gradients (chapter 2) -------------------------------------------------------------------------
  bool requires_grad() const;
  Tensor& requires_grad_(bool on = true);
  bool is_leaf() const;  ///< not the result of a recorded operation
  /// The gradient that backward() left here; undefined if there is none.
  Tensor grad() const;
  /// Takes the gradient's place; an undefined Tensor takes it away.
  /// \throws Error if its shape, dtype or device is not this tensor's, or if it is this tensor
  void set_grad(Tensor grad);
  /// Adds to the .grad of every leaf that this scalar was computed from: d this / d leaf.
  /// \throws Error if this is no scalar, needs no gradient, or its graph was used before and freed.
  void backward(bool retain_graph = false) const;
  /// The same, starting from `grad` = d loss / d this, of the same shape.
  void backward(const Tensor& grad, bool retain_graph = false) const;
  Tensor detach() const;  ///< the same memory, outside of the graph
  void retain_grad();     ///< keep .grad, though this is no leaf
  /// Called with the gradient of this tensor once it is complete, before it goes further.
  RemoveHook register_hook(Hook);
  /// Called after .grad of this leaf has been brought up to date; what DistributedDataParallel
  /// stands on.
  RemoveHook register_post_accumulate_grad_hook(std::function<void(Tensor& leaf)>);
  /// "AddBackward0" for the result of a recorded operation, else empty.
  std::string_view grad_fn() const;

  // For the layers above --------------------------------------------------------------------------
  AutogradMeta* autograd() const { return impl().autograd.get(); }
  const std::shared_ptr<TensorImpl>& shared_impl() const { return impl_; }
  /// Gives this tensor, and all copies of the handle, the memory of another: how a parameter moves
  /// to another device.
  /// \throws Error if a .grad is here that does not fit the new memory, or if gradients are
  /// required and `other` holds no floating-point numbers
  void set_data(const Tensor&);

 private:
  TensorImpl& impl() const {
    check(
        defined(),
        "this tensor is undefined: it was default-constructed and nothing has been assigned to it");
    return *impl_;
  }
  Scalar item_as_scalar() const;

  std::shared_ptr<TensorImpl> impl_;
};

/// PyTorch's text, to the character: `tensor([[1., 2.]], grad_fn=<MulBackward0>)`
std::ostream& operator<<(std::ostream&, const Tensor&);
std::string to_string(const Tensor&);
/// torch.set_printoptions: digits after the point, size above which tensors are summarised,
/// elements kept at each edge then, columns to a line, and whether numbers are written
/// as 1.0000e-03 (if it is not given, where some would else show as 0.0000).
struct PrintOptions {
  int precision = 4;
  std::int64_t threshold = 1000;
  std::int64_t edgeitems = 3;
  int linewidth = 80;
  std::optional<bool> sci_mode = {};
};
PrintOptions& print_options();

// Making tensors ----------------------------------------------------------------------------------

/// Numbers in nested braces, to any depth: {{1, 2}, {3, 4}}.
class NestedList {
 public:
  NestedList() : is_list_(true) {}
  template <class T>
  requires std::is_arithmetic_v<T> NestedList(T value)
      : number_(value) {}  // NOLINT: implicit on purpose
  NestedList(std::initializer_list<NestedList> items) : items_(items), is_list_(true) {}

  bool is_list() const { return is_list_; }
  const std::vector<NestedList>& items() const { return items_; }
  Scalar number() const { return number_; }

 private:
  Scalar number_ = 0;
  std::vector<NestedList> items_;
  bool is_list_ = false;
};

/// tensor({{1, 2}, {3, 4}}): integers give int64, floating-point numbers float32, bools bool, as in
/// Python. \throws Error if the lists are ragged.
Tensor tensor(const NestedList& values);
Tensor tensor(const NestedList& values, DType dtype);
/// A copy of `values`: one axis, with the elements' own type; int becomes int64.
template <Number T>
Tensor tensor(const std::vector<T>& values);
/// A tensor over memory that the caller owns and keeps alive: no copy, changes are seen on both
/// sides.
template <Element T>
Tensor from_blob(T* data, const Shape& shape);

Tensor empty(const Shape&, DType = float32, Device = cpu);  ///< uninitialised
Tensor zeros(const Shape&, DType = float32, Device = cpu);
Tensor ones(const Shape&, DType = float32, Device = cpu);
Tensor full(const Shape&, Scalar value);
Tensor full(const Shape&, Scalar value, DType, Device = cpu);
Tensor empty_like(const Tensor&);
Tensor zeros_like(const Tensor&);
Tensor ones_like(const Tensor&);
Tensor eye(std::int64_t n, DType = float32, Device = cpu);
Tensor eye(std::int64_t n, std::int64_t m, DType = float32, Device = cpu);
Tensor arange(Scalar end);  ///< 0, 1, … below end
Tensor arange(Scalar start, Scalar end, Scalar step = 1);
Tensor arange(Scalar start, Scalar end, Scalar step, DType);
Tensor linspace(double start, double end, std::int64_t steps, DType = float32);

Tensor rand(const Shape&, DType = float32,
            Generator& = default_generator());  ///< uniform in [0, 1)
Tensor randn(const Shape&, DType = float32, Generator& = default_generator());  ///< standard normal
Tensor randint(std::int64_t low, std::int64_t high, const Shape&, Generator& = default_generator());
Tensor randperm(std::int64_t n, Generator& = default_generator());

}  // namespace kindling
