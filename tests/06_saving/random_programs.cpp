/// Random programs over the exercises of chapter 6, which a judge compares with the reference.
#include <algorithm>
#include <bit>
#include <cctype>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <streambuf>
#include <string>
#include <utility>
#include <vector>

#include "kindling/autograd.h"
#include "kindling/loss.h"
#include "kindling/nn.h"
#include "kindling/ops.h"
#include "kindling/serialize.h"
#include "testing/allocations.h"
#include "testing/beside.h"
#include "testing/files.h"

using namespace kindling;
using namespace kindling::testing;

TEST_SUITE_BEGIN("random programs");

namespace {

/// A module that is put together while the program runs.
struct Tree : nn::Module {
  using Module::add;
  using Module::buffer;
  using Module::parameter;
  std::string class_name = "Tree";
  std::string name() const override { return class_name; }
};

/// What a random tree is made of, as far as a program wants to know it.
struct Grown {
  NamedTensors tensors;  // by their paths, each once
  std::vector<Tree*> modules;
};

std::string any_name(Program& p) {
  return p.pick<const char*>({"weight", "bias", "scale", "0", "1", "12", "größe", "a b", "model",
                              "optimizer", "w_", "W", "loader", "\"quoted\"", "running_mean"});
}

/// Parameters and buffers of many kinds: absent, frozen, shared, views of one memory, results of
/// operations; and as many children as the depth allows.
void grow(Program& p, Tree& tree, const std::string& path, int depth, Device device, Grown& grown) {
  grown.modules.push_back(&tree);
  if (p.chance(0.3)) tree.class_name = any_name(p);
  std::set<std::string> taken;
  const auto new_name = [&] {
    std::string name = any_name(p);
    while (!taken.insert(name).second) name += p.pick({'x', 'y', 'z'});
    return name;
  };
  const auto floating = [&](const NamedTensors& from) {
    Tensors found;
    for (const auto& [name, tensor] : from)
      if (tensor.is_floating_point() && tensor.is_leaf()) found.push_back(tensor);
    return found;
  };
  for (std::int64_t count = p.between(0, 3); count > 0; --count) {
    const std::string name = new_name();
    const bool is_buffer = p.chance(0.4);
    const Tensors earlier = floating(grown.tensors);
    Draw draw{.dtype = p.pick({float32, float32, float64}), .values = Draw::digits};
    if (is_buffer) draw.dtype = p.pick({float32, float64, int64, bool_});
    draw.device = device;
    Tensor made;
    if (p.chance(0.15)) {
      // an absent one
    } else if (!earlier.empty() && p.chance(0.2)) {
      made = earlier[static_cast<std::size_t>(p.between(0, std::ssize(earlier) - 1))];
      if (p.chance(0.3)) {  // not the same tensor, but its memory
        made = made.detach();
        p.watch(path + name, made);
      }
    } else {
      made = p.tensor(path + name, p.shape(0, 4, 5, 0, 100), draw);
    }
    if (made.defined()) grown.tensors.emplace_back(path + name, made);
    if (!is_buffer) {
      Tensor& parameter = tree.parameter(name, made);
      if (made.defined() && p.chance(0.2)) parameter.requires_grad_(false);
    } else {
      Tensor& buffer = tree.buffer(name, made);
      if (made.defined() && made.requires_grad() && p.chance(0.3)) buffer = made * 2;
    }
  }
  if (depth == 0) return;
  for (std::int64_t count = p.between(0, 2); count > 0; --count) {
    const std::string name = new_name();
    auto child = std::make_unique<Tree>();
    grow(p, *child, path + name + '.', depth - 1, device, grown);
    tree.add(name, std::move(child));
  }
}

Grown grow(Program& p, Tree& tree) {
  Grown grown;
  grow(p, tree, "", static_cast<int>(p.size() * 4), p.device(), grown);
  return grown;
}

void see(Program& p, const std::string& what, const StateDict& state) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : state) names.push_back(name);
  p.see("the names of " + what, names);
  for (const auto& [name, tensor] : state) {
    p.see(what + ", " + name, tensor, exact);
    p.see(what + ", " + name + ", whether it is a leaf", tensor.is_leaf());
  }
}

}  // namespace

// 6.1 --------------------------------------------------------------------------------------------

TEST_CASE("6.1  random modules, beside the reference") {
  beside_reference(120, [](Program& p) {
    Tree tree;
    const Grown grown = grow(p, tree);
    // One module in five is frozen while its state is handed out, and requires gradients later.
    const bool is_frozen = p.number() % 5 == 4;
    if (is_frozen) tree.requires_grad_(false);
    std::optional<NoGrad> guard;
    if (!is_frozen && p.chance(0.3)) guard.emplace();
    std::optional<StateDict> state;
    for (int time = 0; time < 2; ++time) {
      const auto which = static_cast<std::size_t>(p.between(0, std::ssize(grown.modules) - 1));
      const bool of_all = time == 0 || is_frozen;
      const Tree& asked = of_all ? tree : *grown.modules[which];
      const std::string what = of_all ? "state_dict()" : text("state_dict() of module ", which);
      state = p.call(what, [&] { return asked.state_dict(); });
      if (state) see(p, what, *state);
    }
    // The same memory, in both directions.
    if (state)
      for (auto& [name, tensor] : *state)
        if (p.chance(0.3)) {
          Tensor& written = tensor;
          p.call(name + " of the list, fill_(1)", [&] { written.fill_(1); });
        }
    // What is new in a module is in its next list, and what was handed out stays as it was.
    tree.buffer("added", p.tensor("added", {2}));
    if (is_frozen || (!guard && p.chance(0.5))) tree.requires_grad_(is_frozen || p.chance(0.5));
    std::vector<bool> require;
    if (state)
      for (const auto& [name, tensor] : *state) require.push_back(tensor.requires_grad());
    p.see("what was handed out before, whether it requires gradients", require);
    p.call("state_dict(), once more", [&] { state = tree.state_dict(); });
    see(p, "state_dict(), once more", *state);
    for (auto& [name, module] : tree.named_modules())
      for (auto& [own, parameter] : module->named_parameters())
        p.see("afterwards, whether " + own + " of \"" + name + "\" requires gradients",
              parameter.requires_grad());
  });
}

