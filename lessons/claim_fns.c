/* The functions that a claim may call, and their arguments. */
#include "lessons/claim.h"

#include "engine/spec/sampler.h"

#include <stdio.h>

/* What a row does not name is zero, as everywhere in these tables; clang warns
 * of it where some members have no names. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

/* clang-format off */
#define LAYER       {"layer", CLAIM_PARAM_COUNT, .most = CONFIG_LAYERS_MAX - 1}
#define HEAD        {"head", CLAIM_PARAM_COUNT, .most = CONFIG_HEADS_MAX - 1}
#define MAYBE_LAYER                                                            \
    {"layer", CLAIM_PARAM_COUNT, true, .most = CONFIG_LAYERS_MAX - 1}
#define MAYBE_HEAD                                                             \
    {"head", CLAIM_PARAM_COUNT, true, .most = CONFIG_HEADS_MAX - 1}
#define TOKEN       {"token", CLAIM_PARAM_TOKEN}
#define SITE        {"site", CLAIM_PARAM_TEXT}
#define AT          {"at", CLAIM_PARAM_PLACE, true}
#define FROM        {"from", CLAIM_PARAM_PLACE}
#define TO          {"to", CLAIM_PARAM_PLACE}
#define AS          "prob|rank|logit"
#define PARTS       "embedding|attention|mlp|norms|output"
#define ROLES       "previous|next|first|last|same|induction|recall"
#define EXPRESSION  {"EXPRESSION", CLAIM_PARAM_EXPRESSION}

