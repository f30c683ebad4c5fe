package chord_test

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/chordtest"
	"github.com/querent-ai/chord/simd"
)

// saved returns a session of the embedded model with a text of some pages, and its
// file.
func saved(t *testing.T, m *chord.Model) (*chord.Session, []byte) {
	t.Helper()
	s := m.NewSession()
	t.Cleanup(s.Close)
	if err := s.Append(t.Context(), strings.Repeat("Once upon a time there was a cat. ", 30)); err != nil {
		t.Fatal(err)
	}
	say(t, s, seeded(3, 9))
	return s, fileOf(t, s)
}

// fileOf returns the file of a session.
func fileOf(t *testing.T, s *chord.Session) []byte {
	t.Helper()
	var file bytes.Buffer
	if n, err := s.WriteTo(&file); err != nil || n != int64(file.Len()) {
		t.Fatalf("%d bytes of %d, %v", n, file.Len(), err)
	}
	return file.Bytes()
}

// restored returns the session in a file.
func restored(t *testing.T, m *chord.Model, file []byte) *chord.Session {
	t.Helper()
	r := bytes.NewReader(append(slices.Clip(file), "more"...))
	s, err := m.ReadSession(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	if r.Len() != len("more") {
		t.Errorf("%d bytes left, want those after the session", r.Len())
	}
	return s
}

// next returns the result of continuing a session.
func next(t *testing.T, s *chord.Session, p chord.Params) chord.Result {
	t.Helper()
	text := ""
	for tok, err := range s.Generate(t.Context(), p) {
		if err != nil {
			t.Fatal(err)
		}
		if text += tok.Text; tok.Result != nil {
			r := *tok.Result
			r.Text = text
			return r
		}
	}
	return chord.Result{}
}

// A session that was saved goes on as if it had not been, greedily and with any
// seed, and so do its forks.
func TestSessionSeeds(t *testing.T) {
	s, file := saved(t, story(t))
	m := openTales(t, chord.Options{Threads: 1})
	t.Cleanup(func() { m.Close() })
	r := restored(t, m, file)
	rows := m.Metrics().Rows
	seeds := 200
	if testing.Short() {
		seeds = 20
	}
	for i := range seeds + 1 {
		p := seeded(int64(i), 6)
		if i == 0 {
			p.Temperature = chord.Greedy
		}
		a, b := s.Fork(), r.Fork()
		want, got := next(t, a, p), next(t, b, p)
		a.Close()
		b.Close()
		if want.Text != got.Text {
			t.Fatalf("seed %d: got %q, want %q", i, got.Text, want.Text)
		}
	}
	if n := m.Metrics().Rows - rows; n > int64(seeds+1)*7 {
		t.Errorf("%d rows were computed for %d texts of 6 tokens", n, seeds+1)
	}
}

// Result.Cached says whether the cache of a session was used. Another type of the
// cache cannot use it, and a fork can.
func TestSessionCached(t *testing.T) {
	s, file := saved(t, story(t))
	n := s.Len()
	want := next(t, s.Fork(), seeded(5, 9))
	for name, o := range map[string]chord.Options{"same": {Threads: 1}, "q8_0": {Threads: 1, CacheTypeK: "q8_0", CacheTypeV: "q8_0"}} {
		m := openTales(t, o)
		r := restored(t, m, file)
		got := next(t, r, seeded(5, 9))
		if name == "same" && (got.Cached < n-10 || got.Text != want.Text) || name != "same" && got.Cached != 0 {
			t.Errorf("%s: %d of %d tokens cached; got %q, want %q", name, got.Cached, n, got.Text, want.Text)
		}
		r.Close()
		m.Close()
	}
}

// tierFolder names the folder of the session for the test below.
const tierFolder = "CHORD_TEST_SESSIONS"

// A session saved with the kernels of one CPU goes on with those of another.
func TestSessionTiers(t *testing.T) {
	if dir := os.Getenv(tierFolder); dir != "" {
		otherTier(t, dir)
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := story(t).NewSession()
	defer s.Close()
	if err := s.Append(t.Context(), strings.Repeat("Once upon a time there was a dog. ", 30)); err != nil {
		t.Fatal(err)
	}
	file := fileOf(t, s)
	want := next(t, s.Fork(), seeded(7, 12)).Text
	tiers := simd.Tiers()
	if testing.Short() {
		tiers = []string{"generic"}
	}
	for _, tier := range tiers {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "in"), file, 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(self, "-test.run=^TestSessionTiers$")
		cmd.Env = append(os.Environ(), tierFolder+"="+dir, "CHORD_CPU="+tier)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", tier, err, out)
		}
		there, back := readFile(t, dir, "text"), restored(t, story(t), []byte(readFile(t, dir, "out")))
		if here := next(t, back, seeded(7, 12)); there != tier+" "+want || here.Text != want || here.Cached == 0 {
			t.Errorf("%s: got %q there and %+v here, want %q", tier, there, here, want)
		}
		if again := readFile(t, dir, "out"); again != string(file) {
			t.Errorf("%s writes another file", tier)
		}
	}
}

