package generate

import (
	"context"
	"slices"

	"github.com/querent-ai/chord/internal/kvcache"
	"github.com/querent-ai/chord/llama"
)

// A Head is the multi-token-prediction head of a model, which drafts for it, with its
// cache.
type Head struct {
	Model *llama.Model
	Cache *kvcache.Cache
}

const (
	// mostUnread is how many tokens wait for a head that drafts nothing; it then
	// begins anew.
	mostUnread = 64
	// headContext is how many tokens of a text a head sees. Its drafts are no better
	// with more, and its cache is not counted.
	headContext = 2048
)

// A headReader is a head that reads a text as it is generated: each token with the
// vector of the one before it.
type headReader struct {
	h      *Head
	seq    *kvcache.Seq
	unread []llama.Token
	begun  bool // the last token of the text is in unread
	own    int  // tokens of seq that are the text's
	out    llama.Output
}

// newHeadReader returns the reader of a text.
func newHeadReader(h *Head) *headReader { return &headReader{h: h, seq: h.Cache.NewPrivate()} }

// add adds a token and the vector of the one before it; nil: it is not known.
func (r *headReader) add(id int32, hidden []float32) {
	if hidden == nil || len(r.unread) == mostUnread {
		r.forget()
	}
	if r.begun = hidden != nil; r.begun {
		r.unread = append(r.unread, llama.Token{Seq: r.seq, ID: id, Hidden: hidden})
	}
}

// forget drops all tokens.
func (r *headReader) forget() {
	r.seq.Rewind(0)
	r.unread, r.own, r.begun = r.unread[:0], 0, false
}

// read reads what is new of the text and returns the logits of the token after it.
func (r *headReader) read(ctx context.Context) ([]float32, error) {
	if r.own+len(r.unread) > headContext {
		r.seq.Rewind(0)
	}
	logits, err := r.forward(ctx, r.unread)
	if err == nil {
		r.own, r.unread, r.begun = r.seq.Len(), r.unread[:0], false
	}
	return logits, err
}

// next returns the logits of the token after id, which is drafted.
func (r *headReader) next(ctx context.Context, id int32) ([]float32, error) {
	last := slices.Clone(r.out.Hidden(r.out.Len() - 1))
	return r.forward(ctx, []llama.Token{{Seq: r.seq, ID: id, Hidden: last}})
}

// forward appends tokens and returns the logits after the last.
func (r *headReader) forward(ctx context.Context, tokens []llama.Token) ([]float32, error) {
	last := len(tokens) - 1
	tokens[last].Out, tokens[last].Keep = llama.OutLogits, true
	if err := r.h.Model.Forward(ctx, tokens, &r.out); err != nil {
		return nil, err
	}
	return r.out.Row(last), nil
}

// back drops what was drafted.
func (r *headReader) back() { r.seq.Rewind(min(r.own, r.seq.Len())) }
