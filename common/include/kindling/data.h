#pragma once
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "kindling/random.h"
#include "kindling/tensor.h"

namespace kindling {
class RunSnapshot;  // chapter 6 takes the state of all parts of a run, and puts it back
}

/// Where examples come from, and how they are served in batches: torch.utils.data.
///
/// Threads: a DataLoader, its iterators and samplers are for one thread at a time. Its workers call
/// Dataset::get() from several threads at once, so that must not change anything without a lock.
namespace kindling::data {

/// Example indices, from 0.
using Indices = std::vector<std::int64_t>;

/// What a model sees and what is wanted from it: one example, or a batch of them stacked along a
/// new first axis. `for (auto& [features, labels] : loader)` takes it apart.
struct Example {
  Tensor data;
  Tensor target;  ///< undefined where nothing is wanted
};

// Datasets ---------------------------------------------------------------------------------------

/// A list of examples that can be asked for in any order. A user's own dataset says how many there
/// are and how to get one:
///
///     struct Squares : data::Dataset {
///       Example get(std::int64_t i) const override { return {tensor({i}), tensor({i * i})}; }
///       std::int64_t size() const override { return 100; }
///     };
///
/// A DataLoader with workers calls get() and get_batch() from several threads at once.
class Dataset {
 public:
  virtual ~Dataset() = default;
  /// Example `index`, from 0 to size() - 1.
  virtual Example get(std::int64_t index) const = 0;
  virtual std::int64_t size() const = 0;
  /// These examples as one batch. Asks for each and collates them, unless overridden: by a dataset
  /// that can do it faster, or one whose examples need to be put together in their own way
  /// (PyTorch's collate_fn).
  virtual Example get_batch(std::span<const std::int64_t> indices) const;
  Example operator[](std::int64_t index) const { return get(index); }
};

/// Stacks examples along a new first axis: data of shape [...] each gives [examples, ...], targets
/// likewise.
/// \throws Error if there are none, or one differs from the first in shape, in dtype, or in having
/// a target
Example collate(std::span<const Example> examples);

/// Tensors, cut along their first axis.
class TensorDataset : public Dataset {
 public:
  /// \param data [examples, ...]
  /// \param targets [examples, ...], or undefined
  /// \throws Error if one has no first axis, or the two differ in its length
  explicit TensorDataset(Tensor data, Tensor targets = {});
  /// Views of data and targets, without their first axis. \throws Error if there is no such example
  Example get(std::int64_t index) const override;
  std::int64_t size() const override;
  /// One gather instead of many small copies.
  Example get_batch(std::span<const std::int64_t> indices) const override;

  const Tensor& data() const { return data_; }
  const Tensor& targets() const { return targets_; }

 private:
  Tensor data_, targets_;
};

/// How loaders and subsets keep the dataset that they are given: by a copy of their own, so that it
/// cannot disappear under them. For datasets of tensors that is a few handles on the same elements.
/// One that is expensive to copy is moved in, or held by a shared_ptr; so is one that is known by
/// its base class only.
class SharedDataset {
 public:
  /// Implicit on purpose, so that a dataset can be handed over as it is.
  template <class D>
  // clang-format off
    requires std::derived_from<std::remove_cvref_t<D>, Dataset>
  // clang-format on
  SharedDataset(D&& dataset) {  // NOLINT
    using Kept = std::remove_cvref_t<D>;
    static_assert(
        !std::is_abstract_v<Kept>,
        "a dataset known by its base class cannot be copied: hand over a std::shared_ptr to it");
    static_assert(
        std::constructible_from<Kept, D>,
        "this dataset cannot be copied: std::move it, or hand over a std::shared_ptr to it");
    dataset_ = std::make_shared<const Kept>(std::forward<D>(dataset));
  }
  template <std::derived_from<Dataset> D>
  SharedDataset(std::shared_ptr<D> dataset) : dataset_(std::move(dataset)) {  // NOLINT
    check(dataset_ != nullptr, "expected a dataset, got a null pointer");
  }
  const Dataset& operator*() const { return *dataset_; }
  const Dataset* operator->() const { return dataset_.get(); }

