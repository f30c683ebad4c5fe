package server_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/chordtest"
	"github.com/querent-ai/chord/server"
)

// A completion is an answer of llama-server's API, or an event.
type completion struct {
	Index     int
	Content   string
	Tokens    []int32
	Stop      bool
	Model     string
	Slot      int    `json:"id_slot"`
	Predicted int    `json:"tokens_predicted"`
	Evaluated int    `json:"tokens_evaluated"`
	StopType  string `json:"stop_type"`
	StopWord  string `json:"stopping_word"`
	Prompt    string
	Settings  struct {
		Seed        int64
		TopK        int `json:"top_k"`
		Temperature float64
		Samplers    []string
		NPredict    int `json:"n_predict"`
	} `json:"generation_settings"`
	Timings struct {
		CacheN     int `json:"cache_n"`
		PredictedN int `json:"predicted_n"`
	}
	Probs []struct {
		ID      int32
		Token   string
		Logprob *float64
		Prob    *float64
		TopLog  []struct{ ID int32 } `json:"top_logprobs"`
		Top     []struct{ ID int32 } `json:"top_probs"`
	} `json:"completion_probabilities"`
}

// TestCompletion holds that a stream is its plain answer, with the same tokens.
func TestCompletion(t *testing.T) {
	m := talesModel(t, chord.Options{})
	url := serve(t, server.Options{Models: []server.Model{{Name: "tales", Loaded: m}}})
	const body = `{"prompt":"Once upon a time","n_predict":24,"seed":7,"temperature":0,"top_k":5,"return_tokens":true,"n_probs":2}`
	plain := decode[completion](t, post(t, url+"/completion", body).body)
	if len(plain.Tokens) != 24 || plain.Predicted != 24 || plain.StopType != "limit" || !plain.Stop || plain.Model != "tales" || plain.Evaluated == 0 ||
		!strings.Contains(plain.Prompt, "Once upon a time") || plain.Settings.TopK != 5 || plain.Settings.Temperature != 0 || plain.Settings.Seed != 7 || len(plain.Settings.Samplers) == 0 {
		t.Errorf("%+v", plain)
	}
	if n := len(plain.Probs); n != 24 || plain.Probs[3].Logprob == nil || len(plain.Probs[3].TopLog) != 2 || plain.Probs[3].ID != plain.Tokens[3] {
		t.Errorf("%d probabilities, %+v", n, plain.Probs)
	}
	var ids []int32
	text, probs := "", 0
	var last completion
	for _, data := range events(t, post(t, url+"/completions", with(body, `"stream":true,"timings_per_token":true`)).body) {
		last = decode[completion](t, data)
		ids, text, probs = append(ids, last.Tokens...), text+last.Content, probs+len(last.Probs)
	}
	if text != plain.Content || !slices.Equal(ids, plain.Tokens) || probs != 24 || !last.Stop || last.StopType != "limit" || last.Timings.CacheN == 0 {
		t.Errorf("the stream is %q with %d ids, the plain answer %q; the last event %+v", text, len(ids), plain.Content, last)
	}
	after := decode[completion](t, post(t, url+"/completion", with(body, `"post_sampling_probs":true`)).body)
	if p := after.Probs[0]; p.Prob == nil || p.Logprob != nil || len(p.Top) == 0 {
		t.Errorf("post_sampling_probs: %+v", after.Probs[0])
	}
}

// TestCompletionForms holds the forms of prompts, several answers and the end of texts.
func TestCompletionForms(t *testing.T) {
	url := serve(t, server.Options{Models: []server.Model{echoModel(t, "m", "One two three.\nFour.")}})
	for name, c := range map[string]struct {
		body string
		want []string
		stop string
	}{
		"text":      {`{"prompt":"a"}`, []string{"One two three.\nFour."}, "eos"},
		"ids":       {`{"prompt":[97,98]}`, []string{"One two three.\nFour."}, "eos"},
		"mixed":     {`{"prompt":[97,"b",98]}`, []string{"One two three.\nFour."}, "eos"},
		"one":       {`{"prompt":["a"],"n_predict":1}`, []string{"One"}, "limit"},
		"several":   {`{"prompt":["a",[98],["c",99]],"n_predict":2}`, []string{"One two", "One two", "One two"}, "limit"},
		"n":         {`{"prompt":"a","n_cmpl":2,"n_predict":1,"id_slot":3}`, []string{"One", "One"}, "limit"},
		"nothing":   {`{"prompt":"a","n_predict":0}`, []string{""}, "limit"},
		"stop":      {`{"prompt":"a","stop":[" three"]}`, []string{"One two"}, "word"},
		"unlimited": {`{"prompt":"a","n_predict":-1,"n_discard":-1,"cache_prompt":false}`, []string{"One two three.\nFour."}, "eos"},
	} {
		t.Run(name, func(t *testing.T) {
			body := post(t, url+"/completion", c.body).body
			if len(c.want) == 1 {
				body = "[" + body + "]"
			}
			list := decode[[]completion](t, body)
			if len(list) != len(c.want) {
				t.Fatalf("%d answers, want %d", len(list), len(c.want))
			}
			for i, a := range list {
				if a.Content != c.want[i] || a.Index != i || a.StopType != c.stop {
					t.Errorf("answer %d is %+v, want %q", i, a, c.want[i])
				}
			}
		})
	}
	some := post(t, url+"/completion", `{"prompt":"a","n_predict":2,"response_fields":["content","timings/predicted_n","nothing","x/y"]}`).body
	if some != `{"content":"One two","predicted_n":2}` {
		t.Errorf("response_fields: %s", some)
	}
}

