package llamaserver

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/sample"
	"github.com/querent-ai/chord/server/internal/core"
)

// A tokenProbs is a token with its probability and those of the likeliest ones in its
// place: logarithms, or with post_sampling_probs the probabilities themselves.
type tokenProbs struct {
	ID      int32        `json:"id"`
	Token   string       `json:"token"`
	Bytes   []int        `json:"bytes"`
	Logprob *float64     `json:"logprob,omitempty"`
	Prob    *float64     `json:"prob,omitempty"`
	TopLog  []tokenProbs `json:"top_logprobs,omitempty"`
	Top     []tokenProbs `json:"top_probs,omitempty"`
}

// leastLogprob stands for the logarithm of 0.
const leastLogprob = -9999.0

// describe returns a token with its top likeliest ones.
func describe(m *chord.Model, t *chord.Token, after bool, top int) tokenProbs {
	one := func(id int32, piece string, p float32) tokenProbs {
		out := tokenProbs{ID: id, Token: strings.ToValidUTF8(piece, "\uFFFD"), Bytes: bytesOut(piece)}
		log := max(leastLogprob, float64(p))
		if after {
			prob := math.Exp(log)
			out.Prob = &prob
			return out
		}
		out.Logprob = &log
		return out
	}
	piece := ""
	if tok := m.Tokenizer(); tok != nil {
		piece = tok.Piece(t.ID)
	}
	out := one(t.ID, piece, t.Logprob)
	var list []tokenProbs
	for _, p := range t.Top[:min(top, len(t.Top))] {
		list = append(list, one(p.ID, p.Text, p.Logprob))
	}
	if after {
		out.Top = list
	} else {
		out.TopLog = list
	}
	return out
}

// settings returns the parameters of a text by llama-server's names.
func settings(p *chord.Params, q *completionFields) map[string]any {
	out := map[string]any{}
	v := reflect.ValueOf(p).Elem()
	for _, f := range sample.Fields() {
		out[f.JSON] = setting(f, v.FieldByName(f.Name))
	}
	n := p.MaxTokens
	if n == 0 && (q == nil || !q.nothing()) {
		n = -1
	}
	samplers := p.Samplers
	if samplers == nil {
		samplers = sample.Samplers()
	}
	stop := p.Stop
	if stop == nil {
		stop = []string{}
	}
	out["n_predict"], out["max_tokens"], out["stop"], out["samplers"] = n, n, stop, samplers
	out["ignore_eos"], out["n_probs"], out["post_sampling_probs"] = p.IgnoreEOS, p.Logprobs, p.PostSamplingProbs
	out["stream"] = q != nil && deref(q.Stream)
	return out
}

// setting returns the value that a field stands for.
func setting(f sample.Field, v reflect.Value) any {
	var x float64
	if v.CanInt() {
		x = float64(v.Int())
	} else {
		x = v.Float()
	}
	switch {
	case x == 0:
		return f.Default
	case x == f.Zero:
		return 0
	case x == sample.Off && !math.IsNaN(f.Off):
		return f.Off
	case v.CanInt():
		return v.Int()
	}
	return json.Number(jsonFloat(v))
}

// jsonFloat returns a float32 in as few digits as it needs.
func jsonFloat(v reflect.Value) string {
	b, err := json.Marshal(float32(v.Float()))
	if err != nil {
		return "0"
	}
	return string(b)
}

// chosen returns the answer with the fields of response_fields alone, if there are any:
// a field within an object, such as timings/predicted_n, moves to the top.
func (a *answer) chosen(out *finalOut) any {
	if len(a.q.Fields) == 0 {
		return out
	}
	b, err := core.Marshal(out)
	if err != nil {
		return out
	}
	var all map[string]json.RawMessage
	if json.Unmarshal(b, &all) != nil {
		return out
	}
	some := map[string]json.RawMessage{}
	for _, path := range a.q.Fields {
		object, name := all, path
		if outer, inner, ok := strings.Cut(path, "/"); ok {
			object, name = nil, inner
			if json.Unmarshal(all[outer], &object) != nil {
				continue
			}
		}
		if value, ok := object[name]; ok {
			some[name] = value
		}
	}
	return some
}
