//===----------------------------------------------------------------------===//
// What all ranks do together between calls of the program: every rank with the
// root, or one with another.
//===----------------------------------------------------------------------===//
#include "runtime/comm/Communicator.h"

#include <algorithm>

using namespace flmrt;

void Communicator::control(const char *what, Patience patience,
                           const std::function<void(Exchange &)> &body) {
  if (ranks() == 1)
    return;
  thread.run([&] {
    Exchange exchange(
        *context, Channel::Control, 0, [&] { return std::string(what); },
        patience);
    body(exchange);
  });
}

static int64_t byteCount(const std::vector<int64_t> &values) {
  return static_cast<int64_t>(values.size() * sizeof(int64_t));
}

std::vector<int64_t> Communicator::toRoot(const char *what,
                                          const std::vector<int64_t> &values) {
  std::vector<int64_t> all = values;
  control(what, Patience::Limited, [&](Exchange &exchange) {
    if (!isRoot()) {
      exchange.send(0, values.data(), byteCount(values));
      exchange.finish();
      all.clear();
      return;
    }
    all.resize(values.size() * static_cast<size_t>(ranks()));
    for (int64_t peer = 1; peer < ranks(); ++peer)
      exchange.receive(peer,
                       all.data() + static_cast<size_t>(peer) * values.size(),
                       byteCount(values));
    exchange.finish();
  });
  return all;
}

std::vector<int64_t> Communicator::largest(const char *what,
                                           std::vector<int64_t> values,
                                           Patience patience) {
  control(what, patience, [&](Exchange &exchange) {
    if (!isRoot()) {
      std::vector<int64_t> own = values;
      exchange.send(0, own.data(), byteCount(own));
      exchange.receive(0, values.data(), byteCount(values));
      exchange.finish();
      return;
    }
    const size_t count = values.size();
    std::vector<int64_t> theirs(count * static_cast<size_t>(ranks()));
    for (int64_t peer = 1; peer < ranks(); ++peer)
      exchange.receive(peer, theirs.data() + static_cast<size_t>(peer) * count,
                       byteCount(values));
    exchange.finish();
    for (size_t i = count; i < theirs.size(); ++i)
      values[i % count] = std::max(values[i % count], theirs[i]);
    for (int64_t peer = 1; peer < ranks(); ++peer)
      exchange.send(peer, values.data(), byteCount(values));
    exchange.finish();
  });
  return values;
}

std::string Communicator::fromRoot(const char *what, std::string bytes,
                                   Patience patience) {
  control(what, patience, [&](Exchange &exchange) {
    int64_t length = static_cast<int64_t>(bytes.size());
    if (isRoot()) {
      for (int64_t peer = 1; peer < ranks(); ++peer) {
        exchange.send(peer, &length, sizeof length);
        exchange.send(peer, bytes.data(), length);
      }
      return exchange.finish();
    }
    exchange.receive(0, &length, sizeof length);
    exchange.finish();
    bytes.resize(static_cast<size_t>(length));
    exchange.receive(0, bytes.data(), length);
    exchange.finish();
  });
  return bytes;
}

void Communicator::sendTo(int64_t peer, const char *what, const void *data,
                          int64_t bytes, Patience patience) {
  control(what, patience, [&](Exchange &exchange) {
    exchange.send(peer, data, bytes);
    exchange.finish();
  });
}

void Communicator::receiveFrom(int64_t peer, const char *what, void *data,
                               int64_t bytes, Patience patience) {
  control(what, patience, [&](Exchange &exchange) {
    exchange.receive(peer, data, bytes);
    exchange.finish();
  });
}
