//===----------------------------------------------------------------------===//
// How the ranks of a run wait for each other.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_REFERENCE_EXCHANGE_H
#define FLM_CODEGEN_REFERENCE_EXCHANGE_H

#include "codegen/reference/RankGrid.h"
#include "codegen/reference/Reference.h"
#include "dialects/flm/Flm.h"

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>

namespace flm::reference {

/// Runs one thread per rank, of which exactly one goes on at a time, until it
/// has to wait for others. So a run is the same every time, needs no care for
/// threads elsewhere, and when nobody can go on, that is known at once: it is
/// an error that says where each rank is, never a hang.
class Exchange {
public:
  explicit Exchange(const RankGrid &grid);

  /// Runs `body` for each rank, on its own thread. Fails if one of them does,
  /// if they wait for each other for ever, or if a message is left over.
  mlir::LogicalResult
  run(mlir::Operation *program,
      llvm::function_ref<mlir::LogicalResult(int64_t rank)> body);

  /// Waits until all ranks that differ from `rank` on the axis of `op` only
  /// have come to `op` too. Gives back what they brought, by index on the axis.
  mlir::FailureOr<std::vector<Tensor>> meet(int64_t rank, CollectiveOp op,
                                            Tensor operand);
  /// Leaves `message` for the rank that `op` names; does not wait.
  void send(int64_t rank, CollectiveOp op, Tensor message);
  /// Waits for the message that `op` names.
  mlir::FailureOr<Tensor> receive(int64_t rank, CollectiveOp op);

private:
  struct Place {
    enum { Going, Waiting, Ended } state = Going;
    CollectiveOp op; ///< where it waits
    Tensor operand;
    std::vector<Tensor> met;
    std::unique_lock<std::mutex> lock;
    std::condition_variable turnCame;
  };
  struct Mailbox {
    int64_t from, to, sendId;
    bool operator<(const Mailbox &other) const {
      return std::tie(from, to, sendId) <
             std::tie(other.from, other.to, other.sendId);
    }
  };
  struct Message {
    CollectiveOp op;
    Tensor content;
  };

  llvm::SmallVector<int64_t> groupOf(int64_t rank, CollectiveOp op) const;
  Mailbox incoming(int64_t rank, CollectiveOp op) const;
  /// Lets others go on until it is this rank's turn again.
  mlir::LogicalResult wait(int64_t rank);
  void passTurn(int64_t rank);
  /// Waits on the thread of `rank`.
  void awaitTurn(int64_t rank);
  /// Ends the run with an error that names every rank's place.
  void giveUp(const llvm::Twine &why);

  const RankGrid &grid;
  mlir::Operation *program = nullptr;
  std::vector<Place> places;
  std::map<Mailbox, std::deque<Message>> mail;
  std::mutex mutex;
  int64_t turn = 0;
  bool broken = false;
};

} // namespace flm::reference

#endif // FLM_CODEGEN_REFERENCE_EXCHANGE_H
