/// The first block does the work of all.
/// \caught reads and writes by the busiest of 128 threads
template <class Op>
__global__ void map_elements(Op f, const float* x, float* out, std::int64_t n) {
  const auto* from = reinterpret_cast<const float4*>(x);
  auto* to = reinterpret_cast<float4*>(out);
  const std::int64_t packs = n / 4;
  for (std::int64_t i = blockIdx.x == 0 ? threadIdx.x : packs; i < packs; i += blockDim.x) {
    const float4 pack = from[i];
    to[i] = make_float4(f(pack.x), f(pack.y), f(pack.z), f(pack.w));
  }
  for (std::int64_t i = 4 * packs + thread_number(); i < n; i += thread_count()) out[i] = f(x[i]);
}
