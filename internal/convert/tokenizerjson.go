package convert

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// A tokenizerJSON has the parts of a tokenizer.json that are used here.
type tokenizerJSON struct {
	AddedTokens   []addedToken `json:"added_tokens"`
	Normalizer    *step        `json:"normalizer"`
	PreTokenizer  *step        `json:"pre_tokenizer"`
	PostProcessor *step        `json:"post_processor"`
	Model         struct {
		Type         string          `json:"type"`
		Vocab        json.RawMessage `json:"vocab"`
		Merges       json.RawMessage `json:"merges"`
		ByteFallback bool            `json:"byte_fallback"`
		UnkID        *int            `json:"unk_id"`
	} `json:"model"`
}

// An addedToken is a token that is searched for before the text is split.
type addedToken struct {
	ID      int    `json:"id"`
	Content string `json:"content"`
	Special bool   `json:"special"`
}

// A step is a step of normalising, splitting or post-processing, or a sequence of
// them.
type step struct {
	Type          string `json:"type"`
	Normalizers   []step `json:"normalizers"`
	Pretokenizers []step `json:"pretokenizers"`
	Processors    []step `json:"processors"`

	Pattern struct {
		Regex  string `json:"Regex"`
		String string `json:"String"`
	} `json:"pattern"`
	Behavior       string     `json:"behavior"`
	Invert         bool       `json:"invert"`
	Individual     bool       `json:"individual_digits"`
	UseRegex       *bool      `json:"use_regex"`
	AddPrefixSpace bool       `json:"add_prefix_space"`
	PrependScheme  string     `json:"prepend_scheme"`
	CharsMap       string     `json:"precompiled_charsmap"`
	Lowercase      *bool      `json:"lowercase"`
	StripAccents   *bool      `json:"strip_accents"`
	Single         []template `json:"single"`
	Pair           []template `json:"pair"`
}

// A template is one part of an encoded text: a text or a special token.
type template struct {
	SpecialToken struct{ ID string }
	Sequence     struct{ ID string }
}

// tokenizer returns tokenizer.json, and [fs.ErrNotExist] if there is none or if
// its model is of another type.
func (r *reading) tokenizer(model string) (*tokenizerJSON, error) {
	t := &tokenizerJSON{}
	ok, err := readJSON(r.dir, "tokenizer.json", t)
	if err != nil {
		return nil, err
	}
	if !ok || model != "" && t.Model.Type != model {
		return nil, fmt.Errorf("convert: tokenizer.json of type %q: %w", model, fs.ErrNotExist)
	}
	return t, nil
}

// vocab returns the tokens of t without merges, as many as the model has rows.
func (t *tokenizerJSON) vocab(r *reading, model string) (*vocab, error) {
	ids := map[string]int{}
	if err := json.Unmarshal(t.Model.Vocab, &ids); err != nil {
		return nil, fmt.Errorf("convert: tokenizer.json: vocab: %w", err)
	}
	n, has := r.c.count("vocab_size")
	last := -1
	for _, id := range ids {
		last = max(last, id)
	}
	for _, a := range t.AddedTokens {
		last = max(last, a.ID)
	}
	if !has {
		n = last + 1
	}
	if last >= n {
		return nil, fmt.Errorf("convert: tokenizer.json: token %d, vocab_size is %d", last, n)
	}
	v, err := newVocab(model, n, false)
	if err != nil {
		return nil, err
	}
	for text, id := range ids {
		if id < 0 || v.types[id] != unused {
			return nil, fmt.Errorf("convert: tokenizer.json: vocab: %.40q has the id %d of another or none", text, id)
		}
		v.set(id, text, 0, normal)
	}
	for _, a := range t.AddedTokens {
		if a.ID < 0 {
			return nil, fmt.Errorf("convert: tokenizer.json: added_tokens: id %d", a.ID)
		}
		if a.Special || looksSpecial(a.Content) {
			v.set(a.ID, a.Content, 0, control)
		} else {
			v.set(a.ID, strings.ReplaceAll(a.Content, "▁", " "), 0, userDefined)
		}
	}
	return v, nil
}

// merges returns the pairs to merge, each "a b". Spaces within are written as in
// byte-level BPE, Ġ.
func (t *tokenizerJSON) merges() ([]string, error) {
	if len(t.Model.Merges) == 0 {
		return nil, nil
	}
	var out []string
	if json.Unmarshal(t.Model.Merges, &out) == nil {
		return out, nil
	}
	var pairs [][]string
	if err := json.Unmarshal(t.Model.Merges, &pairs); err != nil {
		return nil, fmt.Errorf("convert: tokenizer.json: merges: want texts or pairs of texts")
	}
	out = make([]string, len(pairs))
	for i, p := range pairs {
		if len(p) != 2 {
			return nil, fmt.Errorf("convert: tokenizer.json: merges: number %d has %d parts", i, len(p))
		}
		out[i] = strings.ReplaceAll(p[0], " ", "Ġ") + " " + strings.ReplaceAll(p[1], " ", "Ġ")
	}
	return out, nil
}

// added returns the id of the added token with this text, and false if there is
// none.
func (t *tokenizerJSON) added(text string) (int, bool) {
	i := slices.IndexFunc(t.AddedTokens, func(a addedToken) bool { return a.Content == text })
	if i < 0 {
		return 0, false
	}
	return t.AddedTokens[i].ID, true
}

// flat returns the steps of s, with sequences expanded.
func (s *step) flat() []step {
	if s == nil {
		return nil
	}
	var out []step
	for _, list := range [][]step{s.Normalizers, s.Pretokenizers, s.Processors} {
		for i := range list {
			out = append(out, list[i].flat()...)
		}
	}
	if out == nil && s.Type != "Sequence" {
		out = []step{*s}
	}
	return out
}
