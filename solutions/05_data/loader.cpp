#include <algorithm>
#include <thread>

#include "error_text.h"
#include "kindling/autograd.h"
#include "kindling/prefetch.h"
#include "kindling/threads.h"

/// One epoch of a DataLoader, prepared by the trainer itself or by threads ahead of it.
namespace kindling::data {
namespace {

using Position = DataLoaderState::Position;

/// What the workers share with the trainer. Nothing here changes while they run, but the queues,
/// and what is read once a queue is closed.
struct Work {
  SharedDataset dataset;
  std::vector<Indices> batches;
  bool pins;                                           // its batches
  std::vector<std::unique_ptr<PrefetchQueue>> queues;  // one for each worker
  std::vector<std::exception_ptr> failures;            // why a worker has closed its queue

  Example batch(std::size_t k) const {
    NoGrad guard;
    Example batch = dataset->get_batch(batches[k]);
    for (Tensor* tensor : {&batch.data, &batch.target})
      if (pins && tensor->defined()) *tensor = tensor->pin_memory();
    return batch;
  }
};

/// The body of worker `id`: every queues.size()-th batch, from `first` on.
void prepare_batches(Work& work, std::size_t id, std::size_t first, Generator random) {
  default_generator() = random;
  set_num_threads(1);  // the trainer has the others
  PrefetchQueue& queue = *work.queues[id];
  for (std::size_t k = first; k < work.batches.size(); k += work.queues.size()) {
    if (!queue.wait_for_room()) return;
    Fetched fetched;
    try {
      fetched.batch = work.batch(k);
    } catch (...) {
      fetched.error = std::current_exception();
    }
    fetched.generator = default_generator();
    queue.push(std::move(fetched));
  }
}

/// Where something was thrown: "DataLoader worker 1, in batch 6 (examples 12, 13): ".
std::string place_of(const std::string& who, std::size_t batch, const Indices& indices) {
  constexpr std::size_t shown = 8;
  std::string list;
  for (std::size_t i = 0; i < std::min(indices.size(), shown); ++i)
    list += (i ? ", " : "") + std::to_string(indices[i]);
  return who + ", in batch " + std::to_string(batch) + " (examples " + list +
         (indices.size() > shown ? ", …" : "") + "): ";
}

}  // namespace

class DataLoader::Epoch {
 public:
  Epoch(SharedDataset dataset, std::vector<Indices> batches, const DataLoaderOptions& options,
        std::int64_t number, Position position)
      : number_(number),
        position_(std::move(position)),
        work_(std::make_shared<Work>(Work{std::move(dataset),
                                          std::move(batches),
                                          options.pin_memory && cuda::is_available(),
                                          {},
                                          {}})) {
    work_->failures.resize(static_cast<std::size_t>(options.num_workers));
    for (int id = 0; id < options.num_workers; ++id)
      work_->queues.push_back(std::make_unique<PrefetchQueue>(options.prefetch_factor));
    // With another number of workers, what each of them had drawn means nothing.
    if (std::ssize(position_.workers) != options.num_workers)
      position_.workers.assign(options.num_workers, "");
    try {
      for (int id = 0; id < options.num_workers; ++id) start_worker(id);
    } catch (...) {
      stop();
      throw;
    }
  }
  ~Epoch() { stop(); }
  Epoch(const Epoch&) = delete;
  Epoch& operator=(const Epoch&) = delete;

  Example& batch() { return batch_; }
  bool done() const { return done_; }

  /// Hands out the next batch, or finds that there is none.
  void advance() {
    const auto k = static_cast<std::size_t>(position_.next_batch);
    batch_ = {};
    done_ = k == work_->batches.size();
    if (done_) return stop();
    ++position_.next_batch;  // though this one throws: its worker goes on with the next, too
    if (workers_.empty()) {
      try {
        batch_ = work_->batch(k);
      } catch (...) {
        rethrow_at(place_of("DataLoader", k, work_->batches[k]));
      }
    } else {
      const std::size_t id = k % workers_.size();
      std::optional<Fetched> next = work_->queues[id]->pop();
      if (!next) std::rethrow_exception(work_->failures[id]);
      Fetched fetched = std::move(*next);
      generators_[id] = fetched.generator;
      if (fetched.error) try {
          std::rethrow_exception(fetched.error);
        } catch (...) {
          rethrow_at(place_of("DataLoader worker " + std::to_string(id), k, work_->batches[k]));
        }
      batch_ = std::move(fetched.batch);
    }
  }

  DataLoaderState state() const {
    DataLoaderState now{number_, position_};
    for (std::size_t id = 0; id < generators_.size(); ++id)
      if (generators_[id]) now.position->workers[id] = generators_[id]->state();
    return now;
  }
  std::int64_t number() const { return number_; }

