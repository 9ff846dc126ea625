#pragma once

namespace kindling::show {

/// What standard output can do. The library and ./learn both ask here.
///
/// Threads: several may ask at once, as long as none of them changes the environment.
struct Terminal {
  bool attended;     ///< a person may read it: it is a terminal, and CI is not "true"
  bool interactive;  ///< attended, and lines may be rewritten: TERM is not "dumb"
  bool colour;       ///< interactive, and NO_COLOR is not set
  bool unicode;      ///< the locale is UTF-8
  static Terminal detect();
};

}  // namespace kindling::show
