//===----------------------------------------------------------------------===//
// Which tokens a step sees.
//===----------------------------------------------------------------------===//
#include "runtime/data/BatchSource.h"
#include "runtime/data/WindowPermutation.h"
#include "test/runtime/data/TemporaryFolder.h"
#include "tools/flm-data/TokenFileWriter.h"

#include <numeric>
#include <set>

using namespace flmrt;

namespace {
/// The tokens 0, 1, 2, …, so that a token is its own position.
class BatchSourceTest : public testing::Test {
protected:
  TokenFile counting(int32_t size) {
    std::vector<int32_t> tokens(size);
    std::iota(tokens.begin(), tokens.end(), 0);
    TokenFileWriter writer(folder.path("t.bin"), true);
    writer.append(tokens);
    writer.finish();
    writer.commit();
    return TokenFile::open(folder.path("t.bin"), 0);
  }
  TemporaryFolder folder;
};

TEST_F(BatchSourceTest, InOrderAndWrapping) {
  // 3 windows of 4 (positions 0, 4, 8) and 2 tokens that fill none.
  const TokenFile file = counting(15);
  const BatchSource source(file, 4, 2, Shuffle::None, 0);
  EXPECT_EQ(source.windows(), 3);
  for (int64_t step = 0; step < 9; ++step) {
    std::vector<int32_t> tokens(8, -1), targets(8, -1);
    source.batch(step, tokens.data(), targets.data());
    for (int i = 0; i < 2; ++i)
      for (int t = 0; t < 4; ++t) {
        const int32_t expected = (step * 2 + i) % 3 * 4 + t;
        EXPECT_EQ(tokens[i * 4 + t], expected) << "step " << step;
        EXPECT_EQ(targets[i * 4 + t], expected + 1) << "step " << step;
      }
  }
}

/// Any token of a small file counts; the same tokens in another format do not
/// make another file.
TEST_F(BatchSourceTest, AFingerprintTellsFilesApart) {
  auto fingerprintOf = [&](const std::vector<int32_t> &tokens, bool wide) {
    TokenFileWriter writer(folder.path("f.bin"), wide);
    writer.append(tokens);
    writer.finish();
    writer.commit();
    return TokenFile::open(folder.path("f.bin"), 0).fingerprint();
  };
  for (size_t size : {1, 4096, 5000, 1 << 20, (1 << 20) + 1, 3000017}) {
    std::vector<int32_t> tokens(size, 7);
    const std::string whole = fingerprintOf(tokens, true);
    EXPECT_EQ(whole.size(), 16u);
    EXPECT_EQ(fingerprintOf(tokens, false), whole);
    for (size_t at : {size_t(0), size - 1}) {
      tokens[at] = 8;
      EXPECT_NE(fingerprintOf(tokens, true), whole) << size << ", " << at;
      tokens[at] = 7;
    }
    tokens.push_back(7);
    EXPECT_NE(fingerprintOf(tokens, true), whole) << size;
  }
}

TEST_F(BatchSourceTest, LastTokenIsOnlyATarget) {
  EXPECT_EQ(BatchSource(counting(9), 4, 1, Shuffle::None, 0).windows(), 2);
  EXPECT_EQ(BatchSource(counting(8), 4, 1, Shuffle::None, 0).windows(), 1);
  int32_t token, target;
  BatchSource(counting(2), 1, 1, Shuffle::None, 0).batch(7, &token, &target);
  EXPECT_EQ(token, 0);
  EXPECT_EQ(target, 1);
}

TEST_F(BatchSourceTest, ShuffledEpochsUseEveryWindowOnce) {
  for (int64_t windows : {1, 2, 3, 5, 16, 17, 100, 257}) {
    const TokenFile file = counting(static_cast<int32_t>(windows * 3 + 1));
    for (int64_t batch : {1, 3, 7}) {
      const BatchSource source(file, 3, batch, Shuffle::Windows, 11);
      ASSERT_EQ(source.windows(), windows);
      // As many steps as end three epochs; what each epoch saw.
      std::vector<int32_t> tokens(batch * 3), targets(batch * 3);
      std::vector<std::multiset<int64_t>> seen(3);
      for (int64_t slot = 0; slot < 3 * windows; ++slot) {
        if (slot % batch == 0)
          source.batch(slot / batch, tokens.data(), targets.data());
        const int32_t first = tokens[slot % batch * 3];
        EXPECT_EQ(first % 3, 0);
        EXPECT_EQ(targets[slot % batch * 3], first + 1);
        seen[slot / windows].insert(first / 3);
      }
      for (const auto &epoch : seen) {
        EXPECT_EQ(epoch.size(), size_t(windows));
        EXPECT_EQ(std::set<int64_t>(epoch.begin(), epoch.end()).size(),
                  size_t(windows))
            << "batch " << batch;
      }
    }
  }
}

TEST_F(BatchSourceTest, BatchSizeDoesNotChangeTheOrder) {
  const TokenFile file = counting(101);
  const BatchSource one(file, 4, 1, Shuffle::Windows, 3);
  const BatchSource six(file, 4, 6, Shuffle::Windows, 3);
  std::vector<int32_t> tokens(24), targets(24), token(4), target(4);
  for (int64_t step = 0; step < 20; ++step) {
    six.batch(step, tokens.data(), targets.data());
    for (int64_t i = 0; i < 6; ++i) {
      one.batch(step * 6 + i, token.data(), target.data());
      EXPECT_TRUE(std::equal(token.begin(), token.end(), &tokens[i * 4]));
      EXPECT_TRUE(std::equal(target.begin(), target.end(), &targets[i * 4]));
    }
  }
}

TEST_F(BatchSourceTest, SeedsAndEpochsDiffer) {
  auto order = [](uint64_t seed, uint64_t epoch) {
    WindowPermutation permutation(1000, seed, epoch);
    std::vector<uint64_t> out;
    for (uint64_t i = 0; i < 1000; ++i)
      out.push_back(permutation(i));
    return out;
  };
  std::set<std::vector<uint64_t>> orders;
  for (uint64_t seed : {0, 1, 2, 3})
    for (uint64_t epoch : {0, 1, 2, 3})
      orders.insert(order(seed, epoch));
  EXPECT_EQ(orders.size(), 16u);
  // Few fixed points and few neighbours that stay neighbours (one of each is
  // expected of a random order).
  int fixed = 0, neighbours = 0;
  const std::vector<uint64_t> some = order(5, 6);
  for (uint64_t i = 0; i < 1000; ++i) {
    fixed += some[i] == i;
    neighbours += i > 0 && some[i] == some[i - 1] + 1;
  }
  EXPECT_LE(fixed, 6);
  EXPECT_LE(neighbours, 6);
}

TEST_F(BatchSourceTest, EachEpochHasAnOrderOfItsOwn) {
  const TokenFile file = counting(101);
  std::set<std::vector<int64_t>> orders;
  for (uint64_t seed : {0, 1}) {
    const BatchSource source(file, 1, 3, Shuffle::Windows, seed);
    for (int64_t epoch = 0; epoch < 4; ++epoch) {
      std::vector<int64_t> order;
      for (int64_t i = 0; i < 100; ++i)
        order.push_back(source.window(epoch * 100 + i));
      orders.insert(order);
    }
  }
  EXPECT_EQ(orders.size(), 8u);
}

TEST_F(BatchSourceTest, EveryPlaceIsAsLikely) {
  constexpr int Size = 7, Epochs = 14000;
  int counts[Size][Size] = {};
  for (int epoch = 0; epoch < Epochs; ++epoch) {
    WindowPermutation permutation(Size, 42, epoch);
    for (int i = 0; i < Size; ++i)
      ++counts[i][permutation(i)];
  }
  // Binomial with mean 2000, standard deviation 41; five of those.
  for (const auto &row : counts)
    for (int count : row)
      EXPECT_NEAR(count, Epochs / Size, 5 * 41.4);
}

TEST_F(BatchSourceTest, LargeRanges) {
  for (uint64_t size : {(uint64_t(1) << 40) + 1, uint64_t(1) << 62}) {
    WindowPermutation permutation(size, 1, 2);
    std::set<uint64_t> seen;
    for (uint64_t i = 0; i < 1000; ++i) {
      seen.insert(permutation(i));
      EXPECT_LT(permutation(size - 1 - i), size);
    }
    EXPECT_EQ(seen.size(), 1000u);
  }
}

// The order of a seed is a promise to every checkpoint: never update these.
TEST_F(BatchSourceTest, OrderIsPinned) {
  std::vector<uint64_t> order;
  WindowPermutation permutation(10, 1234, 1);
  for (uint64_t i = 0; i < 10; ++i)
    order.push_back(permutation(i));
  EXPECT_EQ(order, (std::vector<uint64_t>{7, 6, 3, 9, 2, 5, 8, 4, 0, 1}));
}

TEST_F(BatchSourceTest, RefusesShortFilesAndBadSizes) {
  const TokenFile file = counting(4);
  expectUserError([&] { BatchSource(file, 4, 1, Shuffle::None, 0); },
                  {"t.bin' has 4 tokens", "one sequence of 4", "4 + 1"});
  expectUserError([&] { BatchSource(file, INT64_MAX, 1, Shuffle::None, 0); },
                  {"has 4 tokens"});
  expectUserError([&] { BatchSource(file, 0, 1, Shuffle::None, 0); },
                  {"sequence length", "found 0"});
  expectUserError([&] { BatchSource(file, 1, 0, Shuffle::None, 0); },
                  {"batch", "found 0"});
  const BatchSource source(file, 1, 1, Shuffle::None, 0);
  int32_t token;
  EXPECT_THROW(source.batch(-1, &token, &token), std::out_of_range);
}
} // namespace
