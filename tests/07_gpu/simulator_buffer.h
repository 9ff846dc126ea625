#pragma once
#include <cstddef>
#include <vector>

#include "kindling/kernel.h"

/// Memory of the device that holds `n` numbers, and is freed at the end.
template <class T>
class Buffer {
 public:
  explicit Buffer(std::size_t n) : n_(n) { KINDLING_CUDA_CHECK(cudaMalloc(&data_, n * sizeof(T))); }
  explicit Buffer(const std::vector<T>& values) : Buffer(values.size()) {
    KINDLING_CUDA_CHECK(cudaMemcpy(data_, values.data(), n_ * sizeof(T), cudaMemcpyHostToDevice));
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { cudaFree(data_); }

  T* get() const { return data_; }
  std::vector<T> values() const {
    std::vector<T> values(n_);
    KINDLING_CUDA_CHECK(cudaMemcpy(values.data(), data_, n_ * sizeof(T), cudaMemcpyDeviceToHost));
    return values;
  }

 private:
  T* data_ = nullptr;
  std::size_t n_;
};
