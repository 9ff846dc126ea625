#include "kindling/autograd.h"
#include "kindling/init.h"
#include "kindling/nn.h"
#include "kindling/ops.h"
#include "kindling/primitives.h"

/// Numbers for what is no number: words, users, moves of a game.
namespace kindling {

/// y[i] = weight[index[i]]:  dweight[index[i]] += dy[i], but for the row of the padding
static Tensors embedding_backward(const Tensor& grad, const Saved& index, const Shape& shape,
                                  std::optional<std::int64_t> padding_idx) {
  Tensor dw = zeros(shape, grad.dtype(), grad.device());
  const std::int64_t n = shape[1];
  backend(grad.device())
      .index_add(primitive::with_layout(primitive::contiguous(grad.reshape({-1})),
                                        Layout({1, index->numel(), n})),
                 *index, primitive::with_layout(dw, Layout({1, shape[0], n})));
  if (padding_idx) dw.select(0, *padding_idx).zero_();
  return {dw};
}

Tensor embedding(const Tensor& indices, const Tensor& weight,
                 std::optional<std::int64_t> padding_idx) {
  check(indices.dtype() == int64, "embedding: expected int64 indices, got ", indices.dtype());
  check(weight.dim() == 2, "embedding: expected a weight of shape [rows, n], got ", weight.shape());
  const std::int64_t rows = weight.size(0);
  check(!padding_idx || (-rows <= *padding_idx && *padding_idx < rows), "embedding: padding_idx ",
        padding_idx.value_or(0), " must be within the ", rows, " rows of the weight");
  if (padding_idx && *padding_idx < 0) *padding_idx += rows;
  Tensor list, out;
  {
    NoGrad guard;
    list = indices.reshape({-1});
    Shape shape = indices.shape();
    shape.push_back(weight.size(1));
    out = index_select(weight, 0, list).view(shape);
  }
  return record(out, "EmbeddingBackward0", {weight}, embedding_backward, list, weight.shape(),
                padding_idx);
}

namespace nn {

static Shape table_shape(std::int64_t num_embeddings, std::int64_t embedding_dim) {
  check(num_embeddings >= 0 && embedding_dim >= 0,
        "Embedding: expected non-negative numbers, got num_embeddings=", num_embeddings,
        " and embedding_dim=", embedding_dim);
  return {num_embeddings, embedding_dim};
}

Embedding::Embedding(std::int64_t num_embeddings, std::int64_t embedding_dim,
                     std::optional<std::int64_t> padding_idx)
    : weight(parameter("weight", empty(table_shape(num_embeddings, embedding_dim)))),
      padding_idx_(padding_idx) {
  check(!padding_idx || (-num_embeddings <= *padding_idx && *padding_idx < num_embeddings),
        "Embedding: padding_idx ", padding_idx.value_or(0),
        " must be within num_embeddings=", num_embeddings);
  if (padding_idx_ && *padding_idx_ < 0) *padding_idx_ += num_embeddings;
  init::normal_(weight);
  if (!padding_idx_) return;
  NoGrad guard;
  weight.select(0, *padding_idx_).zero_();
}

Tensor Embedding::forward(const Tensor& indices) {
  return embedding(indices, weight, padding_idx_);
}

std::string Embedding::extra_repr() const {
  std::string text = std::to_string(weight.size(0)) + ", " + std::to_string(weight.size(1));
  if (padding_idx_) text += ", padding_idx=" + std::to_string(*padding_idx_);
  return text;
}

}  // namespace nn
}  // namespace kindling
