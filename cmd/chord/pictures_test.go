package main

import (
	"bytes"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/image/bmp"

	"github.com/querent-ai/chord/internal/synth"
)

// eyeFiles writes the small model that reads pictures, its vision tower and two
// pictures to a folder and returns it.
func eyeFiles(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name string, f func(*bytes.Buffer) error) {
		var b bytes.Buffer
		if err := f(&b); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("eye.gguf", func(b *bytes.Buffer) error { return synth.WriteEye(b, 1) })
	write("mmproj.gguf", func(b *bytes.Buffer) error { return synth.WriteMMProj(b, 1) })
	for name, shade := range map[string]byte{"dark.bmp": 30, "light.bmp": 220} {
		m := image.NewGray(image.Rect(0, 0, 40, 30))
		for i := range m.Pix {
			m.Pix[i] = shade
		}
		write(name, func(b *bytes.Buffer) error { return bmp.Encode(b, m) })
	}
	return dir
}

// TestImage shows pictures to a model, by chord run and in a chat.
func TestImage(t *testing.T) {
	dir := eyeFiles(t)
	at := func(name string) string { return filepath.Join(dir, name) }
	model := []string{"-m", at("eye.gguf"), "-mm", at("mmproj.gguf"), "--temp", "0", "-n", "12"}
	run := func(picture string) string {
		return ok(t, "", append(append([]string{"run"}, model...), "--image", at(picture), "a b c")...)
	}
	dark, light := run("dark.bmp"), run("light.bmp")
	if dark == light {
		t.Errorf("the answers about two pictures are the same: %q", dark)
	}
	if r := do(t, "/image "+at("light.bmp")+"\na b c\n", append([]string{"chat"}, model...)...); r.code != 0 || r.out != light {
		t.Errorf("/image in a chat: got %+v, want %q", r, light)
	}
	if got := ok(t, "a b c\n", append([]string{"chat", "--image", at("dark.bmp")}, model...)...); got != dark {
		t.Errorf("chord chat --image: got %q, want %q", got, dark)
	}
}

// TestImageErrors wants errors that say what is missing.
func TestImageErrors(t *testing.T) {
	dir := eyeFiles(t)
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, c := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"a text model", []string{"run", "-m", at("eye.gguf"), "--image", at("dark.bmp"), "a"}, 2, "--mmproj"},
		{"no file", []string{"run", "-m", at("eye.gguf"), "--mmproj", at("mmproj.gguf"), "--image", at("nosuch.png"), "a"}, 1, "nosuch.png"},
		{"no picture", []string{"run", "-m", at("eye.gguf"), "--mmproj", at("mmproj.gguf"), "--image", at("eye.gguf"), "a"}, 1, "no picture"},
		{"a text that is continued", []string{"run", "-m", at("eye.gguf"), "--mmproj", at("mmproj.gguf"), "--raw", "--image", at("dark.bmp"), "a"}, 2, "chats"},
		{"no tower", []string{"run", "-m", at("eye.gguf"), "--mmproj", at("eye.gguf"), "a"}, 1, "general.architecture"},
		{"the tower as a model", []string{"run", "-m", at("mmproj.gguf"), "a"}, 1, "mmproj"},
	} {
		if r := do(t, "", c.args...); r.code != c.code || !strings.Contains(r.stderr, c.want) {
			t.Errorf("%s: got %d and %q, want %d and %q", c.name, r.code, r.stderr, c.code, c.want)
		}
	}
}
