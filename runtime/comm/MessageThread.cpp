//===----------------------------------------------------------------------===//
// A queue with one thread behind it.
//===----------------------------------------------------------------------===//
#include "runtime/comm/MessageThread.h"

using namespace flmrt;

static constexpr auto pollEvery = std::chrono::microseconds(200);

MessageThread::MessageThread(const TransportFactory &createTransport,
                             bool isAlone) {
  if (isAlone) {
    messages = createTransport();
    return;
  }
  thread =
      std::thread([this, createTransport] { threadMain(createTransport); });
  std::unique_lock<std::mutex> lock(mutex);
  changed.wait(lock, [&] { return isReady; });
  lock.unlock();
  if (startFailure) {
    thread.join();
    std::rethrow_exception(startFailure);
  }
}

MessageThread::~MessageThread() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    isStopping = true;
  }
  changed.notify_all();
  if (thread.joinable())
    thread.join();
}

void MessageThread::threadMain(const TransportFactory &createTransport) {
  try {
    messages = createTransport();
  } catch (...) {
    startFailure = std::current_exception();
  }
  {
    std::lock_guard<std::mutex> lock(mutex);
    isReady = true;
  }
  changed.notify_all();
  if (!startFailure)
    serve();
}

void MessageThread::serve() {
  std::unique_lock<std::mutex> lock(mutex);
  for (;;) {
    auto hasWork = [&] { return !works.empty() || isWoken || isStopping; };
    // Messages under way need somebody who looks after them.
    if (isUnderWay)
      changed.wait_for(lock, pollEvery, hasWork);
    else
      changed.wait(lock, hasWork);
    if (works.empty() && isStopping)
      return;
    isWoken = false;
    Work work;
    if (!works.empty()) {
      work = std::move(works.front());
      works.pop_front();
    }
    lock.unlock();
    advanceBackground();
    if (work)
      work();
    lock.lock();
  }
}

void MessageThread::post(Work work) {
  if (!thread.joinable())
    return work();
  {
    std::lock_guard<std::mutex> lock(mutex);
    works.push_back(std::move(work));
  }
  changed.notify_all();
}

void MessageThread::postFirst(Work work) {
  if (!thread.joinable())
    return work();
  {
    std::lock_guard<std::mutex> lock(mutex);
    works.push_front(std::move(work));
  }
  changed.notify_all();
}

void MessageThread::run(const Work &work) {
  if (!thread.joinable())
    return work();
  bool isDone = false;
  std::exception_ptr failure;
  post([&] {
    try {
      work();
    } catch (...) {
      failure = std::current_exception();
    }
    // Told under the lock: the waiting thread owns what it waits with.
    std::lock_guard<std::mutex> lock(mutex);
    isDone = true;
    changed.notify_all();
  });
  std::unique_lock<std::mutex> lock(mutex);
  changed.wait(lock, [&] { return isDone; });
  lock.unlock();
  if (failure)
    std::rethrow_exception(failure);
}

void MessageThread::setBackground(std::function<bool()> advance) {
  run([&] {
    background = std::move(advance);
    isUnderWay = false;
  });
}

void MessageThread::wake() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    isWoken = true;
  }
  changed.notify_all();
}

void MessageThread::advanceBackground() {
  isUnderWay = background && background();
}