 private:
  void start_worker(std::size_t id) {
    const std::size_t count = work_->queues.size();
    const auto next = static_cast<std::size_t>(position_.next_batch);
    const std::size_t first = next + (id + count - next % count) % count;
    Generator random(static_cast<std::uint64_t>(position_.base_seed) + id);
    if (const std::string& before = position_.workers[id]; !before.empty())
      random.set_state(before);
    generators_.emplace_back();
    workers_.emplace_back([work = work_, id, first, random] {
      // Errors of a dataset travel with its batch. What the queue throws ends this worker, and the
      // trainer finds the queue closed.
      try {
        prepare_batches(*work, id, first, random);
      } catch (...) {
        work->failures[id] = std::current_exception();
        close(*work->queues[id]);
      }
    });
  }

  void stop() noexcept {
    for (std::size_t id = 0; id < workers_.size(); ++id) {
      if (!workers_[id].joinable()) continue;
      if (close(*work_->queues[id]))
        workers_[id].join();
      else
        workers_[id].detach();  // it may wait for ever
    }
  }

  /// Whether it could be closed.
  static bool close(PrefetchQueue& queue) noexcept {
    try {
      queue.close();
      return true;
    } catch (...) {
      return false;
    }
  }

  std::int64_t number_;
  Position position_;
  std::shared_ptr<Work> work_;
  std::vector<std::thread> workers_;
  std::vector<std::optional<Generator>>
      generators_;  // of each worker, after its last batch that was handed out
  Example batch_;
  bool done_ = false;
};

// The loader -------------------------------------------------------------------------------------

static std::shared_ptr<Sampler> choose_sampler(const Dataset& dataset,
                                               const DataLoaderOptions& options) {
  check(!options.sampler || !options.shuffle,
        "DataLoader: expected a sampler or shuffle, got both: a sampler decides the order");
  if (options.sampler) return options.sampler;
  if (!options.shuffle) return std::make_shared<SequentialSampler>(dataset.size());
  return std::make_shared<RandomSampler>(dataset.size(),
                                         RandomSamplerOptions{.generator = options.generator});
}

DataLoader::DataLoader(SharedDataset dataset, DataLoaderOptions options)
    : dataset_(std::move(dataset)),
      options_(std::move(options)),
      batch_sampler_(choose_sampler(*dataset_, options_), options_.batch_size, options_.drop_last) {
  check(options_.num_workers >= 0, "DataLoader: expected a num_workers of 0 or more, got ",
        options_.num_workers);
  check(options_.prefetch_factor > 0, "DataLoader: expected a positive prefetch_factor, got ",
        options_.prefetch_factor);
}

DataLoader::Iterator DataLoader::begin() {
  std::vector<Indices> batches;
  Position position;
  if (next_.position) {
    position = *next_.position;
    batches = BatchSampler::cut(position.order, options_.batch_size, options_.drop_last);
  } else {
    Generator& generator = options_.generator ? *options_.generator : default_generator();
    position.base_seed = static_cast<std::int64_t>(generator.random64() & INT64_MAX);
    batches = batch_sampler_.batches();
    for (const Indices& batch : batches)
      position.order.insert(position.order.end(), batch.begin(), batch.end());
  }
  auto epoch = std::make_shared<Epoch>(dataset_, std::move(batches), options_, next_.epoch,
                                       std::move(position));
  epoch->advance();
  current_ = epoch;
  next_ = {.epoch = next_.epoch + 1, .position = std::nullopt};
  return Iterator(std::move(epoch));
}

std::int64_t DataLoader::epoch() const {
  const auto current = current_.lock();
  return current && !current->done() ? current->number() : next_.epoch;
}

DataLoaderState DataLoader::state() const {
  const auto current = current_.lock();
  return current && !current->done() ? current->state() : next_;
}

void DataLoader::set_state(DataLoaderState state) {
  constexpr std::int64_t most_epochs = std::int64_t{1} << 53;  // nothing overflows from there
  check(0 <= state.epoch && state.epoch <= most_epochs,
        "DataLoader::set_state: expected an epoch of 0 or more, and at most 2^53, got ",
        state.epoch);
  if (const auto& position = state.position) {
    const std::int64_t batches =
        std::ssize(BatchSampler::cut(position->order, options_.batch_size, options_.drop_last));
    check(batches == size(), "DataLoader::set_state: the state is of an epoch of ",
          position->order.size(), " examples, ", batches, " batches of ", options_.batch_size,
          "; expected ", size(), " batches");
    check(0 <= position->next_batch && position->next_batch <= batches,
          "DataLoader::set_state: expected the next batch to be one of 0 to ", batches, ", got ",
          position->next_batch);
    for (std::int64_t index : position->order)
      check(0 <= index && index < dataset_->size(), "DataLoader::set_state: example ", index,
            " is out of range for a dataset of size ", dataset_->size());
    for (const std::string& worker : position->workers)
      if (!worker.empty()) Generator().set_state(worker);
  }
  current_.reset();
  next_ = std::move(state);
}

Example& DataLoader::Iterator::operator*() const { return epoch_->batch(); }

DataLoader::Iterator& DataLoader::Iterator::operator++() {
  epoch_->advance();
  return *this;
}

bool DataLoader::Iterator::operator==(std::default_sentinel_t) const { return epoch_->done(); }

}  // namespace kindling::data
