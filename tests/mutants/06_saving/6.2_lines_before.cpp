/// Lets new lines stand before the {.
/// \caught expected an Error, and none was thrown
SafetensorsHeader read_safetensors_header(std::istream& file, std::uint64_t file_size,
                                          const std::string& name) {
  check(file_size >= 8, name, ": expected a safetensors file, which has at least 8 bytes, got ",
        file_size);
  std::string length_bytes(8, '\0');
  read_exactly(file, length_bytes, name);
  const std::uint64_t length = little_endian(length_bytes.data());
  check(length <= max_safetensors_header, name, ": expected a header of at most ",
        max_safetensors_header, " bytes, got ", length, ": this is no safetensors file");
  check(length <= file_size - 8, name, ": expected a header of ", length, " bytes, but only ",
        file_size - 8, " follow: the file was cut off, or is no safetensors file");

  std::string json(length, '\0');
  read_exactly(file, json, name);
  check(json.substr(std::min(json.find_first_not_of('\n'), json.size())).starts_with('{'), name,
        ": expected a header that begins with {, got ",
        json.empty() ? "an empty one" : printable(json.substr(0, 1)));
  SafetensorsHeader header;
  try {
    header = parse_safetensors_json(json);
  } catch (const Error& error) {
    fail(name, ": ", error.what());
  }
  check_offsets(header, file_size - 8 - length, name);
  return header;
}
