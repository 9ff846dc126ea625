#include <algorithm>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <random>
#include <source_location>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "kindling/loss.h"
#include "kindling/nn.h"
#include "kindling/ops.h"
#include "kindling/serialize.h"
#include "testing/allocations.h"
#include "testing/expect.h"
#include "testing/files.h"

/// What judges the exercises of chapter 6.

using namespace kindling;
using namespace kindling::testing;

namespace {

using Names = std::vector<std::string>;

/// A parameter and a buffer on each of two levels, and some that are absent.
struct Inner : nn::Module {
  Tensor& mean = buffer("mean", tensor({5., 6.}));
  Tensor& scale = parameter("scale", tensor({7., 8.}));
  Tensor& absent = parameter("absent", Tensor());
  Tensor& nowhere = buffer("nowhere", Tensor());
};
struct Outer : nn::Module {
  Inner& inner = add<Inner>("inner");
  Tensor& mask = buffer("mask", tensor({true, false}));
  Tensor& weight = parameter("weight", tensor({{1., 2.}, {3., 4.}, {5., 6.}}));
};

Names names_of(const StateDict& state) {
  Names names;
  for (const auto& [name, tensor] : state) names.push_back(name);
  return names;
}

StateDict clones(const StateDict& state) {
  StateDict copies;
  for (const auto& [name, tensor] : state) copies.emplace_back(name, tensor.detach().clone());
  return copies;
}

template <class T>
std::string to_text(const T& value) {
  return (std::ostringstream() << value).str();
}

/// The same names and the same bits.
void expect_same(const std::string& what, const StateDict& got, const StateDict& expected,
                 std::source_location at = std::source_location::current()) {
  expect("the names of " + what, names_of(got), names_of(expected), at);
  for (std::size_t i = 0; i < got.size(); ++i)
    expect(what + ", " + got[i].first, got[i].second, expected[i].second, exact, at);
}

}  // namespace

// 6.1 --------------------------------------------------------------------------------------------

TEST_CASE("6.1  a Linear's state is its weight and its bias") {
  nn::Linear layer(2, 1);
  layer.weight.detach().copy_(tensor({{3., 4.}}));
  layer.bias.detach().copy_(tensor({5.}));
  GIVEN(layer);
  const StateDict state = layer.state_dict();
  expect("the names", names_of(state), Names{"weight", "bias"});
  expect("weight", state[0].second, tensor({{3., 4.}}));
  expect("bias", state[1].second, tensor({5.}));
}

TEST_CASE("6.1  parameters, then buffers, then child after child, with their paths") {
  const Outer model;
  GIVEN(model);
  const StateDict state = model.state_dict();
  expect("the names", names_of(state), Names{"weight", "mask", "inner.scale", "inner.mean"});
  expect("weight", state[0].second, tensor({{1., 2.}, {3., 4.}, {5., 6.}}));
  expect("mask", state[1].second, tensor({true, false}));
  expect("inner.scale", state[2].second, tensor({7., 8.}));
  expect("inner.mean", state[3].second, tensor({5., 6.}));
}

TEST_CASE("6.1  what is absent is left out") {
  const nn::Linear without_bias(2, 2, false);
  expect("the names of a Linear without a bias", names_of(without_bias.state_dict()),
         Names{"weight"});
  const Inner inner;
  expect("the names, where a parameter and a buffer are undefined", names_of(inner.state_dict()),
         Names{"scale", "mean"});
}

TEST_CASE("6.1  a module without tensors has an empty state") {
  expect("the names of ReLU()", names_of(nn::ReLU().state_dict()), Names{});
  nn::Sequential layers;
  layers.append<nn::ReLU>().append<nn::Dropout>(0.5);
  expect("the names of Sequential(ReLU(), Dropout())", names_of(layers.state_dict()), Names{});
}

TEST_CASE("6.1  paths go all the way down") {
  struct Block : nn::Module {
    nn::Sequential& layers = add<nn::Sequential>("layers");
    Outer& outer = add<Outer>("outer");
    Block() { layers.append<nn::Linear>(2, 2).append<nn::ReLU>().append<nn::Linear>(2, 1, false); }
  };
  nn::Sequential model;
  model.append<Block>();
  expect("the names", names_of(model.state_dict()),
         Names{"0.layers.0.weight", "0.layers.0.bias", "0.layers.2.weight", "0.outer.weight",
               "0.outer.mask", "0.outer.inner.scale", "0.outer.inner.mean"});
}

TEST_CASE("6.1  what is handed out requires no gradient, and the model goes on requiring them") {
  struct Running : nn::Module {
    Tensor& weight = parameter("weight", tensor({1., 2.}));
    Tensor& mean = buffer("mean", zeros({2}));
  } model;
  model.mean = model.weight * 2;  // a buffer that is the result of an operation
  const StateDict state = model.state_dict();
  expect("the names", names_of(state), Names{"weight", "mean"});
  for (const auto& [name, tensor] : state) {
    expect(name + " in the list, requires_grad()", tensor.requires_grad(), false);
    expect(name + " in the list, is_leaf()", tensor.is_leaf(), true);
  }
  expect("the model's own weight, requires_grad()", model.weight.requires_grad(), true);
  expect("the model's own mean, which was computed, requires_grad()", model.mean.requires_grad(),
         true);
}

