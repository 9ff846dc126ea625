/// Each thread reads its row and its column by itself.
/// \caught how often each element of a and b is read, where c is 4 x 4 tiles: expected 4, got 64
template <class T, int tile>
__global__ void matmul_tiles(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c,
                             bool accumulate) {
  const std::int64_t batch = blockIdx.z;
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.y) * tile + threadIdx.y;
  const std::int64_t j = static_cast<std::int64_t>(blockIdx.x) * tile + threadIdx.x;
  if (i >= c.rows || j >= c.columns) return;
  T sum = 0;
  for (std::int64_t k = 0; k < a.columns; ++k) sum += a.at(batch, i, k) * b.at(batch, k, j);
  c.at(batch, i, j) = accumulate ? c.at(batch, i, j) + sum : sum;
}
