// The chosen recipe gets the bindings of those that it derives from: theirs
// first, its own over them, and --set over all.
// RUN: flm-opt %s --flm-instantiate-model="recipe=base" | FileCheck %s --check-prefix=BASE
// RUN: flm-opt %s --flm-instantiate-model="recipe=middle" | FileCheck %s --check-prefix=MIDDLE
// RUN: flm-opt %s --flm-instantiate-model="recipe=last" | FileCheck %s --check-prefix=LAST
// RUN: flm-opt %s --flm-instantiate-model="recipe=last set=lr=0.5,std=0.25" | FileCheck %s --check-prefix=SET

// BASE: flm.recipe @base {micro_batch = 2, lr = 0.1, width = [hidden]}
// MIDDLE: flm.recipe @middle {micro_batch = 3, lr = 0.1, width = [hidden], clip = 2}
// Its micro-batch binds `batch`, too.
// LAST: flm.model @m config @c recipe @last
// LAST: (%tokens: [batch=3] i32)
// LAST: flm.recipe @last {micro_batch = 3, lr = 0.2, width = [hidden], clip = 2, precision = bf16}
// LAST-NOT: flm.recipe
// SET: flm.recipe @last {micro_batch = 3, lr = 0.5, width = [hidden], clip = 2, precision = bf16, std = 0.25}
flm.model @m dims [batch, hidden](%tokens: [batch] i32) { return }
flm.config @c of @m {hidden = 8}
flm.plan @one of @m on grid() {}
flm.recipe @last from @middle {lr = 0.2, precision = bf16}
flm.recipe @middle from @base {micro_batch = 3, clip = 2}
flm.recipe @base {micro_batch = 2, lr = 0.1, width = [hidden]}