TEST_CASE("6.1  the tensors share the model's memory") {
  Outer model;
  StateDict state = model.state_dict();
  expect("the names", names_of(state), Names{"weight", "mask", "inner.scale", "inner.mean"});
  model.weight.detach().fill_(9);
  model.inner.mean.fill_(2);
  expect("weight, after the model's was filled with 9", state[0].second, full({3, 2}, 9.));
  expect("inner.mean, after the model's was filled with 2", state[3].second, tensor({2., 2.}));
  state[2].second.fill_(4);
  expect("the model's inner.scale, after that in the list was filled with 4",
         model.inner.scale.detach(), tensor({4., 4.}));
}

// 6.2 --------------------------------------------------------------------------------------------

namespace {

/// 8 bytes, the lowest first.
std::string length_bytes(std::uint64_t length) {
  std::string text;
  for (int i = 0; i < 8; ++i) text += static_cast<char>(length >> 8 * i);
  return text;
}

std::string with_length(const std::string& json, const std::string& data = "") {
  return length_bytes(json.size()) + json + data;
}

/// "16 00 00 00 00 00 00 00 {"w":…} (30 bytes)"
std::string shown(const std::string& file) {
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(file.size(), 160); ++i) {
    const auto byte = static_cast<unsigned char>(file[i]);
    if (i < 8) {
      text += "0123456789abcdef"[byte >> 4];
      text += "0123456789abcdef"[byte & 15];
      text += ' ';
    } else {
      text += byte < ' ' || byte > '~' ? '.' : file[i];
    }
  }
  return text + (file.size() > 160 ? "…" : "") + " (" + std::to_string(file.size()) + " bytes)";
}

const std::string file_name = "some.safetensors";

/// The file of the chapter: w = [[1, 2]].
std::string chapters_file() {
  return with_length(R"({"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}})",
                     std::string("\0\0\x80\x3F\0\0\0\x40", 8));
}

struct HeaderRead {
  SafetensorsHeader header;
  std::int64_t stopped_at;  ///< where the stream stands afterwards
};

HeaderRead read_header(const std::string& file) {
  std::istringstream stream(file);
  SafetensorsHeader header = read_safetensors_header(stream, file.size(), file_name);
  return {std::move(header), static_cast<std::int64_t>(stream.tellg())};
}

/// The file is refused in words that have this part, after the name of the file.
void expect_refused(const std::string& file, const std::string& part,
                    std::source_location at = std::source_location::current()) {
  const std::string bytes = shown(file);
  GIVEN(bytes);
  expect_error(
      "read_safetensors_header()", [&] { read_header(file); }, part, at);
  const std::string text = message_of([&] { read_header(file); });
  expect_that(text.starts_with(file_name + ": "),
              "the error does not begin with the name of the file: \"" + text + '"', at);
}

}  // namespace

TEST_CASE("6.2  the file of the chapter has one tensor, [1, 2], of 8 bytes") {
  const std::string file = shown(chapters_file());
  GIVEN(file);
  const auto [header, stopped_at] = read_header(chapters_file());
  expect("how many tensors there are", header.tensors.size(), 1U);
  expect("the name", header.tensors[0].name, "w");
  expect("the dtype", header.tensors[0].dtype, "F32");
  expect("the shape", header.tensors[0].shape, Shape{1, 2});
  expect("where its elements begin", header.tensors[0].begin, 0U);
  expect("where its elements end", header.tensors[0].end, 8U);
  expect("where the file is left, in bytes from its beginning", stopped_at, 8 + 56);
}

TEST_CASE("6.2  several tensors, notes, blanks, and a header of more than 255 bytes") {
  const auto none = read_header(with_length("{}"));
  expect("how many tensors a header {} has", none.header.tensors.size(), 0U);
  expect("where the file is left after {}", none.stopped_at, 10);

  const std::string json =
      R"({"__metadata__":{"note":"hi"},"b":{"dtype":"I64","shape":[],"data_offsets":[8,16]},)"
      R"("a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}})" +
      std::string(300, ' ');
  const std::string file = shown(with_length(json, std::string(16, '\0')));
  GIVEN(file);
  const auto [header, stopped_at] = read_header(with_length(json, std::string(16, '\0')));
  expect("how many tensors there are", header.tensors.size(), 2U);
  expect("the first name", header.tensors[0].name, "b");
  expect("the second name", header.tensors[1].name, "a");
  expect("the note", header.metadata.at("note"), "hi");
  expect("where the file is left, in bytes from its beginning", stopped_at, 8 + std::ssize(json));
}

TEST_CASE("6.2  nothing of the header stays in memory") {
  const std::string file = with_length("{}" + std::string(1 << 20, ' '));
  read_header(chapters_file());
  const HeldMemory held;
  read_header(file);
  expect_that(held.bytes() < 1 << 19, "after a header of 1 MB was read, " +
                                          std::to_string(held.bytes()) +
                                          " bytes of memory are still held");
}

TEST_CASE("6.2  a file of fewer than 8 bytes is refused") {
  expect_refused("", "expected a safetensors file, which has at least 8 bytes, got 0");
  expect_refused("1234567", "expected a safetensors file, which has at least 8 bytes, got 7");
}

