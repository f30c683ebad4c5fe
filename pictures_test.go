package chord_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/internal/synth"
)

// Values of Options.MMProj for eye: none, and the tower of Pixtral in place of Gemma 3's.
const blind, pixtral = "none", "pixtral"

// eye opens the small model that reads pictures.
func eye(t *testing.T, o chord.Options) *chord.Model {
	t.Helper()
	dir := t.TempDir()
	write := func(name string, f func(*bytes.Buffer) error) string {
		var b bytes.Buffer
		if err := f(&b); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	model := write("eye.gguf", func(b *bytes.Buffer) error { return synth.WriteEye(b, 1) })
	switch o.MMProj {
	case pixtral:
		o.MMProj = write("mmproj.gguf", func(b *bytes.Buffer) error { return synth.WritePixtral(b, 2, 1) })
	case blind:
		o.MMProj = ""
	default:
		o.MMProj = write("mmproj.gguf", func(b *bytes.Buffer) error { return synth.WriteMMProj(b, 1) })
	}
	m, err := chord.Open(model, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

// wide returns the PNG of a made picture, that of the golden logits; other makes
// another one of the same size.
func wide(t *testing.T, other byte) []byte {
	t.Helper()
	const width, height = 230, 90
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.Set(x, y, color.NRGBA{byte(x*255/width) ^ other, byte(x * y % 256), byte((x/8+y/8)%2*200 + y%50), 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// about returns a question about a picture.
func about(picture []byte, question string) []chord.Message {
	return []chord.Message{{Role: "user", Parts: []chord.Part{{Text: "see "}, {Image: picture}, {Text: question}}}}
}

// logits keeps the logits of the first token.
type logits struct{ first []float32 }

// Process keeps them.
func (l *logits) Process(_ []int32, x []float32) {
	if l.first == nil {
		l.first = slices.Clone(x)
	}
}

// ask returns the logits of the first token of an answer, the answer and its result.
func ask(t *testing.T, m *chord.Model, messages []chord.Message) ([]float32, string, *chord.Result) {
	t.Helper()
	var l logits
	text, result := "", (*chord.Result)(nil)
	for d, err := range m.Chat(t.Context(), messages, chord.ChatParams{Params: chord.Params{Temperature: chord.Greedy, MaxTokens: 8, Processor: &l}}) {
		if err != nil {
			t.Fatal(err)
		}
		if text += d.Content; d.Result != nil {
			result = d.Result
		}
	}
	return l.first, text, result
}

// TestPictureLogits compares the logits after a prompt with a picture with llama.cpp's,
// for a model whose window is shorter than the picture: one whose rows see each other,
// and one whose rows see those before them only.
func TestPictureLogits(t *testing.T) {
	b, err := os.ReadFile("testdata/picture.json")
	if err != nil {
		t.Fatal(err)
	}
	var want struct{ Picture, Causal, Text []float32 }
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	m := eye(t, chord.Options{CacheTypeK: "f32", CacheTypeV: "f32", Threads: 2})
	text := []chord.Message{{Role: "user", Content: "see a b c d e f"}}
	causal := eye(t, chord.Options{CacheTypeK: "f32", CacheTypeV: "f32", Threads: 2, MMProj: pixtral})
	picture := about(wide(t, 0), "a b c d e f")
	for _, c := range []struct {
		name     string
		m        *chord.Model
		messages []chord.Message
		want     []float32
	}{{"text", m, text, want.Text}, {"picture", m, picture, want.Picture}, {"causal", causal, picture, want.Causal}} {
		got, _, _ := ask(t, c.m, c.messages)
		if len(got) != len(c.want) {
			t.Fatalf("%s: %d logits, %d of llama.cpp", c.name, len(got), len(c.want))
		}
		most := 0.0
		for i := range got {
			most = max(most, math.Abs(float64(got[i]-c.want[i])))
		}
		t.Logf("%s: largest difference %.2g", c.name, most)
		if !(most <= 5e-3) {
			t.Errorf("%s: largest difference of a logit %g, want at most 5e-3", c.name, most)
		}
	}
}

// same reports whether the bits are the same.
func same(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

// TestPictureCache continues prompts with pictures from the cache, which tells one
// picture from another.
func TestPictureCache(t *testing.T) {
	m := eye(t, chord.Options{Threads: 2})
	long := about(wide(t, 0), strings.Repeat("lorem ipsum dolor ", 20))
	cold, text, r := ask(t, m, long)
	if r.Cached != 0 || r.Prompt < 200 {
		t.Fatalf("got %d of %d tokens cached, want none", r.Cached, r.Prompt)
	}
	warm, again, r := ask(t, m, long)
	if r.Cached < r.Prompt-1 || again != text || !same(warm, cold) {
		t.Errorf("got %d of %d tokens cached and %q, want all and %q", r.Cached, r.Prompt, again, text)
	}
	other, _, r := ask(t, m, about(wide(t, 1), long[0].Parts[2].Text))
	if r.Cached > 11 || same(other, cold) { // the tokens before the picture
		t.Errorf("another picture: got %d of %d tokens cached, want at most 11 and other logits", r.Cached, r.Prompt)
	}
	fresh, _, _ := ask(t, eye(t, chord.Options{Threads: 1, NoPrefixCache: true}), about(wide(t, 1), long[0].Parts[2].Text))
	if !same(other, fresh) {
		t.Error("another picture: the logits depend on the prompts before")
	}
}

// TestPicturesAtOnce answers questions about several pictures at the same time, in
// short steps, with memory for few of them: each as if it was alone.
func TestPicturesAtOnce(t *testing.T) {
	const n = 8
	question := func(i int) []chord.Message {
		return about(wide(t, byte(i)), strings.Repeat("word ", 3*i)+"end")
	}
	var want [n][]float32
	alone := eye(t, chord.Options{Threads: 2, NoPrefixCache: true})
	for i := range n {
		want[i], _, _ = ask(t, alone, question(i))
	}
	m := eye(t, chord.Options{Threads: 2, StepTime: time.Microsecond, CacheBytes: 2 << 20, Context: 160, NoPrefixCache: true})
	for i := range n { // all are encoded before they meet
		ask(t, m, question(i))
	}
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			if got, _, _ := ask(t, m, question(i)); !same(got, want[i]) {
				t.Errorf("picture %d: other logits than alone", i)
			}
		})
	}
	wg.Wait()
}

// TestPictureDisk keeps caches of prompts with pictures out of the store on disk: their
// ids mean nothing to another process.
func TestPictureDisk(t *testing.T) {
	dir := t.TempDir()
	ask1 := func(other byte) ([]float32, *chord.Result) {
		m := eye(t, chord.Options{Threads: 2, CacheDir: dir})
		got, _, r := ask(t, m, append([]chord.Message{{Role: "user", Content: strings.Repeat("lorem ipsum dolor ", 30)}}, about(wide(t, other), "end")...))
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		return got, r
	}
	first, _ := ask1(0)
	second, r := ask1(1) // its picture has the ids of the first
	if same(first, second) {
		t.Error("the logits are those of another picture")
	}
	if r.Cached == 0 || r.Cached > r.Prompt-25 {
		t.Errorf("got %d of %d tokens from the disk, want those before the picture", r.Cached, r.Prompt)
	}
}

// TestPictureSession continues a session with pictures.
func TestPictureSession(t *testing.T) {
	m := eye(t, chord.Options{Threads: 2})
	s := m.NewSession()
	defer s.Close()
	chat := about(wide(t, 0), "one")
	answer := func() (text string) {
		for d, err := range s.Chat(t.Context(), chat, chord.ChatParams{Params: chord.Params{Temperature: chord.Greedy, MaxTokens: 6}}) {
			if err != nil {
				t.Fatal(err)
			}
			text += d.Content
		}
		return text
	}
	for i := range 3 {
		got := answer()
		if _, want, _ := ask(t, eye(t, chord.Options{NoPrefixCache: true}), chat); !strings.HasPrefix(want, got) {
			t.Fatalf("turn %d: got %q, want %q", i, got, want)
		}
		chat = append(chat, chord.Message{Role: "assistant", Content: got}, about(wide(t, byte(i)), "next")[0])
	}
	if _, err := s.WriteTo(new(bytes.Buffer)); !errors.Is(err, chord.ErrUnsupported) {
		t.Errorf("WriteTo: got %v, want ErrUnsupported", err)
	}
	at := slices.IndexFunc(s.Tokens(), func(id int32) bool { return id < 0 })
	if s.Rewind(at + 5); s.Len() != at {
		t.Errorf("after Rewind into a picture: got %d tokens, want %d", s.Len(), at)
	}
}

// TestPictureErrors wants clear errors of what cannot be done.
func TestPictureErrors(t *testing.T) {
	m, text := eye(t, chord.Options{}), eye(t, chord.Options{MMProj: blind})
	if !m.Info().Vision || text.Info().Vision {
		t.Error("Info().Vision is wrong")
	}
	huge := wide(t, 0)
	copy(huge[16:], []byte{0, 1, 0, 0, 0, 1, 0, 0}) // 65536×65536
	for _, c := range []struct {
		name     string
		m        *chord.Model
		messages []chord.Message
		p        chord.Params
		want     string
	}{
		{"a text model", text, about(wide(t, 0), ""), chord.Params{}, "messages[0]: a picture: this model reads only text"},
		{"no picture", m, about([]byte("hello"), ""), chord.Params{}, "messages[0]: no picture that can be read"},
		{"half a picture", m, about(wide(t, 0)[:900], ""), chord.Params{}, "messages[0]: no picture that can be read"},
		{"a huge picture", m, about(huge, ""), chord.Params{}, "messages[0]:"},
		{"a receipt", m, about(wide(t, 0), ""), chord.Params{Receipt: true}, "Params.Receipt"},
	} {
		_, err := c.m.Reply(t.Context(), c.messages, chord.ChatParams{Params: c.p})
		if !errors.Is(err, chord.ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := m.ApplyTemplate(about(wide(t, 0), ""), chord.ChatOptions{}); !errors.Is(err, chord.ErrInvalid) {
		t.Errorf("ApplyTemplate: got %v, want ErrInvalid", err)
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Reply(done, about(wide(t, 9), ""), chord.ChatParams{}); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: got %v", err)
	}
}

// TestPictureJSON reads and writes the content of OpenAI's API.
func TestPictureJSON(t *testing.T) {
	picture := wide(t, 0)
	data := "data:image/png;base64," + base64.StdEncoding.EncodeToString(picture)
	in := `{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"` + data + `"}},{"type":"text","text":"b"}]}`
	var m chord.Message
	if err := json.Unmarshal([]byte(in), &m); err != nil {
		t.Fatal(err)
	}
	if len(m.Parts) != 3 || m.Content != "ab" || m.Parts[0].Text != "a" || !bytes.Equal(m.Parts[1].Image, picture) || m.Parts[2].Text != "b" {
		t.Errorf("got %d parts, content %q", len(m.Parts), m.Content)
	}
	if out, err := json.Marshal(m); err != nil || string(out) != in {
		t.Errorf("written: %v\ngot  %.200s\nwant %.200s", err, out, in)
	}
	for name, url := range map[string]string{
		"an address": `{"url":"http://127.0.0.1/a.png"}`, "a file": `{"url":"file:///etc/passwd"}`, "no base64": `{"url":"data:image/png;base64,%%%"}`,
		"empty": `{"url":"data:image/png;base64,"}`, "a number": `1`,
	} {
		if err := json.Unmarshal([]byte(`{"role":"user","content":[{"type":"image_url","image_url":`+url+`}]}`), &m); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
