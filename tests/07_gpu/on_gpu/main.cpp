/// The second judge of an exercise with kernels: the simulator has found nothing wrong with the
/// answer, and now the GPU runs it. `gpu_judge_7.1` runs the test cases "7.1  …", all without
/// arguments of doctest.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdio>
#include <string>

#include "kindling/check.h"
#include "kindling/cuda.h"
#include "tools/terminal.h"

namespace kindling::testing {
namespace {

/// One line for each test case, and what is wrong with the first that fails: after an error within
/// a kernel, a GPU answers every call with it.
class OnGpu : public doctest::IReporter {
 public:
  explicit OnGpu(const doctest::ContextOptions&) {}

  void test_case_start(const doctest::TestCaseData& test_case) override {
    name_ = test_case.m_name;
    wrong_.clear();
    remark_.clear();
  }
  void test_case_exception(const doctest::TestCaseException& e) override {
    if (wrong_.empty()) wrong_ = e.error_string.c_str();
  }
  void log_assert(const doctest::AssertData& data) override {
    if (data.m_failed && wrong_.empty())
      wrong_ = data.m_threw ? data.m_exception.c_str() : std::string("expected ") + data.m_expr;
  }
  void log_message(const doctest::MessageData& data) override {
    if (data.m_severity == doctest::assertType::is_warn)
      remark_ = data.m_string.c_str();
    else if (wrong_.empty())
      wrong_ = data.m_string.c_str();
  }
  void test_case_end(const doctest::CurrentTestCaseStats&) override {
    const bool is_right = wrong_.empty();
    // What is measured, and what is not looked at here, stands in a remark.
    fmt::print("  {} {}\n",
               !is_right         ? learn::cross()
               : remark_.empty() ? learn::tick()
                                 : learn::dot(),
               name_.substr(name_.find_first_not_of(' ', name_.find(' '))));
    if (is_right && !remark_.empty()) fmt::print("      {}\n", remark_);
    if (!is_right) fmt::print("      {}\n", wrong_);
    std::fflush(stdout);
  }

  void report_query(const doctest::QueryData&) override {}
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats&) override {}
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}

 private:
  std::string name_, wrong_, remark_;
};

REGISTER_REPORTER("on_gpu", 1, OnGpu);

int run(int argc, char** argv) {
  if (!cuda::is_available()) {
    fmt::print("skipped: the GPU, as there is none here that CUDA can use\n");
    return 0;
  }
  fmt::print("{}\n\n", cuda::get_device_name());
  doctest::Context context;
  context.setOption("reporters", "on_gpu");
  context.setOption("abort-after", 1);
  context.setOption("no-version", true);
  const std::string program = argv[0], number = program.substr(program.rfind('/') + 1);
  if (number.find('.') != number.npos) context.addFilter("test-case", (number + "  *").c_str());
  context.applyCommandLine(argc, argv);
  return context.run();
}

}  // namespace
}  // namespace kindling::testing

int main(int argc, char** argv) {
  try {
    return kindling::testing::run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print("{}\n", error.what());
    return 1;
  }
}
