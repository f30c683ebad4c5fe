package llamaserver

import (
	"fmt"
	"net/http"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/server/internal/core"
	"github.com/querent-ai/chord/server/internal/wire"
)

// An infillRequest asks for the text of a gap. It has the fields of a completion too.
type infillRequest struct {
	completionFields
	Prompt prompts     `json:"prompt"` // the beginning of what is wanted
	Prefix *string     `json:"input_prefix" api:"required"`
	Suffix *string     `json:"input_suffix" api:"required"`
	Extra  []extraFile `json:"input_extra"`
}

// An extraFile is a text that belongs to the same work.
type extraFile struct {
	Name *string `json:"filename"`
	Text string  `json:"text"`
}

// infill answers with the text of a gap.
func (s *slots) infill(x *core.Exchange) error {
	var q infillRequest
	if err := x.Decode(&q); err != nil {
		return err
	}
	switch {
	case q.Prefix == nil:
		return wire.Errorf("input_prefix", "missing")
	case q.Suffix == nil:
		return wire.Errorf("input_suffix", "missing")
	case len(q.Extra) > x.Core.Limits.Inputs:
		return wire.Errorf("input_extra", "%d texts, at most %d", len(q.Extra), x.Core.Limits.Inputs)
	case len(q.Prompt) > 1:
		return wire.Errorf("prompt", "%d prompts, at most one", len(q.Prompt))
	}
	m, err := x.Model(deref(q.Model))
	if err != nil {
		return err
	}
	tok, err := tokenizer(m)
	if err != nil {
		return err
	}
	fim := tok.FIM()
	if fim.Prefix < 0 || fim.Suffix < 0 || fim.Middle < 0 {
		return &core.Error{Status: http.StatusBadRequest, Type: core.TypeInvalid, Code: "unsupported",
			Message: fmt.Sprintf("the model %q was not made to fill gaps: its vocabulary has no tokens for prefix, suffix and middle", m.Name)}
	}
	ids, err := encode(x.Context(), tok, "prompt", q.gap(tok, &fim), bpe.EncodeOptions{NoBOS: true, NoParseSpecial: true})
	if err != nil {
		return err
	}
	return s.complete(x, &q.completionFields, m, [][]int32{ids})
}

// gap returns the prompt for a gap: the other files, the text before it with the
// beginning of what is wanted, the text after it. No text becomes a control token.
func (q *infillRequest) gap(tok *bpe.Tokenizer, fim *bpe.FIM) mixed {
	var m mixed
	id := func(id int32) { m = append(m, part{ids: []int32{id}}) }
	text := func(s string) { m = append(m, part{text: s}) }
	if fim.Repo >= 0 && len(q.Extra) > 0 {
		id(fim.Repo)
		text("project\n")
	}
	for _, f := range q.Extra {
		name := deref(f.Name)
		if fim.File >= 0 {
			id(fim.File)
			text(name + "\n" + f.Text)
			continue
		}
		text("\n\n" + name + "\n\n" + f.Text)
	}
	if fim.File >= 0 && len(q.Extra) > 0 {
		id(fim.File)
		text("\n")
	}
	if tok.AddBOS() && tok.BOS() >= 0 {
		id(tok.BOS())
	}
	id(fim.Prefix)
	text(*q.Prefix)
	for _, p := range q.Prompt {
		m = append(m, p...)
	}
	id(fim.Suffix)
	text(*q.Suffix)
	id(fim.Middle)
	return m
}