 private:
  std::shared_ptr<const Dataset> dataset_;
};

/// Some examples of another dataset, in an order of its own.
class Subset : public Dataset {
 public:
  /// \throws Error if an index is not one of `dataset`'s
  Subset(SharedDataset dataset, Indices indices);
  Example get(std::int64_t index) const override;
  std::int64_t size() const override { return std::ssize(indices_); }
  Example get_batch(std::span<const std::int64_t> indices) const override;

  const Indices& indices() const { return indices_; }

 private:
  SharedDataset dataset_;
  Indices indices_;
};

/// Deals all examples out at random, each to one subset: random_split(digits, {1500, 297}), or
/// fractions that add up to 1: random_split(digits, {0.8, 0.2}). PyTorch's recipe: consecutive
/// pieces of one randperm; of fractions, each piece gets the whole part of its share, and what is
/// left over goes one by one to the first pieces.
/// \throws Error if the lengths do not add up to the size of the dataset, the fractions not to 1,
/// or one is negative
std::vector<Subset> random_split(SharedDataset dataset, const std::vector<Scalar>& lengths,
                                 Generator& generator = default_generator());

// Samplers ---------------------------------------------------------------------------------------

/// Decides which examples an epoch goes through, and in which order.
class Sampler {
 public:
  virtual ~Sampler() = default;
  /// The indices of one epoch; asked for once at the beginning of each.
  virtual Indices order() = 0;
  /// How many indices order() gives.
  virtual std::int64_t size() const = 0;
};

/// 0, 1, 2, …
class SequentialSampler : public Sampler {
 public:
  explicit SequentialSampler(std::int64_t examples);
  Indices order() override;
  std::int64_t size() const override { return examples_; }

 private:
  std::int64_t examples_;
};

struct RandomSamplerOptions {
  bool replacement = false;  ///< whether an example may come again before all have come
  /// Indices an epoch; as many as there are examples, if not given.
  std::optional<std::int64_t> num_samples = {};
  Generator* generator = nullptr;  ///< drawn from directly; must outlive the sampler
};

/// Shuffles, with PyTorch's draws: see order() in solutions/05_data/sampler.cpp.
class RandomSampler : public Sampler {
 public:
  /// \throws Error if there is nothing to draw from, or num_samples is not positive
  explicit RandomSampler(std::int64_t examples, const RandomSamplerOptions& = {});
  Indices order() override;
  std::int64_t size() const override { return options_.num_samples.value_or(examples_); }

 private:
  std::int64_t examples_;
  RandomSamplerOptions options_;
};

/// Cuts a sampler's order into batches.
class BatchSampler {
 public:
  /// \param drop_last whether to leave out a last batch that would be smaller
  /// \throws Error unless batch_size is positive
  BatchSampler(std::shared_ptr<Sampler> sampler, std::int64_t batch_size, bool drop_last);
  /// The batches of one epoch.
  std::vector<Indices> batches();
  /// How many batches() gives.
  std::int64_t size() const;

  /// Consecutive pieces of `order`, `batch_size` long.
  static std::vector<Indices> cut(const Indices& order, std::int64_t batch_size, bool drop_last);

