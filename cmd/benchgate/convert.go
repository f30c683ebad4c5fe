package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"

	"golang.org/x/perf/benchfmt"
)

// rowsCommand is benchgate rows: it reads what chord bench -o go or llama-bench
// -o json printed and writes rows of benchdata/models.txt.
func rowsCommand(args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("benchgate rows", flag.ContinueOnError)
	model := flags.String("model", "", "name of the model, as in tinyllama-1.1b")
	typ := flags.String("type", "", "type of its weights, as in Q4_0")
	engine := flags.String("engine", chord, "what has run it")
	if err := parse(flags, args, stderr); err != nil {
		return err
	}
	for name, value := range map[string]string{"model": *model, "type": *typ, "engine": *engine} {
		if value == "" || strings.ContainsAny(value, " /\n") {
			return usageError{fmt.Errorf("-%s %q: want a word", name, value)}
		}
	}
	in, err := io.ReadAll(stdin)
	if err != nil {
		return err
	}
	read := fromGo
	if t := bytes.TrimSpace(in); len(t) > 0 && t[0] == '[' {
		read = fromLlamaBench
	}
	rates, err := read(in, *engine)
	if err != nil {
		return err
	}
	if len(rates) == 0 {
		return fmt.Errorf("no rows in the input: want those of chord bench -o go or llama-bench -o json")
	}
	for _, r := range rates {
		fmt.Fprintf(stdout, "BenchmarkModel/model=%s/type=%s/test=%s/threads=%d/engine=%s 1 %.2f tok/s\n",
			*model, *typ, r.test, r.threads, r.engine, r.rate)
	}
	return nil
}

// A rate is one repetition of a test: tokens a second.
type rate struct {
	test    string // "pp512", "tg128@d4096"
	threads int
	engine  string
	rate    float64
}

// atDepth adds to a test's name how many tokens were there before, if any.
func atDepth(test string, depth int) string {
	if depth == 0 {
		return test
	}
	return fmt.Sprintf("%s@d%d", test, depth)
}

// fromGo reads chord bench -o go. Each repetition that has a share of the
// machine's limit is a row of the limit too.
func fromGo(in []byte, engine string) ([]rate, error) {
	var rates []rate
	var wrong error
	err := eachResult(bytes.NewReader(in), "input", func(r *benchfmt.Result) {
		ts, ok := r.Value("tokens/s")
		if !ok {
			return
		}
		keys := newPoint(plainName(r.Name), nil).keys
		if b := keys["batch"]; b != "" && b != "1" {
			return // several sequences are another thing
		}
		threads, err := strconv.Atoi(keys["threads"])
		depth, errDepth := strconv.Atoi(keys["depth"])
		if err != nil || errDepth != nil || keys["test"] == "" {
			wrong = fmt.Errorf("input: %s: want test, depth and threads", r.Name)
			return
		}
		one := rate{atDepth(keys["test"], depth), threads, engine, ts}
		rates = append(rates, one)
		if share, ok := r.Value("of-limit"); ok && share > 0 {
			one.engine, one.rate = bound, ts/share
			rates = append(rates, one)
		}
	})
	if err != nil {
		return nil, err
	}
	return rates, wrong
}

// fromLlamaBench reads llama-bench -o json.
func fromLlamaBench(in []byte, engine string) ([]rate, error) {
	var tests []struct {
		Prompt  int       `json:"n_prompt"`
		Gen     int       `json:"n_gen"`
		Depth   int       `json:"n_depth"`
		Threads int       `json:"n_threads"`
		Samples []float64 `json:"samples_ts"`
	}
	if err := json.Unmarshal(in, &tests); err != nil {
		return nil, fmt.Errorf("input: %w", err)
	}
	var rates []rate
	for _, t := range tests {
		var name string
		switch {
		case t.Gen == 0:
			name = fmt.Sprintf("pp%d", t.Prompt)
		case t.Prompt == 0:
			name = fmt.Sprintf("tg%d", t.Gen)
		default:
			name = fmt.Sprintf("pp%d+tg%d", t.Prompt, t.Gen)
		}
		for _, ts := range t.Samples {
			rates = append(rates, rate{atDepth(name, t.Depth), t.Threads, engine, ts})
		}
	}
	return rates, nil
}
