/// Takes the last pack for a whole one, too.
/// \caught out of bounds at exercises/07_gpu/map.cu:
template <class Op>
__global__ void map_elements(Op f, const float* x, float* out, std::int64_t n) {
  const auto* from = reinterpret_cast<const float4*>(x);
  auto* to = reinterpret_cast<float4*>(out);
  for (std::int64_t i = thread_number(); i < (n + 3) / 4; i += thread_count()) {
    const float4 pack = from[i];
    to[i] = make_float4(f(pack.x), f(pack.y), f(pack.z), f(pack.w));
  }
}
