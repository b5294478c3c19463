//===----------------------------------------------------------------------===//
// Kernels behind a program.
//===----------------------------------------------------------------------===//
#include "tools/gpu-check/Bundle.h"

#include "codegen/gpu/reference/References.h"
#include "runtime/UserError.h"

#include <array>
#include <cstring>
#include <fstream>
#include <sstream>

using namespace flm;
using namespace flm::gpucheck;
using flmrt::UserError;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

/// The last bytes of a file with a bundle.
struct Footer {
  static constexpr std::array<char, 8> ours = {'F', 'L', 'M', 'G',
                                               'P', 'U', 'C', '1'};
  uint64_t manifestBytes = 0, imageBytes = 0;
  std::array<char, 8> magic = ours;
};

} // namespace

static std::string readFile(const fs::path &path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream contents;
  contents << file.rdbuf();
  if (!file)
    throw UserError("cannot read '" + path.string() + "'");
  return contents.str();
}

static gpuref::KernelDescription parse(const std::string &text,
                                       const std::string &where) {
  std::string problem;
  auto description = gpuref::KernelDescription::parse(text, problem);
  if (!description)
    throw UserError(where + ": " + problem);
  if (!gpuref::findReference(*description))
    throw UserError(where + ": '" + description->name +
                    "' has no reference; add one to codegen/gpu/reference");
  return *description;
}

/// Throws UserError unless `kernel` can be called with `sizes`.
static void requireCallable(const gpuref::KernelDescription &kernel,
                            const Sizes &sizes, const std::string &where) {
  if (sizes.size() != kernel.scalarCount())
    throw UserError(where + ": '" + kernel.name + "' takes " +
                    std::to_string(kernel.scalarCount()) + " sizes, not " +
                    describe(sizes));
  for (const gpuref::Argument &argument : kernel.arguments) {
    if (argument.kind == gpuref::Argument::Kind::I32)
      continue;
    std::string problem = argument.check(argument.shapeFor(sizes));
    if (!problem.empty())
      throw UserError(where + ": '" + kernel.name + "' " + describe(sizes) +
                      ": " + problem);
  }
}

Bundle flm::gpucheck::readBundle(const fs::path &path) {
  std::string file = readFile(path);
  Footer footer;
  if (file.size() < sizeof footer)
    footer.magic = {};
  else
    std::memcpy(&footer, file.data() + file.size() - sizeof footer,
                sizeof footer);
  if (footer.magic != Footer::ours)
    throw UserError("this gpu-check carries no kernels; build a bundle with "
                    "tools/gpu-check/build-bundle.sh");
  size_t images = file.size() - sizeof footer - footer.imageBytes;
  json manifest = json::parse(
      file.substr(images - footer.manifestBytes, footer.manifestBytes));
  Bundle bundle;
  bundle.origin = manifest["origin"];
  for (const json &entry : manifest["kernels"]) {
    BundledKernel kernel{entry["attribute"],
                         ::parse(entry["description"].dump(), "the bundle"),
                         file.substr(images, entry["image_bytes"]),
                         {}};
    images += kernel.image.size();
    for (const json &run : entry["cases"])
      kernel.cases.push_back(
          {run["sizes"], run["reference"], run["timed"], run["label"]});
    bundle.kernels.push_back(std::move(kernel));
  }
  return bundle;
}

void flm::gpucheck::writeBundle(const fs::path &program,
                                const fs::path &listFile,
                                const fs::path &folder,
                                const std::string &origin,
                                const fs::path &out) {
  std::ifstream list(listFile);
  if (!list)
    throw UserError("cannot read '" + listFile.string() + "'");
  json kernels = json::array();
  std::string images;
  for (const ListedKernel &kernel : readKernelList(list, listFile.string())) {
    fs::path stem = folder / std::to_string(kernels.size());
    std::string text = readFile(stem.string() + ".json"),
                image = readFile(stem.string() + ".fatbin");
    gpuref::KernelDescription description = ::parse(text, kernel.attribute);
    json cases = json::array();
    for (const Case &run : kernel.cases) {
      requireCallable(description, run.sizes, listFile.string());
      requireCallable(description, run.reference, listFile.string());
      cases.push_back({{"sizes", run.sizes},
                       {"reference", run.reference},
                       {"timed", run.timed},
                       {"label", run.label}});
    }
    kernels.push_back({{"attribute", kernel.attribute},
                       {"description", json::parse(text)},
                       {"image_bytes", image.size()},
                       {"cases", std::move(cases)}});
    images += image;
  }
  std::string manifest =
      json{{"origin", origin}, {"kernels", std::move(kernels)}}.dump();

  fs::copy_file(program, out, fs::copy_options::overwrite_existing);
  std::ofstream file(out, std::ios::binary | std::ios::app);
  Footer footer;
  footer.manifestBytes = manifest.size();
  footer.imageBytes = images.size();
  file << manifest << images;
  file.write(reinterpret_cast<const char *>(&footer), sizeof footer);
  file.close();
  if (!file)
    throw UserError("cannot write '" + out.string() + "'");
}
