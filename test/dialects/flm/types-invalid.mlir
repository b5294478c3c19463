// RUN: flm-opt %s -verify-diagnostics -split-input-file

// expected-error @below {{a dim must be positive}}
func.func private @f(!flm.tensor<[batch=0] f32>)

// -----

// expected-error @below {{a dim must be positive}}
func.func private @f(!flm.tensor<[batch=-2] f32>)

// -----

// expected-error @below {{expected '>'}}
func.func private @f(!flm.tensor<[batch=2] f16>)

// -----

// expected-error @below {{split(seq) over 'tp' names no dim of [batch=2, hidden=4]}}
func.func private @f(!flm.tensor<[batch=2, hidden=4] f32 on {tp: split(seq)}>)

// -----

// expected-error @below {{axis 'tp' has two states}}
func.func private @f(!flm.tensor<[batch=2] f32 on {tp: split(batch), tp: partial(sum)}>)

// -----

// expected-error @below {{expected split(dim), split(*), partial(sum|max) or at(first|last)}}
func.func private @f(!flm.tensor<[batch=2] f32 on {tp: replicated(batch)}>)

// -----

// expected-error @below {{a partial is a sum or a max, not 'min'}}
func.func private @f(!flm.tensor<[batch=2] f32 on {tp: partial(min)}>)

// -----

flm.program @p of @c() {
  // expected-error @below {{expected a tensor with named dims, got 'tensor<2xf32>'}}
  %x = fill 0.0 : tensor<2xf32>
  return
}

// -----

// expected-error @below {{split(seq) over 'tp' and over 'dp'; only one axis may split a dim}}
!two_axes = !flm.tensor<[seq=4, hidden=4] f32 on {dp: split(seq), tp: split(seq)}>
