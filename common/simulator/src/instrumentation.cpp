/// What the compiler calls. It compiles .cu files with -fsanitize=thread, which puts a call of a
/// __tsan_ function before each access to memory, and -fsanitize=bounds, which compares indices
/// with the sizes of arrays. The functions are ours: no sanitizer's runtime is linked.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "checker.h"

using cuda_simulator::checking;
using cuda_simulator::see_access;
using cuda_simulator::Use;

#define KINDLING_HERE __builtin_return_address(0)

extern "C" {

#define KINDLING_SEE(bytes)                                                                        \
  void __tsan_read##bytes(void* at) { see_access(at, bytes, Use::read, KINDLING_HERE); }           \
  void __tsan_write##bytes(void* at) { see_access(at, bytes, Use::write, KINDLING_HERE); }         \
  void __tsan_unaligned_read##bytes(void* at) { see_access(at, bytes, Use::read, KINDLING_HERE); } \
  void __tsan_unaligned_write##bytes(void* at) {                                                   \
    see_access(at, bytes, Use::write, KINDLING_HERE);                                              \
  }                                                                                                \
  void __tsan_volatile_read##bytes(void* at) { see_access(at, bytes, Use::read, KINDLING_HERE); }  \
  void __tsan_volatile_write##bytes(void* at) {                                                    \
    see_access(at, bytes, Use::write, KINDLING_HERE);                                              \
  }                                                                                                \
  void __tsan_unaligned_volatile_read##bytes(void* at) {                                           \
    see_access(at, bytes, Use::read, KINDLING_HERE);                                               \
  }                                                                                                \
  void __tsan_unaligned_volatile_write##bytes(void* at) {                                          \
    see_access(at, bytes, Use::write, KINDLING_HERE);                                              \
  }                                                                                                \
  void __tsan_read_write##bytes(void* at) {                                                        \
    see_access(at, bytes, Use::read, KINDLING_HERE);                                               \
    see_access(at, bytes, Use::write, KINDLING_HERE);                                              \
  }                                                                                                \
  void __tsan_unaligned_read_write##bytes(void* at) {                                              \
    see_access(at, bytes, Use::read, KINDLING_HERE);                                               \
    see_access(at, bytes, Use::write, KINDLING_HERE);                                              \
  }
KINDLING_SEE(1)
KINDLING_SEE(2)
KINDLING_SEE(4)
KINDLING_SEE(8)
KINDLING_SEE(16)

void __tsan_read_range(void* at, std::size_t n) { see_access(at, n, Use::read, KINDLING_HERE); }
void __tsan_write_range(void* at, std::size_t n) { see_access(at, n, Use::write, KINDLING_HERE); }
void __tsan_vptr_read(void** at) { see_access(at, sizeof *at, Use::read, KINDLING_HERE); }
void __tsan_vptr_update(void** at, void*) { see_access(at, sizeof *at, Use::write, KINDLING_HERE); }
void* __tsan_memcpy(void* to, const void* from, std::size_t n) {
  see_access(from, n, Use::read, KINDLING_HERE);
  see_access(to, n, Use::write, KINDLING_HERE);
  return std::memcpy(to, from, n);
}
void* __tsan_memmove(void* to, const void* from, std::size_t n) {
  see_access(from, n, Use::read, KINDLING_HERE);
  see_access(to, n, Use::write, KINDLING_HERE);
  return std::memmove(to, from, n);
}
void* __tsan_memset(void* to, int value, std::size_t n) {
  see_access(to, n, Use::write, KINDLING_HERE);
  return std::memset(to, value, n);
}

void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_ignore_thread_begin() {}
void __tsan_ignore_thread_end() {}

// Atomic operations are not only announced but replaced by calls, so these have to do them. The
// orders that are asked for are all answered by the strictest.
#define KINDLING_SEE_FETCH(bits, T, operation)                              \
  T __tsan_atomic##bits##_fetch_##operation(volatile T* at, T value, int) { \
    see_access(at, sizeof(T), Use::atomic, KINDLING_HERE);                  \
    return __atomic_fetch_##operation(at, value, __ATOMIC_SEQ_CST);         \
  }