static const ClaimFnInfo fns[CLAIM_FNS] = {
    [CLAIM_ATTN] = {"attn", "a head's attention weight, from 0 to 1",
                    {LAYER, HEAD, FROM, TO}},
    [CLAIM_PROB] = {"prob",
                    "probability of the next token, or of the one that "
                    "stands there (BERT): at temperature 1, uncut",
                    {TOKEN, AT}},
    [CLAIM_RANK] = {"rank", "the next token's rank; 1 is the likeliest",
                    {TOKEN, AT}},
    [CLAIM_LOGIT] = {"logit", "the next token's logit", {TOKEN, AT}},
    [CLAIM_NORM] = {"norm", "length of a site's vector", {SITE, LAYER, AT}},
    [CLAIM_ACT] = {"act", "one element of a site's vector",
                   {SITE, LAYER, {"index", CLAIM_PARAM_COUNT}, AT}},
    [CLAIM_ENTROPY] = {"entropy",
                       "bits: of the next token, or of a head's weights",
                       {MAYBE_LAYER, MAYBE_HEAD, AT}, {"layer head"}},
    [CLAIM_TOKENS] = {"tokens", "how many tokens the sequence has",
                      {{NULL}}},
    [CLAIM_SCORE] = {"score",
                     "a head's score, divided by √K; of a key that comes later "
                     "the one that the mask hides",
                     {LAYER, HEAD, FROM, TO}},
    [CLAIM_RECEIVED] = {"received",
                        "a head's weights on a token, of all tokens up to the "
                        "one `at`, added up",
                        {LAYER, HEAD, TO, AT}},
    [CLAIM_VALUED] = {"valued",
                      "a head's weight times the length of the value that it "
                      "fetches",
                      {LAYER, HEAD, FROM, TO}},
    [CLAIM_ROLLOUT] = {"rollout",
                       "how much of token `to` is in token `from` after a "
                       "layer, by attention rollout, in which the token itself "
                       "stands for a head that is off: an approximation",
                       {LAYER, FROM, TO}},
    [CLAIM_LENS] = {"lens",
                    "what the model would say after a layer: probability, or "
                    "as=\"rank\" or \"logit\"; of site=\"resid_post\", "
                    "or of site=\"resid_mid\": after its attention",
                    {LAYER, TOKEN, AT, {"site", CLAIM_PARAM_TEXT, true},
                     {"as", CLAIM_PARAM_WORD, true, .words = AS}}},
    [CLAIM_WHY] = {"why",
                   "what a part adds to a token's logit, or to how far it is "
                   "above than=\"...\": \"3.0\", \"attn3\", \"mlp3\", "
                   "\"embedding\", \"biases\" (of a model that has some: all "
                   "that no other part adds), \"rounding\" (where weights are "
                   "of few bits) or \"all\"; a direction that is added in "
                   "a layer counts with its MLP",
                   {TOKEN, {"part", CLAIM_PARAM_TEXT},
                    {"than", CLAIM_PARAM_TOKEN, true}, AT}},
    [CLAIM_DRAWN] = {"drawn",
                     "a token's chance to be drawn, after temperature and "
                     "cuts; with a seed, 1 where it is; without a token how "
                     "many can be, or the id drawn",
                     {{"token", CLAIM_PARAM_TOKEN, true},
                      {"seed", CLAIM_PARAM_COUNT, true}, AT,
                      {"temperature", CLAIM_PARAM_REAL, true,
                       .most = SAMPLER_TEMPERATURE_MAX},
                      {"top_k", CLAIM_PARAM_COUNT, true,
                       .most = SAMPLER_TOP_K_MAX},
                      {"top_p", CLAIM_PARAM_REAL, true,
                       .most = SAMPLER_TOP_P_MAX},
                      {"min_p", CLAIM_PARAM_REAL, true,
                       .most = SAMPLER_MIN_P_MAX}}},
    [CLAIM_PIECES] = {"pieces",
                      "how many tokens a text has, the start token left out; "
                      "or the id of one",
                      {{"text", CLAIM_PARAM_TEXT},
                       {"index", CLAIM_PARAM_COUNT, true}}},
    [CLAIM_TRUTH] = {"truth",
                     "the token's probability in the world of the embedded "
                     "stories, as `corpus --next` tells it",
                     {TOKEN, AT}},
    [CLAIM_COS] = {"cos",
                   "cosine of two tokens' embeddings; or of a site's vector at "
                   "two positions",
                   {{"token", CLAIM_PARAM_TOKEN, true},
                    {"and", CLAIM_PARAM_TOKEN, true},
                    {"site", CLAIM_PARAM_TEXT, true}, MAYBE_LAYER, AT,
                    {"to", CLAIM_PARAM_PLACE, true}},
                   {"token and", "site layer to"}, true},
    [CLAIM_PARAMS] = {"params",
                      "how many parameters the model has, or a part of it; "
                      "with other sizes, shape=\"D=256,L=8,untied\"; or "
                      "another model, of=\"Llama 2 7B\"",
                      {{"part", CLAIM_PARAM_WORD, true, .words = PARTS},
                       {"shape", CLAIM_PARAM_TEXT, true},
                       {"of", CLAIM_PARAM_TEXT, true}}},
    [CLAIM_BYTES] = {"bytes",
                     "of all weights as they are held; what=\"cache\": of the "
                     "keys and values of the text up to a token",
                     {{"what", CLAIM_PARAM_WORD, true,
                       .words = "weights|cache"}, AT}},
    [CLAIM_COST] = {"cost",
                    "multiply-adds of a token; as=\"anew\": without the "
                    "cache, as=\"unmasked\": without the mask as well, "
                    "as=\"first\": so, but with layer 0's kept; of a model "
                    "that reads a text as one whole: of the whole text",
                    {AT, {"as", CLAIM_PARAM_WORD, true,
                          .words = "cached|anew|unmasked|first"}}},
    [CLAIM_CHECKSUM] = {"checksum",
                        "the first 13 hexadecimal digits of the weights' "
                        "checksum; 1 where it is the one given, else 0",
                        {{"is", CLAIM_PARAM_TEXT, true}}},
    [CLAIM_ROLE] = {"role",
                    "what `evaluate` measures of a head: a mean weight over n "
                    "held-out stories (200), of the model as trained; kind: "
                    "\"previous\", \"first\", \"same\", and \"induction\", "
                    "\"recall\" or (BERT) \"next\", \"last\": [SEP]",
                    {{"kind", CLAIM_PARAM_WORD, .words = ROLES}, LAYER, HEAD,
                     {"n", CLAIM_PARAM_COUNT, true, 1, CLAIM_STORIES_MAX}}},
    [CLAIM_CUT] = {"cut",
                   "how a token's probability (or as=\"logit\", \"rank\") "
                   "changes when a head may not look at position `to`; without "
                   "layer and head, when nothing may",
                   {TOKEN, TO, MAYBE_LAYER, MAYBE_HEAD, AT,
                    {"as", CLAIM_PARAM_WORD, true, .words = AS}},
                   {"layer head"}},
    [CLAIM_ADDED] = {"added",
                     "of what a part (as for `why`) adds to the residual "
                     "stream the length; or its cosine, as=\"along\": with the "
                     "stream before, as=\"end\": with that at the end, "
                     "as=\"asks\": with the way in which a token's logit "
                     "grows most",
                     {{"part", CLAIM_PARAM_TEXT},
                      {"as", CLAIM_PARAM_WORD, true,
                       .words = "length|along|end|asks"},
                      {"token", CLAIM_PARAM_TOKEN, true}, AT}},
    [CLAIM_SURPRISE] = {"surprise",
                        "of a token of the text, in bits: −log₂ of the "
                        "probability that it had after those before it, or "
                        "that it has in its place (BERT)",
                        {AT}},
    [CLAIM_BEFORE] = {"before", "the same in the run that `against` names",
                      {EXPRESSION}},
    [CLAIM_WITH] = {"with",
                    "the same once more is changed, in words of `edit`: "
                    "edit=\"3.0,mlp1\"; freeze, patch and steer@ take from "
                    "before()'s run or, without one, from the run without "
                    "these words",
                    {EXPRESSION, {"edit", CLAIM_PARAM_TEXT}}},
    [CLAIM_MEAN] = {"mean",
                    "its mean over prompts that tell of others of these kinds: "
                    "over=\"girl,boy\"; of them all, or of n drawn by chance; "
                    "nobody whom the prompt tells of besides",
                    {EXPRESSION, {"over", CLAIM_PARAM_TEXT},
                     {"n", CLAIM_PARAM_COUNT, true, 1, CLAIM_PROMPTS_MAX}}},
};
/* clang-format on */

const ClaimFnInfo *claim_fn(ClaimFn fn) {
    return &fns[fn];
}

void claim_fn_takes(ClaimFn fn, char *out, size_t size) {
    size_t n = 0;
    out[0] = '\0';
    for (const ClaimParam *p = fns[fn].params; p->name && n < size; p++)
        n +=
            (size_t)snprintf(out + n, size - n, p->optional ? "%s[%s]" : "%s%s",
                             p == fns[fn].params ? "" : ", ", p->name);
}
