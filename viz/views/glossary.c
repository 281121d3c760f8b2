#include "viz/views/glossary.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

/* ---- the terms: README.md has the same table ----------------------------- */

/* X(name, other forms, sentence), in the order of README.md. */
#define TERMS(X)                                                               \
    X("token", "tokens",                                                       \
      "A word or a piece of one, an entry of the model's list: all that it "   \
      "reads and writes are tokens.")                                          \
    X("position", "positions", "A token's place in the text, counted from 0.") \
    X("vocabulary", "",                                                        \
      "The list of all tokens that a model knows, each with a number, its "    \
      "id.")                                                                   \
    X("piece", "pieces",                                                       \
      "An entry of the vocabulary: a stretch of bytes that is one token.")     \
    X("merge", "merges|ladder",                                                \
      "Two neighbouring pieces of a text become one: how a tokenizer makes "   \
      "tokens of characters.")                                                 \
    X("scale", "=",                                                            \
      "Models as squares in one scale: their areas are as their "              \
      "numbers of parameters.")                                                \
    X("history", "=",                                                          \
      "Models by the month in which they were published; each step "           \
      "up is ten times as many parameters.")                                   \
    X("multiply-add", "multiply-adds|cost",                                    \
      "One multiplication and one addition: the step that nearly "             \
      "all work of a model is made of.")                                       \
    X("model", "=",                                                            \
      "All parameters together, and the order of operations that uses them: "  \
      "what turns tokens into the chances of the next one.")                   \
    X("parameters", "parameter|params",                                        \
      "The numbers that training has set and that stay as they are while the " \
      "model reads.")                                                          \
    X("training", "trained",                                                   \
      "Setting the parameters, step by step, so that what comes next in many " \
      "texts is given more probability.")                                      \
    X("loss", "",                                                              \
      "How much a model is surprised by a text: minus the natural logarithm "  \
      "of the probability it gave each token, on average; less is better.")    \
    X("merge score", "merge scores",                                           \
      "Of a piece: minus the order in which training joined it; of the "       \
      "merges that a text allows, the one with the highest is made first.")    \
    X("embedding", "embeddings|row",                                           \
      "The vector that a token begins with: its row of a learned table.")      \
    X("cosine", "cosines|nearest",                                             \
      "How far two vectors point the same way: their product, added up and "   \
      "divided by both lengths; 1 is the same direction, 0 at right angles.")  \
    X("variance", "",                                                          \
      "How much numbers differ: the mean of their squared distances from "     \
      "their mean.")                                                           \
    X("direction", "directions|map",                                           \
      "A vector of length 1; where others lie along it is their product with " \
      "it.")                                                                   \
    X("length", "lengths",                                                     \
      "Of a vector: the root of the sum of its squared elements.")             \
    X("residual stream", "residual in|residual out|in|out|residual|stream",    \
      "The vector that each token carries through all layers; every part of "  \
      "a layer reads from it and adds to it.")                                 \
    X("layer", "layers|one layer",                                             \
      "One round of attention and MLP; a model is a stack of layers with "     \
      "different numbers in them.")                                            \
    X("norm", "norms",                                                         \
      "Brings a vector to one size, whatever its length was: RMSNorm or "      \
      "LayerNorm.")                                                            \
    X("LayerNorm", "layer normalization",                                      \
      "Takes a vector's mean off each element, divides by their spread, "      \
      "multiplies each by a learned gain and adds a learned bias.")            \
    X("learned position", "position embedding|table of positions",             \
      "A vector for each position, set by training, that is added to the "     \
      "token's embedding: one way to tell a model where tokens stand.")        \
    X("bias", "biases",                                                        \
      "A learned number that is added to what a row of a matrix, or a gain, "  \
      "gives.")                                                                \
    X("GELU", "gelu·up|gelu and product",                                      \
      "x times the share of a bell curve that lies below x: close to 0 for "   \
      "very negative x, close to x for large x; without a gate in GPT-2 and "  \
      "BERT, with one in Gemma.")                                              \
    X("RMSNorm", "",                                                           \
      "Divides a vector by its RMS and multiplies each element by a learned "  \
      "gain: what comes out has one size, whatever the vector's length was.")  \
    X("RMS", "root mean square",                                               \
      "Root mean square: the root of the mean of all squared elements, a "     \
      "measure of how large a vector's numbers are.")                          \
    X("attention", "",                                                         \
      "Where a token fetches something from itself and the tokens before it, " \
      "in models like BERT also from those after it: the only step in which "  \
      "tokens meet.")                                                          \
    X("head", "heads|all heads",                                               \
      "One of several attentions that a layer does side by side, each with "   \
      "its own queries; 3.2 is head 2 of layer 3.")                            \
    X("query", "queries|q",                                                    \
      "A vector that says what the reading token looks for, made from its "    \
      "residual stream by a learned matrix.")                                  \
    X("key", "keys|k",                                                         \
      "A vector that says what a token can be found by, held against the "     \
      "queries of the tokens that read.")                                      \
    X("value", "values|v",                                                     \
      "A vector that a token hands over to those that look at it.")            \
    X("RoPE", "",                                                              \
      "Rotary position embedding: queries and keys are turned by an angle "    \
      "that grows with the position, so that distance counts.")                \
    X("cache", "kv cache",                                                     \
      "The keys and values of earlier tokens, kept so that they need not be "  \
      "computed again.")                                                       \
    X("raw score", "raw scores|q·k",                                           \
      "Query times key, element by element, added up: how well the two fit, "  \
      "before it is divided.")                                                 \
    X("score", "scores",                                                       \
      "The raw score divided by the root of the number of elements.")          \
    X("mask", "causal mask|masked",                                            \
      "Tokens that come later are left out: their scores count as minus "      \
      "infinity, so that no token sees what it has to predict.")               \
    X("[MASK]", "masked token|masked word|masked words",                       \
      "Stands where a token is hidden from a model like BERT, which is to "    \
      "fill "                                                                  \
      "it in from the words on both sides.")                                   \
    X("softmax", "",                                                           \
      "Makes shares of numbers: e is raised to each of them, and each result " \
      "is divided by the sum of all.")                                         \
    X("weight", "weights",                                                     \
      "A token's share of one head's attention, from 0 to 1; the weights of "  \
      "one reading token add up to 1.")                                        \
    X("lines", "=",                                                            \
      "Each weight as a line from the token that looks to the one looked "     \
      "at, the thicker the larger; heads differ in colour and dashes.")        \
    X("received", "sums|sent",                                                 \
      "What a token gets of the attention of all: the sum of its column of "   \
      "the map, while each row sends 1 in all.")                               \
    X("value-weighted", "value-weighted attention",                            \
      "Each weight times the length of the value that it takes from: a large " \
      "weight on a short value fetches little.")                               \
    X("rollout", "attention rollout",                                          \
      "Attention multiplied up through the layers, half of each token taken "  \
      "to stay where it is: an approximation of where a token's content "      \
      "comes from.")                                                           \
    X("change", "=",                                                           \
      "What a number is now less what it was in the run that is compared "     \
      "with.")                                                                 \
    X("weighted values", "weighted v|z",                                       \
      "The values of all tokens that a head sees, each times its weight, "     \
      "added up: what the head has fetched.")                                  \
    X("attention output", "w_o|add attention",                                 \
      "What all heads have fetched, mixed by the matrix W_O into one vector, " \
      "which is added to the residual stream.")                                \
    X("MLP", "mlps",                                                           \
      "The second half of a layer: it works on each token alone, by neurons.") \
    X("neuron", "neurons",                                                     \
      "One number of the MLP; how large it is decides how much of its vector " \
      "is added to the residual stream.")                                      \
    X("gate", "=",                                                             \
      "One number a neuron, which an activation (SiLU, in Gemma GELU) turns "  \
      "into how far it lets up through.")                                      \
    X("up", "=", "One number a neuron, which its gate lets through.")          \
    X("SiLU", "silu·up|silu and product",                                      \
      "x / (1 + exp(-x)): close to 0 for very negative x, close to x for "     \
      "large x.")                                                              \
    X("down", "=",                                                             \
      "The matrix that turns the neurons into the vector which the MLP adds.") \
    X("logit", "logits",                                                       \
      "How well the last vector fits a token: one number for each token, of "  \
      "which softmax makes probabilities.")                                    \
    X("output matrix", "unembedding",                                          \
      "The table, a row for each token, that the last vector is multiplied "   \
      "with to give the logits.")                                              \
    X("probability", "probabilities|next token",                               \
      "A token's chance to come next, as the model has it: from 0 to 100 %, "  \
      "and 100 % for all tokens together.")                                    \
    X("surprise", "",                                                          \
      "Of a token: -log2 of the probability that it had, in bits: 0 when it "  \
      "was certain, 3 when it had one chance in 8.")                           \
    X("entropy", "",                                                           \
      "How open the choice is, in bits: 0 when one token is certain, 3 when "  \
      "8 are equally likely.")                                                 \
    X("temperature", "",                                                       \
      "Divides the logits: below 1 the likeliest tokens gain, above 1 the "    \
      "others do.")                                                            \
    X("top-k", "", "Keeps only the k likeliest tokens.")                       \
    X("top-p", "",                                                             \
      "Keeps the likeliest tokens until their probabilities reach p "          \
      "together.")                                                             \
    X("min-p", "",                                                             \
      "Drops the tokens with less than this part of the likeliest one's "      \
      "probability.")                                                          \
    X("after cuts", "cut|cuts",                                                \
      "The probabilities once top-k, top-p and min-p have dropped tokens: "    \
      "those kept share 100 %.")                                               \
    X("seed", "",                                                              \
      "The number that random numbers are made from: the same seed draws the " \
      "same tokens.")                                                          \
    X("previous token", "previous-token head",                                 \
      "A head that looks at the token just before, wherever it is.")           \
    X("following token", "",                                                   \
      "A head that looks at the token just after, which only a model that "    \
      "reads a text as one whole can do.")                                     \
    X("induction", "induction head|induction heads",                           \
      "A head that looks for where the token stood before, and at what came "  \
      "after it there.")                                                       \
    X("same token", "duplicate-token head",                                    \
      "A head that looks at where the token itself stood before.")             \
    X("recall", "name mover",                                                  \
      "A head that looks at where the token that comes next, such as a name, " \
      "stood before.")                                                         \
    X("first token", "attention sink",                                         \
      "A head that rests on the first token, often because nothing else in "   \
      "the text is of use to it.")                                             \
    X("gain", "", "A learned factor for each element, part of a norm.")        \
    X("grouped-query attention", "kv head|kv heads|key-value head",            \
      "Several query heads share the keys and values of one key-value head, "  \
      "which saves memory.")

