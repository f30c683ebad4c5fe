package server_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/internal/synth"
	"github.com/querent-ai/chord/server"
)

// eyeModel opens the small model that reads pictures.
func eyeModel(t *testing.T) *chord.Model {
	t.Helper()
	dir := t.TempDir()
	var model, mmproj bytes.Buffer
	if err := synth.WriteEye(&model, 1); err != nil {
		t.Fatal(err)
	}
	if err := synth.WriteMMProj(&mmproj, 1); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"eye.gguf": model.Bytes(), "mmproj.gguf": mmproj.Bytes()} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	m, err := chord.Open(filepath.Join(dir, "eye.gguf"), chord.Options{MMProj: filepath.Join(dir, "mmproj.gguf")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// gray returns the PNG of a picture of one shade.
func gray(t *testing.T, shade byte) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 40, 30))
	for i := range m.Pix {
		m.Pix[i] = shade
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestPictures sends a picture in the form of each API and wants what the library
// answers.
func TestPictures(t *testing.T) {
	m := eyeModel(t)
	url := serve(t, server.Options{Models: []server.Model{{Name: "eye", Loaded: m}}})
	const question = "a b c"
	want := map[byte]string{}
	for _, shade := range []byte{30, 220} {
		list, err := m.Reply(t.Context(), []chord.Message{{Role: "user", Parts: []chord.Part{{Image: gray(t, shade)}, {Text: question}}}},
			chord.ChatParams{Params: chord.Params{Temperature: chord.Greedy, MaxTokens: 12}})
		if err != nil {
			t.Fatal(err)
		}
		want[shade] = list[0].Content
	}
	if want[30] == want[220] {
		t.Fatalf("the answers about two pictures are the same: %q", want[30])
	}
	for shade, want := range want {
		data := base64.StdEncoding.EncodeToString(gray(t, shade))
		for path, body := range map[string]string{
			"/v1/chat/completions": `{"max_tokens":12,"temperature":0,"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,%s"}},{"type":"text","text":"a b c"}]}]}`,
			"/v1/responses":        `{"max_output_tokens":12,"temperature":0,"input":[{"role":"user","content":[{"type":"input_image","image_url":"data:image/png;base64,%s"},{"type":"input_text","text":"a b c"}]}]}`,
			"/v1/messages":         `{"max_tokens":12,"temperature":0,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"%s"}},{"type":"text","text":"a b c"}]}]}`,
			"/api/chat":            `{"stream":false,"options":{"num_predict":12,"temperature":0},"messages":[{"role":"user","content":"a b c","images":["%s"]}]}`,
			"/api/generate":        `{"stream":false,"options":{"num_predict":12,"temperature":0},"prompt":"a b c","images":["%s"]}`,
		} {
			got := decode[map[string]any](t, post(t, url+path, fmt.Sprintf(body, data)).body)
			if text := strings.TrimSpace(fmt.Sprint(got)); !strings.Contains(text, strings.TrimSpace(want)) {
				t.Errorf("%s, shade %d: got %s, want %q in it", path, shade, text, want)
			}
		}
	}
	if a := get(t, url+"/props"); !strings.Contains(a.body, `"vision":true`) {
		t.Errorf("/props: %s", a.body)
	}
}

// TestPicturesRefused wants clear errors of wrong pictures, and of a text model.
func TestPicturesRefused(t *testing.T) {
	url := serve(t, server.Options{Models: []server.Model{{Name: "eye", Loaded: eyeModel(t)}, echoModel(t, "text", "hello")}})
	good := "data:image/png;base64," + base64.StdEncoding.EncodeToString(gray(t, 9))
	for _, c := range []struct{ name, model, url, want string }{
		{"a text model", "text", good, "only text"},
		{"an address", "eye", "http://127.0.0.1/a.png", "nothing is fetched"},
		{"a file", "eye", "file:///etc/passwd", "nothing is fetched"},
		{"no base64", "eye", "data:image/png;base64,%%%", "no base64"},
		{"no picture", "eye", "data:image/png;base64,AAAA", "no picture that can be read"},
	} {
		a := do(t, "POST", url+"/v1/chat/completions", fmt.Sprintf(`{"model":%q,"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":%q}}]}]}`, c.model, c.url))
		if a.status != 400 || !strings.Contains(a.body, c.want) || !strings.Contains(a.body, "messages[0]") {
			t.Errorf("%s: got %d %s, want 400 and %q", c.name, a.status, a.body, c.want)
		}
	}
	a := do(t, "POST", url+"/v1/messages", `{"model":"eye","max_tokens":1,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"url","url":"http://127.0.0.1/a.png"}}]}]}`)
	if a.status != 400 || !strings.Contains(a.body, "nothing is fetched") {
		t.Errorf("a URL in /v1/messages: got %d %s", a.status, a.body)
	}
}
