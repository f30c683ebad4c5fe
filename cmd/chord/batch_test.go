//go:build !nobatch

package main

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var batchKills = flag.Int("batch-kills", 30, "how many processes of chord batch are killed; 10 with -short")

// requests writes n requests and returns the name of the file.
func requests(t *testing.T, dir string, n int) string {
	t.Helper()
	var b strings.Builder
	for i := range n {
		switch i % 8 {
		case 5:
			fmt.Fprintf(&b, "no request %d\n\n", i)
		case 6:
			fmt.Fprintf(&b, `{"custom_id": "r%d", "method": "POST", "url": "/v1/embeddings", "body": {"input": "a text with %d"}}`+"\n", i, i)
		case 7:
			fmt.Fprintf(&b, `{"custom_id": "r%d", "method": "POST", "url": "/v1/completions", "body": {"prompt": [-%d]}}`+"\n", i, i)
		default:
			fmt.Fprintf(&b, `{"custom_id": "r%d", "method": "POST", "url": "/v1/completions", "body": {"prompt": "The story of %d", "max_tokens": %d}}`+"\n", i, i, 20+i%50)
		}
	}
	name := filepath.Join(dir, "in.jsonl")
	if err := os.WriteFile(name, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// freePort returns an address at which nothing listens.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// A batchRun is chord batch with a server that takes workers, and two of these.
type batchRun struct {
	t       *testing.T
	dir     string
	address string
	process [3]*exec.Cmd // the first has the server
	stderr  [3]bytes.Buffer
	running [3]bool
	ended   chan int // a process that has ended
	want    string   // the output
}

// start starts process i.
func (r *batchRun) start(i int) {
	args := []string{"batch", "--ack-wait", "1s", "--at-once", "4", "-t", "1"}
	if i == 0 {
		args = append(args, "--listen", r.address, "in.jsonl", "out.jsonl")
	} else {
		args = append(args, "--worker", "--nats", "nats://"+r.address)
	}
	self, err := os.Executable()
	if err != nil {
		r.t.Fatal(err)
	}
	r.stderr[i].Reset()
	cmd := exec.Command(self, args...)
	cmd.Dir, cmd.Stderr = r.dir, &r.stderr[i]
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.process[i], r.running[i] = cmd, true
	go func() {
		_ = cmd.Wait() // killed, or through
		r.ended <- i
	}()
}

// TestBatchKilled kills processes of chord batch, that with the server and its workers,
// at any moment and starts them again. The output must be that of a run without harm, and
// until it is whole there is none.
func TestBatchKilled(t *testing.T) {
	left := *batchKills
	if testing.Short() {
		left = min(left, 10)
	}
	t.Setenv("CHORD_TEST_RUN", "1")
	quiet, dir := t.TempDir(), t.TempDir()
	requests(t, dir, 40+20*left)
	requests(t, quiet, 40+20*left)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "batch", "in.jsonl", "out.jsonl")
	cmd.Dir = quiet
	if b, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v, %s", err, b)
	}
	r := &batchRun{t: t, dir: dir, address: freePort(t), ended: make(chan int), want: fileBytes(t, filepath.Join(quiet, "out.jsonl"))}
	for i := range r.process {
		r.start(i)
	}
	defer r.stop()
	r.kill(left)
	for _, name := range []string{"out.jsonl", "out.errors.jsonl"} {
		if got, want := fileBytes(t, filepath.Join(dir, name)), fileBytes(t, filepath.Join(quiet, name)); got != want {
			t.Errorf("%s differs from that of a run without harm: %d and %d bytes", name, len(got), len(want))
		}
	}
	found, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(found) != 3 {
		t.Errorf("the run leaves %v", found)
	}
}

