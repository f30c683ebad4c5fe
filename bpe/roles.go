package bpe

import "slices"

// Many files do not say which tokens end a turn or frame fill-in-the-middle code,
// or give them the type of ordinary text. As in llama.cpp, such tokens are found
// by their names in known vocabularies.
var (
	eotNames = []string{"<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "<|end_of_text|>",
		"<EOT>", "_<EOT>", "[EOT]", "<｜end▁of▁sentence｜>", "<end_of_utterance>"}
	eomNames    = []string{"<|eom_id|>"}
	fimPreNames = []string{"<|fim_prefix|>", "<fim-prefix>", "<fim_prefix>", "<｜fim▁begin｜>", "<PRE>", "▁<PRE>",
		"<|code_prefix|>", "<|prefix|>"}
	fimSufNames = []string{"<|fim_suffix|>", "<fim-suffix>", "<fim_suffix>", "<｜fim▁hole｜>", "<SUF>", "▁<SUF>",
		"<|code_suffix|>", "<|suffix|>"}
	fimMidNames = []string{"<|fim_middle|>", "<fim-middle>", "<fim_middle>", "<｜fim▁end｜>", "<MID>", "▁<MID>",
		"<|code_middle|>", "<|middle|>"}
	fimPadNames = []string{"<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]"}
	fimRepNames = []string{"<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>"}
	fimSepNames = []string{"<|file_sep|>"}

	eogNames = []string{"<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<|flush|>", "<|calls|>",
		"<end_of_turn>", "<|endoftext|>", "</s>", "<|eom_id|>", "<EOT>", "_<EOT>", "[EOT]", "[EOS]",
		"<|end_of_text|>", "<end_of_utterance>", "<eos>", "<turn|>", "<|tool_response>",
		"<｜end▁of▁sentence｜>", "[e~["}

	// textNames are tokens of gpt-oss that decoding shows.
	textNames = []string{"<|channel|>", "<|message|>", "<|start|>", "<|constrain|>"}
)

// EndsText reports whether a token with this text ends a generated text, if the
// file does not say.
func EndsText(text string) bool { return slices.Contains(eogNames, text) }

// findRoles sets the vocabulary's role ids that are -1, corrects the types of
// tokens with a role and sets eog.
func (t *Tokenizer) findRoles() {
	v := &t.vocab
	for _, r := range []struct {
		id    *int32
		names []string
	}{
		{&v.EOT, eotNames}, {&v.EOM, eomNames},
		{&v.FIMPre, fimPreNames}, {&v.FIMSuf, fimSufNames}, {&v.FIMMid, fimMidNames},
		{&v.FIMPad, fimPadNames}, {&v.FIMRep, fimRepNames}, {&v.FIMSep, fimSepNames},
	} {
		for i := 0; *r.id < 0 && i < len(r.names); i++ {
			if *r.id = t.idOf(r.names[i]); *r.id >= 0 {
				t.types[*r.id] = Control
			}
		}
	}
	t.eog = make([]bool, len(t.types))
	for _, name := range eogNames {
		if id := t.idOf(name); id >= 0 {
			t.eog[id], t.types[id] = true, Control
		}
	}
	for _, name := range textNames {
		if id := t.idOf(name); id >= 0 {
			t.types[id] = UserDefined
		}
	}
	for _, id := range []int32{v.EOS, v.EOT, v.EOM, v.FIMPad, v.FIMRep, v.FIMSep} {
		if id >= 0 {
			t.eog[id] = true
		}
	}
	t.fixRoles()
	for _, id := range v.EOG {
		t.eog[id] = true
	}
}

// fixRoles corrects roles of names that have another meaning in some
// vocabularies.
func (t *Tokenizer) fixRoles() {
	ends := func(name string) bool {
		id := t.idOf(name)
		return id >= 0 && t.eog[id]
	}
	harmony := ends("<|return|>") && (ends("<|call|>") || ends("<|calls|>"))
	solar := ends("<|flush|>") && (ends("<|call|>") || ends("<|calls|>"))
	if ends("<|end|>") && (harmony || solar) { // gpt-oss, Solar: ends only a message
		id := t.idOf("<|end|>")
		t.eog[id], t.types[id] = false, UserDefined
	}
	if ends("<|tool_response>") && ends("</s>") { // Gemma 4: an HTML tag
		id := t.idOf("</s>")
		t.eog[id], t.types[id] = false, Normal
	}
}

// BOS returns the id that begins a text, -1 for none.
func (t *Tokenizer) BOS() int32 { return t.vocab.BOS }

// EOS returns the id that ends a text, -1 for none.
func (t *Tokenizer) EOS() int32 { return t.vocab.EOS }

// EOT returns the id that ends a turn of a chat, -1 for none.
func (t *Tokenizer) EOT() int32 { return t.vocab.EOT }

// UNK returns the id for text that the vocabulary cannot encode, -1 for none.
func (t *Tokenizer) UNK() int32 { return t.vocab.UNK }

// SEP returns the id between two texts, -1 for none.
func (t *Tokenizer) SEP() int32 { return t.vocab.SEP }

// PAD returns the id that fills up a batch, -1 for none.
func (t *Tokenizer) PAD() int32 { return t.vocab.PAD }

// FIM are the ids with which a text with a gap is written; -1 for none.
type FIM struct {
	Prefix, Suffix, Middle int32 // before the text before the gap, that after it, that of the gap
	Repo, File             int32 // before the name of a repository, of a file
}

// FIM returns the ids for filling a gap.
func (t *Tokenizer) FIM() FIM {
	v := &t.vocab
	return FIM{v.FIMPre, v.FIMSuf, v.FIMMid, v.FIMRep, v.FIMSep}
}

// MASK returns the id that stands for a masked word, -1 for none.
func (t *Tokenizer) MASK() int32 { return t.vocab.MASK }

// AddBOS reports whether [Tokenizer.Encode] puts BOS before a text.
func (t *Tokenizer) AddBOS() bool { return t.vocab.AddBOS || t.kind == wordPiece }

// DoubleBOS reports whether ids begin with two BOS: the one that
// [Tokenizer.Encode] adds, and one from a text that begins with its name.
func (t *Tokenizer) DoubleBOS(ids []int32) bool {
	return t.AddBOS() && len(ids) > 1 && ids[0] == t.vocab.BOS && ids[1] == t.vocab.BOS
}

// AddEOS reports whether [Tokenizer.Encode] puts EOS after a text.
func (t *Tokenizer) AddEOS() bool { return t.vocab.AddEOS && t.kind != wordPiece }

// AddSEP reports whether SEP belongs between two texts that are encoded
// together. [Tokenizer.Encode] puts it after a text with a "bert" vocabulary.
func (t *Tokenizer) AddSEP() bool { return t.vocab.AddSEP }
