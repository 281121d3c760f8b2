/* The operations of a layer in words: how each is written, and what it is for.
 * Keyed by what it makes: which there are, and how they follow each other, is
 * the architecture's to say; see block_plan.c. */
#include "viz/views/block/block.h"

#include "engine/formula/formula.h"
#include "viz/views/words.h"

/* Of several rows for a site the first that is true. */
static const BlockWords words[] = {
    {.name = "resid_pre",
     .title = "residual in",
     .site = SITE_RESID_PRE,
     .true_of = TRUE_OF_NORM_AFTER,
     .label = "residual in",
     .brief = "in",
     .step = 0.62f,
     .formula = "x = what the layer below left, normed",
     .text = "The token's vector as it enters this layer. Layer 0 gets the sum "
             "of three rows, the token's, its position's and its segment's, "
             "normed; a later layer what the one below left. Attention reads "
             "it as it is: the norms of this model come after its sums."},
    {.name = "resid_pre",
     .title = "residual in",
     .site = SITE_RESID_PRE,
     .true_of = TRUE_OF_POSITIONS,
     .label = "residual in",
     .brief = "in",
     .step = 0.62f,
     .formula = "x = token row + position row + all that lower layers added",
     .text = "The token's vector as it enters this layer: the token's row of "
             "one table plus its position's row of another, plus what every "
             "layer below has added. Each part of the layer reads from this "
             "residual stream and adds its result back to it."},
    {.name = "resid_pre",
     .title = "residual in",
     .site = SITE_RESID_PRE,
     .true_of = TRUE_OF_STRETCHED,
     .label = "residual in",
     .brief = "in",
     .step = 0.62f,
     .formula = "x = √D × embedding + all that lower layers added",
     .text = "The token's vector as it enters this layer: its embedding times "
             "the root of D, the number of its elements, plus what every layer "
             "below has added. Each part of the layer reads from this residual "
             "stream and adds its result back to it."},
    {.name = "resid_pre",
     .title = "residual in",
     .site = SITE_RESID_PRE,
     .label = "residual in",
     .brief = "in",
     .step = 0.62f,
     .formula = "x = embedding + all that lower layers added",
     .text = "The token's vector as it enters this layer: its embedding plus "
             "what every layer below has added. Each part of the layer reads "
             "from this residual stream and adds its result back to it."},
    {.name = "ln1",
     .title = "LayerNorm",
     .site = SITE_LN1_OUT,
     .true_of = TRUE_OF_NORM_AFTER,
     .label = "LayerNorm",
     .brief = "norm",
     .step = 0.95f,
     .formula = FORMULA("(x-\\mathrm{mean})/\\mathrm{spread}\\cdot"
                        "\\mathrm{gain}{b}"),
     .text =
         "The sum itself is normed, not a copy of it: what goes on is this "
         "vector, and the MLP reads it. LayerNorm takes the mean of all "
         "elements off each of them and divides by their spread, the root of "
         "the mean of the squares of what is left. Then each element is "
         "multiplied by a learned gain, and a learned bias is added."},
    {.name = "ln1",
     .title = "LayerNorm",
     .site = SITE_LN1_OUT,
     .true_of = TRUE_OF_CENTRED,
     .label = "LayerNorm",
     .brief = "norm",
     .step = 1.12f,
     .formula = FORMULA("(x-\\mathrm{mean})/\\mathrm{spread}\\cdot"
                        "\\mathrm{gain}{b}"),
     .text =
         "LayerNorm takes the mean of all elements off each of them and "
         "divides by their spread, the root of the mean of the squares of what "
         "is left: adding a number to the whole vector, or doubling it, would "
         "change nothing. Then each element is multiplied by a learned gain. "
         "Attention reads this copy; the stream itself stays as it is.",
     .biased =
         "LayerNorm takes the mean of all elements off each of them and "
         "divides by their spread, the root of the mean of the squares of what "
         "is left: adding a number to the whole vector, or doubling it, would "
         "change nothing. Then each element is multiplied by a learned gain, "
         "and a learned bias is added. Attention reads this copy; the stream "
         "itself stays as it is."},
    {.name = "ln1",
     .title = "RMSNorm",
     .site = SITE_LN1_OUT,
     .label = "RMSNorm",
     .brief = "norm",
     .step = 1.12f,
     .formula = FORMULA(
         "x/\\sqrt{\\mathrm{mean}(x^2)+\\varepsilon}\\cdot\\mathrm{gain}"),
     .text =
         "RMSNorm divides every element by their root mean square (RMS): "
         "doubling the whole vector would change nothing. Then each element "
         "is multiplied by a learned gain. Attention reads this copy; the "
         "stream itself stays as it is."},
    {.name = "q",
     .title = "query",
     .site = SITE_Q,
     .true_of = TRUE_OF_NORM_AFTER,
     .label = "query",
     .brief = "q",
     .step = 1.30f,
     .formula = FORMULA("q=W_Q\\cdot x{b}"),
     .text =
         "The query says what this token is looking for. Every element is one "
         "row of the learned matrix W_Q times the vector that enters the "
         "layer, plus a learned bias; each head has a query of its own."},
    {.name = "q",
     .title = "query",
     .site = SITE_Q,
     .label = "query",
     .brief = "q",
     .step = 1.30f,
     .formula = FORMULA("q=W_Q\\cdot\\mathrm{norm}(x){b}"),
     .text =
         "The query says what this token is looking for. Every element is one "
         "row of the learned matrix W_Q times the normalised vector; each "
         "head has a query of its own.",
     .biased =
         "The query says what this token is looking for. Every element is one "
         "row of the learned matrix W_Q times the normalised vector, plus a "
         "learned bias; each head has a query of its own."},
    {.name = "k",
     .title = "key",
     .site = SITE_K,
     .true_of = TRUE_OF_NORM_AFTER,
     .label = "key",
     .brief = "k",
     .formula = FORMULA("k=W_K\\cdot x{b}"),
     .text = "The key says what this token can be found by: by every token of "
             "the text, those before it as well as those after it."},
    {.name = "k",
     .title = "key",
     .site = SITE_K,
     .label = "key",
     .brief = "k",
     .formula = FORMULA("k=W_K\\cdot\\mathrm{norm}(x){b}"),
     .text =
         "The key says what this token can be found by. Several query heads "
         "may share one key-value head (grouped-query attention), which saves "
         "memory: keys are kept in the cache for all later tokens."},
    {.name = "v",
     .title = "value",
     .site = SITE_V,
     .true_of = TRUE_OF_NORM_AFTER,
     .label = "value",
     .brief = "v",
     .formula = FORMULA("v=W_V\\cdot x{b}"),
     .text = "The value is what this token hands over to every token that "
             "attends to it, on either side."},
    {.name = "v",
     .title = "value",
     .site = SITE_V,
     .label = "value",
     .brief = "v",
     .formula = FORMULA("v=W_V\\cdot\\mathrm{norm}(x){b}"),
     .text =
         "The value is what this token hands over when another one attends to "
         "it. Like the keys, values are kept in the cache for all later "
         "tokens."},
    {.name = "qk_norm",
     .title = "query and key norm",
     .site = SITE_Q_NORM_OUT,
     .label = "RMSNorm",
     .brief = "norm",
     .step = 0.85f,
     .formula = FORMULA("q/\\sqrt{\\mathrm{mean}(q^2)+\\varepsilon}\\cdot"
                        "\\mathrm{gain}") ", k alike",
     .text =
         "RMSNorm within each head: every query and every key is divided by "
         "the root mean square (RMS) of its own elements and multiplied by a "
         "learned gain, one for the queries of all heads and one for the keys. "
         "So scores depend on where vectors point, and cannot grow with their "
         "length."},
    {.name = "rope",
     .title = "RoPE",
     .site = SITE_ROT_Q,
     .label = "RoPE",
     .brief = "RoPE",
     .step = 0.85f,
     .formula = FORMULA("(a,b)\\to(a\\cos\\varphi-b\\sin\\varphi,\\;"
                        "a\\sin\\varphi+b\\cos\\varphi)"),
     .text =
         "Rotary position embedding turns every pair of elements by an angle "
         "φ: the token's position times θ, the pair's own speed. "
         "Turned so, a query times a key depends on the two vectors and on the "
         "distance between the tokens, not on where the pair stands. Values "
         "are not turned."},
    {.name = "scores",
     .title = "scores",
     .site = SITE_ATTN_SCORES,
     .step = 1.35f,
     .formula = FORMULA("\\mathrm{score}=q\\cdot k/\\sqrt{{K}}"),
     .text =
         "Each head compares its query with the key of every token: multiply "
         "element by element and add up. That is the raw score. Divided by "
         "the root of the number of elements it is the score; without the "
         "division, vectors with more elements would have larger scores. High "
         "means a good match."},
    {.name = "softmax",
     .title = "softmax",
     .site = SITE_PATTERN,
     .formula = FORMULA("\\mathrm{weight}=e^{s-\\max}/\\sum e^{s-\\max}"),
     .text =
         "Scores become weights: e is raised to each score and the results are "
         "divided by their sum, so the weights of a head lie between 0 and 1 "
         "and add up to 1. Taking the largest score off first does not change "
         "the weights and keeps the numbers small."},
    {.name = "z",
     .title = "weighted values",
     .site = SITE_Z,
     .label = "weighted V",
     .brief = "z",
     .step = 1.15f,
     .formula = FORMULA("z=\\sum\\mathrm{weight}\\cdot v"),
     .text =
         "Each head mixes the values of all the tokens it sees, each times its "
         "weight. Heads that share a key-value head mix the same values in "
         "different proportions."},
    {.name = "attn_out",
     .title = "attention output",
     .site = SITE_ATTN_OUT,
     .label = "W_O",
     .brief = "W_O",
     .step = 1.00f,
     .formula = FORMULA("W_O\\cdot z{b}"),
     .text =
         "The matrix W_O mixes the results of all heads into one vector of the "
         "model's width: all that attention adds for this token."},
    {.name = "resid_mid",
     .title = "add attention",
     .site = SITE_RESID_MID,
     .label = "+",
     .brief = "+",
     .step = 0.95f,
     .passes = "the residual stream passes by; attention's result is added",
     .formula = FORMULA("x+\\mathrm{attention}"),
     .text =
         "Attention's result is added to the vector that came in. Adding, "
         "rather than replacing, lets earlier information pass through every "
         "layer."},
    {.name = "ln2",
     .title = "LayerNorm",
     .site = SITE_LN2_OUT,
     .true_of = TRUE_OF_CENTRED,
     .label = "LayerNorm",
     .brief = "norm",
     .step = 0.95f,
     .formula = FORMULA("(x-\\mathrm{mean})/\\mathrm{spread}\\cdot"
                        "\\mathrm{gain}{b}"),
     .text = "LayerNorm again, with gains of its own, for the second half of "
             "the layer: the MLP. From here on each token is worked on alone.",
     .biased = "LayerNorm again, with gains and biases of its own, for the "
               "second half of the layer: the MLP. From here on each token is "
               "worked on alone."},
    {.name = "ln2",
     .title = "RMSNorm",
     .site = SITE_LN2_OUT,
     .label = "RMSNorm",
     .brief = "norm",
     .step = 0.95f,
     .formula = FORMULA(
         "x/\\sqrt{\\mathrm{mean}(x^2)+\\varepsilon}\\cdot\\mathrm{gain}"),
     .text = "RMSNorm again, with gains of its own, for the second half of the "
             "layer: the MLP. From here on each token is worked on alone."},
    {.name = "up",
     .title = "up",
     .site = SITE_MLP_PRE,
     .true_of = TRUE_OF_UNGATED,
     .label = "up",
     .brief = "up",
     .step = 1.05f,
     .formula =
         FORMULA("\\mathrm{up}=W_{\\mathrm{up}}\\cdot\\mathrm{norm}(x){b}"),
     .text =
         "One number per neuron: how far the normalised vector goes the "
         "neuron's way. There are more neurons than the model has dimensions; "
         "few of them have a meaning that one can name.",
     .biased =
         "One number per neuron: how far the normalised vector goes the "
         "neuron's way, plus a learned bias, which sets how far it must go "
         "before the neuron counts. There are more neurons than the model has "
         "dimensions; few of them have a meaning that one can name."},
    {.name = "gate",
     .title = "gate",
     .site = SITE_MLP_PRE,
     .label = "gate",
     .brief = "gate",
     .step = 1.05f,
     .formula =
         FORMULA("\\mathrm{gate}=W_{\\mathrm{gate}}\\cdot\\mathrm{norm}(x){b}"),
     .text =
         "One number per neuron: how far its gate opens. There are more "
         "neurons than the model has dimensions; few of them have a meaning "
         "that one can name."},
    {.name = "up",
     .title = "up",
     .site = SITE_MLP_PRE_LINEAR,
     .label = "up",
     .brief = "up",
     .step = 0.80f,
     .formula =
         FORMULA("\\mathrm{up}=W_{\\mathrm{up}}\\cdot\\mathrm{norm}(x){b}"),
     .text =
         "A second matrix gives each neuron the number that its gate will let "
         "through."},
    {.name = "activation",
     .title = "activation",
     .site = SITE_MLP_POST,
     .true_of = TRUE_OF_UNGATED,
     .label = "{A}",
     .brief = "{A}",
     .step = 0.95f},
    {.name = "gelu",
     .title = "GELU and product",
     .site = SITE_MLP_POST,
     .true_of = TRUE_OF_GELU_GATE,
     .label = "GELU·up",
     .brief = "GELU·up",
     .step = 0.85f,
     .formula = FORMULA("\\mathrm{GELU}(g)\\cdot\\mathrm{up}"),
     .text =
         "GELU multiplies each gate by the share of a bell curve that lies "
         "below it: a very negative gate becomes almost 0, a slightly negative "
         "one a little less than 0, and a large one stays nearly as it is. "
         "The result is multiplied by up. A neuron is strong only where its "
         "gate is open and up is large."},
    {.name = "silu",
     .title = "SiLU and product",
     .site = SITE_MLP_POST,
     .label = "SiLU·up",
     .brief = "SiLU·up",
     .step = 0.85f,
     .formula = FORMULA("g/(1+e^{-g})\\cdot\\mathrm{up}"),
     .text =
         "SiLU takes a very negative gate to almost 0, a slightly negative one "
         "to a little below 0, and leaves a large one nearly as it is. "
         "The result is multiplied by up. A neuron is strong only where its "
         "gate is open and up is large."},
    {.name = "down",
     .title = "down",
     .site = SITE_MLP_OUT,
     .label = "down",
     .brief = "down",
     .step = 0.95f,
     .formula = FORMULA("W_{\\mathrm{down}}\\cdot\\mathrm{neurons}{b}"),
     .text = "Each neuron owns a column of W_down, a direction in the residual "
             "stream. The columns, each times its neuron, add up to the MLP's "
             "output."},
    {.name = "resid_post",
     .title = "add MLP",
     .site = SITE_RESID_POST,
     .true_of = TRUE_OF_NORM_AFTER,
     .label = "+",
     .brief = "+",
     .step = 0.95f,
     .passes = "what was normed passes by; the MLP's is added",
     .formula = FORMULA("x+\\mathrm{MLP}"),
     .text = "The MLP's output is added to the vector that the MLP has read. "
             "The sum is normed before it goes on."},
    {.name = "resid_post",
     .title = "residual out",
     .site = SITE_RESID_POST,
     .label = "residual out",
     .brief = "out",
     .step = 1.05f,
     .passes = "it passes by again; the MLP's is added",
     .formula = FORMULA("x+\\mathrm{MLP}"),
     .text = "The MLP's output is added as well. This vector enters the next "
             "layer; after the last one a final norm and the output matrix "
             "turn it into the logits of the next token."},
    {.name = "ln2",
     .title = "LayerNorm",
     .site = SITE_RESID_NORMED,
     .true_of = TRUE_OF_NORM_AFTER,
     .label = "LayerNorm",
     .brief = "norm",
     .step = 0.95f,
     .formula = FORMULA("(x-\\mathrm{mean})/\\mathrm{spread}\\cdot"
                        "\\mathrm{gain}{b}"),
     .text =
         "LayerNorm again, with gains and biases of its own, of this sum. This "
         "vector enters the next layer; after the last one it is what the "
         "model has made of the token, and a head for masked words reads it "
         "where the model has one."},
};

