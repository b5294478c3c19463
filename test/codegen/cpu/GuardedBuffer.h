//===----------------------------------------------------------------------===//
// Memory whose end is the end of a readable page: reading or writing one
// element beyond it crashes the test rather than passing by luck. Writes before
// its start are found by looking at a margin.
//===----------------------------------------------------------------------===//
#ifndef FLM_TEST_CODEGEN_CPU_GUARDEDBUFFER_H
#define FLM_TEST_CODEGEN_CPU_GUARDEDBUFFER_H

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>

namespace flm::cpu::test {

template <typename T> class GuardedBuffer {
public:
  explicit GuardedBuffer(size_t count) : count(count) {
    size_t page = sysconf(_SC_PAGESIZE);
    size_t readable = (margin + count * sizeof(T) + page - 1) / page * page;
    bytes = readable + page;
    memory = static_cast<unsigned char *>(
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(memory + readable, page, PROT_NONE);
    elements = reinterpret_cast<T *>(memory + readable) - count;
    std::memset(memory, 0xa5, readable);
  }
  ~GuardedBuffer() { munmap(memory, bytes); }
  GuardedBuffer(const GuardedBuffer &) = delete;
  GuardedBuffer &operator=(const GuardedBuffer &) = delete;

  T *data() { return elements; }
  T &operator[](size_t i) { return elements[i]; }
  size_t size() const { return count; }

  bool marginIntact() const {
    auto *end = reinterpret_cast<const unsigned char *>(elements);
    for (const unsigned char *p = memory; p != end; ++p)
      if (*p != 0xa5)
        return false;
    return true;
  }

private:
  static constexpr size_t margin = 256;
  size_t count, bytes;
  unsigned char *memory;
  T *elements;
};

} // namespace flm::cpu::test

#endif // FLM_TEST_CODEGEN_CPU_GUARDEDBUFFER_H
