#pragma once

#include <filesystem>
#include <string>
#include <vector>

/// The commands of `./learn` that are more than a line. Each returns the exit status, or throws
/// Failure.
namespace learn {

/// Where this checkout is, and what was built of it: <root>/build/<preset>/learn is this very
/// program.
struct Places {
  std::filesystem::path root;
  std::filesystem::path build;
};

/// Runs the hour, program after program, and stops at the first that fails.
int tour(const Places& places);

/// Puts the four files of MNIST into `folder`, each checked against its SHA-256. Files already
/// there are kept.
void fetch_mnist(const std::filesystem::path& folder);

}  // namespace learn
