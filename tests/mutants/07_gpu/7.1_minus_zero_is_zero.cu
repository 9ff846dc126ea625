/// Gives 0 where the function gives -0.
/// \caught_at_random which tells 0 from -0
template <class Op>
__global__ void map_elements(Op f, const float* x, float* out, std::int64_t n) {
  const auto* from = reinterpret_cast<const float4*>(x);
  auto* to = reinterpret_cast<float4*>(out);
  const std::int64_t packs = n / 4;
  for (std::int64_t i = thread_number(); i < packs; i += thread_count()) {
    const float4 pack = from[i];
    to[i] = make_float4(f(pack.x), f(pack.y) + 0.0f, f(pack.z), f(pack.w));
  }
  for (std::int64_t i = 4 * packs + thread_number(); i < n; i += thread_count()) out[i] = f(x[i]);
}
