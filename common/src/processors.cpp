#include "processors.h"

#include <algorithm>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace kindling {

/// The limit in one control group's cpu.max, "200000 100000" or "max 100000"; `most` without one.
static int limit_of(const std::string& group, int most) {
  std::ifstream file("/sys/fs/cgroup" + group + "/cpu.max");
  double microseconds = 0, period = 0;
  if (!(file >> microseconds >> period) || period <= 0) return most;
  const double processors = microseconds / period;
  return processors >= most ? most : std::max(1, static_cast<int>(processors + 0.999));
}

int available_processors() {
  int count = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    if (!line.starts_with("0::")) continue;  // version 2's, where all of a group's limits stand
    // Its own group and all above it, of which the last is "".
    for (std::string group = line.substr(3); !group.empty(); group.erase(group.rfind('/')))
      count = limit_of(group == "/" ? "" : group, count);
  }
  return limit_of("", count);
}

int startable_threads(int wanted) {
  std::mutex mutex;
  std::condition_variable released;
  bool done = false;
  std::vector<std::jthread> threads;
  try {
    while (static_cast<int>(threads.size()) + 1 < wanted)
      threads.emplace_back([&] {
        std::unique_lock lock(mutex);
        released.wait(lock, [&] { return done; });
      });
  } catch (const std::system_error&) {  // there are no more
  }
  {
    const std::scoped_lock lock(mutex);
    done = true;
  }
  released.notify_all();
  return static_cast<int>(threads.size()) + 1;
}

}  // namespace kindling
