#pragma once

#include <chrono>
#include <string>

namespace learn {

/// While it lives, keys arrive as they are pressed, without Enter and unseen. Only one may live.
/// Every way out gives the terminal back as it was: the destructor, a signal that ends us (Ctrl-C),
/// and Ctrl-Z, after which `fg` takes it again.
class Keyboard {
 public:
  /// True if somebody sits there: a terminal on both sides, and we are in its foreground.
  static bool is_there();

  Keyboard();
  ~Keyboard();
  Keyboard(const Keyboard&) = delete;
  Keyboard& operator=(const Keyboard&) = delete;

  static constexpr char none = 0, closed = 4;

  /// The key pressed next: `none` if there is none in that time, `closed` when the terminal is
  /// gone. Keys that are several characters, such as arrows, are left out.
  char key(std::chrono::milliseconds patience);
  /// Asks for a line, typed as usual, and ended with Enter.
  std::string ask(const std::string& question);
  /// True once after we were stopped and continued, or the window's size has changed: what stands
  /// on the screen may not be ours.
  bool must_redraw();

 private:
  std::string typed_;  // read, but not yet asked for
};

}  // namespace learn
