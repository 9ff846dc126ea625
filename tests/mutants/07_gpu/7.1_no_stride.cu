/// Every thread takes one pack, as if there were as many threads as packs.
/// \caught -x of 1024 elements, by 1 x 32 threads: element [128]: expected -129, got 77
template <class Op>
__global__ void map_elements(Op f, const float* x, float* out, std::int64_t n) {
  const std::int64_t t = thread_number();
  if (t < n / 4) {
    const float4 pack = reinterpret_cast<const float4*>(x)[t];
    reinterpret_cast<float4*>(out)[t] = make_float4(f(pack.x), f(pack.y), f(pack.z), f(pack.w));
  }
  if (4 * (n / 4) + t < n) out[4 * (n / 4) + t] = f(x[4 * (n / 4) + t]);
}
