/// Each thread takes a stretch of neighbouring packs, as threads of a CPU would.
/// \caught reading x: expected 16 sectors of 32 bytes a request of a warp, got 32
template <class Op>
__global__ void map_elements(Op f, const float* x, float* out, std::int64_t n) {
  const auto* from = reinterpret_cast<const float4*>(x);
  auto* to = reinterpret_cast<float4*>(out);
  const std::int64_t packs = n / 4, each = (packs + thread_count() - 1) / thread_count();
  const std::int64_t begin = thread_number() * each;
  for (std::int64_t i = begin; i < begin + each && i < packs; ++i) {
    const float4 pack = from[i];
    to[i] = make_float4(f(pack.x), f(pack.y), f(pack.z), f(pack.w));
  }
  for (std::int64_t i = 4 * packs + thread_number(); i < n; i += thread_count()) out[i] = f(x[i]);
}