TEST_CASE("6.1  the library's own modules, at any depth, beside the reference") {
  beside_reference(30, [](Program& p) {
    nn::Sequential model;
    nn::Sequential* innermost = &model;
    const auto append = [&p](nn::Sequential& to) {
      const std::int64_t in = p.between(1, 3), out = p.between(1, 3);
      switch (p.between(0, 2)) {
        case 0:
          to.append<nn::Linear>(in, out, p.chance(0.5));
          break;
        case 1:
          to.append<nn::Dropout>(0.5);
          break;
        default:
          to.append<nn::ReLU>();
      }
    };
    for (std::int64_t depth = p.between(0, p.size() > 0.5 ? 40 : 3); depth > 0; --depth) {
      if (p.chance(0.5)) append(*innermost);
      innermost->append<nn::Sequential>();
      innermost = static_cast<nn::Sequential*>(innermost->named_children().back().second);
    }
    for (std::int64_t layers = p.length(14); layers > 0; --layers) append(*innermost);
    const bool on_gpu = p.device() != cpu, in_double = p.chance(0.2);
    if (in_double) model.to(float64);
    if (on_gpu) model.to(cuda_device);
    p.given("model", model);
    if (const auto state = p.call("state_dict()", [&] { return model.state_dict(); }))
      see(p, "state_dict()", *state);
  });
}

// 6.2 --------------------------------------------------------------------------------------------

namespace {

std::string length_bytes(std::uint64_t length) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(length >> 8 * i);
  return bytes;
}

std::string bytes_of_length(Program& p, std::size_t length) {
  std::string bytes(length, '\0');
  for (char& byte : bytes) byte = static_cast<char>(p.between(0, 255));
  return bytes;
}

/// "16 00 00 00 00 00 00 00 {"w":…} (30 bytes)"
std::string shown(const std::string& file) {
  std::string out;
  for (std::size_t i = 0; i < std::min<std::size_t>(file.size(), 200); ++i) {
    const auto byte = static_cast<unsigned char>(file[i]);
    if (i < 8) {
      out += "0123456789abcdef"[byte >> 4];
      out += "0123456789abcdef"[byte & 15];
      out += ' ';
    } else {
      out += byte < ' ' || byte > '~' ? '.' : file[i];
    }
  }
  return out + (file.size() > 200 ? "…" : "") + text(" (", file.size(), " bytes)");
}