// otherTier reads the session in a folder, goes on with it, and writes what it
// computes itself of the same tokens.
func otherTier(t *testing.T, dir string) {
	m := story(t)
	r := restored(t, m, []byte(readFile(t, dir, "in")))
	text := next(t, r.Fork(), seeded(7, 12)).Text
	own := m.NewSession()
	defer own.Close()
	if err := own.AppendTokens(t.Context(), r.Tokens()); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]string{"text": simd.Tier() + " " + text, "out": string(fileOf(t, own))} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func readFile(t *testing.T, dir, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A session that was cut, or in which a byte was changed, is an error.
func TestSessionDamaged(t *testing.T) {
	m := chordtest.Model(t, "yes")
	s := m.NewSession()
	defer s.Close()
	if err := s.Append(t.Context(), "a prompt"); err != nil {
		t.Fatal(err)
	}
	raw := fileOf(t, s)
	var at []int // all of the head, some of the page
	for i := range raw {
		if i < 1<<10 || i%4093 == 0 || len(raw)-i < 100 {
			at = append(at, i)
		}
	}
	for _, i := range at {
		b := slices.Clone(raw)
		b[i] ^= 0x41
		if s, err := m.ReadSession(t.Context(), bytes.NewReader(b)); err == nil {
			t.Errorf("byte %d of %d changed: no error, %d tokens", i, len(raw), s.Len())
			s.Close()
		}
		if _, err := m.ReadSession(t.Context(), bytes.NewReader(raw[:i])); !errors.Is(err, chord.ErrFormat) {
			t.Errorf("%d bytes of %d: %v", i, len(raw), err)
		}
	}
}

// forge changes the pages of a session of one chunk and makes the checksums right.
func forge(file []byte, tokens int, change func(page []byte)) []byte {
	b := slices.Clone(file)
	record := 8 + 4 + 32 + 32 + 4 + 4 + 8 + 4*tokens + 4
	rest := b[record:]
	n := int(rest[0]) | int(rest[1])<<8
	parts := rest[8+4*n:]
	size := int(parts[8]) | int(parts[9])<<8 | int(parts[10])<<16 | int(parts[11])<<24
	page := parts[20+4:][:size]
	change(page)
	table := crc32.MakeTable(crc32.Castagnoli)
	put := func(to []byte, sum uint32) {
		copy(to, []byte{byte(sum), byte(sum >> 8), byte(sum >> 16), byte(sum >> 24)})
	}
	put(parts[16:], crc32.Checksum(page, table))
	put(parts[20:], crc32.Checksum(rest[:8+4*n+20], table))
	return b
}

// A session whose cache was forged says what the forger wants, or fails, and
// changes nothing for others, whether it is open or not.
func TestSessionForged(t *testing.T) {
	m := openTales(t, chord.Options{Threads: 1})
	t.Cleanup(func() { m.Close() })
	const begin = "Once upon a time there was a cat. The cat was big and"
	s := m.NewSession()
	if err := s.Append(t.Context(), begin); err != nil {
		t.Fatal(err)
	}
	file, n := fileOf(t, s), s.Len()
	p := seeded(3, 12)
	want := next(t, s.Fork(), p).Text
	s.Close()
	for name, change := range map[string]func([]byte){
		"other keys": func(b []byte) {
			for i := range b {
				b[i] = byte(i*7) & 0x3F
			}
		},
		"no numbers": func(b []byte) {
			for i := range b {
				b[i] = 0xFF
			}
		},
	} {
		forged, err := m.ReadSession(t.Context(), bytes.NewReader(forge(file, n, change)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		text, broken := "", error(nil)
		for tok, err := range forged.Generate(t.Context(), p) {
			text, broken = text+tok.Text, err
		}
		if text == want && broken == nil {
			t.Errorf("%s: the forged cache was not used", name)
		}
		for _, state := range []string{"open", "closed"} {
			o := m.NewSession()
			if err := o.Append(t.Context(), begin); err != nil {
				t.Fatal(err)
			}
			if got := next(t, o, p).Text; got != want {
				t.Errorf("%s, the session %s: others get %q, want %q", name, state, got, want)
			}
			o.Close()
			forged.Close()
		}
	}
}

// A file's sizes do not decide what is allocated.
func TestSessionMemory(t *testing.T) {
	m := chordtest.Model(t, "yes")
	s := m.NewSession()
	defer s.Close()
	if err := s.Append(t.Context(), "a prompt"); err != nil {
		t.Fatal(err)
	}
	raw := fileOf(t, s)
	for _, n := range []int{200, 1000} {
		bytesOf := testing.Benchmark(func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := m.ReadSession(b.Context(), bytes.NewReader(raw[:n])); err == nil {
					b.Fatal(fmt.Errorf("%d bytes", n))
				}
			}
		}).AllocedBytesPerOp()
		if most := int64(len(raw) + 1<<16); bytesOf > most {
			t.Errorf("%d bytes: %d allocated", n, bytesOf)
		}
	}
}