#define TERM_ROW(NAME, ALSO, TEXT) {NAME, ALSO, TEXT},
static const Term terms[] = {TERMS(TERM_ROW)};
enum { N_TERMS = sizeof terms / sizeof *terms };

int glossary_count(void) {
    return N_TERMS;
}

const Term *glossary_at(int i) {
    return i >= 0 && i < N_TERMS ? &terms[i] : NULL;
}

/* ---- finding ------------------------------------------------------------- */

static bool same_letters(const char *a, const char *b, int n) {
    for (int i = 0; i < n; i++)
        if (tolower((unsigned char)a[i]) != tolower((unsigned char)b[i]))
            return false;
    return true;
}

/* Its name is mostly something else in a sentence. */
static bool is_common(const Term *t) {
    return t->also[0] == '=';
}

/* Bytes of the term's longest form that the text begins with, 0: none. */
static int begins(const Term *t, const char *text, int len) {
    int best = 0, n = (int)strlen(t->name);
    if (n <= len && same_letters(text, t->name, n)) best = n;
    if (is_common(t)) return best;
    for (const char *form = t->also; *form; form += n + (form[n] == '|')) {
        n = (int)strcspn(form, "|");
        if (n > best && n <= len && same_letters(text, form, n)) best = n;
    }
    return best;
}