/// A header of tensors whose elements stand in another order than their names.
SafetensorsHeader any_header(Program& p, std::int64_t tensors) {
  SafetensorsHeader header;
  std::set<std::string> taken;
  for (std::int64_t i = 0; i < tensors; ++i) {
    SafetensorsEntry entry;
    entry.name = any_name(p);
    while (!taken.insert(entry.name).second) entry.name += p.pick({"x", "\n", "é"});
    entry.dtype = p.pick<const char*>({"F32", "F64", "I64", "BOOL"});
    entry.shape = p.shape(0, 5, 4, 0, 60);
    header.tensors.push_back(entry);
  }
  std::vector<std::size_t> order(header.tensors.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  if (p.chance(0.6))
    for (std::size_t i = order.size(); i > 1; --i)
      std::swap(order[i - 1], order[static_cast<std::size_t>(p.between(0, std::int64_t(i) - 1))]);
  std::uint64_t offset = 0;
  for (const std::size_t i : order) {
    SafetensorsEntry& entry = header.tensors[i];
    entry.begin = offset;
    offset += static_cast<std::uint64_t>(numel(entry.shape) *
                                         size_of(dtype_from_safetensors(entry.dtype)));
    entry.end = offset;
  }
  for (std::int64_t notes = p.between(0, 2); notes > 0; --notes) {
    std::string& note = header.metadata[any_name(p)] = any_name(p);
    if (p.chance(0.1)) note += std::string(static_cast<std::size_t>(p.between(260, 320)), 'e');
  }
  return header;
}

std::uint64_t data_bytes(const SafetensorsHeader& header) {
  std::uint64_t end = 0;
  for (const SafetensorsEntry& entry : header.tensors) end = std::max(end, entry.end);
  return end;
}

const std::string safetensors_name = "a folder/some.safetensors";

/// What the exercise says of an Error: which of the five, up to its number; or that it begins with
/// the name of the file.
std::string told(const std::string& error) {
  if (!error.starts_with(safetensors_name + ": ")) return "without the name of the file: " + error;
  const std::string rest = error.substr(safetensors_name.size() + 2);
  for (const std::string part : {" follow", "has at least 8 bytes, got "})
    if (const std::size_t at = rest.find(part); at != rest.npos && rest.starts_with("expected a "))
      return part == " follow" ? rest.substr(0, at + part.size()) : rest;
  for (const std::string part : {"expected a header of at most 100000000 bytes, got ",
                                 "expected a header that begins with {"})
    if (rest.starts_with(part)) return rest.substr(0, rest.find(": ", part.size()));
  return "an Error that begins with the name of the file";
}

/// A file that knows how far somebody has read into it.
class WatchedFile : public std::streambuf {
 public:
  explicit WatchedFile(std::string bytes) : bytes_(std::move(bytes)) {}
  std::int64_t furthest() const { return furthest_; }

 protected:
  int_type underflow() override {
    return at_ < std::ssize(bytes_) ? traits_type::to_int_type(bytes_[at_]) : traits_type::eof();
  }
  int_type uflow() override {
    const int_type next = underflow();
    if (next != traits_type::eof()) furthest_ = std::max(furthest_, ++at_);
    return next;
  }
  std::streamsize xsgetn(char* to, std::streamsize wanted) override {
    const auto count = std::min<std::streamsize>(wanted, std::ssize(bytes_) - at_);
    std::copy_n(bytes_.begin() + at_, count, to);
    at_ += count;
    furthest_ = std::max(furthest_, at_);
    return count;
  }
  pos_type seekoff(off_type by, std::ios_base::seekdir from, std::ios_base::openmode) override {
    const std::int64_t base = from == std::ios_base::beg   ? 0
                              : from == std::ios_base::cur ? at_
                                                           : std::ssize(bytes_);
    if (base + by < 0 || base + by > std::ssize(bytes_)) return off_type(-1);
    return at_ = base + by;
  }
  pos_type seekpos(pos_type to, std::ios_base::openmode which) override {
    return seekoff(off_type(to), std::ios_base::beg, which);
  }

 private:
  const std::string bytes_;
  std::int64_t at_ = 0, furthest_ = 0;
};

/// Reads the header of `file`, which is said to have `size` bytes.
void read_header(Program& p, const std::string& file, std::uint64_t size) {
  const std::string bytes = shown(file);
  INFO("file = " << bytes);
  INFO("file_size = " << size);
  WatchedFile watched(file);
  std::istream stream(&watched);
  std::string said;
  std::size_t taken = 0;
  const auto header = p.call("read_safetensors_header()", [&] {
    const LargestAllocation largest;
    try {
      SafetensorsHeader read = read_safetensors_header(stream, size, safetensors_name);
      taken = largest.bytes();
      return read;
    } catch (const Error& error) {
      taken = largest.bytes();
      said = error.what();
      throw;
    }
  });
  p.see("the Error", header ? "none" : told(said));
  p.see_at_most("how far it has read", watched.furthest());
  p.see("whether it took memory for what is not there", taken > 64 * file.size() + (1 << 16));
  if (!header) return;
  p.see("where the file is left, in bytes from its beginning", stream.tellg());
  std::vector<std::string> entries, notes;
  for (const auto& [name, dtype, shape, begin, end] : header->tensors)
    entries.push_back(text(name, " ", dtype, " ", shape, " ", begin, " ", end));
  for (const auto& [name, note] : header->metadata) notes.push_back(name + " = " + note);
  p.see("the tensors", entries);
  p.see("the notes", notes);
}
void read_header(Program& p, const std::string& file) { read_header(p, file, file.size()); }

}  // namespace

TEST_CASE("6.2  random headers, beside the reference") {
  beside_reference(150, [](Program& p) {
    const SafetensorsHeader header = any_header(p, p.length(p.size() > 0.9 ? 60 : 6));
    std::string json = to_safetensors_json(header);
    const bool zeros = p.number() % 8 == 7;  // which end nothing, and are no blanks
    if (zeros || p.chance(0.5))
      json += std::string(static_cast<std::size_t>(p.between(1, 12)), zeros ? '\0' : ' ');
    if (p.chance(0.03))
      json += std::string(static_cast<std::size_t>(p.between(70'000, 300'000)), ' ');
    if (p.chance(0.2)) json.insert(1, p.pick<const char*>({" ", "\n", "\t "}));
    std::uint64_t length = json.size();
    std::string data = bytes_of_length(p, data_bytes(header));
    switch (zeros ? 9 : p.between(0, 9)) {
      case 0:  // another length, often near what would be right
        length = p.pick<std::uint64_t>(
            {length - 1, length + 1, length + data.size(), length + data.size() + 1,
             length + data.size() + 8, length | 1ULL << 32, length | 1ULL << 63,
             length | 1ULL << 31, UINT64_MAX, UINT64_MAX - 7, UINT64_MAX - 8,
             max_safetensors_header, max_safetensors_header + 1, 0, 1, 2});
        break;
      case 1:  // elements that are missing, or too many
        data = p.chance(0.5) ? data + '\0' : data.substr(0, data.size() / 2);
        break;
      case 2:
        json = p.pick<const char*>({"", "[]", " {}", "{", "}", "null", "\xEF\xBB\xBF{}", "{}{}",
                                    "\n{}", "\t{}", "\"w\"", "{\"w\":1}", "{\"w\":{}}",
                                    "{\"__metadata__\":{}}"});
        length = json.size();
        break;
      default:;
    }
    const std::string file = length_bytes(length) + json + data;
    read_header(p, file);
    // Files that are not as long as somebody has said.
    if (p.chance(0.2))
      read_header(p, file, p.pick<std::uint64_t>({file.size() + 1, file.size() - 1, 8, 7, 0}));
  });
}

