package sample

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestCheckNamesTheField(t *testing.T) {
	for want, p := range map[string]Params{
		"":                                 {},
		"Temperature: NaN":                 {Temperature: nan},
		"Temperature: +Inf":                {Temperature: inf},
		"Temperature: -0.5":                {Temperature: -0.5},
		"TopK: -2":                         {TopK: -2},
		"TopP: 1.5":                        {TopP: 1.5},
		"TopP: NaN":                        {TopP: nan},
		"MinP: 2":                          {MinP: 2},
		"MinP: -2":                         {MinP: -2},
		"TypicalP: -Inf":                   {TypicalP: negInf},
		"MinKeep: -1":                      {MinKeep: -1},
		"RepeatPenalty: -1":                {RepeatPenalty: -1},
		"RepeatPenalty: NaN":               {RepeatPenalty: nan},
		"FrequencyPenalty: +Inf":           {FrequencyPenalty: inf},
		"PresencePenalty: NaN":             {PresencePenalty: nan},
		"RepeatLastN: -2":                  {RepeatLastN: -2},
		"RepeatLastN: 2147483647":          {RepeatLastN: math.MaxInt32},
		"DynatempRange: -1":                {DynatempRange: -1},
		"DynatempExponent: NaN":            {DynatempExponent: nan},
		"TopNSigma: -2":                    {TopNSigma: -2},
		"XTCProbability: 1.5":              {XTCProbability: 1.5},
		"XTCThreshold: -0.1":               {XTCThreshold: -0.1},
		"DRYMultiplier: +Inf":              {DRYMultiplier: inf},
		"DRYBase: 0.5":                     {DRYBase: 0.5},
		"DRYAllowedLength: -2":             {DRYAllowedLength: -2},
		"DRYPenaltyLastN: -7":              {DRYPenaltyLastN: -7},
		"DRYSequenceBreakers[1]: 0 bytes":  {DRYSequenceBreakers: []string{"a", ""}},
		"DRYSequenceBreakers[0]: 41 bytes": {DRYSequenceBreakers: []string{strings.Repeat("é", 20) + "a"}},
		"DRYSequenceBreakers: 257 strings": {DRYSequenceBreakers: make([]string, 257)},
		"Mirostat: 3, want 0 to 2":         {Mirostat: 3},
		"MirostatTau: -5":                  {MirostatTau: -5},
		"MirostatEta: NaN":                 {MirostatEta: nan},
		"AdaptiveTarget: 1.1":              {AdaptiveTarget: 1.1},
		"AdaptiveDecay: 1, want 0 to 0.99": {AdaptiveDecay: 1},
		"MinTokens: -1":                    {MinTokens: -1},
		"Samplers[1]: \"top-q\", want penalties, dry, top_n_sigma, top_k, typ_p, top_p, min_p, xtc, temperature, adaptive_p": {Samplers: []string{"xtc", "top-q"}},
		"Samplers[2]: \"top_k\" is there twice": {Samplers: []string{"top_k", "xtc", "top_k"}},
		"LogitBias: token -1 is negative":       {LogitBias: map[int32]float32{-1: 1}},
		"LogitBias: token 7: NaN":               {LogitBias: map[int32]float32{7: nan}},
		"LogitBias: token 100, the vocabulary":  {LogitBias: map[int32]float32{101: 1, 100: 1}},
	} {
		err := p.Check(100)
		switch {
		case want == "" && err != nil:
			t.Errorf("%+v: %v", p, err)
		case want != "" && (err == nil || !strings.HasPrefix(err.Error(), "sample: "+want)):
			t.Errorf("%+v: got %v, want %q", p, err, want)
		}
		if _, newErr := New(p, Config{}); newErr == nil && err != nil && !strings.Contains(want, "vocabulary") {
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
		{DynatempRange: math.MaxFloat32}, {TopNSigma: Off}, {TopNSigma: math.MaxFloat32}, {XTCProbability: 1, XTCThreshold: 1},
		{DRYMultiplier: math.MaxFloat32, DRYBase: math.MaxFloat32, DRYAllowedLength: Off, DRYPenaltyLastN: Off},
		{DRYBase: Off}, {DRYPenaltyLastN: maxLastN}, {DRYSequenceBreakers: []string{}}, {Mirostat: 1, MirostatTau: math.MaxFloat32},
		{Mirostat: 2, MirostatEta: math.MaxFloat32}, {AdaptiveTarget: 1, AdaptiveDecay: 0.99}, {AdaptiveTarget: Off}, {MinTokens: math.MaxInt},
		{Samplers: []string{}}, {Samplers: Samplers()},
		{Seed: math.MinInt64}, {Seed: math.MaxInt64}, Defaults(), Defaults().Literal(), Params{}.Literal(),
	} {
		if err := p.Check(100); err != nil {
			t.Errorf("%+v: %v", p, err)
		}
		s := newSampler(t, p)
		for range 3 {
			s.Accept(mustSample(t, s, []float32{1, 2, 3}))
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
		"min-p 0.3":     {func(p *Params) { p.TopK, p.TopP, p.MinP = 0, 1, 0.3 }, 2},
		"top-n-sigma 0": {func(p *Params) { p.TopK, p.TopP, p.MinP, p.TopNSigma = 0, 1, 0, 0 }, 4},
		"top-n-sigma 1": {func(p *Params) { p.TopK, p.TopP, p.MinP, p.TopNSigma = 0, 1, 0, 1 }, 2},
		"xtc 1 0":       {func(p *Params) { p.TopK, p.TopP, p.MinP, p.XTCProbability, p.XTCThreshold = 0, 1, 0, 1, 0 }, 1},
	} {
		p := Defaults()
		c.edit(&p)
		s := newSampler(t, p.Literal())
		s.Sample(x)
		if _, ok := s.picker.(greedy); ok != (c.kept == 0) || len(s.c.list) != max(1, c.kept) {
			t.Errorf("%s: %d candidates left, greedy %t, want %d", name, len(s.c.list), ok, c.kept)
		}
	}
	zero := Params{Seed: 0}.Literal()
	if a, b := newSampler(t, zero), newSampler(t, zero); a.Seed() != b.Seed() {
		t.Errorf("literal seed 0 is %d and %d", a.Seed(), b.Seed())
	}
	silent := Params{RepeatPenalty: 2, PresencePenalty: 1, FrequencyPenalty: 1, DRYMultiplier: 1}.Literal()
	if s := newSampler(t, silent); len(s.accepts) != 0 {
		t.Error("a last-n of 0 penalises")
	}
	for name, p := range map[string]Params{
		"temperature": {Temperature: -3}, "top-k": {TopK: -3}, "top-n-sigma": {TopNSigma: -0.5}, "adaptive-target": {AdaptiveTarget: -0.5},
	} {
		if err := p.Literal().Check(0); err != nil {
			t.Errorf("negative %s: %v", name, err)
		}
	}
}

// TestFields holds the table of fields to Params.
func TestFields(t *testing.T) {
	numbers := 0
	for f := range reflect.TypeFor[Params]().Fields() {
		if f.Type.Kind() <= reflect.Float64 {
			numbers++
		}
	}
	flags := map[string]bool{}
	for _, f := range Fields() {
		numbers--
		switch {
		case f.JSON == "" || f.Flag == "" != (f.Usage == "") || f.Flag != "" && flags[f.Flag]:
			t.Errorf("%+v", f)
		case f.Default != 0 && f.Default != f.Off && f.Default != Off && (f.Default < f.Min || f.Default > f.Max):
			t.Errorf("%s: default %g", f.Name, f.Default)
		}
		flags[f.Flag] = true
	}
	if numbers != 0 {
		t.Errorf("%d fields are not in the table", numbers)
	}
}

// TestJSONNames requires the names of llama-server's requests.
func TestJSONNames(t *testing.T) {
	const all = `{"samplers":["top_k"],"temperature":1,"dynatemp_range":2,"dynatemp_exponent":3,"top_k":2,"top_p":0.5,"min_p":0.25,` +
		`"typical_p":0.75,"top_n_sigma":2,"xtc_probability":0.5,"xtc_threshold":0.25,"min_keep":3,` +
		`"repeat_penalty":4,"frequency_penalty":5,"presence_penalty":6,"repeat_last_n":7,` +
		`"dry_multiplier":1,"dry_base":2,"dry_allowed_length":3,"dry_penalty_last_n":4,"dry_sequence_breakers":["a"],` +
		`"mirostat":1,"mirostat_tau":2,"mirostat_eta":3,"adaptive_target":0.5,"adaptive_decay":0.25,` +
		`"logit_bias":{"8":9},"min_tokens":1,"seed":10}`
	var p Params
	if err := json.Unmarshal([]byte(all), &p); err != nil {
		t.Fatal(err)
	}
	back, err := json.Marshal(p)
	if err != nil || string(back) != all {
		t.Errorf("%v\ngot  %s\nwant %s", err, back, all)
	}
	if v := reflect.ValueOf(p); v.NumField() != strings.Count(all, `":`)-1 {
		t.Errorf("%d fields, %d in this test", v.NumField(), strings.Count(all, `":`)-1)
	}
}

// TestParseSamplers has llama.cpp's names, its other names and its letters.
func TestParseSamplers(t *testing.T) {
	for list, want := range map[string][]string{
		"":                            {},
		"top_k":                       {"top_k"},
		"penalties; top-k;temp":       {"penalties", "top_k", "temperature"},
		"typical;typ_p":               nil,
		"nucleus;typical-p;min-p":     {"top_p", "typ_p", "min_p"},
		"edskypmxta":                  Samplers(),
		"kt":                          {"top_k", "temperature"},
		"kq":                          nil,
		"kk":                          nil,
		"k;t":                         nil,
		strings.Join(Samplers(), ";"): Samplers(),
	} {
		got, err := ParseSamplers(list)
		if want != nil && (err != nil || !slices.Equal(got, want)) || want == nil && err == nil {
			t.Errorf("%q: got %q, %v, want %q", list, got, err, want)
		}
	}
}
