#pragma once
#include <filesystem>
#include <string>

namespace learn {

/// Of all that a compiler says of an answer, what its author can use: the first error that has to
/// do with it, beginning with the line of their own that it comes from, though the compiler may
/// have noticed it in a template of ours; then how many more there are. Paths are given from `root`
/// on. `file` is the answer, which calls itself `name`, such as "exercises/01_tensors/strides.cpp".
/// Empty if there is no error of the compiler's.
std::string first_error(const std::string& output, const std::filesystem::path& root,
                        const std::filesystem::path& file, const std::string& name);

/// What it says of an answer that it has compiled nevertheless, and that explains what else nobody
/// understands: a function without a return, a variable that nobody has set, a reference to what is
/// gone. Empty if there is nothing of that kind.
std::string grave_warnings(const std::string& output, const std::filesystem::path& root,
                           const std::filesystem::path& file, const std::string& name);

/// Its paths from `root` on.
std::string without_root(std::string text, const std::filesystem::path& root);

}  // namespace learn
