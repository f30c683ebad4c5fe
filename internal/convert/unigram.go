package convert

import (
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/querent-ai/chord/gguf"
)

// unigramJSON is a tokenizer.json of SentencePiece's Unigram, which XLM-RoBERTa
// uses.
type unigramJSON struct{}

func (unigramJSON) read(r *reading) (*vocab, error) {
	t, err := r.tokenizer("Unigram")
	if err != nil {
		return nil, err
	}
	v, err := t.pieces(r)
	if err != nil {
		return nil, err
	}
	v.pre = "default"
	n, ok := r.c.count("type_vocab_size")
	if !ok {
		n = 1
	}
	prefix := true
	for _, s := range t.PreTokenizer.flat() {
		if s.Type == "Metaspace" {
			prefix = s.PrependScheme != "never" && (s.PrependScheme != "" || s.AddPrefixSpace)
		}
	}
	v.more = []gguf.KV{{Key: "tokenizer.ggml.add_space_prefix", Value: prefix},
		{Key: "tokenizer.ggml.token_type_count", Value: uint32(n)},
		{Key: "tokenizer.ggml.remove_extra_whitespaces", Value: true}}
	for _, s := range t.Normalizer.flat() {
		if s.Type != "Precompiled" {
			continue
		}
		charMap, err := base64.StdEncoding.DecodeString(s.CharsMap)
		if err != nil || len(charMap) > maxModel {
			return nil, fmt.Errorf("convert: tokenizer.json: precompiled_charsmap: want base64 of at most %d bytes", maxModel)
		}
		v.more = append(v.more, gguf.KV{Key: "tokenizer.ggml.precompiled_charsmap", Value: charMap})
	}
	special, err := r.specials(v, false)
	v.more = append(v.more, special...)
	if id := t.Model.UnkID; id != nil {
		v.more = setKey(v.more, "tokenizer.ggml.unknown_token_id", uint32(*id))
	}
	return v, err
}

// pieces returns the tokens of a Unigram model, as many as the model has rows: the
// place in the list is the id.
func (t *tokenizerJSON) pieces(r *reading) (*vocab, error) {
	var list [][2]any
	if err := json.Unmarshal(t.Model.Vocab, &list); err != nil {
		return nil, fmt.Errorf("convert: tokenizer.json: vocab: want pairs of a text and a number: %w", err)
	}
	n, ok := r.c.count("vocab_size")
	if !ok {
		n = len(list)
	}
	if len(list) > n {
		return nil, fmt.Errorf("convert: tokenizer.json: %d tokens, vocab_size is %d", len(list), n)
	}
	v, err := newVocab("t5", n, true)
	if err != nil {
		return nil, err
	}
	for id, p := range list {
		text, isText := p[0].(string)
		score, isNumber := p[1].(float64)
		if !isText || !isNumber {
			return nil, fmt.Errorf("convert: tokenizer.json: vocab: number %d is no pair of a text and a number", id)
		}
		v.set(id, text, float32(score), normal)
	}
	for _, a := range t.AddedTokens {
		switch {
		case a.ID < 0 || a.ID >= n:
			return nil, fmt.Errorf("convert: tokenizer.json: added_tokens: id %d of %d", a.ID, n)
		case a.Special:
			v.set(a.ID, a.Content, 0, control)
		default:
			v.set(a.ID, a.Content, 0, userDefined)
		}
	}
	if id := t.Model.UnkID; id != nil {
		if *id < 0 || *id >= n {
			return nil, fmt.Errorf("convert: tokenizer.json: unk_id %d of %d", *id, n)
		}
		v.types[*id] = unknown
	}
	return v, nil
}
