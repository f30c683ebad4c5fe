// Package figures measures what the server promises, as ratios within one run:
//
//	chord synth --shape llama-3.2-1b --type Q4_0 1b.gguf
//	CHORD_MODEL=$PWD/1b.gguf go test -run '^$' -bench . -benchtime 3x ./internal/tests/figures
//
// BenchmarkPeer needs another server with the same file, which has llama-server's
// endpoints and eight slots:
//
//	llama-server -m 1b.gguf -np 8 -c 4096 --port 8081
//	CHORD_PEER=http://127.0.0.1:8081 CHORD_MODEL=… go test -run '^$' -bench Peer -benchtime 5x ./internal/tests/figures
//
// BenchmarkProcess builds chord and starts it, with a packed file if that is
// what CHORD_MODEL names. Without CHORD_MODEL the embedded model is measured.
package figures

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/internal/bench"
	"github.com/querent-ai/chord/server"
	"github.com/querent-ai/chord/tales"
)

// model opens the model.
func model(b *testing.B, o chord.Options) *chord.Model {
	b.Helper()
	var m *chord.Model
	var err error
	if path := os.Getenv("CHORD_MODEL"); path != "" {
		o.Context = 16384
		m, err = chord.Open(path, o)
	} else {
		m, err = chord.OpenFS(tales.FS, tales.Name, o)
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { m.Close() })
	return m
}

// serve serves the model and returns the server's address.
func serve(b *testing.B, m *chord.Model) string {
	b.Helper()
	s, err := server.New(server.Options{Models: []server.Model{{Name: "m", Loaded: m}}})
	if err != nil {
		b.Fatal(err)
	}
	h := httptest.NewServer(s.Handler())
	b.Cleanup(h.Close)
	return h.URL
}

// text returns n random tokens, others for each seed.
func text(m *chord.Model, n int, seed uint64) []int32 {
	r := rand.New(rand.NewPCG(1, seed))
	ids := make([]int32, min(n, m.Context()-100))
	for i := range ids {
		ids[i] = 3 + r.Int32N(int32(m.Info().Vocab)-256)
	}
	return ids
}

// A times says when the tokens of a stream came, after the request was sent.
type times struct{ first, last time.Duration }

// stream has n tokens generated after a prompt and reads them one by one.
func stream(b *testing.B, url string, ids []int32, n int, cache bool) (t times) {
	body, err := json.Marshal(map[string]any{
		"prompt": ids, "n_predict": n, "ignore_eos": true, "temperature": 0, "stream": true, "cache_prompt": cache,
	})
	if err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	r, err := http.Post(url+"/completion", "application/json", bytes.NewReader(body))
	if err != nil {
		b.Error(err)
		return t
	}
	defer r.Body.Close()
	var last string
	for lines := bufio.NewScanner(r.Body); lines.Scan(); {
		line, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok || line == "[DONE]" {
			continue
		}
		if t.last = time.Since(start); t.first == 0 {
			t.first = t.last
		}
		last = line
	}
	var end struct {
		Tokens int `json:"tokens_predicted"`
	}
	if err := json.Unmarshal([]byte(last), &end); err != nil || end.Tokens != n {
		b.Errorf("%d tokens, %v: %s, %s", end.Tokens, err, r.Status, last)
	}
	_, _ = io.Copy(io.Discard, r.Body)
	return t
}

// tokens is the length of the texts that are measured.
const tokens = 48

// rate returns the tokens a second of n clients together.
func rate(b *testing.B, url string, m *chord.Model, n int) float64 {
	var wg sync.WaitGroup
	start := time.Now()
	for i := range n {
		wg.Go(func() { stream(b, url, text(m, 8, uint64(i)), tokens, false) })
	}
	wg.Wait()
	return float64(n*tokens) / time.Since(start).Seconds()
}

// BenchmarkStreams measures the tokens a second of eight streams, divided by those of
// one, in turn.
func BenchmarkStreams(b *testing.B) {
	m := model(b, chord.Options{NoPrefixCache: true})
	url := serve(b, m)
	var ratios []float64
	rate(b, url, m, 1)
	for b.Loop() {
		one := rate(b, url, m, 1)
		ratios = append(ratios, rate(b, url, m, 8)/one)
	}
	b.ReportMetric(bench.Median(ratios), "x-one-stream")
}

// BenchmarkPeer measures the tokens a second of one stream and of eight, divided by
// those of another server, in turn.
func BenchmarkPeer(b *testing.B) {
	peer := os.Getenv("CHORD_PEER")
	if peer == "" {
		b.Skip("CHORD_PEER is not set")
	}
	m := model(b, chord.Options{NoPrefixCache: true})
	url := serve(b, m)
	for _, n := range []int{1, 8} {
		b.Run("streams="+strconv.Itoa(n), func(b *testing.B) {
			var ratios []float64
			rate(b, url, m, n)
			rate(b, peer, m, n)
			for b.Loop() {
				ours := rate(b, url, m, n)
				ratios = append(ratios, ours/rate(b, peer, m, n))
			}
			b.ReportMetric(bench.Median(ratios), "x-peer")
		})
	}
}

