// RUN: flm-opt %s --flm-set-target | FileCheck %s --check-prefix=DEFAULT
// RUN: flm-opt %s --flm-set-target='target=cpu cpu=x86-64-v3' | FileCheck %s --check-prefix=CHOSEN
// What is there already stays, unless something else is asked for.
// RUN: flm-opt %s --flm-set-target=cpu=x86-64-v3 | flm-opt --flm-set-target | FileCheck %s --check-prefix=CHOSEN
// RUN: flm-opt %s --flm-set-target=cpu=x86-64 | flm-opt --flm-set-target=cpu=x86-64-v3 | FileCheck %s --check-prefix=CHOSEN
// RUN: not flm-opt %s --flm-set-target=target=tpu 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// DEFAULT: module attributes {flm.cpu = "native", flm.target = "cpu"}
// CHOSEN: module attributes {flm.cpu = "x86-64-v3", flm.target = "cpu"}
// UNKNOWN: error: unknown target 'tpu'; known: cpu
