#!/bin/sh
# What is doubtful of a model is one line on standard error; the command does
# its work all the same.  The model says that it has no output matrix of its
# own, and has one that is not the embedding.
. tests/cli/lib.sh

mkdir "$dir/hf"
cp assets/models/tales.tok.bin "$dir/hf/tokenizer.bin"
/usr/bin/python3 - "$dir/hf" << 'PY'
import json, struct, sys

D, H, V, F = 16, 2, 768, 16
shapes = {"model.embed_tokens.weight": [V, D], "lm_head.weight": [V, D],
          "model.norm.weight": [D]}
layer = "model.layers.0."
for name in ("input_layernorm", "post_attention_layernorm"):
    shapes[layer + name + ".weight"] = [D]
for name in "qkvo":
    shapes[layer + "self_attn." + name + "_proj.weight"] = [D, D]
for name in ("gate", "up"):
    shapes[layer + "mlp." + name + "_proj.weight"] = [F, D]
shapes[layer + "mlp.down_proj.weight"] = [D, F]
header, data = {}, b""
for i, (name, shape) in enumerate(shapes.items()):
    n = shape[0] * (shape[1] if len(shape) > 1 else 1)
    part = struct.pack("<%df" % n, *((i + 1) / 64 + k % 7 / 32
                                     for k in range(n)))
    header[name] = {"dtype": "F32", "shape": shape,
                    "data_offsets": [len(data), len(data) + len(part)]}
    data += part
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
with open(sys.argv[1] + "/model.safetensors", "wb") as f:
    f.write(struct.pack("<Q", len(text)) + text + data)
with open(sys.argv[1] + "/config.json", "w") as f:
    json.dump({"model_type": "llama", "architectures": ["LlamaForCausalLM"],
               "hidden_size": D, "intermediate_size": F,
               "num_hidden_layers": 1, "num_attention_heads": H,
               "num_key_value_heads": H, "vocab_size": V,
               "max_position_embeddings": 64, "rms_norm_eps": 1e-5,
               "rope_theta": 10000.0, "hidden_act": "silu",
               "tie_word_embeddings": True}, f)
PY
warns() {
    run "$@" -m "$dir/hf" -z "$dir/hf/tokenizer.bin"
    fails 0 "llantern $1: warning: model.safetensors: lm_head.weight: found one"
    grep -q 'that is not the embedding' "$dir/err" || bad 'what is it?'
    [ -s "$dir/out" ] || bad 'the work is not done'
}
warns evaluate -n 1 --samples 0
warns tokens 'Once there'
warns tokens --merges 'Once there'
warns generate -n 4 -p 'Once'

# Of one that is as it says there is nothing to tell.
for command in 'evaluate -n 1 --samples 0' 'tokens Once'; do
    run $command -m "$model"
    is 0
done
finish
