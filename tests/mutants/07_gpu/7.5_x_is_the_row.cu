/// threadIdx.x goes down the rows: neighbouring threads read elements that lie a row apart.
/// \caught reading a and b: expected 4 sectors of 32 bytes a request of a warp, got 16
template <class T, int tile>
__global__ void matmul_tiles(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c,
                             bool accumulate) {
  __shared__ T of_a[tile][tile + 1], of_b[tile][tile + 1];
  const std::int64_t batch = blockIdx.z;
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.y) * tile + threadIdx.x;
  const std::int64_t j = static_cast<std::int64_t>(blockIdx.x) * tile + threadIdx.y;
  T sum = 0;
  for (std::int64_t k = 0; k < a.columns; k += tile) {
    const std::int64_t column = k + threadIdx.y, row = k + threadIdx.x;
    of_a[threadIdx.x][threadIdx.y] =
        i < a.rows && column < a.columns ? a.at(batch, i, column) : T(0);
    of_b[threadIdx.x][threadIdx.y] = row < b.rows && j < b.columns ? b.at(batch, row, j) : T(0);
    __syncthreads();
    for (int l = 0; l < tile; ++l) sum += of_a[threadIdx.x][l] * of_b[l][threadIdx.y];
    __syncthreads();
  }
  if (i < c.rows && j < c.columns) c.at(batch, i, j) = accumulate ? c.at(batch, i, j) + sum : sum;
}
