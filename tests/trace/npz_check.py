"""Opens a trace with numpy and checks it against what an .npz must hold.

usage: npz_check.py FILE.npz L H G K D F V [FAMILY]
Exits 0 when all is well, 77 when numpy is not installed.
"""

import sys

try:
    import numpy as np
except ImportError:
    print("skip: npz_check: numpy is not installed")
    sys.exit(77)


def shapes(T, L, H, G, K, D, F, V, family):
    """Name and shape of every array."""
    gpt2 = family == "gpt2"
    layer = {
        "hook_resid_pre": (T, D), "hook_attn_out": (T, D),
        "hook_resid_mid": (T, D), "hook_mlp_out": (T, D),
        "hook_resid_post": (T, D),
        "attn.hook_q": (T, H, K), "attn.hook_k": (T, G, K),
        "attn.hook_v": (T, G, K), "attn.hook_z": (T, H, K),
        "attn.hook_attn_scores": (H, T, T), "attn.hook_pattern": (H, T, T),
        "mlp.hook_pre": (T, F), "mlp.hook_post": (T, F),
    }
    if not gpt2:
        layer.update({
            "attn.hook_rot_q": (T, H, K), "attn.hook_rot_k": (T, G, K),
            "mlp.hook_pre_linear": (T, F)})
    if family == "qwen3":
        for name, n in ("q", H), ("k", G):
            layer.update({
                f"attn.{name}_norm.hook_scale": (T, n, 1),
                f"attn.{name}_norm.hook_normalized": (T, n, K),
                f"attn.{name}_norm.hook_out": (T, n, K)})
    norm = {"hook_scale": (T, 1), "hook_normalized": (T, D),
            "hook_out": (T, D)}
    if gpt2:
        norm["hook_mean"] = (T, 1)
    for name, shape in norm.items():
        layer["ln1." + name] = layer["ln2." + name] = shape
    out = {f"blocks.{n}.{name}": shape
           for n in range(L) for name, shape in layer.items()}
    out.update({"ln_final." + name: shape for name, shape in norm.items()})
    out.update({"tokens": (T,), "hook_embed": (T, D), "logits": (T, V)})
    if family == "gemma":
        out["embed.hook_scaled"] = (T, D)
    if gpt2:
        out.update({"hook_pos_embed": (T, D), "hook_full_embed": (T, D)})
    return out


def check(path, L, H, G, K, D, F, V, family="llama"):
    z = np.load(path, allow_pickle=False)
    T = len(z["tokens"])
    expected = shapes(T, L, H, G, K, D, F, V, family)
    assert set(z.files) == set(expected), set(z.files) ^ set(expected)
    for name, shape in expected.items():
        dtype = "<i4" if name == "tokens" else "<f4"
        assert z[name].shape == shape, (name, z[name].shape, shape)
        assert z[name].dtype == np.dtype(dtype), (name, z[name].dtype)

    later = np.triu(np.ones((T, T), bool), 1)
    for n in range(L):
        def b(name):
            return z[f"blocks.{n}.{name}"]
        scores, pattern = b("attn.hook_attn_scores"), b("attn.hook_pattern")
        assert np.all(np.isneginf(scores[:, later]))
        assert np.all(np.isfinite(scores[:, ~later]))
        assert np.all(pattern[:, later] == 0)
        e = np.exp(scores - scores.max(-1, keepdims=True))
        assert np.allclose(pattern, e / e.sum(-1, keepdims=True), atol=1e-6)
        v = np.repeat(b("attn.hook_v"), H // G, axis=1)
        z_head = np.einsum("hqk,khd->qhd", pattern, v)
        assert np.allclose(z_head, b("attn.hook_z"), atol=1e-5)
        mid = b("hook_resid_pre") + b("hook_attn_out")
        assert np.array_equal(mid, b("hook_resid_mid"))
        post = b("hook_resid_mid") + b("hook_mlp_out")
        assert np.array_equal(post, b("hook_resid_post"))
    first = z["hook_embed"]
    if family == "gpt2":
        first = first + z["hook_pos_embed"]
        assert np.array_equal(first, z["hook_full_embed"])
    if family == "gemma":
        first = first * np.sqrt(np.float32(D))
        assert np.array_equal(first, z["embed.hook_scaled"])
    assert np.array_equal(first, z["blocks.0.hook_resid_pre"])
    assert z["tokens"].min() >= 0 and z["tokens"].max() < V


check(sys.argv[1], *map(int, sys.argv[2:9]), *sys.argv[9:])
