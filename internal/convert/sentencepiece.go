package convert

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/querent-ai/chord/gguf"
)

// maxModel is the most bytes of a tokenizer.model; the largest known has 5 MB.
const maxModel = 64 << 20

// A spModel is the content of a SentencePiece model file.
type spModel struct {
	pieces  []spPiece
	unigram bool
	charMap []byte // how text is normalised, compiled
	prefix  bool   // a space goes before a text
	squeeze bool   // runs of spaces count as one
}

// An spPiece is one token.
type spPiece struct {
	text  string
	score float32
	kind  int32
}

// fields calls each for every field of a protocol buffer message: the number of
// a varint or of a 32-bit field, the bytes of one that has a length.
func fields(msg []byte, each func(field int, n uint64, data []byte) error) error {
	for len(msg) > 0 {
		tag, k := binary.Uvarint(msg)
		if k <= 0 || tag>>3 == 0 || tag>>3 > 1<<29 {
			return fmt.Errorf("a malformed field")
		}
		msg = msg[k:]
		var n uint64
		var data []byte
		switch tag & 7 {
		case 0:
			n, k = binary.Uvarint(msg)
		case 1:
			k = 8
		case 2:
			n, k = binary.Uvarint(msg)
			if k > 0 && n <= uint64(len(msg)-k) {
				data = msg[k : k+int(n)]
				k += int(n)
			} else {
				k = 0
			}
		case 5:
			k = 4
			if len(msg) >= 4 {
				n = uint64(binary.LittleEndian.Uint32(msg))
			}
		default:
			k = 0
		}
		if k <= 0 || k > len(msg) {
			return fmt.Errorf("field %d ends beyond its message", tag>>3)
		}
		msg = msg[k:]
		if err := each(int(tag>>3), n, data); err != nil {
			return err
		}
	}
	return nil
}