TEST_CASE("6.2  a length that cannot be true is refused, and no memory taken for it") {
  const LargestAllocation largest;
  expect_refused(length_bytes(3) + "{}", "expected a header of 3 bytes, but only 2 follow");
  expect_refused(length_bytes(9) + "{}      ", "expected a header of 9 bytes, but only 8 follow");
  expect_refused(length_bytes(10) + "{}", "expected a header of 10 bytes, but only 2 follow");
  expect_refused(length_bytes(1), "expected a header of 1 bytes, but only 0 follow");
  expect_refused(length_bytes(max_safetensors_header) + "{}",
                 "expected a header of 100000000 bytes, but only 2 follow");
  expect_refused(length_bytes(max_safetensors_header + 1) + "{}",
                 "expected a header of at most 100000000 bytes, got 100000001");
  expect_refused(length_bytes(1ULL << 62) + "{}",
                 "expected a header of at most 100000000 bytes, got 4611686018427387904");
  expect_refused(length_bytes(UINT64_MAX) + "{}",  // + 8 is 7
                 "expected a header of at most 100000000 bytes, got 18446744073709551615");
  expect_that(largest.bytes() < 1 << 20, "read_safetensors_header() took " +
                                             std::to_string(largest.bytes()) +
                                             " bytes of memory for a file of 10 bytes");
}

TEST_CASE("6.2  a header begins with {") {
  expect_refused(with_length("[]"), "expected a header that begins with {, got [");
  expect_refused(with_length(""), "expected a header that begins with {, got an empty one");
  expect_refused(with_length(" {}"), "expected a header that begins with {, got  ");
  expect_refused(with_length("\n{}"), "expected a header that begins with {, got ");
}

TEST_CASE("6.2  JSON that is none, or no header, is refused with the name of the file") {
  expect_refused(with_length("{"), file_name + ": the header is not valid JSON");
  expect_refused(with_length("{}x"), file_name + ": the header is not valid JSON");
  expect_refused(with_length(R"({"w":1})"),
                 file_name + ": expected an object behind the name \"w\", got 1");
  expect_refused(with_length(R"({"w":{}})"), file_name + ": tensor \"w\": there is no dtype");
}

TEST_CASE("6.2  the tensors must fill the bytes that follow, without a gap") {
  const auto one = [](const std::string& offsets, const std::string& data) {
    return with_length(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":)" + offsets + "}}", data);
  };
  const std::string eight(8, '\0');
  expect("tensors in a file that is right", read_header(one("[0,8]", eight)).header.tensors.size(),
         1U);
  expect_refused(one("[0,8]", eight + "x"),
                 "expected the tensors to end where the file ends, at offset 9, got 8");
  expect_refused(one("[0,8]", eight.substr(1)),
                 "expected offsets from 0 to 7, the end of the file, got [0, 8]");
  expect_refused(one("[1,9]", eight + "x"), "expected it to begin at offset 0");
  expect_refused(one("[0,12]", eight + "1234"), "expected 8 bytes for F32 [2], got 12");
  expect_refused(with_length("{}", "x"),
                 "expected the tensors to end where the file ends, at offset 1, got 0");
}

TEST_CASE("6.2  a file that is shorter than it was is refused") {
  const auto read = [](const std::string& file, std::uint64_t size) {
    std::istringstream stream(file);
    read_safetensors_header(stream, size, file_name);
  };
  expect_error(
      "3 bytes of a file that had 64", [&] { read("123", 64); },
      file_name + ": expected 8 more bytes of header, got 3");
  expect_error(
      "10 bytes of a file that had 64", [&] { read(length_bytes(50) + "{}", 64); },
      file_name + ": expected 50 more bytes of header, got 2");
}

TEST_CASE("6.2  thousands of damaged files are read or refused") {
  const std::string good = with_length(R"({"b":{"dtype":"BOOL","shape":[2],"data_offsets":[8,10]},)"
                                       R"("n":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}})",
                                       std::string(10, '\1'));
  for_each_damaged(good, 2000, [](const std::string& file) {
    const std::string bytes = shown(file);
    GIVEN(bytes);
    const LargestAllocation largest;
    HeaderRead read{{}, -1};
    try {
      read = read_header(file);
    } catch (const Error& error) {
      expect_that(std::string(error.what()).starts_with(file_name + ": "),
                  std::string("the error does not begin with the name of the file: \"") +
                      error.what() + '"');
    } catch (const NotImplemented&) {
      throw;
    } catch (const std::exception& error) {
      wrong_answer(std::string("a damaged file: expected a header or an Error, got a ") +
                   error.what());
    }
    expect_that(largest.bytes() < 1 << 20,
                "read_safetensors_header() took " + std::to_string(largest.bytes()) +
                    " bytes of memory for a file of " + std::to_string(file.size()));
    if (read.stopped_at < 0) return;
    std::uint64_t end = 0;
    for (const SafetensorsEntry& tensor : read.header.tensors) end = std::max(end, tensor.end);
    expect("a file that was not refused: its bytes after the header",
           file.size() - static_cast<std::uint64_t>(read.stopped_at), end);
  });
}

// 6.3 --------------------------------------------------------------------------------------------

