/// In C++20, each file that uses std::string has its functions compiled for itself, and the linker
/// keeps the first ones that it meets. Those of answers and tests are not optimised; these are, and
/// are linked in front of them. So are those that random numbers come from.
#include <cstdint>
#include <random>
#include <string>

template class std::basic_string<char>;
template class std::mersenne_twister_engine<std::uint_fast32_t, 32, 624, 397, 31, 0x9908b0df, 11,
                                            0xffffffff, 7, 0x9d2c5680, 15, 0xefc60000, 18,
                                            1812433253>;
template void std::seed_seq::generate(unsigned*, unsigned*);
