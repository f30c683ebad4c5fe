package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// eachCommand calls f for every command of chord.
func eachCommand(t *testing.T, f func(t *testing.T, root, cmd *cobra.Command)) {
	t.Helper()
	names := []string{}
	for _, cmd := range newApp(nil, io.Discard, io.Discard).rootCommand().Commands() {
		names = append(names, cmd.Name())
	}
	for _, name := range names {
		root := newApp(nil, io.Discard, io.Discard).rootCommand()
		cmd, _, err := root.Find([]string{name})
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) { f(t, root, cmd) })
	}
}

// TestForeignFlags gives every command every flag of llama.cpp that chord spells
// otherwise or lacks: it becomes chord's flag, is removed with its value, or is an
// error that names it. Its letters are never read as flags.
func TestForeignFlags(t *testing.T) {
	eachCommand(t, func(t *testing.T, root, cmd *cobra.Command) {
		for name, flags := range foreign {
			a := arguments{cmd: cmd}
			if a.own(name) != nil {
				continue
			}
			args := []string{cmd.Name(), name}
			last := flags[len(flags)-1]
			hasValue := flags[0].value == oneValue || cmd.Name() == "bench" && last.kind != renamed && !strings.HasPrefix(name, "-v") && !strings.HasPrefix(name, "--v")
			if hasValue {
				args = append(args, "1")
			}
			args = append(args, "rest")
			out, notes, err := plainFlags(root, args)
			switch {
			case err != nil:
				if !strings.Contains(err.Error(), name) {
					t.Errorf("%q: %v", args, err)
				}
			case slices.Contains(out, name):
				// pflag must report a flag that it does not know, not read it as letters.
				if !strings.HasPrefix(name, "--") && len(name) > 2 {
					t.Errorf("%q became %q", args, out)
				}
				if err := cmd.ParseFlags(out[1:]); err == nil || !strings.Contains(err.Error(), strings.TrimLeft(name, "-")) {
					t.Errorf("%q became %q, %v", args, out, err)
				}
			case flags[0].kind == renamed && slices.ContainsFunc(out, func(s string) bool { return strings.HasPrefix(s, flags[0].text) }):
				if want := len(args); len(out) != want {
					t.Errorf("%q became %q", args, out)
				}
			default:
				if want := []string{cmd.Name(), "rest"}; !slices.Equal(out, want) {
					t.Errorf("%q became %q, want %q", args, out, want)
				}
				if told := len(notes) == 1 && strings.Contains(notes[0], name); told != (last.kind == ignored) {
					t.Errorf("%q: told %q", args, notes)
				}
			}
		}
	})
}

