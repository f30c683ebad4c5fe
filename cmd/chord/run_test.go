package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

const once = "Once upon a time"

// TestRunStory tells stories from the model in the binary.
func TestRunStory(t *testing.T) {
	first := ok(t, "", "run", "--seed", "1", "-n", "24", once)
	if !strings.HasPrefix(first, once) || len(first) < len(once)+40 || !strings.HasSuffix(first, "\n") {
		t.Errorf("got %q", first)
	}
	if again := ok(t, "", "run", "-s", "1", "--n-predict", "24", "-t", "1", "-ctk", "f16", once); again != first {
		t.Errorf("the same seed, one thread: got %q, want %q", again, first)
	}
	if other := ok(t, "", "run", "--seed", "2", "-n", "24", once); other == first {
		t.Errorf("another seed: got the same %q", other)
	}
	if words := ok(t, "", "run", "--seed", "1", "-n", "24", "Once", "upon", "a", "time"); words != first {
		t.Errorf("prompt in words: got %q, want %q", words, first)
	}
	if rest := ok(t, "", "run", "--seed", "1", "-n", "24", "--no-display-prompt", once); once+rest != first {
		t.Errorf("without the prompt: got %q, want the end of %q", rest, first)
	}
}

// TestRunFlags shows that each of llama.cpp's sampling flags reaches the sampler:
// with the same seed, it changes the text or makes it the greedy one.
func TestRunFlags(t *testing.T) {
	tell := func(flags ...string) string {
		return ok(t, "", append([]string{"run", "--seed", "3", "-n", "24", once}, flags...)...)
	}
	plain, greedy := tell(), tell("--temp", "0")
	for _, flags := range [][]string{
		{"--temp", "2"}, {"--top-k", "2"}, {"--top-p", "0.3"}, {"--min-p", "0.5"}, {"--typical", "0.2"},
		{"--repeat-penalty", "2"}, {"--presence-penalty", "4"}, {"--frequency-penalty", "4"}, {"--logit-bias", "13+30"},
		{"--samplers", "t"}, {"--samplers", "temperature;min-p"}, {"--top-n-sigma", "0.1"}, {"--dynatemp-range", "0.7"},
		{"--xtc-probability", "1"}, {"--dry-multiplier", "9", "--dry-allowed-length", "0"}, {"--mirostat", "1"}, {"--mirostat", "2"}, {"--adaptive-target", "0.2"},
	} {
		if tell(flags...) == plain {
			t.Errorf("%v changes nothing", flags)
		}
	}
	for _, flags := range [][]string{{"--top-k", "1"}, {"--top-p", "0"}, {"--min-p", "1"}, {"--temp", "-1"}} {
		if got := tell(flags...); got != greedy {
			t.Errorf("%v: got %q, want the greedy %q", flags, got, greedy)
		}
	}
	for _, flags := range [][]string{
		{"--top-n-sigma", "-1"}, {"--samplers", "edskypmxta"}, {"--xtc-probability", "1", "--xtc-threshold", "0.6"}, {"--dry-multiplier", "9", "--dry-base", "0"},
		{"--dry-multiplier", "9", "--dry-allowed-length", "40"}, {"--min-tokens", "3"}, {"--adaptive-target", "-1"},
	} {
		if got := tell(flags...); got != plain {
			t.Errorf("%v: got %q, want %q", flags, got, plain)
		}
	}
	for _, flags := range [][]string{{"--samplers", "top_k;zz"}, {"--mirostat", "3"}, {"--dry-sequence-breaker", ""}, {"--dry-base", "0.5"}} {
		if r := do(t, "", append([]string{"run", once}, flags...)...); r.code != exitUsage {
			t.Errorf("%v: exit %d, %s", flags, r.code, r.stderr)
		}
	}
	if got := tell("--repeat-penalty", "2", "--repeat-last-n", "0"); got != plain {
		t.Errorf("penalty over no tokens: got %q, want %q", got, plain)
	}
}