namespace {

const std::string all_matched = "<All keys matched successfully>";

/// What load_state_dict() returns of a state that there is nothing to say against.
IncompatibleKeys load(const std::string& what, nn::Module& model, const StateDict& state,
                      bool strict = true,
                      std::source_location at = std::source_location::current()) {
  try {
    return model.load_state_dict(state, strict);
  } catch (const Error& error) {
    wrong_answer(what + ": expected it to be loaded, got an Error", error.what(), at);
  }
}

/// load_state_dict() fails with exactly this text, and changes nothing.
void expect_nothing_loaded(const std::string& what, nn::Module& model, const StateDict& state,
                           bool strict, const std::string& text,
                           std::source_location at = std::source_location::current()) {
  const StateDict before = clones(model.state_dict());
  std::string got;
  try {
    model.load_state_dict(state, strict);
    wrong_answer(what + ": expected an Error, and none was thrown", "expected \"" + text + '"', at);
  } catch (const Error& error) {
    got = error.what();
  }
  if (got != text)
    wrong_answer(what + ": expected an Error with another text",
                 "expected \"" + text + "\"\ngot      \"" + got + '"', at);
  expect_same(what + ", after the error", model.state_dict(), before, at);
}

}  // namespace

TEST_CASE("6.3  each tensor is copied into the one of the same name") {
  nn::Linear layer(2, 1);
  GIVEN(layer);
  const IncompatibleKeys keys = load("{\"bias\" [5], \"weight\" [[3, 4]]}", layer,
                                     {{"bias", tensor({5.})}, {"weight", tensor({{3., 4.}})}});
  expect("weight", layer.weight.detach(), tensor({{3., 4.}}));
  expect("bias", layer.bias.detach(), tensor({5.}));
  expect("what was returned, printed", to_text(keys), all_matched);
}

TEST_CASE("6.3  buffers and children are loaded, too") {
  Outer model;
  expect("what was returned, printed",
         to_text(load("parameters and buffers on two levels", model,
                      {{"weight", full({3, 2}, 9.)},
                       {"mask", tensor({false, true})},
                       {"inner.scale", tensor({1., 2.})},
                       {"inner.mean", tensor({3., 4.})}})),
         all_matched);
  expect("weight", model.weight.detach(), full({3, 2}, 9.));
  expect("mask", model.mask, tensor({false, true}));
  expect("inner.scale", model.inner.scale.detach(), tensor({1., 2.}));
  expect("inner.mean", model.inner.mean, tensor({3., 4.}));
  nn::ReLU relu;
  expect("what an empty state of ReLU() returns", to_text(load("an empty state", relu, {})),
         all_matched);
}

TEST_CASE("6.3  the parameters are still the same objects, with memory of their own") {
  nn::Linear layer(2, 2), other(2, 2);
  const Tensor held = layer.weight;  // as an optimiser does
  other.weight.detach().fill_(3);
  load("the state of another Linear", layer, other.state_dict());
  expect("a weight that somebody holds", held.detach(), full({2, 2}, 3.));
  expect_that(held.shared_impl() == layer.weight.shared_impl(),
              "the layer's weight is another object than before");
  expect("requires_grad() of the weight", layer.weight.requires_grad(), true);
  expect("is_leaf() of the weight", layer.weight.is_leaf(), true);
  other.weight.detach().fill_(4);
  expect("the weight, after the tensor that it was loaded from has changed", held.detach(),
         full({2, 2}, 3.));
}

TEST_CASE("6.3  a missing name, an unexpected one and another shape are errors") {
  Outer model;
  const StateDict own = clones(model.state_dict());
  StateDict less = own;
  less.erase(less.begin() + 1);
  expect_nothing_loaded("a state without \"mask\"", model, less, true,
                        "Error(s) in loading state_dict for Outer:\n"
                        "\tMissing key(s) in state_dict: \"mask\". ");
  StateDict more = own;
  more.emplace_back("extra", zeros({2}));
  expect_nothing_loaded("a state with \"extra\"", model, more, true,
                        "Error(s) in loading state_dict for Outer:\n"
                        "\tUnexpected key(s) in state_dict: \"extra\". ");
  StateDict wide = own;
  wide[2].second = zeros({3});
  expect_nothing_loaded("a state with \"inner.scale\" of shape [3]", model, wide, true,
                        "Error(s) in loading state_dict for Outer:\n"
                        "\tsize mismatch for inner.scale: copying a param with shape [3] from "
                        "checkpoint, the shape in current model is [2].");
}

TEST_CASE("6.3  names that are nearly right are other names") {
  nn::Linear layer(2, 1);
  // As PyTorch writes them after training on several GPUs.
  expect_nothing_loaded("{\"module.weight\", \"module.bias\"}", layer,
                        {{"module.weight", zeros({1, 2})}, {"module.bias", zeros({1})}}, true,
                        "Error(s) in loading state_dict for Linear:\n"
                        "\tMissing key(s) in state_dict: \"weight\", \"bias\". \n"
                        "\tUnexpected key(s) in state_dict: \"module.weight\", \"module.bias\". ");
  expect_nothing_loaded("{\"Weight\", \"bias\"}", layer,
                        {{"Weight", zeros({1, 2})}, {"bias", zeros({1})}}, true,
                        "Error(s) in loading state_dict for Linear:\n"
                        "\tMissing key(s) in state_dict: \"weight\". \n"
                        "\tUnexpected key(s) in state_dict: \"Weight\". ");
}

