/// One thread computes the elements that fill no pack, one after the other.
/// \caught_at_random requests of warps to read
template <class Op>
__global__ void map_elements(Op f, const float* x, float* out, std::int64_t n) {
  const auto* from = reinterpret_cast<const float4*>(x);
  auto* to = reinterpret_cast<float4*>(out);
  const std::int64_t packs = n / 4;
  for (std::int64_t i = thread_number(); i < packs; i += thread_count()) {
    const float4 pack = from[i];
    to[i] = make_float4(f(pack.x), f(pack.y), f(pack.z), f(pack.w));
  }
  if (thread_number() == 0)
    for (std::int64_t i = 4 * packs; i < n; ++i) out[i] = f(x[i]);
}
