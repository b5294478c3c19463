// RUN: flm-opt %s --flm-approximate-math -split-input-file -verify-diagnostics | FileCheck %s
// RUN: flm-opt %s --flm-approximate-math=fused-multiply-add=false -split-input-file -verify-diagnostics | FileCheck %s --check-prefix=NO-FMA
// NO-FMA-NOT: math.fma

// Polynomials for vectors and scalars of f32.
// CHECK-LABEL: func.func @polynomials
// CHECK-NOT: math.{{(exp|log|tanh|sin|cos|erf|powf|exp2)}}
// CHECK: math.fma %{{.*}} : vector<8xf32>
// CHECK: return
func.func @polynomials(%x: vector<8xf32>, %y: vector<8xf32>, %s: f32) -> (vector<8xf32>, f32) {
  %0 = math.exp %x : vector<8xf32>
  %1 = math.log %0 : vector<8xf32>
  %2 = math.tanh %1 : vector<8xf32>
  %3 = math.sin %2 : vector<8xf32>
  %4 = math.cos %3 : vector<8xf32>
  %5 = math.erf %4 : vector<8xf32>
  %6 = math.exp2 %5 : vector<8xf32>
  %7 = math.powf %6, %y : vector<8xf32>
  %8 = math.exp %s : f32
  return %7, %8 : vector<8xf32>, f32
}

// Narrow types are computed in f32.
// CHECK-LABEL: func.func @narrow
// CHECK: arith.extf %{{.*}} : vector<8xbf16> to vector<8xf32>
// CHECK-NOT: math.exp
// CHECK: arith.truncf %{{.*}} : vector<8xf32> to vector<8xbf16>
func.func @narrow(%x: vector<8xbf16>) -> vector<8xbf16> {
  %0 = math.exp %x : vector<8xbf16>
  return %0 : vector<8xbf16>
}

// What is an instruction stays.
// CHECK-LABEL: func.func @instructions
// CHECK: math.sqrt %{{.*}} : vector<8xf32>
// CHECK: math.rsqrt %{{.*}} : vector<8xf32>
// CHECK: math.floor %{{.*}} : vector<8xf32>
// CHECK: math.absf %{{.*}} : vector<8xf32>
func.func @instructions(%x: vector<8xf32>) -> vector<8xf32> {
  %0 = math.sqrt %x : vector<8xf32>
  %1 = math.rsqrt %0 : vector<8xf32>
  %2 = math.floor %1 : vector<8xf32>
  %3 = math.absf %2 : vector<8xf32>
  return %3 : vector<8xf32>
}

// A scalar of f64 keeps its one call.
// CHECK-LABEL: func.func @scalar_f64
// CHECK: math.exp %{{.*}} : f64
func.func @scalar_f64(%x: f64) -> f64 {
  %0 = math.exp %x : f64
  return %0 : f64
}

// -----

func.func @no_approximation(%x: vector<4xf64>) -> vector<4xf64> {
  // expected-error @below {{has no vector approximation on 'vector<4xf64>' and would call libm once per lane; compute it in f32, or give it a polynomial in the pass flm-approximate-math}}
  %0 = math.exp %x : vector<4xf64>
  return %0 : vector<4xf64>
}