#define KINDLING_SEE_ATOMIC(bits, T)                                                              \
  T __tsan_atomic##bits##_load(const volatile T* at, int) {                                       \
    see_access(at, sizeof(T), Use::atomic, KINDLING_HERE);                                        \
    return __atomic_load_n(at, __ATOMIC_SEQ_CST);                                                 \
  }                                                                                               \
  void __tsan_atomic##bits##_store(volatile T* at, T value, int) {                                \
    see_access(at, sizeof(T), Use::write, KINDLING_HERE);                                         \
    __atomic_store_n(at, value, __ATOMIC_SEQ_CST);                                                \
  }                                                                                               \
  T __tsan_atomic##bits##_exchange(volatile T* at, T value, int) {                                \
    see_access(at, sizeof(T), Use::atomic, KINDLING_HERE);                                        \
    return __atomic_exchange_n(at, value, __ATOMIC_SEQ_CST);                                      \
  }                                                                                               \
  KINDLING_SEE_FETCH(bits, T, add)                                                                \
  KINDLING_SEE_FETCH(bits, T, sub)                                                                \
  KINDLING_SEE_FETCH(bits, T, and)                                                                \
  KINDLING_SEE_FETCH(bits, T, or)                                                                 \
  KINDLING_SEE_FETCH(bits, T, xor)                                                                \
  KINDLING_SEE_FETCH(bits, T, nand)                                                               \
  int __tsan_atomic##bits##_compare_exchange_strong(volatile T* at, T* expected, T value, int,    \
                                                    int) {                                        \
    see_access(at, sizeof(T), Use::atomic, KINDLING_HERE);                                        \
    return __atomic_compare_exchange_n(at, expected, value, false, __ATOMIC_SEQ_CST,              \
                                       __ATOMIC_SEQ_CST);                                         \
  }                                                                                               \
  int __tsan_atomic##bits##_compare_exchange_weak(volatile T* at, T* expected, T value, int,      \
                                                  int) {                                          \
    see_access(at, sizeof(T), Use::atomic, KINDLING_HERE);                                        \
    return __atomic_compare_exchange_n(at, expected, value, false, __ATOMIC_SEQ_CST,              \
                                       __ATOMIC_SEQ_CST);                                         \
  }                                                                                               \
  T __tsan_atomic##bits##_compare_exchange_val(volatile T* at, T expected, T value, int, int) {   \
    see_access(at, sizeof(T), Use::atomic, KINDLING_HERE);                                        \
    __atomic_compare_exchange_n(at, &expected, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
    return expected;                                                                              \
  }
KINDLING_SEE_ATOMIC(8, std::uint8_t)
KINDLING_SEE_ATOMIC(16, std::uint16_t)
KINDLING_SEE_ATOMIC(32, std::uint32_t)
KINDLING_SEE_ATOMIC(64, std::uint64_t)
void __tsan_atomic_thread_fence(int) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
void __tsan_atomic_signal_fence(int) {}

/// What the compiler tells of an index that does not fit: clang's and g++'s common layout.
struct ArrayType {
  std::uint16_t kind,
      bits;      ///< of an integer: bit 0 whether it is signed, the rest log2 of its width
  char name[1];  ///< "'float [32]'"
};
struct OutOfBounds {
  const char* file;
  std::uint32_t line, column;
  const ArrayType *array, *index;
};

[[noreturn]] void __ubsan_handle_out_of_bounds_abort(OutOfBounds* what, std::uintptr_t index) {
  auto* const runner = checking() ? cuda_simulator::running() : nullptr;
  cuda_simulator::set_checking(nullptr);  // what follows uses memory of the host
  {
    const int spare = 64 - (1 << (what->index->bits >> 1));
    std::ostringstream text, place;
    text << "  expected   an index of an array of type " << what->array->name << "\n  got        ";
    if (what->index->bits & 1)
      text << (spare > 0 ? static_cast<std::int64_t>(index << spare) >> spare
                         : static_cast<std::int64_t>(index));
    else
      text << index;
    text << "\n  look at    the index, and the size of the array\n";
    place << "has an index out of bounds at " << cuda_simulator::program::readable_path(what->file)
          << ':' << what->line;
    if (runner)
      runner->report(place.str(), text.str());
    else
      std::fprintf(stderr, "The host's code %s\n%s", place.str().c_str(), text.str().c_str());
  }
  if (runner) runner->abandon();
  std::abort();
}
[[noreturn]] void __ubsan_handle_out_of_bounds(OutOfBounds* what, std::uintptr_t index) {
  __ubsan_handle_out_of_bounds_abort(what, index);
}

}  // extern "C"

void cuda_simulator::see_atomic(const volatile void* address, int bytes, const void* pc) noexcept {
  see_access(address, std::size_t(bytes), Use::atomic, pc);
}