// TestTokens holds tokens, pieces and texts.
func TestTokens(t *testing.T) {
	m := talesModel(t, chord.Options{})
	url := serve(t, server.Options{Models: []server.Model{{Name: "tales", Loaded: m}, echoModel(t, "echo", "an answer")}})
	const text = "Once upon a time, ż 🐢"
	tok := m.Tokenizer()
	for _, special := range []bool{false, true} {
		body := `{"model":"tales","content":"` + text + `"}`
		if special {
			body = with(body, `"add_special":true`)
		}
		ids := decode[struct{ Tokens []int32 }](t, post(t, url+"/tokenize", body).body).Tokens
		if want := tok.Encode(nil, text, bpe.EncodeOptions{NoBOS: !special}); !slices.Equal(ids, want) {
			t.Errorf("add_special %v: %v, want %v", special, ids, want)
		}
	}
	pieces := post(t, url+"/tokenize", `{"model":"echo","content":["ż",97],"with_pieces":true}`).body
	if pieces != `{"tokens":[{"id":197,"piece":[197]},{"id":188,"piece":[188]},{"id":97,"piece":"a"}]}` {
		t.Errorf("pieces: %s", pieces)
	}
	for body, want := range map[string]string{`{"tokens":[72,105]}`: "Hi", `{"tokens":[197,188]}`: "ż", `{"tokens":[197]}`: "\uFFFD", `{"tokens":[]}`: "", `{"tokens":null}`: ""} {
		if got := decode[struct{ Content string }](t, post(t, url+"/detokenize", with(body, `"model":"echo"`)).body).Content; got != want {
			t.Errorf("%s is %q, want %q", body, got, want)
		}
	}
	prompt := decode[struct{ Prompt string }](t, post(t, url+"/apply-template", with(hello, `"model":"echo"`)).body).Prompt
	if want := "<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n"; prompt != want {
		t.Errorf("the prompt is %q, want %q", prompt, want)
	}
}

