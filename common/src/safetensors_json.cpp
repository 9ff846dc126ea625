#include <climits>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "error_text.h"
#include "kindling/serialize.h"

namespace kindling {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view metadata_key = "__metadata__";

/// Called by the JSON parser for everything that it meets. Only what a header may hold is let
/// through, so nothing is built for the rest, however deep or long it is; and names that come twice
/// are seen, which a finished JSON object would hide.
class HeaderReader : public nlohmann::json_sax<Json> {
 public:
  SafetensorsHeader header;

  bool null() override {
    if (place_ != Place::name_given || name_ != metadata_key) unexpected("null");
    place_ = Place::names;  // as good as no notes
    return true;
  }
  bool boolean(bool) override { unexpected("a truth value"); }
  bool number_integer(number_integer_t value) override { unexpected(std::to_string(value)); }
  bool number_float(number_float_t, const string_t& text) override { unexpected(text); }
  bool binary(binary_t&) override { unexpected("bytes"); }

  bool number_unsigned(number_unsigned_t value) override {
    check(place_ == Place::list, "expected ", expected(), ", got ", value);
    check(value <= INT64_MAX, in_tensor(), "expected numbers that 63 bits can hold in ", field_,
          ", got ", value);
    if (field_ == "shape") {
      header.tensors.back().shape.push_back(static_cast<std::int64_t>(value));
    } else {
      check(offsets_ < 2, in_tensor(), "expected two data_offsets, got more");
      (offsets_ == 0 ? header.tensors.back().begin : header.tensors.back().end) = value;
      ++offsets_;
    }
    return true;
  }

  bool string(string_t& text) override {
    if (place_ == Place::metadata)
      header.metadata[field_] = text;
    else if (place_ == Place::tensor && field_ == "dtype")
      header.tensors.back().dtype = text;
    else
      unexpected(in_quotes(text));
    return true;
  }

  bool start_object(std::size_t) override {
    if (place_ == Place::start)
      place_ = Place::names;
    else if (place_ == Place::name_given)
      place_ = name_ == metadata_key ? Place::metadata : Place::tensor;
    else
      unexpected("an object");
    if (place_ == Place::tensor)
      header.tensors.push_back({.name = name_, .dtype = {}, .shape = {}});
    fields_.clear();
    offsets_ = 0;
    return true;
  }

  bool key(string_t& text) override {
    if (place_ == Place::names) {
      check(names_.insert(text).second, "the name ", in_quotes(text), " occurs twice");
      name_ = text;
      place_ = Place::name_given;
    } else {
      field_ = text;
      check(fields_.insert(text).second, in_tensor(), in_quotes(text), " occurs twice");
      check(
          place_ == Place::metadata || text == "dtype" || text == "shape" || text == "data_offsets",
          in_tensor(), "expected dtype, shape and data_offsets, got ", in_quotes(text));
    }
    return true;
  }

  bool end_object() override {
    if (place_ == Place::tensor) {
      for (const char* field : {"dtype", "shape", "data_offsets"})
        check(fields_.contains(field), in_tensor(), "there is no ", field);
      check(offsets_ == 2, in_tensor(), "expected two data_offsets, got ", offsets_);
    }
    place_ = place_ == Place::names ? Place::end : Place::names;
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ != Place::tensor || field_ == "dtype") unexpected("a list");
    place_ = Place::list;
    return true;
  }
  bool end_array() override {
    place_ = Place::tensor;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    std::string_view reason = error.what();
    if (const auto at = reason.find("parse error"); at != reason.npos) reason.remove_prefix(at);
    fail("the header is not valid JSON: ", printable(reason.substr(0, 200)), " (byte ", position,
         ")");
  }

 private:
  enum class Place { start, names, name_given, metadata, tensor, list, end };

  std::string expected() const {
    switch (place_) {
      case Place::start:
        return "an object of tensors as header";
      case Place::name_given:
        return "an object behind the name " + in_quotes(name_);
      case Place::metadata:
        return "a text behind the note " + in_quotes(field_);
      case Place::tensor:
        return (field_ == "dtype" ? "a text behind dtype" : "a list behind " + field_) +
               " of tensor " + in_quotes(name_);
      case Place::list:
        return "whole numbers from 0 in " + field_ + " of tensor " + in_quotes(name_);
      default:
        return "a name";
    }
  }
  std::string in_tensor() const {
    return (name_ == metadata_key ? "" : "tensor ") + in_quotes(name_) + ": ";
  }
  [[noreturn]] void unexpected(const std::string& got) const {
    fail("expected ", expected(), ", got ", got);
  }

  Place place_ = Place::start;
  std::string name_, field_;
  std::set<std::string> names_, fields_;
  int offsets_ = 0;
};

}  // namespace

SafetensorsHeader parse_safetensors_json(std::string_view json) {
  // The parser takes it for the end of the text, whatever follows.
  check(json.find('\0') == json.npos, "the header is not valid JSON: it has a byte 0 in it");
  HeaderReader reader;
  Json::sax_parse(json.begin(), json.end(), &reader);
  return std::move(reader.header);
}

std::string to_safetensors_json(const SafetensorsHeader& header) {
  Json json = Json::object();
  if (!header.metadata.empty()) json[std::string(metadata_key)] = header.metadata;
  std::set<std::string> names;
  for (const auto& [name, dtype, shape, begin, end] : header.tensors) {
    check(name != metadata_key, "no tensor can be named ", in_quotes(name),
          ": the format uses that name itself");
    check(names.insert(name).second, "the name ", in_quotes(name), " occurs twice");
    // Not by operator[], which searches all names before it, each time.
    json.get_ref<Json::object_t&>().emplace_back(
        name, Json{{"dtype", dtype},
                   {"shape", std::vector<std::int64_t>(shape.begin(), shape.end())},
                   {"data_offsets", {begin, end}}});
  }
  try {
    return json.dump();
  } catch (const Json::type_error& error) {
    fail("names and notes must be UTF-8: ", error.what());
  }
}

static constexpr std::pair<DType, std::string_view> dtype_names[] = {
    {float32, "F32"}, {float64, "F64"}, {int64, "I64"}, {bool_, "BOOL"}};

DType dtype_from_safetensors(std::string_view name) {
  for (const auto& [dtype, known] : dtype_names)
    if (name == known) return dtype;
  fail("expected a dtype of F32, F64, I64 or BOOL, got ", in_quotes(name));
}

std::string_view to_safetensors(DType dtype) {
  for (const auto& [known, name] : dtype_names)
    if (dtype == known) return name;
  __builtin_unreachable();
}

}  // namespace kindling
