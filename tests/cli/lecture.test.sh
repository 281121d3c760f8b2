#!/bin/sh
# lessons/large-language-models.md is the lecture: take away what comments add,
# and its own words remain, slide for slide.  An apostrophe that an editor had
# mangled is one again.
. tests/cli/lib.sh
deck=lessons/large-language-models.md
run lesson list
is 0
grep -qE '^large-language-models +tales +10 +[0-9]+ .*LLMs - Large' "$dir/out" ||
    bad 'it is not listed with its 10 slides'

# The slides without front matter, notes, our comments and blank lines.
bare() {
    awk 'NR == 1 && $0 == "---" { front = 1; next }
        front { if ($0 == "---") front = 0; next }
        $0 == "--" { notes = 0 }
        /^Notes:/ { notes = 1 }
        /^<!-- \.say:$/ { say = 1 }
        !notes && !say && !/^<!-- \.(stage|claim|ask|guess|do|hint):/ && NF { print }
        $0 == "-->" { say = 0 }' "$1"
}
bare "$deck" > "$dir/bare"
[ "$(cksum < "$dir/bare")" = '2169001688 2547' ] ||
    bad 'the slides have not the words of the lecture'
[ "$(grep -cx -- -- "$dir/bare")" -eq 9 ] || bad 'not 10 slides'
for text in 'are "large" both in terms of the size' \
    'introduced the **Transformer architecture**, which is the' \
    'regardless of their positional distance from each other**' \
    'and then fine-tune** them for specific tasks.' \
    'BERT is not closed source' "Hugging Face's Transformers is a library"; do
    grep -qF "$text" "$deck" || bad "the notes do not say '$text'"
done

# Each slide has its live counterpart, and nothing stands between the lecturer
# and a beat: at most 40 words.
awk '/^<!-- \.stage:.*(view|op|edit|model|token|key|elem)=/ { live[slide + 0]++ }
    $0 == "--" { slide++ }
    END { for (i = 0; i < 10; i++) if (!live[i]) print i + 1 }' "$deck" \
    > "$dir/dead"
[ -s "$dir/dead" ] && bad "slides without a live beat: $(cat "$dir/dead")"
awk '/^<!-- \.say:$/ { n = 0; say = 1; at = NR; next }
    $0 == "-->" && say { if (n > 40) print at ": " n; say = 0 }
    say { n += NF }' "$deck" > "$dir/long"
[ -s "$dir/long" ] && bad "more than 40 words: $(cat "$dir/long")"
finish