 private:
  std::shared_ptr<Sampler> sampler_;
  std::int64_t batch_size_;
  bool drop_last_;
};

// The loader -------------------------------------------------------------------------------------

struct DataLoaderOptions {
  std::int64_t batch_size = 1;
  bool shuffle = false;  ///< a new random order each epoch
  /// Threads that prepare batches while the trainer computes, each on one processor; 0: the trainer
  /// prepares them itself.
  int num_workers = 0;
  /// Batches come in pinned memory, from which a GPU copies while the trainer goes on: see
  /// Tensor::pin_memory(). Without a GPU it changes nothing.
  bool pin_memory = false;
  bool drop_last = false;                      ///< leave out a last batch that would be smaller
  int prefetch_factor = 2;                     ///< batches that each worker may be ahead
  std::shared_ptr<Sampler> sampler = nullptr;  ///< decides the order, in place of `shuffle`
  /// Where seeds and orders are drawn from; must outlive the loader. Null: default_generator().
  Generator* generator = nullptr;
};

/// Where a loader is, and all that decides which batches are still to come. A checkpoint holds one.
struct DataLoaderState {
  /// A place inside of an epoch.
  struct Position {
    std::int64_t next_batch = 0;  ///< the first one that has not been handed out
    std::int64_t base_seed = 0;   ///< what the workers were seeded from
    Indices order;                ///< of all examples of this epoch
    /// Each worker's generator after its last batch that was handed out; empty before.
    std::vector<std::string> workers;
    bool operator==(const Position&) const = default;
  };
  std::int64_t epoch = 0;            ///< number of the epoch, from 0
  std::optional<Position> position;  ///< none: at the beginning of it, with nothing drawn yet
  bool operator==(const DataLoaderState&) const = default;
};

/// Serves a dataset in batches, an epoch for each loop over it:
///
///     data::DataLoader loader(dataset, {.batch_size = 64, .shuffle = true, .num_workers = 2});
///     for (auto& [features, labels] : loader) …
///
/// With workers, batch k is prepared by thread k mod num_workers, up to prefetch_factor batches
/// ahead each; they come in order all the same. An exception there reaches the trainer when it asks
/// for that batch. However a loop is left, its workers are stopped and joined.
///
/// What a dataset throws, in a worker or in the trainer's own thread, keeps its type, and its text
/// says in which batch it happened, and with which example, as far as the type lets it say
/// anything: a number that is thrown has no text, and a type that makes its own becomes an Error,
/// with the exception nested in it.
///
/// Random numbers are drawn as PyTorch does, at the beginning of an epoch: from `generator`, or the
/// default one, an int64, the base seed; then the sampler's. Worker w seeds its own
/// default_generator() with base_seed + w, so random augmentations are the same again for the same
/// number of workers. One difference: an order is drawn as a whole at the beginning of an epoch, so
/// leaving a loop early never changes how much has been drawn.
///
/// Batches are data: they are prepared under NoGrad, in the trainer's thread as in a worker's.
class DataLoader {
  class Epoch;

 public:
  /// \throws Error if a number is out of range, or a sampler is given together with shuffle
  DataLoader(SharedDataset dataset, DataLoaderOptions options = {});  // NOLINT

  /// Walks through one epoch; owns its workers.
  class Iterator {
   public:
    using iterator_concept = std::input_iterator_tag;
    using difference_type = std::ptrdiff_t;
    using value_type = Example;

    Example& operator*() const;
    Example* operator->() const { return &**this; }
    /// \throws what the dataset throws, with the batch and the example in its text; whoever catches
    /// it goes on with the batch behind that one
    Iterator& operator++();
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const;

    Iterator(Iterator&&) = default;  // but no copies: there is one place in an epoch
    Iterator& operator=(Iterator&&) = default;

   private:
    friend class DataLoader;
    explicit Iterator(std::shared_ptr<Epoch> epoch) : epoch_(std::move(epoch)) {}
    std::shared_ptr<Epoch> epoch_;
  };

  /// Starts an epoch, and fetches its first batch; after set_state(), continues one.
  Iterator begin();
  std::default_sentinel_t end() const { return {}; }

  /// Batches in an epoch.
  std::int64_t size() const { return batch_sampler_.size(); }
  const Dataset& dataset() const { return *dataset_; }
  const DataLoaderOptions& options() const { return options_; }

  /// The number of the epoch that is being walked through, else of the next one: 0 at first. After
  /// set_state() the loop goes on where it was: `while (loader.epoch() < epochs) for (auto& batch :
  /// loader) …`
  std::int64_t epoch() const;

