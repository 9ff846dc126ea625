#include "kindling/random.h"

#include <charconv>
#include <cmath>
#include <locale>
#include <numbers>
#include <sstream>
#include <utility>

#include "kindling/check.h"

namespace kindling {

void Generator::manual_seed(std::uint64_t seed) {
  seed_ = seed;
  engine_.seed(static_cast<std::uint32_t>(seed));
  next_normal_.reset();
  next_counter_ = 0;
}

std::uint32_t Generator::random() { return static_cast<std::uint32_t>(engine_()); }

std::uint64_t Generator::random64() {
  const std::uint64_t high = random();
  return high << 32 | random();
}

template <>
float Generator::uniform<float>() {
  return static_cast<float>(random() & ((1U << 24) - 1)) * 0x1p-24F;
}

template <>
double Generator::uniform<double>() {
  return static_cast<double>(random64() & ((1ULL << 53) - 1)) * 0x1p-53;
}

double Generator::normal() {
  if (next_normal_) return *std::exchange(next_normal_, std::nullopt);
  const double u1 = uniform<double>();
  const double u2 = uniform<double>();
  const double r = std::sqrt(-2 * std::log1p(-u2));
  const double theta = 2 * std::numbers::pi * u1;
  next_normal_ = r * std::sin(theta);
  return r * std::cos(theta);
}

Generator::Counters Generator::philox(std::uint64_t count) {
  return {seed_, std::exchange(next_counter_, next_counter_ + count)};
}

std::string Generator::state() const {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  out << seed_ << ' ' << next_normal_.has_value() << ' ' << std::hexfloat
      << next_normal_.value_or(0) << ' ' << engine_ << ' ' << next_counter_;
  return out.str();
}

void Generator::set_state(const std::string& state) {
  std::istringstream in(state);
  in.imbue(std::locale::classic());
  Generator read;
  bool has_normal = false;
  std::string normal;  // streams write hexadecimal floating-point numbers, but do not read them
  in >> read.seed_ >> has_normal >> normal >> read.engine_;
  check(!in.fail(), "Generator::set_state: this is not a text that state() made");
  if (!(in >> read.next_counter_)) read.next_counter_ = 0;  // of a time before there were counters
  if (has_normal) {
    double magnitude = 0;
    const char* digits = normal.data() + normal.find('x') + 1;  // behind "0x" or "-0x"
    const auto parsed =
        std::from_chars(digits, normal.data() + normal.size(), magnitude, std::chars_format::hex);
    check(parsed.ec == std::errc{}, "Generator::set_state: this is not a text that state() made");
    read.next_normal_ = normal.starts_with('-') ? -magnitude : magnitude;
  }
  *this = read;
}

Generator& default_generator() {
  thread_local Generator generator;
  return generator;
}

void manual_seed(std::uint64_t seed) { default_generator().manual_seed(seed); }

}  // namespace kindling
