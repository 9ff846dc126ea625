#include <fcntl.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <random>
#include <sstream>
#include <thread>

#include "kindling/ops.h"
#include "kindling/serialize.h"
#include "testing/allocations.h"
#include "testing/files.h"

using namespace kindling;
using namespace kindling::testing;

namespace {

std::string with_length(const std::string& json, const std::string& data) {
  std::string file;
  for (int i = 0; i < 8; ++i) file += static_cast<char>(json.size() >> 8 * i);
  return file + json + data;
}

/// What load_safetensors says of a file with this header, without the path.
std::string refusal(const std::string& json, const std::string& data = "") {
  const TemporaryFolder folder;
  const fs::path path = write(folder / "x", with_length(json, data));
  const std::string text = message_of([&] { load_safetensors(path); });
  REQUIRE_MESSAGE(text.starts_with(path.string() + ": "), text);
  return text.substr(path.string().size() + 2);
}

std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& offsets) {
  return '"' + name + R"(":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" +
         offsets + '}';
}

StateDict some_tensors() {
  return {{"b", tensor({true, false, true})},
          {"weight", tensor({{1., -2.}, {0.5, 3.}})},
          {"empty", empty({0, 3})},
          {"steps", tensor(7)},
          {"precise", tensor({0.1}, float64)}};
}

}  // namespace

