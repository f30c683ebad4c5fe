package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/querent-ai/chord/internal/fixtures"
)

// A reading is a command with a model, which is IN in args, and the moment at which
// the test acts: when a file is begun, when the command reads stdin, or when it
// writes to stdout.
type reading struct {
	name, args, at string
	model          func(t *testing.T) string
}

// readings are the commands that write files, and those that compute from a
// mapped file.
var readings = []reading{
	{"quantize", "quantize --allow-requantize -t 2 IN OUT Q8_0", "begun", taleFile},
	{"quantize, copied", "quantize --allow-requantize -t 2 IN OUT Q4_0", "begun", taleFile},
	{"quantize, split", "quantize --allow-requantize --keep-split IN OUT.gguf Q8_0", "begun", firstPart},
	{"pack", "pack -t 2 IN OUT", "begun", taleFile},
	{"split", "split --split-max-tensors 5 IN OUT", "begun", taleFile},
	{"merge", "merge IN OUT", "begun", firstPart},
	{"convert", "convert -o OUT --vocab VOCAB IN", "begun", checkpoint},
	{"convert, a folder", "convert -o OUT --outtype f32 FOLDER", "begun", shard},
	{"perplexity", "perplexity -m IN -c 16 --no-repack -f TEXT --kl-divergence-base OUT", "begun", taleFile},
	{"imatrix", "imatrix --no-repack -m IN -c 16 -f - -o OUT", "stdin", taleFile},
	{"run", "run -m IN --no-repack --ignore-eos -t 2 -n 200 Once", "stdout", taleFile},
	{"run, packed", "run -m IN --ignore-eos -t 2 -n 200 Once", "stdout", packedFile},
}

// firstPart returns the first part of a split model.
func firstPart(t *testing.T) string { return parted(t, taleFile(t), "--split-max-tensors", "30")[0] }

// packedFile returns a packed model.
func packedFile(t *testing.T) string {
	name := filepath.Join(t.TempDir(), "packed.gguf")
	if r := do(t, "", "pack", taleFile(t), name); r.code != 0 {
		t.Fatal(r.stderr)
	}
	return name
}

// checkpoint returns a copy of a checkpoint of llama2.c.
func checkpoint(t *testing.T) string {
	name := filepath.Join(t.TempDir(), "stories260K.bin")
	if err := os.WriteFile(name, []byte(fileBytes(t, fixtures.Path(t, "models", "stories260K.bin"))), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// shard returns the weights of a copy of a Hugging Face model.
func shard(t *testing.T) string { return filepath.Join(huggingFace(t), "model.safetensors") }

// A lateReader is stdin that calls f before it is read.
type lateReader struct {
	f func()
	io.Reader
}

func (r *lateReader) Read(p []byte) (int, error) {
	if r.f != nil {
		r.f()
		r.f = nil
	}
	return r.Reader.Read(p)
}

// run runs the command, calls happens at its moment, and wants no file in the folder
// of the output.
func (r *reading) run(t *testing.T, in string, happens func(context.Context, *app)) (code int, stderr string) {
	t.Helper()
	dir := t.TempDir()
	args := strings.Fields(r.args)
	for i, arg := range args {
		arg = strings.Replace(arg, "IN", in, 1)
		arg = strings.Replace(arg, "OUT", filepath.Join(dir, "out"), 1)
		if arg == "TEXT" {
			arg = textFile(t)
		}
		if arg == "FOLDER" {
			arg = filepath.Dir(in)
		}
		if arg == "VOCAB" {
			arg = fixtures.Path(t, "vocab", "tok512.model")
		}
		args[i] = arg
	}
	var errs bytes.Buffer
	var a *app
	once := func(ctx context.Context) {
		if happens != nil {
			happens(ctx, a)
		}
		happens = nil
	}
	stdin, stdout := &lateReader{Reader: strings.NewReader(longText)}, &onWrite{f: func(int) error { return nil }}
	a = newApp(stdin, stdout, &errs)
	a.exit = func(code int) { t.Errorf("left at once with %d", code) }
	switch r.at {
	case "begun":
		a.begun = once
	case "stdin":
		stdin.f = func() { once(t.Context()) }
	case "stdout":
		stdout.f = func(int) error { once(t.Context()); return nil }
	}
	code = a.run(args)
	if happens != nil {
		t.Fatalf("%q: the moment %q never came: exit %d, %s", args, r.at, code, errs.String())
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	return code, errs.String()
}

// TestCutShort cuts every command's model short while it is in use, and wants
// exit 1, a line that names the file, and nothing left behind.
func TestCutShort(t *testing.T) {
	for _, r := range readings {
		t.Run(r.name, func(t *testing.T) {
			in := r.model(t)
			code, stderr := r.run(t, in, func(context.Context, *app) {
				if err := os.Truncate(in, 4096); err != nil {
					t.Fatal(err)
				}
			})
			if code != 1 || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, in+": reading at byte ") || !strings.Contains(stderr, "cut short") {
				t.Errorf("exit %d, stderr %q, want 1 and a line that says that %s was cut short", code, stderr, in)
			}
		})
	}
}

// TestTerminated sends every command a signal while it writes a file, and wants the
// exit code of the signal and nothing left behind.
func TestTerminated(t *testing.T) {
	for _, r := range readings {
		if r.at != "begun" {
			continue
		}
		t.Run(r.name, func(t *testing.T) {
			code, stderr := r.run(t, r.model(t), func(ctx context.Context, a *app) {
				a.signals <- syscall.SIGTERM
				<-ctx.Done()
			})
			if code != exitTerm || stderr != "" {
				t.Errorf("exit %d, stderr %q, want %d and nothing", code, stderr, exitTerm)
			}
		})
	}
}

// TestPipeAsModel wants every command to return an error at once if the model is a
// pipe, a device or a folder.
func TestPipeAsModel(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe.gguf")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, in := range []string{pipe, os.DevNull, dir} {
		for _, command := range []string{
			"inspect IN", "run -m IN x", "tokenize -m IN x", "logits -m IN --ids 1", "quantize IN OUT Q8_0", "pack IN OUT",
			"split IN OUT", "merge IN OUT", "imatrix -m IN -f TEXT -o OUT", "imatrix --in-file IN -o OUT",
			"quantize --imatrix IN TALE OUT Q8_0", "perplexity -m IN -p x", "embed -m IN x",
		} {
			args := strings.NewReplacer("IN", in, "OUT", filepath.Join(dir, "out"), "TEXT", textFile(t), "TALE", taleFile(t)).Replace(command)
			r := do(t, "", strings.Fields(args)...)
			if r.code != 1 || !strings.Contains(r.stderr, in+": not a regular file") || strings.Count(r.stderr, "\n") != 1 {
				t.Errorf("%s: exit %d, stderr %q, want: not a regular file", command, r.code, r.stderr)
			}
		}
	}
}
