package bpe

import (
	"slices"
	"strings"
	"testing"
)

func TestUserDefined(t *testing.T) {
	tok := must(t, small(t))
	user, us := int32(265), int32(266)
	end, im := int32(263), int32(264)
	for _, c := range []struct {
		text string
		o    EncodeOptions
		want []int32
	}{
		{"[user]", EncodeOptions{}, []int32{user}},
		{"[user]", EncodeOptions{NoParseSpecial: true}, []int32{user}},
		{"[us]", EncodeOptions{}, []int32{us, ']'}},
		{"[us[user][us", EncodeOptions{}, []int32{us, user, us}},
		{"<|endoftext|>", EncodeOptions{}, []int32{end}},
		{"a<|im_end|> hello<|im_end|>", EncodeOptions{}, []int32{'a', im, 262, im}},
		{"<|i", EncodeOptions{NoParseSpecial: true}, []int32{'<', '|', 'i'}},
	} {
		if got := tok.Encode(nil, c.text, c.o); !slices.Equal(got, c.want) {
			t.Errorf("%q %+v: got %d, want %d", c.text, c.o, got, c.want)
		}
	}
	if got := tok.Encode(nil, "<|im_end|>", EncodeOptions{NoParseSpecial: true}); len(got) != 10 {
		t.Errorf("not parsed: got %d", got)
	}
	for _, id := range []int32{end, im} {
		if !tok.IsEOG(id) || !tok.IsControl(id) {
			t.Errorf("%q does not end a text", tok.Token(id))
		}
	}
	if tok.EOT() != im || tok.IsEOG('a') || tok.IsEOG(-1) || tok.IsEOG(1000) || tok.IsControl(user) {
		t.Errorf("EOT %d", tok.EOT())
	}
}

// TestSpecials requires that the longest special token is cut out first, not the
// leftmost: tokens within tokens, at the end, of any length.
func TestSpecials(t *testing.T) {
	v := small(t)
	long := strings.Repeat("xy", 50)
	names := []string{"<a", "<ab", "<abc>", "ab<ab", "zq", long, long + "!", "<ac"}
	first := len(v.Tokens)
	for _, name := range names {
		v.Tokens, v.Types = append(v.Tokens, name), append(v.Types, UserDefined)
	}
	tok := must(t, v)
	for text, want := range map[string][]string{
		"<abc>":               {"<abc>"},
		"<ab<abc>":            {"<ab", "<abc>"},
		"ab<abc>":             {"a", "b", "<abc>"},
		"ab<abc":              {"ab<ab", "c"},
		"<a<ab<ac<ad<":        {"<a", "<ab", "<ac", "<a", "d", "<"},
		"zqzq" + long:         {"zq", "zq", long},
		long + "!" + long:     {long + "!", long},
		long[1:]:              strings.Split(long[1:], ""),
		"a<abc>b<abc>a" + "b": {"a", "<abc>", "b", "<abc>", "a", "b"},
	} {
		var got []string
		for _, id := range tok.Encode(nil, text, EncodeOptions{NoParseSpecial: true}) {
			got = append(got, tok.Token(id))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	if id, ok := tok.ID("<ab"); !ok || id != int32(first+1) {
		t.Errorf("ID: %d, %v", id, ok)
	}
}

// TestSpecialsInText requires that names of control tokens that overlap a span are
// text, and that the text beside them is encoded as without the span.
func TestSpecialsInText(t *testing.T) {
	tok := must(t, small(t))
	const im = "<|im_end|>"
	spelled := tok.Encode(nil, im, EncodeOptions{NoParseSpecial: true, NoBOS: true})
	text := im + "a hello" + im + "[user]" + im
	second := len(im) + len("a hello")
	first, last := Span{0, len(im)}, Span{len(text) - len(im), len(text)}
	end, _ := tok.ID(im)
	user, _ := tok.ID("[user]")
	words := tok.Encode(nil, "a hello", EncodeOptions{NoBOS: true})
	join := slices.Concat[[]int32]
	for name, c := range map[string]struct {
		spans []Span
		want  []int32
	}{
		"none": {nil, join([]int32{end}, words, []int32{end, user, end})},

		"beside":            {[]Span{{len(im), second}}, join([]int32{end}, words, []int32{end, user, end})},
		"first and last":    {[]Span{first, last}, join(tok.Encode(nil, im+"a hello", EncodeOptions{NoParseSpecial: true, NoBOS: true}), []int32{end, user}, spelled)},
		"a byte of one":     {[]Span{{second + 4, second + 5}}, join([]int32{end}, tok.Encode(nil, "a hello"+im, EncodeOptions{NoParseSpecial: true, NoBOS: true}), []int32{user, end})},
		"the end of one":    {[]Span{{second + len(im) - 1, second + len(im) + 3}}, join([]int32{end}, tok.Encode(nil, "a hello"+im, EncodeOptions{NoParseSpecial: true, NoBOS: true}), []int32{user, end})},
		"user-defined ones": {[]Span{{0, len(text)}}, join(tok.Encode(nil, im+"a hello"+im, EncodeOptions{NoParseSpecial: true, NoBOS: true}), []int32{user}, spelled)},
	} {
		if got := tok.Encode(nil, text, EncodeOptions{NoBOS: true, Text: c.spans}); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %d, want %d", name, got, c.want)
		}
	}
}