TEST_CASE("The bytes are those of the format") {
  const TemporaryFolder folder;
  save_safetensors(folder / "x",
                   {{"flag", tensor({true, false})}, {"w", tensor({{1., 2.}})}, {"n", tensor(-2)}},
                   {{"note", "hi"}});
  const std::string json = R"({"__metadata__":{"note":"hi"},)"
                           R"("flag":{"dtype":"BOOL","shape":[2],"data_offsets":[16,18]},)"
                           R"("w":{"dtype":"F32","shape":[1,2],"data_offsets":[8,16]},)"
                           R"("n":{"dtype":"I64","shape":[],"data_offsets":[0,8]}})";
  const std::string padded = json + std::string((8 - json.size() % 8) % 8, ' ');
  const std::string data = std::string("\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 8) +
                           std::string("\0\0\x80\x3F\0\0\0\x40", 8) + std::string("\1\0", 2);
  CHECK(read(folder / "x") == with_length(padded, data));
}

TEST_CASE("A file of Python's safetensors is read") {
  // save_file({"embedding": arange(6).reshape(2, 3), "bias": array([1.5], float32)}, path,
  // metadata={"format": "pt"})
  const std::string json =
      R"({"__metadata__":{"format":"pt"},"embedding":{"dtype":"I64","shape":[2,3],"data_offsets":[0,48]},)"
      R"("bias":{"dtype":"F32","shape":[1],"data_offsets":[48,52]}}   )";
  std::string data;
  for (int i = 0; i < 6; ++i) data += static_cast<char>(i) + std::string(7, '\0');
  data += std::string("\0\0\xC0\x3F", 4);
  const TemporaryFolder folder;
  Metadata metadata;
  const StateDict tensors =
      load_safetensors(write(folder / "x", with_length(json, data)), &metadata);
  REQUIRE(tensors.size() == 2);
  CHECK(tensors[0].first == "embedding");
  CHECK(equal(tensors[0].second, tensor({{0, 1, 2}, {3, 4, 5}})));
  CHECK(equal(tensors[1].second, tensor({1.5})));
  CHECK(metadata == Metadata{{"format", "pt"}});
}

TEST_CASE("Notes may be null, as if there were none") {
  const TemporaryFolder folder;
  for (const char* json : {R"({"__metadata__":null})",
                           R"({"__metadata__":null,"a":{"dtype":"F32",)"
                           R"("shape":[0],"data_offsets":[0,0]}})",
                           R"({"a":{"dtype":"F32",)"
                           R"("shape":[0],"data_offsets":[0,0]},"__metadata__":null})"}) {
    Metadata metadata{{"left", "over"}};
    const StateDict tensors =
        load_safetensors(write(folder / "x", with_length(json, "")), &metadata);
    CHECK(tensors.size() == (std::string_view(json).find("dtype") != std::string_view::npos));
    CHECK(metadata.empty());
  }
}

TEST_CASE("What is saved is loaded: names, order, dtypes, shapes, elements, notes") {
  const TemporaryFolder folder;
  StateDict saved = some_tensors();
  saved.emplace_back("strided", arange(6.).reshape({2, 3}).T());
  saved.emplace_back("a \"quoted\" näme\n", rand({2}).requires_grad_());
  saved.emplace_back("special", tensor({std::nan(""), -0.0, HUGE_VAL, 1e-45}));
  const Metadata notes{{"epoch", "3"}, {"quote", "\"\\\n"}, {"", ""}};
  save_safetensors(folder / "x", saved, notes);
  Metadata metadata;
  const StateDict loaded = load_safetensors(folder / "x", &metadata);
  REQUIRE(loaded.size() == saved.size());
  for (std::size_t i = 0; i < saved.size(); ++i) {
    CHECK(loaded[i].first == saved[i].first);
    CHECK(loaded[i].second.dtype() == saved[i].second.dtype());
    CHECK(loaded[i].second.shape() == saved[i].second.shape());
    if (saved[i].first != "special") CHECK(equal(loaded[i].second, saved[i].second.detach()));
  }
  CHECK(std::isnan(loaded.back().second[0].item()));
  CHECK(std::signbit(loaded.back().second[1].item()));
  CHECK(metadata == notes);

  save_safetensors(folder / "none", {});
  CHECK(load_safetensors(folder / "none").empty());
}

TEST_CASE("What cannot be saved is refused, and an older file stays") {
  const TemporaryFolder folder;
  const fs::path path = folder / "x";
  save_safetensors(path, some_tensors());
  const std::string before = read(path);
  CHECK_FAILS(save_safetensors(path, {{"w", Tensor()}}), "tensor \"w\" is undefined");
  CHECK_FAILS(save_safetensors(path, {{"w", zeros({})}, {"w", zeros({})}}),
              "the name \"w\" occurs twice");
  CHECK_FAILS(save_safetensors(path, {{"__metadata__", zeros({})}}),
              "the format uses that name itself");
  CHECK_FAILS(save_safetensors(path, {{"\xFF", zeros({})}}), "must be UTF-8");
  CHECK_FAILS(save_safetensors(path, {}, {{"n", "\xFF"}}), "must be UTF-8");
  CHECK_FAILS(save_safetensors(folder / "absent" / "x", {}),
              "absent/x: cannot be written: No such file or directory");
  CHECK_FAILS(save_safetensors(folder.path(), {}), "it is a folder");
  CHECK(read(path) == before);
  CHECK(std::distance(fs::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("A full disk leaves the older file") {
  const TemporaryFolder folder;
  const fs::path path = folder / "x";
  save_safetensors(path, some_tensors());
  const std::string before = read(path);
  rlimit old{};
  getrlimit(RLIMIT_FSIZE, &old);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{100'000, old.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const std::string text = message_of([&] { save_safetensors(path, {{"w", zeros({1'000'000})}}); });
  setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);
  CHECK(text ==
        path.string() + ": cannot be written: File too large; the older file is still there");
  CHECK(read(path) == before);
  CHECK(std::distance(fs::directory_iterator(folder.path()), {}) == 1);
}

namespace {

std::ptrdiff_t files_in(const fs::path& folder) {
  return std::distance(fs::directory_iterator(folder), {});
}

fs::perms permissions_of(const fs::path& path) { return fs::status(path).permissions(); }

/// A lock, as a writer in another process would hold it.
class HeldFile {
 public:
  explicit HeldFile(const fs::path& path)
      : descriptor_(open(path.c_str(), O_RDWR | O_CREAT, 0666)) {
    REQUIRE(flock(descriptor_, LOCK_EX) == 0);
  }
  ~HeldFile() { close(descriptor_); }
  HeldFile(const HeldFile&) = delete;

 private:
  int descriptor_;
};

/// For what root may do: the rest of the test is run by somebody else, in a process of their own.
template <class F>
void as_nobody(const F& f) {
  const pid_t child = fork();
  if (child == 0) {
    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) _exit(2);
    _exit(f() ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

}  // namespace

TEST_CASE("What killed writers left behind is removed by the next") {
  const TemporaryFolder folder;
  for (const char* name : {".x.part", ".x.1.part", ".x.2.part"})
    write(folder / name, std::string(100'000, 'z'));
  fs::permissions(folder / ".x.1.part", fs::perms::owner_read);
  save_safetensors(folder / "x", some_tensors());
  CHECK(load_safetensors(folder / "x").size() == 5);
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("Nobody waits for another writer, and nobody's part is taken away") {
  const TemporaryFolder folder;
  {
    const HeldFile one(folder / ".x.part"), two(folder / ".x.1.part");
    save_safetensors(folder / "x", some_tensors());
    CHECK(load_safetensors(folder / "x").size() == 5);
    CHECK(fs::exists(folder / ".x.part"));
    CHECK(fs::exists(folder / ".x.1.part"));
    CHECK(files_in(folder.path()) == 3);
  }
  save_safetensors(folder / "x", some_tensors());
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("What stands in the way of the part is not written to") {
  const TemporaryFolder folder, elsewhere;
  const fs::path victim = write(elsewhere / "victim", "precious");
  fs::create_symlink(victim, folder / ".x.part");
  fs::create_symlink(elsewhere / "absent", folder / ".x.1.part");
  REQUIRE(mkfifo((folder / ".x.2.part").c_str(), 0666) == 0);
  fs::create_directory(folder / ".x.3.part");
  save_safetensors(folder / "x", some_tensors());
  CHECK(load_safetensors(folder / "x").size() == 5);
  CHECK(read(victim) == "precious");
  CHECK_FALSE(fs::exists(elsewhere / "absent"));
  CHECK(fs::is_symlink(folder / ".x.part"));
  CHECK(files_in(folder.path()) == 5);

  // Somebody has put up a hundred of them.
  for (int i = 4; i < 100; ++i)
    fs::create_symlink(victim, folder / (".x." + std::to_string(i) + ".part"));
  const std::string before = read(folder / "x");
  CHECK_FAILS(save_safetensors(folder / "x", {}), "x.99.part are taken; remove them");
  CHECK(read(folder / "x") == before);
  CHECK(read(victim) == "precious");
}

TEST_CASE("A file that is replaced passes its permissions on") {
  const TemporaryFolder folder;
  const fs::path path = folder / "x";
  for (const int mode : {0600, 0640, 0444, 0666, 0755, 0604}) {
    write(path, "old");
    fs::permissions(path, fs::perms(mode));
    if (mode == 0444 && geteuid() != 0) {  // whoever may not write to it may not replace it
      CHECK_FAILS(save_safetensors(path, {}), "x: cannot be written: Permission denied; the older");
      CHECK(read(path) == "old");
      fs::permissions(path, fs::perms(0644));
      continue;
    }
    save_safetensors(path, some_tensors());
    CHECK(permissions_of(path) == fs::perms(mode));
    CHECK(load_safetensors(path).size() == 5);
  }
  // A new one has what this process gives to all new files.
  write(folder / "usual", "");
  save_safetensors(folder / "new", {});
  CHECK(permissions_of(folder / "new") == permissions_of(folder / "usual"));
  if (geteuid() == 0) {  // nobody else can give files away
    REQUIRE(chown(path.c_str(), 65534, 65534) == 0);
    fs::permissions(path, fs::perms(0640));
    save_safetensors(path, {});
    struct stat found {};
    REQUIRE(stat(path.c_str(), &found) == 0);
    CHECK(found.st_uid == 65534);
    CHECK(found.st_gid == 65534);
    CHECK(permissions_of(path) == fs::perms(0640));
  }
}

TEST_CASE("A symbolic link stays, and the file at its end is replaced") {
  const TemporaryFolder folder, elsewhere;
  write(elsewhere / "real", "old");
  fs::create_directory(folder / "sub");
  fs::create_symlink(elsewhere / "real", folder / "absolute");
  fs::create_symlink("../absolute", folder / "sub" / "relative");
  fs::create_symlink("sub", folder / "folder");
  save_safetensors(folder / "folder" / "relative", some_tensors());
  CHECK(fs::is_symlink(folder / "absolute"));
  CHECK(fs::read_symlink(folder / "sub" / "relative") == "../absolute");
  CHECK_FALSE(fs::is_symlink(elsewhere / "real"));
  CHECK(load_safetensors(elsewhere / "real").size() == 5);
  CHECK(files_in(elsewhere.path()) == 1);

  fs::create_symlink(elsewhere / "new", folder / "dangling");  // as open() would: it is made
  save_safetensors(folder / "dangling", some_tensors());
  CHECK(load_safetensors(elsewhere / "new").size() == 5);
  fs::create_symlink("loop", folder / "loop");
  CHECK_FAILS(save_safetensors(folder / "loop", {}),
              "loop: cannot be written: Too many levels of symbolic links");
  fs::create_symlink(elsewhere.path(), folder / "to a folder");
  CHECK_FAILS(save_safetensors(folder / "to a folder", {}), "it is a folder");
  fs::create_symlink(elsewhere / "no folder" / "x", folder / "nowhere");
  CHECK_FAILS(save_safetensors(folder / "nowhere", {}), "nowhere: cannot be written: No such file");
}

TEST_CASE("Only regular files are replaced, and read") {
  const TemporaryFolder folder;
  REQUIRE(mkfifo((folder / "fifo").c_str(), 0666) == 0);
  CHECK_FAILS(save_safetensors(folder / "fifo", {}),
              "fifo: cannot be written: it is a FIFO (a pipe), not a regular file");
  CHECK(fs::is_fifo(folder / "fifo"));
  CHECK_FAILS(load_safetensors(folder / "fifo"), "it is not a regular file, but a FIFO");
  fs::create_symlink("fifo", folder / "link");
  CHECK_FAILS(save_safetensors(folder / "link", {}), "it is a FIFO");
  CHECK_FAILS(save_safetensors("/dev/null", {}), "/dev/null: cannot be written: it is a device");
  CHECK_FAILS(load_safetensors("/dev/zero"), "it is not a regular file, but a device");
  const int server = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = folder / "socket";
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(bind(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  CHECK_FAILS(save_safetensors(path, {}), "it is a socket");
  close(server);
  CHECK_FAILS(save_safetensors(folder.path().string() + "/", {}),
              "cannot be written: Is a directory");
  CHECK_FAILS(save_safetensors(folder.path().string() + "/new/", {}), "cannot be written: ");
  CHECK_FAILS(save_safetensors("", {}), ": cannot be written: No such file or directory");
  CHECK_FAILS(save_safetensors(folder / "..", {}), "it is a folder");
  CHECK(files_in(folder.path()) == 3);
}

TEST_CASE("Names may be as long, and as strange, as the file system allows") {
  const TemporaryFolder folder;
  std::string umlauts;
  while (umlauts.size() + 2 <= 254) umlauts += "ä";
  for (const std::string& name :
       {std::string(249, 'n'), std::string(250, 'n'), std::string(255, 'n'), umlauts, umlauts + "n",
        std::string("a b"), std::string("\n\r\x1b"), std::string("\xFF\xFE"), std::string("..x"),
        std::string("'\"\\$`*?")}) {
    INFO(name);
    save_safetensors(folder / name, some_tensors());
    save_safetensors(folder / name, some_tensors());
    CHECK(load_safetensors(folder / name).size() == 5);
    CHECK(files_in(folder.path()) == 1);
    fs::remove(folder / name);
  }
  // Two long names whose parts would have the same name.
  const HeldFile other(folder / ('.' + std::string(249, 'n') + ".part"));
  save_safetensors(folder / std::string(255, 'n'), some_tensors());
  CHECK(load_safetensors(folder / std::string(255, 'n')).size() == 5);
  CHECK_FAILS(save_safetensors(folder / std::string(256, 'n'), {}),
              "n: cannot be written: File name too long");
  CHECK_FAILS(load_safetensors(folder / std::string(256, 'n')),
              "n: cannot be read: File name too long");
  CHECK_FAILS(save_safetensors(std::string("a\0b", 3), {}),
              "a\\0b: cannot be written: Invalid argument");
  CHECK_FAILS(load_safetensors(folder / "a\nb"), "a\\nb: cannot be read: No such file");
  CHECK(files_in(folder.path()) == 2);
}

TEST_CASE("What cannot be written says its real cause") {
  const TemporaryFolder folder;
  fs::create_directory(folder / "closed");
  write(folder / "closed" / "x", "old");
  write(folder / "locked", "old");
  fs::permissions(folder / "locked", fs::perms(0444));
  fs::permissions(folder / "closed", fs::perms(0555));
  fs::permissions(folder.path(), fs::perms(0755));
  as_nobody([&] {
    const std::string in_closed =
        message_of([&] { save_safetensors(folder / "closed" / "y", {}); });
    const std::string over = message_of([&] { save_safetensors(folder / "locked", {}); });
    return contains(in_closed, "closed/y: cannot be written: Permission denied") &&
           !contains(in_closed, "older") &&
           contains(over, "locked: cannot be written: Permission denied; the older file is still");
  });
  fs::permissions(folder / "closed", fs::perms(0000));  // nobody may look into it
  as_nobody([&] {
    return contains(message_of([&] { save_safetensors(folder / "closed" / "x", {}); }),
                    "closed/x: cannot be written: Permission denied") &&
           contains(message_of([&] { load_safetensors(folder / "closed" / "x"); }),
                    "closed/x: cannot be read: Permission denied");
  });
  fs::permissions(folder / "closed", fs::perms(0755));
  CHECK(read(folder / "closed" / "x") == "old");
  CHECK_FAILS(save_safetensors(folder / "locked" / "x", {}), "cannot be written: Not a directory");
  if (fs::exists("/dev/full")) CHECK_FAILS(save_safetensors("/dev/full", {}), "it is a device");
}

TEST_CASE("A disk that is really full") {
  // A file system of 64 KB, which only root can mount, and not everywhere.
  const TemporaryFolder folder;
  if (mount("none", folder.path().c_str(), "tmpfs", 0, "size=64k") != 0) {
    MESSAGE("skipped: no file system can be mounted here");
    return;
  }
  save_safetensors(folder / "x", some_tensors());
  const std::string before = read(folder / "x");
  CHECK_FAILS(save_safetensors(folder / "x", {{"w", zeros({100'000})}}),
              "x: cannot be written: No space left on device; the older file is still there");
  CHECK_FAILS(save_safetensors(folder / "y", {{"w", zeros({100'000})}}),
              "y: cannot be written: No space left on device");
  CHECK(read(folder / "x") == before);
  CHECK(files_in(folder.path()) == 1);
  umount(folder.path().c_str());
}

TEST_CASE("A writer that is killed leaves the older file, and parts that the next one removes") {
  const TemporaryFolder folder;
  const fs::path path = folder / "x";
  save_safetensors(path, {{"w", full({500'000}, 1.)}});
  std::mt19937 random(1);
  for (int i = 0; i < 20; ++i) {
    std::vector<pid_t> writers;
    for (int w = 0; w < 3; ++w) {
      writers.push_back(fork());
      if (writers.back() == 0) {
        const StateDict state{{"w", full({500'000}, double(w + 2))}};
        for (int k = 0; k < 100'000; ++k) save_safetensors(path, state);
        _exit(0);
      }
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 20'000));
    for (const pid_t writer : writers) kill(writer, SIGKILL);
    for (const pid_t writer : writers) waitpid(writer, nullptr, 0);
    const Tensor w = load_safetensors(path)[0].second;
    CHECK(all(w == w[0].item()).item<bool>());
    save_safetensors(path, {{"w", full({500'000}, 1.)}});
    CHECK(files_in(folder.path()) == 1);
  }
}

TEST_CASE("Several writers and readers of one file never see half of it") {
  const TemporaryFolder folder;
  const fs::path path = folder / "x";
  save_safetensors(path, {{"w", full({1000}, 0.)}});
  std::vector<std::thread> writers;
  for (int w = 0; w < 3; ++w)
    writers.emplace_back([&, w] {
      for (int i = 0; i < 30; ++i)
        save_safetensors(path, {{"w", full({1000 + 500 * w}, double(w))}});
    });
  for (int i = 0; i < 100; ++i) {
    const Tensor t = load_safetensors(path)[0].second;
    CHECK(all(t == t[0].item()).item<bool>());
  }
  for (std::thread& writer : writers) writer.join();
  CHECK(load_safetensors(path).size() == 1);
}

TEST_CASE("Headers that lie about their length") {
  const TemporaryFolder folder;
  const auto message = [&](const std::string& file) {
    return message_of([&] { load_safetensors(write(folder / "x", file)); });
  };
  const LargestAllocation largest;
  CHECK(contains(message(""), "expected a safetensors file, which has at least 8 bytes, got 0"));
  CHECK(contains(message("1234567"), "got 7"));
  CHECK(contains(message(std::string("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF{}", 10)),
                 "expected a header of at most 100000000 bytes, got 18446744073709551615"));
  CHECK(contains(message(std::string("\x01\xE1\xF5\x05\0\0\0\0{}", 10)),
                 "at most 100000000 bytes, got 100000001"));
  CHECK(contains(message(std::string("\0\xE1\xF5\x05\0\0\0\0{}", 10)),
                 "expected a header of 100000000 bytes, but only 2 follow"));
  CHECK(contains(message(std::string("\3\0\0\0\0\0\0\0{}", 10)),
                 "expected a header of 3 bytes, but only 2 follow"));
  CHECK(contains(message(std::string("\0\0\0\0\0\0\0\0", 8)), "begins with {, got an empty one"));
  CHECK(largest.bytes() < 1 << 20);
  CHECK_FAILS(load_safetensors(folder / "absent"),
              "absent: cannot be read: No such file or directory");
  CHECK_FAILS(load_safetensors(folder.path()),
              folder.path().string() + ": cannot be read: it is not a regular file");
}

TEST_CASE("Headers that are no header") {
  CHECK(contains(refusal("[]"), "begins with {, got ["));
  CHECK(contains(refusal(" {}"), "begins with {, got  "));
  CHECK(contains(refusal("{"), "the header is not valid JSON: parse error"));
  CHECK(contains(refusal("{}x"), "the header is not valid JSON"));
  CHECK(contains(refusal("{}{}"), "the header is not valid JSON"));
  CHECK(contains(refusal("{\"\xFF\":{}}"), "the header is not valid JSON"));
  CHECK(refusal(R"({"w":1})") == "expected an object behind the name \"w\", got 1");
  CHECK(refusal(R"({"w":null})") == "expected an object behind the name \"w\", got null");
  CHECK(refusal(R"({"w":[]})") == "expected an object behind the name \"w\", got a list");
  CHECK(refusal(R"({"w":{}})") == "tensor \"w\": there is no dtype");
  CHECK(refusal(R"({"w":{"dtype":"F32","shape":[]}})") == "tensor \"w\": there is no data_offsets");
  CHECK(refusal(R"({"w":{"dtype":32}})") == "expected a text behind dtype of tensor \"w\", got 32");
  CHECK(refusal(R"({"w":{"shape":2}})") == "expected a list behind shape of tensor \"w\", got 2");
  CHECK(refusal(R"({"w":{"shape":[-1]}})") ==
        "expected whole numbers from 0 in shape of tensor \"w\", got -1");
  CHECK(refusal(R"({"w":{"shape":[1.5]}})") ==
        "expected whole numbers from 0 in shape of tensor \"w\", got 1.5");
  CHECK(refusal(R"({"w":{"shape":[[1]]}})") ==
        "expected whole numbers from 0 in shape of tensor \"w\", got a list");
  CHECK(refusal(R"({"w":{"shape":["1"]}})") ==
        "expected whole numbers from 0 in shape of tensor \"w\", got \"1\"");
  CHECK(
      refusal(R"({"w":{"shape":[18446744073709551616]}})")
          .starts_with(
              "expected whole numbers from 0 in shape of tensor \"w\", got 18446744073709551616"));
  CHECK(refusal(R"({"w":{"shape":[9223372036854775808]}})") ==
        "tensor \"w\": expected numbers that 63 bits can hold in shape, got 9223372036854775808");
  CHECK(refusal(R"({"w":{"colour":1}})") ==
        "tensor \"w\": expected dtype, shape and data_offsets, got \"colour\"");
  CHECK(refusal(R"({"w":{"dtype":"F32","dtype":"F64"}})") ==
        "tensor \"w\": \"dtype\" occurs twice");
  CHECK(refusal("{" + entry("w", "F32", "[]", "[0,4,8]") + "}") ==
        "tensor \"w\": expected two data_offsets, got more");
  CHECK(refusal("{" + entry("w", "F32", "[]", "[0]") + "}") ==
        "tensor \"w\": expected two data_offsets, got 1");
  CHECK(refusal(R"({"__metadata__":{"n":1}})") == "expected a text behind the note \"n\", got 1");
  CHECK(refusal(R"({"__metadata__":{"n":{}}})") ==
        "expected a text behind the note \"n\", got an object");
  CHECK(refusal(R"({"__metadata__":{"n":"1","n":"2"}})") == "\"__metadata__\": \"n\" occurs twice");
  CHECK(refusal(R"({"__metadata__":null,"__metadata__":{}})") ==
        "the name \"__metadata__\" occurs twice");
  CHECK(refusal(R"({"__metadata__":{"n":null}})") ==
        "expected a text behind the note \"n\", got null");
  CHECK(refusal("{\"a\\u001b\\r\":1}") ==
        "expected an object behind the name \"a\\x1b\\r\", got 1");
  CHECK(refusal(R"({"__metadata__":{},"__metadata__":{}})") ==
        "the name \"__metadata__\" occurs twice");
  const std::string w = entry("w", "F32", "[]", "[0,4]");
  CHECK(refusal("{" + w + "," + w + "}", "1234") == "the name \"w\" occurs twice");
  CHECK(contains(refusal("{\"w\":" + std::string(100'000, '[')), "got a list"));
  CHECK(contains(refusal(R"({"w":{"shape":)" + std::string(100'000, '[')), "got a list"));
  std::string deep = "{";
  for (int i = 0; i < 10'000; ++i) deep += "\"w\":{";
  CHECK(contains(refusal(deep), "tensor \"w\": expected dtype"));
}

TEST_CASE("Offsets that do not fit") {
  const std::string eight(8, '\0');
  const auto one = [&](const std::string& dtype, const std::string& shape,
                       const std::string& offsets) {
    return refusal("{" + entry("w", dtype, shape, offsets) + "}", eight);
  };
  CHECK(one("F32", "[2]", "[0,12]") ==
        "tensor \"w\": expected offsets from 0 to 8, the end of the file, got [0, 12]");
  CHECK(one("F32", "[2]", "[8,0]") ==
        "tensor \"w\": expected offsets from 0 to 8, the end of the file, got [8, 0]");
  CHECK(contains(one("F32", "[2]", "[0,9223372036854775807]"), "expected offsets from 0 to 8"));
  CHECK(one("F32", "[1]", "[4,8]") ==
        "tensor \"w\": expected it to begin at offset 0, where the one before ends, got 4: there "
        "is a gap");
  CHECK(one("F32", "[1]", "[0,4]") ==
        "expected the tensors to end where the file ends, at offset 8, got 4");
  CHECK(one("F32", "[3]", "[0,8]") ==
        "tensor \"w\": expected 12 bytes for F32 [3], got 8 between its offsets");
  CHECK(one("F64", "[2]", "[0,8]") ==
        "tensor \"w\": expected 16 bytes for F64 [2], got 8 between its offsets");
  CHECK(one("F32", "[1]", "[0,8]") ==
        "tensor \"w\": expected 4 bytes for F32 [1], got 8 between its offsets");
  CHECK(one("F16", "[4]", "[0,8]") ==
        "tensor \"w\": expected a dtype of F32, F64, I64 or BOOL, got \"F16\"");
  CHECK(contains(one("F32", "[4294967296,4294967296]", "[0,8]"),
                 "more elements than 63 bits can count"));
  CHECK(
      contains(one("F64", "[4611686018427387904]", "[0,8]"), "more bytes than 63 bits can count"));
  CHECK(contains(one("F32", "[0,4611686018427387904,4611686018427387904]", "[0,0]"),
                 "more elements than 63 bits can count"));
  CHECK(refusal(
            "{" + entry("a", "F32", "[1]", "[0,4]") + "," + entry("b", "F32", "[1]", "[0,4]") + "}",
            "1234") ==
        "tensor \"b\": expected it to begin at offset 4, where the one before ends, got 0: they "
        "overlap");
  CHECK(contains(refusal("{" + entry("a", "F32", "[2]", "[0,8]") + "," +
                             entry("b", "F32", "[1]", "[4,8]") + "}",
                         eight),
                 "they overlap"));
  CHECK(refusal("{}", "x") ==
        "expected the tensors to end where the file ends, at offset 1, got 0");
  CHECK(refusal("{" + entry("w", "BOOL", "[1]", "[0,1]") + "}", "\2") ==
        "tensor \"w\": expected bools of 0 or 1, got another byte");
}

TEST_CASE("Damaged safetensors files are read or refused") {
  const TemporaryFolder folder;
  save_safetensors(folder / "good", some_tensors(), {{"note", "text"}});
  int loaded = 0, refused = 0;
  for_each_damaged(read(folder / "good"), 10'000, [&](const std::string& file) {
    write(folder / "bad", file);
    const LargestAllocation largest;
    try {
      load_safetensors(folder / "bad");
      ++loaded;
    } catch (const Error&) {
      ++refused;
    }
    if (largest.bytes() > 1 << 20)
      FAIL_CHECK("took " << largest.bytes() << " bytes for a file of " << file.size());
  });
  MESSAGE(loaded << " loaded, " << refused << " refused");
  CHECK(loaded > 100);
  CHECK(refused > 5000);
}

TEST_CASE("Tensors are read without a second copy") {
  const TemporaryFolder folder;
  save_safetensors(folder / "x", {{"a", zeros({1'000'000})}, {"b", zeros({500'000})}});
  const LargestAllocation largest;
  load_safetensors(folder / "x");
  CHECK(largest.bytes() <= 4'200'000);  // the larger one in whole pages of 2 MB; the file has 6 MB
}

TEST_CASE("read_safetensors_header stops where the elements begin") {
  std::istringstream file(with_length("{" + entry("w", "F32", "[1]", "[0,4]") + "}", "1234"));
  const SafetensorsHeader header = read_safetensors_header(file, file.view().size(), "memory");
  CHECK(header.tensors.at(0).name == "w");
  CHECK(header.tensors.at(0).end == 4);
  std::string rest;
  file >> rest;
  CHECK(rest == "1234");
  std::istringstream cut(with_length("{}", ""));
  CHECK_FAILS(read_safetensors_header(cut, 7, "memory"), "memory: ");
}
