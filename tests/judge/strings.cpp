/// In C++20, each file that uses std::string has its functions compiled for itself, and the linker
/// keeps the first ones that it meets. Those of answers and tests are not optimised; these are, and
/// are linked in front of them.
#include <string>

template class std::basic_string<char>;