TEST_CASE("6.2  random headers whose offsets do not fit, beside the reference") {
  beside_reference(80, [](Program& p) {
    SafetensorsHeader header = any_header(p, p.length(5, 1));
    const std::string data = bytes_of_length(p, data_bytes(header));
    SafetensorsEntry& odd =
        header.tensors[static_cast<std::size_t>(p.between(0, std::ssize(header.tensors) - 1))];
    switch (p.between(0, 5)) {
      case 0:
        odd.begin += p.pick({1, 8});
        break;
      case 1:
        odd.end += p.pick({1, 8});
        break;
      case 2:
        std::swap(odd.begin, odd.end);
        break;
      case 3:
        odd.dtype = p.pick<const char*>({"F32", "F64", "F16", "U8", "", "f32"});
        break;
      case 4:
        odd.shape = p.shape(0, 3, 4);
        break;
      default:
        odd.begin = odd.end = p.pick<std::uint64_t>({0, data.size(), UINT64_MAX, 1ULL << 63});
        if (p.chance(0.5)) odd.shape = {0};
    }
    const std::string json = to_safetensors_json(header);
    read_header(p, length_bytes(json.size()) + json + data);
  });
}

TEST_CASE("6.2  random files cut at every length, or damaged, beside the reference") {
  beside_reference(25, [](Program& p) {
    const SafetensorsHeader header = any_header(p, p.length(3));
    const std::string json = to_safetensors_json(header) + (p.chance(0.5) ? "   " : "");
    const std::string file =
        length_bytes(json.size()) + json + bytes_of_length(p, data_bytes(header));
    for (std::size_t length = 0; length < file.size(); ++length) {
      if (length > 20 && length + 20 < file.size() && p.chance(0.8)) continue;
      read_header(p, file.substr(0, length));
    }
    for (int time = 0; time < 30; ++time) {
      std::string damaged = file;
      const std::int64_t last = p.chance(0.4) ? 9 : 7 + std::ssize(json);
      for (std::int64_t bytes = p.between(1, 2); bytes > 0; --bytes)
        damaged[static_cast<std::size_t>(p.between(0, last))] = static_cast<char>(
            p.chance(0.5) ? p.between(0, 255) : p.pick({'0', '1', ',', '{', '"', ' ', '-', ':'}));
      read_header(p, damaged);
    }
  });
}

// 6.3 --------------------------------------------------------------------------------------------

namespace {

std::string printed(const IncompatibleKeys& keys) { return text(keys); }

/// A tensor that could be loaded into `own`: of any dtype, any strides, on either device, and
/// perhaps one that requires gradients.
Tensor fitting(Program& p, const std::string& name, const Tensor& own) {
  Draw draw{.dtype = own.dtype(), .values = p.chance(0.5) ? Draw::infinite : Draw::digits};
  if (p.chance(0.2)) draw.dtype = p.pick({float32, float64, int64, bool_});
  if (is_floating_point(draw.dtype) && p.chance(0.2)) draw.requires_grad = true;
  draw.device = p.device();
  draw.repeated = p.chance(0.1);
  return p.tensor("the state's " + name, own.shape(), draw);
}

void shuffle(Program& p, StateDict& state) {
  for (std::size_t i = state.size(); i > 1; --i)
    std::swap(state[i - 1], state[static_cast<std::size_t>(p.between(0, std::int64_t(i) - 1))]);
}

}  // namespace

