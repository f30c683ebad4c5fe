package sample

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
)

func TestCheckNamesTheField(t *testing.T) {
	for want, p := range map[string]Params{
		"":                                     {},
		"Temperature: NaN":                     {Temperature: nan},
		"Temperature: +Inf":                    {Temperature: inf},
		"Temperature: -0.5":                    {Temperature: -0.5},
		"TopK: -2":                             {TopK: -2},
		"TopP: 1.5":                            {TopP: 1.5},
		"TopP: NaN":                            {TopP: nan},
		"MinP: 2":                              {MinP: 2},
		"MinP: -2":                             {MinP: -2},
		"TypicalP: -Inf":                       {TypicalP: negInf},
		"MinKeep: -1":                          {MinKeep: -1},
		"RepeatPenalty: -1":                    {RepeatPenalty: -1},
		"RepeatPenalty: NaN":                   {RepeatPenalty: nan},
		"FrequencyPenalty: +Inf":               {FrequencyPenalty: inf},
		"PresencePenalty: NaN":                 {PresencePenalty: nan},
		"RepeatLastN: -2":                      {RepeatLastN: -2},
		"RepeatLastN: 2147483647":              {RepeatLastN: math.MaxInt32},
		"LogitBias: token -1 is negative":      {LogitBias: map[int32]float32{-1: 1}},
		"LogitBias: token 7: NaN":              {LogitBias: map[int32]float32{7: nan}},
		"LogitBias: token 100, the vocabulary": {LogitBias: map[int32]float32{101: 1, 100: 1}},
	} {
		err := p.Check(100)
		switch {
		case want == "" && err != nil:
			t.Errorf("%+v: %v", p, err)
		case want != "" && (err == nil || !strings.HasPrefix(err.Error(), "sample: "+want)):
			t.Errorf("%+v: got %v, want %q", p, err, want)
		}
		if _, newErr := New(p); newErr == nil && err != nil && !strings.Contains(want, "vocabulary") {
			t.Errorf("New accepts %+v", p)
		}
	}
}

func TestCheckAccepts(t *testing.T) {
	for _, p := range []Params{
		{Temperature: Greedy}, {Temperature: math.MaxFloat32}, {Temperature: math.SmallestNonzeroFloat32},
		{TopK: Off}, {TopK: math.MaxInt}, {TopP: 1}, {TopP: Off}, {MinP: 1}, {MinP: Off}, {TypicalP: 1}, {TypicalP: Off},
		{MinKeep: math.MaxInt}, {RepeatLastN: maxLastN}, {RepeatLastN: Off}, {RepeatPenalty: math.SmallestNonzeroFloat32},
		{FrequencyPenalty: -2}, {PresencePenalty: -math.MaxFloat32}, {LogitBias: map[int32]float32{99: negInf}},
		{Seed: math.MinInt64}, {Seed: math.MaxInt64}, Defaults(), Defaults().Literal(), Params{}.Literal(),
	} {
		if err := p.Check(100); err != nil {
			t.Errorf("%+v: %v", p, err)
		}
		s := newSampler(t, p)
		for range 3 {
			s.Accept(s.Sample([]float32{1, 2, 3}))
		}
	}
}

// TestDefaultsMeanZero requires that Params{}, Defaults() and
// Defaults().Literal() mean the same.
func TestDefaultsMeanZero(t *testing.T) {
	want := Params{}.resolve()
	for name, p := range map[string]Params{"Defaults": Defaults(), "literal": Defaults().Literal()} {
		if got := p.resolve(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
}

func TestLiteral(t *testing.T) {
	x := []float32{1, 2, 4, 3}
	for name, c := range map[string]struct {
		edit func(*Params)
		kept int // candidates left, 0: greedy
	}{
		"temperature 0": {func(p *Params) { p.Temperature = 0 }, 0},
		"top-p 0":       {func(p *Params) { p.TopP = 0 }, 1},
		"typical-p 0":   {func(p *Params) { p.TypicalP = 0 }, 1},
		"top-k 0":       {func(p *Params) { p.TopK, p.TopP, p.MinP = 0, 1, 0 }, 4},
		"min-p 0":       {func(p *Params) { p.TopK, p.TopP, p.MinP = 3, 1, 0 }, 3},
	} {
		p := Defaults()
		c.edit(&p)
		s := newSampler(t, p.Literal())
		s.Sample(x)
		if len(s.cands) != c.kept {
			t.Errorf("%s: %d candidates left, want %d", name, len(s.cands), c.kept)
		}
	}
	zero := Params{Seed: 0}.Literal()
	if a, b := newSampler(t, zero), newSampler(t, zero); a.Seed() != b.Seed() {
		t.Errorf("literal seed 0 is %d and %d", a.Seed(), b.Seed())
	}
	silent := Params{RepeatPenalty: 2, PresencePenalty: 1, FrequencyPenalty: 1}.Literal()
	if s := newSampler(t, silent); s.p.penalises() {
		t.Error("repeat-last-n 0 penalises")
	}
}

// TestJSONNames requires the names of llama-server's requests.
func TestJSONNames(t *testing.T) {
	const all = `{"temperature":1,"top_k":2,"top_p":0.5,"min_p":0.25,"typical_p":0.75,"min_keep":3,` +
		`"repeat_penalty":4,"frequency_penalty":5,"presence_penalty":6,"repeat_last_n":7,"logit_bias":{"8":9},"seed":10}`
	var p Params
	if err := json.Unmarshal([]byte(all), &p); err != nil {
		t.Fatal(err)
	}
	back, err := json.Marshal(p)
	if err != nil || string(back) != all {
		t.Errorf("%v\ngot  %s\nwant %s", err, back, all)
	}
	if v := reflect.ValueOf(p); v.NumField() != 12 {
		t.Errorf("%d fields, 12 in this test", v.NumField())
	}
}
