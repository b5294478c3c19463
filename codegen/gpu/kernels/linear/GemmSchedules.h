//===----------------------------------------------------------------------===//
// Which schedule a matrix multiplication gets: a table of measured shapes and
// of tiles, and an estimate that chooses among the tiles.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_KERNELS_LINEAR_GEMMSCHEDULES_H
#define FLM_CODEGEN_GPU_KERNELS_LINEAR_GEMMSCHEDULES_H

#include "dialects/flm_gpu/FlmGpu.h"

#include <array>

namespace flm::gpu {

/// m, n, k.
using GemmSizes = std::array<int64_t, 3>;

/// The table of GemmSchedules.txt, which explains its lines.
struct GemmScheduleTable {
  struct Tile {
    double efficiency = 0; ///< of the best tile's rate, 0 to 1
    GemmScheduleAttr schedule;
  };
  struct Shape {
    GemmLayout layout;
    GemmSizes sizes;
    double teraflops = 0;
    GemmScheduleAttr schedule;
  };
  /// Lines before the first shape, as they are: comments and tiles.
  std::string head;
  llvm::SmallVector<Tile> tiles;
  llvm::SmallVector<Shape> shapes;

  /// The table that was built in.
  static const char *builtInText();
  static GemmScheduleTable builtIn(mlir::MLIRContext *context);
  /// Reports the line that is wrong, at `name`.
  static mlir::FailureOr<GemmScheduleTable>
  parse(llvm::StringRef text, llvm::StringRef name, mlir::MLIRContext *context);
  /// The text that `parse` reads, shapes in the order of arch, layout, sizes.
  std::string text() const;

  /// Notes measurements: of those of a shape the fastest schedule remains, and
  /// the fastest that splits the inner dim, which not every caller can use.
  /// They replace what was measured of these shapes before: another card or
  /// another compiler may have been faster then.
  void replace(llvm::ArrayRef<Shape> measured);

private:
  void record(const Shape &measured);
};

/// Multiprocessors of the GPU that an arch is scheduled for: H100 SXM, A100.
int64_t multiprocessorsOf(Arch arch);

/// What a schedule is expected to cost for a problem of these sizes: the
/// multiply-adds that one multiprocessor could have done meanwhile.
///
///   waves     blocks run one per multiprocessor, in waves; the last wave takes
///             as long as the others, however few blocks it has
///   tiles     a tile that hangs over the edge of C takes as long as the others
///   overhead  each tile fills the stages first and stores C last
///   fold      the partial sums of a split inner dim are written and read again
double estimateCost(const GemmScheduleTable::Tile &tile, GemmSizes sizes,
                    int64_t multiprocessors);

/// The schedule for `gemm` (its layout, epilogue and output; its sizes and
/// schedule do not matter): that of a measured shape, or of the cheapest tile.
/// With `maxSplits` > 1, it may split the inner dim, for whoever launches the
/// second kernel too. Null if the table has no tile for the problem; the one
/// that is built in has one for each.
GemmScheduleAttr chooseGemmSchedule(const GemmScheduleTable &table,
                                    GemmAttr gemm, Arch arch, GemmSizes sizes,
                                    int64_t multiprocessors,
                                    int64_t maxSplits = 1);

/// All schedules that are worth measuring for a shape: the table's tiles for
/// the arch with every cluster, order and split that is legal and leaves each
/// block some tiles and steps.
llvm::SmallVector<GemmScheduleAttr>
candidateGemmSchedules(const GemmScheduleTable &table, GemmAttr gemm, Arch arch,
                       GemmSizes sizes, int64_t multiprocessors);

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_KERNELS_LINEAR_GEMMSCHEDULES_H
