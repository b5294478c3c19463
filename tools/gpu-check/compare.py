"""Does with PyTorch what gpu-check's kernels do, to be timed next to them.

gpu-check starts it and sends a line of JSON at a time:
  {"do": "open"}        -> {"peer": "PyTorch 2.4.0, CUDA 12.4, cuDNN 9.1.0"}
                        or {"why": "there is no PyTorch"}
  {"do": "prepare", "problem": {...}, "tensors": {"a": {"shape": [...], "type": "bf16"}, ...}}
                        -> {"ready": true}, or false for what has no peer
  {"do": "round"}       -> {"seconds": {"cuBLAS": 0.0016, ...}}: of one call each

Both sides are measured alike: events around back-to-back calls for about 30 ms,
after a warm-up of a quarter of that. Operands larger than the L2 cache are not
rotated, smaller ones are.
"""
import json
import math
import sys

ROUND_SECONDS = 0.03
CACHES_TO_PASS = 3
MAX_COPIES = 16


class Work:
    """Callables that do the same thing, by the name of what does it."""

    def __init__(self, torch):
        self.torch = torch
        self.calls = {}  # name -> one callable per copy of the operands
        self.per_round = {}

    def tensor(self, spec):
        dtype = {"bf16": self.torch.bfloat16, "f32": self.torch.float32}[spec["type"]]
        return (self.torch.rand(spec["shape"], device="cuda") * 2 - 1).to(dtype)

    def copies(self, tensors):
        """Sets of operands, so that no call finds what the last has left in L2."""
        size = {"bf16": 2, "f32": 4, "i32": 4}
        one = sum(math.prod(t["shape"]) * size[t["type"]] for t in tensors.values())
        # Older releases do not say; an H100 has this much.
        cache = getattr(self.torch.cuda.get_device_properties(0), "L2_cache_size", 50 << 20)
        return min(MAX_COPIES, max(1, -(-CACHES_TO_PASS * cache // max(one, 1))))

    def prepare(self, problem, tensors):
        self.calls, self.per_round = {}, {}
        self.torch.cuda.empty_cache()
        kind = problem["kind"]
        if kind in ("gemm", "gemm_split"):
            self.gemm(problem, tensors)
        elif kind == "attention_forward":
            self.attention(problem, tensors, backward=False)
        elif kind == "attention_backward":
            self.attention(problem, tensors, backward=True)
        return bool(self.calls)

    def gemm(self, problem, tensors):
        """torch.matmul is cuBLAS for bf16. It rounds to bf16 and adds nothing: the
        epilogues and the accumulation of our kernels come on top of its work."""
        calls = []
        for _ in range(self.copies(tensors)):
            a, b = self.tensor(tensors["a"]), self.tensor(tensors["b"])
            a = a.t() if problem["transpose_a"] else a
            b = b if problem["transpose_b"] else b.t()
            c = self.torch.empty((a.shape[0], b.shape[1]), dtype=a.dtype, device="cuda")
            calls.append(lambda a=a, b=b, c=c: self.torch.matmul(a, b, out=c))
        self.calls["cuBLAS"] = calls

    def attention(self, problem, tensors, backward):
        """PyTorch's scaled_dot_product_attention with each backend that takes it."""
        from torch.nn.attention import SDPBackend, sdpa_kernel
        functional = self.torch.nn.functional
        # [batch, seq, heads, dim] -> a view as PyTorch wants it.
        q, k, v = (self.tensor(tensors[name]).transpose(1, 2).requires_grad_(backward)
                   for name in ("q", "k", "v"))
        gqa = {"enable_gqa": True} if q.shape[1] != k.shape[1] else {}

        def forward():
            return functional.scaled_dot_product_attention(
                q, k, v, is_causal=problem["causal"], scale=problem["scale"], **gqa)

        for member, name in [("CUDNN_ATTENTION", "cuDNN"), ("FLASH_ATTENTION", "flash")]:
            try:
                backend = getattr(SDPBackend, member)
                with sdpa_kernel(backend):
                    out = forward()
                    if backward:
                        # The graph remembers the backend.
                        gradient = self.torch.rand_like(out)
                        call = lambda out=out, gradient=gradient: self.torch.autograd.grad(
                            out, (q, k, v), gradient, retain_graph=True)
                    else:
                        call = lambda backend=backend: self.with_backend(sdpa_kernel, backend, forward)
                    call()
                self.torch.cuda.synchronize()
                self.calls[name] = [call]
            except (RuntimeError, TypeError, AttributeError):
                pass  # This release or card does not have it.

    @staticmethod
    def with_backend(sdpa_kernel, backend, forward):
        with sdpa_kernel(backend):
            return forward()

    def time(self, calls, count):
        begin, end = (self.torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        for i in range(count):
            calls[i % len(calls)]()
        end.record()
        end.synchronize()
        return begin.elapsed_time(end) * 1e-3

    def round(self):
        seconds = {}
        for name, calls in self.calls.items():
            if name not in self.per_round:
                self.time(calls, 2)
                one = max(self.time(calls, 1), 1e-6)
                self.per_round[name] = min(5000, math.ceil(ROUND_SECONDS / one))
            count = self.per_round[name]
            self.time(calls, 1 + count // 4)
            seconds[name] = self.time(calls, count) / count
        return seconds


def start():
    try:
        import torch
    except ImportError:
        return None, {"why": "there is no PyTorch for this python3"}
    if not torch.cuda.is_available():
        return None, {"why": f"PyTorch {torch.__version__} sees no GPU"}
    cudnn = torch.backends.cudnn.version() or 0
    return Work(torch), {"peer": f"PyTorch {torch.__version__}, CUDA {torch.version.cuda}, cuDNN {cudnn}"}


def main():
    work = None
    for line in sys.stdin:
        request = json.loads(line)
        if request["do"] == "open":
            work, reply = start()
        elif request["do"] == "prepare":
            try:
                reply = {"ready": work.prepare(request["problem"], request["tensors"])}
            except Exception as error:  # whatever this release of PyTorch lacks
                reply = {"ready": False, "why": str(error)}
        else:
            reply = {"seconds": work.round()}
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