static bool is_letter(const char *text, int len, int i) {
    if (i < 0 || i >= len) return false;
    unsigned char c = (unsigned char)text[i];
    return isalnum(c) || c == '_' || c >= 0x80;
}

int glossary_find(const char *text, int len) {
    for (int i = 0; i < N_TERMS; i++)
        if (len > 0 && begins(&terms[i], text, len) == len) return i;
    return -1;
}

/* Words so short that in a sentence they are mostly something else. */
static bool stands_alone(int n) {
    return n > 3;
}

/* A bit for each letter, large or small, and one for all else. */
static uint32_t letter_bit(char c) {
    const int letter = tolower((unsigned char)c) - 'a';
    return 1u << (0 <= letter && letter < 26 ? letter : 26);
}

/* What a term's name and its forms begin with. */
static uint32_t first_letters(const Term *t) {
    uint32_t bits = letter_bit(t->name[0]);
    for (const char *form = t->also; *form; form += *form == '|') {
        bits |= letter_bit(*form);
        form += strcspn(form, "|");
    }
    return bits;
}

/* alone: the text is all that stands there. */
static int next_term(const char *text, int len, int from, bool alone, int *at,
                     int *n) {
    uint32_t firsts[N_TERMS]; /* a word is compared with few terms */
    for (int k = 0; k < N_TERMS; k++)
        firsts[k] = first_letters(&terms[k]);
    for (int i = from; i < len; i++) {
        int best = -1, longest = 0;
        if (is_letter(text, len, i - 1)) continue;
        const uint32_t first = letter_bit(text[i]);
        for (int k = 0; k < N_TERMS; k++) {
            if (!(firsts[k] & first)) continue;
            int size = begins(&terms[k], text + i, len - i);
            if (size <= longest || is_letter(text, len, i + size)) continue;
            bool whole = alone && i == 0 && size == len;
            bool capitals = isupper((unsigned char)text[i]) &&
                            isupper((unsigned char)text[i + 1]);
            if (is_common(&terms[k]) && !whole) continue;
            if (!stands_alone(size) && !whole && !capitals) continue;
            longest = size;
            best = k;
        }
        if (best < 0) continue;
        *at = i;
        *n = longest;
        return best;
    }
    return -1;
}