TEST_CASE("6.3  random states for random modules, beside the reference") {
  beside_reference(250, [](Program& p) {
    Tree tree;
    const Grown grown = grow(p, tree);
    p.with_words().allow(Work::copies, 3, 2 * std::ssize(grown.tensors));
    StateDict state;
    std::map<const void*, Tensor> of_memory;  // who shares memory is given the same numbers
    for (const auto& [name, own] : tree.state_dict()) {
      Tensor& given = of_memory[own.storage().data()];
      if (!given.defined() || given.shape() != own.shape()) given = fitting(p, name, own);
      state.emplace_back(name, given);
    }
    if (p.chance(0.6)) shuffle(p, state);
    // At most one duplicate, and not together with other shapes: who is named first then, and how
    // often, nobody has said.
    const bool nothing_fits = p.number() % 6 == 5;
    const bool fits = !nothing_fits && p.chance(0.4),
               doubles = !nothing_fits && !fits && p.chance(0.15);
    if (nothing_fits) {
      for (auto& [name, tensor] : state) {
        Shape shape = tensor.shape();
        shape.push_back(p.between(2, 3));
        tensor =
            p.chance(0.1) ? Tensor() : p.tensor("the odd one", shape, {.dtype = tensor.dtype()});
      }
    } else if (!fits) {
      for (auto& [name, tensor] : state) {
        if (!p.chance(0.15)) continue;
        Shape shape = tensor.shape();
        switch (doubles ? p.between(0, 2) : p.between(0, 4)) {
          case 0:
            tensor = Tensor();
            break;
          case 1:
            name += p.pick<const char*>({".x", "x", " ", "."});
            break;
          case 2:
            if (p.chance(0.3) && std::isalpha(static_cast<unsigned char>(name[0])))
              name[0] ^= ' ';  // a capital letter becomes a small one, or the other way round
            else
              name = p.pick<const char*>(
                         {".", "weight", ".weight", "Weight", "0.", "added", "module.", "model."}) +
                     name;
            break;
          case 3:  // as many elements, or one axis of 1 more
            if (p.chance(0.5)) shape = {numel(shape)};
            shape.insert(shape.begin(), 1);
            tensor = p.tensor("the odd one", shape, {.dtype = tensor.dtype()});
            break;
          default:
            if (shape.empty()) shape.push_back(1);
            shape.back() = p.chance(0.5) ? 1 : shape.back() + 1;
            tensor = p.tensor("the odd one", shape, {.dtype = tensor.dtype()});
        }
      }
      std::set<std::string> names;  // two of them may have got the same name
      std::erase_if(state, [&](const auto& entry) { return !names.insert(entry.first).second; });
      if (!state.empty() && p.chance(0.3))
        state.erase(state.begin() + p.between(0, std::ssize(state) - 1));
      if (p.chance(0.2) && state.size() > 1) state.resize(1);
      if (p.chance(0.3))
        state.emplace_back(p.pick<const char*>({"extra", ""}),
                           p.chance(0.2) ? Tensor() : zeros({2}));
      if (doubles && p.chance(0.3)) {
        for (int time = 0; time < 2; ++time) state.emplace_back("twice", zeros({2}));
      } else if (doubles) {
        for (const auto& [name, own] : tree.state_dict()) {
          const auto found = std::ranges::find(state, name, &StateDict::value_type::first);
          if (found == state.end()) continue;
          const Tensor twice = p.chance(0.3) ? Tensor() : found->second;
          state.emplace_back(name, twice);
          break;
        }
      }
    }
    const StateDict kept = state;
    std::string names;
    for (const auto& [name, tensor] : state)
      names += text(names.empty() ? "" : ", ", name, " ",
                    tensor.defined() ? text(tensor.shape()) : "undefined");
    p.given("state", names);
    const bool strict = p.chance(nothing_fits ? 0.2 : 0.6);
    std::optional<NoGrad> guard;
    if (p.chance(0.3)) guard.emplace();
    for (int time = 0; time < 2; ++time) {
      const auto keys = p.call(strict ? "load_state_dict(state)" : "load_state_dict(state, false)",
                               [&] { return tree.load_state_dict(state, strict); });
      p.see("whether gradients are recorded afterwards", grad_enabled());
      if (!keys) continue;
      p.see("missing_keys", keys->missing_keys);
      p.see("unexpected_keys", keys->unexpected_keys);
      p.see("what is printed", printed(*keys));
    }
    for (std::size_t i = 0; i < kept.size(); ++i)
      p.see(
          "whether the state has " + kept[i].first + " as it was",
          kept[i].first == state[i].first && kept[i].second.defined() == state[i].second.defined());
    see(p, "state_dict(), afterwards", tree.state_dict());
  });
}

TEST_CASE("6.3  states that lie in the module's own memory, beside the reference") {
  beside_reference(80, [](Program& p) {
    Tree tree;
    const std::int64_t n = p.between(1, 5), count = p.between(2, 4);
    Draw draw{.values = Draw::digits, .strided = p.chance(0.5)};
    draw.device = p.device();
    const bool in_one = p.chance(0.4);  // parameters that are parts of one memory
    const Tensor all = p.tensor("all", {count + 1, n, n}, draw);
    std::vector<Tensor> own;
    for (std::int64_t i = 0; i < count; ++i) {
      const std::string name = "w" + std::to_string(i);
      Tensor made = in_one ? all[i].detach() : p.tensor(name, {n, n}, draw);
      tree.parameter(name, made);
      own.push_back(made);
    }
    // Each is given another's elements, or its own, transposed or not; or a part of `all`.
    StateDict state;
    for (std::int64_t i = 0; i < count; ++i) {
      Tensor from = own[static_cast<std::size_t>(p.between(0, count - 1))].detach();
      if (in_one && p.chance(0.3)) from = all[p.between(0, count)].detach();
      if (p.chance(0.5)) from = from.T();
      state.emplace_back("w" + std::to_string(i), from);
    }
    shuffle(p, state);
    p.call("load_state_dict(state)", [&] { tree.load_state_dict(state); });
    for (std::size_t i = 0; i < own.size(); ++i)
      p.see(text("w", i, ", afterwards"), own[i].detach(), exact);
    p.call("load_state_dict(state_dict())", [&] { tree.load_state_dict(tree.state_dict()); });
  });
}