// TestRunPrompts gives the prompt in every possible way.
func TestRunPrompts(t *testing.T) {
	file := filepath.Join(t.TempDir(), "prompt.txt")
	if err := os.WriteFile(file, []byte(once+"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	want := ok(t, "", "run", "--temp", "0", "-n", "8", once)
	for _, c := range []struct {
		name, stdin string
		args        []string
	}{
		{"-p", "", []string{"-p", once}},
		{"-f", "", []string{"-f", file}},
		{"-f -", once, []string{"-f", "-"}},
		{"a pipe", once + "\n", nil},
		{"an argument beside a pipe", "not this", []string{once}},
		{"-e", "", []string{"-e", `Once\x20upon a time`}},
		{"after --", "", []string{"--", once}},
	} {
		if got := ok(t, c.stdin, append([]string{"run", "--temp=0", "-n8"}, c.args...)...); got != want {
			t.Errorf("%s: got %q, want %q", c.name, got, want)
		}
	}
}

// TestRunStop ends before a string, at an end token, and not at all.
func TestRunStop(t *testing.T) {
	whole := ok(t, "", "run", "--seed", "1", "-n", "60", once)
	if i := strings.Index(whole, "."); i < 0 || ok(t, "", "run", "--seed", "1", "-n", "60", "-r", ".", once) != whole[:i]+"\n" {
		t.Errorf("stop at the first full stop of %q", whole)
	}
	var out, stderr bytes.Buffer
	code := run([]string{"run", "--stats", "--seed", "1", "--ignore-eos", "-c", "200", once}, nil, &out, &stderr)
	if code != 0 || !strings.Contains(stderr.String(), "end          context") {
		t.Errorf("until the context is full: exit %d, %s", code, stderr.String())
	}
}

// TestRunBanned keeps words out, whatever tokens they are made of.
func TestRunBanned(t *testing.T) {
	whole := ok(t, "", "run", "--seed", "1", "-n", "60", once)
	r := ok(t, "", "run", "--seed", "1", "-n", "60", "--banned-string", "the", "--banned-string", "was a", once)
	if !strings.Contains(whole, "the") || strings.Contains(r[len(once):], "the") || strings.Contains(r[len(once):], "was a") {
		t.Errorf("%q without the and was a: %q", whole, r)
	}
	if r := do(t, "", "run", "--banned-string", "", once); r.code != 2 || !strings.Contains(r.stderr, "--banned-string") {
		t.Errorf("an empty text: exit %d, %q", r.code, r.stderr)
	}
}

// TestRunFull wants a line on stderr if the context is full, and the text so far,
// with its line ended.
func TestRunFull(t *testing.T) {
	r := do(t, "", "run", "--ignore-eos", "-c", "30", "-n", "40", once)
	if r.code != 0 || !strings.Contains(r.stderr, "context of 30 tokens is full") || strings.Count(r.stderr, "\n") != 1 {
		t.Errorf("exit %d, stderr %q", r.code, r.stderr)
	}
	if !strings.HasPrefix(r.out, once) || !strings.HasSuffix(r.out, "\n") {
		t.Errorf("stdout %q", r.out)
	}
}

// TestRunStats wants figures, all of them on stderr.
func TestRunStats(t *testing.T) {
	want := ok(t, "", "run", "--seed", "5", "-n", "8", once)
	r := do(t, "", "run", "--seed", "5", "-n", "8", "--stats", once)
	if r.code != 0 || r.out != want {
		t.Errorf("exit %d, stdout %q, want %q", r.code, r.out, want)
	}
	for _, line := range []string{
		`(?m)^load +\d+\.\d ms$`,
		`(?m)^prompt +\d+ tokens, \d+\.\d ms, \d+\.\d tokens/s$`,
		`(?m)^generation +8 tokens, \d+\.\d ms, \d+\.\d tokens/s$`,
		`(?m)^tier +\w+, threads \d+$`,
		`(?m)^seed +5$`,
		`(?m)^end +length$`,
	} {
		if !regexp.MustCompile(line).MatchString(r.stderr) {
			t.Errorf("no %s in\n%s", line, r.stderr)
		}
	}
	drawn := regexp.MustCompile(`(?m)^seed +(\d+)$`).FindStringSubmatch(do(t, "", "run", "-n", "8", "--stats", once).stderr)
	if drawn == nil {
		t.Fatal("no drawn seed")
	}
	a, b := ok(t, "", "run", "-n", "8", "-s", drawn[1], once), ok(t, "", "run", "-n", "8", "-s", drawn[1], once)
	if a != b {
		t.Errorf("seed %s: %q and %q", drawn[1], a, b)
	}
}

// TestRunNoPrompt wants an error about the missing prompt, not a wait for stdin.
func TestRunNoPrompt(t *testing.T) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	var out, stderr bytes.Buffer
	if code := run([]string{"run"}, null, &out, &stderr); code != exitUsage || !strings.Contains(stderr.String(), "no prompt") {
		t.Errorf("exit %d, stderr %q", code, stderr.String())
	}
}

// An onWrite calls f before each write, with the number of writes before it.
type onWrite struct {
	buf bytes.Buffer
	n   int
	f   func(n int) error
}

func (w *onWrite) Write(p []byte) (int, error) {
	if err := w.f(w.n); err != nil {
		return 0, err
	}
	w.n++
	return w.buf.Write(p)
}

// TestSignals stops a story by signals: the first ends the text, the second
// leaves at once.
func TestSignals(t *testing.T) {
	for _, c := range []struct {
		name string
		sig  os.Signal
		code int
	}{{"Ctrl-C", os.Interrupt, 130}, {"SIGTERM", syscall.SIGTERM, 143}} {
		t.Run(c.name, func(t *testing.T) {
			var stderr bytes.Buffer
			var a *app
			out := &onWrite{f: func(n int) error {
				if n == 2 {
					a.signals <- c.sig
				}
				return nil
			}}
			a = newApp(nil, out, &stderr)
			a.exit = func(code int) { t.Errorf("left at once with %d", code) }
			code := a.run([]string{"run", "--stats", "--ignore-eos", "-c", "100000", once})
			if code != c.code {
				t.Errorf("exit %d, want %d", code, c.code)
			}
			if s := out.buf.String(); !strings.HasPrefix(s, once) || !strings.HasSuffix(s, "\n") {
				t.Errorf("stdout %q", s)
			}
			if s := stderr.String(); strings.Contains(s, "chord:") || !strings.Contains(s, "generation") {
				t.Errorf("stderr %q, want figures and no error", s)
			}
		})
	}
	t.Run("twice", func(t *testing.T) {
		left := make(chan int)
		var a *app
		out := &onWrite{f: func(n int) error {
			if n == 2 {
				a.signals <- os.Interrupt
				a.signals <- os.Interrupt
				select {
				case code := <-left:
					if code != exitCtrlC {
						t.Errorf("left with %d", code)
					}
				case <-time.After(time.Minute):
					t.Error("does not leave")
				}
			}
			return nil
		}}
		a = newApp(nil, out, &bytes.Buffer{})
		a.exit = func(code int) { left <- code }
		a.run([]string{"run", once})
		if out.n < 2 {
			t.Error("no story was told")
		}
	})
	t.Run("before there is a text", func(t *testing.T) {
		left := make(chan int, 1)
		a := newApp(nil, nil, nil)
		a.exit = func(code int) { left <- code }
		a.signals <- syscall.SIGTERM
		a.watch(func(error) { t.Error("waits for the work") }, nil)
		if code := <-left; code != exitTerm {
			t.Errorf("left with %d", code)
		}
	})
}

// TestWriteErrors wants no message about a closed pipe, and one line about a full
// disk.
func TestWriteErrors(t *testing.T) {
	for _, c := range []struct {
		err  error
		code int
		want string
	}{
		{&os.PathError{Op: "write", Path: "stdout", Err: syscall.EPIPE}, exitPipe, ""},
		{&os.PathError{Op: "write", Path: "stdout", Err: syscall.ENOSPC}, exitFailure, "chord: write stdout: " + syscall.ENOSPC.Error() + "\n"},
	} {
		for _, args := range [][]string{{"run", once}, {"tokenize", once}, {"logits", "--ids", "5"}, {"version"}, {"version", "--json"}, {"synth", "--shape", "tiny", "-"}} {
			out := &onWrite{f: func(int) error { return c.err }}
			var stderr bytes.Buffer
			code := run(args, nil, out, &stderr)
			if code != c.code || !strings.HasSuffix(stderr.String(), strings.TrimPrefix(c.want, "chord: ")) || strings.Count(stderr.String(), "\n") != strings.Count(c.want, "\n") {
				t.Errorf("%v: %v: exit %d, stderr %q, want %d, %q", args, c.err, code, stderr.String(), c.code, c.want)
			}
		}
	}
}

// TestPanic wants one line about a bug, not a stack.
func TestPanic(t *testing.T) {
	t.Setenv("GOTRACEBACK", "")
	out := &onWrite{f: func(int) error { panic("a bug") }}
	var stderr bytes.Buffer
	if code := run([]string{"version"}, nil, out, &stderr); code != exitFailure {
		t.Errorf("exit %d", code)
	}
	if s := stderr.String(); !strings.HasPrefix(s, "chord: internal error: a bug") || strings.Count(s, "\n") != 1 {
		t.Errorf("stderr %q", s)
	}
}