// kill kills n processes and returns when the batch is done. A process that ends without
// that is an error.
func (r *batchRun) kill(n int) {
	random := rand.New(rand.NewPCG(3, 4))
	again := time.NewTimer(0)
	killed := [3]int{}
	for dead := [3]bool{}; ; {
		select {
		case <-again.C:
			if i := random.IntN(len(r.process)); n > 0 && !dead[i] {
				n--
				dead[i] = true
				killed[i]++
				_ = r.process[i].Process.Kill() // or it has just ended
			}
			again.Reset(time.Duration(100+random.IntN(500)) * time.Millisecond)
		case i := <-r.ended:
			r.running[i] = false
			switch {
			case i == 0 && r.process[0].ProcessState.Success():
				r.t.Logf("killed %v, %d kills were left", killed, n)
				return
			case !dead[i]:
				r.t.Fatalf("process %d ended: %s", i, &r.stderr[i])
			}
			if b, err := os.ReadFile(filepath.Join(r.dir, "out.jsonl")); err == nil && string(b) != r.want {
				r.t.Errorf("process %d ended, and there is an output of %d bytes, not of %d", i, len(b), len(r.want))
			}
			dead[i] = false
			r.start(i)
		}
	}
}

// stop ends what runs.
func (r *batchRun) stop() {
	for i, p := range r.process {
		if r.running[i] {
			_ = p.Process.Kill() // or it has just ended
		}
	}
	for r.running != [3]bool{} {
		r.running[<-r.ended] = false
	}
}

// TestBatch runs chord batch, again, and with other input and wrong flags.
func TestBatch(t *testing.T) {
	dir := t.TempDir()
	in, out, errs := requests(t, dir, 16), filepath.Join(dir, "out.jsonl"), filepath.Join(dir, "out.errors.jsonl")
	run := func(said string) string {
		t.Helper()
		r := do(t, "", "batch", in, out)
		if r.code != 0 || r.out != "" || r.stderr != strings.ReplaceAll(said, "DIR", dir+string(filepath.Separator)) {
			t.Fatalf("exit %d, stdout %q, stderr %q", r.code, r.out, r.stderr)
		}
		return fileBytes(t, out) + fileBytes(t, errs)
	}
	first := run("12 requests answered, 4 not: DIRout.errors.jsonl\n")
	for _, want := range []string{`"custom_id":"r15","response":{"status_code":400`, `"error":{"code":"invalid_line","message":"line 6: `} {
		if !strings.Contains(first, want) {
			t.Errorf("no %s in\n%s", want, first)
		}
	}
	if again := run("DIRout.jsonl has all answers already\n"); again != first {
		t.Error("the second run changed the output")
	}
	if err := os.Remove(out); err != nil {
		t.Fatal(err)
	}
	if again := run("12 requests answered, 4 not: DIRout.errors.jsonl\n"); again != first {
		t.Errorf("a run without the output wrote another:\n%s\nwant\n%s", again, first)
	}
	if err := os.WriteFile(in, []byte(`{"custom_id": "x", "method": "POST", "url": "/v1/completions", "body": {"prompt": "Once"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := do(t, "", "batch", in, out); r.code != 0 || !strings.Contains(fileBytes(t, out), `"custom_id":"x"`) {
		t.Errorf("another input: exit %d, stderr %q", r.code, r.stderr)
	}
	if _, err := os.Stat(errs); err == nil {
		t.Error("the errors of the first input are still there")
	}
	for _, c := range []struct{ name, args, want string }{
		{"no files", "batch", "want a file of requests"},
		{"one file", "batch " + in, "want a file of requests"},
		{"no such file", "batch nosuch.jsonl " + out, "nosuch.jsonl"},
		{"the same file", "batch " + in + " " + in, "one file"},
		{"worker of nothing", "batch --worker", "--nats"},
		{"worker with a file", "batch --worker --nats nats://127.0.0.1:1 a b", "--worker"},
		{"two servers", "batch --nats nats://127.0.0.1:1 --listen 127.0.0.1:0 a b", "--listen"},
		{"nothing at once", "batch --at-once 0 a b", "--at-once"},
		{"no time", "batch --time yesterday a b", "--time"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if r := do(t, "", strings.Fields(c.args)...); r.code == 0 || !strings.Contains(r.stderr, c.want) {
				t.Errorf("exit %d, stderr %q, want %q", r.code, r.stderr, c.want)
			}
		})
	}
}