  /// Asked for while batch k is being worked on, it says to go on with batch k + 1. Batches that
  /// workers have prepared but nobody has seen are not part of it: they are prepared again, from
  /// the same random numbers.
  DataLoaderState state() const;
  /// The next loop continues at `state`: the same examples, the same random numbers in the workers
  /// if there are as many.
  /// \throws Error if the state is not of a loader over as many examples with as large batches, or
  /// no loader counts as far as its epoch; nothing has changed then
  void set_state(DataLoaderState state);

 private:
  friend class kindling::RunSnapshot;

  SharedDataset dataset_;
  DataLoaderOptions options_;
  BatchSampler batch_sampler_;
  std::weak_ptr<Epoch> current_;  // expires when its loop is left
  DataLoaderState next_;          // where the next loop begins
};

// Files ------------------------------------------------------------------------------------------
// All may be compressed with gzip; that is seen from their content. Errors name the file and the
// place in it, and say what was expected and what was found. However large a size a file claims,
// memory is taken only for what is really there.

struct CsvOptions {
  char delimiter = ',';        ///< ';' where commas are decimal, a tab in files of tabs
  std::int64_t skip_rows = 0;  ///< lines to leave out before the first row
  DType dtype = float32;       ///< of the result; whole numbers only, if int64
};

/// A table of numbers, one row a line: [rows, columns]. Blanks around numbers, empty lines and
/// Windows line ends are fine. As spreadsheets write them, cells may be in quotes ("1.5"), and the
/// first row may be a header: it is left out if it has a cell with a text that no number begins
/// with, and none with a number.
/// \throws Error if the file cannot be read, holds no row, or has a row of another length than the
/// first or a cell that is no number of this dtype; it says so if the file looks like one with
/// another delimiter, decimal commas, lines that end in CR alone or two bytes for each character
Tensor read_csv(const std::filesystem::path& path, const CsvOptions& options = {});

struct IdxOptions {
  /// Of the result. If not given: int64 for a file of integers, float32 or float64 for one of
  /// those. Numbers that this dtype cannot hold are an error: fractions, NaN and what is too large
  /// for int64, what is too large for float32.
  std::optional<DType> dtype = {};
  double divisor = 1;  ///< of a floating-point result: 255 makes pixels numbers from 0 to 1
};

/// An array in IDX format, the one of MNIST: two zero bytes, the code of a type, the number of
/// axes, the length of each as 32 bits, the elements in row-major order, all big-endian. Source: Y.
/// LeCun, C. Cortes and C. Burges, The MNIST database of handwritten digits.
/// \param file all of its bytes
/// \param name what to call it in errors
/// \throws Error if it does not begin with this header, has fewer or more bytes than the header
/// says, or an element that the result's dtype cannot hold
Tensor parse_idx(std::span<const std::byte> file, const std::string& name,
                 const IdxOptions& options = {});

/// The file's array: parse_idx() of its content, decompressed.
Tensor read_idx(const std::filesystem::path& path, const IdxOptions& options = {});

// Data sets that are ready to use ----------------------------------------------------------------

/// 1,797 handwritten digits: data float32 [1797, 64], 8×8 pixels from 0 to 1, row by row; targets
/// int64 [1797]. They come with Kindling: see common/data/README.md.
TensorDataset digits();

/// MNIST, 60,000 handwritten digits to train with, and 10,000 to test with: data float32 [examples,
/// 1, 28, 28] from 0 to 1; targets int64 [examples]. Reads train-images-idx3-ubyte,
/// train-labels-idx1-ubyte, t10k-images-… and so on; the same with a point before "idx", with .gz
/// behind, or both; and as some archives are unpacked, in a folder of the file's own name.
/// \throws Error if a file is missing (it says how to get them), or they do not belong together
TensorDataset mnist(const std::filesystem::path& folder, bool train);
/// From the folder that "learn data mnist" fills: $KINDLING_DATA/mnist if that is set, else
/// data/mnist of the repository.
TensorDataset mnist(bool train = true);

}  // namespace kindling::data
