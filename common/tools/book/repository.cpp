#include "tools/book/repository.h"

#include "tools/book/excerpt.h"
#include "tools/process.h"

namespace book {

namespace {

std::string without_end(std::string text, const std::string& end) {
  if (text.ends_with(end)) text.resize(text.size() - end.size());
  return text;
}

}  // namespace

Repository repository_at(const std::string& address) {
  const std::string text = without_end(trimmed(address), "/");
  const std::size_t scheme = text.find("://");
  if (scheme == text.npos) {
    // git@host:somebody/kindling.git: the host's web page has the same path.
    const std::size_t at = text.find('@'), colon = text.find(':');
    if (at == text.npos || colon == text.npos || colon < at || text.find('/') < colon) return {};
    const std::string path = text.substr(colon + 1);
    const std::string page = "https://" + text.substr(at + 1, colon - at - 1) +
                             (path.starts_with('/') ? "" : "/") + without_end(path, ".git");
    return {page + ".git", page};
  }
  const std::string kind = text.substr(0, scheme);
  const std::string rest = text.substr(scheme + 3), host = rest.substr(0, rest.find('/'));
  const std::size_t user = host.rfind('@');
  const std::string bare = host.substr(user == host.npos ? 0 : user + 1);
  const std::string path = rest.substr(host.size());
  if (bare.empty() || path.size() < 2) return {};
  if (kind == "https" || kind == "http")
    return {kind + "://" + bare + path, kind + "://" + bare + without_end(path, ".git")};
  // A port of ssh is none of the web's.
  if (kind == "ssh" && bare.find(':') == bare.npos)
    return {"https://" + bare + without_end(path, ".git") + ".git",
            "https://" + bare + without_end(path, ".git")};
  return {};
}

std::string remote_of(const std::filesystem::path& checkout) {
  if (!learn::on_path("git")) return "";
  const auto ask = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"git", "-C", checkout.string()});
    const learn::Outcome outcome = learn::capture({.arguments = words});
    return outcome.status == 0 ? trimmed(outcome.output) : "";
  };
  // A folder within somebody's other checkout is not that one's.
  std::error_code error;
  if (!std::filesystem::exists(checkout / ".git", error)) return "";
  const std::vector<std::string> remotes = lines_of(ask({"remote"}));
  for (const std::string& remote : remotes)
    if (remote == "origin" || remotes.size() == 1)
      return ask({"config", "--get", "remote." + remote + ".url"});
  return "";
}

}  // namespace book
