//===----------------------------------------------------------------------===//
// Reading the list of kernels.
//===----------------------------------------------------------------------===//
#include "tools/gpu-check/KernelList.h"

#include "runtime/UserError.h"

#include <sstream>

using namespace flm::gpucheck;
using flmrt::UserError;

namespace {

/// Reads lines, and knows where it is when one is wrong.
class ListReader {
public:
  ListReader(std::istream &is, const std::string &name) : is(is), name(name) {}

  std::vector<ListedKernel> read() {
    for (std::string line; std::getline(is, line);) {
      ++number;
      if (line.empty() || line[0] == '#')
        continue;
      std::istringstream words(line);
      std::string first;
      if (words >> first)
        add(first, words);
    }
    return std::move(kernels);
  }

private:
  [[noreturn]] void fail(const std::string &what) const {
    throw UserError(name + ":" + std::to_string(number) + ": " + what);
  }

  static std::string rest(std::istream &words) {
    std::string text;
    std::getline(words >> std::ws, text);
    return text;
  }

  void add(const std::string &first, std::istream &words) {
    if (first == "kernel") {
      kernels.push_back({rest(words), {}});
      if (kernels.back().attribute.rfind("#flm_gpu.", 0) != 0)
        fail("expected 'kernel #flm_gpu....'");
      for (size_t i = 0; i + 1 < kernels.size(); ++i)
        if (kernels[i].attribute == kernels.back().attribute)
          fail("this kernel is listed already; add the sizes there");
      return;
    }
    if (first != "check" && first != "time")
      fail("expected 'kernel', 'check' or 'time', found '" + first + "'");
    if (kernels.empty())
      fail("'" + first + "' before any 'kernel'");
    kernels.back().cases.push_back(readCase(first == "time", words));
  }

  Case readCase(bool timed, std::istream &words) {
    Case result;
    result.timed = timed;
    result.sizes = result.reference = readSizes(words);
    result.label = rest(words);
    if (result.label.rfind("as ", 0) == 0) {
      std::istringstream after(result.label.substr(3));
      result.reference = readSizes(after);
      result.label = rest(after);
      if (result.reference.size() != result.sizes.size())
        fail("'as' has " + std::to_string(result.reference.size()) +
             " sizes, expected " + std::to_string(result.sizes.size()));
      for (size_t i = 0; i < result.sizes.size(); ++i)
        if (result.reference[i] > result.sizes[i])
          fail("'as' has a larger size than the case: " +
               std::to_string(result.reference[i]));
    }
    return result;
  }

  Sizes readSizes(std::istream &words) {
    std::string text;
    words >> text;
    Sizes sizes;
    std::istringstream list(text);
    for (std::string size; std::getline(list, size, ',');) {
      bool isNumber = !size.empty() && size.size() < 10 &&
                      size.find_first_not_of("0123456789") == std::string::npos;
      if (!isNumber || std::stoll(size) == 0)
        fail("expected sizes such as 200,328,264, found '" + text + "'");
      sizes.push_back(std::stoll(size));
    }
    if (sizes.empty())
      fail("expected sizes such as 200,328,264");
    return sizes;
  }

  std::istream &is;
  const std::string &name;
  int number = 0;
  std::vector<ListedKernel> kernels;
};

} // namespace

std::vector<ListedKernel>
flm::gpucheck::readKernelList(std::istream &is, const std::string &name) {
  return ListReader(is, name).read();
}

std::string flm::gpucheck::describe(const Sizes &sizes) {
  std::string result;
  for (int64_t size : sizes)
    result += (result.empty() ? "" : "x") + std::to_string(size);
  return result;
}
