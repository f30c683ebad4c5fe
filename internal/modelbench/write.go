package modelbench

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/querent-ai/chord/internal/bench"
	"github.com/querent-ai/chord/internal/cpu"
)

// Formats are the formats of [Plan.Run] and [Plan.Load].
var Formats = []string{"text", "md", "json", "jsonl", "csv", "go"}

// A writer writes rows in one format.
type writer interface {
	row(r *row) error
	load(r *loadRow) error
	end() error
}

// newWriter returns a writer of the format.
func newWriter(w io.Writer, format string, p Plan) (writer, error) {
	switch format {
	case "text":
		return &screen{w: w, plan: p}, nil
	case "md":
		return &markdown{w: w, plan: p}, nil
	case "json":
		return &jsonArray{w: w, build: p.Build}, nil
	case "jsonl":
		return &jsonLines{w: w, build: p.Build}, nil
	case "csv":
		return newTable(w, p.Build), nil
	case "go":
		return &goBench{w: w}, nil
	}
	return nil, fmt.Errorf("bench: format %q: want %s", format, strings.Join(Formats, ", "))
}

// A field is one named value of a row, nil if it was not measured.
type field struct {
	name  string
	value any
}

// fields returns the fields of r: those of llama-bench's JSON, then chord's own.
// Every row has the same names.
func (r *row) fields(build string) []field {
	ns, ts := bench.Nanoseconds(r.samples), r.rates()
	shares, _ := r.shares()
	var reads, peaks []float64
	for _, l := range r.limits {
		reads, peaks = append(reads, l.read), append(peaks, l.peak)
	}
	return []field{
		{"build_commit", build}, {"cpu_info", cpu.Name()}, {"backends", "chord " + r.tier},
		{"model_filename", r.File}, {"model_type", r.Type}, {"model_size", r.Size}, {"model_n_params", r.Params},
		{"n_batch", r.batch}, {"n_ubatch", r.ubatch}, {"n_threads", r.threads}, {"type_k", r.cache.k}, {"type_v", r.cache.v},
		{"n_prompt", r.Prompt}, {"n_gen", r.Gen}, {"n_depth", r.Depth}, {"n_seqs", r.Seqs}, {"test", r.Name()},
		{"test_time", r.start.UTC().Format(time.RFC3339)},
		{"avg_ns", math.Round(bench.Mean(ns))}, {"stddev_ns", math.Round(bench.StdDev(ns))}, {"median_ns", math.Round(bench.Median(ns))},
		{"avg_ts", bench.Mean(ts)}, {"stddev_ts", bench.StdDev(ts)}, {"median_ts", bench.Median(ts)},
		{"samples_ns", ns}, {"samples_ts", ts},
		{"ratio_to_one", some(r.toOne())},
		{"draft_ts", some(r.drafts.rates)}, {"draft_ratio", some(r.drafts.ratios())}, {"draft_acceptance", r.drafts.acceptance()}, {"samples_draft_ratio", all(r.drafts.ratios())},
		{"read_bytes_per_s", some(reads)}, {"peak_ops_per_s", some(peaks)}, {"share_of_limit", some(shares)}, {"samples_share", all(shares)},
		{"busy_ts", some(r.ratesOf(r.beside))}, {"busy_ratio", some(r.toAlone())}, {"busy_time_of_fair", some(r.toFair())}, {"samples_busy_ratio", all(r.toAlone())},
		{"vs_ts", some(numbers(r.others))}, {"vs_ratio", some(r.vs())}, {"samples_vs_ratio", all(r.vs())},
	}
}

// some returns the median of xs, nil if there are none.
func some(xs []float64) any {
	if len(xs) == 0 {
		return nil
	}
	return bench.Median(xs)
}

// all returns xs, nil if there are none.
func all(xs []float64) any {
	if len(xs) == 0 {
		return nil
	}
	return xs
}

// numbers returns xs without NaNs.
func numbers(xs []float64) []float64 {
	var ns []float64
	for _, x := range xs {
		if !math.IsNaN(x) {
			ns = append(ns, x)
		}
	}
	return ns
}

// fields returns the fields of r for JSON and CSV.
func (r *loadRow) fields(build string) []field {
	loads, first, reads := bench.Nanoseconds(r.loads), bench.Nanoseconds(r.first), bench.Nanoseconds(r.reads)
	return []field{
		{"build_commit", build}, {"cpu_info", cpu.Name()}, {"backends", "chord " + r.tier},
		{"model_filename", r.File}, {"model_type", r.Type}, {"model_size", r.Size}, {"model_n_params", r.Params},
		{"file_size", r.file}, {"n_threads", r.threads}, {"type_k", r.cache.k}, {"type_v", r.cache.v},
		{"test", "load"}, {"test_time", r.start.UTC().Format(time.RFC3339)},
		{"load_ns", math.Round(bench.Median(loads))}, {"first_token_ns", math.Round(bench.Median(first))}, {"read_ns", math.Round(bench.Median(reads))},
		{"load_of_read", bench.Median(bench.Ratios(loads, reads))}, {"peak_bytes", some(r.peaks)},
		{"samples_load_ns", loads}, {"samples_first_token_ns", first}, {"samples_read_ns", reads}, {"samples_peak_bytes", all(r.peaks)},
	}
}
