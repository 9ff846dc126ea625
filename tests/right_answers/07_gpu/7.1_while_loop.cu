/// By pointers, and a while loop.
template <class Op>
__global__ void map_elements(Op f, const float* x, float* out, std::int64_t n) {
  std::int64_t i = thread_number();
  while (i < n / 4) {
    const float4 from = reinterpret_cast<const float4*>(x)[i];
    const float a = f(from.x), b = f(from.y), c = f(from.z), d = f(from.w);
    reinterpret_cast<float4*>(out)[i] = {a, b, c, d};
    i += thread_count();
  }
  i = n / 4 * 4 + thread_number();
  while (i < n) {
    out[i] = f(x[i]);
    i += thread_count();
  }
}
