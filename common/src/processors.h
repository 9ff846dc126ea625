#pragma once

/// What this machine lets the process have. Thread-safe.
namespace kindling {

/// How many processors the process may use: those it may run on, and of these no more than the
/// control group of its container pays for (`docker run --cpus 2`), rounded up.
int available_processors();

/// How many threads can run at once, this one included, up to `wanted`: fewer where `ulimit -u`, a
/// container or the memory ends. Found by starting them.
int startable_threads(int wanted);

}  // namespace kindling
