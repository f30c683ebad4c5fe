package figures

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/internal/bench"
)

// chatTokens is the length of the chat of the benchmarks below.
const chatTokens = 4000

// BenchmarkSession measures the time to save and to restore a session of 4,000
// tokens, divided by that to write and read a file of as many bytes.
func BenchmarkSession(b *testing.B) {
	m := open(b, chord.Options{})
	s := m.NewSession()
	defer s.Close()
	if err := s.AppendTokens(b.Context(), text(m, chatTokens, 1)); err != nil {
		b.Fatal(err)
	}
	first(b, s)
	name := filepath.Join(b.TempDir(), "session")
	var ratios []float64
	size := int64(0)
	for b.Loop() {
		start := time.Now()
		size = save(b, s, name)
		r := restore(b, m, name)
		took := time.Since(start)
		first(b, r) // it goes on without another look at the prompt
		r.Close()
		raw, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		start = time.Now()
		if err := os.WriteFile(name+".raw", raw, 0o600); err != nil {
			b.Fatal(err)
		}
		if _, err := os.ReadFile(name + ".raw"); err != nil {
			b.Fatal(err)
		}
		ratios = append(ratios, took.Seconds()/time.Since(start).Seconds())
	}
	b.ReportMetric(bench.Median(ratios), "x-its-bytes")
	b.ReportMetric(float64(size)/(1<<20), "MiB")
}

// save writes a session to a file and returns its size.
func save(b *testing.B, s *chord.Session, name string) int64 {
	f, err := os.Create(name)
	if err != nil {
		b.Fatal(err)
	}
	n, err := s.WriteTo(f)
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// restore reads a session from a file.
func restore(b *testing.B, m *chord.Model, name string) *chord.Session {
	f, err := os.Open(name)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	s, err := m.ReadSession(b.Context(), f)
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// first generates one token.
func first(b *testing.B, s *chord.Session) {
	for _, err := range s.Generate(b.Context(), chord.Params{MaxTokens: 1, IgnoreEOS: true, Temperature: chord.Greedy}) {
		if err != nil {
			b.Fatal(err)
		}
	}
}

// restartFolder names the folder of the process that BenchmarkRestart kills.
const restartFolder = "CHORD_FIGURES_CACHE"

// BenchmarkRestart measures the time to the first token of a chat of 4,000 tokens
// after the process that had it was killed, divided by that to read its files.
func BenchmarkRestart(b *testing.B) {
	if dir := os.Getenv(restartFolder); dir != "" {
		answerAndWait(b, dir)
	}
	dir := b.TempDir()
	killed(b, dir)
	var ratios []float64
	size := int64(0)
	for b.Loop() {
		m := open(b, chord.Options{CacheDir: dir})
		warm := m.NewSession() // what the first call of a model costs is not the disk's
		if err := warm.AppendTokens(b.Context(), text(m, 8, 9)); err != nil {
			b.Fatal(err)
		}
		warm.Close()
		start := time.Now()
		s := m.NewSession()
		if err := s.AppendTokens(b.Context(), text(m, chatTokens, 1)); err != nil {
			b.Fatal(err)
		}
		first(b, s)
		took := time.Since(start)
		if k := m.Metrics(); k.DiskHits < int64(s.Len()*9/10) {
			b.Fatalf("%d of %d tokens were on disk", k.DiskHits, s.Len())
		}
		s.Close()
		m.Close()
		start = time.Now()
		size = readAll(b, dir)
		ratios = append(ratios, took.Seconds()/time.Since(start).Seconds())
	}
	b.ReportMetric(bench.Median(ratios), "x-reading")
	b.ReportMetric(float64(size)/(1<<20), "MiB")
}

// readAll reads all files of a folder and returns their bytes.
func readAll(b *testing.B, dir string) int64 {
	files, err := os.ReadDir(dir)
	if err != nil {
		b.Fatal(err)
	}
	n := int64(0)
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			b.Fatal(err)
		}
		n += int64(len(data))
	}
	return n
}

// answerAndWait computes the chat and says so once it is on disk.
func answerAndWait(b *testing.B, dir string) {
	m := open(b, chord.Options{CacheDir: dir})
	s := m.NewSession()
	ids := text(m, chatTokens, 1)
	if err := s.AppendTokens(b.Context(), ids); err != nil {
		b.Fatal(err)
	}
	first(b, s)
	for was := int64(-1); was != m.Metrics().DiskWrites; time.Sleep(2 * time.Second) {
		was = m.Metrics().DiskWrites
	}
	fmt.Println("\nwritten")
	select {}
}

// killed lets another process answer the chat and kills it.
func killed(b *testing.B, dir string) {
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^$", "-test.bench=^BenchmarkRestart$", "-test.benchtime=1x")
	cmd.Env = append(os.Environ(), restartFolder+"="+dir)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait()
	}()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if bytes.Contains(lines.Bytes(), []byte("written")) {
			return
		}
	}
	b.Fatal("the other process ended early")
}
