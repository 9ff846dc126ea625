#pragma once
#include <cstdint>

/// CUDA's small structs: dim3, uint3, float4 and the like.

struct uint3 {
  unsigned x, y, z;
};

/// The shape of a grid or of a block; what is left out is 1.
struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
  constexpr dim3(uint3 v) : x(v.x), y(v.y), z(v.z) {}
};

namespace cuda_simulator {
/// `bytes` bytes that are read or written as one. A GPU moves a float4 with one instruction; left
/// to themselves, g++ and clang++ would take its four floats one by one, and the counts would
/// differ.
template <class T, int bytes>
struct Whole {
  typedef T type __attribute__((vector_size(bytes), may_alias));
};
}  // namespace cuda_simulator

#define KINDLING_VECTOR_COPY(name, T)                                          \
  name() = default;                                                            \
  name(const name& other) { *this = other; }                                   \
  name& operator=(const name& other) {                                         \
    using Whole = cuda_simulator::Whole<T, sizeof(name)>::type;                \
    *reinterpret_cast<Whole*>(this) = *reinterpret_cast<const Whole*>(&other); \
    return *this;                                                              \
  }

#define KINDLING_VECTOR_2(name, T)           \
  struct alignas(2 * sizeof(T)) name {       \
    T x, y;                                  \
    KINDLING_VECTOR_COPY(name, T)            \
    constexpr name(T x, T y) : x(x), y(y) {} \
  };                                         \
  inline name make_##name(T x, T y) { return name(x, y); }

#define KINDLING_VECTOR_4(name, T)                                 \
  struct alignas(4 * sizeof(T) < 16 ? 4 * sizeof(T) : 16) name {   \
    T x, y, z, w;                                                  \
    KINDLING_VECTOR_COPY(name, T)                                  \
    constexpr name(T x, T y, T z, T w) : x(x), y(y), z(z), w(w) {} \
  };                                                               \
  inline name make_##name(T x, T y, T z, T w) { return name(x, y, z, w); }

KINDLING_VECTOR_2(char2, signed char)
KINDLING_VECTOR_2(uchar2, unsigned char)
KINDLING_VECTOR_2(short2, short)
KINDLING_VECTOR_2(ushort2, unsigned short)
KINDLING_VECTOR_2(int2, int)
KINDLING_VECTOR_2(uint2, unsigned)
KINDLING_VECTOR_2(longlong2, long long)
KINDLING_VECTOR_2(ulonglong2, unsigned long long)
KINDLING_VECTOR_2(float2, float)
KINDLING_VECTOR_2(double2, double)
KINDLING_VECTOR_4(char4, signed char)
KINDLING_VECTOR_4(uchar4, unsigned char)
KINDLING_VECTOR_4(short4, short)
KINDLING_VECTOR_4(ushort4, unsigned short)
KINDLING_VECTOR_4(int4, int)
KINDLING_VECTOR_4(uint4, unsigned)
KINDLING_VECTOR_4(float4, float)

#undef KINDLING_VECTOR_4
#undef KINDLING_VECTOR_2
#undef KINDLING_VECTOR_COPY

struct float3 {
  float x, y, z;
};
inline float3 make_float3(float x, float y, float z) { return {x, y, z}; }
struct int3 {
  int x, y, z;
};
inline int3 make_int3(int x, int y, int z) { return {x, y, z}; }
inline uint3 make_uint3(unsigned x, unsigned y, unsigned z) { return {x, y, z}; }
