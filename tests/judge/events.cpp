#include "judge/events.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <thread>

namespace kindling::testing {
namespace {

/// What a message begins with, and each of its fields: how many bytes follow.
using Length = std::uint32_t;

void write_all(int pipe, const char* bytes, std::size_t count) noexcept {
  while (count > 0) {
    const ssize_t written = write(pipe, bytes, count);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return;  // the parent is gone: there is nobody to tell
    bytes += written;
    count -= static_cast<std::size_t>(written);
  }
}

/// Set while somebody writes. No mutex, which a signal's handler may not touch.
std::atomic_flag writing;

Length read_length(const std::string& bytes, std::size_t at) {
  Length length = 0;
  std::memcpy(&length, bytes.data() + at, sizeof length);
  return length;
}

}  // namespace

void send(int pipe, Event event, std::initializer_list<std::string_view> fields) {
  std::string message(1, static_cast<char>(event));
  for (const std::string_view field : fields) {
    const auto length = static_cast<Length>(field.size());
    message.append(bytes_of(&length, 1)).append(field);
  }
  const auto length = static_cast<Length>(message.size());
  message.insert(0, bytes_of(&length, 1));
  while (writing.test_and_set()) std::this_thread::yield();
  write_all(pipe, message.data(), message.size());
  writing.clear();
}

void send_in_handler(int pipe, Event event,
                     std::initializer_list<std::string_view> fields) noexcept {
  static std::array<char, 1 << 15> message;
  std::size_t size = sizeof(Length);
  message[size++] = static_cast<char>(event);
  for (const std::string_view field : fields) {
    const auto length = static_cast<Length>(
        std::min(field.size(), message.size() - std::min(message.size(), size + sizeof(Length))));
    if (size + sizeof length > message.size()) break;
    std::memcpy(message.data() + size, &length, sizeof length);
    std::memcpy(message.data() + size + sizeof length, field.data(), length);
    size += sizeof length + length;
  }
  const auto length = static_cast<Length>(size - sizeof(Length));
  std::memcpy(message.data(), &length, sizeof length);
  // Whoever writes may be the very code that the signal has interrupted.
  for (int i = 0; i < 100 && writing.test_and_set(); ++i) {
    const timespec millisecond{.tv_sec = 0, .tv_nsec = 1'000'000};
    nanosleep(&millisecond, nullptr);
  }
  write_all(pipe, message.data(), size);
}

std::optional<Message> Messages::next() {
  if (bytes_.size() < sizeof(Length)) return {};
  const std::size_t end = sizeof(Length) + read_length(bytes_, 0);
  if (bytes_.size() < end || end == sizeof(Length)) return {};
  Message message;
  std::size_t at = sizeof(Length);
  message.event = static_cast<Event>(bytes_[at++]);
  while (at + sizeof(Length) <= end) {
    const std::size_t length =
        std::min<std::size_t>(read_length(bytes_, at), end - at - sizeof(Length));
    message.fields.push_back(bytes_.substr(at + sizeof(Length), length));
    at += sizeof(Length) + length;
  }
  message.fields.resize(std::max<std::size_t>(message.fields.size(), 6));  // absent ones are empty
  bytes_.erase(0, end);
  return message;
}

}  // namespace kindling::testing