// TestUnknownFlags gives every command unknown flags of several letters, which begin
// with the letter of a flag that it has.
func TestUnknownFlags(t *testing.T) {
	eachCommand(t, func(t *testing.T, root, cmd *cobra.Command) {
		for c := 'a'; c <= 'z'; c++ {
			name := fmt.Sprintf("-%czq", c)
			if _, _, err := plainFlags(root, []string{cmd.Name(), name, "1"}); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// TestPlainFlags translates command lines.
func TestPlainFlags(t *testing.T) {
	const ngl = "chord has no GPU: -ngl is ignored"
	for _, c := range []struct{ in, out, note, err string }{
		{"run -ngl 99 -ngl 98 Once", "run Once", ngl, ""},
		{"run -ngl=99 Once", "run Once", ngl, ""},
		{"run -m x -p -ngl -n -1", "run -m x -p -ngl -n -1", "", ""},
		{"run -p -- -n 3", "run -p -- -n 3", "", ""},
		{"run -- -ngl 99", "run -- -ngl 99", "", ""},
		{"run --prompt -ngl", "run --prompt -ngl", "", ""},
		{"run --prompt=-ngl x", "run --prompt=-ngl x", "", ""},
		{"run -r -hf x", "run -r -hf x", "", ""},
		{"run -fa Once", "run Once", "-fa is ignored", ""},
		{"run -fa on Once", "run Once", "-fa is ignored", ""},
		{"run -fa 1 Once", "run Once", "-fa is ignored", ""},
		{"run --flash-attn auto Once", "run Once", "--flash-attn is ignored", ""},
		{"run -ctk q8_0 -ctv=f32 -e x", "run --cache-type-k q8_0 --cache-type-v=f32 -e x", "", ""},
		{"run --mlock --no-mmap x", "run x", "--mlock is ignored", ""},
		{"run --n_gpu_layers 3 x", "run x", "--n_gpu_layers is ignored", ""},
		{"run -no-cnv --no-warmup x", "run --raw x", "", ""},
		{"chat -no-cnv -m x", "chat -m x", "", ""},
		{"run -sys a -sysf b --jinja x", "run --system-prompt a --system-prompt-file b x", "", ""},
		{"run -b 512 -ub 64 -np 2 -tb 3 x", "run x", "-b is ignored", ""},
		{"run -co x", "run --color=always x", "", ""},
		{"run -co off x", "run --color=never x", "", ""},
		{"run -n8 -t2 -s-1 -n=9 x", "run -n8 -t2 -s-1 -n=9 x", "", ""},
		{"run -nr x", "run --no-repack x", "", ""},
		{"run -hf a/b -hff c -mu=d -hft e x", "run --hf-repo a/b --hf-file c --model-url=d --hf-token e x", "", ""},
		{"run -dr a/b", "", "", "-dr: chord fetches from Hugging Face (-hf)"},
		{"run -cnv", "", "", "-cnv: "},
		{"run -i", "", "", "-i: "},
		{"run -sp", "", "", "-sp: "},
		{"run -ngl", "", "", "flag needs an argument: -ngl"},
		{"run -pg 1,2", "", "", "unknown flag: -pg"},
		{"run -ei x", "", "", "unknown flag: -ei"},
		{"run -nx", "", "", "unknown flag: -nx"},
		{"imatrix -ofreq 3 -f x", "imatrix --output-frequency 3 -f x", "", ""},
		{"bench -ub 4 -b 5 -pg 1,2", "bench --ubatch-size 4 -b 5 --pg 1,2", "", ""},
		{"bench -ngl 0,99 -fa 0,1 -nkvo 0 -mmp 0", "bench", "-ngl is ignored", ""},
		{"bench -v -r 1", "bench -r 1", "-v is ignored", ""},
		{"inspect -ngl 99 x", "", "", "unknown flag: -ngl"},
		{"__complete run -ngl", "__complete run -ngl", "", ""},
		{"-ngl 99", "", "", "unknown flag: -ngl"},
	} {
		root := newApp(nil, io.Discard, io.Discard).rootCommand()
		out, notes, err := plainFlags(root, strings.Fields(c.in))
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: got %v, want %q", c.in, err, c.err)
			}
			continue
		}
		if err != nil || strings.Join(out, " ") != c.out {
			t.Errorf("%s: got %q, %v, want %s", c.in, out, err, c.out)
		}
		if (c.note == "") != (len(notes) == 0) || len(notes) > 0 && !strings.Contains(notes[0], c.note) {
			t.Errorf("%s: told %q, want %q", c.in, notes, c.note)
		}
	}
}

// TestIgnoredFlags wants one line on stderr and the same text as without the flag,
// and exit 2 for flags that are errors.
func TestIgnoredFlags(t *testing.T) {
	want := ok(t, "", "run", "--temp", "0", "-n", "3", "Once")
	r := do(t, "", "run", "-ngl", "99", "--temp", "0", "-n", "3", "-ngl", "9", "Once")
	if r.code != 0 || r.out != want || r.stderr != "chord has no GPU: -ngl is ignored\n" {
		t.Errorf("got %+v", r)
	}
	if r := do(t, "", "run", "-dr", "x/y"); r.code != exitUsage || r.out != "" || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, "-dr") {
		t.Errorf("got %+v", r)
	}
}
