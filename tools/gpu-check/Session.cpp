//===----------------------------------------------------------------------===//
// Asking the worker and the peer, and surviving what a kernel does to the
// worker.
//===----------------------------------------------------------------------===//
#include "tools/gpu-check/Session.h"

#include "runtime/UserError.h"

#include <algorithm>
#include <cmath>
#include <iostream>

using namespace flm;
using namespace flm::gpucheck;
using flmrt::UserError;
using nlohmann::json;

/// A first use of a GPU, and of PyTorch, may take this long.
static constexpr Phase openPhase{"opening the GPU", 120};
static constexpr double peerSeconds = 120;

double flm::gpucheck::median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle]
                                : (values[middle - 1] + values[middle]) / 2;
}

Session::Session(const std::vector<BundleRun> &runs, SessionOptions options)
    : runs(runs), options(std::move(options)),
      begin(std::chrono::steady_clock::now()) {}

double Session::copyRate() const {
  return copyRates.empty() ? 0 : median(copyRates);
}

bool Session::timeIsUp() const {
  std::chrono::duration<double> passed =
      std::chrono::steady_clock::now() - begin;
  return passed.count() > options.minutes * 60;
}

Phase Session::phaseNamed(const std::string &name) const {
  if (name == runPhase.name)
    return {runPhase.name, options.kernelSeconds};
  for (const Phase &phase : {referencePhase, loadPhase, comparePhase})
    if (name == phase.name)
      return phase;
  return openPhase;
}

json Session::ask(const json &request) {
  worker->send(request.dump());
  Phase phase = openPhase;
  for (;;) {
    std::string line;
    switch (worker->receive(line, phase.seconds)) {
    case ChildProcess::Event::Timeout:
      return {{"failed",
               "hangs: " + std::string(phase.name) + " did not end within " +
                   std::to_string(static_cast<int>(phase.seconds)) + " s"}};
    case ChildProcess::Event::Ended:
      return {{"failed",
               "the process " + worker->ending() + " while " + phase.name}};
    case ChildProcess::Event::Line:
      json reply = json::parse(line, nullptr, false);
      if (!reply.is_object())
        return {{"failed", "the process said: " + line}};
      if (!reply.contains("phase"))
        return reply;
      phase = phaseNamed(reply["phase"]);
    }
  }
}

json Session::askPeer(const json &request) {
  if (!peer)
    return json::object();
  peer->send(request.dump());
  std::string line;
  json reply;
  if (peer->receive(line, peerSeconds) == ChildProcess::Event::Line)
    reply = json::parse(line, nullptr, false);
  if (!reply.is_object()) {
    std::cerr << "gpu-check: the peer does not answer; going on without it\n";
    peerName = "none: it stopped answering";
    peer.reset();
    return json::object();
  }
  return reply;
}

void Session::startWorker(size_t first) {
  worker.reset();
  std::vector<std::string> command = options.worker;
  command.push_back(std::to_string(first));
  worker = std::make_unique<ChildProcess>(command);
  json reply = ask({{"do", "open"}});
  if (reply.contains("failed"))
    throw UserError(reply["failed"].get<std::string>());
  deviceInfo = reply["device"];
}

void Session::startPeer() {
  if (options.peer.empty()) {
    peerName = "none asked for";
    return;
  }
  peer = std::make_unique<ChildProcess>(options.peer);
  json reply = askPeer({{"do", "open"}});
  if (reply.contains("peer")) {
    peerName = reply["peer"];
  } else if (peer) {
    peerName = "none: " + reply.value("why", "it cannot start");
    peer.reset();
  }
}

std::vector<RunResult> Session::run() {
  startWorker(0);
  startPeer();
  std::vector<RunResult> results;
  for (size_t i = 0; i < runs.size(); ++i) {
    std::cerr << "[" << i + 1 << "/" << runs.size() << "] " << runs[i].name()
              << std::flush;
    results.push_back(runOne(i));
    const RunResult &result = results.back();
    std::cerr << (result.why.empty()
                      ? ": ok"
                      : (result.verdict == RunResult::Verdict::Wrong
                             ? ": WRONG: "
                             : ": skipped: ") +
                            result.why)
              << '\n';
  }
  return results;
}

RunResult Session::runOne(size_t index) {
  const BundleRun &planned = runs[index];
  RunResult result;
  result.planned = &planned;
  auto judge = [&](RunResult::Verdict verdict, const std::string &why) {
    result.verdict = verdict;
    result.why = why;
    return result;
  };
  if (!lost.empty())
    return judge(RunResult::Verdict::Skipped, lost);
  if (planned.run->timed && timeIsUp())
    return judge(RunResult::Verdict::Skipped, "the time was up (--minutes)");
  json reply = ask({{"do", "prepare"}, {"run", index}});
  if (reply.contains("skipped"))
    return judge(RunResult::Verdict::Skipped, reply["skipped"]);
  if (!reply.contains("failed")) {
    result.error =
        reply["error"].is_number() ? reply["error"].get<double>() : INFINITY;
    if (reply.contains("repeatable"))
      result.repeatable = reply["repeatable"].get<bool>();
    if (reply.contains("wrong"))
      return judge(RunResult::Verdict::Wrong, reply["wrong"]);
    if (!planned.run->timed)
      return result;
    try {
      measure(result);
      return result;
    } catch (const UserError &error) {
      reply = {{"failed", error.what()}};
    }
  }
  // That process is of no use any more. What is known is told in any case.
  try {
    startWorker(index + 1);
  } catch (const UserError &error) {
    lost = std::string("the GPU can not be used any more: ") + error.what();
  }
  return judge(RunResult::Verdict::Wrong, reply["failed"]);
}

double Session::measureCopy() {
  json reply = ask({{"do", "copy"}});
  if (reply.contains("failed"))
    throw UserError(reply["failed"].get<std::string>());
  copyRates.push_back(reply["bytes_per_second"]);
  return copyRates.back();
}

/// What a peer must know to do the same work.
static json describeForPeer(const BundleRun &planned) {
  const gpuref::KernelDescription &kernel = planned.kernel->description;
  json tensors = json::object();
  for (const gpuref::Argument &argument : kernel.arguments)
    if (argument.kind != gpuref::Argument::Kind::I32)
      tensors[argument.name] = {
          {"shape", argument.shapeFor(planned.run->sizes)},
          {"type", argument.type == gpuref::ElementType::BF16  ? "bf16"
                   : argument.type == gpuref::ElementType::F32 ? "f32"
                                                               : "i32"}};
  return {{"do", "prepare"}, {"problem", kernel.problem}, {"tensors", tensors}};
}

void Session::measure(RunResult &result) {
  bool countsFlops = workOf(*result.planned).flops > 0;
  bool hasPeer =
      countsFlops &&
      askPeer(describeForPeer(*result.planned)).value("ready", false);
  std::vector<double> ours, copies;
  std::map<std::string, std::vector<double>> theirs;
  for (int round = 0; round < options.rounds; ++round) {
    json reply = ask({{"do", "round"}});
    if (reply.contains("failed"))
      throw UserError(reply["failed"].get<std::string>());
    ours.push_back(reply["seconds"]);
    if (!countsFlops)
      copies.push_back(measureCopy());
    if (!hasPeer)
      continue;
    json answer = askPeer({{"do", "round"}});
    for (auto &[name, seconds] : answer["seconds"].items())
      theirs[name].push_back(seconds);
  }
  result.seconds = median(ours);
  for (auto &[name, seconds] : theirs)
    result.peerSeconds[name] = median(seconds);
  if (!copies.empty())
    result.copyRate = median(copies);
}
