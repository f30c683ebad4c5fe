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
			t.Errorf("%q ends no text", tok.Token(id))
		}
	}
	if tok.EOT() != im || tok.IsEOG('a') || tok.IsEOG(-1) || tok.IsEOG(1000) || tok.IsControl(user) {
		t.Errorf("EOT %d", tok.EOT())
	}
}

// TestSpecials: the longest token is cut out first wherever it is, not the leftmost; tokens
// within tokens, at the end, of any length.
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
