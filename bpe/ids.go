package bpe

// BOS returns the id that begins texts, -1 if there is none.
func (t *Tokenizer) BOS() int32 { return t.vocab.BOS }

// EOS returns the id that ends texts, -1 if there is none.
func (t *Tokenizer) EOS() int32 { return t.vocab.EOS }

// EOT returns the id that ends a turn of a chat, -1 if there is none.
func (t *Tokenizer) EOT() int32 { return t.vocab.EOT }

// UNK returns the id of what the vocabulary cannot write, -1 if there is
// none.
func (t *Tokenizer) UNK() int32 { return t.vocab.UNK }

// SEP returns the id between two texts, -1 if there is none.
func (t *Tokenizer) SEP() int32 { return t.vocab.SEP }

// PAD returns the id that fills up a batch, -1 if there is none.
func (t *Tokenizer) PAD() int32 { return t.vocab.PAD }

// MASK returns the id that stands for a word to be guessed, -1 if there is
// none.
func (t *Tokenizer) MASK() int32 { return t.vocab.MASK }

// AddBOS reports whether [Tokenizer.Encode] puts BOS before a text.
func (t *Tokenizer) AddBOS() bool { return t.vocab.AddBOS || t.kind == wordPiece }

// DoubleBOS reports whether ids, of a text that [Tokenizer.Encode] has put BOS
// before, have it twice as the text begins with its name.
func (t *Tokenizer) DoubleBOS(ids []int32) bool {
	return t.AddBOS() && len(ids) > 1 && ids[0] == t.vocab.BOS && ids[1] == t.vocab.BOS
}

// AddEOS reports whether [Tokenizer.Encode] puts EOS after a text.
func (t *Tokenizer) AddEOS() bool { return t.vocab.AddEOS && t.kind != wordPiece }

// AddSEP reports whether SEP belongs between two texts that are encoded
// together. [Tokenizer.Encode] puts it after a text with a "bert" vocabulary.
func (t *Tokenizer) AddSEP() bool { return t.vocab.AddSEP }
