package llama

import (
	"errors"
	"fmt"

	"github.com/querent-ai/chord/internal/kvcache"
)

// A Token is one token of a batch. It takes the next position of its sequence,
// which is of a cache made by [Model.NewCache].
type Token struct {
	Seq  *kvcache.Seq
	ID   int32
	Out  Out
	Long bool // RoPE uses the angles of sequences longer than [Model.LongFrom]

	// Adapters change the matrices for this token; nil: none. Tokens of a sequence
	// have the same.
	Adapters *AdapterSet

	// Embd, if not nil, is what the residual stream of the token begins with, (Dim,),
	// in place of the vector of ID: a part of a picture. Its ID may have any value; see
	// [Model.TakesRows].
	Embd []float32
	// Ahead is how many of the tokens that follow in the batch, of the same sequence,
	// the token sees too. The next of them sees one less.
	Ahead int
}

// An Out selects the output of a token.
type Out uint8

// The outputs.
const (
	OutNone   Out = iota
	OutLogits     // (Vocab,)
	OutEmbd       // (Dim,): the residual stream after the last norm; the vector of an embedder
)

// An Output holds the outputs of a batch. The zero value is ready; it keeps its
// memory from use to use.
type Output struct {
	row          []int // (tokens,): row in logits or embd, -1: no output
	embedding    []bool
	logits, embd []float32
	vocab, dim   int
}

// Reset makes memory for the outputs of a batch, with unspecified content.
func (o *Output) Reset(batch []Token, vocab, dim int) {
	o.row, o.embedding = o.row[:0], o.embedding[:0]
	o.vocab, o.dim = vocab, dim
	logits, embd := 0, 0
	for _, t := range batch {
		row := -1
		switch t.Out {
		case OutLogits:
			row = logits
			logits++
		case OutEmbd:
			row = embd
			embd++
		}
		o.row = append(o.row, row)
		o.embedding = append(o.embedding, t.Out == OutEmbd)
	}
	o.logits, o.embd = grow(o.logits, logits*vocab), grow(o.embd, embd*dim)
}

// Row returns the output of token i of the batch. It may be changed and is valid
// until the Output is used again. Row panics if the token has no output or if
// Forward failed.
func (o *Output) Row(i int) []float32 {
	switch {
	case i < 0 || i >= len(o.row) || o.row[i] < 0:
		panic("llama: Output.Row: the token did not ask for anything")
	case o.embedding[i]:
		return row(o.embd, o.row[i], o.dim)
	}
	return row(o.logits, o.row[i], o.vocab)
}

// clear drops all rows, so that Row panics after a Forward that failed.
func (o *Output) clear() { o.row = o.row[:0] }

// A batch is the batch of a forward pass.
type batch struct {
	out   *Output
	pos   []int      // (tokens,): position in the sequence
	seqOf []int      // (tokens,): index in seqs
	seqs  []batchSeq // in the order of their first tokens
	ids   []int32    // scratch of commit
}

// A batchSeq is one sequence of a batch.
type batchSeq struct {
	seq    *kvcache.Seq
	tokens int // in the batch
}

// admit checks a batch, gives every token its position and makes memory for its
// keys, values, angles and output.
func (p *pass) admit(tokens []Token, out *Output) error {
	p.out = out
	p.pos, p.seqOf, p.seqs = p.pos[:0], p.seqOf[:0], p.seqs[:0]
	if len(tokens) == 0 {
		return errors.New("llama: empty batch")
	}
	for i, t := range tokens {
		if err := p.assign(t); err != nil {
			return fmt.Errorf("llama: token %d of the batch: %w", i, err)
		}
		if t.Ahead > 0 && (i+1 == len(tokens) || tokens[i+1].Seq != t.Seq || tokens[i+1].Ahead != t.Ahead-1) {
			panic("llama: Forward: a token sees others that do not follow it")
		}
		p.ropes.grow(p.pos[i]+1, t.Long)
	}
	for i := range p.seqs {
		if err := p.seqs[i].seq.Extend(p.seqs[i].tokens); err != nil {
			return fmt.Errorf("llama: %w", err)
		}
	}
	out.Reset(tokens, p.c.Vocab, p.c.Dim)
	return nil
}

// assign checks a token and gives it the next position of its sequence.
func (p *pass) assign(t Token) error {
	if t.Seq == nil {
		panic("llama: Forward: a token without a sequence")
	}
	if t.Adapters != nil && t.Adapters.c != p.c {
		panic("llama: Forward: adapters of another model")
	}
	switch {
	case t.Embd == nil && t.Ahead == 0:
	case t.Ahead < 0 || t.Embd != nil && len(t.Embd) != p.c.Dim:
		panic("llama: Forward: a row of another width")
	case !p.c.takesRows():
		return fmt.Errorf("%s takes no rows in place of tokens: %w", p.c.Arch, ErrUnsupported)
	}
	if t.Embd == nil && (t.ID < 0 || int(t.ID) >= p.c.Vocab) {
		return fmt.Errorf("id %d is not in the vocabulary of %d", t.ID, p.c.Vocab)
	}
	if t.Out == OutLogits && p.c.Embedder() {
		return fmt.Errorf("%s outputs vectors, not logits: %w", p.c.Arch, ErrUnsupported)
	}
	i := p.seqIndex(t.Seq)
	s := &p.seqs[i]
	pos := t.Seq.Len() + s.tokens
	switch {
	case t.Seq.Len() > 0 && p.c.Embedder():
		return fmt.Errorf("its sequence has %d tokens already, and an embedder takes all tokens in one batch: %w", t.Seq.Len(), ErrUnsupported)
	case pos >= p.context:
		return fmt.Errorf("its sequence has %d tokens: %w", pos, ErrContextFull)
	}
	s.tokens++
	p.pos, p.seqOf = append(p.pos, pos), append(p.seqOf, i)
	return nil
}

// seqIndex returns the index of s in seqs and adds s if it is new.
func (p *pass) seqIndex(s *kvcache.Seq) int {
	for i := len(p.seqs) - 1; i >= 0; i-- { // tokens of a sequence mostly follow each other
		if p.seqs[i].seq == s {
			return i
		}
	}
	p.seqs = append(p.seqs, batchSeq{seq: s})
	return len(p.seqs) - 1
}

// commit appends the tokens of the batch to their sequences.
func (p *pass) commit(tokens []Token) {
	for i := range p.seqs {
		p.ids = p.ids[:0]
		for k, of := range p.seqOf {
			if of == i {
				p.ids = append(p.ids, tokens[k].ID)
			}
		}
		p.seqs[i].seq.Commit(p.ids)
	}
	p.release()
}

// discard drops the batch and its keys and values.
func (p *pass) discard() {
	for i := range p.seqs {
		p.seqs[i].seq.Discard()
	}
	p.out.clear()
	p.release()
}

// release drops the references to the batch.
func (p *pass) release() {
	clear(p.seqs)
	p.seqs, p.out = p.seqs[:0], nil
}
