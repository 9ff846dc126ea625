/// Clears c where k is 0, even if it is to be added to.
/// \caught the same, after a product of k = 0 was added
template <class T, int tile>
__global__ void matmul_tiles(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c,
                             bool accumulate) {
  __shared__ T of_a[tile][tile], of_b[tile][tile];
  const std::int64_t batch = blockIdx.z;
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.y) * tile + threadIdx.y;
  const std::int64_t j = static_cast<std::int64_t>(blockIdx.x) * tile + threadIdx.x;
  T sum = 0;
  for (std::int64_t k = 0; k < a.columns; k += tile) {
    const std::int64_t column = k + threadIdx.x, row = k + threadIdx.y;
    of_a[threadIdx.y][threadIdx.x] =
        i < a.rows && column < a.columns ? a.at(batch, i, column) : T(0);
    of_b[threadIdx.y][threadIdx.x] = row < b.rows && j < b.columns ? b.at(batch, row, j) : T(0);
    __syncthreads();
    for (int l = 0; l < tile; ++l) sum += of_a[threadIdx.y][l] * of_b[l][threadIdx.x];
    __syncthreads();
  }
  if (i < c.rows && j < c.columns)
    c.at(batch, i, j) = accumulate && a.columns > 0 ? c.at(batch, i, j) + sum : sum;
}