TEST_CASE("6.3  two modules in turn, and what holds their parameters, beside the reference") {
  beside_reference(40, [](Program& p) {
    const std::int64_t in = p.between(1, 4), out = p.between(1, 4);
    nn::Linear a(in, out), b(in, out);
    const bool on_gpu = p.device() != cpu;
    if (on_gpu) b.to(cuda_device);
    if (p.chance(0.3)) b.to(float64);
    for (const auto& [name, tensor] : a.named_parameters()) p.watch("a's " + name, tensor);
    for (const auto& [name, tensor] : b.named_parameters()) p.watch("b's " + name, tensor);
    optim::SGD optimizer(b.parameters(), {.lr = 0.5});
    const Tensor x =
        p.tensor("x", {2, in}, {.dtype = b.weight.dtype(), .device = b.weight.device()});
    const auto step = [&] {
      optimizer.zero_grad();
      sum(b(x)).backward();
      optimizer.step();
    };
    p.call("a step of b's optimiser", step);
    p.call("b.load_state_dict(a.state_dict())", [&] { b.load_state_dict(a.state_dict()); });
    p.call("another step of b's optimiser", step);
    p.call("a.load_state_dict(b.state_dict())", [&] { a.load_state_dict(b.state_dict()); });
    p.see("a(x)", a(p.tensor("x of a", {1, in})));
  });
}

// 6.4 --------------------------------------------------------------------------------------------

namespace {

/// Rows with noise from whatever generator the thread has: an augmentation.
struct Noisy : data::Dataset {
  std::int64_t examples = 0;
  data::Example get(std::int64_t i) const override {
    return {rand({3}) + static_cast<double>(i % 3), tensor(i % 2)};
  }
  std::int64_t size() const override { return examples; }
};

/// Which parts a run has, and of which kind.
struct Plan {
  bool model, loader, own_order, in_double, on_gpu, evaluates;
  int optimizer, scheduler, workers, generators, same_generator;
  std::int64_t examples, batch_size, seed;

  explicit Plan(Program& p)
      : model(p.chance(0.8)),
        loader(p.chance(0.7)),
        own_order(p.chance(0.5)),
        in_double(p.chance(0.2)),
        on_gpu(p.chance(0.5) && p.device() != cpu),
        evaluates(p.chance(0.2)),
        optimizer(static_cast<int>(p.between(0, 4))),
        scheduler(static_cast<int>(p.between(0, 4))),
        workers(static_cast<int>(p.chance(0.4) ? p.between(1, 4) : 0)),
        // Their states are most of what a checkpoint holds: one program in ten has many.
        generators(static_cast<int>(p.number() % 10 == 9 ? p.between(11, 13) : p.between(0, 3))),
        same_generator(p.chance(0.1)),
        examples(p.between(1, 12)),
        batch_size(p.between(1, 4)),
        seed(p.between(0, 1'000'000)) {}

  std::string described() const {
    const char* optimizers[] = {"no optimiser", "SGD", "SGD with momentum", "Adam", "AdamW"};
    const char* schedulers[] = {"no scheduler", "StepLR", "CosineAnnealingLR", "ExponentialLR",
                                "LinearLR"};
    return text(model ? "a model" : "no model", in_double ? " of float64" : "",
                on_gpu ? " on a GPU" : "", evaluates ? " that evaluates, " : ", ",
                optimizers[optimizer], ", ", schedulers[scheduler], ", ",
                loader ? text("a loader of ", examples, " examples by ", batch_size, " with ",
                              workers, " workers", own_order ? " and its own generator" : "")
                       : "no loader",
                ", ", generators, " generators");
  }
};

/// A run by that plan.
struct Run {
  Plan plan;
  Generator order;
  std::vector<Generator> extra;
  Tree model;  // trained in any case, though not always part of the run
  std::unique_ptr<optim::Optimizer> optimizer;
  std::unique_ptr<optim::lr_scheduler::LRScheduler> scheduler;
  std::unique_ptr<data::DataLoader> loader;
  Checkpoint parts;

  Run(const Plan& planned, std::uint64_t seed) : plan(planned), order(seed + 1) {
    manual_seed(seed);
    for (int i = 0; i < plan.generators; ++i) extra.emplace_back(seed + 2 + std::uint64_t(i));
    // Names that begin like those of the other parts.
    auto layers = std::make_unique<nn::Sequential>();
    layers->append<nn::Linear>(3, 4).append<nn::Dropout>(0.3).append<nn::Linear>(4, 2, false);
    model.add("model", std::move(layers));
    auto inner = std::make_unique<Tree>();
    inner->parameter("lr", rand({4}));
    inner->parameter("absent", Tensor());
    model.add("optimizer", std::move(inner));
    model.buffer("loader", tensor({1, 2, 3}));
    const Tensor counted = model.buffer("steps", zeros({2}, int64));
    constexpr double infinity = std::numeric_limits<double>::infinity();
    model.buffer("special", tensor({std::numeric_limits<double>::quiet_NaN(), infinity, -0., 0.}));
    model.buffer("nothing", zeros({0, 2}));
    model.parameter("turned", rand({2, 3}).T());
    model.parameter("frozen", rand({2})).requires_grad_(false);
    model.buffer("steps again", counted);  // the same tensor
    if (plan.in_double) model.to(float64);
    if (plan.on_gpu) model.to(cuda_device);
    model.train(!plan.evaluates);
    using namespace optim;
    const Tensors trained = model.parameters();
    if (plan.optimizer == 1) optimizer = std::make_unique<SGD>(trained, SGDOptions{.lr = 0.1});
    if (plan.optimizer == 2)
      optimizer = std::make_unique<SGD>(trained, SGDOptions{.lr = 0.1, .momentum = 0.9});
    if (plan.optimizer == 3) optimizer = std::make_unique<Adam>(trained, AdamOptions{.lr = 0.01});
    if (plan.optimizer == 4) optimizer = std::make_unique<AdamW>(trained, AdamWOptions{.lr = 0.01});
    using namespace lr_scheduler;
    if (optimizer) {
      if (plan.scheduler == 1) scheduler = std::make_unique<StepLR>(*optimizer, 2, 0.5);
      if (plan.scheduler == 2) scheduler = std::make_unique<CosineAnnealingLR>(*optimizer, 5);
      if (plan.scheduler == 3) scheduler = std::make_unique<ExponentialLR>(*optimizer, 0.9);
      if (plan.scheduler == 4) scheduler = std::make_unique<LinearLR>(*optimizer);
    }
    Noisy noisy;
    noisy.examples = plan.examples;
    data::DataLoaderOptions options{.batch_size = plan.batch_size, .shuffle = true};
    options.num_workers = plan.workers;
    if (plan.own_order) options.generator = &order;
    if (plan.loader) loader = std::make_unique<data::DataLoader>(noisy, options);
    if (plan.model) parts.model = &model;
    parts.optimizer = optimizer.get();
    parts.scheduler = scheduler.get();
    parts.loader = loader.get();
    for (Generator& generator : extra) parts.generators.push_back(&generator);
    if (plan.same_generator && !extra.empty()) parts.generators.push_back(&extra[0]);
  }
  Run(const Run&) = delete;