const BlockWords block_mask_words = {
    .site = SITE_NONE,
    .name = "mask",
    .title = "causal mask",
    .formula = "key after query " FORMULA("\\to-\\infty"),
    .text =
        "A token may not look ahead: the scores of later tokens, struck out "
        "here, count as −∞, so their weight becomes exactly 0. So one text can "
        "train the model on all its positions at once: no token sees what it "
        "has to predict."};

const char block_no_mask_text[] =
    "The causal mask is removed: this token also sees those after it, as in "
    "models like BERT. A model trained without it could not learn to predict "
    "the next token, as it would see it; this one was trained with it.";

static bool is_true_of(const Arch *a, const BlockWords *w) {
    switch (w->true_of) {
    case TRUE_OF_CENTRED:
        return arch_norm_mean(a, words_scale_of(a, w->site)) != SITE_NONE;
    case TRUE_OF_POSITIONS:
        return a->learned_positions;
    case TRUE_OF_NORM_AFTER:
        return a->norm_after;
    case TRUE_OF_UNGATED:
        return (arch_kind_sites(a, OP_ACTIVATE) & SITE_BIT(SITE_MLP_POST)) != 0;
    case TRUE_OF_STRETCHED:
        return words_is_stretched(a);
    case TRUE_OF_GELU_GATE:
        return arch_kind_sites(a, OP_GATE) != 0 &&
               a->activation != ACTIVATION_SILU;
    default:
        return true;
    }
}