// gapModel returns a model whose vocabulary has tokens for gaps.
func gapModel(t *testing.T, name string) server.Model {
	t.Helper()
	b, err := chordtest.File("return a + b")
	if err != nil {
		t.Fatal(err)
	}
	m, err := chord.OpenReaderAt(bytes.NewReader(b), int64(len(b)), chord.Options{Threads: 1, OverrideKV: []string{
		"tokenizer.ggml.fim_pre_token_id=int:1", "tokenizer.ggml.fim_suf_token_id=int:2", "tokenizer.ggml.fim_mid_token_id=int:3",
		"tokenizer.ggml.fim_rep_token_id=int:4", "tokenizer.ggml.fim_sep_token_id=int:5"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return server.Model{Name: name, Loaded: m}
}

// TestInfill holds the order of the parts, and the error of a model without tokens for
// gaps.
func TestInfill(t *testing.T) {
	url := serve(t, server.Options{Models: []server.Model{gapModel(t, "gap"), echoModel(t, "m", "an answer")}})
	const body = `{"model":"gap","input_prefix":"func f() {","input_suffix":"}","prompt":"\t","input_extra":[{"filename":"b.go","text":"package b"}],"n_predict":4}`
	a := decode[completion](t, post(t, url+"/infill", body).body)
	if want := "\x04project\n\x05b.go\npackage b\x05\n<|bos|>\x01func f() {\t\x02}\x03"; a.Content != "return a + b" || a.Prompt != want {
		t.Errorf("%q continues %q, want %q", a.Content, a.Prompt, want)
	}
	if a := do(t, "POST", url+"/infill", strings.Replace(body, "gap", "m", 1)); a.status != 400 || !strings.Contains(a.body, "not_supported_error") {
		t.Errorf("a model that fills no gaps: %d %s", a.status, a.body)
	}
}

// TestSlots saves a text, restores it and forgets it.
func TestSlots(t *testing.T) {
	dir := t.TempDir()
	m := talesModel(t, chord.Options{})
	o := server.Options{Models: []server.Model{{Name: "tales", Loaded: m}}, SlotDir: dir}
	url := serve(t, o)
	const body = `{"prompt":"Once upon a time there was","n_predict":8,"id_slot":2,"temperature":0}`
	first := decode[completion](t, post(t, url+"/completion", body).body)
	type acted struct {
		ID                             int    `json:"id_slot"`
		File                           string `json:"filename"`
		Saved, Written, Restored, Read int
		Erased                         int
	}
	act := func(action, body string) acted {
		b := post(t, url+"/slots/2?action="+action, body).body
		return decode[acted](t, strings.NewReplacer("n_saved", "saved", "n_written", "written", "n_restored", "restored", "n_read", "read", "n_erased", "erased").Replace(b))
	}
	saved := act("save", `{"filename":"a b.slot"}`)
	info, err := os.Stat(filepath.Join(dir, "a b.slot"))
	if err != nil || saved.Saved != first.Evaluated+8 || info.Size() != int64(saved.Written) {
		t.Errorf("%+v, %v", saved, err)
	}
	if erased := act("erase", ""); erased.Erased != saved.Saved {
		t.Errorf("%+v, want %d", erased, saved.Saved)
	}
	if a := do(t, "POST", url+"/slots/2?action=save", `{"filename":"none"}`); a.status != 400 {
		t.Errorf("an empty slot is saved: %d %s", a.status, a.body)
	}
	fresh := serve(t, server.Options{Models: []server.Model{{Name: "tales", Loaded: talesModel(t, chord.Options{})}}, SlotDir: dir})
	url = fresh
	if r := act("restore", `{"filename":"a b.slot"}`); r.Restored != saved.Saved || r.Read != saved.Written {
		t.Errorf("%+v, want what was saved: %+v", r, saved)
	}
	again := decode[completion](t, post(t, url+"/completion", body).body)
	if again.Content != first.Content || again.Timings.CacheN == 0 {
		t.Errorf("after restoring %+v, want %q with a prefix", again, first.Content)
	}
	list := decode[[]struct {
		ID      int
		Context int `json:"n_ctx"`
		Tokens  int `json:"n_tokens"`
	}](t, get(t, url+"/slots").body)
	if len(list) != 16 || list[2].Tokens != saved.Saved || list[2].Context != m.Context() {
		t.Errorf("%+v", list)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("the folder has %v", entries)
	}
}

// get gets a path and wants 200.
func get(t *testing.T, url string) answer {
	t.Helper()
	a := do(t, "GET", url, "")
	if a.status != 200 {
		t.Fatalf("%s: %d %s", url, a.status, a.body)
	}
	return a
}

// TestSlotFiles holds that no name leaves the folder, and that files of others are
// errors.
func TestSlotFiles(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(filepath.Dir(dir), "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(dir, "link")); err != nil {
		t.Skip(err)
	}
	for name, b := range map[string]string{"damaged": "no session", "empty": "", "cut": "CHORDSES"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	url := serve(t, server.Options{Models: []server.Model{echoModel(t, "m", "an answer")}, SlotDir: dir})
	post(t, url+"/completion", `{"prompt":"a","id_slot":0}`)
	for name, want := range map[string]int{"../secret": 400, "/etc/passwd": 400, `a\\b`: 400, `a\u0000b`: 400, "..": 400, ".": 400, "": 400, ".hidden": 400,
		"c:x": 400, "a.incomplete": 400, strings.Repeat("a", 201): 400, "missing": 404, "link": 404, "damaged": 400, "empty": 400, "cut": 400} {
		if a := do(t, "POST", url+"/slots/0?action=restore", `{"filename":"`+name+`"}`); a.status != want || strings.Contains(a.body, dir) {
			t.Errorf("restore %q: %d %s, want %d", name, a.status, a.body, want)
		}
		if want == 400 && name != "damaged" && name != "empty" && name != "cut" {
			if a := do(t, "POST", url+"/slots/0?action=save", `{"filename":"`+name+`"}`); a.status != want {
				t.Errorf("save %q: %d %s, want %d", name, a.status, a.body, want)
			}
		}
	}
	post(t, url+"/slots/0?action=save", `{"filename":"link"}`) // replaces the link, and does not follow it
	if b, err := os.ReadFile(secret); err != nil || string(b) != "secret" {
		t.Errorf("a link was followed: %q, %v", b, err)
	}
	for path, want := range map[string]int{"/slots/-1?action=erase": 400, "/slots/16?action=erase": 400, "/slots/x?action=erase": 400, "/slots/0?action=run": 400, "/slots/0": 400} {
		if a := do(t, "POST", url+path, `{}`); a.status != want {
			t.Errorf("%s: %d %s, want %d", path, a.status, a.body, want)
		}
	}
	none := serve(t, server.Options{Models: []server.Model{echoModel(t, "m", "an answer")}})
	if a := do(t, "POST", none+"/slots/0?action=save", `{"filename":"a"}`); a.status != 400 {
		t.Errorf("without a folder: %d %s", a.status, a.body)
	}
}

func TestProps(t *testing.T) {
	url := serve(t, server.Options{Models: []server.Model{echoModel(t, "m", "an answer")}, Version: "1.2"})
	p := decode[struct {
		Slots    int    `json:"total_slots"`
		BOS      string `json:"bos_token"`
		EOS      string `json:"eos_token"`
		Build    string `json:"build_info"`
		Defaults struct {
			Context int            `json:"n_ctx"`
			Params  map[string]any `json:"params"`
		} `json:"default_generation_settings"`
	}](t, get(t, url+"/props").body)
	if p.Slots != 16 || p.BOS != "<|bos|>" || p.EOS != "<|im_end|>" || p.Build != "chord 1.2" || p.Defaults.Context != 1<<14 || p.Defaults.Params["top_k"] != 40.0 || p.Defaults.Params["temperature"] != 0.8 {
		t.Errorf("%+v", p)
	}
}

// TestLlamaServerErrors holds the status and the field of wrong requests.
func TestLlamaServerErrors(t *testing.T) {
	url := serve(t, server.Options{Models: []server.Model{gapModel(t, "m")}})
	for _, c := range []struct{ path, body, param string }{
		{"/completion", `{}`, "prompt"},
		{"/completion", `{"prompt":[]}`, "prompt"},
		{"/completion", `{"prompt":{}}`, "prompt"},
		{"/completion", `{"prompt":[-1]}`, "prompt"},
		{"/completion", `{"prompt":[999999]}`, "prompt"},
		{"/completion", `{"prompt":[[-1]]}`, "prompt"},
		{"/completion", `{"prompt":["a",null]}`, "prompt[1]"},
		{"/completion", `{"prompt":["a",true]}`, "prompt[1]"},
		{"/completion", `{"prompt":"a","n_predict":-2}`, "n_predict"},
		{"/completion", `{"prompt":"a","n_predict":1e99}`, "n_predict"},
		{"/completion", `{"prompt":"a","n_probs":21}`, "n_probs"},
		{"/completion", `{"prompt":"a","n_cmpl":9}`, "n_cmpl"},
		{"/completion", `{"prompt":"a","id_slot":16}`, "id_slot"},
		{"/completion", `{"prompt":"a","temperature":"hot"}`, "temperature"},
		{"/completion", `{"prompt":"a","stop":[""]}`, "stop"},
		{"/completion", `{"prompt":"a","grammar":"Root ::= \"a\""}`, "grammar"},
		{"/tokenize", `{"content":7}`, "content"},
		{"/tokenize", `{"content":[999999]}`, "content"},
		{"/detokenize", `{"tokens":[-1]}`, "tokens"},
		{"/detokenize", `{"tokens":["a"]}`, "tokens[0]"},
		{"/apply-template", `{}`, "messages"},
		{"/apply-template", `{"messages":[{"role":"user","content":"a"}],"chat_template":"x"}`, "chat_template"},
		{"/apply-template", `{"messages":[{"role":"user","content":"a"}],"tools":[{"type":"function"},[]]}`, "tools[1]"},
		{"/apply-template", `{"messages":[{"role":"user","content":"a"}],"tools":[null]}`, "tools[0]"},
		{"/apply-template", `{"messages":[{"role":"user","content":"a"}],"tools":[{"function":[]}]}`, "tools[0].function"},
		{"/infill", `{"input_suffix":"a"}`, "input_prefix"},
		{"/infill", `{"input_prefix":"a","input_suffix":"b","prompt":["c","d"]}`, "prompt"},
	} {
		a := do(t, "POST", url+c.path, c.body)
		e := decode[apiError](t, strings.Replace(a.body, `"code":400`, `"code":"400"`, 1))
		if a.status != 400 || str(e.Error.Param) != c.param || e.Error.Type != "invalid_request_error" || str(e.Error.Code) != "400" {
			t.Errorf("%s %s: %d %s, want 400 for %q", c.path, c.body, a.status, a.body, c.param)
		}
	}
}