  void step(Tensor x, const Tensor& y) {
    if (plan.in_double) x = x.to(float64);
    const Device device = plan.on_gpu ? cuda_device : cpu;
    for (Generator& generator : extra) x = x + rand({1}, float32, generator).to(x.dtype()) * 0.1;
    auto* layers = model.named_children()[0].second;
    auto* scale = model.named_children()[1].second;
    const Tensor logits = (*layers)(x.to(device));
    const Tensor loss =
        nn::cross_entropy(logits, y.to(device)) + sum(scale->parameters()[0]) * 0.01;
    model.zero_grad();
    loss.backward();
    if (optimizer) optimizer->step();
  }

  /// Trains `steps` steps at most, to the end of epoch `epochs` at most, and calls `then` after the
  /// last one, still inside of the loop.
  void train(
      std::int64_t steps, std::int64_t epochs = 1000, const std::function<void()>& then = [] {}) {
    if (steps == 0) return then();
    if (!loader) {
      for (std::int64_t i = 0; i < steps; ++i) step(rand({2, 3}), tensor({0, 1}));
      return then();
    }
    while (loader->epoch() < epochs) {
      for (auto& [x, y] : *loader) {
        step(x, y);
        if (--steps == 0) return then();
      }
      if (scheduler) scheduler->step();
    }
  }
};

const Tensor& get(const StateDict& state, const std::string& name) {
  return std::ranges::find(state, name, &StateDict::value_type::first)->second;
}

/// All that can be seen of a run from outside.
void look_at(Program& p, const std::string& when, const Run& run) {
  const auto list = [&](const std::string& what, const NamedTensors& tensors) {
    std::vector<std::string> names;
    for (const auto& [name, tensor] : tensors) names.push_back(name);
    p.see(when + ", the names of " + what, names);
    for (const auto& [name, tensor] : tensors)
      p.see(when + ", " + name + " of " + what, tensor.detach().clone(), exact);
  };
  list("the model", run.model.state_dict());
  p.see(when + ", 1 / the special numbers, which tells 0 from -0",
        1 / get(run.model.state_dict(), "special").to(cpu));
  p.see(when + ", whether the model is in training", run.model.is_training());
  if (run.optimizer) {
    list("the optimiser", run.optimizer->named_state());
    p.see_close(when + ", lr()", run.optimizer->lr(), exact);
  }
  if (run.scheduler) p.see(when + ", last_epoch()", run.scheduler->last_epoch());
  if (run.loader) {
    p.see(when + ", the loader's epoch()", run.loader->epoch());
    const data::DataLoaderState state = run.loader->state();
    if (state.position) {
      p.see(when + ", the loader's next batch", state.position->next_batch);
      p.see(when + ", the loader's order", state.position->order);
      p.see(when + ", what the loader's workers have drawn", state.position->workers);
    }
  }
  p.see(when + ", the default generator", default_generator().state());
  p.see(when + ", the loader's generator", run.order.state());
  for (std::size_t i = 0; i < run.extra.size(); ++i)
    p.see(text(when, ", generator ", i), run.extra[i].state());
}

/// What is in a checkpoint, in whatever order.
void see_file(Program& p, const fs::path& path) {
  Metadata texts;
  StateDict tensors = load_safetensors(path, &texts);
  std::ranges::sort(tensors, {}, &StateDict::value_type::first);
  for (const auto& [name, tensor] : tensors) p.see("in the file, " + name, tensor, exact);
  texts.erase("checksum");  // depends on the order
  for (const auto& [name, words] : texts) p.see("in the file, the text \"" + name + "\"", words);
}

}  // namespace

