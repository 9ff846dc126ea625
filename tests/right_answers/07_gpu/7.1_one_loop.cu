/// One loop for packs and what is left: the rest comes behind the packs.
template <class Op>
__global__ void map_elements(Op f, const float* x, float* out, std::int64_t n) {
  const std::int64_t packs = n / 4, rest = n % 4;
  for (std::int64_t t = thread_number(); t < packs || t < rest; t += thread_count()) {
    if (t < packs) {
      const float4 p = reinterpret_cast<const float4*>(x)[t];
      reinterpret_cast<float4*>(out)[t] = make_float4(f(p.x), f(p.y), f(p.z), f(p.w));
    }
    if (t < rest) out[n - rest + t] = f(x[n - rest + t]);
  }
}