TEST_CASE("6.3  all that is wrong is said at once, and nothing has changed") {
  struct Small : nn::Module {
    Tensor& weight = parameter("weight", ones({3, 2}));
    Tensor& mask = buffer("mask", tensor({true, false}));
  } small;
  expect_nothing_loaded("{\"weight\" [2, 2], \"extra\"}", small,
                        {{"weight", zeros({2, 2})}, {"extra", zeros({1})}}, true,
                        "Error(s) in loading state_dict for Small:\n"
                        "\tMissing key(s) in state_dict: \"mask\". \n"
                        "\tUnexpected key(s) in state_dict: \"extra\". \n"
                        "\tsize mismatch for weight: copying a param with shape [2, 2] from "
                        "checkpoint, the shape in current model is [3, 2].");
  // Here there are tensors that would fit, before and after those that do not.
  Outer model;
  expect_nothing_loaded("two shapes, two names missing, two unexpected", model,
                        {{"z", zeros({})},
                         {"inner.mean", zeros({2})},
                         {"weight", zeros({2})},
                         {"a", zeros({})},
                         {"mask", tensor({false})}},
                        true,
                        "Error(s) in loading state_dict for Outer:\n"
                        "\tMissing key(s) in state_dict: \"inner.scale\". \n"
                        "\tUnexpected key(s) in state_dict: \"z\", \"a\". \n"
                        "\tsize mismatch for weight: copying a param with shape [2] from "
                        "checkpoint, the shape in current model is [3, 2].\n"
                        "\tsize mismatch for mask: copying a param with shape [1] from "
                        "checkpoint, the shape in current model is [2].");
}

TEST_CASE("6.3  not strict: what fits is loaded, the rest returned") {
  Outer model;
  const StateDict state{{"z", zeros({})}, {"weight", full({3, 2}, 9.)}, {"a", zeros({})}};
  const IncompatibleKeys keys = load("{\"z\", \"weight\", \"a\"}, not strict", model, state, false);
  expect("missing_keys", keys.missing_keys, Names{"mask", "inner.scale", "inner.mean"});
  expect("unexpected_keys", keys.unexpected_keys, Names{"z", "a"});
  expect("weight", model.weight.detach(), full({3, 2}, 9.));
  expect("inner.scale, which was missing", model.inner.scale.detach(), tensor({7., 8.}));
}

TEST_CASE("6.3  not strict: another shape is an error all the same") {
  Outer model;
  const std::string mismatch =
      "Error(s) in loading state_dict for Outer:\n"
      "\tsize mismatch for weight: copying a param with shape ";
  // All of these could be copied, or made to fit: broadcast, or viewed.
  for (const Shape& shape : {Shape{2}, Shape{}, Shape{1, 2}, Shape{2, 3}, Shape{6}})
    expect_nothing_loaded(
        "\"weight\" " + to_text(shape) + ", not strict", model,
        {{"inner.mean", zeros({2})}, {"weight", zeros(shape)}}, false,
        mismatch + to_text(shape) + " from checkpoint, the shape in current model is [3, 2].");
}

TEST_CASE("6.3  a name that comes twice is an error, strict or not") {
  Outer model;
  StateDict twice = clones(model.state_dict());
  twice.emplace_back("mask", tensor({true, true}));
  for (const bool strict : {true, false})
    expect_nothing_loaded(
        std::string("\"mask\" comes twice, ") + (strict ? "strict" : "not strict"), model, twice,
        strict, "Error(s) in loading state_dict for Outer:\n\tduplicate key in state_dict: mask.");
}

TEST_CASE("6.3  an undefined tensor is as good as missing") {
  nn::Linear layer(2, 1);
  expect_nothing_loaded("{\"weight\", \"bias\" undefined}", layer,
                        {{"weight", zeros({1, 2})}, {"bias", Tensor()}}, true,
                        "Error(s) in loading state_dict for Linear:\n"
                        "\tMissing key(s) in state_dict: \"bias\". ");
  const IncompatibleKeys keys = load("{\"weight\", \"bias\" undefined}, not strict", layer,
                                     {{"weight", full({1, 2}, 3.)}, {"bias", Tensor()}}, false);
  expect("missing_keys", keys.missing_keys, Names{"bias"});
  expect("unexpected_keys", keys.unexpected_keys, Names{});
  expect("weight", layer.weight.detach(), full({1, 2}, 3.));
}

TEST_CASE("6.3  other dtypes, strides, tensors that require gradients, and the model's own state") {
  Outer model;
  StateDict state = clones(model.state_dict());
  state[0].second = arange(6).reshape({2, 3}).T();  // int64, strided
  state[2].second = tensor({1., 2.}, float64).requires_grad_();
  load("int64, strided, float64", model, state);
  expect("weight, from int64 and transposed", model.weight.detach(),
         tensor({{0., 3.}, {1., 4.}, {2., 5.}}));
  expect("inner.scale, from float64", model.inner.scale.detach(), tensor({1., 2.}));
  expect("is_leaf() of inner.scale, loaded from a tensor that requires gradients",
         model.inner.scale.is_leaf(), true);
  expect("what loading its own state returns",
         to_text(load("the model's own state", model, model.state_dict())), all_matched);
  expect("weight, after loading its own state", model.weight.detach(),
         tensor({{0., 3.}, {1., 4.}, {2., 5.}}));
}

