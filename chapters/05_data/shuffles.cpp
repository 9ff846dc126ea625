/// One generator, three ways to make an index of its words, three orders. `05_data/shuffles tape`
/// draws which words the parts of a loader take, as SVG; `05_data/shuffles std` asks the standard
/// library of this machine for its order.
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <numeric>
#include <random>
#include <string>

#include "kindling/data.h"
#include "kindling/ops.h"

using namespace kindling;

/// Fisher and Yates: the next place gets one of the elements that are left.
template <class Below>
static std::vector<int> shuffled(Below below) {
  std::mt19937 words(123);
  std::vector<int> order(10);
  std::iota(order.begin(), order.end(), 0);
  for (std::uint32_t i = 0; i < 9; ++i) std::swap(order[i], order[i + below(words, 10 - i)]);
  return order;
}

/// The word as a fraction of 2³², times n.
static std::uint32_t by_product(std::mt19937& words, std::uint32_t n) {
  return static_cast<std::uint32_t>(std::uint64_t{words()} * n >> 32);
}

/// As few of the word's bits as can count to n, drawn again while they are too many.
static std::uint32_t by_rejection(std::mt19937& words, std::uint32_t n) {
  const std::uint32_t mask = std::bit_ceil(n) - 1;
  std::uint32_t drawn = words() & mask;
  while (drawn >= n) drawn = words() & mask;
  return drawn;
}

/// PyTorch's: what a division leaves over.
static std::uint32_t by_remainder(std::mt19937& words, std::uint32_t n) { return words() % n; }

static void show_orders() {
  fmt::print("remainder   {}\n", fmt::join(shuffled(by_remainder), " "));
  fmt::print("product     {}\n", fmt::join(shuffled(by_product), " "));
  fmt::print("rejection   {}\n", fmt::join(shuffled(by_rejection), " "));
  Generator generator(123);
  data::RandomSampler sampler(10, {.generator = &generator});
  fmt::print("our sampler {}\n", fmt::join(sampler.order(), " "));
}

/// An epoch over a few examples, and one over many: what is drawn after them is the same.
static void show_what_follows() {
  for (const std::int64_t examples : {5, 5000}) {
    manual_seed(123);
    data::DataLoader loader(data::TensorDataset(arange(examples)),
                            {.batch_size = 5, .shuffle = true});
    auto batch = loader.begin();
    fmt::print("after {:>4} examples  {:.4f}\n", examples, rand({1}).item());
  }
}

static void draw_tape() {
  fmt::print(
      "<svg xmlns='http://www.w3.org/2000/svg' viewBox=\"0 0 720 190\" "
      "font-family='Inter, sans-serif' text-anchor='middle' font-size='13'>\n");
  std::mt19937 words(123);
  constexpr const char* fills[] = {"#dbeafe", "#dbeafe", "#fdebd0", "#fdebd0", "white", "white"};
  for (int i = 0; i < 6; ++i)
    fmt::print(
        "<rect x='{0}' y='30' width='116' height='36' fill='{1}' stroke='#8a8f98'/>\n"
        "<text x='{2}' y='53' fill='black'>{3}</text>\n",
        12 + i * 116, fills[i], 70 + i * 116, words());
  const auto note = [](int x, int y, const char* ink, const char* what) {
    fmt::print("<text x='{}' y='{}' fill='{}'>{}</text>\n", x, y, ink, what);
  };
  note(128, 18, "#1f6feb", "the workers&#39; base seed");
  note(360, 18, "#d9600a", "seed of a fresh generator");
  note(592, 18, "#8a8f98", "whoever draws next");
  fmt::print(
      "<path d='M360 68 V118' stroke='#d9600a' fill='none'/>"
      "<path d='M360 124 l-4 -8 h8 z' fill='#d9600a'/>\n");
  note(70, 146, "#8a8f98", "its words:");
  for (int i = 0; i < 4; ++i)
    fmt::print("<rect x='{}' y='126' width='116' height='32' fill='#d9f2e3' stroke='#8a8f98'/>\n",
               128 + i * 116);
  for (int i = 0; i < 4; ++i) note(186 + i * 116, 146, "black", i < 3 ? "a swap" : "…");
  note(360, 180, "#8a8f98", "a permutation of n examples takes n − 1 words");
  fmt::print("</svg>\n");
}

static void show_std_shuffle() {
  std::mt19937 words(123);
  std::vector<int> order(10);
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), words);
  fmt::print("std::shuffle {}\n", fmt::join(order, " "));
}

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "tape") {
    draw_tape();
  } else if (what == "std") {
    show_std_shuffle();
  } else {
    show_orders();
    show_what_follows();
  }
}