TEST_CASE("6.4  random runs that are saved, and go on elsewhere, beside the reference") {
  beside_reference(30, [](Program& p) {
    p.allow_any_work();
    const TemporaryFolder folder;
    const Plan plan(p);
    p.given("run", plan.described());
    const std::int64_t steps = p.between(0, 8), more = p.between(1, 5);
    p.given("saved after step", steps);
    Run first(plan, 11);
    first.train(steps, 1000, [&] {
      p.call("save_checkpoint()", [&] {
        save_checkpoint(folder / "run", first.parts, {{"note", "é"}});
      });
      look_at(p, "after saving", first);
    });
    see_file(p, folder / "run");
    // Another process, that is, another run with other numbers in it.
    Run second(plan, 77);
    second.train(p.between(0, 3));
    p.compare("load_checkpoint() into another run",
              [&] { return load_checkpoint(folder / "run", second.parts).at("note"); });
    look_at(p, "after loading", second);
    second.train(more);
    look_at(p, "further on", second);
    // The run itself, which has gone on meanwhile; and the same file once more.
    first.train(p.between(0, 3));
    p.call("load_checkpoint() into the run itself",
           [&] { load_checkpoint(folder / "run", first.parts); });
    look_at(p, "back where it was saved", first);
    p.call("save_checkpoint(), once more", [&] {
      save_checkpoint(folder / "run", first.parts, {{"note", "é"}});
    });
    see_file(p, folder / "run");
  });
}

TEST_CASE("6.4  checkpoints that do not fit, or are damaged, beside the reference") {
  beside_reference(30, [](Program& p) {
    p.allow_any_work();
    const TemporaryFolder folder;
    Plan plan(p);
    if (p.number() < 2) plan.loader = plan.model = true;
    p.given("run", plan.described());
    Run saved(plan, 3), run(plan, 5);
    saved.train(p.between(0, 5));
    save_checkpoint(folder / "run", saved.parts);
    run.train(p.between(0, 3));
    const std::string good = read(folder / "run");

    Metadata texts;
    const StateDict tensors = load_safetensors(folder / "run", &texts);
    const auto load_into_it = [&](const std::string& what, const fs::path& file) {
      if (!p.call("load_checkpoint() of " + what, [&] { load_checkpoint(file, run.parts); })) {
        std::vector<bool> grads;
        for (const Tensor& parameter : run.model.parameters())
          grads.push_back(parameter.grad().defined());
        p.see("after the refusal of " + what + ", which parameters have gradients", grads);
      }
      look_at(p, "after " + what, run);
    };
    for (int time = 0; time < 4; ++time) {
      StateDict others = tensors;
      Metadata notes = texts;
      const bool lacks_the_model = p.number() == 1 && time == 0;
      if (p.chance(0.5) ||
          lacks_the_model) {  // of an older version, whose checksum nobody can look at
        notes["format"] = "kindling checkpoint 1";
        notes.erase("checksum");
      }
      std::string what;
      switch (lacks_the_model ? 4 : p.between(0, 5)) {
        case 4: {
          const std::string part =
              lacks_the_model ? "model."
                              : p.pick<const char*>({"model.", "optimizer.", "scheduler."});
          what = "a file without any " + part;
          std::erase_if(others, [&](const auto& entry) { return entry.first.starts_with(part); });
          break;
        }
        case 5: {
          const std::string more = p.pick<const char*>({"model.", "optimizer.", "other."}) +
                                   std::string(p.chance(0.5) ? "more" : "0.more");
          what = "a file that has " + more;
          others.emplace_back(more, zeros({2}));
          break;
        }
        case 0: {
          if (others.empty()) continue;
          std::ranges::sort(others, {}, &StateDict::value_type::first);
          const auto odd = others.begin() + p.between(0, std::ssize(others) - 1);
          what = "a file without " + odd->first;
          others.erase(odd);
          break;
        }
        case 1: {
          if (others.empty()) continue;
          std::ranges::sort(others, {}, &StateDict::value_type::first);
          Tensor& odd =
              others[static_cast<std::size_t>(p.between(0, std::ssize(others) - 1))].second;
          what = "a file with a tensor of another shape";
          Shape shape = p.pick<Shape>({{2, 1, 7}, {1}, {}});
          if (shape == odd.shape()) shape = {2, 1, 7};
          // A number alone may be taken in any shape: then it is the number that was saved.
          odd =
              numel(shape) == odd.numel() ? odd.reshape(shape).clone() : zeros(shape, odd.dtype());
          break;
        }
        case 2: {
          const auto odd = std::next(notes.begin(), p.between(0, std::ssize(notes) - 1));
          what = "a file without the text \"" + odd->first + '"';
          notes.erase(odd);
          break;
        }
        default: {
          const auto odd = std::next(notes.begin(), p.between(0, std::ssize(notes) - 1));
          what = "a file with another text \"" + odd->first + '"';
          odd->second += p.pick<const char*>({"x", " 1", "0"});
        }
      }
      save_safetensors(folder / "other", others, notes);
      load_into_it(what, folder / "other");
    }
    write(folder / "cut",
          good.substr(0, static_cast<std::size_t>(p.uniform() * double(good.size()))));
    load_into_it("a file that was cut", folder / "cut");
    std::string bad = good;
    bad[static_cast<std::size_t>(p.uniform() * double(good.size()))] ^= '\x80';
    write(folder / "bad", bad);
    load_into_it("a file with another bit", folder / "bad");
    load_into_it("the file as it was", folder / "run");
  });
}

TEST_SUITE_END();