int glossary_next(const char *text, int len, int from, int *at, int *n) {
    return next_term(text, len, from, true, at, n);
}

int glossary_next_within(const char *text, int len, int from, int *at, int *n) {
    return next_term(text, len, from, false, at, n);
}

static void draw_dots(Canvas *c, Color color, int x, int y, int w) {
    const int line = canvas_u(c, 1);
    for (int i = 0; i + line <= w; i += 3 * line)
        canvas_fill(c, (Rect){x + i, y + 3 * line, line, line}, color);
}

static void note(Hits *h, Canvas *c, TextStyle style, int x, int baseline,
                 const char *text, bool dots) {
    int len = (int)strlen(text), at, n;
    int term = glossary_next(text, len, 0, &at, &n);
    int w = term < 0 ? 0 : canvas_text_width(c, style, text);
    if (style.align == ALIGN_RIGHT) x -= w;
    if (style.align == ALIGN_CENTER) x -= w / 2;
    for (; term >= 0; term = glossary_next(text, len, at + n, &at, &n)) {
        char part[256];
        if (at + n >= (int)sizeof part) return;
        memcpy(part, text, (size_t)at + (size_t)n);
        part[at + n] = '\0';
        int end = x + canvas_text_width(c, style, part);
        part[at] = '\0';
        int start = x + canvas_text_width(c, style, part);
        FontMetrics m = canvas_metrics(c, style);
        hits_term(
            h, (Rect){start, baseline - m.cap * 3 / 2, end - start, m.cap * 2},
            term);
        if (dots) draw_dots(c, style.color, start, baseline, end - start);
    }
}

void glossary_note(Hits *h, Canvas *c, TextStyle style, int x, int baseline,
                   const char *text) {
    note(h, c, style, x, baseline, text, false);
}

void glossary_mark(Hits *h, Canvas *c, TextStyle style, int x, int baseline,
                   const char *text) {
    note(h, c, style, x, baseline, text, true);
}
