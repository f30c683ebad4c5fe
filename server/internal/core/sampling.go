package core

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/grammar"
	"github.com/querent-ai/chord/sample"
	"github.com/querent-ai/chord/server/internal/wire"
)

// Sampling sets the parameters of sampling that a body has, by the names of
// sample.Fields and of llama-server, which all faces share.
func (x *Exchange) Sampling(p *chord.Params) error { return x.Core.Limits.Sampling(x.Body, p) }

// extras are members beside the numbers of sample.Fields that chord.Params reads.
var extras = struct {
	Samplers *[]string `json:"samplers"`
	Breakers *[]string `json:"dry_sequence_breakers"`
	Stops    *[]int32  `json:"stop_token_ids" api:"items=1024"`
	EOS      *bool     `json:"ignore_eos"`
	Lookup   *int      `json:"lookup" api:"min=0,max=64"`
	After    *bool     `json:"post_sampling_probs"`
	Bias     wire.Raw  `json:"logit_bias" api:"as=bias"`
	GBNF     *string   `json:"grammar"`
	Schema   wire.Raw  `json:"json_schema" api:"as=json schema"`
	Template wire.Raw  `json:"chat_template" api:"as=nothing"`
}{}

// Sampling is [Exchange.Sampling] of a body, an object.
func (l *Limits) Sampling(body []byte, p *chord.Params) error {
	in := extras
	if err := wire.Decode(body, &in); err != nil {
		return err
	}
	if in.Template != nil {
		return wire.Errorf("chat_template", "templates come from the model, not from a request")
	}
	if err := numbers(body, p); err != nil {
		return err
	}
	set(&p.Samplers, in.Samplers)
	set(&p.DRYSequenceBreakers, in.Breakers)
	set(&p.StopTokens, in.Stops)
	set(&p.IgnoreEOS, in.EOS)
	set(&p.Lookup, in.Lookup)
	set(&p.PostSamplingProbs, in.After)
	if p.Lookup > maxLookup {
		return wire.Errorf("lookup", "%d, at most %d", p.Lookup, maxLookup)
	}
	if len(p.StopTokens) > l.LogitBias {
		return wire.Errorf("stop_token_ids", "%d ids, at most %d", len(p.StopTokens), l.LogitBias)
	}
	var err error
	if p.LogitBias, err = l.logitBias(in.Bias); err != nil {
		return err
	}
	return constrain(p, in.GBNF, in.Schema)
}

// maxLookup bounds the tokens that a request may have drafted.
const maxLookup = 64

// set sets *to if a value is present.
func set[T any](to *T, value *T) {
	if value != nil {
		*to = *value
	}
}

// numbers sets the fields of sample.Fields.
func numbers(body []byte, p *chord.Params) error {
	var all map[string]wire.Raw
	if err := wire.Decode(body, &all); err != nil {
		return err
	}
	present := map[string]json.RawMessage{}
	for _, f := range sample.Fields() {
		raw := all[f.JSON]
		if raw == nil {
			continue
		}
		if raw.Kind() != '0' {
			return wire.Errorf(f.JSON, "want a number")
		}
		if _, err := strconv.ParseFloat(string(raw), 64); err != nil {
			return wire.Errorf(f.JSON, "%.40s is out of range", raw)
		}
		present[f.JSON] = json.RawMessage(raw)
	}
	b, err := json.Marshal(present)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, p); err != nil {
		field, _ := err.(*json.UnmarshalTypeError)
		if field == nil {
			return err
		}
		return wire.Errorf(field.Field, "%s is out of range or no integer", field.Value)
	}
	return nil
}

// logitBias decodes OpenAI's object of ids and llama-server's list of pairs; false
// forbids a token.
func (l *Limits) logitBias(raw wire.Raw) (map[int32]float32, error) {
	const param = "logit_bias"
	pairs := map[int32]float32{}
	add := func(id string, value wire.Raw) error {
		n, err := strconv.ParseInt(id, 10, 32)
		if err != nil || n < 0 {
			return wire.Errorf(param, "%.40q is not a token id", id)
		}
		bias := math.Inf(-1)
		if string(value) != "false" {
			if bias, err = strconv.ParseFloat(string(value), 32); err != nil || value.Kind() != '0' {
				return wire.Errorf(param, "%.40s is not a number", value)
			}
		}
		pairs[int32(n)] = float32(bias)
		return nil
	}
	switch raw.Kind() {
	case 0:
		return nil, nil
	case '{':
		var object map[string]wire.Raw
		if err := wire.DecodeAt(param, raw, &object); err != nil {
			return nil, err
		}
		for id, value := range object {
			if err := add(id, value); err != nil {
				return nil, err
			}
		}
	case '[':
		var list [][]wire.Raw
		if err := wire.DecodeAt(param, raw, &list); err != nil {
			return nil, err
		}
		for _, pair := range list {
			if len(pair) != 2 {
				return nil, wire.Errorf(param, "want pairs of a token id and a bias")
			}
			if err := add(string(pair[0]), pair[1]); err != nil {
				return nil, err
			}
		}
	default:
		return nil, wire.Errorf(param, "want an object of token ids")
	}
	if len(pairs) > l.LogitBias {
		return nil, wire.Errorf(param, "%d tokens, at most %d", len(pairs), l.LogitBias)
	}
	return pairs, nil
}

// constrain sets the grammar that a request asks for with llama-server's names.
func constrain(p *chord.Params, gbnf *string, schema wire.Raw) (err error) {
	switch {
	case gbnf != nil && *gbnf != "" && schema != nil:
		return wire.Errorf("grammar", "a request has a grammar or a json_schema, not both")
	case gbnf != nil && *gbnf != "":
		if p.Grammar, err = grammar.Parse(*gbnf); err != nil {
			return wire.Errorf("grammar", "%v", err)
		}
	case schema != nil:
		return Schema(p, "json_schema", schema)
	}
	return nil
}

// Schema constrains p to a JSON Schema, the field param of the request.
func Schema(p *chord.Params, param string, schema wire.Raw) (err error) {
	if p.Grammar != nil {
		return wire.Errorf(param, "the text is constrained already")
	}
	if len(bytes.TrimSpace(schema)) == 0 {
		return wire.Errorf(param, "want a JSON Schema")
	}
	if p.Grammar, err = grammar.JSONSchema(json.RawMessage(schema)); err != nil {
		return wire.Errorf(param, "%v", err)
	}
	return nil
}

// JSONObject constrains p to any JSON object.
func JSONObject(p *chord.Params) { p.Grammar = grammar.JSONObject() }

// Stop sets the stop strings.
func (x *Exchange) Stop(p *chord.Params, stop []string) error {
	switch n := len(stop); {
	case n > x.Core.Limits.Stops:
		return wire.Errorf("stop", "%d strings, at most %d", n, x.Core.Limits.Stops)
	case slices.Contains(stop, ""):
		return wire.Errorf("stop", "a stop string is empty")
	}
	p.Stop = stop
	return nil
}
