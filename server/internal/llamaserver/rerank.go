package llamaserver

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/server/internal/core"
	"github.com/querent-ai/chord/server/internal/wire"
)

// A rerankRequest asks for the relevance of documents to a query, in the words of Jina
// and Cohere (documents, top_n) or of TEI (texts).
type rerankRequest struct {
	Model     *string    `json:"model"`
	Query     *string    `json:"query" api:"required"`
	Documents []document `json:"documents"`
	Texts     []document `json:"texts"`
	TopN      *int       `json:"top_n" api:"min=1"`
	Return    *bool      `json:"return_documents"`
	Text      *bool      `json:"return_text"` // with texts
	Raw       wire.Raw   `json:"raw_scores"`  // scores are raw always
}

// A document is a text, or an object that has it.
type document string

// UnmarshalJSON decodes either form.
func (d *document) UnmarshalJSON(b []byte) error {
	if wire.Raw(b).Kind() == '"' {
		return wire.DecodeAt("", b, (*string)(d))
	}
	var object struct {
		Text *string `json:"text"`
	}
	if err := wire.DecodeAt("", b, &object); err != nil {
		return err
	}
	if object.Text == nil {
		return wire.Errorf("", "want a text, or an object with one")
	}
	*d = document(*object.Text)
	return nil
}

// JSONSchema returns the schema of either form.
func (document) JSONSchema() map[string]any {
	text := map[string]any{"type": "string"}
	return map[string]any{"anyOf": []map[string]any{text, {"type": "object", "properties": map[string]any{"text": text}, "required": []string{"text"}}}}
}

// A ranked is a document with its score.
type ranked struct {
	Index    int          `json:"index"`
	Score    float32      `json:"relevance_score"`
	Document *documentOut `json:"document,omitempty"`
}

type documentOut struct {
	Text string `json:"text"`
}

// A rerankAnswer is the answer in Jina's shape.
type rerankAnswer struct {
	Model   string      `json:"model"`
	Object  string      `json:"object"`
	Usage   rerankUsage `json:"usage"`
	Results []ranked    `json:"results"`
}

type rerankUsage struct {
	Prompt int `json:"prompt_tokens"`
	Total  int `json:"total_tokens"`
}

// A teiRanked is a document with its score in TEI's shape.
type teiRanked struct {
	Index int     `json:"index"`
	Score float32 `json:"score"`
	Text  *string `json:"text,omitempty"`
}

// A cohereAnswer is the answer in Cohere's shape.
type cohereAnswer struct {
	ID      string     `json:"id"`
	Results []ranked   `json:"results"`
	Meta    cohereMeta `json:"meta"`
}

type cohereMeta struct {
	Version cohereVersion `json:"api_version"`
	Billed  cohereBilled  `json:"billed_units"`
	Tokens  cohereTokens  `json:"tokens"`
}

type cohereVersion struct {
	Version string `json:"version"`
}

type cohereBilled struct {
	Units int `json:"search_units"`
}

type cohereTokens struct {
	Input  int `json:"input_tokens"`
	Output int `json:"output_tokens"`
}

// A ranking is what a request asks for and what came of it.
type ranking struct {
	q      rerankRequest
	docs   []document
	name   string
	list   []ranked
	tokens int
}

// read decodes and checks a request.
func (r *ranking) read(x *core.Exchange) error {
	if err := x.Decode(&r.q); err != nil {
		return err
	}
	param := "documents"
	if r.docs = r.q.Documents; r.docs == nil && r.q.Texts != nil {
		r.docs, param = r.q.Texts, "texts"
	}
	switch most := x.Core.Limits.Inputs; {
	case r.q.Query == nil || *r.q.Query == "":
		return wire.Errorf("query", "missing")
	case len(r.docs) == 0:
		return wire.Errorf(param, "empty, want at least one text")
	case len(r.docs) > most:
		return wire.Errorf(param, "%d texts, at most %d", len(r.docs), most)
	case r.q.TopN != nil && *r.q.TopN < 1:
		return wire.Errorf("top_n", "%d, want 1 or more", *r.q.TopN)
	}
	return nil
}

// rank scores the documents. The most relevant come first, equal ones in their order.
func (r *ranking) rank(x *core.Exchange) error {
	if err := r.read(x); err != nil {
		return err
	}
	m, err := x.Model(deref(r.q.Model))
	if err != nil {
		return err
	}
	texts := make([]string, len(r.docs))
	for i, d := range r.docs {
		texts[i] = string(d)
	}
	scores, err := m.Rerank(x.Context(), *r.q.Query, texts)
	if err != nil {
		return err
	}
	if r.tokens, err = countTokens(x.Context(), m, *r.q.Query, texts); err != nil {
		return err
	}
	x.Count(r.tokens)
	r.name, r.list = m.Name, make([]ranked, len(scores))
	for i, s := range scores {
		r.list[i] = ranked{Index: i, Score: s}
		if deref(r.q.Return) {
			r.list[i].Document = &documentOut{texts[i]}
		}
	}
	slices.SortStableFunc(r.list, func(a, b ranked) int { return cmp.Compare(b.Score, a.Score) })
	if n := r.q.TopN; n != nil && *n < len(r.list) {
		r.list = r.list[:*n]
	}
	return nil
}

// countTokens returns the tokens of the texts, each with the query.
func countTokens(ctx context.Context, m *core.Lease, query string, texts []string) (int, error) {
	tok, err := tokenizer(m)
	if err != nil {
		return 0, err
	}
	ids, err := tok.EncodeContext(ctx, nil, query, bpe.EncodeOptions{NoBOS: true, NoParseSpecial: true})
	n := len(ids) * len(texts)
	for _, t := range texts {
		if err != nil {
			return 0, err
		}
		ids, err = tok.EncodeContext(ctx, ids[:0], t, bpe.EncodeOptions{NoBOS: true, NoParseSpecial: true})
		n += len(ids)
	}
	return n, err
}

// rerank answers with scores in Jina's shape, or in TEI's to a request in TEI's words.
func rerank(x *core.Exchange) error {
	var r ranking
	if err := r.rank(x); err != nil {
		return err
	}
	if r.q.Documents == nil {
		list := make([]teiRanked, len(r.list))
		for i, d := range r.list {
			list[i] = teiRanked{Index: d.Index, Score: d.Score}
			if deref(r.q.Text) {
				list[i].Text = (*string)(&r.docs[d.Index])
			}
		}
		return x.JSON(list)
	}
	return x.JSON(rerankAnswer{r.name, "list", rerankUsage{r.tokens, r.tokens}, r.list})
}

// rerankCohere answers with scores in Cohere's shape.
func rerankCohere(x *core.Exchange) error {
	var r ranking
	if err := r.rank(x); err != nil {
		return err
	}
	return x.JSON(cohereAnswer{fmt.Sprintf("rerank-%s", x.ID), r.list, cohereMeta{cohereVersion{"2"}, cohereBilled{1}, cohereTokens{Input: r.tokens}}})
}
