#pragma once
#include <filesystem>
#include <string>

namespace book {

/// Where readers find the repository; both are empty where nobody has said it.
struct Repository {
  std::string clone;  ///< what `git clone` takes: "https://example.org/somebody/kindling.git"
  std::string page;   ///< for a browser: "https://example.org/somebody/kindling"
};

/// Of the address that git knows, without names and passwords in it. An address that only this
/// machine understands, such as a folder, is none.
Repository repository_at(const std::string& address);

/// The address of the checkout's remote "origin", or of its only one; empty if it has none.
std::string remote_of(const std::filesystem::path& checkout);

}  // namespace book
