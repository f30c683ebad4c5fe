package chord_test

import (
	"bufio"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/querent-ai/chord"
)

// longPrompt is a prompt of some pages; those of different i have the first page
// in common.
func longPrompt(i int) string {
	return strings.Repeat("Once upon a time there was a cat. ", 30) + fmt.Sprintf("The %dth cat said: ", i)
}

// answer returns what m says after a prompt.
func answer(t *testing.T, m *chord.Model, i int) chord.Result {
	t.Helper()
	r, err := m.Complete(t.Context(), longPrompt(i), seeded(3, 12))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// files returns the names of all files in a folder.
func filesIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// A prompt is not computed again after the model was closed, whatever its caches
// in memory held.
func TestCacheDir(t *testing.T) {
	plain := answer(t, story(t), 1)
	for name, o := range map[string]chord.Options{"": {}, "little memory": {CacheBytes: 3 << 20}, "q8_0": {CacheTypeK: "q8_0", CacheTypeV: "q8_0"}} {
		t.Run(name, func(t *testing.T) {
			o.CacheDir, o.Threads = filepath.Join(t.TempDir(), "new", "folder"), 1
			m := openTales(t, o)
			first, other := answer(t, m, 1), answer(t, m, 2)
			m.Close()
			m = openTales(t, o)
			defer m.Close()
			for i, want := range map[int]chord.Result{1: first, 2: other} {
				got := answer(t, m, i)
				if got.Text != want.Text || got.Cached < got.Prompt-32 {
					t.Errorf("prompt %d: %d of %d tokens cached, %q, want %q", i, got.Cached, got.Prompt, got.Text, want.Text)
				}
			}
			if k := m.Metrics(); k.DiskHits == 0 || k.DiskUsed == 0 || k.DiskUsed > k.DiskLimit || k.DiskFaults > 0 {
				t.Errorf("%+v", k)
			}
			if o.CacheTypeK == "" && first.Text != plain.Text {
				t.Errorf("got %q, want %q", first.Text, plain.Text)
			}
		})
	}
}

// What was evicted from memory is read from the disk.
func TestCacheDirEvicted(t *testing.T) {
	m := openTales(t, chord.Options{CacheDir: t.TempDir(), Threads: 1, CacheBytes: 3 << 20})
	defer m.Close()
	first := answer(t, m, 0)
	for i := 1; m.Metrics().PrefixDrops < 8; i++ {
		if _, err := m.Complete(t.Context(), fmt.Sprint(i, longPrompt(i)), seeded(3, 2)); err != nil {
			t.Fatal(err)
		}
	}
	got := answer(t, m, 0)
	if k := m.Metrics(); got.Text != first.Text || got.Cached < got.Prompt-1 || k.DiskHits == 0 {
		t.Errorf("%d of %d tokens cached, %q, want %q; %+v", got.Cached, got.Prompt, got.Text, first.Text, k)
	}
}

// Files that were cut, changed or renamed are no hits, and go.
func TestCacheDirDamaged(t *testing.T) {
	want := answer(t, story(t), 1)
	for name, damage := range map[string]func(b []byte) []byte{
		"cut":     func(b []byte) []byte { return b[:len(b)/2] },
		"empty":   func([]byte) []byte { return nil },
		"magic":   func(b []byte) []byte { b[0]++; return b },
		"key":     func(b []byte) []byte { b[40]++; return b },
		"token":   func(b []byte) []byte { b[8+64+8]++; return b },
		"a page":  func(b []byte) []byte { b[len(b)*3/4] ^= 1; return b },
		"its end": func(b []byte) []byte { b[len(b)-1] ^= 1; return b },
	} {
		t.Run(name, func(t *testing.T) {
			o := chord.Options{CacheDir: t.TempDir(), Threads: 1}
			m := openTales(t, o)
			answer(t, m, 1)
			m.Close()
			files := filesIn(t, o.CacheDir)
			if len(files) < 2 {
				t.Fatalf("%d files", len(files))
			}
			for _, f := range files {
				b, err := os.ReadFile(f)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(f, damage(b), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			m = openTales(t, o)
			defer m.Close()
			got := answer(t, m, 1)
			if k := m.Metrics(); got.Text != want.Text || got.Cached > 0 || k.DiskFaults == 0 {
				t.Errorf("%d tokens cached, %q, want %q; %+v", got.Cached, got.Text, want.Text, k)
			}
		})
	}
}

// The files take no more than they may, and those used least recently go first.
func TestCacheDirBudget(t *testing.T) {
	o := chord.Options{CacheDir: t.TempDir(), Threads: 1, CacheDiskBytes: 6 << 20}
	m := openTales(t, o)
	for i := range 12 {
		if _, err := m.Complete(t.Context(), fmt.Sprint(i, longPrompt(i)), seeded(3, 2)); err != nil {
			t.Fatal(err)
		}
	}
	m.Close()
	sum := int64(0)
	for _, f := range filesIn(t, o.CacheDir) {
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		if sum += info.Size(); runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v", f, info.Mode())
		}
	}
	if sum > o.CacheDiskBytes || sum == 0 {
		t.Errorf("%d bytes, at most %d", sum, o.CacheDiskBytes)
	}
	m = openTales(t, o)
	defer m.Close()
	if r, err := m.Complete(t.Context(), fmt.Sprint(11, longPrompt(11)), seeded(3, 2)); err != nil || r.Cached == 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

// Models share a folder, each with its own files, and a folder that others may
// write to is refused.
func TestCacheDirShared(t *testing.T) {
	o := chord.Options{CacheDir: t.TempDir(), Threads: 1}
	a, b := openTales(t, o), openTales(t, o)
	defer a.Close()
	defer b.Close()
	want := answer(t, story(t), 0).Text
	var wg sync.WaitGroup
	for _, m := range []*chord.Model{a, b, a, b} {
		wg.Go(func() {
			for i := range 4 {
				if r, err := m.Complete(t.Context(), longPrompt(i%2), seeded(3, 12)); err != nil || i == 0 && r.Text != want {
					t.Errorf("%+v, %v", r, err)
				}
			}
		})
	}
	wg.Wait()
	q := o
	q.CacheTypeK = "q8_0"
	c := openTales(t, q)
	defer c.Close()
	if r := answer(t, c, 0); r.Cached > 0 {
		t.Errorf("another type of the cache: %d tokens cached", r.Cached)
	}
	if runtime.GOOS == "windows" {
		return
	}
	if err := os.Chmod(o.CacheDir, 0o777); err != nil {
		t.Fatal(err)
	}
	_, err := openTalesErr(o)
	if err == nil || !strings.Contains(err.Error(), "Options.CacheDir") {
		t.Errorf("others may write to the folder: %v", err)
	}
}

// killFolder names the folder of the cache for the test below.
const killFolder = "CHORD_TEST_CACHE"

// A process that writes to the folder is killed at any moment; what it leaves is
// right.
func TestCacheDirKilled(t *testing.T) {
	if dir := os.Getenv(killFolder); dir != "" {
		m := openTales(t, chord.Options{CacheDir: dir, Threads: 1})
		for i := 0; ; i++ {
			if _, err := m.Complete(t.Context(), longPrompt(i%8), seeded(3, 12)); err != nil {
				t.Fatal(err)
			}
			fmt.Println("answered", i)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for i := range 8 {
		want = append(want, answer(t, story(t), i).Text)
	}
	dir, hits := t.TempDir(), int64(0)
	random := rand.New(rand.NewPCG(1, 2))
	tries := 12
	if testing.Short() {
		tries = 3
	}
	for range tries {
		cmd := exec.Command(self, "-test.run=^TestCacheDirKilled$")
		cmd.Env = append(os.Environ(), killFolder+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		answers := 1 + random.IntN(8)
		for lines := bufio.NewScanner(out); answers > 0 && lines.Scan(); answers-- {
		}
		time.Sleep(time.Duration(random.IntN(30)) * time.Millisecond) // anywhere in what follows
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		m := openTales(t, chord.Options{CacheDir: dir, Threads: 1})
		for i, text := range want {
			if r := answer(t, m, i); r.Text != text {
				t.Errorf("prompt %d, %d of %d tokens cached: got %q, want %q", i, r.Cached, r.Prompt, r.Text, text)
			}
		}
		k := m.Metrics()
		if hits += k.DiskHits; k.DiskFaults > 0 {
			t.Errorf("%+v", k)
		}
		m.Close()
		for k, f := range filesIn(t, dir) { // there is something to write in the next turn
			if k%2 == 0 {
				_ = os.Remove(f)
			}
		}
	}
	if hits == 0 {
		t.Error("no hit")
	}
}