TEST_CASE("6.3  the tutorial's network, as PyTorch saved it") {
  const Json& hour = load_oracle("nn")["hour"];
  StateDict state;
  for (const auto& [name, described] : hour["state"].items())
    state.emplace_back(name, to_tensor(described));
  struct NeuralNetwork : nn::Module {
    nn::Sequential& layers = add<nn::Sequential>("layers");
    NeuralNetwork() {
      layers.append<nn::Linear>(2, 30)
          .append<nn::ReLU>()
          .append<nn::Linear>(30, 20)
          .append<nn::ReLU>()
          .append<nn::Linear>(20, 2);
    }
    Tensor forward(const Tensor& x) override { return layers(x); }
  } model;
  expect("what was returned, printed", to_text(load("the tutorial's state", model, state)),
         all_matched);
  const Tensor x = tensor({{-1.2, 3.1}, {-0.9, 2.9}, {-0.5, 2.6}, {2.3, -1.1}, {2.7, -1.5}});
  expect("its logits", model(x).detach(), to_tensor(hour["logits"]), Tolerance{1e-5, 1e-5});
}

// 6.4 --------------------------------------------------------------------------------------------

namespace {

/// Rows with noise from whatever generator the thread has: an augmentation.
struct Noisy : data::Dataset {
  data::Example get(std::int64_t i) const override {
    return {rand({4}) + static_cast<double>(i % 3), tensor(i % 3)};
  }
  std::int64_t size() const override { return 12; }
};

/// A run with everything in it that has a state: 3 batches an epoch.
struct Run {
  Generator order{7}, extra{8};
  nn::Sequential model;
  std::unique_ptr<optim::Adam> optimizer;
  std::unique_ptr<optim::lr_scheduler::CosineAnnealingLR> scheduler;
  data::DataLoader loader;
  Checkpoint parts;

  explicit Run(int workers)
      : loader(Noisy(),
               {.batch_size = 4, .shuffle = true, .num_workers = workers, .generator = &order}) {
    manual_seed(5);
    model.append<nn::Linear>(4, 6).append<nn::ReLU>().append<nn::Dropout>(0.3).append<nn::Linear>(
        6, 3);
    optimizer = std::make_unique<optim::Adam>(model.parameters(), optim::AdamOptions{.lr = 0.1});
    scheduler = std::make_unique<optim::lr_scheduler::CosineAnnealingLR>(*optimizer, 5);
    parts = {.model = &model,
             .optimizer = optimizer.get(),
             .scheduler = scheduler.get(),
             .loader = &loader,
             .generators = {&extra}};
  }

  /// Trains to the end of epoch `epochs`, or until after_step(steps taken here) says to stop.
  void train(
      std::int64_t epochs, const std::function<bool(int)>& after_step = [](int) { return false; }) {
    int steps = 0;
    while (loader.epoch() < epochs) {
      for (auto& [x, y] : loader) {
        const Tensor loss = nn::cross_entropy(model(x) + rand({1}, float32, extra) * 0.1, y);
        optimizer->zero_grad();
        loss.backward();
        optimizer->step();
        if (after_step(++steps)) return;
      }
      scheduler->step();
    }
  }
};

/// What a run has come to: all of its numbers, as they would be compared by somebody who watches
/// from outside.
struct Seen {
  StateDict weights, optimizer;
  double lr;
  std::int64_t scheduler_epoch, loader_epoch;
  std::string default_generator, order, extra;
};

Seen look_at(const Run& run) {
  return {clones(run.model.state_dict()),
          clones(run.optimizer->named_state()),
          run.optimizer->lr(),
          run.scheduler->last_epoch(),
          run.loader.epoch(),
          default_generator().state(),
          run.order.state(),
          run.extra.state()};
}

void expect_same(const std::string& what, const Seen& got, const Seen& expected,
                 std::source_location at = std::source_location::current()) {
  expect(what + ", the scheduler's last_epoch()", got.scheduler_epoch, expected.scheduler_epoch,
         at);
  expect(what + ", the loader's epoch()", got.loader_epoch, expected.loader_epoch, at);
  expect(what + ", the learning rate", got.lr, expected.lr, at);
  expect_same(what + ", the weights", got.weights, expected.weights, at);
  expect_same(what + ", the optimiser", got.optimizer, expected.optimizer, at);
  const auto same = [&](const char* which, const std::string& a, const std::string& b) {
    expect_that(a == b, what + ", " + which + ": it would give other numbers next", at);
  };
  same("the default generator", got.default_generator, expected.default_generator);
  same("the loader's generator", got.order, expected.order);
  same("the run's own generator", got.extra, expected.extra);
}

/// The batches of what is left of an epoch.
std::vector<std::int64_t> rest_of(data::DataLoader& loader) {
  std::vector<std::int64_t> found;
  for (auto& [x, y] : loader)
    for (const std::int64_t v : x.to_vector<std::int64_t>()) found.push_back(v);
  return found;
}

}  // namespace