// BenchmarkOverhead measures the time of a token in a stream, divided by that of a
// token from the library, in turn.
func BenchmarkOverhead(b *testing.B) {
	m := model(b, chord.Options{NoPrefixCache: true})
	url := serve(b, m)
	library := func() float64 {
		s := m.NewSession()
		defer s.Close()
		if err := s.AppendTokens(b.Context(), text(m, 8, 1)); err != nil {
			b.Fatal(err)
		}
		var first, last time.Time
		for t, err := range s.Generate(b.Context(), chord.Params{MaxTokens: tokens, IgnoreEOS: true, Temperature: chord.Greedy}) {
			if err != nil {
				b.Fatal(err)
			}
			if last = time.Now(); first.IsZero() {
				first = last
			}
			_ = t
		}
		return last.Sub(first).Seconds()
	}
	var ratios []float64
	for b.Loop() {
		l := library()
		t := stream(b, url, text(m, 8, 1), tokens, false)
		ratios = append(ratios, (t.last-t.first).Seconds()/l)
	}
	b.ReportMetric(bench.Median(ratios), "x-library")
}

// BenchmarkHTTPPrefix measures the time to the first token of a second request that
// begins with the same 1,000 tokens, in percent of the first's.
func BenchmarkHTTPPrefix(b *testing.B) {
	m := model(b, chord.Options{})
	url := serve(b, m)
	var percents []float64
	for seed := uint64(1); b.Loop(); seed++ {
		ids := text(m, 1000, seed)
		first := stream(b, url, append(ids[:len(ids):len(ids)], 5, 6, 7), 2, true)
		second := stream(b, url, append(ids[:len(ids):len(ids)], 8, 9, 10), 2, true)
		percents = append(percents, 100*second.first.Seconds()/first.first.Seconds())
	}
	b.ReportMetric(bench.Median(percents), "percent")
}

// BenchmarkHTTPShort measures how many steps a short request takes to its first token
// while a prompt of 2,000 tokens is read.
func BenchmarkHTTPShort(b *testing.B) {
	m := model(b, chord.Options{NoPrefixCache: true})
	url := serve(b, m)
	most := int64(0)
	for b.Loop() {
		var wg sync.WaitGroup
		before := m.Metrics().Steps
		wg.Go(func() { stream(b, url, text(m, 2000, 1), 1, false) })
		for m.Metrics().Steps == before {
			time.Sleep(time.Millisecond)
		}
		before = m.Metrics().Steps
		stream(b, url, text(m, 20, 2), 1, false)
		most = max(most, m.Metrics().Steps-before)
		wg.Wait()
	}
	b.ReportMetric(float64(most), "steps")
}

// BenchmarkProcess measures chord serve as a process: the time from its start to its
// first answer, and when it is idle again its share of a core and its memory, as a
// multiple of the file.
func BenchmarkProcess(b *testing.B) {
	path := os.Getenv("CHORD_MODEL")
	if path == "" {
		b.Skip("CHORD_MODEL is not set")
	}
	program := filepath.Join(b.TempDir(), "chord")
	build := exec.Command("go", "build", "-tags", "nomodel", "-o", program, "../../../cmd/chord")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	file, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	var starts, shares, sizes []float64
	for b.Loop() {
		url, port := address(b)
		start := time.Now()
		cmd := exec.Command(program, "serve", "-m", path, "--port", port, "-c", "4096")
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		for {
			if c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://")); err == nil {
				c.Close()
				break
			}
			time.Sleep(time.Millisecond)
		}
		stream(b, url, []int32{5, 6, 7, 8}, 2, true)
		starts = append(starts, time.Since(start).Seconds())
		time.Sleep(2 * time.Second) // in which it gives memory back
		before := processTime(b, cmd.Process.Pid)
		time.Sleep(5 * time.Second)
		shares = append(shares, 100*(processTime(b, cmd.Process.Pid)-before)/5)
		sizes = append(sizes, resident(b, cmd.Process.Pid)/float64(file.Size()))
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	b.ReportMetric(bench.Median(starts), "s-to-first-answer")
	b.ReportMetric(bench.Median(shares), "percent-idle")
	b.ReportMetric(bench.Median(sizes), "x-file")
}

// address returns an address that no server has.
func address(b *testing.B) (url, port string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return "http://127.0.0.1:" + port, port
}

// processTime returns the seconds of CPU that a process has used, on Linux.
func processTime(b *testing.B, pid int) float64 {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		b.Skip(err)
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return (user + system) / 100
}

// resident returns the bytes of memory that a process has, on Linux.
func resident(b *testing.B, pid int) float64 {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		b.Skip(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	return kb * 1024
}