// parseSentencePiece reads a SentencePiece model, a ModelProto: pieces in field
// 1, how it was trained in 2, how text is normalised in 3.
func parseSentencePiece(data []byte) (*spModel, error) {
	m := &spModel{unigram: true, prefix: true, squeeze: true}
	err := fields(data, func(field int, _ uint64, data []byte) error {
		switch field {
		case 1:
			return m.piece(data)
		case 2:
			return fields(data, func(field int, n uint64, _ []byte) error {
				if field == 3 {
					m.unigram = n == 1
				}
				return nil
			})
		case 3:
			return fields(data, m.normalizer)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("convert: tokenizer.model: piece %d: %w", len(m.pieces), err)
	}
	if len(m.pieces) == 0 {
		return nil, fmt.Errorf("convert: tokenizer.model: no pieces")
	}
	return m, nil
}

// piece reads a token: text in field 1, score in 2, type in 3.
func (m *spModel) piece(data []byte) error {
	p := spPiece{kind: normal}
	err := fields(data, func(field int, n uint64, data []byte) error {
		switch field {
		case 1:
			p.text = string(data)
		case 2:
			p.score = math.Float32frombits(uint32(n))
		case 3:
			if n < normal || n > byteToken {
				return fmt.Errorf("type %d", n)
			}
			p.kind = int32(n)
		}
		return nil
	})
	if len(m.pieces) == maxTokens {
		return fmt.Errorf("more than %d", maxTokens)
	}
	m.pieces = append(m.pieces, p)
	return err
}

// normalizer reads one field of how text is normalised.
func (m *spModel) normalizer(field int, n uint64, data []byte) error {
	switch field {
	case 2:
		m.charMap = data
	case 3:
		m.prefix = n != 0
	case 4:
		m.squeeze = n != 0
	}
	return nil
}

// sentencePiece is the vocabulary in a tokenizer.model.
type sentencePiece struct {
	prefixKey bool // tokenizer_config.json may say whether a space goes before a text
	noPrefix  bool // no space goes before a text
	infill    bool // the ids of CodeGemma's tokens for filling in
}

func (s sentencePiece) read(r *reading) (*vocab, error) {
	v, err := readPieces(r)
	if err != nil {
		return nil, err
	}
	if err := r.addedPieces(v); err != nil {
		return nil, err
	}
	special, err := r.specials(v, false)
	if err != nil {
		return nil, err
	}
	v.more = append(v.more, special...)
	if s.prefixKey {
		if err := r.llamaKeys(v); err != nil {
			return nil, err
		}
	}
	if s.infill {
		for _, t := range []struct {
			name string
			id   uint32
		}{{"prefix", 67}, {"suffix", 69}, {"middle", 68}, {"fim_sep", 70}, {"eot", 107}} {
			v.more = setKey(v.more, "tokenizer.ggml."+t.name+"_token_id", t.id)
		}
	}
	if s.noPrefix {
		v.more = setKey(v.more, "tokenizer.ggml.add_space_prefix", false)
	}
	return v, nil
}

// readPieces returns the vocabulary of tokenizer.model, with room for as many
// tokens as the model has rows.
func readPieces(r *reading) (*vocab, error) {
	data, err := readFile(r.dir, "tokenizer.model")
	if err != nil {
		return nil, err
	}
	if len(data) > maxModel {
		return nil, fmt.Errorf("convert: tokenizer.model: %d bytes, at most %d", len(data), maxModel)
	}
	m, err := parseSentencePiece(data)
	if err != nil {
		return nil, err
	}
	n, ok := r.c.count("vocab_size")
	if !ok {
		n = len(m.pieces)
	}
	return m.vocab(n)
}

// vocab returns m as a vocabulary of n tokens.
func (m *spModel) vocab(n int) (*vocab, error) {
	v, err := newVocab("llama", n, true)
	if err != nil {
		return nil, err
	}
	v.pre = "default"
	for id, p := range m.pieces[:min(n, len(m.pieces))] {
		kind := p.kind
		if kind == userDefined {
			kind = normal // as llama.cpp's converter has it
		}
		v.set(id, p.text, p.score, kind)
	}
	if m.unigram {
		v.model = "t5"
		v.more = append(v.more, gguf.KV{Key: "tokenizer.ggml.add_space_prefix", Value: m.prefix},
			gguf.KV{Key: "tokenizer.ggml.remove_extra_whitespaces", Value: m.squeeze})
		if len(m.charMap) > 0 {
			v.more = append(v.more, gguf.KV{Key: "tokenizer.ggml.precompiled_charsmap", Value: m.charMap})
		}
	}
	return v, nil
}

// addedPieces adds the tokens of added_tokens.json and tokenizer_config.json. Ids
// beyond the model's rows are ignored.
func (r *reading) addedPieces(v *vocab) error {
	added := map[string]int{}
	if _, err := readJSON(r.dir, "added_tokens.json", &added); err != nil {
		return err
	}
	for text, id := range added {
		if id >= 0 && id < len(v.tokens) {
			v.set(id, text, -1000, userDefined)
		}
	}
	t, err := r.tokenizerConfig()
	if err != nil {
		return err
	}
	for key, x := range t.object("added_tokens_decoder").values {
		o, _ := x.(map[string]any)
		text, ok := o["content"].(string)
		id, err := strconv.Atoi(key)
		if err != nil || !ok {
			return fmt.Errorf("convert: tokenizer_config.json: added_tokens_decoder: %.40q is not a token", key)
		}
		if id < 0 || id >= len(v.tokens) {
			continue
		}
		kind := int32(control)
		if special, _ := o["special"].(bool); !special && !looksSpecial(text) {
			kind, text = userDefined, strings.ReplaceAll(text, "▁", " ")
		}
		v.set(id, text, -1000, kind)
	}
	return nil
}

// looksSpecial reports whether a token is special by its text: some models do not
// mark it as special.
func looksSpecial(text string) bool {
	switch text {
	case "<pad>", "<mask>", "<2mass>", "[@BOS@]":
		return true
	}
	for _, p := range [][2]string{{"<|", "|>"}, {"<｜", "｜>"}, {"<unused", ">"}} {
		if strings.HasPrefix(text, p[0]) && strings.HasSuffix(text, p[1]) {
			return true
		}
	}
	return false
}

// setKey sets the value of key, which may be present.
func setKey(kv []gguf.KV, key string, value any) []gguf.KV {
	for i := range kv {
		if kv[i].Key == key {
			kv[i].Value = value
			return kv
		}
	}
	return append(kv, gguf.KV{Key: key, Value: value})
}