TEST_CASE("6.4  the model's tensors are in the file, and come back") {
  const TemporaryFolder folder;
  Outer model, other;
  save_checkpoint(folder / "run", {.model = &model});
  const StateDict file = load_safetensors(folder / "run");
  expect("the names in the file", names_of(file),
         Names{"model.weight", "model.mask", "model.inner.scale", "model.inner.mean"});
  expect("model.inner.scale in the file", file[2].second, tensor({7., 8.}));

  for (auto& [name, tensor] : other.state_dict()) tensor.fill_(0);
  load_checkpoint(folder / "run", {.model = &other});
  expect_same("another model, after load_checkpoint()", other.state_dict(), model.state_dict());
}

TEST_CASE("6.4  what the optimiser remembers is in the file, and comes back") {
  const TemporaryFolder folder;
  const auto weight = [] { return tensor({1., 2.}).requires_grad_(); };
  const Tensor w = weight(), v = weight();
  optim::SGD first({w}, {.lr = 0.5, .momentum = 0.5}), second({v}, {.lr = 0.1, .momentum = 0.5});
  sum(w * 3).backward();
  first.step();
  save_checkpoint(folder / "run", {.optimizer = &first});
  Names names = names_of(load_safetensors(folder / "run"));
  std::ranges::sort(names);
  expect("the names in the file, sorted", names,
         Names{"optimizer.0.momentum_buffer", "optimizer.class.SGD", "optimizer.lr"});

  load_checkpoint(folder / "run", {.optimizer = &second});
  expect("lr() of another optimiser, after load_checkpoint()", second.lr(), 0.5);
  sum(v * 3).backward();
  second.step();  // 1 − 0.5 · (0.5 · 3 + 3)
  expect("its next step from [1, 2] with a gradient of 3", v.detach(), tensor({-1.25, -0.25}));
}

TEST_CASE("6.4  the scheduler's epoch is in the file, and comes back") {
  const TemporaryFolder folder;
  const auto parameters = [] { return Tensors{ones({1}).requires_grad_()}; };
  optim::SGD a(parameters(), {.lr = 1}), b(parameters(), {.lr = 1});
  optim::lr_scheduler::StepLR first(a, 4, 0.5), second(b, 4, 0.5);
  for (int i = 0; i < 3; ++i) first.step();
  save_checkpoint(folder / "run", {.optimizer = &a, .scheduler = &first});
  load_checkpoint(folder / "run", {.optimizer = &b, .scheduler = &second});
  expect("last_epoch() of another scheduler, after load_checkpoint()", second.last_epoch(), 3);
  second.step();
  expect("the learning rate after the fourth step()", b.lr(), 0.5);
  Names names = names_of(load_safetensors(folder / "run"));
  std::ranges::sort(names);
  expect("the names in the file, sorted", names,
         Names{"optimizer.class.SGD", "optimizer.initial_lr", "optimizer.lr", "scheduler.base_lr",
               "scheduler.class.StepLR", "scheduler.last_epoch", "scheduler.last_lr"});
}

TEST_CASE("6.4  the loader goes on with the batches that nobody has seen") {
  const TemporaryFolder folder;
  const data::TensorDataset numbers(arange(10));
  data::DataLoader first(numbers, {.batch_size = 2, .shuffle = true}),
      second(numbers, {.batch_size = 2, .shuffle = true});
  manual_seed(1);
  rest_of(first);  // epoch 0
  std::vector<std::int64_t> expected;
  int batches = 0;
  for (auto& [x, y] : first) {
    if (++batches > 2)
      for (const std::int64_t v : x.to_vector<std::int64_t>()) expected.push_back(v);
    if (batches == 2) save_checkpoint(folder / "run", {.loader = &first});
  }
  load_checkpoint(folder / "run", {.loader = &second});
  expect("epoch() of another loader, after load_checkpoint()", second.epoch(), 1);
  expect("the examples of its epoch 1, from batch 2 on", rest_of(second), expected);
}

TEST_CASE("6.4  every generator goes on with its own numbers") {
  const TemporaryFolder folder;
  Generator own(1), a(2), b(3);
  const data::TensorDataset numbers(arange(4));
  data::DataLoader loader(numbers, {.generator = &own});
  const Checkpoint run{.loader = &loader, .generators = {&a, &b}};
  manual_seed(4);
  for (Generator* generator : {&default_generator(), &own, &a, &b}) generator->normal();
  save_checkpoint(folder / "run", run);

  Metadata texts;
  load_safetensors(folder / "run", &texts);
  for (const char* name : {"generator.default", "generator.loader", "generator.0", "generator.1"})
    expect_that(texts.contains(name), std::string("the file has no text \"") + name + '"');
  expect("the text \"generator.1\" in the file", texts.at("generator.1"), b.state());

  const std::vector<std::pair<std::string, Generator*>> all{{"the default generator", nullptr},
                                                            {"the loader's generator", &own},
                                                            {"the first generator", &a},
                                                            {"the second generator", &b}};
  const auto next = [](Generator* generator) {
    return (generator ? *generator : default_generator()).normal();
  };
  std::vector<double> expected;
  for (const auto& [name, generator] : all) expected.push_back(next(generator));
  for (const auto& [name, generator] : all) next(generator);
  load_checkpoint(folder / "run", run);
  for (std::size_t i = 0; i < all.size(); ++i)
    expect(all[i].first + ", its next number after load_checkpoint()", next(all[i].second),
           expected[i]);
}