const BlockWords *block_words(const Arch *a, Site site) {
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i].site == site && is_true_of(a, &words[i])) return &words[i];
    return NULL;
}

/* The words of an activation alone, and its formula in one line. */
const BlockActivation block_activations[] = {
    [ACTIVATION_SILU] =
        {FORMULA("\\mathrm{SiLU}(x)=x/(1+e^{-x})"),
         "SiLU takes a very negative number to almost 0, a slightly negative "
         "one to a little below 0, and leaves a large one nearly as it is. "
         "There is no gate: this alone says how much of its vector a neuron "
         "adds."},
    [ACTIVATION_GELU_TANH] =
        {FORMULA("\\mathrm{GELU}(x)\\approx x\\cdot\\Phi(x)"),
         "GELU multiplies each number by the share of a bell curve that lies "
         "below it, worked out by tanh: a very negative number becomes almost "
         "0, a slightly negative one a little less than 0, and a large one "
         "stays nearly as it is. There is no gate: this alone says how much "
         "of its vector a neuron adds."},
    [ACTIVATION_GELU] =
        {FORMULA("\\mathrm{GELU}(x)=x\\cdot\\Phi(x)"),
         "GELU multiplies each number by the share of a bell curve that lies "
         "below it: a very negative number becomes almost 0, a slightly "
         "negative one a little less than 0, and a large one stays nearly as "
         "it is. There is no gate: this alone says how much of its vector a "
         "neuron adds."},
    [ACTIVATION_RELU] =
        {FORMULA("\\mathrm{ReLU}(x)=\\max(x,0)"),
         "ReLU makes 0 of a negative number and leaves any other as it is. "
         "There is no gate: this alone says how much of its vector a neuron "
         "adds."},
};
