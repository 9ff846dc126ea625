/// The elements that fill no pack come first, and by other names.
template <class Op>
__global__ void map_elements(Op f, const float* x, float* out, std::int64_t n) {
  const std::int64_t thread = blockIdx.x * static_cast<std::int64_t>(blockDim.x) + threadIdx.x;
  const std::int64_t threads = gridDim.x * static_cast<std::int64_t>(blockDim.x);
  const std::int64_t whole = n - n % 4;
  for (std::int64_t i = whole + thread; i < n; i += threads) out[i] = f(x[i]);
  for (std::int64_t i = 4 * thread; i < whole; i += 4 * threads) {
    float4 pack = *reinterpret_cast<const float4*>(x + i);
    pack.x = f(pack.x);
    pack.y = f(pack.y);
    pack.z = f(pack.z);
    pack.w = f(pack.w);
    *reinterpret_cast<float4*>(out + i) = pack;
  }
}
