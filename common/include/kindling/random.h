#pragma once
#include <cstdint>
#include <optional>
#include <random>
#include <string>

/// Random numbers. Threads: a Generator is for one thread at a time. default_generator() is another
/// one in each thread, and manual_seed() seeds that of the calling thread.
namespace kindling {

/// PyTorch's CPU random numbers, word for word: std::mt19937 under PyTorch's own recipes
/// (ATen/core/DistributionsHelper.h). The standard library's distributions are never used: each
/// compiler has its own.
class Generator {
 public:
  static constexpr std::uint64_t default_seed = 67280421310721;  // PyTorch's

  explicit Generator(std::uint64_t seed = default_seed) { manual_seed(seed); }
  /// Starts again from the low 32 bits of `seed`.
  void manual_seed(std::uint64_t seed);
  std::uint64_t initial_seed() const { return seed_; }

  std::uint32_t random();    ///< one word
  std::uint64_t random64();  ///< two words, the high one first
  /// Uniform in [0, 1): 24 bits of one word for float, 53 bits of two words for double.
  template <class T>
  T uniform();
  /// Standard normal, by Box–Muller in double; every second call returns the number that the first
  /// kept.
  double normal();

  /// For counter-based generators on other devices: the seed, and the first of `count` counters
  /// that nobody has been given since manual_seed(). Taking counters does not
  /// change the draws above.
  struct Counters {
    std::uint64_t seed, first;
  };
  Counters philox(std::uint64_t count);

  /// Everything, as text: set_state(state()) continues with the same numbers.
  std::string state() const;
  /// \throws Error if `state` is not a text that state() made; the generator is then unchanged.
  void set_state(const std::string& state);

 private:
  std::uint64_t seed_ = 0;
  std::mt19937 engine_;
  std::optional<double> next_normal_;
  std::uint64_t next_counter_ = 0;
};

/// The generator that every random operation draws from when it is not given one. One a thread: the
/// main thread's is what manual_seed() seeds; a DataLoader's workers seed their own.
Generator& default_generator();
/// torch.manual_seed
void manual_seed(std::uint64_t seed);

}  // namespace kindling