TEST_CASE("6.4  saving changes nothing in the run") {
  const TemporaryFolder folder;
  Run alone(0);
  alone.train(2);
  const Seen expected = look_at(alone);
  Run watched(0);
  watched.train(2, [&](int) {
    save_checkpoint(folder / "run", watched.parts);
    return false;
  });
  expect_same("a run that was saved after every step", look_at(watched), expected);
}

TEST_CASE("6.4  a run that goes on from a checkpoint ends with the same bits") {
  const TemporaryFolder folder;
  Run whole(2);
  whole.train(2);
  const Seen expected = look_at(whole);
  for (const int stop : {1, 2, 3, 4, 5, 6}) {  // 3 batches an epoch
    GIVEN(stop);
    Run first(2);
    first.train(2, [&](int step) {
      if (step == stop)
        save_checkpoint(folder / "run", first.parts, {{"step", std::to_string(step)}});
      return step == stop;
    });
    Run second(2);
    manual_seed(99);  // another process has other random numbers
    const Metadata notes = load_checkpoint(folder / "run", second.parts);
    expect("the note \"step\"", notes.at("step"), std::to_string(stop));
    second.train(2);
    expect_same("a run that was stopped after step " + std::to_string(stop) + " of 6 and resumed",
                look_at(second), expected);
  }
}

TEST_CASE("6.4  between epochs, and before the first one") {
  const TemporaryFolder folder;
  Run whole(0);
  save_checkpoint(folder / "start", whole.parts);
  whole.train(1);
  save_checkpoint(folder / "one", whole.parts);
  whole.train(2);
  const Seen expected = look_at(whole);
  for (const char* from : {"start", "one"}) {
    GIVEN(from);
    Run again(0);
    manual_seed(1);
    load_checkpoint(folder / from, again.parts);
    again.train(2);
    expect_same(std::string("a run resumed from ") + from, look_at(again), expected);
  }
}

TEST_CASE("6.4  a checkpoint that does not fit is refused, and nothing has changed") {
  const TemporaryFolder folder;
  Run run(0);
  run.train(1);
  save_checkpoint(folder / "run", run.parts);
  run.train(2);  // so that what is in the file is something else
  const Seen before = look_at(run);
  const auto state_before = run.loader.state();

  Metadata texts;
  const StateDict tensors = load_safetensors(folder / "run", &texts);
  const auto refuse = [&](const std::string& what, const StateDict& state, const Metadata& metadata,
                          const std::string& part) {
    save_safetensors(folder / "changed", state, metadata);
    expect_error(
        "load_checkpoint() of " + what, [&] { load_checkpoint(folder / "changed", run.parts); },
        part);
    expect_same("after the refusal of " + what, look_at(run), before);
    expect_that(run.loader.state() == state_before,
                "after the refusal of " + what + ", the loader is somewhere else");
  };
  const auto without = [&](const std::string& name) {
    StateDict less = tensors;
    std::erase_if(less, [&](const auto& entry) { return entry.first == name; });
    return less;
  };
  const std::string cannot = "cannot go on from this checkpoint: ";
  for (const char* name : {"model.3.bias", "optimizer.0.exp_avg", "scheduler.last_epoch"})
    refuse(std::string("a file without \"") + name + '"', without(name), texts, cannot);
  for (const char* name :
       {"loader.epoch", "generator.default", "generator.loader", "generator.0"}) {
    Metadata changed = texts;
    changed.erase(name);
    refuse(std::string("a file without \"") + name + '"', tensors, changed,
           std::string("expected \"") + name + "\" in the checkpoint, got none");
    changed[name] = "x";
    refuse(std::string("a file whose \"") + name + "\" is x", tensors, changed, cannot);
  }
}

TEST_CASE("6.4  a checkpoint of another run, or a damaged one, is refused or loaded, never half") {
  const TemporaryFolder folder;
  nn::Linear layer(2, 2), larger(2, 3);
  data::DataLoader loader(data::TensorDataset(zeros({5, 2})), {.batch_size = 2, .shuffle = true});
  const Checkpoint parts{.model = &layer, .loader = &loader};
  save_checkpoint(folder / "larger", {.model = &larger, .loader = &loader});
  StateDict before = clones(layer.state_dict());
  expect_error(
      "load_checkpoint() of a larger model", [&] { load_checkpoint(folder / "larger", parts); },
      "size mismatch for weight");
  expect_same("after that, the layer", layer.state_dict(), before);
  expect_error(
      "load_checkpoint() without the loader that the file has",
      [&] { load_checkpoint(folder / "larger", {.model = &larger}); },
      "it was saved with model, loader, 1 generator, but is loaded with model, 1 generator");

  const auto epoch = loader.begin();
  save_checkpoint(folder / "run", parts);
  const std::string good = read(folder / "run");
  std::mt19937 random(3);
  for (int i = 0; i < 200; ++i) {
    std::string bad = good;
    bad[random() % bad.size()] = static_cast<char>(random());
    write(folder / "bad", bad);
    before = clones(layer.state_dict());
    try {
      load_checkpoint(folder / "bad", parts);
    } catch (const Error&) {
      expect_same("a layer, after a damaged file was refused", layer.state_dict(), before);
    }
  }
}
